// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

@testable import TceEmu

/// The engine against the cycle-stepped reference: they share a page of documentation and not a line of code.
///
/// A failing run is shrunk and printed as a text trace with the options to replay it.
@Suite("Time: engine and reference")
struct EngineTests {
    /// Random runs; TCE_TIME_RUNS says another number: 100,000 before a release.
    static let runs = ProcessInfo.processInfo.environment["TCE_TIME_RUNS"].flatMap(UInt64.init) ?? wholeRun
    static let wholeRun: UInt64 = 2_000

    /// In a whole run, each rule fires as often.
    static let leastFirings = 100

    /// The names in brackets of docs/time-model.md.
    private static func pageRules() throws -> [String] {
        let page = try String(contentsOf: packageFile("docs/time-model.md"), encoding: .utf8)
        return page.matches(of: /\*\*\[([a-z-]+)\]\*\*/).map { String($0.1) }
    }

    @Test("Start, end and fault of every transaction and call are the same, and so is what is counted")
    func agree() async throws {
        let survey = await TimedSurvey.run(0..<Self.runs)
        for failure in survey.failures {
            Issue.record("ReferenceScenario(seed: \(failure.seed)): engine and reference differ\n\(failure.text)")
        }
        print(survey.table)
        // A run that no longer meets a rule would pass without testing it. A shorter one may miss some.
        guard survey.failures.isEmpty, Self.runs >= Self.wholeRun else { return }
        for rule in ReferenceRule.allCases {
            #expect(survey.firings[rule] >= Self.leastFirings, "[\(rule.name)] fired \(survey.firings[rule]) times")
        }
    }

    @Test("Each rule of the page is counted")
    func rules() throws {
        let counted = Set(ReferenceRule.allCases.map(\.name))
        let rules = try Self.pageRules()
        #expect(rules.count > 40)
        for rule in rules { #expect(counted.contains(rule), "[\(rule)]") }
    }

    @Test("The engine takes every configuration that is drawn")
    func configurations() throws {
        for seed: UInt64 in 0..<100 {
            let scenario = ReferenceScenario(seed: seed)
            _ = try TimedCase(events: [], configuration: scenario.configuration).engine()
        }
    }

    @Test("Options say the whole configuration, and a trace all of its events")
    func options() throws {
        for seed: UInt64 in 0..<50 {
            let scenario = ReferenceScenario(seed: seed)
            let timed = TimedCase(events: scenario.events, configuration: scenario.configuration)
            #expect(try TimedCase(replaying: timed.description) == timed, "seed \(seed)")
        }
    }
}
