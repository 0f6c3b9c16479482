// SPDX-License-Identifier: Apache-2.0

// What the figures of the comparison rest on, and what they do not tell.

extension MultiTCEReport {
    /// A line for a person where not all of the trace was replayed, else nothing.
    var completeness: String {
        guard !comparison.complete else { return "" }
        let loss = comparison.loss
        return loss.chunks > 0 || loss.events > 0
            ? "NOT COMPLETE: \(counted(loss.chunks, "chunk")) and \(counted(loss.events, "event")) lost\n"
            : "NOT COMPLETE: the trace was not read to its end\n"
    }

    /// The sentences below the forms.
    var notes: String {
        guard !comparison.isOfGuestLayer else {
            return "These are exactly the calls that such a guest makes, with multi-TCE and without.\n"
        }
        return "Joined is an upper bound: a guest need not know the whole of a run when it makes its first call.\n"
            + unsplit + behind
    }

    /// Lists of which the trace does not tell the TCEs.
    private var unsplit: String {
        let lists = comparison.statistics(.single).hcalls[TraceEvent.Hcall.Kind.putIndirect.hcallName]?.calls ?? 0
        return lists == 0
            ? ""
            : "Single has \(counted(lists, "list")) of which the trace does not tell the TCEs: they stay one call.\n"
    }

    /// Forms whose waits say nothing of the guest.
    private var behind: String {
        let forms = shownForms.filter { comparison.isBehindStamps($0) }.map(\.rawValue)
        guard !forms.isEmpty else { return "" }
        let limit = comparison.profile.time(comparison.waitLimit)
        return "In \(forms.joined(separator: " and ")) an access waits longer, in the mean, than 512 H_PUT_TCE take "
            + "(\(limit)):\nfor calls that fell behind. The guest could not have kept these stamps: use "
            + "--arrival saturate.\n"
    }

    // MARK: The guest

    /// Whether these are the calls of the trace's guest.
    var exactness: String {
        comparison.lifted.areSingleCalls ? "not its own maps" : comparison.lifted.areRows ? "by rows of calls" : "exact"
    }

    /// What is to be known of a guest's settings, and of its maps.
    func notes(_ guest: GuestComparison) -> String {
        var text = ""
        if guest.configuration.isSecure {
            text += "  life and call are ways to share the page of the lists that Linux never merged;"
            text += " a secure guest\n  from 5.6 on makes no lists (split).\n"
        }
        if comparison.lifted.areSingleCalls {
            text += "  One map for each H_PUT_TCE: not the guest's own maps. The recorded guest made no lists, and"
            text += "\n  \(comparison.lifted.adjoining.grouped) maps go on where the one before them ends.\n"
        } else if comparison.lifted.areRows {
            text += "  The recorded guest mapped page by page, and a row of its H_PUT_TCE is taken for a map: two"
            text += "\n  that adjoin in the window and in memory, made one after the other, are one here.\n"
        }
        return text
    }

    // MARK: The curves

    /// What a crossover of 1 rests on, where no figure is published for it.
    var assumptions: String {
        let first = comparison.curve.points[0]
        var claims: [String] = [], keys: [String] = ["hcall.put"]
        if comparison.curve.crossover == 1 {
            claims.append("\(counted(first.single - first.list, "cycle")) more than a list")
            keys += ["hcall.list", "hcall.list_entry"]
        }
        if comparison.curve.stuffCrossover == 1 {
            claims.append("\(counted(first.singleClear - first.stuff, "cycle")) more than H_STUFF_TCE")
            keys += ["hcall.stuff", "hcall.stuff_entry"]
        }
        let assumed = keys.filter(comparison.profile.isAssumed)
        guard !claims.isEmpty, !assumed.isEmpty else { return "" }
        return "  At 1 TCE that is an assumption: H_PUT_TCE takes \(claims.joined(separator: ",\n  and ")). "
            + "No figure is published for\n  \(assumed.joined(separator: ", ")).\n"
    }

    /// What becomes of a list in a page that is not shared.
    var notShared: String {
        let statuses = Set(comparison.secure.points.map(\.unsharedStatus)), refused = statuses.filter { $0 != .success }
        if refused.isEmpty { return "Not shared, it maps ciphertext." }
        let names = refused.map(\.description).sorted().joined(separator: ", ")
        return refused == statuses
            ? "Not shared,\n  it is refused (\(names)): nothing is mapped."
            : "Not shared,\n  it is refused (\(names)), or maps ciphertext where that passes for TCEs."
    }
}

extension TimingProfile {
    /// A parameter's value is the default, for which no figure is published.
    func isAssumed(_ key: String) -> Bool {
        guard let parameter = TimingParameter(key: key) else { return false }
        return values[parameter.index] == parameter.standard && parameter.source.hasPrefix("not published")
    }
}
