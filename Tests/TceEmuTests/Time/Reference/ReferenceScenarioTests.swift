// SPDX-License-Identifier: Apache-2.0
import TceEmu
import Testing

/// Random scenarios: that they exercise every rule, and that what the reference skips is nothing.
@Suite("Time reference: random scenarios")
struct ReferenceScenarioTests {
    /// The rules of the page that a scenario can exercise, and cases of them that are easily got wrong.
    static let rules = [
        "arbitrate", "assumed", "bypass", "completion", "cost", "cut", "dropped", "evict", "evict-used", "exit",
        "fault",
        "fault-itself", "fill", "first-touch", "freeze", "hit", "join", "join-queued", "kill", "kill-fetch-tie",
        "kill-in-flight", "kill-pe", "kill-queued", "link", "lookup", "miss", "order", "overtaken", "overtaken-tie",
        "page-out", "read", "read-behind-write", "ready", "refetch", "reflection", "round", "rtas", "saturate",
        "saturate-barrier", "saturate-clear", "slot-wait", "tag", "tie", "ultracall", "unit", "vcpu", "vio", "vio-wait",
        "window-kill", "withdrawn", "write", "write-order", "write-order-latest",
    ]

    /// In 2,000 runs each is in 100; a tenth of them is enough for every day.
    @Test("Every rule is exercised")
    func everyRule() {
        var runs: [String: Int] = [:]
        for seed: UInt64 in 0..<400 {
            let scenario = ReferenceScenario(seed: seed)
            let result = Reference.run(scenario.events, scenario.configuration)
            for rule in result.rules.keys { runs[rule, default: 0] += 1 }
        }
        #expect(Set(runs.keys).subtracting(Self.rules) == [])
        for rule in Self.rules { #expect(runs[rule, default: 0] >= 20, "\(rule) in \(runs[rule, default: 0]) of 400") }
    }

    @Test("Cycles that are skipped are such in which nothing happens")
    func skipping() {
        for seed: UInt64 in 1_000..<1_020 {
            let scenario = ReferenceScenario(seed: seed)
            let skipped = Reference.run(scenario.events, scenario.configuration)
            let stepped = Reference.run(scenario.events, scenario.configuration, skipping: false)
            #expect(skipped == stepped, "seed \(seed)")
        }
    }

    @Test("What holds of every run")
    func invariants() {
        for seed: UInt64 in 2_000..<2_200 {
            let scenario = ReferenceScenario(seed: seed)
            let result = Reference.run(scenario.events, scenario.configuration)
            for transaction in result.transactions {
                #expect(transaction.start <= transaction.done, "seed \(seed)")
                #expect(transaction.grantedTLPs <= transaction.tlps, "seed \(seed)")
                #expect(transaction.fault != nil || transaction.grantedTLPs == transaction.tlps, "seed \(seed)")
            }
            for call in result.calls { #expect(call.end == call.start + call.cost && call.cost > 0, "seed \(seed)") }
            #expect(result.lookups == result.hits + result.joins + result.queuedJoins + result.misses, "seed \(seed)")
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
