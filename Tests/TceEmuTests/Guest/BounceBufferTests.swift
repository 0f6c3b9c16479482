// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import TceEmu

/// Slots of the bounce buffer, with values that an independent model gave (Linux kernel/dma/swiotlb.c).
@Suite("Guest: bounce buffer")
struct BounceBufferTests {
    private let start: RealAddress = 0x0400_0000

    private func request(
        _ bytes: UInt64, cpu: Int = 0, at bus: IOBA = 0, segmentMask: UInt64 = .max
    ) -> BounceBuffer.Request {
        BounceBuffer.Request(bytes: bytes, cpu: cpu, pageBytes: 65536, bufferAt: bus, segmentMask: segmentMask)
    }

    private func slot(_ request: BounceBuffer.Request, _ buffer: inout BounceBuffer) -> UInt64? {
        buffer.take(request, for: 0x5000).map { ($0 - start) / BounceBuffer.slotBytes }
    }

    @Test("Slots of 2 KiB in segments of 128; a mapping of a page and more begins at a page, and none leaves a segment")
    func values() {
        var buffer = BounceBuffer(start: start, bytes: 64 << 20)
        #expect(buffer.slots == 32768 && buffer.free[0] == 128 && buffer.free[127] == 1 && buffer.free[128] == 128)
        let slots = [2048, 4096, 65536, 262_144, 262_145].map { slot(request($0), &buffer) }
        #expect(slots == [0, 1, 32, 128, nil])
        #expect(buffer.used == 163 && buffer.next == 256 && buffer.free[3] == 29 && buffer.free[32] == 0)
        buffer.give(start + 32 * 2048, bytes: 65536)
        #expect(buffer.free[32] == 96 && buffer.free[3] == 125 && buffer.free[2] == 0 && buffer.used == 131)
        #expect(buffer.free[127] == 1 && buffer.free[128] == 0)
        // What is given back joins nothing before its segment.
        buffer.give(start + 128 * 2048, bytes: 262_144)
        #expect(buffer.free[127] == 1 && buffer.free[64] == 64 && buffer.free[128] == 128 && buffer.used == 3)
    }

    /// Bytes of a mapping, and how many fit into 64 MiB.
    static let fits: [(UInt64, Int)] = [
        (256 << 10, 256), (130 << 10, 256), (64 << 10, 1024), (1500, 32768), (2048, 32768), (2049, 16384),
    ]

    @Test("So many mappings fit", arguments: fits.indices)
    func fit(_ index: Int) {
        var buffer = BounceBuffer(start: start, bytes: 64 << 20)
        var count = 0
        while slot(request(Self.fits[index].0), &buffer) != nil { count += 1 }
        #expect(count == Self.fits[index].1)
    }

    @Test("The search goes on behind the last mapping, and from the first slot again at the end")
    func wrap() {
        var buffer = BounceBuffer(start: start, bytes: 512 << 10)
        let slots = [131_072, 131_072, 2048, 2048].map { slot(request($0), &buffer) }
        #expect(slots == [0, 64, 128, 129])
        buffer.give(start, bytes: 131_072)
        let later = (0..<127).map { _ in slot(request(2048), &buffer) }
        #expect(later[125] == 255 && later[126] == 0)
    }

    @Test("No mapping crosses the device's segment boundary, counted on the bus")
    func boundary() {
        func second(at bus: IOBA, _ mask: UInt64) -> UInt64? {
            var buffer = BounceBuffer(start: start, bytes: 512 << 10)
            _ = slot(request(31 * 2048, at: bus, segmentMask: mask), &buffer)
            return slot(request(4096, at: bus, segmentMask: mask), &buffer)
        }
        #expect(second(at: 0, 0xffff) == 32)
        #expect(second(at: 0, 0x1ffff) == 31)
        #expect(second(at: 2048, 0xffff) == 31)
        #expect(second(at: 0, .max) == 31)
        var buffer = BounceBuffer(start: start, bytes: 512 << 10)
        #expect(slot(request(65537, segmentMask: 0xffff), &buffer) == nil)
        #expect(slot(request(65536, segmentMask: 0xffff), &buffer) == 0)
    }

    @Test("A later kernel divides it into areas of a power of two, one a CPU, none smaller than a segment")
    func areas() {
        func slots(_ bytes: UInt64, areas: Int, cpus: [Int]) -> [UInt64?] {
            var buffer = BounceBuffer(start: start, bytes: bytes, areas: areas)
            return cpus.map { slot(request(2048, cpu: $0), &buffer) }
        }
        #expect(slots(64 << 20, areas: 1, cpus: [0, 1]) == [0, 1])
        #expect(slots(64 << 20, areas: 2, cpus: [0, 1, 1, 2]) == [0, 16384, 16385, 1])
        #expect(slots(64 << 20, areas: 3, cpus: [3]) == [24576])
        #expect(slots(512 << 10, areas: 8, cpus: [0, 1, 2]) == [0, 128, 1])
        var buffer = BounceBuffer(start: start, bytes: 512 << 10, areas: 2)
        let full = (0..<3).map { _ in slot(request(262_144, cpu: 1), &buffer) }
        #expect(full == [128, 0, nil])
        buffer.give(start + 128 * 2048, bytes: 262_144)
        #expect(slot(request(262_144), &buffer) == 128)
    }

    @Test("Each slot knows what it stands for, until it is given back")
    func original() {
        var buffer = BounceBuffer(start: start, bytes: 512 << 10)
        _ = buffer.take(request(5000), for: 0x1234_5678)
        let meant: UInt64 = 0x1234_5678 + 2048 + 7
        #expect(buffer.original(of: start + 2048 + 7) == meant)
        #expect(buffer.original(of: start + 3 * 2048) == nil)
        #expect(buffer.contains(start) && !buffer.contains(start - 1))
        #expect(buffer.contains(buffer.end - 1) && !buffer.contains(buffer.end))
        buffer.give(start, bytes: 5000)
        #expect(buffer.original(of: start) == nil && buffer.used == 0 && buffer.free[0] == 128)
    }
}
