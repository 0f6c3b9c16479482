// SPDX-License-Identifier: Apache-2.0
import CTce
import Foundation

/// Reads a trace chunk by chunk, in order and in constant memory, whatever its length.
///
/// Chunks are inflated and decoded on several threads; what comes out does not depend on how many.
public final class TraceReader {
    public struct Options: Sendable {
        /// Threads that inflate and decode, the caller's included: 1 to 64. The default is one a core, at most 4.
        public var threads = min(ProcessInfo.processInfo.activeProcessorCount, 4) {
            didSet { threads = min(max(threads, 1), 64) }
        }

        /// Goes on after a damaged chunk with the next one that is whole. The default is to stop there.
        public var lenient = false

        /// Chunks of events before this one (1 is the first) are not inflated.
        public var firstChunk: UInt64 = 1

        /// Holds the end member's numbers of events by kind and its windows against the events, too.
        public var verifiesTotals = false

        public init() {}
    }

    public typealias Loss = TraceLoss

    public let header: TraceHeader

    /// The content of the end member, once it has been read.
    public private(set) var totals: TraceTotals?

    /// Events and chunks of events that `next` has returned.
    public private(set) var eventsRead: UInt64 = 0
    public private(set) var chunksRead: UInt64 = 0

    /// Events that chunks passed over because of `Options.firstChunk` say they hold.
    public var eventsSkipped: UInt64 { order.events - eventsRead }

    /// Number of the chunk that `next` returned last; the first chunk of events is 1.
    public private(set) var chunkNumber: UInt64 = 0

    /// What `Options.lenient` has passed over.
    public private(set) var loss = Loss()

    /// Every chunk up to here has been read. At the end: the whole trace.
    public private(set) var isIntact = true

    /// Time stamp of the trace's first event, once a chunk has been read or skipped.
    public var firstTime: UInt64? { order.firstTime }

    /// Bytes of the file that have been looked at.
    public var bytesRead: UInt64 { source.offset }

    /// Bytes that were copied or inflated in vain: a small multiple of the file, whatever it holds.
    var wastedBytes: UInt64 { source.wastedBytes }

    /// Bytes that chunks and the window on the file have taken at most.
    var peakMemory: Int { source.peakMemory }

    /// Chunks that were decoded only at their turn, as their events need much memory.
    var deferredCount: Int { source.deferredCount }

    private let options: Options
    private let source: ChunkSource
    private var order = SequenceChecker()
    private var current: ChunkSlot?
    private var ended = false

    // Lenient reading alone.
    private var window = ReorderWindow()
    /// Number of the last intact chunk in the file's order.
    private var lastNumber: UInt64 = 0
    /// Nothing more comes from the source: it is at its end, or this is why not.
    private var sourceEnded = false
    private var sourceFailure: TraceError?
    private let headerText: String?

    /// Reads the header.
    public init(_ input: any ByteInput, options: Options = Options()) throws(TraceError) {
        self.options = options
        let scanner = MemberScanner(input)
        source = ChunkSource(
            scanner, threads: options.threads, lenient: options.lenient, counts: options.verifiesTotals)
        let start = try TraceStart(scanner, source, lenient: options.lenient)
        header = start.header
        headerText = start.text
        order.addPayload(start.payloadCRC)
        for fault in start.faults { loss.note(fault) }
        isIntact = start.text != nil
        // Anything before the header was looked at again as a chunk.
        source.putBack(start.chunks)
    }

    /// Passes over some of the chunks before `Options.firstChunk`; false when none is left. `next` does so by itself:
    /// this is for a caller that wants to say how far it has come.
    public func skipSome() throws(TraceError) -> Bool {
        let before = order.expected
        try source.skip(from: before, below: options.firstChunk, limit: 64) { member in
            order.take(
                number: UInt64(member.sequence), events: UInt64(member.count), first: member.first_time, last: nil,
                crc: nil)
        }
        return order.expected > before
    }

    /// The next chunk's events, or nil at the end. They stand until the next call.
    ///
    /// A damaged or cut file throws after every intact chunk before the fault has been returned.
    public func next() throws(TraceError) -> EventBatch? {
        if let slot = current {
            source.recycle(slot)
            current = nil
        }
        if !ended, chunksRead == 0 { while try skipSome() {} }
        while !ended {
            do throws(TraceError) {
                let slot = options.lenient ? try nextLenient() : try nextStrict()
                guard let slot else { continue }
                if slot.kind == Int(TCE_MEMBER_END) {
                    try acceptEnd(slot)
                    continue
                }
                accept(slot)
                return slot.batch
            } catch {
                ended = true
                throw error
            }
        }
        return nil
    }

    private func accept(_ slot: ChunkSlot) {
        order.take(
            number: slot.number, events: UInt64(slot.batch.count), first: slot.prologue.first_time,
            last: slot.prologue.last_time, crc: slot.payloadCRC)
        if options.verifiesTotals { order.count(slot.totals) }
        loss.settle(upTo: slot.number)
        chunkNumber = slot.number
        chunksRead += 1
        eventsRead += UInt64(slot.batch.count)
        current = slot
    }

    private func acceptEnd(_ slot: ChunkSlot) throws(TraceError) {
        let totals: TraceTotals
        do throws(TraceError) {
            totals = try TraceTotals(text: slot.text())
            if let reason = order.fault(in: totals) { throw TraceError(.damaged, reason) }
        } catch {
            let fault = error.at(chunk: slot.number, offset: slot.offset)
            guard options.lenient else { throw fault }
            // No end, then; what follows is looked at.
            loss.note(fault)
            source.recycle(slot)
            return
        }
        ended = true
        self.totals = totals
        // What is known now is better than what gaps and heads have told.
        loss.chunks = totals.chunks - order.chunks
        loss.events = totals.events - order.events
        if loss.chunks > 0 { isIntact = false }
        source.recycle(slot)
        try checkNothingFollows()
    }

    /// After the end member only the end of the file may come.
    private func checkNothingFollows() throws(TraceError) {
        var follower: ChunkSlot?
        if let number = window.lowest {
            follower = window.remove(number)
        } else if !sourceEnded, case .slot(let slot) = try source.next() {
            follower = slot
        }
        guard let follower else { return }
        if let error = follower.error, Self.endsReading.contains(error.kind) { throw error }
        let isHeader = follower.error == nil && follower.kind == Int(TCE_MEMBER_HEADER)
        let fault = TraceError(
            .damaged, isHeader ? SequenceChecker.secondHeader : SequenceChecker.notTheEnd, offset: follower.offset)
        guard options.lenient else { throw fault }
        loss.note(fault)
    }

    /// Faults of the host, not of the file.
    private static let endsReading: [TraceError.Kind] = [.host, .io, .interrupted]

    private func missingEnd() -> TraceError {
        TraceError(
            .cut, "the file ends without its end member, after \(order.events) events", chunk: order.expected,
            offset: source.offset)
    }

    // MARK: Strict reading

    private func nextStrict() throws(TraceError) -> ChunkSlot? {
        guard case .slot(let slot) = try source.next() else { throw missingEnd() }
        if let error = slot.error { throw error.at(chunk: order.expected, offset: slot.offset) }
        if slot.kind == Int(TCE_MEMBER_HEADER) { throw fault(SequenceChecker.secondHeader, slot) }
        if let reason = order.faultInNumber(slot.number) { throw fault(reason, slot) }
        if slot.kind == Int(TCE_MEMBER_EVENTS), let reason = order.faultInTime(slot.prologue.first_time) {
            throw fault(reason, slot)
        }
        return slot
    }

    private func fault(_ reason: String, _ slot: ChunkSlot) -> TraceError {
        TraceError(.damaged, reason, chunk: slot.number, offset: slot.offset)
    }

    // MARK: Lenient reading

    /// The next chunk in its place, or nil: then it has to be called again, or the trace has ended.
    private func nextLenient() throws(TraceError) -> ChunkSlot? {
        let number = order.expected
        if window.holds(number) {
            let contradictions = window.contradictions(of: number, notBefore: order.lastTime)
            // One chunk ahead, two where that begins before this one ends: two against one.
            if window.count < 2 || contradictions == 1, !window.isFull, try pull() { return nil }
            let isOvertaken = window.isOvertaken(number)
            guard let slot = window.remove(number) else { return nil }
            if isOvertaken {
                loss.note(fault("it stands before chunk \(number - 1); it was put back in order", slot))
            }
            for stray in window.removeStrays() {
                pass(stray, "chunk \(stray.number) stands before chunk \(number)")
            }
            if let reason = order.faultInTime(slot.prologue.first_time), slot.kind == Int(TCE_MEMBER_EVENTS) {
                pass(slot, reason)
                return nil
            }
            if contradictions < 2 { return slot }
            pass(slot, "its last time stamp, \(slot.prologue.last_time), is after the chunks that follow")
            return nil
        }
        if !window.isFull, try pull() { return nil }
        if let lowest = window.lowest {
            // What was looked at does not hold it: it is missing.
            loss.note(
                TraceError(
                    .damaged, order.faultInNumber(lowest) ?? "", chunk: lowest, offset: window.offset(of: lowest)))
            loss.lose(number..<lowest)
            order.lose(upTo: lowest)
            isIntact = false
            return nil
        }
        ended = true
        if let sourceFailure { throw sourceFailure }
        loss.note(missingEnd())
        loss.loseTail(from: number)
        isIntact = false
        return nil
    }

    /// Looks at one member more; false if there is none, or none that can be looked at now.
    private func pull() throws(TraceError) -> Bool {
        guard !sourceEnded else { return false }
        switch try source.next(holding: !window.isEmpty) {
        case .alone:
            return false
        case .end:
            sourceEnded = true
            return false
        case .slot(let slot):
            if let error = slot.error?.at(chunk: order.expected, offset: slot.offset) {
                if Self.endsReading.contains(error.kind) {
                    sourceEnded = true
                    sourceFailure = error
                    return false
                }
                pass(slot, error)
            } else if slot.kind == Int(TCE_MEMBER_HEADER) {
                try passHeader(slot)
            } else if let reason = order.faultInNumber(slot.number), slot.number < order.expected {
                pass(slot, reason)
            } else if slot.kind == Int(TCE_MEMBER_EVENTS), let reason = order.faultInTime(slot.prologue.first_time) {
                pass(slot, reason)
            } else if window.holds(slot.number) {
                pass(slot, "chunk \(slot.number) again")
            } else {
                lastNumber = slot.number
                window.insert(slot)
            }
            return true
        }
    }

    private func pass(_ slot: ChunkSlot, _ reason: String) {
        pass(slot, fault(reason, slot))
    }

    private func pass(_ slot: ChunkSlot, _ error: TraceError) {
        loss.note(error)
        loss.claim(number: slot.number, events: UInt64(slot.member.count))
        source.recycle(slot)
    }

    /// A header after the first one. If it is the same, and the numbers go on behind it as before it, it is a copy in
    /// the midst of the trace. Else another trace begins, of which nothing is taken.
    private func passHeader(_ slot: ChunkSlot) throws(TraceError) {
        let isSame = headerText != nil && (try? slot.text()) == headerText
        pass(slot, SequenceChecker.secondHeader)
        guard isSame, case .slot(let next) = try source.next(holding: !window.isEmpty) else {
            sourceEnded = true
            return
        }
        if next.error == nil, next.kind != Int(TCE_MEMBER_HEADER),
            next.number == max(lastNumber, order.expected - 1) + 1
        {
            source.putBack([next])
        } else {
            sourceEnded = true
        }
    }
}
