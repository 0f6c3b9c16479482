// SPDX-License-Identifier: Apache-2.0

/// Which of a number of things are taken, one bit each.
struct EntryMap {
    private var words: [UInt64]
    /// How many there are, taken or not.
    let capacity: Int
    /// How many are taken.
    private(set) var count = 0

    init(count capacity: Int) {
        self.capacity = capacity
        words = Array(repeating: 0, count: (capacity + 63) / 64)
    }

    subscript(index: Int) -> Bool { words[index >> 6] >> UInt64(index & 63) & 1 != 0 }

    mutating func insert(_ range: Range<Int>) {
        forEachWord(of: range) { words, word, mask in
            let fresh = mask & ~words[word]
            words[word] |= mask
            return fresh.nonzeroBitCount
        }
    }

    mutating func remove(_ range: Range<Int>) {
        forEachWord(of: range) { words, word, mask in
            let gone = mask & words[word]
            words[word] &= ~mask
            return -gone.nonzeroBitCount
        }
    }

    private mutating func forEachWord(of range: Range<Int>, _ body: (inout [UInt64], Int, UInt64) -> Int) {
        precondition(range.lowerBound >= 0 && range.upperBound <= capacity)
        var at = range.lowerBound
        while at < range.upperBound {
            let end = min(range.upperBound, (at | 63) + 1), bits = end - at
            let mask = (bits == 64 ? UInt64.max : (1 << UInt64(bits)) - 1) << UInt64(at & 63)
            count += body(&words, at >> 6, mask)
            at = end
        }
    }

    /// The first index at or after `start`, below `limit`, that is taken or that is free; `limit` if there is none.
    private func next(taken isTaken: Bool, from start: Int, below limit: Int) -> Int {
        var at = start
        while at < limit {
            let word = isTaken ? words[at >> 6] : ~words[at >> 6]
            let rest = word >> UInt64(at & 63)
            if rest != 0 { return min(limit, at + rest.trailingZeroBitCount) }
            at = (at | 63) + 1
        }
        return limit
    }

    /// The first index, a multiple of `alignment`, from which `length` are free and all below `limit`.
    func firstFree(_ length: Int, from start: Int, below limit: Int, alignedTo alignment: Int) -> Int? {
        var start = start
        while start < limit {
            let free = next(taken: false, from: start, below: limit)
            let index = (free + alignment - 1) & ~(alignment - 1)
            guard index <= limit - length else { return nil }
            let obstacle = next(taken: true, from: index, below: index + length)
            if obstacle == index + length { return index }
            start = obstacle + 1
        }
        return nil
    }
}
