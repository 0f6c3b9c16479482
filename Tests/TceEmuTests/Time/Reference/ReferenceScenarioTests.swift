// SPDX-License-Identifier: Apache-2.0
import TceEmu
import Testing

#if canImport(Glibc)
    import Glibc
#endif

/// Random scenarios: that they exercise every rule, and that what the reference leaves out is nothing.
@Suite("Time reference: random scenarios")
struct ReferenceScenarioTests {
    /// Rules, and cases of them, that a scenario can exercise.
    static let rules: [String] = []

    @Test("counts")
    func counts() {
        let runs = 2_000
        var inRuns: [String: Int] = [:]
        var times: [String: Int] = [:]
        var cycles: UInt64 = 0
        for seed in 0..<UInt64(runs) {
            let scenario = ReferenceScenario(seed: seed)
            let result = Reference.run(scenario.events, scenario.configuration)
            for (rule, count) in result.rules { inRuns[rule, default: 0] += 1; times[rule, default: 0] += count }
            cycles += result.transactions.map(\.done).max() ?? 0
        }
        for (rule, count) in inRuns.sorted(by: { $0.value < $1.value }) { print("RULE", rule, count, times[rule] ?? 0) }
        print("CYCLES", cycles / UInt64(runs))
    }
}
