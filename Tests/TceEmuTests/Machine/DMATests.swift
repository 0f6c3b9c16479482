// SPDX-License-Identifier: Apache-2.0
import TceEmu
import Testing

@Suite("Machine: a device's accesses")
struct DMATests {
    private let liobn: LIOBN = 0x8000_0000

    /// Pages 0...3: readable and writable, readable, writable, neither; pages 4 and 5 at the two ends of memory.
    private func mapped() throws -> Machine {
        var machine = try Machine()
        let tces: [TCE] = [
            TCE(0x400_0000, .readWrite), TCE(0x500_0000, .read), TCE(0x600_0000, .write), TCE(0x700_0000, []),
            TCE((256 << 20) - 4096, .readWrite), TCE(256 << 20, .readWrite),
        ]
        #expect(machine.putTCEIndirect(liobn, 0, tces) == .success)
        return machine
    }

    @Test("a translation is the page's real address and the offset in the page")
    func translate() throws {
        let machine = try mapped()
        #expect(machine.translate(liobn, 0x123, for: .readWrite) == .success(0x400_0123))
        #expect(try machine.translate(liobn, 0x1fff, for: .read).get() == 0x500_0fff)
    }

    @Test("an access needs its permission, and one of unknown direction any")
    func permissions() throws {
        let machine = try mapped()
        #expect(machine.translate(liobn, 0x1000, for: .write) == .failure(.noWrite))
        #expect(machine.translate(liobn, 0x2000, for: .read) == .failure(.noRead))
        #expect(machine.translate(liobn, 0x1000, for: []) == .success(0x500_0000))
        #expect(machine.translate(liobn, 0x2000, for: []) == .success(0x600_0000))
        #expect(machine.translate(liobn, 0x3000, for: []) == .failure(.noRead))
    }

    @Test("a window, the address in it and the memory behind it must be there")
    func places() throws {
        let machine = try mapped()
        #expect(machine.translate(0x8000_0001, 0, for: .read) == .failure(.noWindow))
        #expect(machine.translate(liobn, 0x4000_0000, for: .read) == .failure(.outsideWindow))
        #expect(machine.translate(liobn, 0x4fff, for: .read) == .success((256 << 20) - 1))
        #expect(machine.translate(liobn, 0x5000, for: .read) == .failure(.notMemory))
    }

    @Test("an access that crosses into a page without permission fails, one that ends before it does not")
    func crossing() throws {
        let machine = try mapped()
        #expect(machine.translate(liobn, 0xff8, bytes: 8, for: .write) == .success(0x400_0ff8))
        #expect(machine.translate(liobn, 0xff8, bytes: 9, for: .write) == .failure(.noWrite))
        #expect(machine.translate(liobn, 0x3fff_f000, bytes: .max, for: []) == .failure(.noRead))
    }

    @Test("an access is cut into a segment for each page, and those before a fault are valid")
    func segments() throws {
        let machine = try mapped()
        let (segments, fault) = machine.segments(liobn, 0xff0, bytes: 0x20, for: .read)
        #expect(segments == [DMASegment(address: 0x400_0ff0, bytes: 16), DMASegment(address: 0x500_0000, bytes: 16)])
        #expect(fault == nil)
        let cut = machine.segments(liobn, 0xff0, bytes: 0x1011, for: .read)
        #expect(cut.segments.map(\.bytes) == [16, 0x1000])
        #expect(cut.fault == .noRead)
        let empty = machine.segments(liobn, 0x10, bytes: 0, for: .read)
        #expect(empty.segments == [DMASegment(address: 0x400_0010, bytes: 0)])
        #expect(machine.segments(liobn, 0x3000, bytes: 0, for: .read).fault == .noRead)
    }

    @Test(
        "an access of more pages than cross into Swift at once has all its segments",
        arguments: [63, 64, 65, 128, 500])
    func manySegments(_ pages: UInt64) throws {
        var machine = try Machine()
        #expect(machine.stuffTCE(liobn, 0, TCE(0x400_0000, .read), npages: pages) == .success)
        let (segments, fault) = machine.segments(liobn, 0x800, bytes: pages << 12 - 0x800, for: .read)
        #expect(segments.count == Int(pages))
        #expect(segments.reduce(0) { $0 + $1.bytes } == pages << 12 - 0x800)
        #expect(fault == nil)
        #expect(machine.segments(liobn, 0x800, bytes: pages << 12, for: .read).fault == .noRead)
    }

    @Test(
        "an access that passes 2^64 is outside the window, also at the seam of two pieces",
        arguments: [1, 63, 64, 128])
    func endOfBus(_ pages: UInt64) throws {
        var configuration = MachineConfiguration.pseries
        configuration.memoryBytes = nil
        var machine = try Machine(configuration)
        // The window is the whole bus: an address that wrapped would find a page again.
        let window = DMAWindow(liobn: 5, pageShift: 34, pageCount: 1 << 30)
        try machine.plug(window)
        #expect(machine.putTCE(5, 0, TCE(0, .read)) == .success)
        let start = window.ioba(page: window.pageCount - pages)
        #expect(machine.stuffTCE(5, start, TCE(0, .read), npages: pages) == .success)
        #expect(machine.segments(5, start, bytes: pages << 34, for: .read).fault == nil)
        let cut = machine.segments(5, start, bytes: pages << 34 + 1, for: .read)
        #expect(cut.segments.count == Int(pages))
        #expect(cut.fault == .outsideWindow)
    }

    @Test("a batch gives what single translations give", arguments: [0, 1, 63, 64, 65, 1000])
    func batch(_ count: Int) throws {
        let machine = try mapped()
        let iobas = (0..<count).map { IOBA($0 % 7) << 12 | IOBA($0) }
        var addresses = [RealAddress](repeating: 0xdead, count: count + 1)
        var faults = [DMAFault](repeating: .frozen, count: count + 1)
        var addressSpan = addresses.mutableSpan
        var faultSpan = faults.mutableSpan
        let faulted = machine.translate(liobn, iobas.span, for: .read, into: &addressSpan, faults: &faultSpan)
        #expect(faulted == faults.filter { $0 != .absent && $0 != .frozen }.count)
        for (index, ioba) in iobas.enumerated() {
            switch machine.translate(liobn, ioba, for: .read) {
            case .success(let address):
                #expect(addresses[index] == address)
                #expect(faults[index] == .absent)
            case .failure(let fault):
                #expect(addresses[index] == 0xdead)
                #expect(faults[index] == fault)
            }
        }
        #expect(addresses[count] == 0xdead)
        #expect(faults[count] == .frozen)
        var others = [RealAddress](repeating: 0xdead, count: count)
        var otherSpan = others.mutableSpan
        #expect(machine.translate(liobn, iobas.span, for: .read, into: &otherSpan) == faulted)
        #expect(others == Array(addresses.prefix(count)))
    }

    @Test("a device's write is what the guest and the device read, over a page boundary")
    func readAndWrite() throws {
        var machine = try Machine()
        let tces = [TCE(0x500_0000, .readWrite), TCE(0x400_0000, .readWrite)]
        #expect(machine.putTCEIndirect(liobn, 0, tces) == .success)
        let bytes = (0..<16).map { UInt8($0 + 1) }
        #expect(machine.dmaWrite(liobn, 0xff8, bytes) == DMATransfer(bytes: 16, fault: nil))
        #expect(machine.loadDoubleword(at: 0x500_0ff8) == 0x0102_0304_0506_0708)
        #expect(machine.loadDoubleword(at: 0x400_0000) == 0x090a_0b0c_0d0e_0f10)
        #expect(machine.dmaRead(liobn, 0xff8, count: 16) == .success(bytes))
    }

    @Test("a transfer moves the pages before a fault, and says how many bytes")
    func partialTransfer() throws {
        var machine = try mapped()
        let transfer = machine.dmaWrite(liobn, 0xff8, Array(repeating: 7, count: 16))
        #expect(transfer == DMATransfer(bytes: 8, fault: .noWrite))
        #expect(machine.loadDoubleword(at: 0x400_0ff8) == 0x0707_0707_0707_0707)
        #expect(machine.dmaRead(liobn, 0x1ff8, count: 16) == .failure(.noRead))
        #expect(machine.dmaRead(liobn, 0x3000, count: 0) == .failure(.noRead))
        #expect(machine.dmaRead(liobn, 0, count: 0) == .success([]))
    }

    @Test("a bypassed window gives the IOBA less its start, without TCEs")
    func bypass() throws {
        var machine = try Machine()
        try machine.plug(DMAWindow(liobn: 7, start: 1 << 32, pageCount: 1 << 20, bypass: true))
        #expect(machine.window(7)?.bypass == true)
        #expect(machine.translate(7, 1 << 32 + 0x1234, for: .readWrite) == .success(0x1234))
        #expect(machine.translate(7, 1 << 32 + 256 << 20, for: .read) == .failure(.notMemory))
        try machine.setBypass(false, of: 7)
        #expect(machine.translate(7, 1 << 32 + 0x1234, for: .read) == .failure(.noRead))
    }

    @Test("without a known memory size no real address is outside memory")
    func unknownMemory() throws {
        var configuration = MachineConfiguration.pseries
        configuration.memoryBytes = nil
        var machine = try Machine(configuration)
        #expect(machine.putTCE(liobn, 0, 0xffff_ffff_ffff_f003) == .success)
        #expect(machine.translate(liobn, 0xfff, for: .read) == .success(.max))
    }

    @Test("every fault has a key and a text")
    func faultNames() {
        let keys = ["no_window", "outside_window", "no_read", "no_write", "not_memory", "not_shared", "pe_frozen"]
        #expect(DMAFault.all.map(\.key) == keys)
        #expect(DMAFault.noWrite.description == "the TCE does not let the device write")
        #expect(DMAFault.absent.key == "none")
        #expect(DMAFault(rawValue: 200).key == nil)
        #expect(DMAFault(rawValue: 200).description == "fault 200")
    }
}
