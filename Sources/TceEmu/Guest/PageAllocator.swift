// SPDX-License-Identifier: Apache-2.0

/// Pages of the guest's memory that somebody has.
struct PageAllocator {
    let pageBytes: UInt64
    private var taken: EntryMap

    init(memoryBytes: UInt64, pageBytes: UInt64) {
        self.pageBytes = pageBytes
        taken = EntryMap(count: Int(memoryBytes / pageBytes))
    }

    private func pages(_ bytes: UInt64) -> Int { Int((bytes + pageBytes - 1) / pageBytes) }

    /// Takes given memory. False, and nothing is taken, if it is not all free memory.
    mutating func take(_ start: RealAddress, bytes: UInt64) -> Bool {
        let first = Int(start / pageBytes), count = pages(start % pageBytes + bytes)
        guard count <= taken.capacity, first <= taken.capacity - count,
            taken.firstFree(count, from: first, below: first + count, alignedTo: 1) == first
        else { return false }
        taken.insert(first..<(first + count))
        return true
    }

    /// The lowest free memory at or above an address and below another.
    mutating func takeLowest(_ bytes: UInt64, from start: RealAddress, below end: RealAddress = .max) -> RealAddress? {
        let limit = Int(min(end / pageBytes, UInt64(taken.capacity)))
        guard
            let first = taken.firstFree(
                pages(bytes), from: Int(min(start / pageBytes, UInt64(limit))), below: limit, alignedTo: 1)
        else { return nil }
        taken.insert(first..<(first + pages(bytes)))
        return UInt64(first) * pageBytes
    }

    /// The highest free memory below an address.
    mutating func takeHighest(_ bytes: UInt64, below end: RealAddress = .max) -> RealAddress? {
        let count = pages(bytes)
        var first = Int(min(end / pageBytes, UInt64(taken.capacity))) - count
        while first >= 0 {
            if taken.firstFree(count, from: first, below: first + count, alignedTo: 1) == first {
                taken.insert(first..<(first + count))
                return UInt64(first) * pageBytes
            }
            first -= 1
        }
        return nil
    }

    mutating func give(_ start: RealAddress, bytes: UInt64) {
        let first = Int(start / pageBytes)
        taken.remove(first..<(first + pages(bytes)))
    }
}
