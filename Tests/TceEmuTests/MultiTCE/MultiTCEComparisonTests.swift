// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

@testable import TceEmu

/// Whole traces in three forms.
struct MultiTCEComparisonTests {
    private static func replay(_ trace: [UInt8], _ timing: ReplayTiming = ReplayTiming()) throws -> ReplayStatistics {
        var options = ReplayOptions()
        options.timing = timing
        var replay = try Replay(TraceReader(MemoryStream(trace)), options: options)
        return try replay.run()
    }

    private static func fixture(_ name: String) throws -> [UInt8] {
        var importer = QEMULogImporter()
        let output = MemoryStream()
        var writer = try TraceWriter(importer.header, to: output, level: 1)
        try LineSource(MemoryStream(RecordedLogTests.load(name))).forEachLine { line, number in
            try importer.importLine(line, number: number) { try writer.append($0) }
        }
        try importer.finish { try writer.append($0) }
        _ = try writer.finish()
        return output.bytes
    }

    @Test(
        "Recorded reproduces a replay's totals, whatever the arrival; the phases are all of it",
        arguments: ["virtio-disable-ddw", "virtio-default"], TimingArrival.allCases)
    func recorded(name: String, arrival: TimingArrival) throws {
        let trace = try TimedReplay.shipped(name)
        var options = MultiTCEOptions()
        options.timing = ReplayTiming(profile: try TimingProfile(named: "power8-kvm"), arrival: arrival)
        let replayed = try Self.replay(trace, options.timing)
        let recorded = try FormRun(trace, .recorded, options).statistics
        #expect(recorded.hcalls == replayed.hcalls)
        #expect(recorded.waitCycles == replayed.dma.waitCycles)
        #expect(recorded.guestHcallCycles == replayed.timing?.time.guestHcallCycles)
        #expect(recorded.transactions == replayed.dma.transactions)
        #expect(recorded.events == replayed.trace.events)
        #expect(recorded.totalCycles == (arrival == .saturate ? replayed.timing?.time.cycles : nil))
        var sum: [String: ReplayStatistics.Calls] = [:]
        for calls in recorded.phases.values {
            for (name, one) in calls { sum[name, default: .init(cycles: 0)] += one }
        }
        #expect(sum == recorded.hcalls)
    }

    /// Of which the opcode alone is known, between others, and one that is no TCE hcall.
    private static let mixed = """
        phb buid=7 liobn=8
        H_PUT_TCE cpu=0 liobn=8 ioba=0x1000 tce=0x5003
        hcall opcode=0x20 cpu=1 -> 0 took=5000
        hcall opcode=0x138 cpu=1 -> -4
        hcall opcode=0x9 cpu=1 -> 0
        H_STUFF_TCE cpu=0 liobn=8 ioba=0x1000 tce=0 npages=2
        hcall opcode=0x138 cpu=0
        """

    @Test("Calls known by opcode only are counted as a replay counts them, in every form, and cost nothing")
    func observed() throws {
        let trace = try TimedReplay.trace(Self.mixed)
        let replayed = try Self.replay(trace)
        for form in CallForm.allCases {
            let run = try FormRun(trace, form).statistics
            #expect(run.observed == replayed.timing?.observedHcalls)
            #expect(run.observedCalls == replayed.others.observedHcalls && run.observedCalls == 4)
            let all = run.allHcalls
            #expect(all["H_STUFF_TCE"]?.errors == 1 && all["0x9"] == nil)
            #expect(all["H_STUFF_TCE"]?.calls == (run.hcalls["H_STUFF_TCE"]?.calls ?? 0) + 2)
            #expect(all["H_PUT_TCE"]?.calls == (run.hcalls["H_PUT_TCE"]?.calls ?? 0) + 1)
            #expect(all["H_PUT_TCE"]?.tces == run.hcalls["H_PUT_TCE"]?.tces)
            #expect(all["H_PUT_TCE"]?.cycles == run.hcalls["H_PUT_TCE"]?.cycles)
            #expect(run.calls == run.madeCalls + 3)
        }
        let recorded = try FormRun(trace, .recorded).statistics
        #expect(
            recorded.hcalls == replayed.hcalls && recorded.guestHcallCycles == replayed.timing?.time.guestHcallCycles)
        var part = MultiTCEOptions()
        part.from = .time(1_000_000_000)
        #expect(try FormRun(trace, .recorded, part).statistics.calls == 0)
    }

    @Test("An ftrace text has its recording's calls by name, beside those that a guest makes of its maps")
    func ftrace() throws {
        let imported = try importFtrace(bytes: FtraceRecordedTests.load("ftrace-kprobe.txt.gz"))
        let trace = try TraceFileTests.write(imported.events)
        let recorded = try MultiTCEComparison.of(trace).statistics(.recorded)
        let opcodes = imported.observed.map(\.opcode)
        #expect(!opcodes.isEmpty && recorded.calls == UInt64(opcodes.count) && recorded.guestHcallCycles == 0)
        for (opcode, name) in [(0x20, "H_PUT_TCE"), (0x138, "H_STUFF_TCE"), (0x13c, "H_PUT_TCE_INDIRECT")]
            as [(UInt64, String)]
        {
            #expect(recorded.allHcalls[name]?.calls == UInt64(opcodes.count { $0 == opcode }), "\(name)")
        }
        #expect(recorded.observed == (try Self.replay(trace)).timing?.observedHcalls)
    }

    @Test("The boot of a recording with multi-TCE as single calls is that of the one without")
    func bootOfRecording() throws {
        let trace = try TimedReplay.shipped("virtio-default")
        let single = try FormRun(trace, .single)
        #expect(single.counts(.firmware) == "H_PUT_TCE 618/618")
        #expect(single.counts(.bootClear) == "H_PUT_TCE 262144/262144")
        #expect(single.counts(.population) == "H_PUT_TCE 128/128")
        #expect(single.counts(.runTime) == "")
        let joined = try FormRun(trace, .joined)
        #expect(joined.counts(.bootClear) == "H_STUFF_TCE 512/262144")
        #expect(joined.counts(.population) == "H_PUT_TCE_INDIRECT 1/128")
    }

    /// A guest's boot, as a trace.
    private static func boot(_ change: (inout GuestConfiguration) -> Void) throws -> [UInt8] {
        var guest = GuestConfiguration()
        change(&guest)
        let output = MemoryStream()
        var header = TraceHeader()
        header.memoryBytes = guest.memoryBytes
        var events: [TraceEvent] = []
        _ = try GuestBoot(guest, profile: TimingProfile()) { events.append($0) }
        var writer = try TraceWriter(header, to: output, level: 1)
        for event in events { try writer.append(event) }
        _ = try writer.finish()
        return output.bytes
    }

    @Test(
        "Boots with and without multi-TCE become each other: memory, page sizes, host bridges, virtual I/O",
        arguments: [
            (2, 0x100_0000, 1, 0), (3, 0x20_0000, 2, 1), (1, 0x1_0000, 1, 2), (8, 0x100_0000, 3, 0),
        ])
    func pairs(gibibytes: UInt64, page: UInt64, phbs: Int, vio: Int) throws {
        func boot(_ setting: MultiTCE) throws -> [UInt8] {
            try Self.boot { guest in
                guest.memoryBytes = gibibytes << 30
                guest.vioDevices = vio
                guest.multiTCE = setting
                guest.phbs = (0..<phbs).map { number in
                    var phb = PHBConfiguration()
                    phb.buid += UInt64(number)
                    phb.liobn += UInt32(number) << 8
                    phb.windowBytes = 64 << 20
                    phb.pageShifts = page
                    return phb
                }
            }
        }
        let with = try boot(.on), without = try boot(.off)
        let recorded = (with: try FormRun(with, .recorded), without: try FormRun(without, .recorded))
        let single = try FormRun(with, .single), joined = try FormRun(without, .joined)
        #expect(recorded.with.statistics.calls < recorded.without.statistics.calls / 100)
        #expect(single.statistics.phases == recorded.without.statistics.phases)
        #expect(joined.statistics.phases == recorded.with.statistics.phases)
        #expect(joined.statistics.phases[.bootClear] != nil && joined.statistics.phases[.population] != nil)
    }

    @Test(
        "In every form devices meet the same TCEs: recorded logs of many machines",
        arguments: ["vio", "kexec-ddw", "kdump-ddw", "rtas-ddw", "virtio-sample"])
    func sameMachine(name: String) throws {
        let trace = try Self.fixture(name)
        let recorded = try FormRun(trace, .recorded)
        for form in [CallForm.single, .joined] {
            let run = try FormRun(trace, form)
            #expect(run.statistics.faults == recorded.statistics.faults)
            let isSame = run.machine == recorded.machine
            #expect(isSame, "\(form)")
        }
    }

    @Test("Phases of recorded logs: a reset, kexec, a crash, virtual I/O")
    func phasesOfRecordings() throws {
        let reset = try FormRun(Self.fixture("twophb-ddw"), .recorded)
        #expect(reset.counts(.firmware) == "H_PUT_TCE 1236/1236")
        #expect(reset.counts(.bootClear) == "H_STUFF_TCE 2048/1048576")
        #expect(reset.counts(.population) == "H_PUT_TCE_INDIRECT 4/256")
        #expect(reset.counts(.runTime) == "")
        let kexec = try FormRun(Self.fixture("kexec-ddw"), .recorded)
        #expect(kexec.counts(.bootClear) == "H_STUFF_TCE 513/262272")
        let kdump = try FormRun(Self.fixture("kdump-ddw"), .recorded)
        #expect(kdump.counts(.bootClear) == "H_GET_TCE 128/128 H_STUFF_TCE 512/262144")
        let vio = try FormRun(Self.fixture("vio"), .recorded)
        #expect(vio.counts(.bootClear) == "H_STUFF_TCE 768/393216")
        let plugged = try FormRun(Self.fixture("hotplug-ddw"), .recorded)
        #expect(plugged.counts(.runTime) == "H_STUFF_TCE 1/64")
    }

    @Test("A part of the trace has the calls of that part; what is before is applied as it was recorded")
    func parts() throws {
        let trace = try TimedReplay.shipped("virtio-disable-ddw")
        var options = MultiTCEOptions()
        options.from = .time(20_000_000_000)
        options.to = .time(21_000_000_000)
        var replayOptions = ReplayOptions()
        replayOptions.from = options.from
        replayOptions.to = options.to
        var replay = try Replay(TraceReader(MemoryStream(trace)), options: replayOptions)
        let expected = try replay.run()
        let recorded = try FormRun(trace, .recorded, options)
        #expect(recorded.statistics.hcalls == expected.hcalls)
        #expect(recorded.statistics.waitCycles == expected.dma.waitCycles)
        #expect(Set(recorded.statistics.phases.keys) == [.runTime])
        for form in [CallForm.single, .joined] {
            let run = try FormRun(trace, form, options)
            #expect(run.statistics.tces == recorded.statistics.tces)
            #expect(run.statistics.faults == 0)
        }
    }

    @Test("A secure guest's puts are joined where they clear; its lists need a page that the trace does not know")
    func secure() throws {
        let text = """
            @memory 0x40000000
            phb buid=7 liobn=8
            uv UV_ESM cpu=0 args=0,0
            H_PUT_TCE cpu=0 liobn=8 ioba=0x1000 tce=0x5003
            H_PUT_TCE cpu=0 liobn=8 ioba=0x2000 tce=0x6003
            H_PUT_TCE cpu=0 liobn=8 ioba=0x1000 tce=0
            H_PUT_TCE cpu=0 liobn=8 ioba=0x2000 tce=0
            """
        #expect(try FormRun(text: text, .joined).counts == "H_PUT_TCE 2/2 H_STUFF_TCE 1/2")
        let plain = text.replacing("uv UV_ESM cpu=0 args=0,0\n", with: "")
        #expect(try FormRun(text: plain, .joined).counts == "H_STUFF_TCE 1/2 H_PUT_TCE_INDIRECT 1/2")
    }

    @Test("Calls of the DMA API, given to a guest: exactly the calls of its settings")
    func guestLayer() throws {
        let text = """
            map cpu=0 device=1 ra=0x1000000 length=0x10000 both -> 0 dma=0x30000000
            map cpu=0 device=1 ra=0x2000000 length=0x1000 read -> 0 dma=0x1000
            unmap cpu=0 device=1 dma=0x30000000 length=0x10000 both
            unmap cpu=0 device=1 dma=0x1000 length=0x1000 read
            """
        let trace = try TimedReplay.trace(text)
        let comparison = try MultiTCEComparison.of(trace)
        #expect(comparison.isOfGuestLayer)
        #expect(FormRun.counts(comparison.statistics(.recorded).hcalls) == "")
        let single = comparison.statistics(.single), joined = comparison.statistics(.joined)
        #expect(FormRun.counts(single.phases[.runTime]) == "H_PUT_TCE 34/34")
        #expect(FormRun.counts(joined.phases[.runTime]) == "H_PUT_TCE 1/1 H_STUFF_TCE 2/17 H_PUT_TCE_INDIRECT 1/16")
        // The clear has touched the table.
        #expect(joined.phases[.runTime]?["H_PUT_TCE_INDIRECT"]?.cycles == 4_700 + 16 * 80)
        let guest = try #require(comparison.guest)
        #expect(guest.settings == [.on, .split, .off])
        #expect(
            FormRun.counts(guest.statistics(.split).phases[.runTime]) == "H_PUT_TCE 17/17 H_STUFF_TCE 2/17")
        #expect(FormRun.counts(single.phases[.bootClear]) == "H_PUT_TCE 262144/262144")
        let policy = try #require(DMAPolicy(named: "P1"))
        let secure = try #require(try MultiTCEComparison.of(trace, guest: .secure(policy)).guest)
        #expect(secure.settings == [.life, .call, .unshared, .split, .off])
        let (life, call) = (secure.others(.life).ultracalls, secure.others(.call).ultracalls)
        #expect((call["UV_SHARE_PAGE"] ?? 0) == (life["UV_SHARE_PAGE"] ?? 0))
        #expect(call["UV_UNSHARE_PAGE"] == 1 && life["UV_UNSHARE_PAGE"] == nil)
    }

    @Test("A cut trace is compared up to the cut, and says so")
    func cut() throws {
        let trace = try TimedReplay.shipped("virtio-disable-ddw")
        let outcome = try MultiTCEComparison.run(MultiTCEOptions(), guest: { _ in GuestConfiguration() }) {
            try TraceReader(MemoryStream(Array(trace.dropLast(1000))))
        }
        #expect((outcome.failure as? TraceError)?.kind == .cut)
        #expect(!outcome.comparison.complete)
        #expect(outcome.comparison.statistics(.recorded).hcalls["H_STUFF_TCE"] != nil)
    }
}
