// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import TceEmu

/// What a boot asks for, against the recorded boots of a Debian guest and the counts that follow from Linux's code.
@Suite("Guest: boot")
struct GuestBootTests {
    private func boot(_ change: (inout GuestConfiguration) -> Void = { _ in }) throws -> GuestBoot {
        var guest = GuestConfiguration()
        change(&guest)
        return try GuestBoot(guest, profile: TimingProfile())
    }

    private func count(_ boot: GuestBoot, _ phase: GuestPhase, _ name: String, _ liobn: LIOBN? = nil) -> [UInt64] {
        guard let calls = boot.calls[phase] else { return [0, 0] }
        let one = liobn.map { calls.hcalls[$0]?[name] ?? GuestCalls.Hcalls() } ?? calls.hcall(name)
        return [one.calls, one.tces]
    }

    @Test("The recorded boot of a virtio guest: 512 clears of 512, a window of 16 MiB pages filled by one list")
    func recordedDefault() throws {
        let boot = try boot()
        #expect(count(boot, .clear, "H_STUFF_TCE", 0x8000_0000) == [512, 262_144])
        #expect(count(boot, .populate, "H_PUT_TCE_INDIRECT", 0x8000_0001) == [1, 128])
        #expect(boot.calls[.populate]?.rtas == ["ibm,query-pe-dma-window": 1, "ibm,create-pe-dma-window": 1])
    }

    @Test("The same with multitce=off: 262,144 puts, then 128")
    func recordedWithoutMultiTCE() throws {
        let boot = try boot { $0.multiTCE = .off }
        #expect(count(boot, .clear, "H_PUT_TCE") == [262_144, 262_144])
        #expect(count(boot, .populate, "H_PUT_TCE") == [128, 128])
        #expect(count(boot, .clear, "H_STUFF_TCE") == [0, 0])
    }

    @Test("The same with disable_ddw: the clear alone")
    func recordedWithoutDDW() throws {
        let boot = try boot { $0.usesDDW = false }
        #expect(count(boot, .clear, "H_STUFF_TCE") == [512, 262_144])
        #expect(boot.calls[.populate] == nil)
    }

    /// Window, level, and calls: of H_STUFF_TCE, of puts with multitce=off, of gets in a kdump kernel.
    static let clears: [(UInt64, KernelLevel, UInt64, UInt64)] = [
        (64 << 20, .v5_5, 1, 16384), (64 << 20, .v6_4, 32, 16384), (256 << 20, .v5_17, 1, 65536),
        (256 << 20, .v6_1, 128, 65536), (1 << 30, .v5_10, 1, 262_144), (1 << 30, .v6_15, 512, 262_144),
        (2 << 30, .v5_4_0, 1, 524_288), (2 << 30, .v6_4, 1024, 524_288),
    ]

    @Test(
        "A table's clear: one call, with the limit one for each 512 TCEs; a get for each TCE in a kdump kernel",
        arguments: clears.indices)
    func clearsOfLevel(_ index: Int) throws {
        let (window, level, stuffs, puts) = Self.clears[index]
        func guest(_ change: (inout GuestConfiguration) -> Void) throws -> GuestBoot {
            try boot {
                $0.level = level
                $0.usesDDW = false
                $0.phbs[0].windowBytes = window
                change(&$0)
            }
        }
        #expect(try count(guest { _ in }, .clear, "H_STUFF_TCE") == [stuffs, puts])
        #expect(try count(guest { $0.multiTCE = .off }, .clear, "H_PUT_TCE") == [puts, puts])
        #expect(try count(guest { $0.isKdump = true }, .clear, "H_GET_TCE") == [puts, puts])
    }

    @Test("Each host bridge and each virtual device has a table of its own")
    func several() throws {
        let boot = try boot {
            $0.phbs.append($0.phbs[0])
            $0.phbs[1].buid += 1
            $0.phbs[1].liobn += 0x100
            $0.vioDevices = 2
        }
        for liobn in [0x8000_0000, 0x8000_0100] as [LIOBN] {
            #expect(count(boot, .clear, "H_STUFF_TCE", liobn) == [512, 262_144])
            #expect(count(boot, .populate, "H_PUT_TCE_INDIRECT", liobn + 1) == [1, 128])
        }
        for liobn in [0x7100_0002, 0x7100_0003] as [LIOBN] {
            #expect(count(boot, .clear, "H_STUFF_TCE", liobn) == [128, 65536])
        }
    }

    @Test("A kdump kernel of 6.1 reads the table over the dynamic window, and asks for no other")
    func kdumpOverDynamicWindow() throws {
        let boot = try boot { $0.isKdump = true }
        #expect(count(boot, .clear, "H_GET_TCE", 0x8000_0001) == [128, 128])
        #expect(boot.calls[.populate] == nil)
        let older = try self.boot {
            $0.isKdump = true
            $0.level = .v5_17
        }
        #expect(count(older, .clear, "H_GET_TCE", 0x8000_0000) == [262_144, 262_144])
    }

    /// Memory, and the order of the window that reaches it.
    static let lengths: [(UInt64, Int)] = [
        (1, 30), (2, 31), (3, 32), (30, 35), (32, 35), (33, 36), (96, 37), (128, 37),
    ].map { ($0.0 << 30, $0.1) }

    @Test("A dynamic window is as long as the power of two that reaches memory", arguments: lengths.indices)
    func windowLength(_ index: Int) throws {
        var guest = GuestConfiguration()
        guest.memoryBytes = Self.lengths[index].0
        var kernel = try GuestKernel(guest, profile: TimingProfile())
        try kernel.boot()
        kernel.devices = [GuestDevice(node: 0)]
        #expect(try kernel.setMasks(0, .max) == nil)
        let window = try #require(kernel.nodes[0].dynamicWindow)
        #expect(window.windowShift == Self.lengths[index].1 && window.start == 1 << 59)
    }

    @Test("Older kernels take 16 MiB, else 64 KiB, else 4 KiB; later ones the largest page offered")
    func pageSize() throws {
        func shift(_ level: KernelLevel, _ offered: [UInt64]) throws -> Int? {
            var guest = GuestConfiguration()
            guest.level = level
            guest.phbs[0].pageShifts = offered.reduce(0) { $0 | 1 << $1 }
            var kernel = try GuestKernel(guest, profile: TimingProfile())
            try kernel.boot()
            kernel.devices = [GuestDevice(node: 0)]
            _ = try kernel.setMasks(0, .max)
            return kernel.nodes[0].dynamicWindow?.pageShift
        }
        #expect(try shift(.v5_10, [12, 16, 21, 24]) == 24)
        #expect(try shift(.v5_10, [12, 16, 21]) == 16)
        #expect(try shift(.v5_17, [12, 16, 21]) == 21)
        #expect(try shift(.v5_10, [21]) == nil)
        #expect(try shift(.v5_5, [12]) == 12)
        #expect(try shift(.v6_15, [12, 24, 28]) == 28)
    }
}
