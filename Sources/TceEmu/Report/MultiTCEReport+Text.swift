// SPDX-License-Identifier: Apache-2.0

// The comparison for a person: the calls side by side, where in the guest's life they are made, and from which length on
// a list pays.

extension MultiTCEReport: CustomStringConvertible {
    public var description: String {
        head + (forms.allSatisfy { $0.calls == 0 } ? nothing : sideBySide + byPhase) + guestSettings + lists + sharing
    }

    private static let hcalls = TraceEvent.Hcall.Kind.allCases.map(\.hcallName)
    /// Lengths that are shown of a curve.
    private static let shown = [1, 2, 3, 4, 8, 16, 32, 64, 128, 256, 512]

    /// The forms that are shown: a trace without hcalls has none that were recorded.
    var shownForms: [CallForm] { comparison.isOfGuestLayer ? [.single, .joined] : CallForm.allCases }

    private var forms: [FormStatistics] { shownForms.map(comparison.statistics) }

    private var head: String {
        let profile = comparison.profile
        var text = "What multi-TCE hypercalls buy: "
        if comparison.isOfGuestLayer, let guest = comparison.guest {
            let maps = guest.results[guest.joined]?.maps ?? 0
            text += "\(counted(maps, "map")) of the DMA API through a guest's DMA layer\n"
            text += "Linux \(guest.configuration.level), policy \(guest.configuration.policy.name)"
        } else {
            text += "\(counted(comparison.statistics(.recorded).events, "event")) replayed in three forms\n"
            text += "arrival \(comparison.arrival.rawValue)"
        }
        text += ", platform \(comparison.platform), profile \(profile.name) (\(profile.clockMHz.grouped) MHz)\n"
        return text + completeness
    }

    /// The columns of the forms.
    private var columns: [String] {
        guard comparison.isOfGuestLayer, let guest = comparison.guest else { return shownForms.map(\.rawValue) }
        return ["single (\(guest.single.rawValue))", "joined (\(guest.joined.rawValue))"]
    }

    private var nothing: String {
        "\nThere are no TCE hypercalls in this \(comparison.isOfPart ? "part of the trace" : "trace").\n"
    }

    private var observed: String {
        let calls = comparison.statistics(.recorded).observedCalls
        guard calls > 0 else { return "" }
        return comparison.isOfGuestLayer
            ? "Of the recording's hypercalls the opcode alone is known: they are none of these.\n"
            : calls == 1
                ? "1 call is known by opcode only: it stays as it is.\n"
                : "\(calls.grouped) calls are known by opcode only: they stay as they are.\n"
    }

    private var sideBySide: String {
        var table = TextTable()
        let forms = forms, base = forms[0]
        table.add([""] + columns)
        table.add(["hypercalls"] + forms.map { $0.calls.grouped })
        if forms.contains(where: { $0.allHcalls.values.contains { $0.errors > 0 } }) {
            table.add(["refused"] + forms.map { $0.allHcalls.values.reduce(0) { $0 + $1.errors }.grouped })
        }
        // Calls of which the opcode alone is known have neither TCEs nor cycles.
        guard forms.contains(where: { $0.madeCalls > 0 }) else { return "\n" + table.text + "\n" + observed }
        table.add(["TCEs"] + forms.map { $0.tces.grouped })
        table.add(["TCEs per hypercall"] + forms.map { quotient($0.tces, by: $0.madeCalls) })
        table.add(["guest hcall cycles"] + forms.map { $0.guestHcallCycles.grouped })
        table.add(["  as time"] + forms.map { comparison.profile.time($0.guestHcallCycles) })
        table.add(
            ["  times \(shownForms[0].rawValue)"]
                + forms.map { quotient($0.guestHcallCycles, by: base.guestHcallCycles) })
        if forms[0].transactions > 0 {
            table.add(["DMA wait cycles"] + forms.map { $0.waitCycles.grouped })
            if forms.contains(where: { $0.waitCycles > 0 }) {
                table.add(["  as time"] + forms.map { comparison.profile.time($0.waitCycles) })
                table.add(["  of one access"] + forms.map { mean($0.waitCycles, of: $0.transactions) })
                table.add(["calls behind stamps"] + forms.map { mean($0.callWaitCycles, of: $0.timedCalls) })
            }
            table.add(["DMA faults"] + forms.map { $0.faults.grouped })
        }
        if forms[0].totalCycles != nil {
            table.add(["total cycles"] + forms.map { ($0.totalCycles ?? 0).grouped })
        }
        return "\n" + table.text + "\n" + observed + notes
    }

    private var byPhase: String {
        guard forms.contains(where: { !$0.phases.isEmpty }) else { return "" }
        var table = TextTable()
        table.add(["", ""] + columns)
        for phase in CallPhase.allCases {
            let counts = forms.map { $0.phases[phase] ?? [:] }
            var name = phase.rawValue.replacing("_", with: " ")
            for hcall in Self.hcalls where counts.contains(where: { $0[hcall] != nil }) {
                table.add([name, hcall] + counts.map { ($0[hcall]?.calls ?? 0).grouped })
                name = ""
            }
            guard name.isEmpty else { continue }
            table.add(["", "time"] + counts.map { comparison.profile.time($0.cycles) })
        }
        return "\nHypercalls by phase\n" + table.text
    }

    private var guestSettings: String {
        guard let guest = comparison.guest else { return "" }
        var table = TextTable()
        table.add("multi-TCE", "hypercalls", "TCEs", "TCEs per hypercall", "time", "ultracalls", "other time")
        for setting in guest.settings {
            let form = guest.statistics(setting), others = guest.others(setting)
            table.add(
                setting.rawValue, form.calls.grouped, form.tces.grouped, quotient(form.tces, by: form.calls),
                comparison.profile.time(form.guestHcallCycles),
                others.ultracalls.values.reduce(0, +).grouped, comparison.profile.time(others.cycles))
        }
        return "\nThe trace's DMA API calls, given to Linux \(guest.configuration.level) (policy "
            + "\(guest.configuration.policy.name)) with its boot: \(exactness)\n" + table.text + notes(guest)
    }

    private var lists: String {
        var table = TextTable()
        table.add("TCEs", "one list", "single", "times", "one stuff", "single clears", "times")
        for point in comparison.curve.points where Self.shown.contains(point.n) {
            table.add(
                point.n.grouped, point.list.grouped, point.single.grouped, quotient(point.single, by: point.list),
                point.stuff.grouped, point.singleClear.grouped, quotient(point.singleClear, by: point.stuff))
        }
        return "\nCycles by length of a list (H_PUT_TCE_INDIRECT) or run (H_STUFF_TCE)\n" + table.text
            + "  A list \(pays(comparison.curve.crossover)), H_STUFF_TCE \(pays(comparison.curve.stuffCrossover)).\n"
            + assumptions
    }

    private var sharing: String {
        let secure = comparison.secure
        var table = TextTable()
        table.add("TCEs", "life", "call", "split", "unshared", "maps that pay for life")
        for point in secure.points where Self.shown.contains(point.n) {
            table.add(
                point.n.grouped, point.life.grouped, point.call.grouped, point.split.grouped, point.unshared.grouped,
                secure.mapsToPayShare(point)?.grouped ?? "-")
        }
        return "\nIn a secure guest: cycles of a map, by what is done with the page of its list\n" + table.text
            + "  Shared for life (\(counted(secure.share, "cycle")), once) a list \(pays(secure.lifeCrossover));\n"
            + "  shared for each map it \(pays(secure.callCrossover)). \(notShared)\n"
    }

    private func pays(_ crossover: Int?) -> String {
        guard let crossover else { return "is never cheaper than single calls" }
        return crossover == 1
            ? "is cheaper at any length" : "is cheaper from \(crossover) TCEs on"
    }

    /// The mean of cycles, as time; "-" of nothing.
    private func mean(_ cycles: UInt64, of count: UInt64) -> String {
        count == 0 ? "-" : comparison.profile.time(cycles / count)
    }

    /// A quotient with two decimals, or with four where it is small; "-" of nothing.
    private func quotient(_ part: UInt64, by whole: UInt64) -> String {
        guard whole > 0 else { return "-" }
        let scale: UInt128 = UInt128(part) * 10 < UInt128(whole) ? 10_000 : 100
        let scaled = (UInt128(part) * scale + UInt128(whole) / 2) / UInt128(whole)
        let digits = String(scale + scaled % scale).dropFirst()
        return "\(UInt64(scaled / scale).grouped).\(digits)"
    }
}
