// SPDX-License-Identifier: Apache-2.0
import TceEmu
import Testing

/// Random scenarios: that what the reference skips is nothing, and that a seed says all.
@Suite("Time reference: random scenarios")
struct ReferenceScenarioTests {
    @Test("Cycles that are skipped are such in which nothing happens")
    func skipping() {
        for seed: UInt64 in 1_000..<1_020 {
            let scenario = ReferenceScenario(seed: seed)
            let skipped = Reference.run(scenario.events, scenario.configuration)
            let stepped = Reference.run(scenario.events, scenario.configuration, skipping: false)
            #expect(skipped == stepped, "seed \(seed)")
        }
    }

    @Test("The same seed draws the same, another one something else")
    func seeds() {
        let one = ReferenceScenario(seed: 7)
        let again = ReferenceScenario(seed: 7)
        #expect(one.events == again.events && one.configuration == again.configuration)
        #expect(one.events != ReferenceScenario(seed: 10).events)
        for (before, after) in zip(one.events, one.events.dropFirst()) { #expect(before.time <= after.time) }
    }
}
