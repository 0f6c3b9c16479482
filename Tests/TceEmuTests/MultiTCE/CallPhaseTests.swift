// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import TceEmu

/// In which phase a call is made.
struct CallPhaseTests {
    /// A window of four TCEs, a PHB that has another one to give.
    private static let phb = "phb buid=7 liobn=8 bytes=0x4000\n"
    private static let create =
        "rtas ibm,create-pe-dma-window cpu=0 args=0,0,7,16,18 returns=4\n"

    private func put(_ page: Int, _ tce: UInt64 = 0, liobn: Int = 8, cpu: Int = 0) -> String {
        "H_PUT_TCE cpu=\(cpu) liobn=\(liobn) ioba=\(page << 12) tce=\(tce)\n"
    }

    private func fill(_ page: Int, _ tce: UInt64 = 0x10003) -> String {
        "H_PUT_TCE cpu=0 liobn=9 ioba=\((UInt64(1) << 59 + UInt64(page) << 16).hex) tce=\(tce)\n"
    }

    /// "firmware 2 run_time 1": TCEs by phase.
    private func phases(_ lines: String...) throws -> String {
        let run = try FormRun(text: lines.joined(), .recorded)
        return CallPhase.allCases.compactMap { phase in
            run.statistics.phases[phase].map { calls in
                "\(phase.rawValue) \(calls.values.reduce(0) { $0 + $1.tces })"
            }
        }.joined(separator: " ")
    }

    private var clear: String { (0..<4).map { put($0) }.joined() }

    @Test("A clear goes from a window's first TCE to its last; what is before it is the firmware's")
    func clears() throws {
        #expect(
            try phases(Self.phb, put(1, 0x5003), put(1), clear, put(1, 0x5003)) == "firmware 2 boot_clear 4 run_time 1")
        #expect(
            try phases(Self.phb, "H_STUFF_TCE cpu=0 liobn=8 ioba=0 tce=0 npages=4\n", put(1))
                == "boot_clear 4 run_time 1")
        #expect(
            try phases(Self.phb, put(0), "H_STUFF_TCE cpu=0 liobn=8 ioba=0x1000 tce=0 npages=3\n") == "boot_clear 4")
    }

    @Test("It is none where a TCE is missing, where one is not 0, or where another call is between")
    func noClears() throws {
        for lines in [
            [put(0), put(1), put(2)], [put(1), put(2), put(3)], [put(0), put(1), put(3)],
            [put(0), put(1), put(2, 3), put(3)], [put(0), put(1), put(1), put(2), put(3)],
            [put(0), put(1), "H_GET_TCE cpu=0 liobn=8 ioba=0\n", put(2), put(3)],
        ] {
            #expect(try phases(Self.phb, lines.joined()).hasPrefix("run_time"), "\(lines)")
        }
    }

    @Test("A false start does not hide a clear, and calls on another table do not break it")
    func falseStarts() throws {
        #expect(try phases(Self.phb, put(0), put(1), clear) == "firmware 2 boot_clear 4")
        let other = "window liobn=20 tces=4\n"
        let both = (0..<4).map { put($0) + put($0, 0x5003, liobn: 20) }.joined()
        #expect(try phases(Self.phb, other, both) == "boot_clear 4 run_time 4")
    }

    @Test("Firmware is what is before a boot's first clear; a boot without one has none")
    func boots() throws {
        #expect(
            try phases(Self.phb, put(1, 3), clear, put(1, 3), "reset\n", put(1, 3), put(2, 3), clear)
                == "firmware 3 boot_clear 8 run_time 1")
        #expect(
            try phases(Self.phb, put(1, 3), clear, "reset\n", put(1, 3)) == "firmware 1 boot_clear 4 run_time 1")
        // A recording shows a reset by the default window that is new.
        #expect(
            try phases(Self.phb, put(1, 3), clear, "window liobn=8 tces=4 buid=7\n", put(1, 3), clear)
                == "firmware 2 boot_clear 8")
    }

    @Test("A dynamic window is populated until a device uses it")
    func population() throws {
        let access = "dma liobn=9 ioba=0x800000000000000 length=1 read\n"
        #expect(
            try phases(Self.phb, clear, Self.create, fill(0), fill(1), put(1, 3), access, fill(2))
                == "boot_clear 4 population 2 run_time 2")
        let byPHB = "dma buid=7 requester=8 ioba=0x800000000000000 length=1 read\n"
        #expect(
            try phases(Self.phb, clear, Self.create, fill(0), byPHB, fill(1)) == "boot_clear 4 population 1 run_time 1")
        let other = "dma liobn=8 ioba=0x1000 length=1 read\n"
        #expect(try phases(Self.phb, clear, Self.create, fill(0), other, fill(1)) == "boot_clear 4 population 2")
    }

    @Test("A kernel that goes through a dynamic window clears it, or reads it after a crash; its own are run time then")
    func restarted() throws {
        let clears = (0..<4).map { fill($0, 0) }.joined()
        #expect(
            try phases(Self.phb, clear, Self.create, fill(0), clears, fill(1))
                == "boot_clear 8 population 1 run_time 1")
        let reads = (0..<4).map { "H_GET_TCE cpu=0 liobn=8 ioba=\($0 << 12)\n" }.joined()
        #expect(try phases(Self.phb, clear, put(1, 3), reads) == "boot_clear 8 run_time 1")
        // That a crash kernel reads says nothing of what was before.
        #expect(try phases(Self.phb, put(1, 3), reads) == "boot_clear 4 run_time 1")
    }

    @Test("A window that is cleared and removed was not cleared by a kernel that boots")
    func removed() throws {
        let clears = (0..<4).map { fill($0, 0) }.joined(), remove = "rtas ibm,remove-pe-dma-window args=9 returns=1\n"
        let access = "dma liobn=9 ioba=0x800000000000000 length=1 read\n"
        #expect(
            try phases(Self.phb, clear, Self.create, fill(0), access, clears, remove)
                == "boot_clear 4 population 1 run_time 4")
    }

    private static let reset = "rtas ibm,reset-pe-dma-window cpu=0 args=0,0,7 returns=1\n"
    private static let anew = "window liobn=8 tces=4 buid=7\n"

    @Test("A default window that a kernel asks back begins no boot; one that nobody asks for does")
    func askedBack() throws {
        let used = put(1, 3) + put(1)
        #expect(
            try phases(Self.phb, put(1, 3), clear, used, Self.anew, Self.reset, used, clear)
                == "firmware 1 boot_clear 8 run_time 4")
        #expect(
            try phases(Self.phb, put(1, 3), clear, used, Self.anew, used, clear) == "firmware 3 boot_clear 8 run_time 2"
        )
        // The machine's resets before and after are what they are.
        #expect(
            try phases(
                Self.phb, clear, Self.anew, put(1), clear, Self.anew, Self.reset, put(1), Self.anew, put(1), clear)
                == "firmware 2 boot_clear 12 run_time 1")
    }

    @Test("Firmware makes H_PUT_TCE alone: from the first multi-TCE or DDW call on it is a kernel that runs")
    func kernelThatRuns() throws {
        let list = "H_PUT_TCE_INDIRECT cpu=0 liobn=8 ioba=0x1000 tces=0x5003\n"
        let run = "H_STUFF_TCE cpu=0 liobn=8 ioba=0x1000 tce=0 npages=1\n"
        let query = "rtas ibm,query-pe-dma-window cpu=0 args=0,0,7 returns=5\n"
        for call in [list, run] {
            #expect(
                try phases(Self.phb, put(1, 3), put(1), call, put(1, 3), put(1), clear, put(1))
                    == "firmware 2 boot_clear 4 run_time 4")
        }
        #expect(
            try phases(Self.phb, put(1, 3), put(1), query, put(1), clear) == "firmware 2 boot_clear 4 run_time 1")
        #expect(
            try phases(Self.phb, put(1, 3), put(1), "hcall opcode=0x9 cpu=0\n", put(1), clear).hasPrefix("firmware 3"))
        // Each boot for itself.
        #expect(
            try phases(Self.phb, list, clear, "reset\n", put(1), clear) == "firmware 1 boot_clear 8 run_time 1")
    }

    @Test("Split calls are of the phase of the call, joined ones too")
    func forms() throws {
        let text =
            Self.phb + put(1, 0x5003) + put(2, 0x6003) + "H_STUFF_TCE cpu=0 liobn=8 ioba=0 tce=0 npages=4\n"
            + put(1, 0x5003) + put(2, 0x6003)
        let single = try FormRun(text: text, .single), joined = try FormRun(text: text, .joined)
        #expect(single.counts(.firmware) == "H_PUT_TCE 2/2")
        #expect(single.counts(.bootClear) == "H_PUT_TCE 4/4")
        #expect(joined.counts(.firmware) == "H_PUT_TCE_INDIRECT 1/2")
        #expect(joined.counts(.bootClear) == "H_STUFF_TCE 1/4")
        #expect(joined.counts(.runTime) == "H_PUT_TCE_INDIRECT 1/2")
    }
}
