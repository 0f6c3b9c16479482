// SPDX-License-Identifier: Apache-2.0
import CTce
import Histogram
import Testing

@testable import TceEmu

/// Our histogram against HdrHistogram's own, of two significant digits.
@Suite("Latency histograms")
struct LatencyHistogramTests {
    /// The same values in both.
    static func both(_ values: [UInt64]) -> (ours: LatencyHistogram, theirs: Histogram<UInt64>) {
        var ours = LatencyHistogram()
        var theirs = Histogram<UInt64>(highestTrackableValue: .max, numberOfSignificantValueDigits: .two)
        for value in values {
            ours.record(value)
            theirs.record(value)
        }
        return (ours, theirs)
    }

    /// Values of all sizes, many small ones and ties.
    static func values(seed: UInt64, count: Int) -> [UInt64] {
        var random = SplitMix64(seed: seed)
        let widths = 1 + random.next() % 40
        return (0..<count).map { _ in random.next() >> (63 - random.next() % widths) }
    }

    @Test("Every bin has 128 of its power of two, and below 256 one value")
    func bins() {
        var next: UInt64 = 0
        for bin in 0..<LatencyHistogram.binCount {
            let values = LatencyHistogram.values(ofBin: bin)
            #expect(values.lowerBound == next)
            #expect(LatencyHistogram.bin(of: values.lowerBound) == bin)
            #expect(LatencyHistogram.bin(of: values.upperBound) == bin)
            // The core counts in the same bins.
            #expect(tce_bin_least(UInt32(bin)) == values.lowerBound && tce_bin_most(UInt32(bin)) == values.upperBound)
            next = values.upperBound &+ 1
        }
        #expect(next == 0)
    }

    @Test("Percentiles are those of HdrHistogram", arguments: 0..<200 as Range<UInt64>)
    func percentiles(seed: UInt64) {
        let (ours, theirs) = Self.both(Self.values(seed: seed, count: 1 + Int(seed * seed)))
        for percent in [0, 1, 25, 50, 90, 99, 99.9, 99.99, 100] {
            #expect(ours.value(atPercentile: percent) == theirs.valueAtPercentile(percent), "seed \(seed), \(percent)")
        }
    }

    @Test("The text is that of HdrHistogram", arguments: 0..<50 as Range<UInt64>)
    func text(seed: UInt64) {
        let (ours, theirs) = Self.both(Self.values(seed: seed, count: 1 + Int(seed * 40)))
        var text = ""
        theirs.outputPercentileDistribution(to: &text, outputValueUnitScalingRatio: 1)
        #expect(ours.hgrm() == text, "seed \(seed)")
    }

    @Test("Nothing at all has a text, and no percentile")
    func nothing() {
        let (ours, theirs) = Self.both([])
        var text = ""
        theirs.outputPercentileDistribution(to: &text, outputValueUnitScalingRatio: 1)
        #expect(ours.hgrm() == text)
        #expect(ours.value(atPercentile: 50) == nil && ours.mean == nil)
    }

    @Test("Two histograms added are the histogram of all their values")
    func sum() {
        let (one, other) = (Self.values(seed: 3, count: 500), Self.values(seed: 4, count: 900))
        var sum = Self.both(one).ours
        sum.add(Self.both(other).ours)
        #expect(sum == Self.both(one + other).ours)
        #expect(sum.sum == (one + other).reduce(0) { $0 + UInt128($1) })
    }
}
