// SPDX-License-Identifier: Apache-2.0
import Cases
import Foundation

/// The figures, printed as they come, and the table of those that something is wanted of.
struct Report {
    /// A row of the performance table.
    struct Row {
        var measure: String
        var against: String
        var atLeast: String
        var aim: String
        var measured: String
        var verdict: String
    }

    private struct Line {
        var name: String
        var against: String
        var figures: String
    }

    /// The one group that is run; nil: all.
    let only: String?
    private(set) var rows: [Row] = []
    private var groups: [(name: String, lines: [Line])] = []

    init(only: String?) { self.only = only }

    mutating func run(_ group: CaseGroup) throws {
        guard only == nil || only == group.name else { return }
        print("\n\(group.name)" + String(repeating: " ", count: max(1, 62 - group.name.count)) + Self.heading)
        groups.append((group.name, []))
        for one in group.cases { try run(one) }
    }

    private static let heading = "    ns    limit    ratio  (least to most)"

    private mutating func run(_ one: Case) throws {
        let bodies = try one.prepare()
        let pairs = try Pairs(bodies, clock: one.clock)
        let this = Pairs.median(pairs.this.seconds) / bodies.items * 1e9
        let limit = Pairs.median(pairs.limit.seconds) / bodies.items * 1e9
        let ratios = pairs.ratios
        let ratio = ratios[ratios.count / 2]
        let span = String(format: "(%.2f to %.2f, %d pairs)", ratios[0], ratios[ratios.count - 1], pairs.count)
        let name = one.name.padding(toLength: max(60, one.name.count), withPad: " ", startingAt: 0)
        print(name + String(format: "%8.2f %8.2f %8.2f  ", this, limit, ratio) + span)
        fflush(nil)
        groups[groups.count - 1].lines.append(
            Line(
                name: one.name, against: one.against,
                figures: String(format: "%.2f | %.2f | %.2f ", this, limit, ratio) + span))
        guard let wanted = one.wanted else { return }
        let best = (pairs.this.seconds.min() ?? 0) / bodies.items * 1e9
        switch wanted {
        case .ratio(let least, let aim):
            var measured = String(format: "%.2fx ", ratio) + span + String(format: ", %.1f ns", this)
            if one.clock == .wall {
                measured += String(format: "; processor time of all threads %.2fx", pairs.processorRatio)
            }
            add(one, ratio, least, aim, "x", measured)
        case .nanoseconds(let least, let aim):
            add(one, this, least, aim, " ns", String(format: "%.1f ns, %.2fx ", this, ratio) + span)
        case .bestNanoseconds(let least, let aim):
            let busy = (pairs.this.processor.min() ?? 0) / bodies.items * 1e9
            add(
                one, best, least, aim, " ns",
                String(
                    format: "%.1f ns, the best (median %.1f); processor time of all threads %.1f ns", best, this, busy))
        }
    }

    private mutating func add(
        _ one: Case, _ value: Double, _ least: Double, _ aim: Double, _ unit: String, _ measured: String
    ) {
        row(one.name, one.against, value, atLeast: least, aim: aim, unit, measured)
    }

    mutating func row(
        _ measure: String, _ against: String, _ value: Double, atLeast: Double, aim: Double, _ unit: String,
        _ measured: String
    ) {
        let verdict = value <= aim ? "aim met" : value <= atLeast ? "at least met" : "NOT MET"
        rows.append(
            Row(
                measure: measure, against: against, atLeast: Self.short(atLeast) + unit, aim: Self.short(aim) + unit,
                measured: measured, verdict: verdict))
    }

    private static func short(_ value: Double) -> String { String(format: "%g", value) }

    func printRows() {
        print("\n\("measure".padded(to: 48))\("at least".padded(to: 10))\("aim".padded(to: 9))verdict       measured")
        for row in rows {
            print(
                row.measure.padded(to: 48) + row.atLeast.padded(to: 10) + row.aim.padded(to: 9)
                    + row.verdict.padded(to: 14) + row.measured)
        }
    }

    func markdown(events: UInt64) -> String {
        var text = "\(events) events; medians of pairs run in turn, least and most in parentheses.\n\n"
        text += "| measure | against | at least | aim | measured | |\n| --- | --- | --- | --- | --- | --- |\n"
        for row in rows {
            text +=
                "| \(row.measure) | \(row.against) | \(row.atLeast) | \(row.aim) | \(row.measured) | \(row.verdict) |\n"
        }
        for group in groups {
            text += "\n| \(group.name) | against | ns | limit | ratio |\n| --- | --- | --- | --- | --- |\n"
            for line in group.lines { text += "| \(line.name) | \(line.against) | \(line.figures) |\n" }
        }
        return text
    }
}

extension String {
    fileprivate func padded(to length: Int) -> String {
        count < length ? self + String(repeating: " ", count: length - count) : self + " "
    }
}
