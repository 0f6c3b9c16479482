// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import TceEmu

/// The synthetic traces.
struct WorkloadTests {
    private static func generate(_ workload: Workload, events: UInt64, seed: UInt64) throws -> [UInt8] {
        let output = MemoryStream()
        _ = try workload.generate(events: events, seed: seed, to: output)
        return output.bytes
    }

    @Test("A workload has exactly the events that were asked for", arguments: Workload.allCases)
    func exactLength(workload: Workload) throws {
        for events: UInt64 in [0, 1, 2, 511, 514, 40_000] {
            let summary = try TraceSummary(MemoryStream(Self.generate(workload, events: events, seed: 1)))
            #expect(summary.totals.events == events)
        }
    }

    @Test("The same seed gives the same events, another seed others", arguments: Workload.allCases)
    func seeded(workload: Workload) throws {
        let first = try Self.generate(workload, events: 5_000, seed: 7)
        #expect(try first == Self.generate(workload, events: 5_000, seed: 7))
        #expect(try first != Self.generate(workload, events: 5_000, seed: 8))
    }

    @Test("No access of a workload faults: everything is mapped when it is used", arguments: Workload.allCases)
    func noFaults(workload: Workload) throws {
        var replay = try Replay(
            TraceReader(MemoryStream(Self.generate(workload, events: 60_000, seed: 2))))
        let statistics = try replay.run()
        #expect(statistics.dma.transactions > 20_000)
        #expect(statistics.dma.faults.total == 0)
        #expect(statistics.hcalls.values.allSatisfy { $0.errors == 0 })
        #expect(statistics.others.refused == 0)
    }

    @Test("SplitMix64 gives the published numbers")
    func splitMix64() {
        // The reference C program with seed 1234567 (Vigna, prng.di.unimi.it).
        var random = SplitMix64(seed: 1_234_567)
        let numbers = (0..<5).map { _ in random.next() }
        #expect(
            numbers == [
                6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
                4_593_380_528_125_082_431, 16_408_922_859_458_223_821,
            ])
    }
}
