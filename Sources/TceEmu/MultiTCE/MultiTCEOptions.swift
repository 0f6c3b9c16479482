// SPDX-License-Identifier: Apache-2.0

/// What a comparison of a trace's calls with and without multi-TCE is asked.
public struct MultiTCEOptions: Sendable {
    /// Whose answers the emulator gives. The default is the trace's platform, else QEMU's.
    public var platform: Platform?

    /// What everything costs and when it starts. The default is profile `power9-kvm`, at the trace's time stamps.
    public var timing = ReplayTiming()

    /// Where to begin: what is before is applied as it was recorded, and not counted.
    public var from: TracePosition?

    /// Where to end: the first event that is not replayed.
    public var to: TracePosition?

    /// Bytes of the host that a machine may hold; see `ReplayOptions.machineBytesMax`.
    public var machineBytesMax: UInt64?

    public init() {}
}

/// What a replay of a trace's calls in one form counted.
public struct FormStatistics: Hashable, Sendable {
    /// By name; of those that were made.
    public var hcalls: [String: ReplayStatistics.Calls] = [:]
    /// Of which the opcode alone is known, by name: as recorded in all forms, not carried out, without a cost.
    public var observed: [String: TimeStatistics.ObservedHcall] = [:]
    /// Those that were made, by phase.
    public var phases: [CallPhase: [String: ReplayStatistics.Calls]] = [:]
    /// Cycles that the guest spent in TCE hcalls.
    public var guestHcallCycles: UInt64 = 0
    /// Calls of all kinds, and cycles from their stamps to their starts.
    public var timedCalls: UInt64 = 0
    public var callWaitCycles: UInt64 = 0
    /// Cycles that transactions waited for their TCEs, and transactions whose TCE was taken before they were done.
    public var waitCycles: UInt64 = 0
    public var overtaken: UInt64 = 0
    /// Transactions, and those of them that faulted.
    public var transactions: UInt64 = 0
    public var faults: UInt64 = 0
    /// From the first event to the end of the last call or transaction; nil unless all started as early as they could
    /// (`--arrival saturate`).
    public var totalCycles: UInt64?
    /// Events that were replayed, in this form.
    public var events: UInt64 = 0
    /// The whole trace was replayed, or the part that was asked for.
    public var isComplete = true

    public init() {}

    /// The mean wait of a transaction; 0 without any.
    public var meanWaitCycles: UInt64 { transactions == 0 ? 0 : waitCycles / transactions }

    /// Calls of all kinds that were made, and the TCEs that they named.
    public var madeCalls: UInt64 { hcalls.values.reduce(0) { $0 + $1.calls } }
    public var tces: UInt64 { hcalls.values.reduce(0) { $0 + $1.tces } }

    /// Calls of all kinds: those that were made, and TCE hcalls known by opcode only.
    public var calls: UInt64 { allHcalls.values.reduce(0) { $0 + $1.calls } }

    /// The same by name. Of what is known by opcode only the calls and errors count.
    public var allHcalls: [String: ReplayStatistics.Calls] {
        var all = hcalls
        for kind in TraceEvent.Hcall.Kind.allCases {
            guard let calls = observed[kind.hcallName] else { continue }
            all[kind.hcallName, default: .init(cycles: 0)] += .init(calls: calls.calls, errors: calls.errors)
        }
        return all
    }

    /// Calls known by opcode only, TCE hcalls and others.
    public var observedCalls: UInt64 { observed.values.reduce(0) { $0 + $1.calls } }
}
