// SPDX-License-Identifier: Apache-2.0
import TceEmu
import Testing

@Suite("Machine: windows and PHBs")
struct WindowTests {
    @Test("pages and addresses of a window belong together, mod 2^64")
    func geometry() {
        let window = DMAWindow(liobn: 1, start: 1 << 59, pageShift: 16, pageCount: 16)
        #expect(window.pageBytes == 0x1_0000)
        #expect(window.ioba(page: 3) == 1 << 59 + 0x3_0000)
        #expect(window.page(of: 1 << 59 + 0x3_ffff) == 3)
        #expect(window.contains(1 << 59 + 0xf_ffff))
        #expect(!window.contains(1 << 59 + 0x10_0000))
        #expect(!window.contains(1 << 59 - 1))
        #expect(DMAWindow(liobn: 1, start: .max - 0xfff, pageCount: 1).ioba(page: 1) == 0)
    }

    @Test("windows are listed by LIOBN and found by it")
    func list() throws {
        var machine = try Machine()
        for liobn: LIOBN in [0x7100_0003, 0x7100_0001, 0xffff_ffff, 2] {
            try machine.plug(DMAWindow(liobn: liobn, start: 0x1000 * liobn, pageShift: 16, pageCount: liobn))
        }
        #expect(machine.windows.map(\.liobn) == [2, 0x7100_0001, 0x7100_0003, 0x8000_0000, 0xffff_ffff])
        #expect(machine.window(2) == DMAWindow(liobn: 2, start: 0x2000, pageShift: 16, pageCount: 2))
        #expect(machine.window(3) == nil)
        #expect(machine.window(0x1_0000_0002) == nil)
        try machine.unplugWindow(2)
        #expect(machine.window(2) == nil)
        #expect(throws: MachineError.noWindow) { try machine.unplugWindow(2) }
    }

    @Test("a window that cannot be is refused by name")
    func refusals() throws {
        var machine = try Machine()
        #expect(throws: MachineError.configuration) { try machine.plug(DMAWindow(liobn: 1 << 32, pageCount: 1)) }
        #expect(throws: MachineError.configuration) { try machine.plug(DMAWindow(liobn: 1, pageCount: 1, buid: 0)) }
        #expect(throws: MachineError.pageShift) { try machine.plug(DMAWindow(liobn: 1, pageShift: 11, pageCount: 1)) }
        #expect(throws: MachineError.pageShift) { try machine.plug(DMAWindow(liobn: 1, pageShift: 35, pageCount: 1)) }
        #expect(throws: MachineError.windowRange) { try machine.plug(DMAWindow(liobn: 1, pageCount: 0)) }
        #expect(throws: MachineError.windowRange) {
            try machine.plug(DMAWindow(liobn: 1, start: .max - 0xfff, pageCount: 2))
        }
        #expect(throws: MachineError.windowSize) { try machine.plug(DMAWindow(liobn: 1, pageCount: 1 << 40 + 1)) }
        #expect(throws: MachineError.liobnTaken) { try machine.plug(DMAWindow(liobn: 0x8000_0001, pageCount: 1)) }
        #expect(throws: MachineError.noPHB) { try machine.plug(DMAWindow(liobn: 1, pageCount: 1, buid: 1)) }
        #expect(throws: MachineError.noWindow) { try machine.setBypass(true, of: 1) }
        #expect(machine.windows == [machine.defaultWindow])
        try machine.plug(DMAWindow(liobn: 1, start: .max - 0xfff, pageCount: 1))
        try machine.plug(DMAWindow(liobn: 2, pageShift: 34, pageCount: 1 << 30))
    }

    @Test("a window of 2^40 TCEs costs next to nothing until TCEs are written")
    func sparse() throws {
        var machine = try Machine()
        try machine.plug(DMAWindow(liobn: 1, pageCount: 1 << 40))
        #expect(machine.tableBytes < 4 << 20)
        #expect(machine.putTCE(1, (1 << 40 - 1) << 12, 0x1003) == .success)
        #expect(machine.stuffTCE(1, 0, .empty, npages: 1 << 40) == .success)
        #expect(machine.getTCE(1, (1 << 40 - 1) << 12).tce == .empty)
        #expect(machine.tableBytes < 4 << 20)
    }

    @Test("a PHB is plugged with its default window, and goes with its windows")
    func phbs() throws {
        var machine = try Machine()
        var phb = PHBConfiguration()
        #expect(throws: MachineError.buidTaken) { try machine.plug(phb) }
        phb.buid += 1
        #expect(throws: MachineError.liobnTaken) { try machine.plug(phb) }
        phb.liobn -= 1
        #expect(throws: MachineError.liobnTaken) { try machine.plug(phb) }
        phb.liobn += 3
        try machine.plug(phb)
        #expect(machine.phb(phb.buid) == phb)
        #expect(machine.windows.map(\.liobn) == [0x8000_0000, 0x8000_0002])
        #expect(try machine.createWindow(phb.buid, pageShift: 12, windowShift: 12).window?.liobn == 0x8000_0003)
        try machine.resetPHB(phb.buid)
        #expect(machine.windows.map(\.liobn) == [0x8000_0000, 0x8000_0002])
        try machine.unplugPHB(phb.buid)
        #expect(machine.phb(phb.buid) == nil)
        #expect(machine.windows.map(\.liobn) == [0x8000_0000])
        #expect(throws: MachineError.noPHB) { try machine.unplugPHB(phb.buid) }
        #expect(throws: MachineError.noPHB) { try machine.resetPHB(phb.buid) }
    }

    @Test("a PHB without DDW answers its calls with -3")
    func withoutDDW() throws {
        var machine = try Machine()
        let buid = machine.configuration.phb.buid
        try machine.setDDW(false, pageShifts: 1 << 12, of: buid)
        #expect(machine.queryWindows(buid).status == .parameter)
        try machine.setDDW(true, pageShifts: 1 << 34, of: buid)
        #expect(machine.queryWindows(buid).answer?.pageShifts == 1 << 34)
        #expect(throws: MachineError.pageShift) { try machine.setDDW(true, pageShifts: 1 << 35, of: buid) }
        #expect(throws: MachineError.noPHB) { try machine.setDDW(true, pageShifts: 0, of: 1) }
    }
}
