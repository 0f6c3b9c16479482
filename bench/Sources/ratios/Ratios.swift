// SPDX-License-Identifier: Apache-2.0
import CTce
import Foundation
import TceEmu

// Each figure is a ratio of two things run in turn in this process, because the machine's speed drifts: what a
// step costs against the least that it could cost. Usage: ratios [EVENTS] (default 20,000,000).

@main
struct Ratios {
    static func main() throws {
        let arguments = CommandLine.arguments
        let events = arguments.count > 1 ? UInt64(arguments[1]) ?? 20_000_000 : 20_000_000
        print("measure                                       this        limit       ratio  (medians; ns an item)")
        try traceRows(events: events)
        hcallRows()
        translateRows()
    }
}

/// Times `this` and `limit` in turn; prints nanoseconds an item and the ratio of each pair's median.
func compare(
    _ name: String, items: Double, rounds: Int = 7, _ this: () -> Void, against limit: () -> Void
) {
    this()
    limit()
    var ratios: [Double] = []
    var these: [Double] = []
    var limits: [Double] = []
    for _ in 0..<rounds {
        let a = seconds(this)
        let b = seconds(limit)
        these.append(a)
        limits.append(b)
        ratios.append(a / b)
    }
    func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }
    print(
        name.padding(toLength: 42, withPad: " ", startingAt: 0)
            + String(
                format: "%9.2f %12.2f %11.3f  (%.3f to %.3f)", median(these) / items * 1e9,
                median(limits) / items * 1e9, median(ratios), ratios.min() ?? 0, ratios.max() ?? 0))
}

func seconds(_ body: () -> Void) -> Double {
    let start = DispatchTime.now().uptimeNanoseconds
    body()
    return Double(DispatchTime.now().uptimeNanoseconds - start) * 1e-9
}

/// A result that the optimiser may not drop.
nonisolated(unsafe) var sink: UInt64 = 0
