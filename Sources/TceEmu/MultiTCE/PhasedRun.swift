// SPDX-License-Identifier: Apache-2.0

/// A machine to which events are given, with their hcalls counted by phase.
final class PhasedRun {
    let machine: Machine
    let counters = RunCounters()
    /// Nil: time is left out.
    let model: TimeModel
    private(set) var phases: [CallPhase: [String: ReplayStatistics.Calls]] = [:]

    init(_ header: TraceHeader, _ options: MultiTCEOptions) throws {
        model = try TimeModel(options.timing, unitNanoseconds: header.unitNanoseconds)
        machine = try Machine(.ofTrace(header, options.platform))
        counters.model = model
        counters.machineBytesMax =
            options.machineBytesMax ?? Replay.machineBytesMax(guestMemory: header.memoryBytes)
    }

    /// Gives it events of a batch, whose hcalls are of one phase; nil: none are among them. `event` and `chunk` say
    /// where in the trace.
    ///
    /// - Parameter stateOnly: nothing is counted, and nothing takes time.
    func run(
        _ batch: EventBatch, _ range: Range<Int>, _ phase: CallPhase?, stateOnly: Bool = false, firstEvent: UInt64,
        chunk: UInt64
    ) throws(ReplayError) {
        guard !range.isEmpty else { return }
        let before = phase == nil ? [] : calls
        try counters.run(
            batch, range: range, on: machine, check: false, stateOnly: stateOnly, firstEvent: firstEvent, chunk: chunk)
        guard let phase, !stateOnly else { return }
        for (kind, (old, new)) in zip(TraceEvent.Hcall.Kind.allCases, zip(before, calls)) where new.calls > old.calls {
            phases[phase, default: [:]][kind.hcallName, default: .init(cycles: 0)] += new - old
        }
    }

    private var calls: [ReplayStatistics.Calls] {
        zip(counters.hcalls, model.hcallCycles).map { calls, cycles in
            var calls = calls
            calls.cycles = cycles
            return calls
        }
    }
}

extension ReplayStatistics.Calls {
    static func += (sum: inout Self, more: Self) {
        sum.calls += more.calls
        sum.tces += more.tces
        sum.errors += more.errors
        sum.cycles = (sum.cycles ?? 0) + (more.cycles ?? 0)
    }

    fileprivate static func - (now: Self, before: Self) -> Self {
        Self(
            calls: now.calls - before.calls, tces: now.tces - before.tces, errors: now.errors - before.errors,
            cycles: (now.cycles ?? 0) - (before.cycles ?? 0))
    }
}
