// SPDX-License-Identifier: Apache-2.0

/// A part of a guest's life, for which calls are counted apart.
public enum GuestPhase: String, Hashable, Sendable, CaseIterable, Codable, CodingKeyRepresentable {
    /// What a secure guest shares before it has devices.
    case secure
    /// The kernel clears the tables that firmware left.
    case clear
    /// Windows are made and filled.
    case populate
    /// Memory comes, devices go.
    case hotplug
    /// Drivers work.
    case run
}

/// What a guest's kernel asked of its platform in one phase.
public struct GuestCalls: Hashable, Sendable {
    public struct Hcalls: Hashable, Sendable, Codable {
        public var calls: UInt64 = 0
        /// TCEs that the calls named.
        public var tces: UInt64 = 0
        /// Calls whose status was not H_SUCCESS.
        public var errors: UInt64 = 0
        /// Guest cycles that they took.
        public var cycles: UInt64 = 0

        static func += (sum: inout Hcalls, more: Hcalls) {
            sum.calls += more.calls
            sum.tces += more.tces
            sum.errors += more.errors
            sum.cycles += more.cycles
        }
    }

    /// By LIOBN and the hcall's name.
    public var hcalls: [LIOBN: [String: Hcalls]] = [:]
    /// RTAS calls by name.
    public var rtas: [String: UInt64] = [:]
    /// Ultracalls by name, and the frames that they named.
    public var ultracalls: [String: UInt64] = [:]
    public var sharedFrames: UInt64 = 0
    /// Guest cycles: calls, and the kernel's own work.
    public var cycles: UInt64 = 0

    public init() {}

    /// Calls and TCEs of an hcall over all tables.
    public func hcall(_ name: String) -> Hcalls {
        hcalls.values.reduce(into: Hcalls()) { sum, kinds in
            guard let one = kinds[name] else { return }
            sum += one
        }
    }

    mutating func add(_ one: Hcalls, _ name: String, _ liobn: LIOBN, cycles more: UInt64) {
        var one = one
        one.cycles = more
        hcalls[liobn, default: [:]][name, default: Hcalls()] += one
        cycles += more
    }

    public static func += (sum: inout GuestCalls, more: GuestCalls) {
        for (liobn, kinds) in more.hcalls {
            for (name, one) in kinds {
                sum.hcalls[liobn, default: [:]][name, default: Hcalls()] += one
            }
        }
        sum.rtas.merge(more.rtas, uniquingKeysWith: +)
        sum.ultracalls.merge(more.ultracalls, uniquingKeysWith: +)
        sum.sharedFrames += more.sharedFrames
        sum.cycles += more.cycles
    }

    /// What was added since.
    static func - (now: GuestCalls, before: GuestCalls) -> GuestCalls {
        var difference = now
        for (liobn, kinds) in before.hcalls {
            for (name, one) in kinds {
                difference.hcalls[liobn]?[name]?.calls -= one.calls
                difference.hcalls[liobn]?[name]?.tces -= one.tces
                difference.hcalls[liobn]?[name]?.errors -= one.errors
                difference.hcalls[liobn]?[name]?.cycles -= one.cycles
            }
        }
        difference.rtas.merge(before.rtas, uniquingKeysWith: -)
        difference.ultracalls.merge(before.ultracalls, uniquingKeysWith: -)
        difference.sharedFrames -= before.sharedFrames
        difference.cycles -= before.cycles
        return difference
    }
}
