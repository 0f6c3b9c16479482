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

        public init() {}
    }

    /// What could not be read.
    public struct Loss: Hashable, Sendable {
        /// Chunks of events; header and end are none.
        public var chunks: UInt64 = 0
        /// Events in them, as far as the file still tells.
        public var events: UInt64 = 0
        /// The first faults, at most 20.
        public var faults: [TraceError] = []
    }

    public let header: TraceHeader

    /// The content of the end member, once it has been read.
    public private(set) var totals: TraceTotals?

    /// Events and chunks of events that `next` has returned.
    public private(set) var eventsRead: UInt64 = 0
    public private(set) var chunksRead: UInt64 = 0

    /// Chunks passed over because of `Options.firstChunk`, and the events that they say they hold.
    public private(set) var eventsSkipped: UInt64 = 0
    private var chunksSkipped: UInt64 = 0

    /// Number of the chunk that `next` returned last; the first chunk of events is 1.
    public private(set) var chunkNumber: UInt64 = 0

    /// What `Options.lenient` has passed over.
    public private(set) var loss = Loss()

    /// Every chunk up to here is known to have been read: nothing was passed over yet.
    public private(set) var isIntact = true

    /// Time stamp of the trace's first event, once a chunk has been read or skipped.
    public private(set) var firstTime: UInt64?

    /// Bytes of the file that have been looked at.
    public var bytesRead: UInt64 { scanner.offset }

    private let options: Options
    private let scanner: MemberScanner
    private let pipeline: ChunkPipeline
    private var flying: [ChunkSlot] = []
    private var idle: [ChunkSlot] = []
    private var current: ChunkSlot?
    private var scanEnded = false
    private var expected: UInt64 = 1
    private var lastTime: UInt64 = 0
    private var ended = false
    /// The last member had a damaged head: which chunk it was is not known yet.
    private var lastWasLost = false

    /// Reads the header.
    public init(_ input: any ByteInput, options: Options = Options()) throws(TraceError) {
        self.options = options
        scanner = MemberScanner(input)
        pipeline = ChunkPipeline(threads: options.threads)
        do throws(TraceError) {
            let fault: TraceError?
            (header, fault) = try Self.readHeader(scanner, lenient: options.lenient)
            if let fault {
                loss.faults = [fault]
                isIntact = false
            }
        } catch {
            pipeline.stop()
            throw error
        }
    }

    deinit {
        // Slots in work are the pipeline's as well and end with it.
        pipeline.stop()
    }

    private static func readHeader(
        _ scanner: MemberScanner, lenient: Bool
    ) throws(TraceError) -> (TraceHeader, TraceError?) {
        let slot = try ChunkSlot()
        var fault: TraceError
        switch try scanner.peek() {
        case .end:
            throw TraceError(.cut, "the file is empty", offset: 0)
        case .bad(let error, _):
            // Not one byte of ours: say so instead of speaking of damage.
            guard lenient || error.kind == .cut else {
                throw TraceError(.notATrace, "this is not a trace file: \(error.reason)", offset: 0)
            }
            fault = error
        case .member(let member):
            slot.member = member
            unsafe scanner.copy(Int(member.member_bytes), to: slot.reserve(Int(member.member_bytes)))
            slot.work()
            if let error = slot.error {
                fault = error
            } else if Int(slot.prologue.kind) == Int(TCE_MEMBER_HEADER), member.sequence == 0 {
                scanner.advance(Int(member.member_bytes))
                return (try TraceHeader(text: slot.text), nil)
            } else {
                fault = TraceError(
                    .damaged, "the file begins with chunk \(member.sequence), expected the header",
                    chunk: UInt64(member.sequence), offset: 0)
            }
        }
        guard lenient, fault.kind != .version, fault.kind != .host else { throw fault }
        // Without its header a trace is read in nanoseconds, of an unknown platform. What lies here is looked at again
        // as a chunk if it is one.
        fault.reason += "; without the header, time stamps are taken as nanoseconds"
        if case .damaged = fault.kind, slot.error == nil, slot.member.member_bytes > 0 {
            return (TraceHeader(), fault)
        }
        try scanner.search()
        if case .end = try scanner.peek() {
            throw TraceError(.notATrace, "this is not a trace file: it has not one chunk", offset: 0)
        }
        return (TraceHeader(), fault)
    }

    /// The next chunk's events, or nil at the end. They stand until the next call.
    ///
    /// A damaged or cut file throws after every intact chunk before the fault has been returned.
    public func next() throws(TraceError) -> EventBatch? {
        if let slot = current {
            idle.append(slot)
            current = nil
        }
        while !ended {
            try launch()
            guard !flying.isEmpty else {
                try finishWithoutEnd()
                return nil
            }
            let slot = flying.removeFirst()
            pipeline.finish(slot)
            do throws(TraceError) {
                if try accept(slot) {
                    current = slot
                    return slot.batch
                }
            } catch {
                try lose(error, slot)
            }
            idle.append(slot)
        }
        return nil
    }

    /// Keeps one chunk more in work than there are threads, so that none of them waits while the caller works on one.
    private func launch() throws(TraceError) {
        while !scanEnded, flying.count <= options.threads {
            let slot: ChunkSlot
            if let used = idle.popLast() { slot = used } else { slot = try ChunkSlot() }
            slot.member = tce_member()
            slot.offset = scanner.offset
            do throws(TraceError) {
                try launch(slot)
            } catch {
                // The chunks before are returned first: the error takes its turn behind them.
                slot.error = error.at(chunk: nil, offset: scanner.offset)
                flying.append(slot)
                scanEnded = true
            }
        }
    }

    private func launch(_ slot: ChunkSlot) throws(TraceError) {
        switch try scanner.peek() {
        case .end:
            scanEnded = true
            idle.append(slot)
        case .bad(let error, let member):
            if let member { slot.member = member }
            slot.error = error.at(chunk: nil, offset: scanner.offset)
            if options.lenient { try scanner.search() } else { scanEnded = true }
            flying.append(slot)
        case .member(let member):
            if skips(member) {
                scanner.advance(Int(member.member_bytes))
                idle.append(slot)
                return
            }
            let isFollowed = try scanner.isFollowed(after: Int(member.member_bytes))
            slot.member = member
            unsafe scanner.copy(Int(member.member_bytes), to: slot.reserve(Int(member.member_bytes)))
            if isFollowed {
                scanner.advance(Int(member.member_bytes))
                flying.append(slot)
                pipeline.submit(slot)
                return
            }
            // Is the size wrong, or what follows damaged? Whether this member is whole tells.
            slot.work()
            if slot.error == nil {
                scanner.advance(Int(member.member_bytes))
            } else if options.lenient {
                try scanner.search()
            } else {
                scanEnded = true
            }
            flying.append(slot)
        }
    }

    private func skips(_ member: tce_member) -> Bool {
        guard UInt64(member.sequence) < options.firstChunk, member.count > 0,
            UInt64(member.sequence) == chunksSkipped + 1
        else { return false }
        chunksSkipped += 1
        eventsSkipped += UInt64(member.count)
        firstTime = firstTime ?? member.first_time
        expected = UInt64(member.sequence) + 1
        return true
    }

    /// Takes a chunk whose work is done; false if it has no events to return.
    private func accept(_ slot: ChunkSlot) throws(TraceError) -> Bool {
        if let error = slot.error { throw error.at(chunk: expected, offset: slot.offset) }
        let sequence = UInt64(slot.member.sequence)
        func fault(_ reason: String) -> TraceError {
            TraceError(.damaged, reason, chunk: sequence, offset: slot.offset)
        }
        let kind = Int(slot.prologue.kind)
        if kind == Int(TCE_MEMBER_HEADER) {
            throw fault("a second header: this file was joined from several traces")
        }
        if sequence < expected { throw fault("chunk \(sequence) again, expected chunk \(expected)") }
        if sequence > expected {
            let error = fault("chunk \(expected) is missing: found chunk \(sequence)")
            guard options.lenient else { throw error }
            // A damaged head has been noted already; it is this gap.
            if isIntact || !lastWasLost { note(error) }
            loss.chunks += sequence - expected
            isIntact = false
        }
        lastWasLost = false
        expected = sequence + 1
        if kind == Int(TCE_MEMBER_END) {
            try acceptEnd(slot)
            return false
        }
        guard slot.prologue.first_time >= lastTime else {
            throw fault("its first time stamp, \(slot.prologue.first_time), is before the last one, \(lastTime)")
        }
        lastTime = slot.prologue.last_time
        firstTime = firstTime ?? slot.prologue.first_time
        chunkNumber = sequence
        chunksRead += 1
        eventsRead += UInt64(slot.batch.count)
        return true
    }

    private func acceptEnd(_ slot: ChunkSlot) throws(TraceError) {
        ended = true
        let totals = try TraceTotals(text: slot.text)
        let events = eventsRead + eventsSkipped
        let chunks = chunksRead + chunksSkipped
        func fault(_ reason: String) -> TraceError {
            TraceError(.damaged, reason, chunk: UInt64(slot.member.sequence), offset: slot.offset)
        }
        guard totals.events >= events, totals.chunks >= chunks,
            !isIntact || (totals.events == events && totals.chunks == chunks)
        else {
            throw fault(
                "the end member promises \(totals.events) events in \(totals.chunks) chunks, "
                    + "the file has \(events) in \(chunks)")
        }
        let times = (first: chunks > 0 ? firstTime ?? 0 : 0, last: lastTime)
        guard !isIntact || (totals.firstTime == times.first && (totals.lastTime == times.last || chunksRead == 0)),
            totals.kinds.values.reduce(0, { $0 &+ $1 }) == totals.events
        else { throw fault("the end member's times or counts are not those of the file") }
        self.totals = totals
        loss.chunks = totals.chunks - chunks
        loss.events = totals.events - events
        try checkNothingFollows()
    }

    /// After the end member only the end of the file may come.
    private func checkNothingFollows() throws(TraceError) {
        let follower: TraceError?
        if let slot = flying.first {
            pipeline.finish(slot)
            let isHeader = slot.error == nil && Int(slot.prologue.kind) == Int(TCE_MEMBER_HEADER)
            follower = TraceError(
                .damaged,
                isHeader
                    ? "a second header: this file was joined from several traces"
                    : "something follows the end member",
                chunk: nil, offset: slot.offset)
        } else if !scanEnded, case .end = try scanner.peek() {
            follower = nil
        } else {
            follower =
                scanEnded ? nil : TraceError(.damaged, "something follows the end member", offset: scanner.offset)
        }
        guard let follower else { return }
        guard options.lenient else { throw follower }
        note(follower)
    }

    private func finishWithoutEnd() throws(TraceError) {
        ended = true
        let error = TraceError(
            .cut, "the file ends without its end member, after \(eventsRead + eventsSkipped) events",
            chunk: expected, offset: scanner.offset)
        guard options.lenient else { throw error }
        note(error)
    }

    private func lose(_ error: TraceError, _ slot: ChunkSlot) throws(TraceError) {
        guard options.lenient, ![.host, .io, .interrupted, .version].contains(error.kind) else {
            ended = true
            throw error
        }
        note(error)
        isIntact = false
        let sequence = UInt64(slot.member.sequence)
        // What is known of a chunk is what its field says. Where that is damaged too, the gap or the end tells later.
        guard slot.member.count > 0, sequence >= expected else {
            lastWasLost = slot.member.count == 0
            return
        }
        loss.chunks += sequence - expected + 1
        loss.events += UInt64(slot.member.count)
        expected = sequence + 1
    }

    private func note(_ error: TraceError) {
        if loss.faults.count < 20 { loss.faults.append(error) }
    }
}
