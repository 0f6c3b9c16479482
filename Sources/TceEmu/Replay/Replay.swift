// SPDX-License-Identifier: Apache-2.0

/// What a replay is asked to do.
public struct ReplayOptions: Sendable {
    /// Whose answers the emulator gives. The default is the trace's platform, else QEMU's.
    public var platform: Platform?

    /// Whether the machine has the multi-TCE hcalls. The default is yes.
    public var hasMultiTCE = true

    /// Freezes a PE at its first fault, until the trace thaws it. The default is not to.
    public var eeh = false

    /// Compares what was recorded with the emulator's own answers. The default is not to.
    public var check = false

    /// Where to begin: what is before is applied as far as it changes windows and TCEs, and not counted.
    public var from: TracePosition?

    /// Where to end: the first event that is not replayed.
    public var to: TracePosition?

    public init() {}
}

/// A place in a trace.
public enum TracePosition: Hashable, Sendable {
    /// Nanoseconds after the trace's first event.
    case time(UInt64)
    /// The beginning of a chunk; 1 is the first with events.
    case chunk(UInt64)

    /// The first unit of time that is not before these nanoseconds.
    static func units(ofNanoseconds nanoseconds: UInt64, unit: UInt64) -> UInt64 {
        nanoseconds / unit + (nanoseconds % unit == 0 ? 0 : 1)
    }

    /// Does an event lie before the position? `time` counts from the trace's first event, in units of `unit` ns.
    public func isAfter(time: UInt64, chunk: UInt64, unit: UInt64) -> Bool {
        switch self {
        case .chunk(let number): chunk < number
        case .time(let nanoseconds): time < Self.units(ofNanoseconds: nanoseconds, unit: unit)
        }
    }
}

/// The host could not go on with a replay.
public struct ReplayError: Error, Hashable, Sendable, CustomStringConvertible {
    public var reason: String
    /// Number of the event that was not applied, counted from 0.
    public var event: UInt64
    public var chunk: UInt64
    /// The trace is at fault, not the host: it asks for what no trace may.
    public var isDataError = false

    public var description: String { "event \(event), chunk \(chunk): \(reason)" }
}

/// A recorded answer that is not the emulator's.
public struct Mismatch: Hashable, Sendable {
    /// Number of the event in the trace, counted from 0, and its chunk.
    public var event: UInt64
    public var chunk: UInt64
    /// "status", "tce", "page", "perm", "mask" or "cell".
    public var what: String
    /// Of an RTAS call: which return cell, 0 is the status.
    public var cell: Int
    public var recorded: UInt64
    public var answered: UInt64
    public var traceEvent: TraceEvent
}

/// Applies a trace's events to a machine, in order, and counts.
public struct Replay: ~Copyable {
    private let reader: TraceReader
    private let machine: Machine
    private let options: ReplayOptions
    private let counters = RunCounters()
    private var statistics = ReplayStatistics()
    private var replayedTimes: (first: UInt64, last: UInt64)?
    /// What had been counted when the part that was asked for began.
    private var sharingBefore = SharingCounters()
    private var isAtEnd = false

    /// The first recorded answers that were not the emulator's, at most 20.
    public var mismatches: [Mismatch] { counters.mismatches }

    /// Makes the machine that the trace's header describes: no window but those that the trace makes.
    public init(_ reader: TraceReader, options: ReplayOptions = ReplayOptions()) throws {
        var configuration = MachineConfiguration()
        configuration.phbCount = 0
        configuration.memoryBytes = reader.header.memoryBytes
        configuration.hasMultiTCE = options.hasMultiTCE
        configuration.eeh = options.eeh
        if let platform = options.platform {
            configuration.platform = platform
        } else if let name = reader.header.platform {
            configuration.platform = try Platform(named: name)
        }
        self.machine = try Machine(configuration)
        self.reader = reader
        self.options = options
        statistics.platform = configuration.platform.description
        statistics.check.enabled = options.check
    }

    /// Applies the next chunk; false at the end of the trace or of the part that was asked for.
    ///
    /// After an error, `snapshot` has what was counted until then.
    public mutating func step() throws -> Bool {
        guard !isAtEnd else { return false }
        let firstEvent = reader.eventsRead
        let batch: EventBatch
        do {
            guard let next = try reader.next() else {
                isAtEnd = true
                return false
            }
            batch = next
        } catch {
            isAtEnd = true
            statistics.trace.complete = false
            throw error
        }
        let start = reader.firstTime ?? batch.time(at: 0)
        let begin = index(of: options.from, in: batch, start: start) ?? 0
        let end = max(begin, index(of: options.to, in: batch, start: start) ?? batch.count)
        // After a lost chunk the tables are not what they were: nothing can be compared.
        let check = options.check && reader.isIntact
        do {
            try counters.run(
                batch, range: 0..<begin, on: machine, check: false, stateOnly: true, firstEvent: firstEvent,
                chunk: reader.chunkNumber)
            if begin < end, replayedTimes == nil { sharingBefore = machine.sharing }
            try counters.run(
                batch, range: begin..<end, on: machine, check: check, firstEvent: firstEvent,
                chunk: reader.chunkNumber)
        } catch {
            isAtEnd = true
            statistics.trace.complete = false
            throw error
        }
        if begin < end {
            statistics.trace.chunks += 1
            replayedTimes = (replayedTimes?.first ?? batch.time(at: begin), batch.time(at: end - 1))
        }
        if end < batch.count { isAtEnd = true }
        return !isAtEnd
    }

    /// Index of the first event at or after a position, `batch.count` if it is later, 0 if it was before.
    private func index(of position: TracePosition?, in batch: EventBatch, start: UInt64) -> Int? {
        switch position {
        case nil: return nil
        case .chunk(let number): return reader.chunkNumber < number ? batch.count : 0
        case .time(let nanoseconds):
            let units = TracePosition.units(ofNanoseconds: nanoseconds, unit: reader.header.unitNanoseconds)
            let (time, overflow) = start.addingReportingOverflow(units)
            if overflow { return batch.count }
            var range = 0..<batch.count
            while !range.isEmpty {
                let middle = range.lowerBound + range.count / 2
                range = batch.time(at: middle) < time ? (middle + 1)..<range.upperBound : range.lowerBound..<middle
            }
            return range.lowerBound
        }
    }

    /// Ends the replay before the trace does: what was counted stands, and says that it is not all.
    public mutating func interrupt() {
        isAtEnd = true
        statistics.trace.complete = false
    }

    /// What has been counted so far.
    public func snapshot() -> ReplayStatistics {
        var result = statistics
        counters.fill(&result)
        result.sharing = ReplayStatistics.Sharing(machine.sharing, since: sharingBefore)
        result.trace.events = counters.events
        if let replayedTimes {
            let (span, overflow) = (replayedTimes.last - replayedTimes.first)
                .multipliedReportingOverflow(by: reader.header.unitNanoseconds)
            result.trace.spanNanoseconds = overflow ? .max : span
        }
        result.trace.lostChunks = reader.loss.chunks
        result.trace.lostEvents = reader.loss.events
        if !reader.isIntact { result.trace.complete = false }
        return result
    }

    /// Applies the whole trace.
    public mutating func run() throws -> ReplayStatistics {
        while try step() {}
        return snapshot()
    }
}
