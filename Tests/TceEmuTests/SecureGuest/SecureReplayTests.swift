// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import TceEmu

/// Secure guests and frozen PEs in a replay, from traces in the text form.
@Suite("Secure guest: replay")
struct SecureReplayTests {
    static let phb = "phb buid=0x800000020000000 liobn=0x80000000\n"

    static func replay(
        _ text: String, eeh: Bool = false, check: Bool = false, from: TracePosition? = nil
    ) throws -> (statistics: ReplayStatistics, mismatches: [Mismatch]) {
        let imported = try importText(text)
        var options = ReplayOptions()
        options.eeh = eeh
        options.check = check
        options.from = from
        let bytes = try TraceFileTests.write(imported.events, header: imported.header)
        var replay = try Replay(TraceReader(MemoryStream(bytes)), options: options)
        let statistics = try replay.run()
        return (statistics, replay.mismatches)
    }

    @Test("N calls with a list that is not shared: N page-outs and N - 1 page-ins", arguments: [1, 2, 10])
    func lists(_ count: Int) throws {
        let call = "H_PUT_TCE_INDIRECT liobn=0x80000000 ioba=0x1000 list=0x1000000 tces=0x5003+0x1000*512\n"
        let text = "@memory 0x10000000\n" + Self.phb + "uv UV_ESM\n" + String(repeating: call, count: count)
        let sharing = try Self.replay(text).statistics.sharing
        #expect(sharing.pageOuts == UInt64(count))
        #expect(sharing.pageIns == UInt64(count) - 1)
        let shared = try Self.replay(
            text.replacing("uv UV_ESM\n", with: "uv UV_ESM\nuv UV_SHARE_PAGE args=0x100,1\n")
        ).statistics
        #expect(shared.sharing.pageOuts == 0)
        #expect(shared.sharing.sharedPages == 1)
        let calls = try #require(shared.hcalls["H_PUT_TCE_INDIRECT"])
        #expect(calls.calls == UInt64(count) && calls.tces == UInt64(512 * count) && calls.errors == 0)
    }

    @Test("What devices meet in a secure guest: not shared, damage, loss; the counters of the statistics")
    func devices() throws {
        let text = """
            @memory 0x10000000
            \(Self.phb)
            H_PUT_TCE liobn=0x80000000 ioba=0 tce=0x1000003
            H_PUT_TCE liobn=0x80000000 ioba=0x1000 tce=0x2000003
            H_PUT_TCE liobn=0x80000000 ioba=0x2000 tce=0x100f003
            H_PUT_TCE liobn=0x80000000 ioba=0x3000 tce=0x1010003
            dma liobn=0x80000000 ioba=0 length=8 write
            uv UV_ESM args=0x1000,0x2000 -> U_SUCCESS
            uv UV_SHARE_PAGE args=0x200,2 -> U_SUCCESS
            dma liobn=0x80000000 ioba=0x1000 length=8 write
            dma liobn=0x80000000 ioba=0 length=0 write
            dma liobn=0x80000000 ioba=0 length=8 read
            dma liobn=0x80000000 ioba=0 length=8 write
            dma liobn=0x80000000 ioba=0 length=8 write
            dma liobn=0x80000000 ioba=0
            dma liobn=0x80000000 ioba=0x2ff8 length=16 write
            dma liobn=0x80000000 ioba=0x3ff8 length=16 both
            H_PUT_TCE_INDIRECT liobn=0x80000000 ioba=0x5000 list=0x1000000 tces=0x5003
            uv UV_UNSHARE_PAGE args=0x200,1
            uv UV_UNSHARE_PAGE args=0x200
            uv UV_UNSHARE_ALL_PAGES
            uv 0xf999
            """
        let (statistics, _) = try Self.replay(text)
        var sharing = ReplayStatistics.Sharing()
        sharing.peakSharedPages = 2
        sharing.shareCalls = 1
        sharing.unshareCalls = 3
        sharing.pageOuts = 3
        sharing.pageIns = 1
        sharing.damagedPages = 2
        sharing.lostPages = 1
        #expect(statistics.sharing == sharing)
        #expect(statistics.dma.faults == .init(total: 6, noRead: 1, notShared: 5))
        #expect(statistics.others.ultracalls == 6)
        #expect(statistics.others.ultracallErrors == 2)
    }

    @Test("Recorded statuses of ultracalls are compared")
    func check() throws {
        let text = """
            @memory 0x10000000
            \(Self.phb)
            uv UV_SHARE_PAGE args=0x100,1 -> U_INVALID
            uv UV_ESM -> U_SUCCESS
            uv UV_SHARE_PAGE args=0x1000,1 -> U_PARAMETER
            uv UV_SHARE_PAGE args=0x100,1 -> U_P2
            uv UV_RETURN -> -2
            uv UV_UNSHARE_ALL_PAGES
            """
        let (statistics, mismatches) = try Self.replay(text, check: true)
        #expect(statistics.check.compared == 5)
        #expect(statistics.check.mismatches == 1)
        #expect(mismatches.map(\.what) == ["status"])
        #expect(mismatches.first?.recorded == UInt64(bitPattern: UltracallStatus.p2.rawValue))
        #expect(mismatches.first?.answered == 0)
    }

    @Test("What lies before the part that was asked for has paged out and frozen, and is not counted")
    func from() throws {
        let text = """
            @memory 0x10000000
            @unit s
            0 phb buid=0x800000020000000 liobn=0x80000000
            0 H_PUT_TCE liobn=0x80000000 ioba=0 tce=0x1000003
            0 uv UV_ESM
            0 dma liobn=0x80000000 ioba=0 length=8 read
            0 dma liobn=0x80000000 ioba=0x5000 length=8 read
            1 H_PUT_TCE_INDIRECT liobn=0x80000000 ioba=0x1000 list=0x1000000 tces=3
            1 dma liobn=0x80000000 ioba=0 length=8 read
            """
        let (part, _) = try Self.replay(text, eeh: true, from: .time(1_000_000_000))
        #expect(part.sharing.pageIns == 1)
        #expect(part.sharing.pageOuts == 1)
        #expect(part.dma.faults == .init(total: 1, peFrozen: 1))
    }

    /// Two PHBs, each with a page; and virtual I/O.
    private static let two = """
        @memory 0x10000000
        phb buid=0x800000020000000 liobn=0x80000000
        phb buid=0x800000020000001 liobn=0x80000100
        window liobn=0x71000000 tces=16
        window liobn=0x80000001 start=0x800000000000000 shift=16 tces=16 buid=0x800000020000000
        H_PUT_TCE liobn=0x80000000 ioba=0 tce=0x5001
        H_PUT_TCE liobn=0x80000100 ioba=0 tce=0x5001
        H_PUT_TCE liobn=0x80000001 ioba=0x800000000000000 tce=0x10001
        H_PUT_TCE liobn=0x71000000 ioba=0 tce=0x5001

        """
    private static let good = "dma liobn=0x80000000 ioba=0 length=8 read\n"

    @Test(
        "After the first fault everything of the PHB is dropped",
        arguments: [
            "dma liobn=0x80000000 ioba=0 length=8 write", "dma liobn=0x80000000 ioba=0x40000000 length=1 read",
            "dma liobn=0x80000000 ioba=0x1000", "dma buid=0x800000020000000 requester=8 ioba=0x50000000",
            "dma liobn=0x80000001 ioba=0 length=4 read", "dma liobn=0x80000000 ioba=0xff8 length=16 read",
        ])
    func freeze(_ fault: String) throws {
        let dropped = """
            dma liobn=0x80000000 ioba=0 length=8 read
            dma buid=0x800000020000000 requester=8 ioba=0 length=8 read
            dma buid=0x800000020000000 requester=0x108 ioba=0x700000000000000
            dma liobn=0x80000001 ioba=0x800000000000000 length=8 read
            dma liobn=0x80000000 ioba=0

            """
        let others = """
            dma liobn=0x80000100 ioba=0 length=8 read
            dma buid=0x800000020000001 requester=8 ioba=0 length=8 read
            dma liobn=0x71000000 ioba=0 length=8 read

            """
        let frozen = try Self.replay(Self.two + Self.good + fault + "\n" + dropped + others, eeh: true).statistics.dma
        #expect(frozen.faults.total == 6)
        #expect(frozen.faults.peFrozen == 5)
        #expect(frozen.transactions == 10)
        // Without EEH: the same faults, nothing dropped.
        let off = try Self.replay(Self.two + Self.good + fault + "\n" + dropped + others).statistics.dma
        #expect(off.faults.peFrozen == 0)
        #expect(off.faults.total == 2)
    }

    @Test("A thaw, and a reset of the machine, let accesses through again; a reset of the windows does not")
    func thaw() throws {
        let fault = "dma liobn=0x80000000 ioba=0 length=8 write\n"
        let thaw = "thaw buid=0x800000020000000\n"
        let reset = "rtas ibm,reset-pe-dma-window args=0,0x8000000,0x20000000 returns=1 -> 0\n"
        func frozen(_ text: String) throws -> UInt64 {
            try Self.replay(Self.two + text, eeh: true).statistics.dma.faults.peFrozen
        }
        #expect(try frozen(fault + Self.good) == 1)
        #expect(try frozen(fault + Self.good + thaw + Self.good + Self.good) == 1)
        #expect(try frozen(fault + thaw + fault + Self.good) == 1)
        #expect(try frozen(fault + "thaw buid=0x800000020000001\n" + Self.good) == 1)
        #expect(try frozen(fault + reset + Self.good) == 1)
        // After a machine reset the page is gone: a fault of its own, which freezes.
        #expect(try frozen(fault + "reset\n" + Self.good + Self.good) == 1)
        #expect(try frozen("dma liobn=0x71000000 ioba=0 length=8 write\ndma liobn=0x71000000 ioba=0\n") == 0)
        let unknown = try Self.replay(Self.two + "thaw buid=7\n", eeh: true).statistics.others
        #expect(unknown.refused == 1)
    }

    @Test("A page that is not shared never freezes, and while the PE is frozen no frame is touched")
    func notShared() throws {
        let read = "dma liobn=0x80000000 ioba=0 length=8 read\n"
        let text = Self.two + "uv UV_ESM\n" + read + read + "dma liobn=0x80000000 ioba=0x1000\n"
        let (statistics, _) = try Self.replay(
            text + "H_PUT_TCE_INDIRECT liobn=0x80000000 ioba=0 list=0x100000 tces=0x100001\n" + read, eeh: true)
        #expect(statistics.dma.faults == .init(total: 4, noRead: 1, notShared: 2, peFrozen: 1))
        #expect(statistics.sharing.pageOuts == 2)
    }
}
