// SPDX-License-Identifier: Apache-2.0
import TceEmu
import Testing

@Suite("Machine: TCE hcalls")
struct HcallTests {
    @Test("H_PUT_TCE past the window returns H_PARAMETER")
    func putPastWindow() throws {
        var machine = try Machine(.pseries)
        let window = machine.defaultWindow
        #expect(machine.putTCE(window.liobn, window.ioba(page: window.pageCount), .empty) == .parameter)
        #expect(machine.putTCE(window.liobn, window.ioba(page: window.pageCount - 1), .empty) == .success)
    }

    @Test("H_GET_TCE reads back any value, and has none where it fails")
    func get() throws {
        var machine = try Machine()
        let window = machine.defaultWindow
        for value: TCE in [0, 3, 0x400_0003, 0xffff_ffff_ffff_ffff] {
            #expect(machine.putTCE(window.liobn, 0x5000, value) == .success)
            let answer = machine.getTCE(window.liobn, 0x5fff)
            #expect(answer.status == .success)
            #expect(answer.tce == value)
        }
        let answer = machine.getTCE(window.liobn, 0x4000_0000)
        #expect(answer.status == .parameter)
        #expect(answer.tce == nil)
    }

    @Test("all 64 bits of an LIOBN count")
    func wideLIOBN() throws {
        var machine = try Machine()
        #expect(machine.putTCE(0x1_8000_0000, 0, 0x1003) == .parameter)
        #expect(machine.putTCE(0x8000_0000, 0, 0x1003) == .success)
    }

    @Test("H_STUFF_TCE over the end stores what fits and returns H_PARAMETER")
    func stuff() throws {
        var machine = try Machine()
        let window = machine.defaultWindow
        let last = window.ioba(page: window.pageCount - 1)
        #expect(machine.stuffTCE(window.liobn, last, 0x1003, npages: 2) == .parameter)
        #expect(machine.getTCE(window.liobn, last).tce == 0x1003)
        #expect(machine.stuffTCE(window.liobn, last, 0x2003, npages: 1) == .success)
        #expect(machine.stuffTCE(window.liobn, 0, 0x2003, npages: 0) == .parameter)
        #expect(machine.stuffTCE(window.liobn, 0, 0x2003, npages: window.pageCount + 1) == .parameter)
        #expect(machine.getTCE(window.liobn, 0).tce == .empty)
        #expect(machine.stuffTCE(window.liobn, 0, 0x2003, npages: window.pageCount) == .success)
        #expect(machine.getTCE(window.liobn, last).tce == 0x2003)
    }

    @Test("H_PUT_TCE_INDIRECT reads big-endian TCEs from guest memory")
    func indirectFromMemory() throws {
        var machine = try Machine()
        let liobn = machine.defaultWindow.liobn
        try machine.writeMemory(at: 0x400_0000, [0, 0, 0, 0, 0x12, 0x34, 0x50, 3])
        #expect(machine.putTCEIndirect(liobn, 0x1000, list: 0x400_0000, npages: 2) == .success)
        #expect(machine.getTCE(liobn, 0x1000).tce == 0x1234_5003)
        #expect(machine.getTCE(liobn, 0x2000).tce == .empty)
        #expect(machine.putTCEIndirect(liobn, 0x1000, list: 0x400_0008, npages: 1) == .parameter)
    }

    @Test("a list takes 512 TCEs and not 513, from memory and from an array")
    func listLength() throws {
        var machine = try Machine()
        let liobn = machine.defaultWindow.liobn
        #expect(machine.putTCEIndirect(liobn, 0, list: 0x400_0000, npages: 512) == .success)
        #expect(machine.putTCEIndirect(liobn, 0, list: 0x400_0000, npages: 513) == .parameter)
        let tces = (0..<513).map { TCE(rawValue: $0 << 12 | 3) }
        #expect(machine.putTCEIndirect(liobn, 0, tces) == .parameter)
        #expect(machine.getTCE(liobn, 0).tce == .empty)
        #expect(machine.putTCEIndirect(liobn, 0, Array(tces.prefix(512))) == .success)
        #expect(machine.getTCE(liobn, 511 << 12).tce == tces[511])
        #expect(machine.getTCE(liobn, 512 << 12).tce == .empty)
        #expect(machine.putTCEIndirect(liobn, 0, []) == .parameter)
    }

    @Test("an hcall by number is the same hcall, and missing registers are 0")
    func byNumber() throws {
        var machine = try Machine()
        #expect(machine.hcall(0x20, [0x8000_0000, 0x8000, 0x800_0003]).status == .success)
        let get = machine.hcall(0x1c, [0x8000_0000, 0x8000, 1, 2, 3, 4])
        #expect(get.status == .success)
        #expect(get.r4 == 0x800_0003)
        #expect(machine.hcall(0x20, [0x8000_0000, 0x8000]).status == .success)
        #expect(machine.getTCE(0x8000_0000, 0x8000).tce == .empty)
        #expect(machine.hcall(0x20, []).status == .parameter)
    }

    @Test(
        "an opcode that the machine does not have answers H_FUNCTION, and all 64 bits of it count",
        arguments: [0, 0x1d, 0x78, 0x10c, 0x1_001c, 0x1_0000_001c, 0x8000_0000_0000_0020, .max] as [UInt64])
    func unknownOpcode(_ opcode: UInt64) throws {
        var machine = try Machine()
        #expect(machine.hcall(opcode, [0x8000_0000, 0]).status == .function)
    }
}
