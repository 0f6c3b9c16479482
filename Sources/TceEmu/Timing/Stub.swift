// SPDX-License-Identifier: Apache-2.0
import CTce
extension TimeModel {
    func fill(_ statistics: inout ReplayStatistics, observed: ObservedHcalls) {
        var timing = TimeStatistics()
        timing.profile = self.timing.profile
        timing.time.clockMHz = clockMHz
        timing.observedHcalls = observed.statistics(self)
        let totals = unsafe tce_time_statistics(handle)
        timing.time.cycles = totals.last_done
        statistics.dma.waitCycles = totals.wait_cycles
        statistics.dma.overtaken = totals.overtaken
        statistics.timing = timing
    }
}
func nanoseconds(cycles: UInt64, clockMHz: UInt64) -> UInt64 {
    UInt64(min(UInt128(UInt64.max), (UInt128(cycles) * 1000 + UInt128(clockMHz / 2)) / UInt128(clockMHz)))
}
public struct TimeCounter { public enum Catalogue { case parts }; public let key: String, text: String
    static func all(_ c: Catalogue) -> [TimeCounter] { [] } }
extension TimeModel { func forEachGroup(_ body: (TransactionGroup) -> Void) {} }
public struct TransactionGroup { var requester: String, direction: String, latencies: LatencyHistogram }
