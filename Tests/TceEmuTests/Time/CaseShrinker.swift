// SPDX-License-Identifier: Apache-2.0

@testable import TceEmu

/// Delta debugging: what a failing case does not need is left out.
struct CaseShrinker {
    /// What cannot be run does not fail.
    let fails: (TimedCase) -> Bool

    /// The smallest failing case that can be found. The one given must fail.
    func shrink(_ failing: TimedCase) -> TimedCase {
        var best = failing
        var last = failing
        repeat {
            last = best
            dropEvents(&best)
            simplifyTimes(&best)
            simplifyConfiguration(&best)
        } while best != last
        return best
    }

    private func take(_ simpler: TimedCase, _ best: inout TimedCase) -> Bool {
        guard simpler != best, fails(simpler) else { return false }
        best = simpler
        return true
    }

    /// First halves, then quarters, in the end single events.
    private func dropEvents(_ best: inout TimedCase) {
        var size = best.events.count / 2
        while size > 0 {
            var start = 0
            while start < best.events.count {
                var simpler = best
                simpler.events.removeSubrange(start..<min(start + size, best.events.count))
                if !take(simpler, &best) { start += size }
            }
            size /= 2
        }
    }

    /// Each event comes with the one before it, if it can.
    private func simplifyTimes(_ best: inout TimedCase) {
        for place in best.events.indices {
            var simpler = best
            simpler.events[place].time = place == 0 ? 0 : best.events[place - 1].time
            _ = take(simpler, &best)
        }
    }

    /// Each parameter that can be is what a replay has by default, all of them if possible.
    private func simplifyConfiguration(_ best: inout TimedCase) {
        var simpler = best
        for clock in [ReferenceConfiguration().clockMHz, best.configuration.clockMHz] {
            guard let standard = try? ReferenceConfiguration.standard(clockMHz: clock) else { return }
            simpler.configuration.values = standard.values
            if take(simpler, &best) { break }
        }
        guard let standard = try? ReferenceConfiguration.standard(clockMHz: best.configuration.clockMHz) else { return }
        for change in Self.machineChanges {
            simpler = best
            change(&simpler.configuration, standard)
            _ = take(simpler, &best)
        }
        for (index, value) in standard.values.enumerated() where best.configuration.values[index] != value {
            simpler = best
            simpler.configuration.values[index] = value
            // Of few slots, tags or events under way, fewer show it sooner.
            if take(simpler, &best) || TimingParameter.all[index].kind != .count { continue }
            simpler.configuration.values[index] = 1
            _ = take(simpler, &best)
        }
    }

    /// Also parameters that only go together.
    private static let machineChanges: [@Sendable (inout ReferenceConfiguration, ReferenceConfiguration) -> Void] = [
        { $0.arrival = $1.arrival },
        { $0.eeh = $1.eeh },
        { $0.hasMultiTCE = $1.hasMultiTCE },
        { $0.memoryBytes = $1.memoryBytes },
        { ($0.cacheEntries, $0.cacheWays, $0.tcesPerLine) = ($1.cacheEntries, $1.cacheWays, $1.tcesPerLine) },
    ]
}
