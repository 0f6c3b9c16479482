// SPDX-License-Identifier: Apache-2.0
import TceEmu
import Testing

@Suite("Secure guest: where frames and memory end")
struct FrameBoundaryTests {
    private let frame = PageStates.frame

    private func secure(memory: UInt64? = 256 << 20) throws -> Machine {
        var configuration = MachineConfiguration.pseries
        configuration.memoryBytes = memory
        var machine = try Machine(configuration)
        try machine.ultracall(.esm)
        return machine
    }

    @Test("The first and the last byte of a frame are its own, the bytes beside them are not")
    func edges() throws {
        for (offset, touched) in [(0, true), (0xffff, true), (-1, false), (0x1_0000, false)] as [(Int, Bool)] {
            var machine = try secure()
            _ = machine.hostReadMemory(at: UInt64(Int(frame) + offset), count: 1)
            #expect(machine.frameState(at: frame) == (touched ? .secureOut : .secureIn))
            #expect(machine.sharing.pageOuts == 1)
        }
    }

    @Test("An access over frames of different states does to each what is due", arguments: [2, 8, 0x1_0000])
    func straddles(_ count: Int) throws {
        var machine = try secure()
        try machine.ultracall(.sharePage, [PageStates.gfn, 1])
        _ = machine.hostReadMemory(at: frame + 0xffff, count: count)
        #expect(machine.frameState(at: frame) == .shared)
        #expect(machine.frameState(at: frame + 0x1_0000) == .secureOut)
        _ = machine.readMemory(at: frame + 0xffff, count: count)
        #expect(machine.frameState(at: frame + 0x1_0000) == .secureIn)
        try machine.hostWriteMemory(at: frame - 1, [UInt8](repeating: 1, count: count))
        #expect(machine.frameState(at: frame - 1) == .secureOut)
        #expect(machine.sharing.pageOuts == 2)
        #expect(machine.sharing.damagedPages == 1)
        #expect(machine.loadDoubleword(at: frame) != 0)
        #expect(machine.loadDoubleword(at: frame - 8) == 0)
        #expect(machine.sharing.lostPages == 1)
    }

    @Test("Memory that ends inside a frame has that frame, and no byte beyond", arguments: [1, 7, 0x8000, 0xffff])
    func partialFrame(_ bytes: UInt64) throws {
        let end = frame + bytes
        var machine = try secure(memory: end)
        #expect(machine.frameState(at: end - 1) == .secureIn)
        #expect(machine.frameState(at: end) == nil)
        #expect(machine.hostReadMemory(at: end, count: 16) == [UInt8](repeating: 0, count: 16))
        #expect(machine.sharing.pageOuts == 0)
        #expect(machine.hostReadMemory(at: end - 1, count: 2)[1] == 0)
        #expect(machine.sharing.pageOuts == 1)
        #expect(try machine.ultracall(.pageIn, [0, 0, frame, 0, 16]) == .success)
        #expect(try machine.ultracall(.pageOut, [0, 0, frame + 0x1_0000, 0, 16]) == .p3)
        #expect(try machine.ultracall(.sharePage, [PageStates.gfn, 2]) == .p2)
        #expect(try machine.ultracall(.sharePage, [PageStates.gfn + 1, 1]) == .parameter)
        #expect(try machine.ultracall(.sharePage, [PageStates.gfn, 1]) == .success)
        #expect(machine.sharing.sharedPages == 1)
        #expect(try !machine.hostWriteMemory(at: end - 1, [5, 5]))
        #expect(machine.readMemory(at: end - 1, count: 2) == [5, 0])
    }

    @Test(
        "Frames that are not all memory are refused before one changes",
        arguments: [
            (4095, 1, .success), (4095, 2, .p2), (4096, 1, .parameter), (0, 4096, .success), (0, 4097, .p2),
            (0, 0, .p2), (4095, 0, .p2), (4096, 0, .parameter), (1, .max, .p2), (4095, .max - 4094, .p2),
            (.max, 1, .parameter), (1 << 48, 1, .parameter), (1 << 63, 1 << 63, .parameter),
        ] as [(UInt64, UInt64, UltracallStatus)])
    func ranges(_ gfn: UInt64, _ count: UInt64, _ status: UltracallStatus) throws {
        var machine = try secure()
        #expect(try machine.ultracall(.unsharePage, [gfn, count]) == status)
        #expect(try machine.ultracall(.sharePage, [gfn, count]) == status)
        #expect(machine.sharing.sharedPages == (status == .success ? count : 0))
        #expect(try machine.ultracall(.unsharePage, [gfn, count]) == status)
        #expect(machine.sharing.sharedPages == 0)
        #expect(machine.sharing.shareCalls == 1)
        #expect(machine.sharing.unshareCalls == 2)
    }

    @Test("Memory of unknown size has 2^48 frames")
    func unknownMemory() throws {
        var machine = try secure(memory: nil)
        let last: UInt64 = 1 << 48 - 1
        #expect(try machine.ultracall(.sharePage, [last, 1]) == .success)
        #expect(try machine.ultracall(.sharePage, [last, 2]) == .p2)
        #expect(try machine.ultracall(.sharePage, [last + 1, 1]) == .parameter)
        #expect(machine.frameState(at: .max) == .shared)
        // An access that passes 2^64 goes on at 0.
        _ = machine.hostReadMemory(at: .max, count: 2)
        #expect(machine.frameState(at: 0) == .secureOut)
        #expect(machine.frameState(at: .max) == .shared)
    }

    @Test("A machine without memory has no frame, and no secure guest")
    func noMemory() throws {
        var configuration = MachineConfiguration.pseries
        configuration.memoryBytes = 0
        var machine = try Machine(configuration)
        #expect(machine.frameState(at: 0) == nil)
        #expect(try machine.ultracall(.esm) == .parameter)
        #expect(try machine.svmHcall(SVMHcall.initStart.rawValue) == .success)
        #expect(try machine.svmHcall(SVMHcall.pageIn.rawValue) == .parameter)
        #expect(try machine.svmHcall(SVMHcall.initDone.rawValue) == .success)
        #expect(try machine.ultracall(.sharePage, [0, 1]) == .parameter)
        #expect(try machine.ultracall(.unshareAllPages) == .success)
    }

    @Test("Blob and device tree are in memory up to its last byte", arguments: [true, false])
    func esmArguments(_ isSecure: Bool) throws {
        var machine = try Machine(.pseries)
        if isSecure { try machine.ultracall(.esm) }
        let end: UInt64 = 256 << 20
        #expect(try machine.ultracall(.esm, [end, end]) == .parameter)
        #expect(try machine.ultracall(.esm, [end - 1, end]) == .p2)
        #expect(try machine.ultracall(.esm, [0, .max]) == .p2)
        #expect(try machine.ultracall(.esm, [end - 1, end - 1]) == .success)
    }
}
