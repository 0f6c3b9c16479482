// SPDX-License-Identifier: Apache-2.0
import TceEmu

/// Everything that the time model's page names as a parameter, for the cycle-stepped reference.
///
/// Latencies are in cycles; `cycles(nanoseconds:)` makes them of nanoseconds. Costs are in millionths of a cycle.
struct ReferenceConfiguration: Hashable, Sendable {
    enum Arrival: String, Hashable, Sendable { case trace, saturate }
    enum ExitToUser: String, Hashable, Sendable { case never, always, kvm }
    enum KillScope: String, Hashable, Sendable { case page, pe }

    /// One cycle, in the unit of costs.
    static let cycle: UInt64 = 1_000_000

    // The machine and the trace.
    /// Nil: not known, and then every address is memory.
    var memoryBytes: UInt64?
    var eeh = false
    var hasMultiTCE = true
    var unitNanoseconds: UInt64 = 1
    var arrival = Arrival.trace
    var clockMHz: UInt64 = 3_800

    // Costs, in millionths of a cycle.
    var hcallEntry = 4_700 * cycle
    var hcallReflection = 4_000 * cycle
    var hcallExit = 12_000 * cycle
    var hcallGet = 300 * cycle
    var hcallPut = 300 * cycle
    var hcallStuff: UInt64 = 0
    var hcallStuffEntry = 12 * cycle
    var hcallList: UInt64 = 0
    var hcallListEntry = 80 * cycle
    var hcallFirstTouch: UInt64 = 0
    var passthroughEntry = 250 * cycle
    var killIssue = 120 * cycle
    var killCompletion = 1_520 * cycle
    var rtasDDW = 76_000 * cycle
    var uvCall = 1_500 * cycle
    var uvShare = 45_000 * cycle
    var uvUnshare = 45_000 * cycle
    var uvPageOut = 75_000 * cycle
    var uvPageIn = 75_000 * cycle
    /// For each byte that a virtual device moves.
    var vioCopy: UInt64 = 400_000

    // What is paid when.
    var exitToUser = ExitToUser.kvm
    var isPassthrough = false
    var killScope = KillScope.page

    // The link.
    var maxPayload: UInt64 = 256
    var maxReadRequest: UInt64 = 512
    var tagsPerDevice = 256
    /// MB/s.
    var pcieRate: UInt64 = 7_877
    /// Hundredths of a per cent.
    var dllpShare: UInt64 = 800
    var writeOverhead: UInt64 = 24
    var readOverhead: UInt64 = 24
    var completionOverhead: UInt64 = 20
    /// Cycles.
    var pcieLatency: UInt64 = 1_330

    // The lookup, in cycles.
    var tveCycles: UInt64 = 0
    var lookupInterval: UInt64 = 1
    var hitCycles: UInt64 = 8
    var memoryLatency: UInt64 = 684
    var walkLevels: UInt64 = 1

    // The TCE cache.
    var fetchSlots = 64
    var cacheEntries: UInt64 = 256
    var cacheWays: UInt64 = 8
    var tcesPerLine: UInt64 = 1

    /// Events of the trace that are under way at once. [window]
    var eventsUnderWay = 65_536

    // Accesses of which little is known.
    var assumedBytes: UInt64 = 64
    var assumedIsWrite = false

    /// [unit] A parameter in nanoseconds, in cycles of this clock: the nearest, half up.
    func cycles(nanoseconds: UInt64) -> UInt64 {
        (nanoseconds * clockMHz + 500) / 1_000
    }

    /// [unit] A time stamp in cycles since the trace's first event.
    func stamp(_ time: UInt64, first: UInt64) -> UInt64 {
        time < first ? 0 : (time - first) * unitNanoseconds * clockMHz / 1_000
    }

    /// [link] How long a link needs for a byte, in 1/65536 cycle.
    var linkByte: UInt64 {
        let d = pcieRate * (10_000 - dllpShare)
        return (65_536 * clockMHz * 10_000 + d / 2) / d
    }

    /// [lookup] Sets of the TCE cache.
    var cacheSets: UInt64 { cacheEntries / (cacheWays * tcesPerLine) }

    /// [miss] How long a fetch takes.
    var fetchCycles: UInt64 { max(1, walkLevels * memoryLatency) }

    /// [round] Millionths of a cycle to cycles, half up.
    static func rounded(_ cost: UInt64) -> UInt64 { (cost + cycle / 2) / cycle }

    func isMemory(_ address: UInt64) -> Bool {
        guard let memoryBytes else { return true }
        return address < memoryBytes
    }
}
