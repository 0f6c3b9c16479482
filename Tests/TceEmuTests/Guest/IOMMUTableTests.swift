// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import TceEmu

/// The allocator of I/O pages, with values that an independent model gave (Linux arch/powerpc/kernel/iommu.c).
@Suite("Guest: iommu_table")
struct IOMMUTableTests {
    private func table(_ bytes: UInt64 = 1 << 30, start: IOBA = 0, _ level: KernelLevel = .v5_5) -> IOMMUTable {
        IOMMUTable(liobn: 0x8000_0000, windowStart: start, windowBytes: bytes, pageShift: 12, level: level)
    }

    private func request(_ npages: Int, cpu: Int = 0, order: Int = 0, mask: UInt64 = .max) -> IOMMUTable.Request {
        var request = IOMMUTable.Request(npages: npages, cpu: cpu)
        request.alignOrder = order
        request.maskPages = mask
        return request
    }

    @Test("Pools: four of a window of 1 GiB and more, one below; the large pool is the top quarter")
    func pools() {
        #expect(table(64 << 20).pools.map(\.start) == [0] && table(64 << 20).largePool.start == 12288)
        #expect(table((1 << 30) - 4096).pools.count == 1)
        #expect(table().pools.map(\.start) == [0, 49152, 98304, 147_456] && table().largePool.start == 196_608)
        #expect(table(2 << 30).pools.map(\.start) == [0, 98304, 196_608, 294_912])
        #expect(table(2 << 30).largePool.start == 393_216)
    }

    @Test("A CPU's pool is a hash of its number")
    func poolOfCPU() {
        let pools = (0..<16).map { IOMMUTable.pool(ofCPU: $0, poolCount: 4) }
        #expect(pools == [0, 1, 3, 0, 2, 3, 1, 2, 0, 1, 3, 0, 2, 3, 1, 2])
    }

    @Test("Small runs begin at multiples of 16 after one another, large ones follow each other in the large pool")
    func values() {
        var table = table()
        let first = (0..<3).map { _ in table.allocate(request(1)) }
        #expect(first == [1, 16, 32])
        let given = [
            table.allocate(request(3)),
            table.allocate(request(15)),
            table.allocate(request(16, order: 4)),
            table.allocate(request(16, order: 4)),
            table.allocate(request(1, cpu: 1)),
            table.allocate(request(1, cpu: 2)),
            table.allocate(request(1, cpu: 4)),
        ]
        #expect(given == [48, 64, 196_608, 196_624, 49152, 147_456, 98304])
        var handle = 0
        let list = (0..<3).map { _ in table.allocate(request(1), handle: &handle) }
        #expect(list == [80, 81, 82])
    }

    @Test("More than 15 pages are large")
    func large() {
        var table = table()
        let given = [
            table.allocate(request(15)),
            table.allocate(request(16)),
            table.allocate(request(17)),
            table.allocate(request(16)),
        ]
        #expect(given == [1, 196_608, 196_624, 196_641])
    }

    @Test("A mask below the pool sends the search to pool 0 or folds its start")
    func mask() {
        var table = table()
        let mask = UInt64(0xfff_ffff) >> 12
        let given = [
            table.allocate(request(1, cpu: 1, mask: mask)),
            table.allocate(request(1, cpu: 2, mask: mask)),
            table.allocate(request(16, order: 4, mask: mask)),
        ]
        #expect(given == [49152, 16384, 16])
    }

    @Test("Until the table is full: the last entry below a limit is never used; from 5.15 on the large pool comes last")
    func exhaustion() {
        func count(_ level: KernelLevel, _ one: IOMMUTable.Request) -> Int {
            var table = table(1 << 30, level)
            var count = 0
            while table.allocate(one) != nil { count += 1 }
            return count
        }
        #expect(count(.v5_10, request(1)) == 196_603)
        #expect(count(.v5_17, request(1)) == 262_138)
        #expect(count(.v5_10, request(16, order: 4)) == 16378)
    }

    /// A table of 64 entries, 48 in its one small pool, of which some are taken.
    private func small(_ level: KernelLevel = .v5_5, taken: Range<Int>...) -> IOMMUTable {
        var table = table(64 << 12, level)
        for range in taken { table.reserve(range) }
        return table
    }

    @Test("The last entry below the limit is never used")
    func lastEntry() {
        var free46 = small(taken: 0..<46, 48..<64), free47 = small(taken: 0..<47, 48..<64)
        let given = [free46.allocate(request(1)), free47.allocate(request(1))]
        #expect(given == [46, nil])
    }

    @Test("A mask's last page but one is the last that is used")
    func maskLimit() {
        var free14 = small(taken: 0..<14), free15 = small(taken: 0..<15)
        let given = [free14.allocate(request(1, mask: 15)), free15.allocate(request(1, mask: 15))]
        #expect(given == [14, nil])
    }

    @Test("The large pool is the last resort from 5.17 on; a large run may lie in a small pool")
    func lastResort() {
        var older = small(.v5_10, taken: 0..<48), later = small(.v5_17, taken: 0..<48)
        var full = small(.v5_10, taken: 48..<64)
        let given = [older.allocate(request(1)), later.allocate(request(1)), full.allocate(request(16))]
        #expect(given == [nil, 48, 1])
    }

    @Test("A full pool sends a CPU to the next pools in a ring")
    func ring() {
        var table = table()
        var given: [Int?] = []
        for pool in [3, 0, 1] {
            table.reserve((pool * 49152)..<((pool + 1) * 49152))
            given.append(table.allocate(request(1, cpu: 2)))
        }
        #expect(given == [1, 49152, 98304])
    }

    @Test("A handle that is not in the pool is not heeded")
    func handleOutside() {
        var table = table()
        var low = 512, high = 200_000, inside = 512
        let given = [
            table.allocate(request(16), handle: &low), table.allocate(request(1), handle: &high),
            table.allocate(request(1), handle: &inside),
        ]
        #expect(given == [196_608, 1, 512] && low == 196_624 && high == 2 && inside == 513)
    }

    @Test("Entry 0 of a window at bus address 0 is never given; of another it is")
    func entryZero() {
        var first = table(), other = table(start: 1 << 31)
        let given = [
            first.allocate(request(1)),
            other.allocate(request(1)),
        ]
        #expect(given == [1, 0])
    }

    @Test("A run does not cross the device's segment boundary, counted on the bus")
    func boundary() {
        var table = IOMMUTable(
            liobn: 1, windowStart: 8 << 12, windowBytes: 64 << 12, pageShift: 12, level: .v5_5)
        var small = request(3)
        small.boundaryPages = 16
        // Bus pages 8 to 10; 24 to 26, for the hint is a multiple of 16 of the table's; 32 to 41.
        var wide = request(10)
        wide.boundaryPages = 16
        var never = request(15)
        never.boundaryPages = 8
        let given = [table.allocate(small), table.allocate(small), table.allocate(wide), table.allocate(never)]
        #expect(given == [0, 16, 24, nil])
    }

    @Test("What is outside the table is not given back")
    func free() {
        var table = table(64 << 20)
        let answers = [table.free(16383, npages: 1), table.free(16383, npages: 2), table.free(-1, npages: 1)]
        #expect(answers == [true, false, false])
        let given = table.allocate(request(0))
        #expect(given == nil)
    }
}
