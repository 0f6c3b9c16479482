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

    private var order = SequenceChecker()
    private let keepsChunks: Bool

    /// Reads the file once, from beginning to end. Throws where it has not even a header. Without `keepsChunks` the
    /// table of chunks, which grows with the file, is left empty.
    public init(_ input: any ByteInput, keepsChunks: Bool = true) throws(TraceError) {
        self.keepsChunks = keepsChunks
        let scanner = MemberScanner(input)
        let slot = try ChunkSlot()
        try readHeader(scanner, slot)
        do throws(TraceError) {
            try readMembers(scanner, slot)
        } catch {
            fault = error
            totals = TraceTotals()
            totals.chunks = order.chunks
            totals.events = order.events
            totals.firstTime = order.firstTime ?? 0
            totals.lastTime = order.lastTime
        }
        fileBytes = scanner.offset
    }

    private mutating func readHeader(_ scanner: MemberScanner, _ slot: ChunkSlot) throws(TraceError) {
        try TraceStart.checkFormat(scanner)
        switch try scanner.peek() {
        case .end:
            break
        case .bad(let error, _):
            throw TraceError(error.kind == .notATrace ? .damaged : error.kind, error.reason, chunk: 0, offset: 0)
        case .member(let member):
            guard member.sequence == 0 else {
                throw TraceError(
                    .damaged, "the file begins with chunk \(member.sequence), expected the header",
                    chunk: UInt64(member.sequence), offset: 0)
            }
            let text = try text(of: member, tce_member_kind(TCE_MEMBER_HEADER), scanner, slot)
            do throws(TraceError) {
                header = try TraceHeader(text: text)
            } catch {
                throw error.at(chunk: 0, offset: 0)
            }
            advance(scanner, over: member)
        }
    }

    private mutating func readMembers(_ scanner: MemberScanner, _ slot: ChunkSlot) throws(TraceError) {
        while true {
            switch try scanner.peek() {
            case .end:
                throw TraceError(
                    .cut, "the file ends without its end member, after \(order.events) events", chunk: order.expected,
                    offset: scanner.offset)
            case .bad(let error, _):
                throw error.at(chunk: order.expected, offset: scanner.offset)
            case .member(let member):
                if try read(member, scanner, slot) { return }
            }
        }
    }

    /// True at the end.
    private mutating func read(
        _ member: tce_member, _ scanner: MemberScanner, _ slot: ChunkSlot
    ) throws(TraceError) -> Bool {
        let number = UInt64(member.sequence)
        let offset = scanner.offset
        func fault(_ reason: String) -> TraceError {
            TraceError(.damaged, reason, chunk: number, offset: offset)
        }
        if number == 0 { throw fault(SequenceChecker.secondHeader) }
        if let reason = order.faultInNumber(number) { throw fault(reason) }
        guard member.count == 0 else {
            if let reason = order.faultInTime(member.first_time) { throw fault(reason) }
            order.take(number: number, events: UInt64(member.count), first: member.first_time, last: nil, crc: nil)
            if keepsChunks {
                chunks.append(
                    Chunk(
                        number: number, offset: offset, bytes: UInt64(member.member_bytes),
                        inflatedBytes: UInt64(member.inflated_bytes), events: UInt64(member.count),
                        firstTime: member.first_time))
            }
            advance(scanner, over: member)
            return false
        }
        let text = try text(of: member, tce_member_kind(TCE_MEMBER_END), scanner, slot)
        do throws(TraceError) {
            totals = try TraceTotals(text: text)
        } catch {
            throw error.at(chunk: number, offset: offset)
        }
        if let reason = order.fault(in: totals) { throw fault(reason) }
        advance(scanner, over: member)
        if case .end = try scanner.peek() { return true }
        let isHeader = if case .member(let next) = try scanner.peek() { next.sequence == 0 } else { false }
        throw TraceError(
            .damaged, isHeader ? SequenceChecker.secondHeader : SequenceChecker.notTheEnd, offset: scanner.offset)
    }

    private mutating func advance(_ scanner: MemberScanner, over member: tce_member) {
        inflatedBytes += UInt64(member.inflated_bytes)
        scanner.advance(Int(member.member_bytes))
        scanner.shrink()
    }

    /// The text of the member at the cursor, which has to be of this kind.
    private func text(
        of member: tce_member, _ kind: tce_member_kind, _ scanner: MemberScanner, _ slot: ChunkSlot
    ) throws(TraceError) -> String {
        slot.begin(member, offset: scanner.offset)
        unsafe slot.inflate(scanner.bytes)
        if let error = slot.error { throw error }
        guard slot.prologue.kind == kind else {
            throw TraceError(
                .damaged, "its kind is \(slot.prologue.kind), expected \(kind)", chunk: UInt64(member.sequence),
                offset: scanner.offset)
        }
        return try slot.text()
    }
}
