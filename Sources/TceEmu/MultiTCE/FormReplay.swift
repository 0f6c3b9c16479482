// SPDX-License-Identifier: Apache-2.0

/// Replays a trace with its TCE hcalls in one form, chunk by chunk in bounded memory.
///
/// Calls are made anew by an emulated machine: what a guest would have been answered counts, not what was recorded.
public final class FormReplay {
    private let reader: TraceReader
    private let form: CallForm
    private let options: MultiTCEOptions
    let run: PhasedRun
    /// The windows as of the event that is read.
    private let windows: WindowTracker
    private var phases: PhaseTracker
    private var splitter = CallSplitter()
    private var joiner = CallJoiner()
    /// Events that are not the trace's own, with the phases of the calls among them.
    private let made: EventBatch
    private var madePhases: [CallPhase?] = []
    private var isAtEnd = false
    private var isComplete = true
    /// Where in the trace the event lies that is read.
    private var event: UInt64 = 0

    private static let madeMax = 1024

    /// - Parameter survey: of the same trace.
    public init(_ reader: TraceReader, _ form: CallForm, survey: BootSurvey, options: MultiTCEOptions) throws {
        self.reader = reader
        self.form = form
        self.options = options
        run = try PhasedRun(reader.header, options)
        windows = try WindowTracker(.ofTrace(reader.header, options.platform))
        phases = PhaseTracker(survey)
        made = try EventBatch()
    }

    /// Replays the next chunk; false at the end of the trace or of the part that was asked for.
    ///
    /// After an error `statistics` has what was counted until then.
    public func step() throws -> Bool {
        guard !isAtEnd else { return false }
        do {
            guard let batch = try reader.next() else {
                try end()
                return false
            }
            let (chunk, unit) = (reader.chunkNumber, reader.header.unitNanoseconds)
            let start = reader.firstTime ?? batch.time(at: 0)
            let begin = options.from?.index(in: batch, chunk: chunk, start: start, unit: unit) ?? 0
            let end = max(begin, options.to?.index(in: batch, chunk: chunk, start: start, unit: unit) ?? batch.count)
            let first = reader.eventsSkipped + reader.eventsRead - UInt64(batch.count)
            for index in 0..<begin { _ = try look(at: batch, index, first) }
            try run.run(batch, 0..<begin, nil, stateOnly: true, firstEvent: first, chunk: chunk)
            try replay(batch, begin..<end, first, chunk)
            if end < batch.count { try self.end() }
        } catch {
            isComplete = false
            if !isAtEnd { try? self.end() }
            throw error
        }
        return !isAtEnd
    }

    /// No more events come.
    private func end() throws {
        isAtEnd = true
        joiner.endAll()
        try takeJoined()
        try flush()
        try run.model.finish()
    }

    // MARK: Events

    /// Keeps windows and phases up to date with an event: the phase of an hcall, and how windows changed.
    private func look(
        at batch: EventBatch, _ index: Int, _ first: UInt64
    ) throws -> (phase: CallPhase?, change: WindowTracker.Change?) {
        let kind = batch.kind(at: index)
        event = first + UInt64(index)
        if EventBatch.isHcall(kind) { return (phases.phase(of: batch.liobn(at: index), event: event), nil) }
        if WindowTracker.concerns(kind) {
            guard let change = try windows.apply(batch, index) else { return (nil, nil) }
            phases.note(change, windows)
            return (nil, change)
        }
        if EventBatch.isAccess(kind), phases.waitsForAccess, case .dma(let access) = batch[index].body {
            phases.note(access)
        }
        return (nil, nil)
    }

    private func replay(_ batch: EventBatch, _ range: Range<Int>, _ first: UInt64, _ chunk: UInt64) throws {
        // What stays as it is goes from the trace's batch to the machine, as many events at once as share a phase.
        var begin = range.lowerBound, phase: CallPhase?
        func pass(upTo end: Int) throws {
            try run.run(batch, begin..<end, phase, firstEvent: first, chunk: chunk)
            begin = end
        }
        for index in range {
            let seen = try look(at: batch, index, first)
            splitter.grow()
            if form == .joined {
                try join(batch[index], seen.phase, seen.change)
            } else if form == .single, EventBatch.isMulti(batch.kind(at: index)),
                case .hcall(let call) = batch[index].body,
                let count = CallSplitter.count(call, in: windows.window(call.liobn))
            {
                try pass(upTo: index)
                begin = index + 1
                try split(call, count, seen.phase, time: batch.time(at: index))
            } else if let now = seen.phase, now != phase {
                if phase != nil { try pass(upTo: index) }
                phase = now
            }
        }
        if form != .joined { try pass(upTo: range.upperBound) }
    }

    private func split(_ call: TraceEvent.Hcall, _ count: UInt64, _ phase: CallPhase?, time: UInt64) throws {
        guard splitter.spend(count) else {
            throw ReplayError(
                reason: "its refused calls name more TCEs than a trace of its length may", event: event,
                chunk: reader.chunkNumber, isDataError: true)
        }
        let window = windows.window(call.liobn)
        for index in 0..<count {
            try make(TraceEvent(time: time, body: .hcall(CallSplitter.put(index, of: call, in: window))), phase)
        }
        try flush()
    }

    private func join(_ event: TraceEvent, _ phase: CallPhase?, _ change: WindowTracker.Change?) throws {
        if let change { joiner.end(change) }
        var window: DMAWindow?
        // A secure guest's list has to lie in a page that it shares, and the trace knows of none.
        if case .hcall(let call) = event.body, call.kind == .put, windows.accepts(call),
            call.value == 0 || !windows.isSecure
        {
            window = windows.window(call.liobn)
        }
        joiner.add(event, phase, joinableIn: window)
        try takeJoined()
    }

    private func takeJoined() throws {
        try joiner.takeReady { try make($0.event, $0.phase) }
    }

    // MARK: Events of our own

    private func make(_ event: TraceEvent, _ phase: CallPhase?) throws {
        try made.append(event)
        madePhases.append(phase)
        if madePhases.count == Self.madeMax { try flush() }
    }

    private func flush() throws {
        var begin = 0, phase: CallPhase?
        func pass(upTo end: Int) throws {
            do {
                try run.run(made, begin..<end, phase, firstEvent: 0, chunk: 0)
            } catch {
                var error = error
                error.event = event
                error.chunk = reader.chunkNumber
                throw error
            }
            begin = end
        }
        for (index, now) in madePhases.enumerated() where now != nil && now != phase {
            if phase != nil { try pass(upTo: index) }
            phase = now
        }
        try pass(upTo: madePhases.count)
        made.removeAll()
        madePhases.removeAll(keepingCapacity: true)
    }

    /// What has been counted so far.
    public var statistics: FormStatistics {
        var replayed = ReplayStatistics()
        run.counters.fill(&replayed)
        run.model.fill(&replayed, observed: run.counters.observed)
        var result = FormStatistics()
        result.hcalls = replayed.hcalls.filter { $0.value.calls > 0 }
        result.observed = replayed.timing?.observedHcalls ?? [:]
        result.phases = run.phases
        result.guestHcallCycles = replayed.timing?.time.guestHcallCycles ?? 0
        for calls in replayed.timing?.calls.values.map({ $0 }) ?? [] {
            result.timedCalls += calls.calls
            result.callWaitCycles += calls.waitCycles
        }
        result.waitCycles = replayed.dma.waitCycles ?? 0
        result.overtaken = replayed.dma.overtaken
        result.transactions = replayed.dma.transactions
        result.faults = replayed.dma.faults.total
        result.totalCycles = options.timing.arrival == .saturate ? replayed.timing?.time.cycles : nil
        result.events = run.counters.events
        result.isComplete = isComplete && reader.isIntact
        return result
    }
}
