// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import TceEmu

/// A kernel after another: kexec and kdump.
@Suite("Guest: kexec and kdump")
struct RestartTests {
    /// A kernel that follows another, and its calls until a device's masks are set.
    private struct Next: ~Copyable {
        var kernel: GuestKernel
        var calls: [String]
    }

    /// The kernel after one that made a dynamic window.
    private func restarted(
        _ level: KernelLevel, kdump: Bool = false, policy: String? = nil,
        _ before: (inout GuestKernel) throws -> Void = { _ in }
    ) throws -> Next {
        var kernel = try GuestKernel.booted(policy) {
            $0.level = level
            $0.isKdump = kdump
            $0.memoryBytes = 2 << 30
        }
        _ = try kernel.setMasks(0, .max)
        try before(&kernel)
        let calls = try kernel.calls { kernel in
            try kernel.restart()
            kernel.devices = [GuestDevice(node: 0)]
            _ = try kernel.setMasks(0, .max)
        }
        return Next(kernel: kernel, calls: calls)
    }

    private func reaches(_ kernel: borrowing GuestKernel) -> Bool {
        if case .success = kernel.platform.machine.translate(0x8000_0001, (1 << 59) + 0x3000_1000, for: .read) {
            true
        } else {
            false
        }
    }

    @Test("kexec: the table over the default window clears that, and the window is used again as it is")
    func defaultWindow() throws {
        for (level, count) in [(KernelLevel.v5_10, 1), (.v5_17, 1), (.v6_4, 512)] {
            let next = try restarted(level)
            #expect(next.calls.count == count && next.calls[0].hasPrefix("stuff 0x0 "))
            #expect(next.kernel.route(0, coherent: false) == .direct(offset: 1 << 59) && reaches(next.kernel))
        }
    }

    @Test("kexec: the table over the dynamic window wipes the map of memory, and the device goes direct all the same")
    func wiped() throws {
        for level in [KernelLevel.v6_1, .v6_15] {
            let next = try restarted(level)
            #expect(next.calls == ["stuff 0x800000000000000 128"])
            #expect(next.kernel.route(0, coherent: false) == .direct(offset: 1 << 59) && !reaches(next.kernel))
        }
    }

    @Test("kdump: each entry is read, none cleared, and the device reaches memory")
    func kdump() throws {
        let next = try restarted(.v6_1, kdump: true)
        #expect(
            next.calls.count == 128 && next.calls[0] == "get 0x800000000000000"
                && next.calls[127] == "get 0x80000007f000000")
        #expect(next.kernel.route(0, coherent: false) == .direct(offset: 1 << 59) && reaches(next.kernel))
        let older = try restarted(.v6_4, kdump: true)
        #expect(older.calls.count == 262_144 && older.calls[1] == "get 0x1000")
    }

    @Test("kdump: what the crashed kernel had mapped is taken, but where fewer than 2048 are free the last are freed")
    func keptMappings() throws {
        // 16384 entries, of which the first is always taken.
        for (count, taken) in [(14335, 14336), (14336, 14337 - 2048)] {
            var kernel = try GuestKernel.booted {
                $0.level = .v6_4
                $0.isKdump = true
                $0.usesDDW = false
                $0.phbs[0].windowBytes = 64 << 20
            }
            let last = 16383
            _ = try kernel.build(0, entry: last - count + 1, npages: count, 0x5000, .read, cpu: 0)
            try kernel.restart()
            #expect(kernel.tables[0].taken.count == taken)
            #expect(kernel.tables[0].taken[last] == (count == 14335))
        }
    }

    @Test("A secure guest unshares all first, and shares again")
    func secure() throws {
        let next = try restarted(.v5_10, policy: "P0")
        #expect(next.calls.first == "UV_UNSHARE_ALL_PAGES")
        #expect(next.calls.filter { $0.hasPrefix("share") }.count == 5)
    }

    @Test("A node that failed is asked again by the next kernel")
    func failedAgain() throws {
        var kernel = try GuestKernel.booted {
            $0.level = .v5_5
            $0.phbs[0].pageShifts = 1 << 21
        }
        _ = try kernel.setMasks(0, .max)
        try kernel.restart()
        kernel.devices = [GuestDevice(node: 0)]
        #expect(try kernel.calls { _ = try $0.setMasks(0, .max) } == ["ibm,query-pe-dma-window"])
    }

    @Test("From 5.17 on memory that comes leaves a window of an earlier kernel alone")
    func kept() throws {
        for (level, expected) in [
            (KernelLevel.v5_10, ["stuff 0x800000070000000 16"]), (.v5_17, []), (.v6_1, []),
        ] as [(KernelLevel, [String])] {
            var next = try restarted(level)
            #expect(try next.kernel.calls { try $0.takeOffline(0x7000_0000, bytes: 256 << 20) } == expected)
        }
    }
}
