// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import TceEmu

/// Lists and runs as single calls.
struct CallSplitterTests {
    private static let window = DMAWindow(liobn: 8, start: 1 << 32, pageShift: 16, pageCount: 1000)

    private func puts(_ call: TraceEvent.Hcall, in window: DMAWindow? = window) -> [String]? {
        CallSplitter.count(call, in: window).map { count in
            (0..<count).map { index in
                let put = CallSplitter.put(index, of: call, in: window)
                return "\(put.kind) \(put.cpu ?? 99) \(put.liobn) \(put.ioba.hex) \(put.value.hex)"
            }
        }
    }

    @Test("A list is one H_PUT_TCE for each TCE, a run one of its value for each page of the window's size")
    func each() {
        #expect(
            puts(.init(.putIndirect, cpu: 3, liobn: 8, ioba: 1 << 32, npages: 2, entries: [0x10003, 0x70001]))
                == ["put 3 8 0x100000000 0x10003", "put 3 8 0x100010000 0x70001"])
        #expect(
            puts(.init(.stuff, cpu: 3, liobn: 8, ioba: 1 << 32, value: 0x5000, npages: 2))
                == ["put 3 8 0x100000000 0x5000", "put 3 8 0x100010000 0x5000"])
        #expect(puts(.init(.stuff, liobn: 8, ioba: 1 << 32, npages: 0)) == [])
    }

    @Test("What is single stays, and so does a list that is not known")
    func stays() {
        #expect(puts(.init(.put, liobn: 8, ioba: 1 << 32)) == nil)
        #expect(puts(.init(.get, liobn: 8, ioba: 1 << 32)) == nil)
        #expect(puts(.init(.putIndirect, liobn: 8, ioba: 1 << 32, npages: 2)) == nil)
    }

    @Test("Without a window pages are of 4 KiB")
    func noWindow() {
        #expect(
            puts(.init(.stuff, liobn: 9, ioba: 0x1000, npages: 2), in: nil)
                == ["put 99 9 0x1000 0x0", "put 99 9 0x2000 0x0"])
    }

    @Test("Of more than 512, those in the window and one behind it")
    func most() {
        func count(_ page: UInt64, _ npages: UInt64) -> UInt64? {
            CallSplitter.count(.init(.stuff, liobn: 8, ioba: 1 << 32 + page << 16, npages: npages), in: Self.window)
        }
        #expect(count(999, 512) == 512)
        #expect(count(0, 1000) == 1000)
        #expect(count(0, 1001) == 1001)
        #expect(count(0, 1002) == 1001)
        #expect(count(999, 513) == 2)
        #expect(count(1000, 513) == 1)
        #expect(count(0, .max) == 1001)
    }

    @Test("The trace is held to the work that a replay allows")
    func work() {
        var splitter = CallSplitter()
        var taken = [splitter.spend(512), splitter.spend(4_194_304), splitter.spend(513)]
        splitter.grow()
        taken.append(splitter.spend(513))
        splitter.grow()
        taken.append(splitter.spend(513))
        #expect(taken == [true, true, false, false, true])
    }

    @Test("A list that leaves the window is refused TCE by TCE")
    func refused() throws {
        let text = """
            phb buid=7 liobn=8 bytes=0x4000
            H_PUT_TCE_INDIRECT cpu=0 liobn=8 ioba=0x2000 tces=0x5003+0x1000*4
            H_STUFF_TCE cpu=0 liobn=9 ioba=0 tce=0 npages=3
            """
        let recorded = try FormRun(text: text, .recorded), single = try FormRun(text: text, .single)
        #expect(recorded.counts == "H_STUFF_TCE 1/3 H_PUT_TCE_INDIRECT 1/4")
        #expect(single.counts == "H_PUT_TCE 7/7")
        #expect(single.statistics.hcalls["H_PUT_TCE"]?.errors == 5)
        let isSame = single.machine == recorded.machine
        #expect(isSame)
    }
}
