// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import TceEmu

/// What a driver's masks do (Linux arch/powerpc/kernel/dma-iommu.c, kernel/dma/mapping.c).
@Suite("Guest: masks and bypass")
struct MaskTests {
    private static let low = UInt64(UInt32.max)
    private static let windowStart = IOBA(1) << 59

    private func guest(
        _ level: KernelLevel = .v5_5, _ change: (inout GuestConfiguration) -> Void = { _ in }
    ) throws -> GuestKernel {
        try .booted {
            $0.level = level
            change(&$0)
        }
    }

    private func route(_ kernel: borrowing GuestKernel, coherent: Bool = false) -> DMARoute {
        kernel.route(0, coherent: coherent)
    }

    private let direct = DMARoute.direct(offset: windowStart)

    @Test("A mask of 64 bits makes a window and goes direct; one bit less goes by the table")
    func bypass() throws {
        var kernel = try guest()
        #expect(try kernel.calls { _ = try $0.setMasks(0, .max >> 1) } == [])
        #expect(route(kernel) == .table(0))
        #expect(
            try kernel.calls { _ = try $0.setMasks(0, .max) } == [
                "ibm,query-pe-dma-window", "ibm,create-pe-dma-window", "list 0x800000000000000 128 0x3",
            ])
        #expect(route(kernel) == direct && route(kernel, coherent: true) == direct)
    }

    @Test("A driver that sets no mask is never asked")
    func noMask() throws {
        let kernel = try guest()
        #expect(kernel.devices[0].streamingMask == Self.low && kernel.devices[0].coherentMask == Self.low)
        #expect(route(kernel) == .table(0) && kernel.nodes[0].dynamicWindow == nil)
    }

    @Test("The last of the two mask calls wins")
    func lastWins() throws {
        var first = try guest()
        _ = try first.setMask(0, .max, coherent: false)
        #expect(route(first) == direct)
        _ = try first.setMask(0, Self.low, coherent: true)
        #expect(route(first) == .table(0) && route(first, coherent: true) == .table(0))

        var second = try guest()
        _ = try second.setMask(0, Self.low, coherent: true)
        _ = try second.setMask(0, .max, coherent: false)
        #expect(route(second) == direct && route(second, coherent: true) == .table(0))
    }

    @Test("A window that begins above the mask refuses it, and the mask stays what it was")
    func offset() throws {
        var kernel = try guest { $0.phbs[0].windowStart = 1 << 31 }
        let failure = try kernel.setMasks(0, (1 << 31) - 1)
        #expect(failure?.kind == .mask && kernel.devices[0].streamingMask == Self.low)
        let enough = try kernel.setMasks(0, 1 << 31)
        #expect(enough == nil && kernel.devices[0].streamingMask == 1 << 31)
    }

    @Test("Without a table a small mask is refused, and a map is an error")
    func noTable() throws {
        var kernel = try guest()
        kernel.nodes[0].table = nil
        let failure = try kernel.setMasks(0, Self.low)
        #expect(failure?.description.contains("table unavailable") == true)
        #expect(throws: GuestFailure.self) { try kernel.mapped(0x5000, bytes: 1) }
    }

    @Test("disable_ddw: no mask makes a window")
    func disabled() throws {
        var kernel = try guest { $0.usesDDW = false }
        #expect(try kernel.calls { _ = try $0.setMasks(0, .max) } == [])
        #expect(route(kernel) == .table(0) && kernel.devices[0].streamingMask == .max)
    }

    @Test("A virtual device never goes direct")
    func virtual() throws {
        var kernel = try guest {
            $0.phbs = []
            $0.vioDevices = 1
        }
        #expect(try kernel.calls { _ = try $0.setMasks(0, .max) } == [])
        #expect(route(kernel) == .table(0))
    }

    // MARK: By kernel

    /// The least coherent mask that goes direct after a streaming one of 64 bits, with 2 GiB.
    static let leastCoherent: [(KernelLevel, UInt64)] = [
        (.v5_4_0, (1 << 59) + (2 << 30) - 1), (.v5_5, (1 << 59) + (2 << 30) - 1), (.v5_6, (1 << 59) + (2 << 30) - 1),
        (.v5_10, (1 << 60) - 1), (.v5_17, (1 << 60) - 1), (.v6_4, (1 << 60) - 1),
    ]

    @Test(
        "Coherent memory is direct if its mask reaches the offset and memory; from 5.9 on all bits of that",
        arguments: leastCoherent.indices)
    func coherent(_ index: Int) throws {
        let (level, least) = Self.leastCoherent[index]
        for (mask, expected) in [(least - 1, DMARoute.table(0)), (least, direct)] {
            var kernel = try guest(level)
            _ = try kernel.setMask(0, mask, coherent: true)
            _ = try kernel.setMask(0, .max, coherent: false)
            #expect(route(kernel, coherent: true) == expected)
            #expect(route(kernel) == direct)
        }
    }

    @Test("Above 4 GiB of memory the coherent test before 5.9 asks for 4 GiB beyond the offset alone")
    func coherentAbove4GiB() throws {
        for (mask, expected) in [
            ((UInt64(1) << 59) + Self.low - 1, DMARoute.table(0)), ((1 << 59) + Self.low, direct),
        ] {
            var kernel = try guest { $0.memoryBytes = 8 << 30 }
            _ = try kernel.setMask(0, mask, coherent: true)
            _ = try kernel.setMask(0, .max, coherent: false)
            #expect(route(kernel, coherent: true) == expected)
        }
    }

    @Test("A small streaming mask with a last mask of 64 bits: direct before 5.9, by the table from then on")
    func streaming() throws {
        for (level, expected) in [(KernelLevel.v5_6, direct), (.v5_10, DMARoute.table(0))] {
            var kernel = try guest(level)
            _ = try kernel.setMask(0, Self.low, coherent: false)
            _ = try kernel.setMask(0, .max, coherent: true)
            #expect(route(kernel) == expected)
            #expect(route(kernel, coherent: true) == direct)
        }
    }

    @Test("A sync goes by the coherent test before 5.9: with a small coherent mask it does nothing")
    func sync() throws {
        for (level, coherentFirst, copies) in [
            (KernelLevel.v5_6, Self.low, false), (.v5_10, Self.low, true), (.v5_6, .max, true),
        ] {
            var kernel = try GuestKernel.booted("P1") { $0.level = level }
            _ = try kernel.setMask(0, coherentFirst, coherent: true)
            _ = try kernel.setMask(0, .max, coherent: false)
            let memory: RealAddress = 0x1000_0000
            let address = try kernel.mapped(memory, bytes: 64, .write)
            let target = kernel.target(0, address)
            let slot = try #require(target)
            _ = try kernel.platform.machine.writeMemory(at: slot, someBytes(64, 7))
            try kernel.sync(0, address, bytes: 64, .write, forCPU: true)
            let content = kernel.platform.machine.readMemory(at: memory, count: 64)
            #expect(content == (copies ? someBytes(64, 7) : Array(repeating: 0, count: 64)))
        }
    }

    @Test("Without operations a mask must reach 4 GiB or the top of memory")
    func noOperations() throws {
        for (memory, least) in [(UInt64(2) << 30, (UInt64(2) << 30) - 1), (8 << 30, Self.low)] {
            var kernel = try GuestKernel.booted("P0") { $0.memoryBytes = memory }
            let refused = try kernel.setMasks(0, least - 1), accepted = try kernel.setMasks(0, least)
            #expect(refused?.kind == .mask && accepted == nil)
        }
    }

    @Test("From 6.15 on masks above 32 bits ask, and without the extension the node's window is lost")
    func limited() throws {
        var kernel = try guest(.v6_15)
        #expect(try kernel.calls { _ = try $0.setMasks(0, Self.low) } == [])
        #expect(try kernel.calls { _ = try $0.setMasks(0, Self.low << 1) } == ["ibm,query-pe-dma-window"])
        #expect(try kernel.calls { _ = try $0.setMasks(0, .max) } == [])
        #expect(route(kernel) == .table(0))
        var older = try guest(.v6_4)
        #expect(try older.calls { _ = try $0.setMasks(0, .max >> 1) } == [])
    }

    @Test("The bounce buffer in the default window serves every mask that reaches its end there")
    func bufferInWindow() throws {
        var kernel = try GuestKernel.booted("P2")
        let end: UInt64 = 0x10000 + (64 << 20)
        let refused = try kernel.setMasks(0, end - 2), accepted = try kernel.setMasks(0, end - 1)
        #expect(refused?.kind == .mask && accepted == nil)
    }

    @Test("The mask check refuses what is below 64 bits; closed, it refuses the maps of those that set none as well")
    func check() throws {
        for check in DMAPolicy.MaskCheck.allCases {
            var kernel = try GuestKernel.booted("P1") { $0.policy.maskCheck = check }
            let small = try kernel.setMasks(0, .max >> 1)
            #expect((small == nil) == (check == .off))
            let isMapped = (try? kernel.mapped(0x5000, bytes: 1)) != nil
            #expect(isMapped == (check != .closed))
            let large = try kernel.setMasks(0, .max)
            #expect(large == nil)
        }
    }
}
