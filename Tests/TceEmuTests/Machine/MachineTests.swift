// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import TceEmu

@Suite("Machine: configuration and lifetime")
struct MachineTests {
    @Test("the pseries preset is QEMU's machine")
    func pseries() throws {
        let configuration = MachineConfiguration.pseries
        #expect(configuration.platform == .qemu)
        #expect(configuration.memoryBytes == 256 << 20)
        #expect(configuration.phbCount == 1)
        #expect(configuration.phb.buid == 0x800_0000_2000_0000)
        #expect(configuration.phb.pageShifts == 1 << 12 | 1 << 16 | 1 << 21 | 1 << 24)
        #expect(configuration.phb.dma64Start == 1 << 59)
        let machine = try Machine()
        #expect(machine.configuration == configuration)
        #expect(machine.platform == .qemu)
        #expect(
            machine.windows == [
                DMAWindow(liobn: 0x8000_0000, start: 0, pageShift: 12, pageCount: 0x4_0000, buid: 0x800_0000_2000_0000)
            ])
        #expect(machine.windows == [machine.defaultWindow])
    }

    @Test("the powervm preset has a default window of 2 GiB and no 16 MiB pages")
    func powervm() throws {
        let machine = try Machine(.powervm)
        #expect(machine.defaultWindow.pageCount == 0x8_0000)
        #expect(machine.queryWindows(machine.configuration.phb.buid).answer?.pageShifts == 1 << 12 | 1 << 16 | 1 << 21)
    }

    @Test("the n-th PHB has the next BUID and LIOBNs 0x100 above")
    func severalPHBs() throws {
        var configuration = MachineConfiguration.pseries
        configuration.phbCount = 3
        let machine = try Machine(configuration)
        #expect(machine.windows.map(\.liobn) == [0x8000_0000, 0x8000_0100, 0x8000_0200])
        #expect(machine.windows.map(\.buid) == [0x800_0000_2000_0000, 0x800_0000_2000_0001, 0x800_0000_2000_0002])
    }

    @Test("a machine without PHBs has no windows, and its default window answers H_PARAMETER")
    func noPHBs() throws {
        var configuration = MachineConfiguration.pseries
        configuration.phbCount = 0
        configuration.memoryBytes = nil
        let machine = try Machine(configuration)
        #expect(machine.windows.isEmpty)
        #expect(machine.memoryBytes == nil)
        #expect(machine.getTCE(machine.defaultWindow.liobn, 0).status == .parameter)
    }

    @Test(
        "an impossible configuration is a host error",
        arguments: [-1, 1 << 32, 65_537])
    func impossiblePHBCount(_ count: Int) {
        var configuration = MachineConfiguration.pseries
        configuration.phbCount = count
        #expect(throws: MachineError.self) { _ = try Machine(configuration) }
    }

    @Test("a default window of half a page is refused, one of one page is not")
    func halfAPage() throws {
        var configuration = MachineConfiguration.pseries
        configuration.phb.windowBytes = 2048
        #expect(throws: MachineError.configuration) { _ = try Machine(configuration) }
        configuration.phb.windowBytes = 4096
        #expect(try Machine(configuration).defaultWindow.pageCount == 1)
    }

    @Test("a platform that is not emulated is refused, by number and by name")
    func platforms() throws {
        var configuration = MachineConfiguration.pseries
        configuration.platform = Platform(rawValue: 999)
        #expect(throws: MachineError.platform) { _ = try Machine(configuration) }
        #expect(try Platform(named: "qemu") == .qemu)
        let error = #expect(throws: UnknownPlatform.self) { try Platform(named: "vmware") }
        #expect(error?.description == "platform \"vmware\" is not emulated; there is qemu, kvm, papr")
        #expect(Platform.all == [.qemu, .kvm, .papr])
        #expect(Platform.all.map(\.name) == ["qemu", "kvm", "papr"])
    }

    @Test("a host error says what it is")
    func errorText() {
        #expect(MachineError.noPHB.description == "no PHB has this BUID")
        #expect(MachineError(rawValue: 12345).description == "unknown error")
    }

    @Test("a reset brings the default window back and keeps memory and virtual I/O")
    func reset() throws {
        var machine = try Machine()
        let window = machine.defaultWindow
        let buid = machine.configuration.phb.buid
        #expect(machine.putTCE(window.liobn, 0, 0x1003) == .success)
        #expect(try machine.createWindow(buid, pageShift: 16, windowShift: 20).status == .success)
        #expect(try machine.removeWindow(UInt32(window.liobn)) == .success)
        try machine.plug(DMAWindow(liobn: 0x7100_0000, pageCount: 16))
        #expect(machine.putTCE(0x7100_0000, 0, 0x1003) == .success)
        try machine.storeDoubleword(7, at: 0x100)
        try machine.reset()
        #expect(machine.windows == [DMAWindow(liobn: 0x7100_0000, pageCount: 16), window])
        #expect(machine.getTCE(window.liobn, 0).tce == .empty)
        #expect(machine.getTCE(0x7100_0000, 0).tce == .empty)
        #expect(machine.loadDoubleword(at: 0x100) == 7)
    }

    @Test("a thousand machines come and go")
    func lifetime() throws {
        for _ in 0..<1000 {
            var machine = try Machine()
            #expect(machine.putTCE(machine.defaultWindow.liobn, 0, 1) == .success)
        }
    }
}
