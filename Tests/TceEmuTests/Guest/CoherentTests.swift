// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import TceEmu

/// Coherent memory (Linux arch/powerpc/kernel/iommu.c, kernel/dma/direct.c).
@Suite("Guest: coherent memory")
struct CoherentTests {
    private func mapped(_ change: (inout GuestConfiguration) -> Void = { _ in }) throws -> GuestKernel {
        try .booted {
            $0.usesDDW = false
            change(&$0)
        }
    }

    @Test("Mapped, it has whole pages, both ways, at a multiple of the power of two that its entries need")
    func order() throws {
        var kernel = try mapped()
        let top: RealAddress = 2 << 30
        var given: [CoherentMemory] = []
        let calls = try kernel.calls { kernel in
            for bytes in [1, 65537, 192 << 10, 128 << 10] as [UInt64] {
                given.append(try kernel.allocateCoherent(0, bytes: bytes).get())
            }
        }
        #expect(given.map { ($0.busAddress >> 12) - 196_608 } == [0, 32, 64, 128])
        #expect(given.map(\.bytes) == [64 << 10, 128 << 10, 192 << 10, 128 << 10])
        #expect(
            calls.first == "list 0x30000000 16 \((top - 65536 | 3).hex)"
                && calls.map { $0.split(separator: " ")[2] } == ["16", "32", "48", "32"])
        #expect(try kernel.calls { try $0.freeCoherent(given[0]) } == ["stuff 0x30000000 16"])
    }

    @Test("It is zero, whatever was there")
    func zeroed() throws {
        var kernel = try mapped()
        let at: RealAddress = (2 << 30) - 65536
        _ = try kernel.platform.machine.writeMemory(at: at, someBytes(64, 1))
        #expect(try kernel.allocateCoherent(0, bytes: 4096).get().address == at)
        #expect(kernel.platform.machine.readMemory(at: at, count: 64) == Array(repeating: 0, count: 64))
    }

    @Test("The table refuses pages of order 13, and no page is taken")
    func refusal() throws {
        var kernel = try mapped {
            $0.pageShift = 12
            $0.phbs[0].windowBytes = 2 << 30
        }
        #expect(throws: GuestFailure.self) { try kernel.allocateCoherent(0, bytes: (16 << 20) + 1).get() }
        #expect(try kernel.allocateCoherent(0, bytes: 16 << 20).get().address == (2 << 30) - (16 << 20))
    }

    @Test("The page allocator has 16 MiB in one piece and no more, through a table and direct")
    func largest() throws {
        for usesDDW in [false, true] {
            var kernel = try GuestKernel.booted { $0.usesDDW = usesDDW }
            if usesDDW { #expect(try kernel.setMasks(0, .max) == nil) }
            let at = try kernel.allocateCoherent(0, bytes: 16 << 20).get().address
            #expect(at == (2 << 30) - (16 << 20))
            #expect(throws: GuestFailure.self) { try kernel.allocateCoherent(0, bytes: (16 << 20) + 1).get() }
            #expect(try kernel.allocateCoherent(0, bytes: 65536).get().address == at - 65536)
        }
    }

    @Test("A large piece is zero to its last byte")
    func zeroedToTheEnd() throws {
        var kernel = try mapped()
        for offset in [65535, 65536, 196_607] as [UInt64] {
            _ = try kernel.platform.machine.writeMemory(at: (2 << 30) - (192 << 10) + offset, [1])
        }
        let at = try kernel.allocateCoherent(0, bytes: 192 << 10).get().address
        #expect(kernel.platform.machine.readMemory(at: at, count: 192 << 10).allSatisfy { $0 == 0 })
    }

    @Test("The coherent mask limits where it lies; a failure gives the pages back")
    func mask() throws {
        var kernel = try mapped()
        kernel.devices[0].coherentMask = 0xfff_ffff
        #expect(try kernel.allocateCoherent(0, bytes: 65536).get().busAddress == 0x10000)
        let free = try kernel.allocateCoherent(0, bytes: 65536).get()
        try kernel.freeCoherent(free)
        let calls = try kernel.calls(refusing: 0, with: .notEnoughResources) { kernel in
            #expect(throws: GuestFailure.self) { try kernel.allocateCoherent(0, bytes: 65536).get() }
        }
        #expect(calls.count == 1)
        #expect(try kernel.allocateCoherent(0, bytes: 65536).get().address == free.address)
    }

    // MARK: Direct, in a secure guest

    private func secure(_ policy: String = "P0", _ level: KernelLevel = .v5_5) throws -> GuestKernel {
        try .booted(policy) { $0.level = level }
    }

    @Test("Direct, it is shared: before 5.10 all of the power of two, from then on the pages that are asked for")
    func share() throws {
        for (level, count) in [(KernelLevel.v5_5, 4), (.v5_6, 4), (.v5_10, 3)] {
            var kernel = try secure("P0", level)
            kernel.devices[0].coherentMask = .max
            var memory: CoherentMemory?
            let frame = ((32 << 30) - (256 << 10)) >> 16
            #expect(
                try kernel.calls { memory = try $0.allocateCoherent(0, bytes: 192 << 10).get() }
                    == ["share \(UInt64(frame).hex) \(count)"])
            let given = try #require(memory)
            #expect(given.busAddress == given.address)
            #expect(try kernel.calls { try $0.freeCoherent(given) } == ["unshare \(UInt64(frame).hex) \(count)"])
        }
    }

    @Test("Direct, memory above the mask is given back, and nothing is shared")
    func aboveMask() throws {
        var kernel = try secure()
        let top: RealAddress = 32 << 30
        kernel.devices[0].coherentMask = top - 2
        #expect(
            try kernel.calls { kernel in
                #expect(throws: GuestFailure.self) { try kernel.allocateCoherent(0, bytes: 65536).get() }
            } == [])
        kernel.devices[0].coherentMask = top - 1
        #expect(try kernel.allocateCoherent(0, bytes: 65536).get().address == top - 65536)
    }

    @Test("Low memory is above the bounce buffer, else below it, and below 4 GiB")
    func low() throws {
        func place(_ buffer: RealAddress, _ bytes: UInt64 = 64 << 20) throws -> RealAddress {
            var kernel = try GuestKernel.booted("P0") {
                $0.coherentPlace = .low
                $0.bufferStart = buffer
                $0.bufferBytes = bytes
            }
            return try kernel.allocateCoherent(0, bytes: 65536).get().address
        }
        #expect(try place(0x0400_0000) == 0x0800_0000)
        #expect(try place(0xa000_0000) == 0xa400_0000)
        #expect(try place(0xfc00_0000) == 0xfbff_0000)
        #expect(try place(0x1_4000_0000) == 0xffff_0000)
    }

    @Test("In a table it is not shared; of a policy that repairs that it is shared first and unshared last")
    func sharedAndMapped() throws {
        var plain = try secure("P1")
        #expect(
            try plain.calls { _ = try $0.allocateCoherent(0, bytes: 65536).get() }.map { $0.prefix { $0 != " " } }
                == ["share", "list", "unshare"])
        var kernel = try GuestKernel.booted("P2") { $0.multiTCE = .split }
        var memory: CoherentMemory?
        let made = try kernel.calls { memory = try $0.allocateCoherent(0, bytes: 65536).get() }
        #expect(made.map { $0.prefix { $0 != " " } } == ["share"] + Array(repeating: "put", count: 16))
        let given = try #require(memory)
        #expect(
            try kernel.calls { try $0.freeCoherent(given) }.map { $0.prefix { $0 != " " } } == ["stuff", "unshare"])
        let calls = try kernel.calls(refusing: 0, with: .notEnoughResources) { kernel in
            #expect(throws: GuestFailure.self) { try kernel.allocateCoherent(0, bytes: 65536).get() }
        }
        #expect(calls.first?.hasPrefix("share") == true && calls.last?.hasPrefix("unshare") == true)
    }

    @Test("From the bounce buffer it takes slots, of at most 256 KiB, below the mask, and gives them back")
    func pool() throws {
        var kernel = try secure("P2i")
        let start = try #require(kernel.buffer?.start)
        let memory = try kernel.allocateCoherent(0, bytes: 65536).get()
        #expect(memory.address == start && memory.busAddress == start && kernel.usedSlots == 32)
        #expect(throws: GuestFailure.self) { try kernel.allocateCoherent(0, bytes: (256 << 10) + 1).get() }
        kernel.devices[0].coherentMask = start + 0x1fffe
        #expect(throws: GuestFailure.self) { try kernel.allocateCoherent(0, bytes: 65536).get() }
        #expect(kernel.usedSlots == 32)
        kernel.devices[0].coherentMask = .max
        #expect(try kernel.allocateCoherent(0, bytes: 65536).get().address > start)
        #expect(kernel.usedSlots == 64)
        try kernel.freeCoherent(memory)
        #expect(kernel.usedSlots == 32)
    }
}
