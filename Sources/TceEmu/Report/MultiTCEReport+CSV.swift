// SPDX-License-Identifier: Apache-2.0

// The comparison for a spreadsheet: three tables, each by itself.

extension MultiTCEReport {
    /// A table of the comparison.
    public enum Table: String, Hashable, Sendable, CaseIterable {
        /// A line for each form, and for each setting of a guest.
        case forms
        /// A line for each hcall of each phase of them.
        case phases
        /// A line for each length of a list.
        case curve
    }

    /// A table as CSV. What there is nothing of is an empty field.
    public func csv(_ table: Table) -> String {
        let lines =
            switch table {
            case .forms: formLines
            case .phases: phaseLines
            case .curve: curveLines
            }
        return lines.map { $0.map(csvField).joined(separator: ",") }.joined(separator: "\n") + "\n"
    }

    private struct Row {
        var name: String
        var statistics: FormStatistics
        /// A trace's calls, which have stamps.
        var form: CallForm?
        var others: (ultracalls: [String: UInt64], cycles: UInt64)?
    }

    private var rows: [Row] {
        var rows = shownForms.map {
            Row(
                name: $0.rawValue, statistics: comparison.statistics($0), form: comparison.isOfGuestLayer ? nil : $0)
        }
        guard let guest = comparison.guest else { return rows }
        rows += guest.settings.map {
            Row(name: "guest \($0.rawValue)", statistics: guest.statistics($0), others: guest.others($0))
        }
        return rows
    }

    private var formLines: [[String]] {
        [
            [
                "form", "calls", "tces", "guest_hcall_cycles", "wait_cycles", "behind_stamps", "overtaken", "faults",
                "total_cycles", "ultracalls", "other_cycles",
            ]
        ]
            + rows.map { row in
                let form = row.statistics
                func ofTrace(_ value: UInt64) -> String { row.form == nil ? "" : String(value) }
                return [
                    row.name, String(form.calls), String(form.tces), String(form.guestHcallCycles),
                    ofTrace(form.waitCycles), row.form.map { String(comparison.isBehindStamps($0)) } ?? "",
                    ofTrace(form.overtaken), ofTrace(form.faults), form.totalCycles.map(String.init) ?? "",
                    row.others.map { String($0.ultracalls.values.reduce(0, +)) } ?? "",
                    row.others.map { String($0.cycles) } ?? "",
                ]
            }
    }

    private var phaseLines: [[String]] {
        var lines = [["form", "phase", "hcall", "calls", "tces", "errors", "cycles"]]
        for row in rows {
            for phase in CallPhase.allCases {
                for hcall in TraceEvent.Hcall.Kind.allCases.map(\.hcallName) {
                    guard let calls = row.statistics.phases[phase]?[hcall] else { continue }
                    lines.append([
                        row.name, phase.rawValue, hcall, String(calls.calls), String(calls.tces),
                        String(calls.errors), String(calls.cycles ?? 0),
                    ])
                }
            }
        }
        return lines
    }

    private var curveLines: [[String]] {
        [
            [
                "n", "list_cycles", "single_cycles", "stuff_cycles", "single_clear_cycles", "life_cycles",
                "call_cycles", "split_cycles", "unshared_cycles",
            ]
        ]
            + zip(comparison.curve.points, comparison.secure.points).map { point, secure in
                [
                    UInt64(point.n), point.list, point.single, point.stuff, point.singleClear, secure.life, secure.call,
                    secure.split, secure.unshared,
                ].map(String.init)
            }
    }
}
