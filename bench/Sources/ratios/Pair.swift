// SPDX-License-Identifier: Apache-2.0
import Cases
import Foundation

/// What came of two things run in turn: seconds of each, pair by pair.
struct Pairs {
    private(set) var these: [Double] = []
    private(set) var limits: [Double] = []

    /// Seven pairs, or 21 short ones, after one of each that does not count. A body of less than 2 ms runs several times.
    init(_ bodies: Case.Bodies, clock: Case.Clock) throws {
        let first = try Self.seconds(clock, bodies.this)
        try bodies.limit()
        let turns = max(1, min(100, Int(0.002 / max(first, 1e-9))))
        for _ in 0..<(first < 0.01 ? 21 : 7) {
            these.append(try Self.seconds(clock) { for _ in 0..<turns { try bodies.this() } } / Double(turns))
            limits.append(try Self.seconds(clock) { for _ in 0..<turns { try bodies.limit() } } / Double(turns))
        }
    }

    /// Ascending.
    var ratios: [Double] { zip(these, limits).map { $0 / $1 }.sorted() }

    static func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }

    private static func seconds(_ clock: Case.Clock, _ body: () throws -> Void) rethrows -> Double {
        let start = now(clock)
        try body()
        return now(clock) - start
    }

    private static func now(_ clock: Case.Clock) -> Double {
        var time = timespec()
        clock_gettime(clock == .wall ? CLOCK_MONOTONIC : CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }
}
