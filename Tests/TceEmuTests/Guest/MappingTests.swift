// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import TceEmu

/// Maps and unmaps through a table (Linux arch/powerpc/kernel/iommu.c).
@Suite("Guest: map and unmap")
struct MappingTests {
    private func guest(_ change: (inout GuestConfiguration) -> Void = { _ in }) throws -> GuestKernel {
        try .booted {
            $0.usesDDW = false
            change(&$0)
        }
    }

    @Test("A map names the buffer's own page; its bus address keeps the place in the page")
    func address() throws {
        var kernel = try guest()
        var address: IOBA = 0
        #expect(try kernel.calls { address = try $0.mapped(0x5678, bytes: 1) } == ["put 0x1000 0x5001"])
        #expect(address == 0x1678)
        #expect(try kernel.calls { address = try $0.mapped(0x5fff, bytes: 2) } == ["list 0x10000 2 0x5001"])
        #expect(address == 0x10fff)
    }

    @Test("To the device is 1, all else is 3: there is no TCE that may only be written")
    func permissions() throws {
        var kernel = try guest()
        for (access, tce) in [(DMAAccess.read, "0x5001"), (.write, "0x5003"), (.readWrite, "0x5003")] {
            let calls = try kernel.calls { _ = try $0.mapped(0x5000, bytes: 4096, access) }
            #expect(calls.first?.hasSuffix(tce) == true)
        }
    }

    @Test("A buffer of a page or more that starts at a page is aligned to a page; any other to nothing")
    func order() throws {
        var kernel = try guest()
        let entries = try [
            kernel.mapped(0x10010, bytes: 65536), kernel.mapped(0x10000, bytes: 65536),
            kernel.mapped(0x10010, bytes: 65536), kernel.mapped(0x10000, bytes: 65535),
            kernel.mapped(0x11000, bytes: 65536), kernel.mapped(0x20000, bytes: 65537),
        ].map { ($0 >> 12) - 196_608 }
        #expect(entries == [0, 32, 48, 65, 81, 112])
        var small = try guest { $0.pageShift = 12 }
        #expect(try small.mapped(0x10010, bytes: 65536) >> 12 == 196_608)
        #expect(try small.mapped(0x10000, bytes: 65536) >> 12 == 196_625)
    }

    @Test("The streaming mask limits where a map lies")
    func mask() throws {
        var kernel = try guest()
        kernel.devices[0].streamingMask = 0xfff_ffff
        #expect(try kernel.mapped(0x5000, bytes: 4096, cpu: 1) >> 12 == 49152)
        #expect(try kernel.mapped(0x5000, bytes: 4096, cpu: 2) >> 12 == 16384)
        #expect(try kernel.mapped(0x10000, bytes: 65536) >> 12 == 16)
    }

    @Test("The segment boundary is the device's")
    func boundary() throws {
        var kernel = try guest()
        kernel.devices[0].segmentMask = 0xffff
        #expect(try kernel.mapped(0x5000, bytes: 15 << 12) >> 12 == 1)
        #expect(throws: GuestFailure.self) { try kernel.mapped(0x5000, bytes: 17 << 12) }
        kernel.devices[0].segmentMask = 0x1ffff
        #expect(try kernel.mapped(0x5000, bytes: 17 << 12) >> 12 == 196_608)
        // 17 behind 17 would cross the boundary at 32.
        #expect(try kernel.mapped(0x5000, bytes: 17 << 12) >> 12 == 196_640)
    }

    @Test("An unmap clears the TCEs of the range and frees its entries; a range outside the table is left alone")
    func unmap() throws {
        var kernel = try guest()
        let taken = kernel.tables[0].taken.count
        let address = try kernel.mapped(0x5678, bytes: 4096)
        #expect(kernel.tables[0].taken.count == taken + 2)
        #expect(try kernel.calls { try $0.unmap(0, address, bytes: 4096, .read) } == ["stuff 0x1000 2"])
        #expect(kernel.tables[0].taken.count == taken)
        #expect(try kernel.calls { try $0.unmap(0, (1 << 30) - 4096, bytes: 4096, .read) } == ["stuff 0x3ffff000 1"])
        #expect(try kernel.calls { try $0.unmap(0, (1 << 30) - 4096, bytes: 4097, .read) } == [])
        #expect(try kernel.calls { try $0.unmap(0, 1 << 30, bytes: 1, .read) } == [])
    }

    @Test("A full table is an error, and no call is made")
    func full() throws {
        var kernel = try guest { $0.phbs[0].windowBytes = 64 << 20 }
        // 12288 small entries, of which one is never given and one not used, 768 blocks of 16.
        while case .success = try kernel.map(0, 0x5000, bytes: 15 << 12, .read) {}
        #expect(try kernel.calls { _ = try $0.map(0, 0x5000, bytes: 15 << 12, .read) } == [])
    }

    // MARK: Scatter-gather

    private typealias Element = GuestKernel.Element

    private func list(
        _ elements: [(RealAddress, UInt64)], _ kernel: inout GuestKernel
    ) throws -> [Element] {
        try kernel.mapList(0, elements.map { Element(address: $0.0, bytes: $0.1) }, .read).get()
    }

    private let end = GuestKernel.Element(address: .max, bytes: 0)

    @Test("Elements are mapped one by one, in entries behind one another, and merge; fewer segments end with one of 0")
    func merge() throws {
        var kernel = try guest()
        var segments: [Element] = []
        let calls = try kernel.calls {
            segments = try list([(0x5000, 4096), (0x9000, 4096), (0x7000, 2048)], &$0)
        }
        #expect(calls == ["put 0x1000 0x5001", "put 0x2000 0x9001", "put 0x3000 0x7001"])
        #expect(segments == [Element(address: 0x1000, bytes: 10240), end])
        #expect(try kernel.calls { try $0.unmapList(0, segments, .read) } == ["stuff 0x1000 3"])
    }

    @Test("A gap on the bus is not merged over")
    func gap() throws {
        var kernel = try guest()
        #expect(
            try list([(0x5000, 2048), (0x9000, 4096)], &kernel)
                == [Element(address: 0x1000, bytes: 2048), Element(address: 0x2000, bytes: 4096)])
        #expect(
            try list([(0x5800, 2048), (0x9000, 4096)], &kernel) == [Element(address: 0x10800, bytes: 6144), end])
    }

    @Test("A segment has at most the device's maximum of bytes")
    func segmentMax() throws {
        var kernel = try guest()
        let pages = (0..<17).map { (RealAddress($0 * 2) << 12, UInt64(4096)) }
        #expect(try list(Array(pages.prefix(16)), &kernel) == [Element(address: 0x1000, bytes: 65536), end])
        #expect(
            try list(pages, &kernel)
                == [Element(address: 0x20000, bytes: 65536), Element(address: 0x30000, bytes: 4096), end])
    }

    @Test("An element of length 0 is skipped, and what follows is not merged with what was before")
    func zeroLength() throws {
        var kernel = try guest()
        #expect(
            try list([(0x5000, 4096), (0x6000, 0), (0x9000, 4096)], &kernel)
                == [Element(address: 0x1000, bytes: 4096), Element(address: 0x2000, bytes: 4096), end])
        var none: [Element] = []
        #expect(try kernel.calls { none = try list([(0x6000, 0)], &$0) } == [])
        #expect(none == [end])
    }

    @Test("A failure frees the segments there are; the entries of the element that failed are lost")
    func failure() throws {
        var kernel = try guest()
        let taken = kernel.tables[0].taken.count
        let calls = try kernel.calls(refusing: 2, with: .notEnoughResources) { kernel in
            let elements = [0x5000, 0x9000, 0x7000].map { Element(address: $0, bytes: 4096) }
            #expect(throws: GuestFailure.self) { try kernel.mapList(0, elements, .read).get() }
        }
        #expect(calls == ["put 0x1000 0x5001", "put 0x2000 0x9001", "stuff 0x1000 2"])
        #expect(kernel.tables[0].taken.count == taken + 1)
    }

    @Test("An unmap goes by segments, until one of length 0")
    func unmapList() throws {
        var kernel = try guest()
        let segments = [Element(address: 0x1000, bytes: 4096), Element(address: 0x20000, bytes: 8192), end]
        #expect(
            try kernel.calls { try $0.unmapList(0, segments + [Element(address: 0x3000, bytes: 1)], .read) }
                == ["stuff 0x1000 1", "stuff 0x20000 2"])
    }

    @Test("Bounced, each element is on its own, and all or none are mapped")
    func bounced() throws {
        var kernel = try GuestKernel.booted("P0") { $0.memoryBytes = 2 << 30 }
        let start = try #require(kernel.buffer?.start)
        #expect(
            try list([(0x1000_0000, 2048), (0x1000_0800, 2048)], &kernel)
                == [Element(address: start, bytes: 2048), Element(address: start + 2048, bytes: 2048)])
        #expect(kernel.usedSlots == 2)
        #expect(throws: GuestFailure.self) {
            try list([(0x1000_0000, 2048), (0x1000_0000, (256 << 10) + 1)], &kernel)
        }
        #expect(kernel.usedSlots == 2)
    }
}
