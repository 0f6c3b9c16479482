// SPDX-License-Identifier: Apache-2.0

/// What multi-TCE hypercalls buy a trace's guest, for a person or a program.
///
/// As JSON its keys are stable; more may be added beside them.
public struct MultiTCEReport: Hashable, Sendable {
    let comparison: MultiTCEComparison

    public init(_ comparison: MultiTCEComparison) {
        self.comparison = comparison
    }
}

// MARK: - JSON

extension MultiTCEReport: Encodable {
    private enum Keys: String, CodingKey {
        case layer, platform, profile, arrival, events, complete, observed, recorded, single, joined, curve, crossover,
            secure, guest
        case clockMHz = "clock_mhz"
        case lostChunks = "lost_chunks"
        case lostEvents = "lost_events"
        case joinedIsUpperBound = "joined_is_upper_bound"
        case stuffCrossover = "stuff_crossover"
    }

    public func encode(to encoder: any Encoder) throws {
        var keys = encoder.container(keyedBy: Keys.self)
        let isGuest = comparison.isOfGuestLayer
        try keys.encode(isGuest ? "guest" : "platform", forKey: .layer)
        try keys.encode(comparison.platform.description, forKey: .platform)
        try keys.encode(comparison.profile.name, forKey: .profile)
        try keys.encode(comparison.profile.clockMHz, forKey: .clockMHz)
        try keys.encode(comparison.arrival.rawValue, forKey: .arrival)
        try keys.encode(comparison.statistics(.recorded).events, forKey: .events)
        try keys.encode(comparison.complete, forKey: .complete)
        try keys.encode(comparison.loss.chunks, forKey: .lostChunks)
        try keys.encode(comparison.loss.events, forKey: .lostEvents)
        try keys.encode(!isGuest, forKey: .joinedIsUpperBound)
        try keys.encode(comparison.statistics(.recorded).observedCalls, forKey: .observed)
        let recorded = comparison.statistics(.recorded).guestHcallCycles
        for (form, key) in [(CallForm.recorded, Keys.recorded), (.single, .single), (.joined, .joined)] {
            try keys.encode(
                Form(
                    comparison.statistics(form), recordedCycles: recorded,
                    isBehind: comparison.isOfGuestLayer && form != .recorded ? nil : comparison.isBehindStamps(form)),
                forKey: key)
        }
        try keys.encode(comparison.curve.points.map(Point.init), forKey: .curve)
        // A key that is always there, null where lists never pay.
        try keys.encode(comparison.curve.crossover, forKey: .crossover)
        try keys.encode(comparison.curve.stuffCrossover, forKey: .stuffCrossover)
        try keys.encode(Secure(comparison.secure), forKey: .secure)
        try keys.encodeIfPresent(comparison.guest.map { Guest($0, comparison.lifted) }, forKey: .guest)
    }

    /// Counts of one form, or of one phase of it.
    private struct Form: Encodable {
        var statistics: FormStatistics
        var recordedCycles: UInt64
        /// Nil: the calls have no stamps.
        var isBehind: Bool?

        init(_ statistics: FormStatistics, recordedCycles: UInt64, isBehind: Bool? = nil) {
            self.statistics = statistics
            self.recordedCycles = recordedCycles
            self.isBehind = isBehind
        }

        enum Keys: String, CodingKey {
            case hcalls, calls, tces, overtaken, faults, phases
            case observed = "observed_hcalls"
            case waitCycles = "wait_cycles"
            case callWaitCycles = "call_wait_cycles"
            case isBehind = "behind_stamps"
            case guestHcallCycles = "guest_hcall_cycles"
            case ofRecorded = "cycles_of_recorded"
            case totalCycles = "total_cycles"
        }

        func encode(to encoder: any Encoder) throws {
            var keys = encoder.container(keyedBy: Keys.self)
            try keys.encode(statistics.allHcalls, forKey: .hcalls)
            if !statistics.observed.isEmpty {
                try keys.encode(statistics.observed.mapValues(Observed.init), forKey: .observed)
            }
            try keys.encode(statistics.calls, forKey: .calls)
            try keys.encode(statistics.tces, forKey: .tces)
            try keys.encode(statistics.guestHcallCycles, forKey: .guestHcallCycles)
            if recordedCycles > 0 {
                try keys.encode(Double(statistics.guestHcallCycles) / Double(recordedCycles), forKey: .ofRecorded)
            }
            try keys.encode(statistics.waitCycles, forKey: .waitCycles)
            if let isBehind {
                try keys.encode(statistics.callWaitCycles, forKey: .callWaitCycles)
                try keys.encode(isBehind, forKey: .isBehind)
            }
            try keys.encode(statistics.overtaken, forKey: .overtaken)
            try keys.encode(statistics.faults, forKey: .faults)
            try keys.encodeIfPresent(statistics.totalCycles, forKey: .totalCycles)
            try keys.encode(statistics.phases.mapValues(Phase.init), forKey: .phases)
        }
    }

    /// What is known of calls of which the opcode alone is.
    private struct Observed: Encodable {
        var calls, errors: UInt64

        init(_ calls: TimeStatistics.ObservedHcall) {
            self.calls = calls.calls
            errors = calls.errors
        }
    }

    private struct Phase: Encodable {
        var hcalls: [String: ReplayStatistics.Calls]
        var guestHcallCycles: UInt64

        init(_ hcalls: [String: ReplayStatistics.Calls]) {
            self.hcalls = hcalls
            guestHcallCycles = hcalls.cycles
        }

        enum CodingKeys: String, CodingKey {
            case hcalls
            case guestHcallCycles = "guest_hcall_cycles"
        }
    }

    private struct Point: Encodable {
        var n: Int
        var list, single, stuff, singleClear: UInt64

        init(_ point: MultiTCECurve.Point) {
            n = point.n
            list = point.list
            single = point.single
            stuff = point.stuff
            singleClear = point.singleClear
        }

        enum CodingKeys: String, CodingKey {
            case n
            case list = "list_cycles"
            case single = "single_cycles"
            case stuff = "stuff_cycles"
            case singleClear = "single_clear_cycles"
        }
    }

    private struct Secure: Encodable {
        struct Point: Encodable {
            var n: Int
            var life, call, split, unshared: UInt64
            var unsharedStatus: String

            enum CodingKeys: String, CodingKey {
                case n
                case life = "life_cycles"
                case call = "call_cycles"
                case split = "split_cycles"
                case unshared = "unshared_cycles"
                case unsharedStatus = "unshared_status"
            }
        }

        var curve: [Point]
        var share: UInt64
        var lifeCrossover, callCrossover: Int?

        init(_ secure: ListSharingCurve) {
            curve = secure.points.map {
                Point(
                    n: $0.n, life: $0.life, call: $0.call, split: $0.split, unshared: $0.unshared,
                    unsharedStatus: $0.unsharedStatus.description)
            }
            share = secure.share
            lifeCrossover = secure.lifeCrossover
            callCrossover = secure.callCrossover
        }

        enum CodingKeys: String, CodingKey {
            case curve
            case share = "share_cycles"
            case lifeCrossover = "life_crossover"
            case callCrossover = "call_crossover"
        }

        func encode(to encoder: any Encoder) throws {
            var keys = encoder.container(keyedBy: CodingKeys.self)
            try keys.encode(curve, forKey: .curve)
            try keys.encode(share, forKey: .share)
            try keys.encode(lifeCrossover, forKey: .lifeCrossover)
            try keys.encode(callCrossover, forKey: .callCrossover)
        }
    }

    private struct Guest: Encodable {
        struct Setting: Encodable {
            var form: Form
            var ultracalls: [String: UInt64]
            var otherCycles: UInt64

            enum Keys: String, CodingKey {
                case ultracalls
                case otherCycles = "other_cycles"
            }

            func encode(to encoder: any Encoder) throws {
                try form.encode(to: encoder)
                var keys = encoder.container(keyedBy: Keys.self)
                try keys.encode(ultracalls, forKey: .ultracalls)
                try keys.encode(otherCycles, forKey: .otherCycles)
            }
        }

        var policy: String
        var kernel: String
        var maps: UInt64
        var unmaps: UInt64
        var mapsFrom: String
        var settings: [String: Setting]

        enum CodingKeys: String, CodingKey {
            case policy, kernel, maps, unmaps, settings
            case mapsFrom = "maps_from"
        }

        init(_ guest: GuestComparison, _ lifted: LiftedMaps) {
            mapsFrom = lifted.areSingleCalls ? "single_calls" : lifted.areRows ? "rows_of_calls" : "trace"
            policy = guest.configuration.policy.name
            kernel = guest.configuration.level.description
            maps = guest.results[guest.joined]?.maps ?? 0
            unmaps = guest.results[guest.joined]?.unmaps ?? 0
            let joined = guest.statistics(guest.joined).guestHcallCycles
            settings = Dictionary(
                uniqueKeysWithValues: guest.settings.map { setting in
                    let others = guest.others(setting)
                    return (
                        setting.rawValue,
                        Setting(
                            form: Form(guest.statistics(setting), recordedCycles: joined),
                            ultracalls: others.ultracalls, otherCycles: others.cycles)
                    )
                })
        }
    }
}

extension [String: ReplayStatistics.Calls] {
    /// Guest cycles of all of them.
    var cycles: UInt64 { values.reduce(0) { $0 + ($1.cycles ?? 0) } }
}
