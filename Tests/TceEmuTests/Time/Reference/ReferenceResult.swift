// SPDX-License-Identifier: Apache-2.0

/// What the reference says of a trace.
struct ReferenceResult: Hashable, Sendable {
    struct Transaction: Hashable, Sendable {
        /// Number of the event in the trace.
        var place: Int
        var start: UInt64 = 0
        var done: UInt64 = 0
        /// The key of the functional fault ("no_read"), or nil.
        var fault: String?
        /// TLPs that it was cut into, and those of them that were granted the link.
        var tlps = 0
        var grantedTLPs = 0
        /// start - stamp; 0 with saturate.
        var waited: UInt64 = 0
        var isOvertaken = false
    }

    struct Call: Hashable, Sendable {
        /// Number of the event in the trace.
        var place: Int
        var start: UInt64 = 0
        var end: UInt64 = 0
        var cost: UInt64 = 0
    }

    /// In the trace's order.
    var transactions: [Transaction] = []
    var calls: [Call] = []

    /// Lookups in the TCE cache: each is a hit, a join, a queued join or a miss.
    var lookups = 0
    var hits = 0
    var joins = 0
    var queuedJoins = 0
    var misses = 0
    var fills = 0
    var evictions = 0
    /// Lines that kills took out of the cache.
    var kills = 0
    /// TLPs that were dropped, those of a frozen PE included.
    var dropped = 0

    /// How often each rule of the page made a difference.
    private(set) var counts = ReferenceCounts()

    mutating func fired(_ rule: ReferenceRule, _ times: Int = 1) {
        if times > 0 { counts.add(rule, times) }
    }

    var waitCycles: UInt64 { transactions.reduce(0) { $0 + $1.waited } }
    var overtaken: Int { transactions.count(where: \.isOvertaken) }
}

/// A fault, by the core's key of it.
enum ReferenceFault: String, Hashable, Sendable {
    case noWindow = "no_window"
    case outsideWindow = "outside_window"
    case noRead = "no_read"
    case noWrite = "no_write"
    case notMemory = "not_memory"
    case frozen = "pe_frozen"
}
