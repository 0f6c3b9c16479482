// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import TceEmu

/// Direct mappings through the bounce buffer: what is copied when, and what does not fit (Linux kernel/dma/direct.c).
@Suite("Guest: bounced mappings")
struct BounceMappingTests {
    private let memory: RealAddress = 0x1000_0000

    private func guest(
        _ policy: String = "P0", _ change: (inout GuestConfiguration) -> Void = { _ in }
    ) throws -> GuestKernel {
        try .booted(policy) {
            $0.memoryBytes = 8 << 30
            change(&$0)
        }
    }

    private func read(_ kernel: inout GuestKernel, _ at: RealAddress) -> [UInt8] {
        kernel.platform.machine.readMemory(at: at, count: 64)
    }

    private func write(_ kernel: inout GuestKernel, _ at: RealAddress, _ first: UInt8) throws {
        _ = try kernel.platform.machine.writeMemory(at: at, someBytes(64, first))
    }

    @Test("A map copies what goes to the device; what comes from it alone from 5.10's stable trees and 5.18 on")
    func copyOnMap() throws {
        for (level, access, isCopied) in [
            (KernelLevel.v5_5, DMAAccess.read, true), (.v5_5, .readWrite, true), (.v5_5, .write, false),
            (.v5_10, .write, true), (.v5_17, .write, false), (.v6_1, .write, true),
        ] {
            var kernel = try guest { $0.level = level }
            let slot = try #require(kernel.buffer?.start)
            try write(&kernel, memory, 1)
            try write(&kernel, slot, 99)
            let address = try kernel.mapped(memory, bytes: 64, access)
            #expect(address == slot)
            let content = read(&kernel, slot)
            #expect(content == someBytes(64, isCopied ? 1 : 99))
        }
    }

    @Test("An unmap copies what comes from the device back, and nothing else")
    func copyOnUnmap() throws {
        for (access, isCopied) in [(DMAAccess.read, false), (.write, true), (.readWrite, true)] {
            var kernel = try guest()
            let slot = try kernel.mapped(memory, bytes: 64, access)
            try write(&kernel, memory, 1)
            try write(&kernel, slot, 99)
            try kernel.unmap(0, slot, bytes: 64, access)
            let content = read(&kernel, memory)
            #expect(content == someBytes(64, isCopied ? 99 : 1))
            #expect(kernel.usedSlots == 0)
        }
    }

    @Test("A sync for the CPU copies from the slot, one for the device to it, each where the direction has it")
    func sync() throws {
        for (access, toCPU, toDevice) in [
            (DMAAccess.read, false, true), (.write, true, false), (.readWrite, true, true),
        ] {
            var kernel = try guest()
            let slot = try kernel.mapped(memory, bytes: 4096, access)
            try write(&kernel, memory + 2100, 1)
            try write(&kernel, slot + 2100, 99)
            try kernel.sync(0, slot + 2100, bytes: 64, access, forCPU: true)
            let fromDevice = read(&kernel, memory + 2100)
            #expect(fromDevice == someBytes(64, toCPU ? 99 : 1))
            try write(&kernel, memory + 2100, 50)
            try write(&kernel, slot + 2100, 99)
            try kernel.sync(0, slot + 2100, bytes: 64, access, forCPU: false)
            let toSlot = read(&kernel, slot + 2100)
            #expect(toSlot == someBytes(64, toDevice ? 50 : 99))
        }
    }

    @Test("A slot above the streaming mask is given back, and the map fails")
    func aboveMask() throws {
        let start: RealAddress = 0x1_4000_0000
        var kernel = try guest { $0.bufferStart = start }
        kernel.devices[0].streamingMask = start + 0xfffe
        #expect(throws: GuestFailure.self) { try kernel.mapped(memory, bytes: 65536) }
        #expect(kernel.usedSlots == 0)
        kernel.devices[0].streamingMask = start + 0x1ffff
        let address = try kernel.mapped(memory, bytes: 65536)
        #expect(address >= start && kernel.usedSlots == 32)
    }

    @Test("The last byte counts: the mask that just reaches it is enough")
    func atMask() throws {
        let start: RealAddress = 0x1_4000_0000
        var kernel = try guest { $0.bufferStart = start }
        kernel.devices[0].streamingMask = start + 0xffff
        let address = try kernel.mapped(memory, bytes: 65536)
        #expect(address == start)
    }

    @Test("256 KiB fit, a byte more does not; a full buffer is an error")
    func size() throws {
        var kernel = try guest { $0.bufferBytes = 512 << 10 }
        #expect(throws: GuestFailure.self) { try kernel.mapped(memory, bytes: (256 << 10) + 1) }
        _ = try kernel.mapped(memory, bytes: 256 << 10)
        _ = try kernel.mapped(memory, bytes: 256 << 10)
        #expect(throws: GuestFailure.self) { try kernel.mapped(memory, bytes: 1) }
        #expect(kernel.usedSlots == 256)
    }

    @Test("The size of the buffer is rounded up to a segment")
    func bufferSize() throws {
        let kernel = try guest { $0.bufferBytes = (256 << 10) + 1 }
        #expect(kernel.buffer?.slots == 256)
    }

    @Test("Without a buffer no map succeeds")
    func noBuffer() throws {
        var kernel = try guest { $0.bufferStart = 8 << 30 }
        #expect(kernel.buffer == nil)
        #expect(throws: GuestFailure.self) { try kernel.mapped(memory, bytes: 1) }
    }

    @Test(
        "The limit that a driver is told of: none by the operations before 5.9, 256 KiB where it is direct from then on"
    )
    func limit() throws {
        for (policy, level, mask, limit) in [
            ("P0", KernelLevel.v5_5, UInt64.max, UInt64(256 << 10)), ("P1", .v5_5, .max, nil), ("P1", .v5_6, .max, nil),
            ("P1", .v5_10, .max, 256 << 10), ("P1", .v5_10, 0xffff_ffff, nil),
        ] as [(String, KernelLevel, UInt64, UInt64?)] {
            var kernel = try guest(policy) { $0.level = level }
            _ = try kernel.setMasks(0, mask)
            #expect(kernel.mappingMax(0) == limit)
        }
        var plain = try GuestKernel.booted { $0.level = .v5_10 }
        _ = try plain.setMasks(0, .max)
        #expect(plain.mappingMax(0) == nil)
    }

    // MARK: Addresses

    @Test("A bus address is the real one and the device's offset, which wraps")
    func offsets() throws {
        var plain = try GuestKernel.booted()
        _ = try plain.setMasks(0, .max)
        #expect(try plain.mapped(0x3000_1000, bytes: 1) == 0x0800_0000_3000_1000)

        var none = try guest { $0.bufferStart = 0x3000_0000 }
        #expect(try none.mapped(memory, bytes: 2048) == 0x3000_0000)

        var below = try guest("P2") { $0.bufferStart = 0x1_2345_0000 }
        #expect(below.nodes[0].bufferAt == 0x10000)
        #expect(below.route(0, coherent: false) == .window(offset: 0xffff_fffe_dcbc_0000))
        #expect(try below.mapped(memory, bytes: 2048) == 0x10000)
        #expect(try below.mapped(memory, bytes: 2048) == 0x10800)

        var above = try guest("P1") { $0.bufferStart = 0x3000_0000 }
        _ = try above.setMasks(0, .max)
        #expect(try above.mapped(memory, bytes: 2048) == 0x0800_0000_3000_0000)
    }

    // MARK: Where it is

    @Test("5.4.0 puts the buffer just below 4 GiB, 5.5 low, 5.10 wherever there is room")
    func place() throws {
        func start(_ level: KernelLevel, _ memory: UInt64, _ bytes: UInt64 = 64 << 20) throws -> RealAddress? {
            try GuestKernel.booted("P0") {
                $0.level = level
                $0.memoryBytes = memory
                $0.bufferBytes = bytes
            }.buffer?.start
        }
        #expect(try start(.v5_4_0, 32 << 30) == (4 << 30) - (64 << 20))
        #expect(try start(.v5_4_0, 2 << 30) == (2 << 30) - (64 << 20))
        #expect(try start(.v5_5, 32 << 30) == 0x0200_0000)
        #expect(try start(.v5_10, 32 << 30) == 0x0200_0000)
        #expect(try start(.v5_6, 32 << 30, 4 << 30) == nil)
        #expect(try start(.v5_10, 32 << 30, 4 << 30) == 0x0200_0000)
    }

    @Test("A secure guest of two CPUs shares 1,028 frames with 5 calls before it has devices")
    func setup() throws {
        let boot = try GuestBoot(.secure(#require(DMAPolicy(named: "P0"))), profile: TimingProfile())
        let calls = try #require(boot.calls[.secure])
        #expect(calls.ultracalls["UV_SHARE_PAGE"] == 5 && calls.sharedFrames == 1028)
        #expect(boot.calls.values.reduce(0) { $0 + $1.sharedFrames } == 1028)
    }

    @Test("The buffer is shared by one call, one frame of each queue and log by another")
    func setupCalls() throws {
        var guest = GuestConfiguration.secure(try #require(DMAPolicy(named: "P0")))
        guest.cpus = 3
        guest.bufferStart = 0x0400_0000
        var shares: [[UInt64]] = []
        _ = try GuestBoot(guest, profile: TimingProfile()) { event in
            if case .ultracall(let call) = event.body, Ultracall(rawValue: call.number) == .sharePage {
                shares.append(call.arguments)
            }
        }
        #expect(shares.count == 6 && shares.contains([0x400, 1024]))
        #expect(shares.filter { $0[1] == 1 }.count == 5)
    }
}
