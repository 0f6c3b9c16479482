// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import TceEmu

/// The dynamic window of a node, from its query to its removal (Linux enable_ddw).
@Suite("Guest: dynamic windows")
struct DynamicWindowTests {
    private func guest(
        _ level: KernelLevel, _ change: (inout GuestConfiguration) -> Void = { _ in }
    ) throws -> GuestKernel {
        try .booted {
            $0.level = level
            change(&$0)
        }
    }

    private let query = "ibm,query-pe-dma-window"
    private let create = "ibm,create-pe-dma-window"
    private let remove = "ibm,remove-pe-dma-window"
    private let reset = "ibm,reset-pe-dma-window"
    private let fill = "list 0x800000000000000 128 0x3"

    @Test("A window is made once for all devices of a node")
    func once() throws {
        var kernel = try guest(.v6_1)
        kernel.devices.append(GuestDevice(node: 0))
        #expect(try kernel.calls { _ = try $0.setMasks(0, .max) } == [query, create, fill])
        #expect(try kernel.calls { _ = try $0.setMasks(1, .max) } == [])
        #expect(kernel.route(1, coherent: false) == .direct(offset: 1 << 59))
    }

    @Test("A node that got no window is never asked about again")
    func failed() throws {
        var kernel = try guest(.v5_5) { $0.phbs[0].pageShifts = 1 << 21 }
        #expect(try kernel.calls { _ = try $0.setMasks(0, .max) } == [query])
        #expect(try kernel.calls { _ = try $0.setMasks(0, .max) } == [])
        #expect(kernel.route(0, coherent: false) == .table(0))
        var none = try guest(.v6_1) { $0.phbs[0].ddw = false }
        #expect(try none.calls { _ = try $0.setMasks(0, .max) } == [])
        #expect(none.nodes[0].hasFailed)
    }

    @Test("A fill that is refused: the window is cleared and removed, the node failed")
    func failedFill() throws {
        var kernel = try guest(.v6_1)
        let calls = try kernel.calls(refusing: 0, with: .notEnoughResources) { _ = try $0.setMasks(0, .max) }
        #expect(calls == [query, create, "stuff 0x800000000000000 128", remove])
        #expect(kernel.nodes[0].hasFailed && kernel.nodes[0].dynamicWindow == nil)
    }

    // MARK: No window is available

    /// A guest whose node has a window more, so that no other is available.
    private func occupied(
        _ level: KernelLevel, _ change: (inout GuestConfiguration) -> Void = { _ in }
    ) throws -> GuestKernel {
        var kernel = try guest(level, change)
        let cells = GuestKernel.cells(kernel.nodes[0].buid) + [16, 28]
        let made = try kernel.platform.rtas(cpu: 0, .createPEDMAWindow, cells, returns: 4)
        try #require(made.status == .success)
        return kernel
    }

    @Test("With none available older kernels fail")
    func noneAvailable() throws {
        var kernel = try occupied(.v5_6)
        #expect(try kernel.calls { _ = try $0.setMasks(0, .max) } == [query])
        #expect(kernel.nodes[0].hasFailed)
    }

    @Test("From 5.10 on the default window is cleared by 512 TCEs a call and removed, and the platform asked again")
    func replaced() throws {
        for level in [KernelLevel.v5_10, .v5_17, .v6_15] {
            var kernel = try occupied(level)
            let calls = try kernel.calls { _ = try $0.setMasks(0, .max) }
            #expect(Array(calls.prefix(2)) == [query, "stuff 0x0 512"])
            #expect(calls.filter { $0.hasPrefix("stuff") }.count == 512)
            #expect(Array(calls.dropFirst(513).prefix(3)) == [remove, query, create])
            let window = try #require(kernel.nodes[0].dynamicWindow)
            #expect(kernel.route(0, coherent: false) == .direct(offset: window.start))
            // From 6.15 on the device has no table then, and a small mask is refused.
            let small = try kernel.setMasks(0, UInt64(UInt32.max))
            #expect((small != nil) == (level == .v6_15))
        }
    }

    @Test("A default window in use is replaced by 5.10 and not by later kernels")
    func inUse() throws {
        for (level, isReplaced) in [(KernelLevel.v5_10, true), (.v5_17, false), (.v6_4, false)] {
            var kernel = try occupied(level)
            let address = try kernel.mapped(0x5000, bytes: 1)
            let calls = try kernel.calls { _ = try $0.setMasks(0, .max) }
            #expect(calls.contains(remove) == isReplaced)
            #expect(kernel.nodes[0].hasFailed == !isReplaced)
            guard !isReplaced else { continue }
            try kernel.unmap(0, address, bytes: 1, .read)
            #expect(kernel.tables[0].isUnused)
        }
    }

    @Test("Without the default window and without another the platform is reset")
    func reset5_10() throws {
        var kernel = try occupied(.v5_10) { $0.phbs[0].pageShifts = 1 << 21 | 1 << 16 }
        let buid = kernel.nodes[0].buid
        try kernel.platform.machine.setDDW(true, pageShifts: 1 << 21, of: buid)
        let calls = try kernel.calls { _ = try $0.setMasks(0, .max) }
        #expect(Array(calls.suffix(3)) == [remove, query, reset])
        #expect(kernel.nodes[0].hasFailed)
        #expect(kernel.platform.machine.window(0x8000_0000) != nil)
    }

    // MARK: Shapes

    private func shape(
        _ level: KernelLevel, memory: UInt64, block: UInt64, _ shifts: [UInt64]
    ) throws -> [Int]? {
        let kernel = try guest(level) {
            $0.usesDDW = false
            $0.memoryBytesMax = memory
        }
        let query = kernel.platform.machine.queryWindows(kernel.nodes[0].buid)
        var answer = try #require(query.answer)
        answer.largestBlock = block
        answer.pageShifts = shifts.reduce(0) { $0 | 1 << $1 }
        return kernel.shape(answer).map { [$0.page, $0.window, $0.isDirect ? 1 : 0] }
    }

    @Test("Older kernels need a block for the TCEs of all memory; from 5.17 on a smaller window has a table")
    func block() throws {
        #expect(try shape(.v5_10, memory: 3 << 30, block: 192, [24]) == [24, 32, 1])
        #expect(try shape(.v5_10, memory: 3 << 30, block: 191, [24]) == nil)
        #expect(try shape(.v5_17, memory: 3 << 30, block: 256, [24]) == [24, 32, 1])
        #expect(try shape(.v5_17, memory: 3 << 30, block: 255, [24]) == [24, 32, 0])
        #expect(try shape(.v5_17, memory: 3 << 30, block: 128, [24]) == [24, 31, 0])
        #expect(try shape(.v5_17, memory: 3 << 30, block: 129, [24]) == [24, 32, 0])
    }

    @Test("Later kernels take the largest of nine page sizes; older ones know three")
    func pages() throws {
        for shift in [12, 16, 21, 24, 25, 26, 27, 28, 34] as [UInt64] {
            #expect(try shape(.v6_1, memory: 2 << 30, block: 1 << 30, [12, shift])?[0] == Int(shift))
            let older = shift == 16 || shift == 24 ? Int(shift) : 12
            #expect(try shape(.v5_10, memory: 2 << 30, block: 1 << 30, [12, shift])?[0] == older)
        }
    }

    @Test("A window is made for the most that memory may become, and filled with what there is")
    func memoryMax() throws {
        var kernel = try guest(.v6_1) { $0.memoryBytesMax = (4 << 30) + 1 }
        #expect(try kernel.calls { _ = try $0.setMasks(0, .max) } == [query, create, fill])
        #expect(kernel.nodes[0].dynamicWindow?.windowShift == 33)
    }

    @Test("A window with a table: cleared, and the device goes by that table")
    func dynamicTable() throws {
        // The form of the answer with five cells has 2^31 TCEs at most, so that the query of 5.17 is given here.
        var kernel = try guest(.v5_17)
        let window = DynamicWindow(
            liobn: 0x8000_0001, start: 1 << 59, pageShift: 16, windowShift: 28, isDirect: false)
        kernel.nodes[0].dynamicWindow = window
        _ = try kernel.setMasks(0, .max)
        #expect(kernel.route(0, coherent: false) == .table(0) && !kernel.nodes[0].hasFailed)
        // Memory that comes leaves it alone.
        #expect(try kernel.calls { _ = try $0.bringOnline(2 << 30, bytes: 256 << 20) } == [])
    }

    // MARK: Later

    @Test("Unplugged: all of the window is cleared, not memory alone, and it is removed")
    func detach() throws {
        var kernel = try guest(.v6_1) { $0.memoryBytes = 1536 << 20 }
        _ = try kernel.setMasks(0, .max)
        #expect(try kernel.calls { try $0.detach(0) } == ["stuff 0x800000000000000 128", remove])
        #expect(kernel.nodes[0].dynamicWindow == nil && kernel.nodes[0].table == nil)
        var small = try guest(.v6_1) { $0.phbs[0].pageShifts = 1 << 16 }
        _ = try small.setMasks(0, .max)
        #expect(try small.calls { try $0.detach(0) }.count == 65)
    }

    private func twoNodes(_ level: KernelLevel = .v6_1) throws -> GuestKernel {
        var kernel = try guest(level) {
            $0.memoryBytesMax = 4 << 30
            $0.phbs.append($0.phbs[0])
            $0.phbs[1].buid += 1
            $0.phbs[1].liobn += 0x100
        }
        for device in [0, 1] { _ = try kernel.setMasks(device, .max) }
        return kernel
    }

    @Test("Memory that comes is mapped in every window, memory that goes cleared")
    func online() throws {
        var kernel = try twoNodes()
        var isOnline = false
        let list = "list 0x800000080000000 16 0x80000003", stuff = "stuff 0x800000080000000 16"
        #expect(try kernel.calls { isOnline = try $0.bringOnline(2 << 30, bytes: 256 << 20) } == [list, list])
        #expect(isOnline)
        #expect(try kernel.calls { try $0.takeOffline(2 << 30, bytes: 256 << 20) } == [stuff, stuff])
    }

    @Test("Memory that one window cannot map is refused: the others map it, and all clear it")
    func refusedOnline() throws {
        var kernel = try twoNodes()
        var isOnline = true
        let list = "list 0x800000080000000 16 0x80000003", stuff = "stuff 0x800000080000000 16"
        let calls = try kernel.calls(refusing: 0, with: .parameter) {
            isOnline = try $0.bringOnline(2 << 30, bytes: 256 << 20)
        }
        #expect(calls == [list, stuff, stuff] && !isOnline)
    }

    @Test("Memory past the window's end is refused")
    func pastEnd() throws {
        var kernel = try twoNodes()
        let inside = try kernel.bringOnline((4 << 30) - (256 << 20), bytes: 256 << 20)
        let outside = try kernel.bringOnline(4 << 30, bytes: 256 << 20)
        #expect(inside && !outside)
    }

    @Test("A window that holds the bounce buffer alone is left alone when memory comes")
    func bufferOnly() throws {
        for (policy, calls) in [("P3", 0), ("P4", 0), ("P1", 3)] {
            var kernel = try GuestKernel.booted(policy) { $0.memoryBytesMax = 64 << 30 }
            _ = try kernel.setMasks(0, .max)
            // With a list: shared, filled, unshared.
            #expect(try kernel.calls { _ = try $0.bringOnline(32 << 30, bytes: 256 << 20) }.count == calls)
        }
    }
}
