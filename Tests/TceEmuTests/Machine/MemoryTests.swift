// SPDX-License-Identifier: Apache-2.0
import TceEmu
import Testing

@Suite("Machine: guest memory")
struct MemoryTests {
    @Test(
        "a doubleword is big-endian and may stand at any address",
        arguments: [0, 1, 7, 0xfff9, 0x1_fffd, 0xfff_fff8])
    func doublewords(_ address: RealAddress) throws {
        var machine = try Machine()
        #expect(try machine.storeDoubleword(0x0102_0304_0506_0708, at: address))
        #expect(machine.readMemory(at: address, count: 8) == [1, 2, 3, 4, 5, 6, 7, 8])
        #expect(machine.loadDoubleword(at: address) == 0x0102_0304_0506_0708)
    }

    @Test("what lies beyond memory is dropped and reads as 0")
    func endOfMemory() throws {
        var machine = try Machine()
        let end: RealAddress = 256 << 20
        #expect(try machine.writeMemory(at: end - 8, [1, 2, 3, 4, 5, 6, 7, 8]))
        #expect(try !machine.writeMemory(at: end - 4, [9, 9, 9, 9, 9]))
        #expect(machine.readMemory(at: end - 8, count: 10) == [1, 2, 3, 4, 9, 9, 9, 9, 0, 0])
        #expect(try !machine.storeDoubleword(1, at: end))
        #expect(machine.loadDoubleword(at: end) == 0)
        #expect(try !machine.storeDoubleword(.max, at: .max))
        #expect(machine.loadDoubleword(at: .max - 16) == 0)
    }

    @Test("reading into a buffer says whether all of it was memory")
    func intoBuffer() throws {
        var machine = try Machine()
        var bytes = [UInt8](repeating: 0xff, count: 8)
        var span = bytes.mutableSpan
        #expect(machine.readMemory(at: 256 << 20 - 8, into: &span))
        var other = bytes.mutableSpan
        #expect(!machine.readMemory(at: 256 << 20 - 7, into: &other))
        #expect(bytes == Array(repeating: 0, count: 8))
    }

    @Test("no bytes are always memory")
    func nothing() throws {
        var machine = try Machine()
        #expect(try machine.writeMemory(at: .max, []))
        #expect(machine.readMemory(at: .max, count: 0) == [])
    }

    @Test("memory of unknown size has no end")
    func unknown() throws {
        var configuration = MachineConfiguration.pseries
        configuration.memoryBytes = nil
        var machine = try Machine(configuration)
        #expect(try machine.storeDoubleword(5, at: 1 << 60))
        #expect(machine.loadDoubleword(at: 1 << 60) == 5)
    }
}
