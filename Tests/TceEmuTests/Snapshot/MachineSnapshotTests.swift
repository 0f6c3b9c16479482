// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import TceEmu

/// A machine's state as bytes. What each field may be is checked by the C cases.
struct MachineSnapshotTests {
    static let buid: BUID = 0x800_0000_2000_0000

    /// A machine with everything.
    static func furnished() throws -> Machine {
        var configuration = MachineConfiguration.pseries
        configuration.eeh = true
        configuration.phbCount = 3
        var machine = try Machine(configuration)
        try machine.plug(DMAWindow(liobn: 0x7100_0000, pageCount: 1 << 17))
        _ = machine.putTCE(0x7100_0000, 0, TCE(0x5000, .readWrite))
        _ = machine.putTCE(0x7100_0000, 1 << 29 - 4096, TCE(0x6000, .readWrite))
        _ = try machine.createWindow(Self.buid, pageShift: 16, windowShift: 34)
        _ = machine.stuffTCE(0x8000_0001, 1 << 59, TCE(0x10000, .readWrite), npages: 512)
        try machine.unplugWindow(0x8000_0100)
        try machine.setBypass(true, of: 0x8000_0200)
        try machine.storeDoubleword(0x1122_3344_5566_7788, at: 0x23456)
        // The first PHB's PE freezes.
        _ = machine.dmaRead(0x8000_0000, 0x9000, count: 4)
        try machine.ultracall(.esm)
        try machine.ultracall(.sharePage, [0x40, 4])
        try machine.storeDoubleword(42, at: 0x410000)
        try machine.ultracall(.pageInval, [0, 0x420000, 16])
        _ = try machine.hostWriteMemory(at: 0x23456, [1, 2, 3])
        try machine.setMemoryBytes(200 << 20)
        return machine
    }

    @Test("A restored machine is the saved one: properties, answers, a second snapshot")
    func roundTrip() throws {
        var machine = try Self.furnished()
        let bytes = try machine.snapshot()
        var restored = try Machine(snapshot: bytes)
        #expect(try restored.snapshot() == bytes)
        #expect(restored.configuration == machine.configuration)
        #expect(restored.memoryBytes == 200 << 20)
        #expect(restored.windows == machine.windows)
        #expect(restored.defaultWindow == machine.defaultWindow)
        #expect(restored.sharing == machine.sharing)
        #expect(restored.svmState == .secure)
        #expect(restored.isFrozen(phb: Self.buid) && !restored.isFrozen(phb: Self.buid + 1))
        for address in stride(from: UInt64(0), to: 0x460000, by: 0x10000) {
            #expect(restored.frameState(at: address) == machine.frameState(at: address))
        }
        #expect(restored.getTCE(0x7100_0000, 1 << 29 - 4096) == machine.getTCE(0x7100_0000, 1 << 29 - 4096))
        #expect(restored.loadDoubleword(at: 0x410000) == 42)
        // The host damaged it: it is lost in both.
        #expect(restored.loadDoubleword(at: 0x23456) == machine.loadDoubleword(at: 0x23456))
        #expect(restored.sharing.lostPages == 1)
        #expect(try restored.snapshot() == machine.snapshot())
        try restored.reset()
        try machine.reset()
        #expect(try restored.snapshot() == machine.snapshot())
    }

    @Test("An error has offset, expected and found")
    func errors() throws {
        let bytes = try Self.furnished().snapshot()
        func error(_ bytes: [UInt8], memoryLimit: UInt64? = nil) -> SnapshotError? {
            do throws(SnapshotError) {
                _ = try Machine(snapshot: bytes, memoryLimit: memoryLimit)
                return nil
            } catch {
                return error
            }
        }
        #expect(error([])?.kind == .damaged)
        #expect(error(Array(bytes.dropLast()))?.kind == .damaged)
        var changed = bytes
        changed[4] = 9
        #expect(error(changed)?.kind == .version)
        #expect(
            error(changed)?.description
                == "offset 4: the snapshot is of a later version: expected major version 1, found 9")
        changed = bytes
        changed[100] ^= 1
        #expect(error(changed)?.offset == UInt64(bytes.count - 4))
        #expect(error(bytes, memoryLimit: 1 << 16)?.kind == .memory)
        #expect(error(bytes, memoryLimit: 1 << 26) == nil)
    }
}
