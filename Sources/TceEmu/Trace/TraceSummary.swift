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
        let slot = try ChunkSlot()
        var header: TraceHeader?
        var totals: TraceTotals?
        var chunks: [Chunk] = []
        var inflatedBytes: UInt64 = 0
        scan: while true {
            let member: tce_member
            switch try scanner.peek() {
            case .end: break scan
            case .bad(let error, _):
                guard header != nil || error.kind == .cut else {
                    throw TraceError(.notATrace, "this is not a trace file: \(error.reason)", offset: 0)
                }
                throw error.at(chunk: UInt64(chunks.count) + 1, offset: scanner.offset)
            case .member(let found): member = found
            }
            func fault(_ reason: String) -> TraceError {
                TraceError(.damaged, reason, chunk: UInt64(member.sequence), offset: scanner.offset)
            }
            guard header == nil || member.sequence > 0 else {
                throw fault("a second header: this file was joined from several traces")
            }
            guard totals == nil else { throw fault("something follows the end member") }
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
                let isHeader = Int(slot.prologue.kind) == Int(TCE_MEMBER_HEADER)
                guard isHeader == (header == nil), isHeader || Int(slot.prologue.kind) == Int(TCE_MEMBER_END) else {
                    throw fault("its kind is \(slot.prologue.kind), which does not belong here")
                }
                if isHeader {
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
        let events = chunks.reduce(0) { $0 + $1.events }
        guard totals.events == events, totals.chunks == UInt64(chunks.count),
            totals.kinds.values.reduce(0, { $0 &+ $1 }) == events, totals.firstTime <= totals.lastTime,
            chunks.first.map({ $0.firstTime == totals.firstTime }) ?? true
        else {
            throw TraceError(
                .damaged,
                "the end member promises \(totals.events) events in \(totals.chunks) chunks, "
                    + "the file has \(events) in \(chunks.count)", chunk: UInt64(chunks.count) + 1)
        }
        self.header = header
        self.totals = totals
        self.chunks = chunks
        self.inflatedBytes = inflatedBytes
        fileBytes = scanner.offset
    }
}
