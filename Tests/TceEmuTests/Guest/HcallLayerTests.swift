// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import TceEmu

/// Runs of TCEs as hcalls, with each way that they fail (Linux arch/powerpc/platforms/pseries/iommu.c).
@Suite("Guest: hcall layer")
struct HcallLayerTests {
    private func guest(
        _ multiTCE: MultiTCE = .on, _ level: KernelLevel = .v6_1, policy: String? = nil
    ) throws -> GuestKernel {
        try .booted(policy) {
            $0.usesDDW = false
            $0.multiTCE = multiTCE
            $0.level = level
            $0.memoryBytes = 2 << 30
        }
    }

    private func build(_ npages: Int, _ kernel: inout GuestKernel, cpu: Int = 0) throws -> Bool {
        try kernel.build(0, entry: 16, npages: npages, 0x5000, .readWrite, cpu: cpu)
    }

    @Test("One TCE is a put, more are lists of at most 512")
    func lists() throws {
        var kernel = try guest()
        for (npages, expected) in [
            (1, ["put 0x10000 0x5003"]), (2, ["list 0x10000 2 0x5003"]), (512, ["list 0x10000 512 0x5003"]),
            (513, ["list 0x10000 512 0x5003", "list 0x210000 1 0x205003"]),
        ] {
            #expect(try kernel.calls { _ = try build(npages, &$0) } == expected)
        }
    }

    @Test("Without the feature every TCE is a put", arguments: [MultiTCE.off, .split])
    func puts(_ setting: MultiTCE) throws {
        var kernel = try guest(setting)
        #expect(
            try kernel.calls { _ = try build(3, &$0) } == [
                "put 0x10000 0x5003", "put 0x11000 0x6003", "put 0x12000 0x7003",
            ])
    }

    @Test("A clear is one call of any length; with the limit calls of 512; without the feature a put each")
    func clear() throws {
        func calls(_ npages: Int, _ level: KernelLevel, _ setting: MultiTCE = .on) throws -> [String] {
            var kernel = try guest(setting, level)
            return try kernel.calls { try $0.clear(0x8000_0000, 12, 0x1000, npages, cpu: 0) }
        }
        #expect(try calls(1, .v6_1) == ["stuff 0x1000 1"])
        #expect(try calls(512, .v6_4) == ["stuff 0x1000 512"])
        #expect(try calls(513, .v6_4) == ["stuff 0x1000 512", "stuff 0x201000 1"])
        #expect(try calls(513, .v5_17) == ["stuff 0x1000 513"])
        #expect(try calls(513, .v5_17, .split) == ["stuff 0x1000 513"])
        #expect(try calls(2, .v6_1, .off) == ["put 0x1000 0x0", "put 0x2000 0x0"])
    }

    @Test("A CPU's list page is taken once and kept; without memory for it TCEs are put one by one")
    func listPage() throws {
        var kernel = try guest()
        _ = try build(1, &kernel)
        #expect(kernel.listPages.isEmpty)
        _ = try build(2, &kernel)
        let page = try #require(kernel.listPages[0])
        _ = try build(2, &kernel)
        _ = try build(2, &kernel, cpu: 1)
        #expect(kernel.listPages[0] == page && kernel.listPages.count == 2 && kernel.listPages[1] != page)
        while kernel.pages.takeLowest(1 << 16, from: 0) != nil {}
        #expect(try kernel.calls { _ = try build(2, &$0, cpu: 2) } == ["put 0x10000 0x5003", "put 0x11000 0x6003"])
        #expect(try kernel.calls { _ = try build(2, &$0, cpu: 1) } == ["list 0x10000 2 0x5003"])
    }

    // MARK: Errors

    @Test("One by one, H_NOT_ENOUGH_RESOURCES undoes what was put, and nothing more is")
    func noResourcesOneByOne() throws {
        var kernel = try guest(.off)
        var isBuilt = true
        #expect(
            try kernel.calls(refusing: 0, with: .notEnoughResources) { isBuilt = try build(3, &$0) } == [])
        #expect(!isBuilt)
        #expect(
            try kernel.calls(refusing: 2, with: .notEnoughResources) { isBuilt = try build(4, &$0) }
                == ["put 0x10000 0x5003", "put 0x11000 0x6003", "put 0x10000 0x0", "put 0x11000 0x0"])
        #expect(!isBuilt)
    }

    @Test("One by one, any other error is told to nobody, and the rest is put")
    func errorOneByOne() throws {
        var kernel = try guest(.off)
        var isBuilt = false
        #expect(
            try kernel.calls(refusing: 1, with: .parameter) { isBuilt = try build(3, &$0) }
                == ["put 0x10000 0x5003", "put 0x12000 0x7003"])
        #expect(isBuilt)
    }

    @Test("With lists, H_NOT_ENOUGH_RESOURCES clears the lists before it; of none before 6.4 by a call of no TCEs")
    func noResourcesOfList() throws {
        for (level, first) in [(KernelLevel.v6_1, [] as [String]), (.v5_10, ["stuff 0x10000 0"])] {
            var kernel = try guest(.on, level)
            var isBuilt = true
            #expect(
                try kernel.calls(refusing: 0, with: .notEnoughResources) { isBuilt = try build(1024, &$0) } == first)
            #expect(!isBuilt)
            isBuilt = true
            #expect(
                try kernel.calls(refusing: 1, with: .notEnoughResources) { isBuilt = try build(1025, &$0) }
                    == ["list 0x10000 512 0x5003", "stuff 0x10000 512"])
            #expect(!isBuilt)
        }
    }

    @Test("With lists, any other error ends them, and the caller is told that all went well")
    func errorOfList() throws {
        var kernel = try guest()
        var isBuilt = false
        #expect(
            try kernel.calls(refusing: 1, with: .parameter) { isBuilt = try build(1025, &$0) }
                == ["list 0x10000 512 0x5003"])
        #expect(isBuilt)
    }

    @Test("A map that lacks resources clears its TCEs and gives its entries back; any other error is a success")
    func failedMap() throws {
        var kernel = try guest()
        let taken = kernel.tables[0].taken.count
        var result: Result<IOBA, GuestFailure>?
        let calls = try kernel.calls(refusing: 0, with: .notEnoughResources) {
            result = try $0.map(0, 0x5000, bytes: 4096, .read)
        }
        #expect(throws: GuestFailure.self) { try result?.get() }
        #expect(calls == ["stuff 0x1000 1"] && kernel.tables[0].taken.count == taken)
        // The next has the next place: the hint stays.
        #expect(try kernel.calls { _ = try $0.mapped(0x5000, bytes: 4096) } == ["put 0x10000 0x5001"])
        #expect(try kernel.calls(refusing: 0, with: .parameter) { _ = try $0.mapped(0x5000, bytes: 4096) } == [])
    }

    // MARK: Ranges

    @Test("A range begins at a TCE's start and has as many whole TCEs as its length and what was rounded off make")
    func rangeEntries() {
        for (start, bytes, first, count) in [
            (0, 64 << 20, 0, 4), (0x0350_0000, 64 << 20, 0x0300_0000, 4), (0x0350_0000, 75 << 20, 0x0300_0000, 5),
            (0x0350_0000, (75 << 20) - 1, 0x0300_0000, 4), (0, (16 << 20) - 1, 0, 0), (0, 16 << 20, 0, 1),
        ] as [(UInt64, UInt64, UInt64, Int)] {
            let entries = GuestKernel.entries(start, bytes: bytes, shift: 24)
            #expect(entries.first == first && entries.count == count)
        }
    }

    private let window = DynamicWindow(liobn: 0x8000_0000, start: 0, pageShift: 12, windowShift: 30)

    @Test("A range is mapped with lists until one is refused, and that status is the answer")
    func setRange() throws {
        var kernel = try guest()
        var status = HcallStatus.parameter
        #expect(
            try kernel.calls { status = try $0.setRange(window, 0x10000, bytes: 513 << 12, cpu: 0) }
                == ["list 0x10000 512 0x10003", "list 0x210000 1 0x210003"])
        #expect(status == .success)
        #expect(
            try kernel.calls(refusing: 1, with: .parameter) {
                status = try $0.setRange(window, 0, bytes: 1025 << 12, cpu: 0)
            } == ["list 0x0 512 0x3"])
        #expect(status == .parameter)
    }

    @Test("A range of no whole TCE is a call of none, which is refused; one by one it is no call")
    func emptyRange() throws {
        var kernel = try guest()
        var status = HcallStatus.success
        #expect(try kernel.calls { status = try $0.setRange(window, 0, bytes: 4095, cpu: 0) } == ["list 0x0 0 0x0"])
        #expect(status == .parameter)
        var plain = try guest(.off)
        #expect(try plain.calls { status = try $0.setRange(window, 0, bytes: 4095, cpu: 0) } == [])
        #expect(status == .success)
    }

    @Test("One by one, a range tells of H_NOT_ENOUGH_RESOURCES alone")
    func rangeOneByOne() throws {
        var kernel = try guest(.off)
        var status = HcallStatus.parameter
        #expect(
            try kernel.calls(refusing: 0, with: .parameter) {
                status = try $0.setRange(window, 0, bytes: 2 << 12, cpu: 0)
            } == ["put 0x1000 0x1003"])
        #expect(status == .success)
        #expect(
            try kernel.calls(refusing: 1, with: .notEnoughResources) {
                status = try $0.setRange(window, 0, bytes: 2 << 12, cpu: 0)
            } == ["put 0x0 0x3", "put 0x0 0x0"])
        #expect(status == .notEnoughResources)
    }

    @Test("multitce=off: a range still makes lists before 5.6, and puts from then on; the split always puts")
    func rangeWithoutFeature() throws {
        for (setting, level, call) in [
            (MultiTCE.off, KernelLevel.v5_5, "list 0x0 1 0x3"), (.off, .v5_6, "put 0x0 0x3"),
            (.split, .v5_5, "put 0x0 0x3"), (.on, .v5_5, "list 0x0 1 0x3"), (.on, .v5_6, "list 0x0 1 0x3"),
        ] {
            var kernel = try guest(setting, level)
            #expect(try kernel.calls { _ = try $0.setRange(window, 0, bytes: 4096, cpu: 0) } == [call])
        }
    }

    @Test("A range is cleared by H_STUFF_TCE of 512, whatever the features and the kernel, until a call is refused")
    func clearRange() throws {
        for (setting, level) in [(MultiTCE.off, KernelLevel.v6_1), (.on, .v5_5), (.off, .v5_4_0)] {
            var kernel = try guest(setting, level)
            #expect(
                try kernel.calls { try $0.clearRange(window, 0x1000, bytes: 513 << 12, cpu: 0) }
                    == ["stuff 0x1000 512", "stuff 0x201000 1"])
            #expect(
                try kernel.calls(refusing: 1, with: .parameter) {
                    try $0.clearRange(window, 0, bytes: 1025 << 12, cpu: 0)
                } == ["stuff 0x0 512"])
            #expect(try kernel.calls { try $0.clearRange(window, 0, bytes: 0, cpu: 0) } == ["stuff 0x0 0"])
        }
    }
}
