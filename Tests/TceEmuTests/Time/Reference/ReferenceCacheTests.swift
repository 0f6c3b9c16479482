// SPDX-License-Identifier: Apache-2.0
import TceEmu
import Testing

/// TCE cache, fetch slots and kills, each with cycles worked out by hand.
///
/// A write of 64 bytes is at its lookup 22 cycles after it is granted the link. Memory takes 100 cycles, a fetch too: a
/// hit is done 100 cycles after the lookup, a miss 200.
@Suite("Time reference: TCE cache and kills")
struct ReferenceCacheTests {
    private func trace(mapped pages: Int = 8, slots: Int = 64, ways: UInt64 = 8, entries: UInt64 = 256)
        -> ReferenceTrace
    {
        var trace = ReferenceTrace(mapped: pages)
        trace.configuration.memoryLatency = 100
        trace.configuration.fetchSlots = slots
        trace.configuration.cacheWays = ways
        trace.configuration.cacheEntries = entries
        return trace
    }

    @Test("[hit] [miss] A hit takes its cycles, a miss its levels", arguments: [(0, 1), (8, 1), (8, 3)])
    func hit(cycles: UInt64, levels: UInt64) {
        var trace = trace()
        trace.configuration.hitCycles = cycles
        trace.configuration.walkLevels = levels
        trace.write(1_000, 0)
        trace.write(2_000, 0)
        #expect(trace.dones == [1_122 + 100 * levels, 2_122 + cycles])
    }

    @Test("[miss] A fetch takes one cycle at least")
    func oneCycle() {
        var trace = trace()
        trace.configuration.walkLevels = 0
        trace.write(1_000, 0)
        #expect(trace.dones == [1_123])
    }

    /// The fetch lasts from 1,022 to 1,122. A lookup at 1,121 joins it, one at 1,122 hits; both are translated at
    /// 1,122.
    @Test("[join] Until the cycle before the fetch ends", arguments: [(1_099, 1, 0), (1_100, 0, 1)])
    func join(stamp: UInt64, joins: Int, hits: Int) {
        var trace = trace()
        trace.write(1_000, 0)
        trace.write(stamp, 0)
        let result = trace.run()
        #expect(result.transactions.map(\.done) == [1_222, 1_222])
        #expect(result.joins == joins && result.hits == hits && result.misses == 1 && result.lookups == 2)
    }

    /// Lookups 1,022, 1,044, 1,066, 1,088. With one slot the second fetch begins at 1,123, the cycle after the first
    /// one's end, the third at 1,224. With two, the third begins at 1,123. All writes are in order.
    @Test(
        "[slot-wait] [join-queued] Slots and one more",
        arguments: [(1, [1_222, 1_323, 1_424, 1_424]), (2, [1_222, 1_244, 1_323, 1_323])] as [(Int, [UInt64])])
    func slots(slots: Int, dones: [UInt64]) {
        var trace = trace(slots: slots)
        for page: UInt64 in [0, 1, 2, 2] { trace.write(1_000, page << 12) }
        let result = trace.run()
        #expect(result.transactions.map(\.done) == dones)
        #expect(result.queuedJoins == 1 && result.joins == 0 && result.misses == 3)
    }

    @Test("[slot-wait] Exactly as many as there are slots wait for nothing")
    func slotsEnough() {
        var trace = trace(slots: 3)
        for page: UInt64 in [0, 1, 2, 2] { trace.write(1_000, page << 12) }
        let result = trace.run()
        #expect(result.transactions.map(\.done) == [1_222, 1_244, 1_266, 1_266])
        #expect(result.joins == 1 && result.queuedJoins == 0 && result.counts[.slotWait] == 0)
    }

    @Test("[lookup] A line full, and one more")
    func line() {
        var trace = trace()
        trace.configuration.tcesPerLine = 4
        for (index, page) in [0, 3, 4, 7, 8].enumerated() { trace.write(1_000 * UInt64(index + 1), UInt64(page) << 12) }
        let result = trace.run()
        #expect(result.misses == 3 && result.hits == 2)
    }

    /// Misses 0, 1; hits 0, so that 1 is the least recently used: 2 evicts 1, then 1 evicts 2.
    @Test("[evict] Ways and one more: the least recently used by lookup goes")
    func evict() {
        var trace = trace(ways: 2, entries: 2)
        for (index, page) in [0, 1, 0, 2, 0, 1, 0].enumerated() {
            trace.write(1_000 * UInt64(index + 1), UInt64(page) << 12)
        }
        let result = trace.run()
        #expect(result.hits == 3 && result.misses == 4 && result.evictions == 2)
        #expect(result.counts[.evictUsed] == 2)
    }

    /// Sets 0 and 1: pages 0, 2, 4 lie in one, 1 in the other.
    @Test("[lookup] A set is the line's number modulo the sets")
    func sets() {
        var trace = trace(ways: 2, entries: 4)
        for (index, page) in [0, 2, 1, 4, 0, 1].enumerated() {
            trace.write(1_000 * UInt64(index + 1), UInt64(page) << 12)
        }
        let result = trace.run()
        #expect(result.hits == 1 && result.misses == 5 && result.evictions == 2)
    }

    // MARK: Kills. A call of 1 cycle stores another value in the TCE of page 0.

    private func remap(_ trace: inout ReferenceTrace, end: UInt64, page: UInt64 = 0) {
        trace.put(end - 1, page: page, 0x9003, cpu: 5)
    }

    @Test(
        "[kill] The lookup in the cycle of the call's end misses, one before it hits",
        arguments: [(1_022, 200), (1_023, 100)])
    func kill(end: UInt64, more: UInt64) {
        var trace = trace()
        trace.write(500, 0)
        trace.write(1_000, 0)
        remap(&trace, end: end)
        let result = trace.run()
        #expect(result.transactions[1].done == 1_022 + more)
        #expect(result.kills == 1)
    }

    @Test("[kill] A TCE that keeps its value is not killed; another one's line is left alone")
    func noKill() {
        var trace = trace()
        trace.write(500, 0)
        trace.put(600, page: 0)
        remap(&trace, end: 700, page: 1)
        trace.write(1_000, 0)
        #expect(trace.dones[1] == 1_122)
        // In one line with page 1 it is killed with it.
        trace.configuration.tcesPerLine = 2
        #expect(trace.dones[1] == 1_222)
    }

    @Test("[kill] With pass-through and scope pe, everything of the PE goes")
    func killPE() {
        var trace = trace()
        trace.configuration.isPassthrough = true
        trace.configuration.killScope = .pe
        trace.write(5_000, 0)
        remap(&trace, end: 6_000, page: 1)
        trace.write(10_000, 0)
        #expect(trace.dones[1] == 10_222)
        trace.configuration.killScope = .page
        #expect(trace.dones[1] == 10_122)
    }

    /// The fetch begins at 1,022. Killed at 1,022 it goes on; at 1,023 it fills nothing. The lookup at 1,044 joins it,
    /// or fetches again, until 1,144.
    @Test(
        "[kill-in-flight] In the fetch's cycle, and one later",
        arguments: [(1_022, [1_222, 1_222, 2_122]), (1_023, [1_222, 1_244, 2_122])] as [(UInt64, [UInt64])])
    func inFlight(end: UInt64, dones: [UInt64]) {
        var trace = trace()
        trace.write(1_000, 0)
        trace.write(1_000, 0)
        remap(&trace, end: end)
        trace.write(2_000, 0)
        #expect(trace.dones == dones)
    }

    @Test("[kill-in-flight] What was killed in flight fills nothing", arguments: [(1_022, 2_122), (1_023, 2_222)])
    func fillsNothing(end: UInt64, done: UInt64) {
        var trace = trace()
        trace.write(1_000, 0)
        remap(&trace, end: end)
        trace.write(2_000, 0)
        #expect(trace.dones == [1_222, done])
    }

    /// One slot: page 1 is fetched 1,022...1,122, page 0 waits from 1,044 and is fetched 1,123...1,223.
    @Test(
        "[kill-in-flight] A fetch that waits, or begins in that cycle, is not touched; later it is",
        arguments: [
            (1_100, 2_122), (1_123, 2_122), (1_124, 2_222), (1_223, 2_222), (1_224, 2_222),
        ])
    func queued(end: UInt64, done: UInt64) {
        var trace = trace(slots: 1)
        trace.write(1_000, 0x1000)
        trace.write(1_000, 0)
        remap(&trace, end: end)
        trace.write(2_000, 0)
        #expect(trace.dones == [1_222, 1_323, done])
    }

    @Test("[window-kill] A window made at its stamp", arguments: [(1_022, 1_222), (1_023, 1_122)])
    func windowKill(stamp: UInt64, done: UInt64) {
        for isUnwindow in [false, true] {
            var trace = trace()
            trace.write(500, 0)
            trace.write(1_000, 0)
            let window = TraceEvent.Window(liobn: ReferenceTrace.liobn, tces: 4, buid: ReferenceTrace.buid)
            trace.add(stamp, isUnwindow ? .unwindow(liobn: window.liobn) : .window(window))
            #expect(trace.dones[1] == done)
        }
    }

    /// The call takes 10 cycles.
    @Test("[rtas] [window-kill] A reset at the call's end", arguments: [(1_012, 1_222), (1_013, 1_122)])
    func rtasKill(stamp: UInt64, done: UInt64) {
        var trace = trace()
        trace.configuration.rtasDDW = 10 * ReferenceConfiguration.cycle
        trace.write(500, 0)
        trace.write(1_000, 0)
        trace.add(stamp, .rtas(.init(0x2029, arguments: [0, 0, ReferenceTrace.buid], returns: 1)))
        #expect(trace.dones[1] == done)
    }

    /// Requests of 6 cycles: left 1,006, 1,012, 1,018. The second one's lookup is at 2,006, the third passes it.
    @Test("[bypass] What is not translated passes those that wait for the port")
    func bypass() {
        var trace = trace()
        trace.configuration.lookupInterval = 1_000
        trace.configuration.tveCycles = 3
        let liobn = ReferenceTrace.liobn + 1
        trace.add(0, .window(.init(liobn: liobn, start: 1 << 32, tces: 4, buid: ReferenceTrace.buid, bypass: true)))
        trace.read(1_000, 0)
        trace.read(1_000, 0)
        trace.read(1_000, 1 << 32, liobn: liobn)
        // 1,009 + 100 + 100 = 1,209, 21 more; 2,009 + 100 + 21; 1,021 + 100 + 21, alone on the down link.
        #expect(trace.dones == [1_230, 2_130, 1_142])
    }
}
