// SPDX-License-Identifier: Apache-2.0
import CTce

/// What a trace file is, read from its header, its end and the extra fields between, without inflating its events.
public struct TraceSummary: Sendable {
    /// One chunk of events, as its extra field describes it.
    public struct Chunk: Codable, Hashable, Sendable {
        public var number: UInt64
        /// Where it begins in the file.
        public var offset: UInt64
        /// Its bytes in the file, and inflated.
        public var bytes: UInt64
        public var inflatedBytes: UInt64
        public var events: UInt64
        /// Time stamp of its first event, in the trace's unit.
        public var firstTime: UInt64

        enum CodingKeys: String, CodingKey {
            case number, offset, bytes, events
            case inflatedBytes = "inflated_bytes"
            case firstTime = "first_time"
        }
    }

    public var header: TraceHeader
    public var totals: TraceTotals
    public var chunks: [Chunk] = []
    /// Of the file, and of all its payloads.
    public var fileBytes: UInt64 = 0
    public var inflatedBytes: UInt64 = 0

    /// Reads the file once, from beginning to end.
    public init(_ input: any ByteInput) throws(TraceError) {
        let scanner = MemberScanner(input)
        let slot = ChunkSlot()
        var header: TraceHeader?
        var totals: TraceTotals?
        var chunks: [Chunk] = []
        var inflatedBytes: UInt64 = 0
        scan: while true {
            let member: tce_member
            switch try scanner.peek() {
            case .end: break scan
            case .bad(let error):
                guard header != nil || error.kind == .cut else {
                    throw TraceError(.notATrace, "this is not a trace file: \(error.reason)", offset: 0)
                }
                throw error.at(chunk: UInt64(chunks.count) + 1, offset: scanner.offset)
            case .member(let found): member = found
            }
            func fault(_ reason: String) -> TraceError {
                TraceError(.damaged, reason, chunk: UInt64(member.sequence), offset: scanner.offset)
            }
            guard totals == nil else {
                throw fault(
                    member.sequence == 0
                        ? "a second header: this file was joined from several traces"
                        : "something follows the end member")
            }
            let expected = header == nil ? 0 : chunks.count + 1
            guard UInt64(member.sequence) == UInt64(expected) else {
                throw fault("found chunk \(member.sequence), expected chunk \(expected)")
            }
            inflatedBytes += UInt64(member.inflated_bytes)
            if member.count > 0 {
                chunks.append(
                    Chunk(
                        number: UInt64(member.sequence), offset: scanner.offset, bytes: UInt64(member.member_bytes),
                        inflatedBytes: UInt64(member.inflated_bytes), events: UInt64(member.count),
                        firstTime: member.first_time))
            } else {
                slot.member = member
                slot.offset = scanner.offset
                unsafe scanner.copy(Int(member.member_bytes), to: slot.reserve(Int(member.member_bytes)))
                slot.work()
                if let error = slot.error { throw error }
                if header == nil {
                    header = try TraceHeader(text: slot.text)
                } else {
                    totals = try TraceTotals(text: slot.text)
                }
            }
            scanner.advance(Int(member.member_bytes))
        }
        guard let header else { throw TraceError(.cut, "the file is empty", offset: 0) }
        guard let totals else {
            throw TraceError(
                .cut, "the file ends without its end member", chunk: UInt64(chunks.count) + 1, offset: scanner.offset)
        }
        self.header = header
        self.totals = totals
        self.chunks = chunks
        self.inflatedBytes = inflatedBytes
        fileBytes = scanner.offset
    }
}
