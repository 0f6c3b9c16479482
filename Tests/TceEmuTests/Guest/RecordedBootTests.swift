// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

@testable import TceEmu

/// Boots of a real guest (Debian's 6.1) in QEMU's logs, call by call: the clear of each table, the dynamic windows.
@Suite("Guest: recorded boots")
struct RecordedBootTests {
    typealias Call = GuestReplayTests.Call

    /// What a kernel asked for: hcalls in order, and how often each RTAS call for windows was made.
    struct Calls: Equatable {
        var hcalls: [Call] = []
        var rtas: [String: Int] = [:]

        mutating func append(_ event: TraceEvent) {
            switch event.body {
            case .hcall(let call): hcalls.append(Call(call))
            case .rtas(let call): rtas[RTASCall(rawValue: UInt32(call.number)).description, default: 0] += 1
            default: break
            }
        }

        func hcalls(_ kind: TraceEvent.Hcall.Kind, _ liobn: LIOBN) -> [UInt64] {
            let calls = hcalls.filter { $0.kind == kind && $0.liobn == liobn }
            return [UInt64(calls.count), calls.reduce(0) { $0 + $1.npages }]
        }
    }

    /// The kernels of a log, one after each start of the machine, which makes the first table anew. Firmware puts TCEs
    /// one by one, and the kernel's first call is another.
    private func kernels(_ name: String, in directory: URL = RecordedLogTests.directory) throws -> [Calls] {
        let events = try FtraceRecordedTests.importLog(FtraceRecordedTests.load("\(name).log.gz", from: directory))
            .events
        var kernels: [Calls] = []
        for events in events.split(whereSeparator: Self.isReset) {
            let first = events.firstIndex { event in
                if case .hcall(let call) = event.body { call.kind != .put } else { false }
            }
            guard let first else { continue }
            var calls = Calls()
            for event in events[first...] { calls.append(event) }
            kernels.append(calls)
        }
        return kernels
    }

    private static func isReset(_ event: TraceEvent) -> Bool {
        if case .window(let window) = event.body { window.liobn == 0x8000_0000 } else { false }
    }

    private func boot(_ change: (inout GuestConfiguration) -> Void) throws -> Calls {
        var guest = GuestConfiguration()
        change(&guest)
        var calls = Calls()
        _ = try GuestBoot(guest, profile: TimingProfile()) { calls.append($0) }
        return calls
    }

    private let windows = ["ibm,query-pe-dma-window": 1, "ibm,create-pe-dma-window": 1]

    @Test("1.5 GiB with pages of 4 KiB, 64 KiB and 2 MiB: a window of 2 GiB, two lists")
    func pages2M() throws {
        let calls = try boot {
            $0.memoryBytes = 1536 << 20
            $0.phbs[0].pageShifts = 0x21_1000
        }
        #expect(try kernels("ddw-4k-64k-2m") == [calls])
        #expect(calls.hcalls(.putIndirect, 0x8000_0001) == [2, 768] && calls.rtas == windows)
    }

    @Test("1 GiB, two host bridges, twice: all tables are cleared before the first window is made")
    func twoBridges() throws {
        let calls = try boot {
            $0.memoryBytes = 1 << 30
            $0.phbs.append($0.phbs[0])
            $0.phbs[1].buid += 1
            $0.phbs[1].liobn += 0x100
        }
        #expect(try kernels("twophb-ddw") == [calls, calls])
        #expect(calls.hcalls(.putIndirect, 0x8000_0101) == [1, 64])
    }

    @Test("2 GiB and a crash kernel: it reads the 128 TCEs of the dynamic window")
    func kdump() throws {
        let calls = try boot { $0.isKdump = true }
        #expect(try kernels("kdump-ddw") == [calls])
        #expect(calls.hcalls(.get, 0x8000_0001)[0] == 128)
    }

    @Test("2 GiB and kexec: the second kernel clears the dynamic window")
    func kexec() throws {
        var kernel = try GuestKernel(GuestConfiguration(), profile: TimingProfile())
        let log = EventLog()
        kernel.platform.recorder = GuestRecorder(log.append)
        try kernel.boot()
        kernel.devices = [GuestDevice(node: 0)]
        _ = try kernel.setMasks(0, .max)
        try kernel.restart()
        kernel.devices = [GuestDevice(node: 0)]
        _ = try kernel.setMasks(0, .max)
        #expect(try kernels("kexec-ddw") == [log.calls])
        #expect(log.calls.hcalls(.stuff, 0x8000_0001) == [1, 128])
    }

    @Test("Virtual devices: a table of 256 MiB each, cleared after the host bridge's")
    func virtual() throws {
        let calls = try boot {
            $0.memoryBytes = 1 << 30
            $0.usesDDW = false
            $0.vioDevices = 2
        }
        let recorded = try #require(kernels("vio").first)
        #expect(Array(recorded.hcalls.prefix(calls.hcalls.count)) == calls.hcalls && recorded.rtas == calls.rtas)
        #expect(calls.hcalls.count == 512 + 128 + 128)
    }

    @Test("A host bridge that is plugged in later boots as one that was there; unplugged, its window is cleared")
    func hotplug() throws {
        let bridge: (inout GuestConfiguration) -> Void = { $0.memoryBytes = 1 << 30 }
        let first = try boot(bridge)
        var guest = GuestConfiguration()
        bridge(&guest)
        guest.phbs[0].buid += 2
        guest.phbs[0].liobn += 0x200
        var kernel = try GuestKernel(guest, profile: TimingProfile())
        let log = EventLog()
        kernel.platform.recorder = GuestRecorder(log.append)
        try kernel.boot()
        kernel.devices = [GuestDevice(node: 0)]
        _ = try kernel.setMasks(0, .max)
        try kernel.detach(0)
        let recorded = try kernels("hotplug-ddw")
        let plugged = first.hcalls + log.calls.hcalls
        #expect(Array(recorded[0].hcalls.prefix(plugged.count)) == plugged)
        #expect(log.calls.rtas == windows.merging(["ibm,remove-pe-dma-window": 1]) { $1 })
        // The machine was reset at the end.
        #expect(recorded.count == 2 && recorded[1] == first)
    }

    /// Recordings of a guest with 2 GiB: what it was given on its command line, and its calls of the boot alone.
    static let whole: [(name: String, multiTCE: MultiTCE, ddw: Bool, kind: TraceEvent.Hcall.Kind)] = [
        ("A-virtio-default", .on, true, .stuff), ("C-virtio-disable-ddw", .on, false, .stuff),
        ("F-nvme-disable-ddw", .on, false, .stuff), ("T-ftrace-hcall", .on, false, .stuff),
        ("T2-ftrace-kprobe", .on, false, .stuff),
    ]

    @Test(
        "The same of whole recordings, as far as there are any", .enabled(if: FtraceRecordedTests.recordings != nil),
        arguments: whole.indices)
    func wholeRecordings(_ index: Int) throws {
        let row = Self.whole[index], directory = try #require(FtraceRecordedTests.recordings)
        guard FileManager.default.fileExists(atPath: directory.appendingPathComponent("\(row.name).log.gz").path) else {
            return
        }
        let calls = try boot {
            $0.multiTCE = row.multiTCE
            $0.usesDDW = row.ddw
        }
        let recorded = try #require(kernels(row.name, in: directory).first)
        #expect(Array(recorded.hcalls.prefix(calls.hcalls.count)) == calls.hcalls && recorded.rtas == calls.rtas)
    }
}

/// Takes what a guest makes.
private final class EventLog {
    private(set) var calls = RecordedBootTests.Calls()

    func append(_ event: TraceEvent) { calls.append(event) }
}
