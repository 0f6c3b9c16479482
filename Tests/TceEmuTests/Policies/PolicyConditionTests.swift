// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import TceEmu

/// What one changed condition does to an outcome, derived from Linux's code; and what a device can reach.
@Suite("Policies: conditions and exposure")
struct PolicyConditionTests {
    static let low: RealAddress = 0x0400_0000

    private func check(
        _ policies: String, _ devices: String, _ expected: PolicyOutcome, window: UInt64 = 1 << 30,
        at place: RealAddress = low, _ setting: MultiTCE = .call, sourceLocation: SourceLocation = #_sourceLocation,
        _ change: (inout PolicyOptions) -> Void = { _ in }
    ) throws {
        var options = PolicyOptions()
        change(&options)
        for name in policies.split(separator: " ") {
            for device in devices.split(separator: " ") {
                let result = try PolicyRun.run(
                    PolicyCell(
                        policy: try #require(DMAPolicy(named: String(name))),
                        multiTCE: name == "U56" && setting == .call ? .split : setting,
                        device: try #require(DeviceClass(rawValue: String(device))), windowBytes: window,
                        bufferStart: place), options)
                #expect(
                    result.outcome == expected, "\(name) \(device): \(result.outcome.rawValue), \(result.why)",
                    sourceLocation: sourceLocation)
            }
        }
    }

    @Test("Without dynamic windows: P1, P3 and U56 corrupt, P4 goes by P2, P5 has no DMA")
    func noDDW() throws {
        try check("P1 P1c P3 P3n U56", "D64 V+", .silent) { $0.usesDDW = false }
        try check("P1 P1c P3 P3n U56", "V-f", .wrongPage) { $0.usesDDW = false }
        try check("P4", "D64 D40 D32 Dnone D64/32 D32/64 V+", .ok) { $0.usesDDW = false }
        try check("P4", "V-f", .wrongPage) { $0.usesDDW = false }
        try check("P5", "D64 D40", .maskRefused) { $0.usesDDW = false }
        try check("P5", "V+ V-f", .mapError) { $0.usesDDW = false }
        try check("P2 P2i", "D64", .ok) { $0.usesDDW = false }
    }

    @Test("A bounce buffer of 1 GiB does not fit a default window of 1 GiB, and one of 2 GiB only as far as it reaches")
    func largeBuffer() throws {
        try check("P2 P2n P2i", "D64 D32 Dnone", .initFailed) { $0.bufferBytes = 1 << 30 }
        try check("P2", "D64 D32 Dnone", .ok, window: 2 << 30) { $0.bufferBytes = 1 << 30 }
        try check("P2i", "D64 D32", .ok, window: 2 << 30, at: 0x4000_0000) { $0.bufferBytes = 1 << 30 }
        try check("P2i", "D64 D32", .initFailed, window: 2 << 30, at: 0x4001_0000) { $0.bufferBytes = 1 << 30 }
        try check("P4", "D32 D40 Dnone", .initFailed) { $0.bufferBytes = 1 << 30 }
        try check("P4 P1 P3 P5", "D64 V+", .ok) { $0.bufferBytes = 1 << 30 }
    }

    @Test("A default window of 64 MiB holds no bounce buffer of 64 MiB")
    func smallWindow() throws {
        try check("P2 P2n P2i", "D64 D32 V-f", .initFailed, window: 64 << 20)
        try check("P4", "D32 D40 D64/32 D32/64 Dnone", .initFailed, window: 64 << 20)
        try check("P4 P1 P3", "D64 V+", .ok, window: 64 << 20)
    }

    @Test("A list page that is not shared: what needs TCEs faults")
    func unsharedList() throws {
        try check("P1 P3 P4 P5", "D64 V+", .deviceFault, .unshared)
        try check("P2 P2i", "D64 D32 V+", .deviceFault, .unshared)
        try check("P1 P3", "D32 D40 Dnone", .deviceFault, .unshared)
        try check("P0 P1 P2", "VIO", .deviceFault, .unshared)
        try check("P2i P5", "V-f", .ok, .unshared)
    }

    @Test("multitce=off before 5.6: the fill of a dynamic window makes lists all the same")
    func offBeforeSplit() throws {
        try check("P1 P1c P3 P4 P5", "D64 V+", .deviceFault, .off)
        try check("P2 P2i P4", "D32", .ok, .off)
        try check("P1 P3 P4 P5", "D64 V+", .ok, .off) { $0.level = .v5_6 }
        try check("P1", "D64", .silent, .off) { $0.platform = .papr }
    }

    @Test("A request above 256 KiB: an error, unless the driver was told to split it")
    func largeRequest() throws {
        try check("P1 P3 P5 P2 P2i P4", "D64", .ok) { $0.requestBytes = 256 << 10 }
        try check("P1 P3 P5 P2 P2i P4", "D64", .mapError) { $0.requestBytes = 256 << 10 + 1 }
        try check("P0", "V-f", .ok) { $0.requestBytes = 512 << 10 }
        try check("P1 P5", "V+", .ok) { $0.requestBytes = 512 << 10 }
        try check("P1 P3 P5", "D64", .ok) {
            $0.requestBytes = 512 << 10
            $0.level = .v5_10
        }
        try check("P1", "D32", .silent) { $0.requestBytes = 512 << 10 }
    }

    @Test("Linux 6.15 asks for limited addresses first: a platform without them loses the window for the node")
    func limitedAddresses() throws {
        try check("P1 P3", "D40", .silent) { $0.level = .v6_15 }
        try check("P4", "D40 D64", .ok) { $0.level = .v6_15 }
        try check("P5", "D40", .maskRefused) { $0.level = .v6_15 }
        try check("P1 P3 P5", "D64", .ok) { $0.level = .v6_15 }
    }

    @Test("A check that fails closed refuses what maps pages that are not shared: at the mask, or at the map")
    func closed() throws {
        func closed(_ policies: String, _ devices: String, _ expected: PolicyOutcome, ddw: Bool = true) throws {
            try check(policies, devices, expected) {
                $0.maskCheck = .closed
                $0.usesDDW = ddw
            }
        }
        try closed("P1 P3 P5 U56", "D64 V+", .ok)
        try closed("P1 P3 U56", "D40 D32 D64/32 D32/64", .maskRefused)
        try closed("P1 P3", "Dnone", .mapError)
        // Where there is no window a mask of 64 bits is refused, too; virtio goes on, and its map is refused.
        try closed("P1 P3 U56", "D64", .maskRefused, ddw: false)
        try closed("P1 P3", "V+ V-f", .mapError, ddw: false)
        try closed("P0 P1 P2 P3 P4 P5", "VIO", .mapError)
        // What the default window serves is shared: small masks go on.
        try closed("P2 P2i P4", "D64 D40 D32 Dnone D64/32 D32/64 V+", .ok)
        try check("P2 P2i P4", "D40 D32 D64/32 D32/64", .ok) { $0.maskCheck = .on }
        // A driver that goes on all the same gets no mapping.
        try check("P1 P3", "D32 D64/32", .mapError) {
            $0.maskCheck = .closed
            $0.heedsRefusals = false
        }
        try check("P1", "D32", .silent) {
            $0.maskCheck = .on
            $0.heedsRefusals = false
        }
    }

    @Test("A virtual device's mask is refused by a check that is closed, and by no other")
    func closedVirtual() throws {
        for (maskCheck, isRefused) in [(DMAPolicy.MaskCheck.off, false), (.on, false), (.closed, true)] {
            var kernel = try GuestKernel.booted("P1") {
                $0.policy.maskCheck = maskCheck
                $0.phbs = []
                $0.vioDevices = 1
            }
            for mask in [UInt64.max, UInt64(UInt32.max)] {
                let refusal = try kernel.setMasks(0, mask)
                #expect((refusal != nil) == isRefused, "\(maskCheck)")
            }
            let mapping = try kernel.map(0, 0x1000_0000, bytes: 4096, .read)
            #expect(((try? mapping.get()) == nil) == isRefused, "\(maskCheck)")
        }
    }

    @Test("A mask that is refused for want of a table leaves the device going direct")
    func refusedWithoutTable() throws {
        try check("P5", "D64/32", .mapError) { $0.heedsRefusals = false }
        try check("P5", "D64/32", .ok) {
            $0.heedsRefusals = false
            $0.coherentPlace = .low
        }
    }

    @Test("A bounce buffer that does not lie in memory: nothing is bounced, and the text says where it should be")
    func bufferOutsideMemory() throws {
        for (policy, outcome) in [("P1", PolicyOutcome.mapError), ("P3", .mapError), ("P2", .initFailed)] {
            for (memory, place) in [(2 << 30, 0xa000_0000), (4 << 30, 0x1_4000_0000)] as [(UInt64, RealAddress)] {
                var options = PolicyOptions()
                options.memoryBytes = memory
                let result = try PolicyRun.run(
                    PolicyCell(
                        policy: try #require(DMAPolicy(named: policy)), multiTCE: .call, device: .d64,
                        windowBytes: 1 << 30, bufferStart: place), options)
                #expect(result.outcome == outcome)
                #expect(
                    result.why == "there is no bounce buffer: 64 MiB at \(place.hex) are not free in "
                        + "\(memory >> 30) GiB of memory")
            }
        }
    }

    @Test("A bounce buffer that does not begin at a TCE's start: as worded its tail has no TCE, rounded outward it has")
    func roundedFill() throws {
        try check("P3", "D64", .ok, at: 0x0350_0000) { $0.tceBytes = 16 << 20 }
        let naive = try exposure("P3n", .d64, at: 0x0350_0000, tceBytes: 16 << 20)
        #expect(naive.plain == 59 << 20 && naive.latent == 5 << 20)
    }

    private func exposure(
        _ policy: String, _ device: DeviceClass, at place: RealAddress = low, tceBytes: UInt64 = 64 << 10
    ) throws -> PolicyResult {
        var options = PolicyOptions()
        options.tceBytes = tceBytes
        return try PolicyRun.run(
            PolicyCell(
                policy: try #require(DMAPolicy(named: policy)), multiTCE: .call, device: device, windowBytes: 1 << 30,
                bufferStart: place), options)
    }

    /// In KiB: shared, reachable, plain. What is common to all is 256 KiB, a ring 64 KiB.
    static let exposures: [(policy: String, device: DeviceClass, place: RealAddress, tce: UInt64, [UInt64])] = [
        ("P0", .d64, low, 64 << 10, [65536 + 320, 0, 0]),
        ("P1", .d64, low, 64 << 10, [65536 + 320, 32 << 20, 65536 + 320]),
        ("P1", .d32, low, 64 << 10, [65536 + 256, 128, 0]),
        ("P1", .virtio, low, 64 << 10, [65536 + 256, 32 << 20, 65536 + 256]),
        ("P5", .d64, low, 64 << 10, [65536 + 320, 32 << 20, 65536 + 320]),
        ("U56", .d64, low, 64 << 10, [65536 + 320, 32 << 20, 65536 + 320]),
        ("P2", .d64, low, 64 << 10, [65536 + 320, 65536 + 64, 65536 + 64]),
        ("P2n", .d64, low, 64 << 10, [65536 + 320, 65536, 65536]),
        ("P2i", .d64, low, 64 << 10, [65536 + 256, 65536, 65536]),
        ("P3", .d64, low, 64 << 10, [65536 + 256, 65536, 65536]),
        ("P3", .d64, low, 16 << 20, [65536 + 256, 65536, 65536]),
        ("P3", .d64, 0x0350_0000, 16 << 20, [65536 + 256, 80 << 10, 65536]),
        ("P3n", .d64, 0x0350_0000, 16 << 20, [65536 + 320, 64 << 10, 59 << 10]),
        ("P4", .d32, low, 64 << 10, [65536 + 320, 65536 + 64, 65536 + 64]),
        ("P4", .d64, low, 64 << 10, [65536 + 256, 65536, 65536]),
    ]

    @Test("What is shared, what a device reaches, what of that it reads plain", arguments: exposures.indices)
    func exposed(_ index: Int) throws {
        let row = Self.exposures[index]
        let result = try exposure(row.policy, row.device, at: row.place, tceBytes: row.tce)
        #expect(
            [result.shared, result.reachable, result.plain].map { $0 >> 10 } == row.4, "\(row.policy) \(row.device)")
        #expect(result.latent == result.reachable - result.plain)
    }

    @Test("A page shared by mistake: a device that reads all it can gets it only where all memory is mapped")
    func leak() throws {
        func leak(_ policy: String) throws -> PolicyResult.Leak {
            var options = PolicyOptions()
            options.leak = 0x1234_5678
            let result = try PolicyRun.run(
                PolicyCell(
                    policy: try #require(DMAPolicy(named: policy)), multiTCE: .call, device: .d64, windowBytes: 1 << 30,
                    bufferStart: Self.low), options)
            return try #require(result.leak)
        }
        #expect(try leak("P1").leakedBytes == 65536)
        #expect(try leak("P1").ciphertextPages > 500_000)
        for policy in ["P0", "P2", "P2i", "P3", "P4"] {
            #expect(try leak(policy).leakedBytes == 0)
            #expect(try leak(policy).ciphertextPages == 0)
        }
    }

    @Test("Under P1 a device reaches the rings of the devices of all PEs; under P2 its own alone")
    func ringsOfOtherPEs() throws {
        func exposure(_ policy: String, _ device: DeviceClass, nodes: Int) throws -> [UInt64] {
            var options = PolicyOptions()
            options.nodes = nodes
            let result = try PolicyRun.run(
                PolicyCell(
                    policy: try #require(DMAPolicy(named: policy)), multiTCE: .call, device: device,
                    windowBytes: 1 << 30, bufferStart: Self.low), options)
            return [result.shared, result.reachable, result.plain]
        }
        func growth(_ policy: String, _ device: DeviceClass) throws -> [UInt64] {
            let one = try exposure(policy, device, nodes: 1), four = try exposure(policy, device, nodes: 4)
            return zip(four, one).map { $0 &- $1 }
        }
        #expect(try growth("P1", .d64) == [3 * 65536, 0, 3 * 65536])
        #expect(try growth("P2", .d64) == [3 * 65536, 0, 0])
        // Rings from the bounce buffer, rings that are not shared.
        #expect(try growth("P3", .d64) == [0, 0, 0])
        #expect(try growth("P1", .d32) == [0, 0, 0])
    }

    /// Hcalls of a boot by policy, setting, kernel and TCE size: puts, lists, stuffs.
    static let boots: [(String, MultiTCE, KernelLevel, UInt64, [UInt64])] = [
        ("P0", .call, .v5_5, 64 << 10, [0, 0, 1]), ("P0", .off, .v5_6, 64 << 10, [262_144, 0, 0]),
        ("P0", .split, .v5_6, 64 << 10, [0, 0, 1]),
        ("P1", .call, .v5_5, 64 << 10, [0, 1024, 1]), ("P1", .off, .v5_6, 64 << 10, [786_432, 0, 0]),
        ("P1", .split, .v5_6, 64 << 10, [524_288, 0, 1]),
        ("P1", .call, .v5_5, 16 << 20, [0, 4, 1]), ("P1", .off, .v5_6, 16 << 20, [264_192, 0, 0]),
        ("P1", .split, .v5_6, 16 << 20, [2048, 0, 1]),
        ("P2", .call, .v5_5, 64 << 10, [0, 32, 1]), ("P2", .off, .v5_6, 64 << 10, [278_528, 0, 0]),
        ("P2i", .split, .v5_6, 64 << 10, [16384, 0, 1]),
        ("P3", .call, .v5_5, 64 << 10, [0, 2, 1]), ("P3", .off, .v5_6, 64 << 10, [263_168, 0, 0]),
        ("P3", .split, .v5_6, 64 << 10, [1024, 0, 1]),
        ("P3", .call, .v5_5, 16 << 20, [0, 1, 1]), ("P3", .off, .v5_6, 16 << 20, [262_148, 0, 0]),
        ("P3", .split, .v5_6, 16 << 20, [4, 0, 1]),
        ("P4", .call, .v5_5, 64 << 10, [0, 34, 1]), ("P4", .off, .v5_6, 64 << 10, [279_552, 0, 0]),
        ("P4", .split, .v5_6, 64 << 10, [17408, 0, 1]),
        ("P5", .call, .v5_5, 16 << 20, [0, 4, 0]), ("P5", .off, .v5_6, 16 << 20, [2048, 0, 0]),
        ("P5", .split, .v5_6, 16 << 20, [2048, 0, 0]),
    ]

    @Test("The hcalls of a boot with a 64-bit device", arguments: boots.indices)
    func bootsOf(_ index: Int) throws {
        let row = Self.boots[index]
        var options = PolicyOptions()
        options.level = row.2
        options.tceBytes = row.3
        let result = try PolicyRun.run(
            PolicyCell(
                policy: try #require(DMAPolicy(named: row.0)), multiTCE: row.1, device: .d64, windowBytes: 1 << 30,
                bufferStart: Self.low), options)
        let names = ["H_PUT_TCE", "H_PUT_TCE_INDIRECT", "H_STUFF_TCE"]
        #expect(names.map { result.boot.hcalls[$0] ?? 0 } == row.4, "\(row.0) \(row.1) \(row.2)")
    }
}

extension PolicyConditionTests {
    /// Of a request of 64 KiB through the table: puts, lists, stuffs, ultracalls.
    static let requests: [(MultiTCE, [UInt64])] = [
        (.life, [0, 1, 1, 0]), (.call, [0, 1, 1, 2]), (.off, [32, 0, 0, 0]), (.split, [16, 0, 1, 0]),
    ]

    @Test("What a request through the table costs is counted where the device gets ciphertext", arguments: requests)
    func perIO(_ setting: MultiTCE, _ expected: [UInt64]) throws {
        for device in [DeviceClass.d32, .vio] {
            let result = try PolicyRun.run(
                PolicyCell(
                    policy: try #require(DMAPolicy(named: "P1")), multiTCE: setting, device: device,
                    windowBytes: 1 << 30, bufferStart: Self.low), PolicyOptions())
            #expect(result.outcome == .silent, "\(result.why)")
            let cost = try #require(result.perIO)
            let hcalls = ["H_PUT_TCE", "H_PUT_TCE_INDIRECT", "H_STUFF_TCE"].map { cost.hcalls[$0] ?? 0 }
            #expect(hcalls + [cost.ultracalls.values.reduce(0, +)] == expected, "\(device) \(setting)")
        }
    }

    @Test("A request of a driver without the DMA API costs no call; one that is refused costs nothing to tell of")
    func perIOWithoutCalls() throws {
        func cost(_ policy: String, _ device: DeviceClass) throws -> PolicyResult.Cost? {
            try PolicyRun.run(
                PolicyCell(
                    policy: try #require(DMAPolicy(named: policy)), multiTCE: .call, device: device,
                    windowBytes: 1 << 30, bufferStart: Self.low), PolicyOptions()
            ).perIO
        }
        #expect(try cost("P1", .virtio)?.hcallCount == 0)
        #expect(try cost("P1c", .d32) == nil)
        #expect(try cost("P0", .d32) == nil)
    }

    @Test("A slot in the tail that the naive fill leaves out faults; the one before it does not")
    func faultInTheTail() throws {
        var policy = try #require(DMAPolicy(named: "P3"))
        policy.fill = .buffer(outward: false)
        var guest = GuestConfiguration.secure(policy)
        guest.bufferStart = 0x0350_0000
        guest.phbs[0].pageShifts = 1 << 12 | 1 << 24
        var kernel = try GuestKernel(guest, profile: TimingProfile())
        try kernel.boot()
        kernel.devices = [GuestDevice(node: 0)]
        #expect(try kernel.setMasks(0, .max) == nil)
        let device = DeviceModel(buid: kernel.nodes[0].buid, liobn: 0, isBehindIOMMU: true)
        var faults: [UInt64] = []
        for piece in 0..<256 {
            let bus = try kernel.map(0, 0x1000_0000, bytes: 256 << 10, .read).get()
            if device.landing(bus, bytes: 256 << 10, .read, in: kernel.platform.machine) == nil {
                faults.append(UInt64(piece) << 18)
            }
        }
        // 59 of 64 MiB have a TCE: the last 20 of 256 slots of 256 KiB have none.
        #expect(faults == (236..<256).map { UInt64($0) << 18 })
    }
}
