// SPDX-License-Identifier: Apache-2.0

/// What was missing in one text.
struct FtraceNotes {
    /// Lines that tell of lost events, and how many those were.
    struct Losses {
        var lines = QEMULogNotes.Count()
        var events: UInt64 = 0
        var unknown = false

        mutating func add(_ line: UInt64, _ count: UInt64?) {
            lines.add(line)
            let (sum, overflow) = events.addingReportingOverflow(count ?? 0)
            events = overflow ? .max : sum
            if count == nil { unknown = true }
        }

        func sentence(_ how: String) -> [String] {
            guard lines.count > 0 else { return [] }
            let count =
                switch (events, unknown) {
                case (0, _): "Events were"
                case (_, true): "At least \(events) events were"
                case (1, _): "1 event was"
                default: "\(events) events were"
                }
            return ["\(count) \(how) (first: line \(lines.firstLine))."]
        }
    }

    var overwritten = Losses()
    var lost = Losses()
    var exitsWithoutEntry = QEMULogNotes.Count()
    var returnsWithoutCall = QEMULogNotes.Count()
    var undoneMaps = QEMULogNotes.Count()
    private var hcalls = QEMULogNotes.Count()
    private var maps = QEMULogNotes.Count()
    private var unmaps = QEMULogNotes.Count()

    /// Calls whose end was not seen.
    mutating func addUnended(_ calls: [FtraceCalls.Call]) {
        for call in calls {
            switch call.kind {
            case .hcall: hcalls.add(call.line)
            case .buildmulti: maps.add(call.line)
            case .freemulti: unmaps.add(call.line)
            }
        }
    }

    /// What is known to be missing.
    var losses: [String] {
        overwritten.sentence("overwritten in the guest's ring buffer before the text was read")
            + lost.sentence("lost where the guest's ring buffer was full")
    }

    var sentences: [String] {
        losses
            + hcalls.sentence(
                "The end of one hcall was not seen: its status and duration are not known",
                "The ends of # hcalls were not seen: their status and duration are not known")
            + maps.sentence(
                "The return of one map was not seen: its status is not known",
                "The returns of # maps were not seen: their status is not known")
            + unmaps.sentence(
                "The return of one unmap was not seen", "The returns of # unmaps were not seen")
            + exitsWithoutEntry.sentence(
                "The entry of one hcall was not seen: it stands at its end, its duration is not known",
                "The entries of # hcalls were not seen: they stand at their ends, their duration is not known")
            + returnsWithoutCall.sentence(
                "One return of a map or unmap was left out, as its call was not seen",
                "# returns of maps or unmaps were left out, as their calls were not seen")
            + undoneMaps.sentence(
                "One clear of entries that a failed map had taken is no unmap",
                "# clears of entries that failed maps had taken are no unmaps")
    }
}
