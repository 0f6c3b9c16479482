// SPDX-License-Identifier: Apache-2.0
import CTce

// What the core's time model has counted, as statistics.

/// The transactions of one requester, direction and outcome, with each latency.
public struct TransactionGroup: Hashable, Sendable {
    public var requester: String
    public var direction: String
    public var outcome: String
    public var transactions: UInt64
    public var bytes: UInt64
    public var tlps: UInt64
    public var waitCycles: UInt64
    public var overtaken: UInt64
    /// In cycles.
    public var latencies: LatencyHistogram
}

extension TimeModel {
    /// Calls `body` with each group, in the core's order. One histogram is in memory at a time.
    func forEachGroup(_ body: (TransactionGroup) -> Void) {
        for index in 0..<(unsafe tce_time_group_count(handle)) {
            var raw = tce_time_group()
            var bins = [UInt64](repeating: 0, count: LatencyHistogram.binCount)
            let isThere = unsafe bins.withUnsafeMutableBufferPointer { bins in
                unsafe tce_time_group_at(handle, index, &raw, bins.baseAddress)
            }
            guard isThere else { continue }
            let sum = UInt128(raw.sum_high) << 64 | UInt128(raw.sum_low)
            body(
                TransactionGroup(
                    requester: raw.name, direction: ["read", "write", "unknown"][Int(raw.direction)],
                    outcome: TimedEvent.Outcome.access(DMAFault(rawValue: UInt8(raw.fault))).description,
                    transactions: raw.transactions, bytes: raw.bytes, tlps: raw.tlps, waitCycles: raw.wait_cycles,
                    overtaken: raw.overtaken,
                    latencies: LatencyHistogram(counts: bins, least: raw.least, most: raw.most, sum: sum)))
        }
    }

    /// Writes what was counted into a replay's statistics.
    func fill(_ statistics: inout ReplayStatistics, observed: ObservedHcalls) {
        let totals = unsafe tce_time_statistics(handle)
        var timing = TimeStatistics()
        timing.profile = self.timing.profile
        timing.counters = TimeCounter.numbers(.totals, of: totals)
        timing.tceCache = TimeStatistics.TCECache(
            lookups: totals.lookups, hits: totals.hits, misses: totals.misses, joined: totals.joined,
            invalidations: totals.kills)
        timing.time.cycles = totals.last_done
        timing.time.clockMHz = clockMHz
        timing.time.arrival = self.timing.arrival.rawValue
        timing.time.assumedTransactions = totals.assumed
        statistics.dma.waitCycles = totals.wait_cycles
        statistics.dma.overtaken = totals.overtaken
        fillCalls(&statistics, &timing)
        fillGroups(&timing)
        fillHardware(&timing)
        if self.timing.intervalNanoseconds != nil { timing.intervals = intervals }
        timing.observedHcalls = observed.statistics(self)
        statistics.timing = timing
    }

    private func fillCalls(_ statistics: inout ReplayStatistics, _ timing: inout TimeStatistics) {
        for (index, kind) in TimeCounter.all(.callKinds).enumerated() {
            let raw = unsafe tce_time_calls_of(handle, tce_time_call_kind(UInt32(index)))
            guard raw.calls > 0 else { continue }
            var calls = TimeStatistics.Calls(
                calls: raw.calls, cycles: raw.cycles, waitCycles: raw.wait_cycles, exits: raw.exits)
            let whole = unsafe withUnsafeBytes(of: raw.parts) { unsafe Array($0.bindMemory(to: UInt64.self)) }
            let rest = unsafe withUnsafeBytes(of: raw.millionths) { unsafe Array($0.bindMemory(to: UInt32.self)) }
            for (part, counter) in TimeCounter.all(.parts).enumerated() where whole[part] > 0 || rest[part] > 0 {
                calls.parts[counter.key] = Double(whole[part]) + Double(rest[part]) / 1e6
            }
            timing.calls[kind.text] = calls
            switch index {
            case Int(TCE_TIME_RTAS): timing.time.guestRTASCycles = raw.cycles
            case Int(TCE_TIME_ULTRACALL): timing.time.guestUltracallCycles = raw.cycles
            default:
                timing.time.guestHcallCycles += raw.cycles
                statistics.hcalls[kind.text, default: ReplayStatistics.Calls()].cycles = raw.cycles
            }
        }
    }

    private func fillGroups(_ timing: inout TimeStatistics) {
        var all = LatencyHistogram()
        var byDirection: [String: LatencyHistogram] = [:]
        var byOutcome: [String: LatencyHistogram] = [:]
        var last: (requester: TimeStatistics.Requester, latencies: LatencyHistogram)?
        func close() {
            guard var done = last else { return }
            done.requester.latency = TimeStatistics.Latency(done.latencies)
            timing.requesters.append(done.requester)
        }
        forEachGroup { group in
            all.add(group.latencies)
            byDirection[group.direction, default: LatencyHistogram()].add(group.latencies)
            byOutcome[group.outcome, default: LatencyHistogram()].add(group.latencies)
            timing.groups.append(TimeStatistics.Group(group))
            // The groups of a requester stand in a row.
            if last?.requester.name != group.requester {
                close()
                last = (TimeStatistics.Requester(), LatencyHistogram())
                last?.requester.name = group.requester
            }
            last?.requester.add(group)
            last?.latencies.add(group.latencies)
        }
        close()
        timing.latency = TimeStatistics.Latency(all)
        timing.latencyByDirection = byDirection.mapValues(TimeStatistics.Latency.init)
        timing.latencyByOutcome = byOutcome.mapValues(TimeStatistics.Latency.init)
    }

    private func fillHardware(_ timing: inout TimeStatistics) {
        for (index, stage) in TimeCounter.all(.stages).enumerated() {
            let cycles = unsafe tce_time_stage_cycles(handle, tce_time_stage(UInt32(index)))
            timing.stages.append(
                TimeStatistics.Stage(stage: stage.key, cycles: cycles, waits: stage.waits, text: stage.text))
        }
        for index in 0..<(unsafe tce_time_phb_count(handle)) {
            var raw = tce_time_phb_stats()
            guard unsafe tce_time_phb_at(handle, index, &raw) else { continue }
            timing.phbs.append(
                TimeStatistics.PHB(buid: raw.buid.hex, counters: TimeCounter.numbers(.phb, of: raw)))
        }
    }

    private var intervals: [TimeStatistics.Interval] {
        let width = unsafe tce_time_interval_width(handle)
        return (0..<(unsafe tce_time_interval_count(handle))).compactMap { index in
            var raw = tce_time_interval()
            guard unsafe tce_time_interval_at(handle, index, &raw) else { return nil }
            return TimeStatistics.Interval(
                firstCycle: raw.first_cycle, startNanoseconds: nanoseconds(cycles: raw.first_cycle, clockMHz: clockMHz),
                cycles: width, transactions: raw.transactions, bytes: raw.bytes, faults: raw.faults,
                latencyCycles: raw.latency_cycles, calls: raw.calls, callCycles: raw.call_cycles)
        }
    }
}

/// Cycles as nanoseconds, rounded to the nearest.
func nanoseconds(cycles: UInt64, clockMHz: UInt64) -> UInt64 {
    UInt64(min(UInt128(UInt64.max), (UInt128(cycles) * 1000 + UInt128(clockMHz / 2)) / UInt128(clockMHz)))
}

extension tce_time_group {
    /// What a requester is called in reports.
    fileprivate var name: String {
        if others { return "all others" }
        if requester != UInt32.max {
            let (bus, device, function) = (requester >> 8, requester >> 3 & 0x1f, requester & 7)
            func two(_ number: UInt32) -> String { (number < 16 ? "0" : "") + String(number, radix: 16) }
            let id = "\(two(bus)):\(two(device)).\(function)"
            return buid == .max ? id : "\(id) of PHB \(buid.hex)"
        }
        if liobn != .max { return "LIOBN \(liobn.hex)" }
        return buid == .max ? "unknown" : "PHB \(buid.hex)"
    }
}

extension TimeStatistics.Requester {
    fileprivate mutating func add(_ group: TransactionGroup) {
        transactions += group.transactions
        bytes += group.bytes
        tlps += group.tlps
        waitCycles += group.waitCycles
        overtaken += group.overtaken
        if group.outcome != "ok" { faults += group.transactions }
    }
}

extension TimeStatistics.Group {
    fileprivate init(_ group: TransactionGroup) {
        requester = group.requester
        direction = group.direction
        outcome = group.outcome
        transactions = group.transactions
        bytes = group.bytes
        tlps = group.tlps
        waitCycles = group.waitCycles
        overtaken = group.overtaken
        latency = TimeStatistics.Latency(group.latencies)
    }
}
