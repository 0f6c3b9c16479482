// SPDX-License-Identifier: Apache-2.0

/// What a replay is asked to do.
public struct ReplayOptions: Sendable {
    /// Whose answers the emulator gives. The default is the trace's platform, else QEMU's.
    public var platform: Platform?

    /// Whether the machine has the multi-TCE hcalls. The default is yes.
    public var hasMultiTCE = true

    /// Freezes a PE at its first fault, until the trace thaws it. The default is not to.
    public var eeh = false

    /// Bytes of the host that the machine may hold: TCE tables and guest memory.
    ///
    /// The default is 24 MiB and 1/256 of the guest's memory, at most 2 GiB: two TCEs for each page of 4 KiB. It is
    /// looked at every 128 events; a trace that needs more ends with an error.
    public var machineBytesMax: UInt64?

    /// What everything costs and when it starts; nil: time is left out, and the replay is functional.
    ///
    /// The default is profile `power9-kvm`, at the trace's time stamps.
    public var timing: ReplayTiming? = ReplayTiming()

    /// Compares what was recorded with the emulator's own answers. The default is not to.
    public var check = false

    /// Where to begin: what is before is applied as far as it changes windows and TCEs, and not counted.
    public var from: TracePosition?

    /// Where to end: the first event that is not replayed.
    public var to: TracePosition?

    public init() {}

    /// The options of a replay without time, and all else as by default.
    public static var functional: ReplayOptions {
        var options = ReplayOptions()
        options.timing = nil
        return options
    }
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

    /// Index of the first event of a chunk at or after the position: `batch.count` if it is later, 0 if it was before.
    ///
    /// - Parameters:
    ///   - start: time stamp of the trace's first event.
    ///   - unit: nanoseconds in one unit of the time stamps.
    func index(in batch: EventBatch, chunk: UInt64, start: UInt64, unit: UInt64) -> Int {
        switch self {
        case .chunk(let number): return chunk < number ? batch.count : 0
        case .time(let nanoseconds):
            let (time, overflow) = start.addingReportingOverflow(Self.units(ofNanoseconds: nanoseconds, unit: unit))
            if overflow { return batch.count }
            var range = 0..<batch.count
            while !range.isEmpty {
                let middle = range.lowerBound + range.count / 2
                range = batch.time(at: middle) < time ? (middle + 1)..<range.upperBound : range.lowerBound..<middle
            }
            return range.lowerBound
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
    let reader: TraceReader
    let machine: Machine
    let options: ReplayOptions
    let counters: RunCounters
    /// Nil: time is left out.
    let model: TimeModel?
    var statistics = ReplayStatistics()
    var replayedTimes: (first: UInt64, last: UInt64)?
    /// What had been counted when the part that was asked for began.
    var sharingBefore = SharingCounters()
    private var isAtEnd = false
    /// The host failed inside an event, or the trace asked for what none may.
    private(set) var hasFailed = false

    /// A chunk that is not done with.
    private struct Part {
        let batch: EventBatch
        /// Of the batch: what is asked for, and the next event.
        let range: Range<Int>
        var next: Int
        /// Number in the trace of the batch's first event.
        let firstEvent: UInt64
        let check: Bool
    }

    private var part: Part?
    var position = ReplaySnapshot.Position()
    /// Where a saved replay goes on, until that is reached.
    var resuming: ReplaySnapshot?

    /// The first recorded answers that were not the emulator's, at most 20.
    public var mismatches: [Mismatch] { counters.mismatches }

    /// Events of the trace that have been passed: applied, or before the part that was asked for.
    public var eventsPassed: UInt64 { position.events }

    /// Makes the machine that the trace's header describes: no window but those that the trace makes.
    public init(_ reader: TraceReader, options: ReplayOptions = ReplayOptions()) throws {
        var configuration = try MachineConfiguration.ofTrace(reader.header, options.platform)
        configuration.hasMultiTCE = options.hasMultiTCE
        configuration.eeh = options.eeh
        let model = try options.timing.map { timing in
            try TimeModel(timing, unitNanoseconds: reader.header.unitNanoseconds)
        }
        self.init(reader, try Machine(configuration), options, model: model)
    }

    init(
        _ reader: TraceReader, _ machine: consuming Machine, _ options: ReplayOptions,
        _ counters: RunCounters = RunCounters(), model: TimeModel? = nil
    ) {
        self.counters = counters
        self.model = model
        counters.model = model
        if let model, model.timing.keepsEvents { counters.log = EventLog(model) }
        if model != nil { statistics.model = "cycle-level" }
        statistics.platform = machine.platform.description
        statistics.check.enabled = options.check
        self.machine = machine
        self.reader = reader
        self.options = options
        counters.machineBytesMax =
            options.machineBytesMax ?? Self.machineBytesMax(guestMemory: reader.header.memoryBytes)
    }

    /// Applies the rest of a chunk, the next one at first; false at the end of the trace or of the part that was asked
    /// for.
    ///
    /// After an error, `snapshot` has what was counted until then.
    ///
    /// - Parameter limit: events that are applied at most. The replay then stands between two events and can be saved.
    public mutating func step(atMost limit: Int = .max) throws -> Bool {
        guard !isAtEnd else { return false }
        guard var part = try part ?? nextPart() else {
            try end()
            return false
        }
        let stop = part.next + max(0, min(limit, part.range.upperBound - part.next))
        let begin = min(max(part.next, part.range.lowerBound), stop)
        do {
            try counters.run(
                part.batch, range: part.next..<begin, on: machine, check: false, stateOnly: true,
                firstEvent: part.firstEvent, chunk: reader.chunkNumber)
            if begin < stop, replayedTimes == nil { sharingBefore = machine.sharing }
            try counters.run(
                part.batch, range: begin..<stop, on: machine, check: part.check, firstEvent: part.firstEvent,
                chunk: reader.chunkNumber)
        } catch {
            hasFailed = true
            statistics.trace.complete = false
            try? end()
            count(part, begin..<min(stop, max(begin, Int(error.event - part.firstEvent))))
            throw error
        }
        count(part, begin..<stop)
        part.next = stop
        position.index = stop
        position.events = part.firstEvent + UInt64(stop)
        if stop == part.batch.count {
            self.part = nil
            position.chunk = reader.chunkNumber + 1
            position.index = 0
            position.isCounted = false
        } else {
            self.part = part
            if stop == part.range.upperBound { try end() }
        }
        return !isAtEnd
    }

    /// No more events come: what is under way in time is brought to its end.
    private mutating func end() throws(MachineError) {
        guard !isAtEnd else { return }
        isAtEnd = true
        try model?.finish()
    }

    /// When events began and ended, in the trace's order: all whose ends are known by now and that were not taken yet.
    ///
    /// Only where `ReplayTiming.keepsEvents` asks for it; who does not take them lets them pile up.
    public mutating func takeTimedEvents() -> [TimedEvent] {
        counters.log?.take() ?? []
    }

    /// What the machine may hold where nobody said it.
    static func machineBytesMax(guestMemory: UInt64?) -> UInt64 {
        min((guestMemory ?? 0) / 256, 2 << 30) + 24 << 20
    }

    /// Events of a chunk were replayed: the chunk is one of those that were, and time has gone on.
    private mutating func count(_ part: Part, _ events: Range<Int>) {
        guard !events.isEmpty else { return }
        if !position.isCounted { statistics.trace.chunks += 1 }
        position.isCounted = true
        let last = part.batch.time(at: events.upperBound - 1)
        replayedTimes = (replayedTimes?.first ?? part.batch.time(at: events.lowerBound), last)
    }

    /// The next chunk; nil at the trace's end.
    private mutating func nextPart() throws -> Part? {
        var resumed = ReplaySnapshot.Position()
        let batch: EventBatch
        do {
            guard let next = try nextBatch(&resumed) else { return nil }
            batch = next
        } catch {
            statistics.trace.complete = false
            try? end()
            throw error
        }
        let start = reader.firstTime ?? batch.time(at: 0)
        // What an event before --from does to the machine is done also where a saved replay goes on behind it.
        let (chunk, unit) = (reader.chunkNumber, reader.header.unitNanoseconds)
        let begin = options.from?.index(in: batch, chunk: chunk, start: start, unit: unit) ?? 0
        let end = max(begin, options.to?.index(in: batch, chunk: chunk, start: start, unit: unit) ?? batch.count)
        position.chunk = reader.chunkNumber
        position.index = resumed.index
        position.isCounted = resumed.isCounted
        return Part(
            batch: batch, range: begin..<max(end, resumed.index), next: resumed.index,
            firstEvent: reader.eventsSkipped + reader.eventsRead - UInt64(batch.count),
            // After a lost chunk the tables are not what they were: nothing can be compared.
            check: options.check && reader.isIntact)
    }

    /// The next batch with events that are not done with; `resumed` says where in it.
    private mutating func nextBatch(_ resumed: inout ReplaySnapshot.Position) throws -> EventBatch? {
        while let batch = try reader.next() {
            guard let saved = resuming else { return batch }
            guard reader.chunkNumber >= saved.position.chunk else { continue }
            resuming = nil
            if reader.chunkNumber == saved.position.chunk { resumed = saved.position }
            let before = reader.eventsSkipped + reader.eventsRead - UInt64(batch.count)
            try saved.checkIdentity(of: reader, events: before + UInt64(resumed.index))
            guard resumed.index <= batch.count else { throw saved.otherTrace("a chunk is shorter") }
            return batch
        }
        try resuming?.checkIdentity(of: reader, events: reader.eventsSkipped + reader.eventsRead)
        return nil
    }

    /// Ends the replay before the trace does: what was counted stands, and says that it is not all.
    public mutating func interrupt() {
        statistics.trace.complete = false
        try? end()
    }

    /// What has been counted so far.
    public func snapshot() -> ReplayStatistics {
        var result = statistics
        counters.fill(&result)
        model?.fill(&result, observed: counters.observed)
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
