// SPDX-License-Identifier: Apache-2.0
import CTce
import Foundation

/// Reads a trace chunk by chunk, in order and in constant memory, whatever its length.
///
/// Chunks are inflated and decoded on several threads; what comes out does not depend on how many.
public final class TraceReader {
    public struct Options: Sendable {
        /// Threads that inflate and decode, the caller's included. The default is one a core, at most 4.
        public var threads = min(ProcessInfo.processInfo.activeProcessorCount, 4)

        /// Goes on after a damaged chunk with the next one that is whole. The default is to stop there.
        public var lenient = false

        /// Chunks of events before this one (1 is the first) are not inflated.
        public var firstChunk: UInt64 = 1

        public init() {}
    }

    /// What could not be read.
    public struct Loss: Hashable, Sendable {
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

    /// Bytes of the file that have been looked at.
    public var bytesRead: UInt64 { scanner.offset }

    /// Sizes of the chunk that `next` returned last, in bytes: in the file, and inflated.
    public private(set) var chunkBytes: (member: UInt64, inflated: UInt64) = (0, 0)

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

    /// Reads the header.
    public init(_ input: any ByteInput, options: Options = Options()) throws(TraceError) {
        self.options = options
        scanner = MemberScanner(input)
        pipeline = ChunkPipeline(threads: options.threads)
        do throws(TraceError) {
            (header, loss) = try Self.readHeader(scanner, lenient: options.lenient)
        } catch {
            pipeline.stop()
            throw error
        }
    }

    deinit {
        // Slots in work are the pipeline's as well and end with it.
        pipeline.stop()
    }

    private static func readHeader(_ scanner: MemberScanner, lenient: Bool) throws(TraceError) -> (TraceHeader, Loss) {
        let slot = ChunkSlot()
        var fault: TraceError
        switch try scanner.peek() {
        case .end:
            throw TraceError(.cut, "the file is empty", offset: 0)
        case .bad(let error):
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
                return (try TraceHeader(text: slot.text), Loss())
            } else {
                fault = TraceError(
                    .damaged, "the file begins with chunk \(member.sequence), expected the header",
                    chunk: UInt64(member.sequence), offset: 0)
            }
        }
        guard lenient, fault.kind != .version, fault.kind != .host else { throw fault }
        // Without its header a trace is read in nanoseconds, of an unknown platform. What lies here is looked at again
        // as a chunk if it is one.
        if case .damaged = fault.kind, slot.error == nil, slot.member.member_bytes > 0 {
            return (TraceHeader(), Loss(chunks: 1, faults: [fault]))
        }
        try scanner.search()
        return (TraceHeader(), Loss(chunks: 1, faults: [fault]))
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

    /// Keeps as many chunks in work as there are threads. The caller has one more, which it looks at meanwhile.
    private func launch() throws(TraceError) {
        while !scanEnded, flying.count < max(options.threads, 2) {
            let slot = idle.popLast() ?? ChunkSlot()
            slot.offset = scanner.offset
            switch try scanner.peek() {
            case .end:
                scanEnded = true
                idle.append(slot)
            case .bad(let error):
                slot.member = tce_member()
                slot.error = error.at(chunk: nil, offset: scanner.offset)
                flying.append(slot)
                if options.lenient { try scanner.search() } else { scanEnded = true }
            case .member(let member):
                if skips(member) {
                    scanner.advance(Int(member.member_bytes))
                    idle.append(slot)
                    continue
                }
                slot.member = member
                unsafe scanner.copy(Int(member.member_bytes), to: slot.reserve(Int(member.member_bytes)))
                flying.append(slot)
                if try scanner.isFollowed(after: Int(member.member_bytes)) {
                    scanner.advance(Int(member.member_bytes))
                    pipeline.submit(slot)
                } else {
                    // Is the size wrong, or what follows damaged? Whether this member is whole tells.
                    slot.work()
                    if slot.error == nil {
                        scanner.advance(Int(member.member_bytes))
                    } else if options.lenient {
                        try scanner.search()
                    } else {
                        scanEnded = true
                    }
                }
            }
        }
    }

    private func skips(_ member: tce_member) -> Bool {
        guard UInt64(member.sequence) < options.firstChunk, member.count > 0,
            UInt64(member.sequence) == chunksSkipped + 1
        else { return false }
        chunksSkipped += 1
        eventsSkipped += UInt64(member.count)
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
            note(error)
        }
        expected = sequence + 1
        if kind == Int(TCE_MEMBER_END) {
            try acceptEnd(slot)
            return false
        }
        guard slot.prologue.first_time >= lastTime else {
            throw fault("its first time stamp, \(slot.prologue.first_time), is before the last one, \(lastTime)")
        }
        lastTime = slot.prologue.last_time
        chunkNumber = sequence
        chunksRead += 1
        eventsRead += UInt64(slot.batch.count)
        chunkBytes = (UInt64(slot.member.member_bytes), UInt64(slot.member.inflated_bytes))
        return true
    }

    private func acceptEnd(_ slot: ChunkSlot) throws(TraceError) {
        let totals = try TraceTotals(text: slot.text)
        let events = eventsRead + eventsSkipped
        let chunks = chunksRead + chunksSkipped
        guard totals.events >= events, totals.chunks >= chunks,
            options.lenient || (totals.events == events && totals.chunks == chunks)
        else {
            throw TraceError(
                .damaged,
                "the end member promises \(totals.events) events in \(totals.chunks) chunks, "
                    + "the file has \(events) in \(chunks)",
                chunk: UInt64(slot.member.sequence), offset: slot.offset)
        }
        self.totals = totals
        loss.chunks = max(loss.chunks, totals.chunks - chunks)
        loss.events = totals.events - events
        ended = true
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
        guard options.lenient, error.kind != .host, error.kind != .io, error.kind != .version else {
            ended = true
            throw error
        }
        note(error)
        loss.chunks += 1
        loss.events += UInt64(slot.member.count)
    }

    private func note(_ error: TraceError) {
        if loss.faults.count < 20 { loss.faults.append(error) }
    }
}
