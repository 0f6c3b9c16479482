// SPDX-License-Identifier: Apache-2.0

/// The kernel's book of its bounce buffer, SWIOTLB: which slots are taken, and for what memory (Linux
/// kernel/dma/swiotlb.c).
///
/// Nothing here copies a byte.
struct BounceBuffer {
    /// Bytes of a slot.
    static let slotBytes = UInt64(2048)
    /// Slots of a segment, which no mapping leaves.
    static let segment = 128
    /// The largest mapping: 256 KiB.
    static let mappingMax = slotBytes * UInt64(segment)

    /// A part with a place to look first: the whole, or a CPU's.
    private struct Area {
        var next = 0
        var used = 0
    }

    let start: RealAddress
    let slots: Int
    /// Free slots from each to the end of its segment; 0: taken.
    private(set) var free: [Int]
    /// What is bounced in each taken slot; all ones: nothing.
    private(set) var original: [RealAddress]
    private var areas: [Area]
    private let slotsOfArea: Int

    /// `bytes` is a multiple of a segment.
    init(start: RealAddress, bytes: UInt64, areas wanted: Int = 1) {
        self.start = start
        slots = Int(bytes / Self.slotBytes)
        let segment = Array((1...Self.segment).reversed())
        free = []
        free.reserveCapacity(slots)
        while free.count < slots { free += segment }
        original = Array(repeating: .max, count: slots)
        // A power of two of them, none smaller than a segment.
        var count = 1
        while count < wanted, slots / (count * 2) >= Self.segment { count *= 2 }
        areas = Array(repeating: Area(), count: count)
        slotsOfArea = slots / count
    }

    var bytes: UInt64 { UInt64(slots) * Self.slotBytes }
    var end: RealAddress { start + bytes }
    var used: Int { areas.reduce(0) { $0 + $1.used } }
    /// Where the next search of the first area begins.
    var next: Int { areas[0].next }

    func contains(_ address: RealAddress) -> Bool { address >= start && address < end }

    /// What a mapping asks for.
    struct Request {
        var bytes: UInt64
        var cpu = 0
        var pageBytes: UInt64
        /// Bus address of the buffer's start, and the device's segment boundary less 1.
        var bufferAt: IOBA
        var segmentMask: UInt64
    }

    /// Takes slots for a mapping, or for memory of their own; nil: full, or it is larger than a segment.
    mutating func take(_ request: Request, for address: RealAddress?) -> RealAddress? {
        let count = Int((request.bytes + Self.slotBytes - 1) / Self.slotBytes)
        for turn in 0..<areas.count {
            let area = (request.cpu + turn) & (areas.count - 1)
            guard let slot = find(count, request, in: area) else { continue }
            take(slot, count, in: area)
            if let address {
                for index in 0..<count { original[slot + index] = address + UInt64(index) * Self.slotBytes }
            }
            return start + UInt64(slot) * Self.slotBytes
        }
        return nil
    }

    private func find(_ count: Int, _ request: Request, in area: Int) -> Int? {
        guard count <= slotsOfArea - areas[area].used, count > 0 else { return nil }
        let stride = request.bytes >= request.pageBytes ? Int(request.pageBytes / Self.slotBytes) : 1
        let base = area * slotsOfArea
        var index = (areas[area].next + stride - 1) / stride * stride
        if index >= slotsOfArea { index = 0 }
        let first = index
        repeat {
            if !crosses(base + index, count, request), free[base + index] >= count { return base + index }
            index += stride
            if index >= slotsOfArea { index = 0 }
        } while index != first
        return nil
    }

    /// Would these slots lie across the device's segment boundary?
    private func crosses(_ slot: Int, _ count: Int, _ request: Request) -> Bool {
        let (segmentBytes, overflow) = request.segmentMask.addingReportingOverflow(1)
        if overflow { return false }
        let at = (request.bufferAt &+ UInt64(slot) * Self.slotBytes) & request.segmentMask
        return at + UInt64(count) * Self.slotBytes > segmentBytes
    }

    private mutating func take(_ slot: Int, _ count: Int, in area: Int) {
        for index in slot..<(slot + count) { free[index] = 0 }
        var run = 0
        var index = slot - 1
        while index >= 0, index % Self.segment != Self.segment - 1, free[index] != 0 {
            run += 1
            free[index] = run
            index -= 1
        }
        let next = slot + count - area * slotsOfArea
        areas[area].next = next < slotsOfArea ? next : 0
        areas[area].used += count
    }

    /// Gives the slots of a mapping back.
    mutating func give(_ address: RealAddress, bytes: UInt64) {
        let count = Int((bytes + Self.slotBytes - 1) / Self.slotBytes)
        let slot = Int((address - start) / Self.slotBytes), end = slot + count
        var run = end % Self.segment != 0 && end < slots ? free[end] : 0
        for index in (slot..<end).reversed() {
            run += 1
            free[index] = run
            original[index] = .max
        }
        var index = slot - 1
        while index >= 0, index % Self.segment != Self.segment - 1, free[index] != 0 {
            run += 1
            free[index] = run
            index -= 1
        }
        areas[slot / slotsOfArea].used -= count
    }

    /// The memory that an address in the buffer stands for; nil: none.
    func original(of address: RealAddress) -> RealAddress? {
        let slot = original[Int((address - start) / Self.slotBytes)]
        return slot == .max ? nil : slot + (address - start) % Self.slotBytes
    }
}
