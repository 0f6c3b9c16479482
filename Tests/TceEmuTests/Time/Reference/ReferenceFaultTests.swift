// SPDX-License-Identifier: Apache-2.0
import TceEmu
import Testing

/// Faults: what is withdrawn, dropped, goes on; each with cycles worked out by hand.
///
/// Pages 0 to 3 are mapped, others have no permission. A write of 64 bytes takes 22 cycles of the link, one of 256
/// takes 70, a request 6. Memory, and a fetch, take as long as a test says; a fetch one cycle at least.
@Suite("Time reference: faults")
struct ReferenceFaultTests {
    private func trace(memory: UInt64 = 0) -> ReferenceTrace {
        var trace = ReferenceTrace(mapped: 4)
        trace.configuration.memoryLatency = memory
        return trace
    }

    /// TLPs 10...80, 80...150. The first is known to fault at 81, the third would be granted at 150. The second is
    /// dropped at its lookup, 150. The turn stays at 150: the next write is 150...172 and fetches one cycle.
    @Test("[fault] What is not granted is withdrawn, what is granted is dropped at its lookup")
    func withdrawn() {
        var trace = trace()
        trace.write(10, 0x5000, 768)
        trace.write(10, 0)
        let result = trace.run()
        #expect(result.transactions.map(\.done) == [150, 173])
        #expect(result.transactions.map(\.grantedTLPs) == [2, 1] && result.transactions.map(\.tlps) == [3, 1])
        #expect(result.transactions.map(\.fault) == ["no_write", nil])
        #expect(result.lookups == 2)
    }

    /// 2's write is ready from 11 and granted at 80 before the second TLP: 80...102. That one is withdrawn at 81. The
    /// next transaction of 1 is ready from 82, and 3's from 81 or 82 (3 is seen later): 3 goes before it, or behind.
    @Test("[fault] A withdrawal gives the turn away in the cycle after", arguments: [(81, 147, 125), (82, 125, 147)])
    func turn(stamp: UInt64, next: UInt64, other: UInt64) {
        var trace = trace()
        trace.write(10, 0x5000, 768)
        trace.write(11, 0, id: 2)
        trace.write(12, 0x1000)
        trace.write(stamp, 0x2000, id: 3)
        // 2: lookup 102. Then 102...124 and 124...146. Each is fetched for one cycle.
        let result = trace.run()
        #expect(result.transactions.map(\.done) == [81, 103, next, other])
        #expect(result.transactions[0].grantedTLPs == 1)
    }

    /// The request leaves at 16, is fetched to 17, and one completion of 20 bytes, 5 cycles, follows.
    @Test("[fault] A read that faults sends one completion without payload, and waits for no write")
    func read() {
        var trace = trace()
        trace.read(10, 0x5000, 256)
        #expect(trace.dones == [22])
        // Memory 100. The write: 1,000...1,022, to 1,222. The request: 1,028, fetched to 1,128, answered 1,133.
        trace = self.trace(memory: 100)
        trace.write(1_000, 0)
        trace.read(1_000, 0x5000, 256, id: 2)
        #expect(trace.dones == [1_222, 1_133])
    }

    /// The first TLP, of page 7, is looked up at 32 and faults at 32 + memory. The second, of page 8, is looked up at
    /// 54.
    @Test(
        "[fault] What was looked up before the fault is known goes on; in that cycle it is dropped",
        arguments: [(22, 54, 1), (23, 100, 0)])
    func goesOn(memory: UInt64, done: UInt64, dropped: Int) {
        var trace = trace(memory: memory)
        trace.put(0, page: 8, cpu: 9)
        trace.write(10, 0x7fc0, 128)
        let result = trace.run()
        // Dropped at 54; or fetched to 77, in memory at 100.
        #expect(result.transactions[0].done == done)
        #expect(result.counts[.dropped] == dropped)
    }

    @Test("[fault] What goes on may fault by itself")
    func byItself() {
        var trace = trace(memory: 23)
        trace.write(10, 0x7fc0, 128)
        let result = trace.run()
        #expect(result.transactions[0].done == 77)
        #expect(result.counts[.faultItself] == 1)
    }

    /// 64 bytes before the window's end and 64 behind it. The first TLP misses at 32 and is fetched to 132. The second
    /// is known to fault at its lookup, 54: too late to drop the first.
    @Test("[fault] Over the window's end: known at the lookup, and the cache is left alone")
    func outside() {
        var trace = trace(memory: 100)
        trace.put(0, page: (1 << 18) - 1, cpu: 9)
        trace.write(10, (1 << 30) - 64, 128)
        trace.write(500, 1 << 30)
        trace.write(600, 0, liobn: ReferenceTrace.liobn + 1)
        let result = trace.run()
        // A whole transaction outside is done at its lookup: 522, 622.
        #expect(result.transactions.map(\.done) == [232, 522, 622])
        #expect(result.transactions.map(\.fault) == ["outside_window", "outside_window", "no_window"])
        #expect(result.lookups == 1)
    }

    /// TLPs of 64, 256 and 64 bytes: left 32, 102, 124. The second is found outside at 102.
    @Test("[fault] A TLP behind one that is found outside is dropped, one before it is not")
    func behindOutside() {
        var trace = trace(memory: 100)
        trace.put(0, page: (1 << 18) - 1, cpu: 9)
        trace.write(10, (1 << 30) - 64, 384)
        let result = trace.run()
        #expect(result.transactions[0].done == 232)
        #expect(result.transactions[0].grantedTLPs == 3 && result.counts[.dropped] == 1)
    }

    @Test("[freeze] From the next transaction in the trace on, until it is thawed")
    func freeze() {
        var trace = trace()
        trace.configuration.eeh = true
        trace.write(10, 0x5000)
        trace.write(10, 0, id: 2)
        trace.add(500, .thaw(buid: ReferenceTrace.buid, configAddress: 0))
        trace.write(500, 0)
        let result = trace.run()
        // 10...32 and fetched; the second, 32...54, at its lookup.
        #expect(result.transactions.map(\.done) == [33, 54, 523])
        #expect(result.transactions.map(\.fault) == ["no_write", "pe_frozen", nil])
        trace.configuration.eeh = false
        #expect(trace.run().transactions.map(\.fault) == ["no_write", nil, nil])
    }

    /// Page 2 begins at 8 KiB; memory ends 100 bytes behind. Of 256 bytes the access faults; its TLP does.
    @Test("[fault] Memory ends", arguments: [(100, nil), (101, "not_memory")] as [(UInt64, String?)])
    func memory(bytes: UInt64, fault: String?) {
        var trace = ReferenceTrace()
        trace.configuration.memoryBytes = 0x2000 + 100
        trace.put(0, page: 0, 0x2003)
        trace.read(100, 0, bytes)
        #expect(trace.run().transactions[0].fault == fault)
    }

    /// What has no window of its own takes no turn: translated, or dropped, 3 cycles after it arrives.
    @Test("[bypass] A fault in a window that is not translated")
    func bypass() {
        var trace = trace(memory: 100)
        trace.configuration.memoryBytes = 0x2000
        trace.configuration.tveCycles = 3
        trace.add(0, .window(.init(liobn: 5, start: 0, tces: 64, bypass: true)))
        let liobn = ReferenceTrace.liobn + 1
        trace.add(0, .window(.init(liobn: liobn, start: 1 << 32, tces: 64, buid: ReferenceTrace.buid, bypass: true)))
        trace.write(1_000, (1 << 32) + 0x1fc0, 128, liobn: liobn)
        trace.write(2_000, (1 << 32) + 0x2000, 320, liobn: liobn)
        let result = trace.run()
        // 1,022 + 3 + 100; then 1,044 + 3, a fault. 2,070 + 3: a fault; 2,070...2,092 + 3: dropped.
        #expect(result.transactions.map(\.done) == [1_125, 2_095])
        #expect(result.transactions.map(\.fault) == ["not_memory", "not_memory"])
        #expect(result.counts[.dropped] == 1 && result.lookups == 0)
    }

    /// The port is held for 1,000 cycles. Frozen and not translated: left 1,044, known 3 later. Outside it: in turn.
    @Test("[bypass] [freeze] A frozen PE: inside the window without a turn, outside it with one")
    func frozenBypass() {
        var trace = trace(memory: 100)
        trace.configuration.eeh = true
        trace.configuration.lookupInterval = 1_000
        trace.configuration.tveCycles = 3
        let liobn = ReferenceTrace.liobn + 1
        trace.add(0, .window(.init(liobn: liobn, start: 1 << 32, tces: 2, buid: ReferenceTrace.buid, bypass: true)))
        trace.write(1_000, 0x5000)
        trace.write(1_000, 1 << 32, liobn: liobn)
        trace.write(1_000, (1 << 32) + 0x2000, liobn: liobn)
        let result = trace.run()
        // The first: lookup at 1,025, fetched to 1,125. The third: 1,025 + 1,000.
        #expect(result.transactions.map(\.done) == [1_125, 1_047, 2_025])
        #expect(result.transactions.map(\.fault) == ["no_write", "pe_frozen", "pe_frozen"])
    }
}
