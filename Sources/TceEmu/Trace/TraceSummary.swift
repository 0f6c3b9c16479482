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

    public private(set) var header = TraceHeader()

    /// What the end member says; without a whole one, what the chunks say.
    public private(set) var totals = TraceTotals()

    public private(set) var chunks: [Chunk] = []

    /// Bytes that were read of the file, and of all their payloads.
    public private(set) var fileBytes: UInt64 = 0
    public private(set) var inflatedBytes: UInt64 = 0

    /// What is wrong with the file. What stands before the fault has been read.
    public private(set) var fault: TraceError?

    /// Reads the file once, from beginning to end. Throws where it has not even a header.
    public init(_ input: any ByteInput) throws(TraceError) {
        let scanner = MemberScanner(input)
        let slot = try ChunkSlot()
        try readHeader(scanner, slot)
        do throws(TraceError) {
            try readMembers(scanner, slot)
        } catch {
            fault = error
            totals = TraceTotals()
            totals.chunks = UInt64(chunks.count)
            totals.events = chunks.reduce(0) { $0 + $1.events }
            totals.firstTime = chunks.first?.firstTime ?? 0
            totals.lastTime = chunks.last?.firstTime ?? 0
        }
        fileBytes = scanner.offset
    }

    private mutating func readHeader(_ scanner: MemberScanner, _ slot: ChunkSlot) throws(TraceError) {
        switch try scanner.peek() {
        case .end:
            throw TraceError(.cut, "the file is empty", offset: 0)
        case .bad(let error, _):
            guard error.kind != .cut else { throw error }
            throw TraceError(.notATrace, "this is not a trace file: \(error.reason)", offset: 0)
        case .member(let member):
            guard member.sequence == 0 else {
                throw TraceError(
                    .damaged, "the file begins with chunk \(member.sequence), expected the header", offset: 0)
            }
            header = try TraceHeader(text: text(of: member, tce_member_kind(TCE_MEMBER_HEADER), scanner, slot))
            advance(scanner, over: member)
        }
    }

    private mutating func readMembers(_ scanner: MemberScanner, _ slot: ChunkSlot) throws(TraceError) {
        while true {
            let expected = UInt64(chunks.count) + 1
            switch try scanner.peek() {
            case .end:
                throw TraceError(
                    .cut, "the file ends without its end member", chunk: expected, offset: scanner.offset)
            case .bad(let error, _):
                throw error.at(chunk: expected, offset: scanner.offset)
            case .member(let member):
                let sequence = UInt64(member.sequence)
                func fault(_ reason: String) -> TraceError {
                    TraceError(.damaged, reason, chunk: sequence, offset: scanner.offset)
                }
                guard sequence > 0 else { throw fault("a second header: this file was joined from several traces") }
                guard sequence == expected else { throw fault("found chunk \(sequence), expected chunk \(expected)") }
                if member.count == 0 {
                    totals = try TraceTotals(text: text(of: member, tce_member_kind(TCE_MEMBER_END), scanner, slot))
                    try checkTotals()
                    advance(scanner, over: member)
                    guard case .end = try scanner.peek() else { throw fault("something follows the end member") }
                    return
                }
                chunks.append(
                    Chunk(
                        number: sequence, offset: scanner.offset, bytes: UInt64(member.member_bytes),
                        inflatedBytes: UInt64(member.inflated_bytes), events: UInt64(member.count),
                        firstTime: member.first_time))
                advance(scanner, over: member)
            }
        }
    }

    private mutating func advance(_ scanner: MemberScanner, over member: tce_member) {
        inflatedBytes += UInt64(member.inflated_bytes)
        scanner.advance(Int(member.member_bytes))
    }

    /// The text of the member at the cursor, which has to be of this kind.
    private func text(
        of member: tce_member, _ kind: tce_member_kind, _ scanner: MemberScanner, _ slot: ChunkSlot
    ) throws(TraceError) -> String {
        slot.member = member
        slot.offset = scanner.offset
        unsafe scanner.copy(Int(member.member_bytes), to: slot.reserve(Int(member.member_bytes)))
        slot.work()
        if let error = slot.error { throw error }
        guard slot.prologue.kind == kind else {
            throw TraceError(
                .damaged, "its kind is \(slot.prologue.kind), expected \(kind)", chunk: UInt64(member.sequence),
                offset: scanner.offset)
        }
        return slot.text
    }

    private func checkTotals() throws(TraceError) {
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
    }
}
