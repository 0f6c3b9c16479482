// SPDX-License-Identifier: Apache-2.0

/// What was ambiguous in one log.
struct QEMULogNotes {
    struct Count {
        var count: UInt64 = 0
        var firstLine: UInt64 = 0

        mutating func add(_ line: UInt64) {
            if count == 0 { firstLine = line }
            count += 1
        }

        /// The sentence, where there is something to say.
        func sentence(_ one: String, _ many: String) -> [String] {
            switch count {
            case 0: []
            case 1: ["\(one) (line \(firstLine))."]
            default: ["\(many.replacing("#", with: String(count))) (first: line \(firstLine))."]
            }
        }
    }

    var partialStuffs = Count()
    var partialLists = Count()
    var otherStarts = Count()
    var missedRemovals = Count()
    var quiesces = Count()
    private var assumed: [String] = []
    private var assumedMore = Count()
    private var loaded: [String] = []

    private static let sentencesMax = 16

    mutating func assumeWindow(_ liobn: LIOBN, line: UInt64) {
        if assumed.count < Self.sentencesMax {
            assumed.append(
                "LIOBN 0x\(String(liobn, radix: 16)) was in use before the log tells of its window: a default window, "
                    + "empty, was assumed (line \(line)).")
        } else {
            assumedMore.add(line)
        }
    }

    mutating func loadTable(_ liobn: LIOBN, line: UInt64) {
        guard loaded.count < Self.sentencesMax else { return }
        loaded.append(
            "The table of LIOBN 0x\(String(liobn, radix: 16)) came by migration: its contents are not in the log "
                + "and are 0 here (line \(line)).")
    }

    var sentences: [String] {
        assumed
            + assumedMore.sentence(
                "One more LIOBN was in use before the log tells of its window",
                "# more LIOBNs were in use before the log tells of their windows")
            + loaded
            + partialStuffs.sentence(
                "One H_STUFF_TCE failed behind the window's end: how many TCEs it wrote before is not in the log",
                "# H_STUFF_TCE calls failed behind the window's end: how many TCEs they wrote before is not in the log")
            + partialLists.sentence(
                "One H_PUT_TCE_INDIRECT failed half way: its list was rebuilt from the entry that failed",
                "# H_PUT_TCE_INDIRECT calls failed half way: their lists were rebuilt from the entry that failed")
            + quiesces.sentence(
                "The tables of virtual I/O were zeroed once, where the CRQs of all its devices were freed in a row",
                "The tables of virtual I/O were zeroed # times, where the CRQs of all its devices were freed in a row")
            + otherStarts.sentence(
                "One dynamic window was made at a bus address where QEMU puts none by itself",
                "# dynamic windows were made at bus addresses where QEMU puts none by itself")
            + missedRemovals.sentence(
                "One ddw_create took an LIOBN that had a window: a removal is missing in the log",
                "# ddw_create lines took LIOBNs that had a window: removals are missing in the log")
    }
}
