// SPDX-License-Identifier: Apache-2.0
import TceEmu
import Testing

/// When calls and transactions start, virtual devices, and accesses of which little is known.
///
/// A write of 64 bytes alone is done 22 cycles after its start where its TCE is in the cache, 23 at its first use.
@Suite("Time reference: starts")
struct ReferenceStartTests {
    private func calls(_ trace: ReferenceTrace) -> [[UInt64]] { trace.run().calls.map { [$0.start, $0.end] } }

    @Test("[vcpu] One call after another; events without a vCPU share one")
    func vcpu() {
        var trace = ReferenceTrace()
        trace.configuration.hcallPut = 5 * ReferenceConfiguration.cycle
        for cpu: UInt16? in [0, 1, nil, 0, nil] { trace.put(100, page: 0, cpu: cpu) }
        trace.put(200, page: 0)
        #expect(calls(trace) == [[100, 105], [100, 105], [100, 105], [105, 110], [105, 110], [200, 205]])
    }

    @Test("[rtas] [ultracall] They take the vCPU too, and one cycle at least")
    func others() {
        var trace = ReferenceTrace()
        trace.configuration.rtasDDW = 7 * ReferenceConfiguration.cycle
        trace.configuration.uvCall = 0
        trace.add(100, .rtas(.init(0, cpu: 0)))
        trace.add(100, .ultracall(.init(0, cpu: 0)))
        trace.add(100, .observed(.init(opcode: 0x20, cpu: 0)))
        trace.put(100, page: 0)
        #expect(calls(trace) == [[100, 107], [107, 108], [108, 109]])
    }

    /// The call ends at 105. What stands before it, or uses another TCE, does not wait.
    @Test("[ready] A transaction waits for the last call before it that wrote its TCEs")
    func ready() {
        var trace = ReferenceTrace(mapped: 2)
        trace.configuration.hcallPut = 5 * ReferenceConfiguration.cycle
        trace.write(100, 0)
        trace.put(100, page: 0)
        trace.write(100, 0, id: 2)
        trace.write(100, 0x1000, id: 3)
        trace.write(100, 0xfff, 2, id: 4)
        trace.write(105, 0, id: 5)
        trace.add(106, .window(.init(liobn: ReferenceTrace.liobn, tces: 4, buid: ReferenceTrace.buid)))
        trace.write(106, 0, id: 6)
        let result = trace.run()
        #expect(result.transactions.map(\.start) == [100, 105, 100, 105, 105, 106])
        #expect(result.transactions.map(\.waited) == [0, 5, 0, 5, 0, 0])
        #expect(result.waitCycles == 10)
    }

    /// 1 issues the one that starts first: 105 is behind 102. Done: 102...124, then 124...146.
    @Test("[issue] In the order of starts, then of the trace")
    func issue() {
        var trace = ReferenceTrace(mapped: 2)
        trace.configuration.hcallPut = 5 * ReferenceConfiguration.cycle
        trace.put(100, page: 0)
        trace.write(100, 0)
        trace.write(102, 0x1000)
        #expect(trace.times == [[105, 147], [102, 125]])
        // Both start at 105: in the trace's order.
        trace = ReferenceTrace(mapped: 2)
        trace.configuration.hcallPut = 5 * ReferenceConfiguration.cycle
        trace.put(100, page: 0)
        trace.write(100, 0)
        trace.write(105, 0x1000)
        #expect(trace.times == [[105, 128], [105, 150]])
    }

    /// The write is done at 123. The call takes one cycle.
    @Test("[overtaken] Not done, or done in the very cycle", arguments: [(123, true), (124, false)])
    func overtaken(end: UInt64, isOvertaken: Bool) {
        var trace = ReferenceTrace(mapped: 1)
        trace.write(100, 0)
        trace.put(end - 1, page: 0, 0, cpu: 5)
        let result = trace.run()
        #expect(result.transactions[0].done == 123 && result.overtaken == (isOvertaken ? 1 : 0))
        // Another value, or another page, clears nothing; nor does a value without permission where there was none.
        for (page, value) in [(0, 0x9003), (1, 0)] as [(UInt64, UInt64)] {
            trace.events.removeLast()
            trace.put(end - 1, page: page, value, cpu: 5)
            #expect(trace.run().overtaken == 0)
        }
    }

    /// With one event under way, each waits for all but the one before it: the calls, of 5 cycles and of a vCPU each,
    /// in pairs. The write is done 23 cycles after its start and over in the next.
    @Test("[window] What stands too far before is waited for", arguments: [true, false])
    func window(isSaturated: Bool) {
        var trace = ReferenceTrace()
        trace.configuration.arrival = isSaturated ? .saturate : .trace
        trace.configuration.eventsUnderWay = 1
        trace.configuration.hcallPut = 5 * ReferenceConfiguration.cycle
        for cpu: UInt16 in 0..<4 { trace.put(100, page: 0, cpu: cpu) }
        trace.write(100, 0x1000)
        trace.add(100, .observed(.init(opcode: 0x20, cpu: 9)))
        for cpu: UInt16 in 4..<6 { trace.put(100, page: 0, cpu: cpu) }
        let result = trace.run()
        let first: UInt64 = isSaturated ? 0 : 100
        #expect(result.transactions.map { [$0.start, $0.done] } == [[first + 10, first + 33]])
        #expect(result.calls.map(\.start) == [0, 0, 5, 5, 34, 34].map { $0 + first })
        #expect(result.waitCycles == (isSaturated ? 0 : 10))
        trace.configuration.eventsUnderWay = 2
        #expect(trace.run().calls.map(\.start) == [0, 0, 0, 5, 10, 29].map { $0 + first })
    }

    @Test("[window] Events of the platform and RTAS calls wait, too")
    func windowOfPlatform() {
        var trace = ReferenceTrace(mapped: 1)
        trace.configuration.eventsUnderWay = 1
        trace.configuration.rtasDDW = 5 * ReferenceConfiguration.cycle
        trace.write(100, 0)
        trace.add(100, .unwindow(liobn: ReferenceTrace.liobn))
        trace.add(101, .unwindow(liobn: ReferenceTrace.liobn))
        trace.add(102, .rtas(.init(0, cpu: 0)))
        trace.write(102, 0)
        // The write is done in 123; what stands two behind it acts in 124, the last but one with it.
        let result = trace.run()
        #expect(result.calls.map(\.start) == [0, 124] && result.transactions.map(\.start) == [100, 124])
    }

    // MARK: [saturate]

    private func saturated(mapped: Int = 0) -> ReferenceTrace {
        var trace = ReferenceTrace(mapped: mapped)
        trace.configuration.arrival = .saturate
        return trace
    }

    /// The call that maps page 0 takes 50 cycles. Page 1's is mapped at 1. The requester starts what it can: page 1 at
    /// 1, 22 cycles; again at 23; page 0 at 50.
    @Test("[saturate] A requester starts the first that is ready, when its last has left the link")
    func saturate() {
        var trace = saturated()
        trace.configuration.hcallPut = 50 * ReferenceConfiguration.cycle
        trace.configuration.hcallListEntry = ReferenceConfiguration.cycle
        trace.put(0, page: 0)
        trace.add(
            0,
            .hcall(
                .init(
                    .putIndirect, cpu: 9, liobn: ReferenceTrace.liobn, ioba: 0x1000, npages: 1, entries: [0x1003])))
        trace.write(9_000, 0)
        trace.write(9_000, 0x1000)
        trace.write(9_000, 0x1000)
        let result = trace.run()
        #expect(result.transactions.map(\.start) == [50, 1, 23])
        #expect(result.transactions.map(\.done) == [73, 24, 45])
        #expect(result.waitCycles == 0 && result.overtaken == 0)
    }

    /// TLPs of 64 bytes from 1 on: turns 23, 45. The first is done at 24. A call that clears its TCE starts at 25, one
    /// that stores another value at 0.
    @Test(
        "[saturate] A call that clears a TCE waits for what uses it",
        arguments: [(0, 25), (0x9003, 0)] as [(UInt64, UInt64)])
    func clears(value: UInt64, start: UInt64) {
        var trace = saturated(mapped: 2)
        trace.write(9_000, 0)
        trace.write(9_000, 0x1000)
        trace.put(9_000, page: 0, value, cpu: 5)
        trace.write(9_000, 0)
        let result = trace.run()
        #expect(result.calls[2].start == start)
        #expect(result.transactions.map(\.start) == [1, 23, 45])
    }

    /// The write is done at 24. The event acts at 25. The RTAS call then takes ten cycles, and all that follows waits.
    @Test("[saturate] Events of the platform and RTAS calls wait for all before them, and all behind for them")
    func barriers() {
        var trace = saturated(mapped: 1)
        trace.configuration.rtasDDW = 10 * ReferenceConfiguration.cycle
        trace.write(9_000, 0)
        trace.add(9_000, .thaw(buid: ReferenceTrace.buid, configAddress: 0))
        trace.write(9_000, 0)
        trace.put(9_000, page: 1, cpu: 5)
        trace.add(9_000, .rtas(.init(0, cpu: 6)))
        trace.write(9_000, 0x1000)
        trace.put(9_000, page: 2, cpu: 5)
        let result = trace.run()
        // 25...47 and a hit; the call behind 47 is at 48...58.
        #expect(result.transactions.map(\.start) == [1, 25, 58])
        #expect(result.calls.map(\.start) == [0, 25, 48, 58])
    }

    /// Three TLPs of the first write, 70 cycles each, one of which faults at 72: the second is on its way until 141.
    @Test("[saturate] After a withdrawal the next one starts at the turn")
    func withdrawal() {
        var trace = saturated(mapped: 1)
        trace.write(0, 0x5000, 768)
        trace.write(0, 0)
        // From 0 on: 0...70, fault at 71, 70...140.
        #expect(trace.run().transactions.map(\.start) == [0, 140])
    }

    // MARK: [vio]

    /// A TCE 100, the memory 100, 64 x 0.4 = 25.6 is 26.
    @Test("[vio] A virtual device does one access after another")
    func vio() {
        var trace = ReferenceTrace()
        trace.configuration.memoryLatency = 100
        let liobn = ReferenceTrace.vio
        trace.add(0, .window(.init(liobn: liobn, tces: 8)))
        for page: UInt64 in 0..<3 { trace.put(0, page: page, liobn: liobn, cpu: UInt16(page)) }
        trace.read(100, 0, liobn: liobn)
        trace.read(100, 0xfff, 2, liobn: liobn)
        trace.read(100, 0, 0, id: 2, liobn: liobn)
        trace.read(1_000, 0x2fff, 2, id: 3, liobn: liobn)
        trace.read(1_000, 0x7fff, 2, id: 4, liobn: liobn)
        trace.read(1_000, 0x8000, 2, id: 5, liobn: liobn)
        trace.read(1_000, 0, liobn: 0x666)
        let result = trace.run()
        // The second: two TCEs, 0.8 bytes' cycles: 326 + 301. Faults: behind two TCEs, behind one, at once, at once.
        #expect(result.transactions.map(\.done) == [326, 627, 300, 1_200, 1_100, 1_000, 1_000])
        #expect(
            result.transactions.map(\.fault) == [nil, nil, nil, "no_read", "no_read", "outside_window", "no_window"])
    }

    @Test("[vio] Not translated: memory and the copy")
    func vioBypass() {
        var trace = ReferenceTrace()
        trace.configuration.memoryLatency = 100
        trace.configuration.memoryBytes = 0x2000
        trace.add(0, .window(.init(liobn: ReferenceTrace.vio, tces: 8, bypass: true)))
        trace.read(100, 0, 0x2000, liobn: ReferenceTrace.vio)
        trace.read(9_000, 0, 0x2001, liobn: ReferenceTrace.vio)
        #expect(trace.times == [[100, 100 + 100 + 3_277], [9_000, 9_000]])
    }

    // MARK: [assumed]

    /// 64 bytes unless the page ends before. A page that can be read alone is read, one that can be written is written.
    @Test("[assumed] Length and direction that are not known")
    func assumed() {
        var trace = ReferenceTrace(mapped: 1)
        trace.configuration.assumedIsWrite = true
        for (page, permission) in [1, 2, 3].enumerated() {
            trace.put(0, page: UInt64(page + 1), 0x1000 | UInt64(permission), cpu: UInt16(page))
        }
        let cases: [(UInt64, DMAAccess, UInt64?)] = [
            (0x1000, [], 64), (0x2000, [], 64), (0x3000, [], 64), (0x3ff0, [], nil), (0x4000, [], nil),
            (0x3000, .read, nil),
        ]
        for (index, (ioba, access, length)) in cases.enumerated() {
            let dma = TraceEvent.DMA(
                liobn: ReferenceTrace.liobn, requester: UInt32(index), ioba: ioba, length: length, access: access)
            trace.add(UInt64(1_000 * (index + 1)), .dma(dma))
        }
        let result = trace.run()
        // A read: 6, fetched 1, 21. Writes: 22 + 1, a hit of 22, 10 for 16 bytes. A fault: 22 + 1. A read that hits: 6
        // + 21.
        let durations = result.transactions.map { $0.done - $0.start }
        #expect(durations == [28, 23, 23, 10, 23, 27])
        #expect(result.transactions.map(\.fault) == [nil, nil, nil, nil, "no_read", nil])
    }
}
