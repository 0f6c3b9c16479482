// SPDX-License-Identifier: Apache-2.0
import Foundation

@testable import TceEmu

/// Random scenarios, one for each seed: engine and reference compared, and what happened in them counted.
struct TimedSurvey: Sendable {
    struct Failure: Sendable {
        let seed: UInt64
        let text: String
    }

    private(set) var scenarios = 0
    /// Firings of each rule, and scenarios in which it fired.
    private(set) var firings = ReferenceCounts()
    private(set) var runs = ReferenceCounts()
    /// In the order of their seeds.
    private(set) var failures: [Failure] = []

    /// More failures than these say nothing more.
    static let mostFailures = 3

    /// Seeds that one task takes at once.
    private static let portion: UInt64 = 20

    /// As many tasks as there are processors share the seeds.
    static func run(_ seeds: Range<UInt64>) async -> TimedSurvey {
        var survey = TimedSurvey()
        await withTaskGroup(of: TimedSurvey.self) { group in
            var next = seeds.lowerBound
            func addTask(_ group: inout TaskGroup<TimedSurvey>) {
                guard next < seeds.upperBound, survey.failures.count < mostFailures else { return }
                let portion = next..<min(next + Self.portion, seeds.upperBound)
                next = portion.upperBound
                group.addTask { TimedSurvey(portion) }
            }
            for _ in 0..<ProcessInfo.processInfo.activeProcessorCount { addTask(&group) }
            for await part in group {
                survey.add(part)
                addTask(&group)
            }
        }
        return survey
    }

    private init() {}

    private init(_ seeds: Range<UInt64>) {
        for seed in seeds where failures.count < Self.mostFailures {
            let scenario = ReferenceScenario(seed: seed)
            let timed = TimedCase(events: scenario.events, configuration: scenario.configuration)
            let result = timed.reference()
            scenarios += 1
            firings.add(result.counts)
            runs.add(result.counts.once)
            if let law = result.brokenLaw {
                failures.append(Failure(seed: seed, text: "\(law)\n\(timed.description)"))
            } else if timed.differs(from: TimedTrace.Outcome(result), refused: true) {
                let shrinker = CaseShrinker { $0.differs(from: TimedTrace.Outcome($0.reference()), refused: false) }
                failures.append(Failure(seed: seed, text: shrinker.shrink(timed).difference))
            }
        }
    }

    private mutating func add(_ other: TimedSurvey) {
        scenarios += other.scenarios
        firings.add(other.firings)
        runs.add(other.runs)
        failures = (failures + other.failures).sorted { $0.seed < $1.seed }
    }

    /// A line for each rule: its name, the runs in which it fired, its firings.
    var table: String {
        func column(_ text: String, _ width: Int) -> String {
            String(repeating: " ", count: max(0, width - text.count)) + text
        }
        let lines = ReferenceRule.allCases.map { rule in
            rule.name.padding(toLength: 20, withPad: " ", startingAt: 0) + column("\(runs[rule])", 10)
                + column("\(firings[rule])", 12)
        }
        let head = "rule" + column("runs", 26) + column("firings", 12)
        return ([head] + lines).joined(separator: "\n")
    }
}

extension TimedCase {
    /// Does the engine say something else? Whether what it does not take is a difference, `refused` says.
    func differs(from outcome: TimedTrace.Outcome, refused: Bool) -> Bool {
        (try? engine()).map { $0 != outcome } ?? refused
    }

    /// The case as text; behind each event what either says of it, where that differs.
    var difference: String {
        let mine = TimedTrace.Outcome(reference())
        guard let other = try? engine() else { return "the engine does not take this:\n\(description)" }
        func text(_ span: TimedTrace.Span?) -> String { span.map(\.description) ?? "nothing" }
        var lines = description.split(separator: "\n").map(String.init)
        let first = lines.count - events.count
        for place in events.indices where mine.spans[place] != other.spans[place] {
            lines[first + place] +=
                "  # reference \(text(mine.spans[place])); engine \(text(other.spans[place]))"
        }
        for (place, tlps) in mine.tlps.sorted(by: { $0.key < $1.key }) where other.tlps[place] != tlps {
            lines.append("# TLPs of event \(place): reference \(tlps), engine \(other.tlps[place] ?? 0)")
        }
        for (name, count) in mine.counts.sorted(by: { $0.key < $1.key }) where other.counts[name] != count {
            lines.append("# \(name): reference \(count), engine \(other.counts[name] ?? 0)")
        }
        return lines.joined(separator: "\n") + "\n"
    }
}

extension ReferenceResult {
    /// What holds of every run, and does not of this one.
    var brokenLaw: String? {
        for x in transactions {
            if x.start > x.done { return "event \(x.place) is done before it starts" }
            if x.grantedTLPs > x.tlps { return "event \(x.place) has too many TLPs" }
            if x.fault == nil && x.grantedTLPs < x.tlps { return "event \(x.place) is withdrawn without a fault" }
        }
        for call in calls where call.end != call.start + call.cost || call.cost == 0 {
            return "event \(call.place) takes \(call.cost) cycles"
        }
        return lookups == hits + joins + queuedJoins + misses ? nil : "the lookups do not add up"
    }
}
