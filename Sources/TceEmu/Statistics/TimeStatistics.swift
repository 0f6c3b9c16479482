// SPDX-License-Identifier: Apache-2.0

/// What a replay with time computed. All cycles are those of the guest's processor.
///
/// Where a member is a map of names to numbers, the names are the core's counters; `TimeCounter` has the unit and the
/// meaning of each.
public struct TimeStatistics: Codable, Hashable, Sendable {
    /// The TCE caches of all PHBs.
    public struct TCECache: Codable, Hashable, Sendable {
        public var lookups: UInt64 = 0
        /// Of these; hits + misses + joined = lookups.
        public var hits: UInt64 = 0
        /// Look-ups that began a fetch, and look-ups that joined one under way.
        public var misses: UInt64 = 0
        public var joined: UInt64 = 0
        /// Lines that calls and windows took out.
        public var invalidations: UInt64 = 0
    }

    /// A distribution of latencies. Of none every number is 0.
    public struct Latency: Codable, Hashable, Sendable {
        public var count: UInt64 = 0
        public var min: UInt64 = 0
        public var mean: Double = 0
        /// As HdrHistogram's valueAtPercentile with two significant digits: less than 1 % too high.
        public var p50: UInt64 = 0
        public var p90: UInt64 = 0
        public var p99: UInt64 = 0
        public var p999: UInt64 = 0
        public var max: UInt64 = 0

        public init() {}

        public init(_ histogram: LatencyHistogram) {
            count = histogram.count
            min = histogram.least
            mean = histogram.mean ?? 0
            p50 = histogram.value(atPercentile: 50) ?? 0
            p90 = histogram.value(atPercentile: 90) ?? 0
            p99 = histogram.value(atPercentile: 99) ?? 0
            p999 = histogram.value(atPercentile: 99.9) ?? 0
            max = histogram.most
        }
    }

    public struct Time: Codable, Hashable, Sendable {
        /// From the first event's time stamp to the end of the last call or transaction.
        public var cycles: UInt64 = 0
        public var clockMHz: UInt64 = 0
        /// What the guest spent in TCE hcalls: the sum of `cycles` over `hcalls`.
        public var guestHcallCycles: UInt64 = 0
        /// The same of RTAS calls and of ultracalls.
        public var guestRTASCycles: UInt64 = 0
        public var guestUltracallCycles: UInt64 = 0
        /// "trace" or "saturate".
        public var arrival = ""
        /// Transactions whose length or direction is assumed, because nothing recorded it.
        public var assumedTransactions: UInt64 = 0

        enum CodingKeys: String, CodingKey {
            case cycles, arrival
            case clockMHz = "clock_mhz"
            case guestHcallCycles = "guest_hcall_cycles"
            case guestRTASCycles = "guest_rtas_cycles"
            case guestUltracallCycles = "guest_ultracall_cycles"
            case assumedTransactions = "assumed_transactions"
        }
    }

    /// Calls of one kind.
    public struct Calls: Codable, Hashable, Sendable {
        public var calls: UInt64 = 0
        public var cycles: UInt64 = 0
        /// From time stamp to start: the vCPU was in another call.
        public var waitCycles: UInt64 = 0
        /// Calls that went to user space.
        public var exits: UInt64 = 0
        /// What the cycles are made of, before each call's cost is rounded; the parts that are not 0.
        public var parts: [String: Double] = [:]

        enum CodingKeys: String, CodingKey {
            case calls, cycles, exits, parts
            case waitCycles = "wait_cycles"
        }
    }

    /// Where TLPs spend their cycles, in the order of their path. The sum over all is that of the TLPs' lives.
    public struct Stage: Codable, Hashable, Sendable {
        public var stage = ""
        /// Summed over all TLPs.
        public var cycles: UInt64 = 0
        /// Spent waiting for others, not at work.
        public var waits = false
        public var text = ""
    }

    /// A PHB's links, look-up port, cache, fetch slots and tags.
    public struct PHB: Codable, Hashable, Sendable {
        /// Its BUID, in hexadecimal.
        public var buid = ""
        public var counters: [String: UInt64] = [:]
    }

    /// Who makes transactions: what the recording names.
    public struct Requester: Codable, Hashable, Sendable {
        /// "LIOBN 0x80000000", "00:03.0 of PHB 0x800000020000000", "PHB 0x800000020000000", "all others".
        public var name = ""
        public var transactions: UInt64 = 0
        /// That its transactions asked for, also those with a fault, as far as their length is known.
        public var bytes: UInt64 = 0
        public var tlps: UInt64 = 0
        public var faults: UInt64 = 0
        /// From time stamp to start: a TCE that it uses was not written yet, or too many events were under way.
        public var waitCycles: UInt64 = 0
        public var overtaken: UInt64 = 0
        public var latency = Latency()

        enum CodingKeys: String, CodingKey {
            case name, transactions, bytes, tlps, faults, overtaken
            case waitCycles = "wait_cycles"
            case latency = "latency_cycles"
        }
    }

    /// Transactions of one requester, direction and outcome.
    public struct Group: Codable, Hashable, Sendable {
        public var requester = ""
        /// "read", "write", or "unknown": length or direction is assumed.
        public var direction = ""
        /// "ok", or the first fault.
        public var outcome = ""
        public var transactions: UInt64 = 0
        public var bytes: UInt64 = 0
        public var tlps: UInt64 = 0
        public var waitCycles: UInt64 = 0
        public var overtaken: UInt64 = 0
        public var latency = Latency()

        enum CodingKeys: String, CodingKey {
            case requester, direction, outcome, transactions, bytes, tlps, overtaken
            case waitCycles = "wait_cycles"
            case latency = "latency_cycles"
        }
    }

    /// A stretch of time in which something ended. Stretches in which nothing did are left out.
    public struct Interval: Codable, Hashable, Sendable {
        public var firstCycle: UInt64 = 0
        /// The same in nanoseconds.
        public var startNanoseconds: UInt64 = 0
        public var cycles: UInt64 = 0
        /// Transactions done in it, their bytes, and of these transactions those with a fault.
        public var transactions: UInt64 = 0
        public var bytes: UInt64 = 0
        public var faults: UInt64 = 0
        /// The sum of these transactions' latencies.
        public var latencyCycles: UInt64 = 0
        /// Calls that ended in it, and their cycles.
        public var calls: UInt64 = 0
        public var callCycles: UInt64 = 0

        enum CodingKeys: String, CodingKey {
            case cycles, transactions, bytes, faults, calls
            case firstCycle = "first_cycle"
            case startNanoseconds = "start_ns"
            case latencyCycles = "latency_sum_cycles"
            case callCycles = "call_cycles"
        }
    }

    /// Hcalls of which only the opcode is known: not carried out, and timed by who recorded them.
    public struct ObservedHcall: Codable, Hashable, Sendable {
        public var opcode = ""
        public var calls: UInt64 = 0
        public var errors: UInt64 = 0
        /// Calls whose duration was recorded, and the sum of these durations.
        public var recorded: UInt64 = 0
        public var recordedNanoseconds: UInt64 = 0
        /// What a call of one TCE costs by the profile, without exit, first touch and pass-through; of TCE hcalls.
        public var modelCyclesPerCall: UInt64?

        enum CodingKeys: String, CodingKey {
            case opcode, calls, errors, recorded
            case recordedNanoseconds = "recorded_ns"
            case modelCyclesPerCall = "model_cycles_per_call"
        }
    }

    public var tceCache = TCECache()
    public var latency = Latency()
    public var time = Time()
    /// Of all PHBs and calls.
    public var counters: [String: UInt64] = [:]
    /// By the hcall's name, or "RTAS calls", "ultracalls"; the kinds that occurred.
    public var calls: [String: Calls] = [:]
    public var stages: [Stage] = []
    public var phbs: [PHB] = []
    /// Latencies by direction ("read", "write", "unknown") and by outcome ("ok", "no_read").
    public var latencyByDirection: [String: Latency] = [:]
    public var latencyByOutcome: [String: Latency] = [:]
    public var requesters: [Requester] = []
    public var groups: [Group] = []
    /// In their order; nil where they were not asked for.
    public var intervals: [Interval]?
    /// By the hcall's name, or the opcode.
    public var observedHcalls: [String: ObservedHcall] = [:]
    public var profile = TimingProfile()

    public init() {}

    enum CodingKeys: String, CodingKey {
        case time, counters, calls, stages, phbs, requesters, groups, intervals, profile
        case tceCache = "tce_cache"
        case latency = "latency_cycles"
        case latencyByDirection = "latency_cycles_by_direction"
        case latencyByOutcome = "latency_cycles_by_outcome"
        case observedHcalls = "observed_hcalls"
    }
}
