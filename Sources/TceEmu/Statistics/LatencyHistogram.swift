// SPDX-License-Identifier: Apache-2.0

/// How often each latency occurred, to about 1 %: values below 256 have a bin each, above there are 128 bins for each
/// power of two.
///
/// These are HdrHistogram's bins for two significant digits, and percentiles are as its `valueAtPercentile` gives them:
/// the highest value of the bin in which the percentile lies, but none above the largest value that occurred.
public struct LatencyHistogram: Hashable, Sendable {
    /// Bins, which are enough for any 64-bit value.
    public static let binCount = 7424
    /// Bins below which each holds one value, and bins for each power of two above.
    private static let exact = 256
    private static let perOctave = 128

    /// How often a value of each bin occurred.
    public private(set) var counts = [UInt64](repeating: 0, count: binCount)
    public private(set) var count: UInt64 = 0
    /// The least and the largest value, exactly; 0 where there is none.
    public private(set) var least: UInt64 = 0
    public private(set) var most: UInt64 = 0
    /// The sum of all values, exactly.
    public private(set) var sum: UInt128 = 0

    public init() {}

    /// The bin of a value.
    public static func bin(of value: UInt64) -> Int {
        guard value >= UInt64(exact) else { return Int(value) }
        // The octave is 1 for 256..<512; of a value its first eight bits are kept.
        let octave = (value >> 8).leadingZeroBitCount.distance(to: UInt64.bitWidth)
        return octave * perOctave + Int(value >> octave)
    }

    /// The values of a bin.
    public static func values(ofBin bin: Int) -> ClosedRange<UInt64> {
        guard bin >= exact else { return UInt64(bin)...UInt64(bin) }
        let octave = bin / perOctave - 1
        let least = UInt64(bin - octave * perOctave) << octave
        return least...(least + (UInt64(1) << octave - 1))
    }

    /// Notes that a value occurred.
    public mutating func record(_ value: UInt64, count: UInt64 = 1) {
        guard count > 0 else { return }
        counts[Self.bin(of: value)] += count
        note(least: value, most: value, count: count)
        sum += UInt128(value) * UInt128(count)
    }

    /// Adds what another histogram has.
    public mutating func add(_ other: LatencyHistogram) {
        guard other.count > 0 else { return }
        for bin in 0..<Self.binCount { counts[bin] += other.counts[bin] }
        note(least: other.least, most: other.most, count: other.count)
        sum += other.sum
    }

    private mutating func note(least: UInt64, most: UInt64, count: UInt64) {
        self.least = self.count == 0 ? least : min(self.least, least)
        self.most = max(self.most, most)
        self.count += count
    }

    /// The mean of all values, exactly but for the division; nil of none.
    public var mean: Double? {
        count == 0 ? nil : Double(sum) / Double(count)
    }

    /// The value that a share of all values, in per cent, does not exceed; nil where there is none.
    ///
    /// - Parameter percent: 0 to 100; 0 gives the least value, 100 the largest.
    public func value(atPercentile percent: Double) -> UInt64? {
        guard count > 0 else { return nil }
        guard percent > 0 else { return least }
        guard percent < 100 else { return most }
        // One step below, so that the rounding of the product does not lead to the next value.
        let wanted = max(1, UInt64((percent.nextDown * Double(count) / 100).rounded(.up)))
        var passed: UInt64 = 0
        for (bin, count) in counts.enumerated() where count > 0 {
            passed += count
            if passed >= wanted { return max(min(Self.values(ofBin: bin).upperBound, most), least) }
        }
        return most
    }
}

extension LatencyHistogram {
    /// Takes the place of a histogram that was counted elsewhere. Its bins must be those of this type.
    init(counts: [UInt64], least: UInt64, most: UInt64, sum: UInt128) {
        precondition(counts.count == Self.binCount)
        self.counts = counts
        count = counts.reduce(0, +)
        (self.least, self.most) = count == 0 ? (0, 0) : (least, most)
        self.sum = sum
    }
}
