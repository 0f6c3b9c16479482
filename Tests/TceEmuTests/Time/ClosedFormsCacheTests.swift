// SPDX-License-Identifier: Apache-2.0
import CTce
import Testing

@testable import TceEmu

/// The TCE cache and its fetch slots alone, on both sides of each boundary, against a formula of the parameters.
@Suite("Time: closed forms of the TCE cache")
struct ClosedFormsCacheTests {
    /// Writes of a byte to pages one after another, each a millisecond after the last: which of them hit.
    private func expect(
        _ pages: [UInt64], hit: [Bool], _ set: ParameterSet, _ settings: [String],
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        var set = set
        set.settings += settings
        var t = try StageTrace(set)
        t.map((pages.max() ?? 0) + 1)
        let places = pages.enumerated().map { t.write(10 + UInt64($0), $1 << 12, 1) }
        let f = t.form
        let outcomes = [("engine", try t.trace.engine()), ("reference", try t.trace.reference())]
        for (side, outcome) in outcomes {
            for (index, place) in places.enumerated() {
                let expected =
                    t.cycle(10 + UInt64(index)) + f.link(f.write(1)) + f.port + (hit[index] ? f.hit : f.fetch)
                    + f.memory
                #expect(
                    outcome.spans[place]?.done == expected, "\(side), access \(index)", sourceLocation: sourceLocation)
            }
        }
    }

    /// Where a fetch takes as long as a hit nothing tells them apart: so it is long.
    private static let long = "memory_latency=100 ns"

    @Test("A line's TCEs hit once one was fetched; the next line's does not", arguments: [1, 2, 8] as [UInt64])
    func line(_ tces: UInt64) throws {
        for set in ParameterSet.all {
            try expect(
                [0, tces - 1, tces, 2 * tces - 1], hit: [false, true, false, true], set,
                [Self.long, "tce_cache.entries=64", "tce_cache.ways=2", "tce_cache.tces_per_line=\(tces)"])
        }
    }

    @Test("As many pages as entries hit when they come again; of one more each misses", arguments: [1, 4, 16])
    func entries(_ entries: Int) throws {
        for set in ParameterSet.all {
            let settings = [Self.long, "tce_cache.entries=\(entries)", "tce_cache.ways=\(entries)"]
            let full = Array(0..<UInt64(entries))
            try expect(
                full + full, hit: full.map { _ in false } + full.map { _ in true }, set, settings)
            let more = Array(0...UInt64(entries))
            try expect(more + more, hit: (more + more).map { _ in false }, set, settings)
        }
    }

    @Test(
        "As many lines of a set as ways hit; of one more each misses, though the cache is not full",
        arguments: [1, 2, 4])
    func ways(_ ways: Int) throws {
        let sets = 4
        for set in ParameterSet.all {
            let settings = [Self.long, "tce_cache.entries=\(sets * ways)", "tce_cache.ways=\(ways)"]
            let full = (0..<ways).map { UInt64($0 * sets) }
            try expect(full + full, hit: full.map { _ in false } + full.map { _ in true }, set, settings)
            let more = (0...ways).map { UInt64($0 * sets) }
            try expect(more + more, hit: (more + more).map { _ in false }, set, settings)
        }
    }

    @Test(
        "As many misses as slots are fetched at once; one more waits for the first's end, and a cycle", arguments: 1...4
    )
    func slots(_ slots: Int) throws {
        for set in ParameterSet.all {
            var t = try StageTrace(set, "fetch_slots=\(slots)", "memory_latency=20000")
            let count = 2 * slots + 1
            t.map(UInt64(count))
            let places = (0..<count).map { t.write(10, UInt64($0) << 12, 64) }
            let f = t.form
            var begins: [UInt64] = []
            for (index, lookup) in f.lookups(Array(repeating: f.write(64), count: count)).enumerated() {
                begins.append(index < slots ? lookup : max(lookup, begins[index - slots] + f.fetch + 1))
            }
            // Each is later than the one before it, so that their order does not show.
            try t.expect(zip(places, begins).map { ($0, $1 + f.fetch + f.memory) }, after: 10)
        }
    }

    @Test("A miss of a line that is fetched, or waits for a slot, is answered with it", arguments: ParameterSet.all)
    func joins(_ set: ParameterSet) throws {
        var t = try StageTrace(set, "fetch_slots=1", "memory_latency=20000")
        t.map(2)
        let places = [0, 0, 1, 1].map { t.write(10, $0 << 12, 64) }
        let f = t.form
        let first = f.lookups([f.write(64)])[0] + f.fetch
        let second = first + 1 + f.fetch
        try t.expect(Array(zip(places, [first, first, second, second].map { $0 + f.memory })), after: 10)
    }

    @Test(
        "In the cycle of a fetch's end a lookup hits; in the cycle before it joins", arguments: [-1, 0, 1] as [Int64])
    func filled(_ late: Int64) throws {
        for set in ParameterSet.all where set.name != "ideal" {
            // The second TLP is looked up a TLP's time after the first: the fetch ends `late` cycles before that.
            var t = try StageTrace(set, "lookup_interval=0", "walk_levels=1")
            let f = t.form
            let lookups = f.lookups([f.write(256), f.write(64)])
            let fetch = Int64(lookups[1] - lookups[0]) - late
            t = try StageTrace(set, "lookup_interval=0", "walk_levels=1", "memory_latency=\(fetch)")
            t.map(1)
            t.write(10, 0, 256)
            let place = t.write(10, 0, 64)
            let fill = lookups[0] + UInt64(fetch)
            let translated = lookups[1] < fill ? fill : lookups[1] + f.hit
            try t.expect(place, translated + UInt64(fetch), after: 10)
        }
    }

    @Test("A kill in the cycle before the fetch begins leaves it alone; in the cycle after it fills nothing")
    func killInFlight() throws {
        for (delay, isFilled) in [(-1, true), (0, true), (1, false)] as [(Int64, Bool)] {
            // One cycle is one ns. The call of 10 cycles ends `delay` cycles after the fetch begins.
            var t = try StageTrace(
                ParameterSet(name: "ns"), "clock_mhz=1000", "hcall.entry=10", "hcall.put=0", "hcall.first_touch=0",
                "memory_latency=50", "pcie_latency=100")
            t.map(1)
            let f = t.form
            let lookup = f.lookups([f.write(64)])[0]
            t.write(10, 0, 64)
            let end = Int64(10_000_000 + lookup) + delay
            t.trace.events.append(
                TraceEvent(
                    time: UInt64(end - 10),
                    body: .hcall(.init(.put, cpu: 1, liobn: StageTrace.liobn, ioba: 0, value: 0x9003))))
            let place = t.write(20, 0, 64)
            try t.expect(place, lookup + (isFilled ? f.hit : f.fetch) + f.memory, after: 20)
        }
    }
}
