// SPDX-License-Identifier: Apache-2.0
import TceEmu
import Testing

@Suite("Machine: RTAS calls for dynamic DMA windows")
struct RTASTests {
    private let buid: BUID = 0x800_0000_2000_0000
    private let arguments: [UInt32] = [0, 0x800_0000, 0x2000_0000]

    @Test("the four calls have QEMU's tokens and the device tree's names, and LoPAR's name of the last one of ours")
    func names() {
        #expect(RTASCall.all.map(\.rawValue) == [0x2026, 0x2027, 0x2028, 0x2029, 0x12029])
        for call in RTASCall.all {
            #expect(call.name.flatMap(RTASCall.init(name:)) == call)
        }
        #expect(RTASCall(name: "ibm,reset-pe-dma-window") == .resetPEDMAWindow)
        #expect(RTASCall(name: "ibm,reset-pe-dma-window\0") == nil)
        #expect(RTASCall(name: "") == nil)
        #expect(RTASCall(rawValue: 1).name == nil)
    }

    @Test("a query answers in five cells or in six")
    func queryCells() throws {
        var machine = try Machine()
        #expect(try machine.rtas(.queryPEDMAWindow, arguments, returns: 5) == [0, 1, 0x8000_0000, 0x107, 0])
        #expect(try machine.rtas(.queryPEDMAWindow, arguments, returns: 6) == [0, 1, 0x20, 0, 0x107, 0])
        let (status, answer) = machine.queryWindows(buid)
        #expect(status == .success)
        #expect(answer?.windowsAvailable == 1)
        #expect(answer?.largestBlock == 0x20_0000_0000)
        #expect(answer?.pageShifts == 1 << 12 | 1 << 16 | 1 << 21 | 1 << 24)
    }

    @Test("wrong numbers of cells answer -3 and leave the other cells 0", arguments: [0, 1, 4, 7, 16, 17, 100])
    func wrongCounts(_ returns: Int) throws {
        var machine = try Machine()
        let cells = try machine.rtas(.queryPEDMAWindow, arguments, returns: returns)
        #expect(cells == Array([UInt32(bitPattern: -3)] + Array(repeating: 0, count: 100)).prefix(returns).map { $0 })
        #expect(try machine.rtas(.queryPEDMAWindow, Array(repeating: 0, count: 17), returns: 1) == [0xffff_fffd])
    }

    @Test("a token that is no DDW call answers -3")
    func unknownToken() throws {
        var machine = try Machine()
        #expect(try machine.rtas(RTASCall(rawValue: 0x2025), arguments, returns: 5)[0] == 0xffff_fffd)
    }

    @Test("create gives the dynamic window at bit 59, once")
    func create() throws {
        var machine = try Machine()
        let (status, window) = try machine.createWindow(buid, pageShift: 16, windowShift: 28)
        #expect(status == .success)
        #expect(
            window == DMAWindow(liobn: 0x8000_0001, start: 1 << 59, pageShift: 16, pageCount: 1 << 12, buid: buid))
        let again = try machine.createWindow(buid, pageShift: 16, windowShift: 28)
        #expect(again.status == .hardware)
        #expect(again.window == nil)
        #expect(machine.queryWindows(buid).answer?.windowsAvailable == 0)
    }

    @Test("a page size that is not offered and a window below a page answer -3, the smallest window 0")
    func createBoundaries() throws {
        var machine = try Machine()
        #expect(try machine.createWindow(buid, pageShift: 13, windowShift: 20).status == .parameter)
        #expect(try machine.createWindow(buid, pageShift: 16, windowShift: 15).status == .parameter)
        #expect(try machine.createWindow(buid, pageShift: 12, windowShift: 44).status == .hardware)
        #expect(try machine.createWindow(buid &+ 1, pageShift: 12, windowShift: 12).status == .parameter)
        #expect(try machine.createWindow(buid, pageShift: 16, windowShift: 16).window?.pageCount == 1)
    }

    @Test("removing the dynamic window last brings the default one back")
    func remove() throws {
        var machine = try Machine()
        let window = machine.defaultWindow
        #expect(machine.putTCE(window.liobn, 0, 0x1003) == .success)
        #expect(try machine.createWindow(buid, pageShift: 12, windowShift: 20).status == .success)
        #expect(try machine.removeWindow(0x8000_0000) == .success)
        #expect(machine.window(0x8000_0000) == nil)
        #expect(try machine.removeWindow(0x8000_0000) == .parameter)
        #expect(try machine.removeWindow(0x8000_0001) == .success)
        #expect(machine.windows == [window])
        #expect(machine.getTCE(window.liobn, 0).tce == .empty)
    }

    @Test("reset leaves the default window alone and empty")
    func reset() throws {
        var machine = try Machine()
        let window = machine.defaultWindow
        #expect(machine.putTCE(window.liobn, 0, 0x1003) == .success)
        #expect(try machine.createWindow(buid, pageShift: 12, windowShift: 20).status == .success)
        #expect(try machine.resetWindows(buid) == .success)
        #expect(machine.windows == [window])
        #expect(machine.getTCE(window.liobn, 0).tce == .empty)
        #expect(try machine.resetWindows(0) == .parameter)
    }

    @Test("a status says what it is, also one without a name")
    func statusText() {
        #expect(RTASStatus.parameter.description == "parameter error")
        #expect(RTASStatus(cell: 0xffff_fffd) == .parameter)
        #expect(RTASStatus(rawValue: -9002).description == "-9002")
    }
}
