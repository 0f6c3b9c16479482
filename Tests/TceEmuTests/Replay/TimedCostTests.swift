// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import TceEmu

/// Costs worked out by hand, through a text trace and its replay: profile power9-kvm without first touch.
@Suite("Costs of calls in a replay")
struct TimedCostTests {
    static let phb = "phb buid=0x800000020000000 liobn=0x80000000\n"
    static let put = "H_PUT_TCE cpu=0 liobn=0x80000000 ioba=0x1000 tce=0x5003\n"
    static let clear = "H_PUT_TCE cpu=0 liobn=0x80000000 ioba=0x1000 tce=0\n"
    static let list = "H_PUT_TCE_INDIRECT cpu=0 liobn=0x80000000 ioba=0x200000 list=0x4000 tces=0x200003+0x1000*512\n"

    static func stuff(_ npages: Int, ioba: Int = 0x20_0000) -> String {
        "H_STUFF_TCE cpu=0 liobn=0x80000000 ioba=\(ioba) tce=0 npages=\(npages)\n"
    }

    /// The cycles of all TCE hcalls of a trace.
    static func cycles(_ text: String, _ assignments: String...) throws -> UInt64 {
        let replay = try TimedReplay(text: phb + text, ["hcall.first_touch=0"] + assignments)
        let errors = replay.statistics.hcalls.values.reduce(0) { $0 + $1.errors }
        #expect(errors == 0)
        return replay.timing.time.guestHcallCycles
    }

    /// A machine in which the guest has become secure.
    static let secure = "uv UV_ESM\n"

    // The published figures have 350 cycles of the guest's own in each map and unmap of one page.
    @Test("A page mapped and unmapped by H_PUT_TCE")
    func onePage() throws {
        #expect(try Self.cycles(Self.put + Self.clear) == 10_700 - 2 * 350)
    }

    @Test("A page mapped by H_PUT_TCE and unmapped by H_STUFF_TCE")
    func onePageStuffed() throws {
        #expect(try Self.cycles(Self.put + Self.stuff(1)) == 10_412 - 2 * 350)
    }

    @Test("512 pages mapped by one list, unmapped by one H_STUFF_TCE; in a secure guest 4,000 more a call")
    func lists() throws {
        #expect(try Self.cycles(Self.list) == 45_660)
        #expect(try Self.cycles(Self.stuff(512)) == 10_844)
        #expect(try Self.cycles(Self.secure + Self.stuff(512)) == 14_844)
    }

    @Test("A 1 GiB window cleared in 512 calls")
    func clearing() throws {
        let calls = (0..<512).map { Self.stuff(512, ioba: $0 << 21) }.joined()
        #expect(try Self.cycles(calls) == 5_552_128)
        #expect(try Self.cycles(Self.secure + calls) == 7_600_128)
    }

    /// 16 GiB of memory mapped in a window of pages of `shift`, by lists or page by page.
    static func directMap(shift: Int, byLists: Bool) -> String {
        let pages = (16 << 30) >> shift
        var text = "@memory 0x400000000\n" + "window liobn=5 shift=\(shift) tces=\(pages)\n"
        let (step, all) = (1 << shift, pages)
        for first in Swift.stride(from: 0, to: all, by: byLists ? 512 : 1) {
            let address = first << shift
            text +=
                byLists
                ? "H_PUT_TCE_INDIRECT cpu=0 liobn=5 ioba=\(address) list=0x4000 tces=\(address | 3)+\(step)*512\n"
                : "H_PUT_TCE cpu=0 liobn=5 ioba=\(address) tce=\(address | 3)\n"
        }
        return text
    }

    @Test("16 GiB mapped directly: pages of 64 KiB by lists, of 16 MiB by lists and page by page in a secure guest")
    func directMaps() throws {
        func cycles(_ text: String, _ assignments: String...) throws -> UInt64 {
            try TimedReplay(text: text, ["hcall.first_touch=0"] + assignments).timing.time.guestHcallCycles
        }
        #expect(try cycles(Self.directMap(shift: 16, byLists: true)) == 23_377_920)
        #expect(try cycles(Self.directMap(shift: 24, byLists: true)) == 91_320)
        // Each of 262,144 calls: 4,700 + 300 and 4,000 of reflection, or 12,000 of an exit.
        let few = Self.directMap(shift: 24, byLists: false)
        let parts = few.split(separator: "window", maxSplits: 1)
        #expect(try cycles(String(parts[0]) + Self.secure + "window" + String(parts[1])) == 9_216_000)
        #expect(try cycles(few, "exit_to_user=always") == 1024 * 4_456_448_000 / 262_144)
    }

    @Test("Sharing a pool of 64 MiB")
    func sharing() throws {
        let text = "@memory 0x40000000\n" + Self.secure + "uv UV_SHARE_PAGE args=0x400,1024\n"
        let replay = try TimedReplay(text: text)
        // UV_ESM itself is an ultracall that moves no frame.
        #expect(replay.timing.time.guestUltracallCycles == 46_080_000 + 1500)
    }

    @Test("A list that the hypervisor has to page out costs 162,000 more")
    func unsharedList() throws {
        let list = "H_PUT_TCE_INDIRECT cpu=0 liobn=0x80000000 ioba=0x200000 list=0x40000 npages=512\n"
        func cycles(_ before: String) throws -> UInt64 {
            try TimedReplay(text: "@memory 0x40000000\n" + Self.phb + before + list, ["hcall.first_touch=0"])
                .timing.time.guestHcallCycles
        }
        let replay = try TimedReplay(
            text: "@memory 0x40000000\n" + Self.phb + Self.secure + list, ["hcall.first_touch=0"])
        let calls = try #require(replay.timing.calls["H_PUT_TCE_INDIRECT"])
        #expect(calls.parts["paging"] == 150_000)
        #expect(calls.parts["exit"] == 12_000)
        let shared = try cycles(Self.secure + "uv UV_SHARE_PAGE args=4,1\n")
        #expect(calls.cycles - shared <= 162_000)
    }

    @Test("A parameter raised by 1 raises the cost by 1")
    func oneMore() throws {
        #expect(try Self.cycles(Self.put, "hcall.put=301") == 5001)
        #expect(try Self.cycles(Self.list, "hcall.list_entry=81") == 45_660 + 512)
        #expect(try Self.cycles(Self.put, "hcall.put=300.5") == 5001)
        #expect(try Self.cycles(Self.put, "hcall.put=300.499999") == 5000)
    }

    @Test("One write of 64 bytes to a cold cache, then to a line that is there; reads of 64 and 600 bytes")
    func latencies() throws {
        func dma(_ microseconds: Int, _ length: Int, _ direction: String) -> String {
            "0.000\(microseconds) dma liobn=0x80000000 ioba=0x1000 length=\(length) \(direction)\n"
        }
        let replay = try TimedReplay(
            text: Self.phb + "0.000001 " + Self.put + dma(100, 64, "write") + dma(200, 64, "write")
                + dma(300, 64, "read") + dma(400, 600, "read") + dma(500, 0, "read"))
        let latencies = replay.events.compactMap { event in
            event.kind.name == "dma" ? event.span.map { $0.completion - $0.issue } : nil
        }
        #expect(latencies == [2745, 2069, 3410, 3712, 3376])
        #expect(replay.timing.latency.max == 3712 && replay.timing.latency.min == 2069)
    }

    @Test("What a call writes before --from is a first touch that was paid for; windows that went are not")
    func firstTouchBefore() throws {
        let puts = "0.000000 " + Self.phb + "0.000001 " + Self.put + "0.000100 " + Self.clear
        func firstTouch(_ text: String) throws -> Double? {
            let replay = try TimedReplay(text: text, from: .time(100_000))
            #expect(replay.statistics.hcalls["H_PUT_TCE"]?.calls == 1)
            #expect(replay.events.first?.number == UInt64(text.split(separator: "\n").count - 1))
            // Time begins at the first event that is replayed.
            #expect(replay.events.first?.span?.stamp == 0)
            return replay.timing.calls["H_PUT_TCE"]?.parts["first_touch"]
        }
        #expect(try firstTouch(puts) == nil)
        #expect(try firstTouch(puts.replacing("0.000100", with: "0.000002 reset\n0.000100")) == 10_000)
        #expect(try TimedReplay(text: puts).timing.calls["H_PUT_TCE"]?.parts["first_touch"] == 10_000)
    }

    @Test("Hcalls known by opcode only are summed with their recorded durations, beside the profile's cost")
    func observed() throws {
        let replay = try TimedReplay(
            text: "@unit us\n0.1 hcall opcode=0x20 -> H_SUCCESS took=12\n0.2 hcall opcode=0x20 -> H_PARAMETER took=8\n"
                + "0.3 hcall opcode=0x20\n0.4 hcall opcode=0x138 -> 0 took=3\n0.5 hcall opcode=0x54 -> 0 took=1\n")
        let observed = replay.timing.observedHcalls
        #expect(observed.count == 3)
        let put = try #require(observed["H_PUT_TCE"])
        #expect(put.calls == 3 && put.errors == 1 && put.recorded == 2 && put.recordedNanoseconds == 20_000)
        #expect(put.modelCyclesPerCall == 5000)
        #expect(observed["H_STUFF_TCE"]?.modelCyclesPerCall == 4712)
        #expect(observed["0x54"]?.calls == 1 && observed["0x54"]?.modelCyclesPerCall == nil)
        #expect(replay.timing.time.cycles == 0)
    }
}
