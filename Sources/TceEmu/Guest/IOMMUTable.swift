// SPDX-License-Identifier: Apache-2.0

/// The guest kernel's book of a window: which entries are taken (Linux arch/powerpc/kernel/iommu.c).
///
/// Entries are counted from the window's first. Nothing here makes an hcall.
struct IOMMUTable {
    /// A part of the table with a place to look first.
    struct Pool {
        var start: Int
        /// Past its last entry.
        var end: Int
        var hint: Int
    }

    /// What an allocation is asked for, beside its length.
    struct Request {
        var npages: Int
        var cpu: Int
        /// The first entry is a multiple of 2 to this.
        var alignOrder = 0
        /// The highest I/O page that the device reaches.
        var maskPages = UInt64.max
        /// Pages of the I/O bus that a run must not cross: the device's segment boundary. A power of two.
        var boundaryPages = UInt64(1) << 20

        init(npages: Int, cpu: Int = 0) {
            self.npages = npages
            self.cpu = cpu
        }
    }

    let liobn: LIOBN
    let pageShift: Int
    /// I/O page number of the window's first entry.
    let offset: UInt64
    let entries: Int
    private(set) var taken: EntryMap
    private(set) var pools: [Pool]
    private(set) var largePool: Pool
    private let triesLargePoolLast: Bool

    /// Allocations of more pages than this come from the large pool.
    static let smallMax = 15
    /// Small allocations begin at multiples of this many entries after one another.
    static let block = 16
    /// A table over a window of so many bytes has `poolCount` pools, a smaller one 1.
    private static let pooledBytes = UInt64(1) << 30
    private static let poolCount = 4

    /// `windowStart` and `windowBytes` are multiples of the page size.
    init(liobn: LIOBN, windowStart: IOBA, windowBytes: UInt64, pageShift: Int, level: KernelLevel) {
        self.liobn = liobn
        self.pageShift = pageShift
        offset = windowStart >> UInt64(pageShift)
        entries = Int(windowBytes >> UInt64(pageShift))
        taken = EntryMap(count: entries)
        triesLargePoolLast = level.triesLargePoolLast
        let count = windowBytes >= Self.pooledBytes ? Self.poolCount : 1
        let size = entries * 3 / 4 / count
        pools = (0..<count).map { Pool(start: $0 * size, end: ($0 + 1) * size, hint: $0 * size) }
        largePool = Pool(start: count * size, end: entries, hint: count * size)
        // Drivers take address 0 for an error.
        if offset == 0, entries > 0 { taken.insert(0..<1) }
    }

    /// Marks entries that nothing may be given: a hole, or what a policy has mapped for ever.
    mutating func reserve(_ range: Range<Int>) {
        taken.insert(range)
    }

    /// No entry is taken but those that always are.
    var isUnused: Bool { taken.count == (offset == 0 && entries > 0 ? 1 : 0) }

    /// The pool that a CPU looks into first: a hash, so that neighbours do not meet.
    static func pool(ofCPU cpu: Int, poolCount: Int) -> Int {
        let hash = UInt32(truncatingIfNeeded: cpu) &* 0x61c8_8647
        return Int(hash >> 30) & (poolCount - 1)
    }

    /// Takes a run of entries; nil if there is none. `handle` is where the caller would like to go on, 0 for nowhere,
    /// and becomes the entry after the run.
    mutating func allocate(_ request: Request, handle: inout Int) -> Int? {
        guard request.npages > 0 else { return nil }
        let isLarge = request.npages > Self.smallMax
        var number = Self.pool(ofCPU: request.cpu, poolCount: pools.count)
        var place = isLarge ? Place.large : .small(number)
        var pass = 0
        while true {
            let pool = self[place]
            var start = pass == 0 && handle != 0 && handle >= pool.start && handle < pool.end ? handle : pool.hint
            var limit = pool.end
            if start >= limit { start = pool.start }
            if UInt64(limit) + offset > request.maskPages {
                guard request.maskPages >= offset else { return nil }
                let mask = request.maskPages
                limit = Int(clamping: mask - offset + 1)
                if Int(UInt64(start) & mask) >= limit || pass > 0 {
                    // The search stays in that pool: the next pass is its own from the start.
                    place = .small(0)
                    start = self[place].start
                } else {
                    start = Int(UInt64(start) & mask)
                }
            }
            if let found = find(request, from: start, below: limit) {
                let end = found + request.npages
                taken.insert(found..<end)
                self[place].hint = hint(after: end, isLarge: isLarge)
                handle = end
                return found
            }
            if pass > 0, pass <= pools.count {
                number = (number + 1) & (pools.count - 1)
                place = .small(number)
            } else if triesLargePoolLast, pass == pools.count + 1 {
                place = .large
            } else if pass > 0 {
                return nil
            }
            self[place].hint = self[place].start
            pass += 1
        }
    }

    mutating func allocate(_ request: Request) -> Int? {
        var handle = 0
        return allocate(request, handle: &handle)
    }

    /// Where a recorded guest had a run, and where its search began: at `handle`, or perhaps at `perhaps`.
    struct Recorded {
        var entry: Int
        var handle = 0
        var perhaps: Int?
    }

    /// The same where a recorded guest had a run: if the search leads to another one, and the recorded run is free, that
    /// is taken over, as if the search had led there, and `differs` is set.
    mutating func allocate(_ request: Request, _ recorded: Recorded, handle: inout Int, differs: inout Bool) -> Int? {
        let before = (pools, largePool)
        handle = recorded.handle
        guard let found = allocate(request, handle: &handle) else { return nil }
        guard found != recorded.entry else { return found }
        let (own, after, end) = (found..<(found + request.npages), (pools, largePool), handle)
        taken.remove(own)
        if let perhaps = recorded.perhaps {
            (pools, largePool) = before
            handle = perhaps
            if let other = allocate(request, handle: &handle) {
                if other == recorded.entry { return other }
                taken.remove(other..<(other + request.npages))
            }
        }
        let other = recorded.entry..<(recorded.entry + request.npages)
        guard other.lowerBound >= 0, other.upperBound <= entries,
            taken.firstFree(other.count, from: other.lowerBound, below: other.upperBound, alignedTo: 1)
                == other.lowerBound
        else {
            taken.insert(own)
            (pools, largePool) = after
            handle = end
            return found
        }
        taken.insert(other)
        (pools, largePool) = before
        self[place(of: other.lowerBound)].hint = hint(
            after: other.upperBound, isLarge: request.npages > Self.smallMax)
        handle = other.upperBound
        differs = true
        return other.lowerBound
    }

    private func place(of entry: Int) -> Place {
        entry < largePool.start ? .small(entry / max(1, largePool.start / pools.count)) : .large
    }

    private func hint(after end: Int, isLarge: Bool) -> Int {
        isLarge ? end : (end + Self.block - 1) / Self.block * Self.block
    }

    /// One of the pools.
    private enum Place {
        case large
        case small(Int)
    }

    private subscript(place: Place) -> Pool {
        get {
            switch place {
            case .large: largePool
            case .small(let number): pools[number]
            }
        }
        set {
            switch place {
            case .large: largePool = newValue
            case .small(let number): pools[number] = newValue
            }
        }
    }

    /// The first run that fits. The last entry below the limit is never used. (Linux lib/iommu-helper.c)
    private func find(_ request: Request, from start: Int, below limit: Int) -> Int? {
        var start = start
        let size = min(limit, entries) - 1
        while let found = taken.firstFree(
            request.npages, from: start, below: size, alignedTo: 1 << request.alignOrder)
        {
            let place = offset &+ UInt64(found), within = place & (request.boundaryPages - 1)
            if within + UInt64(request.npages) <= request.boundaryPages { return found }
            start = Int((place | (request.boundaryPages - 1)) &+ 1 &- offset)
        }
        return nil
    }

    /// Gives entries back. False, and nothing is done, if they are not all in the table.
    mutating func free(_ first: Int, npages: Int) -> Bool {
        guard first >= 0, npages >= 0, npages <= entries, first <= entries - npages else { return false }
        taken.remove(first..<(first + npages))
        return true
    }
}
