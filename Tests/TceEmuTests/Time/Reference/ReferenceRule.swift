// SPDX-License-Identifier: Apache-2.0

/// What the reference counts: each rule of docs/time-model.md, by its name in brackets, each time that it makes a
/// difference; and what else random runs have to meet.
enum ReferenceRule: Int, CaseIterable, Sendable {
    // The page's rules.
    case arbitrate, assumed, bypass, completion, cost, cut, cycleOrder, evict, exit, fault, fill, freeze, hit, issue
    case join, joinQueued, kill, killInFlight, latency, link, lookup, miss, order, overtaken, read, readBehindWrite
    case ready, round, rtas, saturate, slotWait, tag, tie, ultracall, unit, vcpu, vio, window, windowKill, write
    case writeOrder

    // Cases of them that are easily got wrong.
    case cycleOrderFill, cycleOrderKill, cycleOrderSlot, cycleOrderTag, dropped, evictUsed, faultItself, firstTouch
    case issueOrder, killFetchTie, killQueued, latencyNotLast, overtakenTie, refetch, saturateBarrier, saturateClear
    case vioWait, windowCall, windowPlatform, windowTransaction, withdrawn, writeOrderLatest

    // What traces and configurations are to hold.
    case arrivalSaturate, arrivalTrace, exitAlways, exitList, exitListEntry, exitNever, exitNoWindow, exitRefused
    case exitValue, killScopePage, killScopePe, machineReset, noMultitce, pageOut, reflection, rtasCreate, rtasQuery
    case rtasRemove, rtasReset, thaw, vioFault, windowMade, windowRemoved

    /// Its name on the page: "join-queued".
    var name: String {
        "\(self)".reduce(into: "") { name, character in
            if character.isUppercase { name += "-" }
            name += character.lowercased()
        }
    }
}

/// How often each rule fired.
struct ReferenceCounts: Hashable, Sendable {
    private var counts = Array(repeating: 0, count: ReferenceRule.allCases.count)

    subscript(rule: ReferenceRule) -> Int { counts[rule.rawValue] }

    mutating func add(_ rule: ReferenceRule, _ times: Int = 1) { counts[rule.rawValue] += times }

    mutating func add(_ other: ReferenceCounts) {
        for rule in ReferenceRule.allCases { counts[rule.rawValue] += other.counts[rule.rawValue] }
    }

    /// Each that fired, once.
    var once: ReferenceCounts {
        var once = self
        for rule in ReferenceRule.allCases { once.counts[rule.rawValue] = min(1, counts[rule.rawValue]) }
        return once
    }
}
