// SPDX-License-Identifier: Apache-2.0

/// The calls of the DMA API that a trace has, given to a guest once for each way to use multi-TCE: what it would have
/// asked its platform for, exactly.
public struct GuestComparison: Hashable, Sendable {
    public let configuration: GuestConfiguration
    /// The ways, in the order in which they are shown.
    public let settings: [MultiTCE]
    public private(set) var results: [MultiTCE: GuestReplayResult] = [:]

    /// Without lists and runs, and with as many as the guest makes. From 5.6 on, and with the policy of that kernel, a
    /// secure guest makes no lists.
    public var single: MultiTCE { .off }
    public var joined: MultiTCE { !configuration.isSecure ? .on : Self.splits(configuration) ? .split : .life }

    private static func splits(_ configuration: GuestConfiguration) -> Bool {
        configuration.level.splitsMultiTCE || configuration.policy.multiTCE == .split
    }

    init(
        _ configuration: GuestConfiguration, _ profile: TimingProfile,
        replay: (MultiTCE, inout GuestReplay) throws -> Void
    ) throws {
        self.configuration = configuration
        settings =
            !configuration.isSecure
            ? [.on, .split, .off]
            : Self.splits(configuration)
                ? [.split, .off, .life, .call, .unshared] : [.life, .call, .unshared, .split, .off]
        for setting in settings {
            var guest = configuration
            guest.multiTCE = setting
            var one = try GuestReplay(guest, profile: profile)
            try replay(setting, &one)
            results[setting] = one.snapshot()
        }
    }

    /// The TCE hcalls that a guest made, by name and by phase.
    public func statistics(_ setting: MultiTCE) -> FormStatistics {
        var statistics = FormStatistics()
        guard let result = results[setting] else { return statistics }
        for (phase, calls) in result.calls {
            for (name, one) in calls.hcalls.values.flatMap({ $0 }) {
                let calls = ReplayStatistics.Calls(
                    calls: one.calls, tces: one.tces, errors: one.errors, cycles: one.cycles)
                statistics.hcalls[name, default: .init(cycles: 0)] += calls
                statistics.phases[phase.ofCalls, default: [:]][name, default: .init(cycles: 0)] += calls
                statistics.guestHcallCycles += one.cycles
            }
        }
        return statistics
    }

    /// Ultracalls by name, and the cycles of all that are no TCE hcalls: them, RTAS calls, the kernel's own work.
    public func others(_ setting: MultiTCE) -> (ultracalls: [String: UInt64], cycles: UInt64) {
        guard let result = results[setting] else { return ([:], 0) }
        return (
            result.calls.values.reduce(into: [:]) { $0.merge($1.ultracalls, uniquingKeysWith: +) },
            result.cycles - statistics(setting).guestHcallCycles
        )
    }
}

extension GuestPhase {
    /// The phase in which a trace's calls would be.
    fileprivate var ofCalls: CallPhase {
        switch self {
        case .secure, .hotplug, .run: .runTime
        case .clear: .bootClear
        case .populate: .population
        }
    }
}
