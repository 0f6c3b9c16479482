// SPDX-License-Identifier: Apache-2.0
import Cases
import Foundation

/// What came of two things run in turn: seconds of each, pair by pair.
struct Pairs {
    /// One side: what the case's clock says, and the time of all threads.
    struct Side {
        private(set) var seconds: [Double] = []
        private(set) var processor: [Double] = []

        mutating func add(_ turns: Int, _ clock: Case.Clock, _ body: () throws -> Void) rethrows {
            let wall = Pairs.now(CLOCK_MONOTONIC), busy = Pairs.now(CLOCK_PROCESS_CPUTIME_ID)
            for _ in 0..<turns { try body() }
            let processorTime = Pairs.now(CLOCK_PROCESS_CPUTIME_ID) - busy
            let time = clock == .wall ? Pairs.now(CLOCK_MONOTONIC) - wall : processorTime
            seconds.append(time / Double(turns))
            processor.append(processorTime / Double(turns))
        }
    }

    private(set) var this = Side()
    private(set) var limit = Side()

    var count: Int { this.seconds.count }

    /// Seven pairs after one that does not count; 21 short ones, and 3 of what takes seconds. A body of less than 2 ms
    /// runs several times. They take turns at being first, so that what one leaves in the caches helps both alike.
    init(_ bodies: Case.Bodies, clock: Case.Clock) throws {
        var first = Side()
        try first.add(1, clock, bodies.this)
        try bodies.limit()
        let once = first.seconds[0]
        let turns = max(1, min(100, Int(0.002 / max(once, 1e-9))))
        for pair in 0..<(once < 0.01 ? 21 : once < 3 ? 7 : 3) {
            if pair % 2 != 0 { try limit.add(turns, clock, bodies.limit) }
            try this.add(turns, clock, bodies.this)
            if pair % 2 == 0 { try limit.add(turns, clock, bodies.limit) }
        }
    }

    /// Ascending.
    var ratios: [Double] { zip(this.seconds, limit.seconds).map { $0 / $1 }.sorted() }

    /// Of the time of all threads, the median.
    var processorRatio: Double { Self.median(zip(this.processor, limit.processor).map { $0 / $1 }) }

    static func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }

    private static func now(_ clock: clockid_t) -> Double {
        var time = timespec()
        clock_gettime(clock, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }
}
