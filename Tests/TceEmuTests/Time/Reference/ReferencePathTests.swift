// SPDX-License-Identifier: Apache-2.0
import TceEmu
import Testing

/// Cut, issue, link, memory and completions, each with cycles worked out by hand.
///
/// A byte is a quarter of a cycle: a write of 64 bytes takes 22 cycles of the up link (24 + 64 bytes), a read request
/// 6, a completion of 64 bytes 21 cycles of the down link, one without payload 5. A page's first fetch takes one cycle
/// where memory takes none.
@Suite("Time reference: the path of a transaction")
struct ReferencePathTests {
    /// With the default figures, Gen3 x8, 3.8 GHz; 5 us is 19,000 cycles. A write of 64 bytes: 88 bytes of 0.5244
    /// cycles leave at 47, arrive at 1,377, fetch until 2,061, are in memory at 2,745; a hit saves 684 - 8.
    @Test("[latency] One transaction alone, with the published figures")
    func alone() {
        var trace = ReferenceTrace()
        trace.configuration = ReferenceConfiguration()
        trace.put(0, page: 0)
        for (index, length) in [64, 64].enumerated() { trace.write(5_000 * UInt64(index + 1), 0, UInt64(length)) }
        for (index, length) in [64, 600, 0].enumerated() { trace.read(5_000 * UInt64(index + 3), 0, UInt64(length)) }
        let result = trace.run()
        #expect(result.transactions.map { $0.done - $0.start } == [2_745, 2_069, 3_410, 3_712, 3_376])
        #expect(result.transactions.map(\.start) == [19_000, 38_000, 57_000, 76_000, 95_000])
    }

    @Test("[unit] Stamps go down, parameters to the nearest, half up")
    func units() {
        var configuration = ReferenceConfiguration()
        configuration.clockMHz = 3_500
        #expect(configuration.stamp(9, first: 2) == 24)
        #expect(configuration.stamp(1, first: 2) == 0)
        #expect(configuration.cycles(nanoseconds: 1) == 4 && configuration.cycles(nanoseconds: 2) == 7)
        configuration.clockMHz = 3_800
        #expect(configuration.cycles(nanoseconds: 180) == 684 && configuration.cycles(nanoseconds: 2) == 8)
        #expect(configuration.linkByte == 34_365)
    }

    @Test(
        "[cut] At payload, request, 4 KiB and I/O page",
        arguments: [
            (DMAAccess.write, 0, 256, 1), (.write, 0, 257, 2), (.write, 1, 256, 2), (.write, 256, 256, 1),
            (.write, 0, 0, 1), (.write, 255, 1, 1), (.read, 0, 512, 1), (.read, 0, 513, 2), (.read, 511, 2, 2),
            (.read, 0xfc0, 64, 1), (.read, 0xfc0, 65, 2), (.write, 0xfc0, 65, 2),
        ] as [(DMAAccess, UInt64, UInt64, Int)])
    func cut(access: DMAAccess, ioba: UInt64, bytes: UInt64, count: Int) {
        var trace = ReferenceTrace(mapped: 2)
        if access == .read { trace.read(10, ioba, bytes) } else { trace.write(10, ioba, bytes) }
        #expect(trace.run().transactions[0].grantedTLPs == count)
    }

    /// A window of 64 KiB pages from 0x1_0000_0800 on: its first page ends at 0x1_0001_0800, which is no 4 KiB's end.
    @Test("[cut] At the 4 KiB where requests may be longer, and at the ends of I/O pages that lie askew")
    func cutAskew() {
        var trace = ReferenceTrace()
        trace.configuration.maxReadRequest = 8_192
        let window = TraceEvent.Window(
            liobn: ReferenceTrace.liobn + 1, start: 0x1_0000_0800, pageShift: 16, tces: 2, buid: ReferenceTrace.buid)
        trace.add(0, .window(window))
        for ioba: UInt64 in [0x1_0000_0fc0, 0x1_0001_07c0] {
            trace.read(10, ioba, 64, liobn: window.liobn)
            trace.read(10, ioba, 65, liobn: window.liobn)
        }
        #expect(trace.run().transactions.map(\.tlps) == [1, 2, 1, 2])
    }

    /// 89 bytes are 22.25 cycles: F = 32.25, 54.5, 76.75; turns 32, 54; left 33, 55, 77. The first misses: 1 cycle
    /// more.
    @Test("[link] [issue] One TLP at a time, from the cycle in which the link is free, and no fraction is lost")
    func fractions() {
        var trace = ReferenceTrace(mapped: 1)
        for _ in 0..<3 { trace.write(10, 0, 65) }
        #expect(trace.dones == [34, 55, 77])
    }

    /// A byte is 0.25 cycles, which is 1: left 11, 12, 13.
    @Test("[link] A TLP takes one cycle at least")
    func oneCycle() {
        var trace = ReferenceTrace(mapped: 1)
        trace.configuration.writeOverhead = 0
        for _ in 0..<3 { trace.write(10, 0, 1) }
        #expect(trace.dones == [12, 12, 13])
        // Four bytes are exactly one; five are 1.25: F = 11.25, 12.5, 13.75.
        trace = ReferenceTrace(mapped: 1)
        trace.configuration.writeOverhead = 4
        for _ in 0..<3 { trace.write(10, 0, 1) }
        #expect(trace.dones == [13, 13, 14])
    }

    /// 2 is seen first: 10...32. Then 1: 32...54.
    @Test("[tie] Of equals, that of the requester seen first in the trace")
    func tie() {
        var trace = ReferenceTrace(mapped: 1)
        trace.write(10, 0, id: 2)
        trace.write(10, 0, id: 1)
        trace.write(200, 0, id: 1)
        trace.write(200, 0, id: 2)
        #expect(trace.dones == [33, 54, 244, 222])
    }

    /// 1's second TLP is ready from 32 on. 2, ready from 31, is before it; from 32, equal, behind it.
    @Test("[arbitrate] The TLP that has been ready longest", arguments: [(31, 76, 54), (32, 54, 76), (33, 54, 76)])
    func arbitrate(stamp: UInt64, second: UInt64, other: UInt64) {
        var trace = ReferenceTrace(mapped: 1)
        trace.write(10, 0)
        trace.write(10, 0)
        trace.write(stamp, 0, id: 2)
        #expect(trace.dones == [33, second, other])
    }

    /// One tag: request 10...16, fetch 17, completion 17...38; the tag serves from 39: 39...45, 45...66. Two tags:
    /// request 16...22, hit, data 22, completion 38...59.
    @Test("[tag] A read waits for a tag, which serves in the cycle after", arguments: [(1, 66), (2, 59)])
    func tag(tags: Int, done: UInt64) {
        var trace = ReferenceTrace(mapped: 1)
        trace.configuration.tagsPerDevice = tags
        trace.read(10, 0)
        trace.read(10, 0)
        #expect(trace.dones == [38, done])
    }

    /// 3's 280 bytes hold the link 30...100. 2 is ready from 38, 1's second read from 39 though its turn was at 16.
    @Test("[tag] Without a tag no seniority is gained")
    func seniority() {
        var trace = ReferenceTrace(mapped: 1)
        trace.configuration.tagsPerDevice = 1
        trace.read(10, 0)
        trace.read(10, 0)
        trace.write(30, 0, 256, id: 3)
        trace.write(38, 0, id: 2)
        #expect(trace.dones == [38, 149, 100, 122])
    }

    /// Data at 17. 276 bytes: 17...86. 257 bytes: 5.25 more, 91.25. At 255: two of 21 bytes, 22.25 and 27.5.
    @Test("[completion] Cut at the payload size", arguments: [(0, 256, 86), (0, 257, 92), (255, 2, 28), (0, 0, 22)])
    func completions(ioba: UInt64, bytes: UInt64, done: UInt64) {
        var trace = ReferenceTrace(mapped: 1)
        trace.read(10, ioba, bytes)
        #expect(trace.dones == [done])
    }

    /// Memory 100. Page 1 is in the cache. A: left 1,022, fetch to 1,122, done 1,222. B: left 1,044, hit, 1,144.
    private func warm() -> ReferenceTrace {
        var trace = ReferenceTrace(mapped: 3)
        trace.configuration.memoryLatency = 100
        trace.write(100, 0x1000, id: 9)
        return trace
    }

    @Test("[write-order] A write is done no earlier than those before it on the link")
    func writeOrder() {
        var trace = warm()
        trace.write(1_000, 0)
        trace.write(1_000, 0x1000, id: 2)
        #expect(trace.dones.suffix(2) == [1_222, 1_222])
        // The other way round: B left 1,022, done 1,122; A left 1,044, fetch to 1,144, done 1,244.
        trace = warm()
        trace.write(1_000, 0x1000, id: 2)
        trace.write(1_000, 0)
        #expect(trace.dones.suffix(2) == [1_122, 1_244])
    }

    /// B has no permission: left 1,044, fetch to 1,144, done there. C, left 1,066, would be done at 1,166.
    @Test("[write-order] It is the latest that counts, not the last; one that faults counts and does not wait")
    func latest() {
        var trace = warm()
        trace.write(1_000, 0)
        trace.write(1_000, 0x5000, id: 2)
        trace.write(1_000, 0x1000, id: 3)
        let result = trace.run()
        #expect(result.transactions.suffix(3).map(\.done) == [1_222, 1_144, 1_222])
        #expect(result.transactions.map(\.fault) == [nil, nil, "no_write", nil])
        #expect(result.counts[.writeOrderLatest] == 1)
    }

    /// The request leaves at 1,028 and hits. Memory from 1,222 to 1,322, 21 cycles. Before the write: from 1,006.
    @Test("[read-behind-write] Memory is read behind the writes before; writes never wait for reads")
    func readBehindWrite() {
        var trace = warm()
        trace.write(1_000, 0)
        trace.read(1_000, 0x1000, id: 2)
        #expect(trace.dones.suffix(2) == [1_222, 1_343])
        // The read: left 1,006, fetch to 1,106, data 1,206. The write: left 1,028, hit, done 1,128.
        trace = warm()
        trace.read(1_000, 0, id: 2)
        trace.write(1_000, 0x1000)
        #expect(trace.dones.suffix(2) == [1_227, 1_128])
    }

    /// The write hits at 1,022 and is done at 1,122. The read hits at 1,022 + interval: memory from 1,122 on, or later.
    @Test(
        "[read-behind-write] A write that is done in the cycle of the translation holds nothing up",
        arguments: [(99, 1_243, 1), (100, 1_243, 0), (101, 1_244, 0)])
    func boundary(interval: UInt64, done: UInt64, waits: Int) {
        var trace = warm()
        trace.configuration.lookupInterval = interval
        trace.write(1_000, 0x1000)
        trace.read(1_000, 0x1000, id: 2)
        let result = trace.run()
        #expect(result.transactions[2].done == done)
        #expect(result.counts[.readBehindWrite] == waits)
    }

    /// Arrivals 32, 54; lookups 32 + 5, and 50 later.
    @Test("[lookup] One every so many cycles", arguments: [(0, 37, 59), (22, 37, 59), (23, 37, 60), (50, 37, 87)])
    func lookups(interval: UInt64, first: UInt64, second: UInt64) {
        var trace = ReferenceTrace(mapped: 1)
        trace.configuration.tveCycles = 5
        trace.configuration.lookupInterval = interval
        trace.write(10, 0)
        trace.write(10, 0)
        // The first one fetches: one cycle.
        #expect(trace.dones == [first + 1, second])
    }

    /// The links of two PHBs know nothing of each other, nor do requesters of the same id.
    @Test("[link] [issue] Each PHB has its own link, and its own requesters")
    func twoPHBs() {
        var trace = ReferenceTrace(mapped: 1)
        trace.add(0, .phb(TraceEvent.PHB(buid: 8, liobn: 0x8000_0100)))
        trace.put(0, page: 0, liobn: 0x8000_0100)
        trace.write(10, 0)
        trace.write(10, 0, liobn: 0x8000_0100)
        #expect(trace.dones == [33, 33])
    }
}
