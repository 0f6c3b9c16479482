// SPDX-License-Identifier: Apache-2.0
import Foundation

// HdrHistogram's text of a percentile distribution (`.hgrm`), which its plotter and others of that family read.

extension LatencyHistogram {
    /// The percentile distribution as HdrHistogram prints it: value, percentile, how many are not above, and
    /// 1/(1-percentile); then mean, standard deviation and largest value, these three of the bins' middles and ends.
    ///
    /// - Parameter ticks: steps for each halving of the distance to 100 %.
    public func hgrm(ticksPerHalfDistance ticks: Int = 5) -> String {
        var text =
            padded("Value", 12) + " " + padded("Percentile", 14) + " " + padded("TotalCount", 10) + " "
            + padded("1/(1-Percentile)", 14) + "\n\n"
        for step in steps(ticks: ticks) {
            text += String(format: "%12.2f %2.12f", Double(step.value), step.percent / 100)
            text += " " + padded(String(step.passed), 10)
            if step.percent != 100 { text += String(format: " %14.2f", 1 / (1 - step.percent / 100)) }
            text += "\n"
        }
        let (mean, deviation) = momentsOfBins
        let largest = most == 0 ? 0 : Self.values(ofBin: Self.bin(of: most)).upperBound
        text += String(format: "#[Mean    = %12.2f, StdDeviation   = %12.2f]\n", mean, deviation)
        text += String(format: "#[Max     = %12.2f,", Double(largest))
        text += " Total count    = " + padded(String(count), 12) + "]\n"
        let octaves = Self.binCount / 128 - 1
        text += "#[Buckets = " + padded(String(octaves), 12) + ", SubBuckets     = " + padded("256", 12) + "]\n"
        return text
    }

    private struct Step {
        var value: UInt64
        var percent: Double
        var passed: UInt64
    }

    /// The lines of the distribution: percentiles that halve their distance to 100 % every `ticks` steps.
    private func steps(ticks: Int) -> [Step] {
        var result: [Step] = []
        var percent = 0.0
        var passed: UInt64 = 0
        for (bin, own) in counts.enumerated() where own > 0 {
            passed += own
            let reached = 100 * Double(passed) / Double(count)
            let value = Self.values(ofBin: bin).upperBound
            while reached >= percent, percent < 100 {
                result.append(Step(value: value, percent: percent, passed: passed))
                let halvings = Int(log2(100 / (100 - percent))) + 1
                percent += 100 / Double(UInt64(ticks) << UInt64(halvings))
                // All have been passed: one last line says so.
                if passed == count { break }
            }
            if passed == count { result.append(Step(value: value, percent: 100, passed: passed)) }
        }
        return result
    }

    /// Mean and standard deviation as if each value stood in the middle of its bin.
    private var momentsOfBins: (mean: Double, deviation: Double) {
        guard count > 0 else { return (0, 0) }
        let bins = counts.enumerated().filter { $0.element > 0 }.map { bin, own in
            let values = Self.values(ofBin: bin)
            let middle = values.lowerBound + (values.upperBound - values.lowerBound + 1) / 2
            return (middle: Double(middle), count: Double(own))
        }
        let mean = bins.reduce(0) { $0 + $1.middle * $1.count } / Double(count)
        let squares = bins.reduce(0) { $0 + ($1.middle - mean) * ($1.middle - mean) * $1.count }
        return (mean, (squares / Double(count)).squareRoot())
    }
}

private func padded(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.count)) + text
}
