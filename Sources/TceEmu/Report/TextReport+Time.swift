// SPDX-License-Identifier: Apache-2.0

// What a replay with time computed, for a person who wants to act on it: what the guest's calls cost, where accesses
// wait, which device suffers, what is in use.

/// The parts of a report that speak of time.
struct TimeReport {
    let statistics: ReplayStatistics
    let timing: TimeStatistics

    /// How many requesters are shown.
    private static let requestersMax = 10
    /// With more than this share of the accesses assumed, in per cent, bytes tell nothing.
    private static let assumedPercentMax: UInt64 = 1

    /// The first line says how far the load is known, the others what computed the figures.
    var head: String {
        let trace = statistics.trace
        let (all, assumed) = (statistics.dma.transactions, timing.time.assumedTransactions)
        var text = "\(counted(trace.events, "event")) in \(counted(trace.chunks, "chunk")) over "
        text += duration(nanoseconds: trace.spanNanoseconds)
        if all > 0 {
            text +=
                assumed == 0
                ? "; length and direction of each access are known"
                : "; \(small(assumed, of: all)) of the DMA: length or direction assumed"
        }
        text += "\ncycle-level replay on platform \(statistics.platform), profile \(timing.profile.name)"
        text += " (\(timing.time.clockMHz.grouped) MHz)\n"
        let ended = "the last call or transaction ended after \(time(timing.time.cycles))"
        text += "arrival \(timing.time.arrival): \(timing.time.cycles == 0 ? "nothing in it takes time" : ended)\n"
        return text
    }

    /// What an access is taken for whose length or direction nothing recorded.
    private var assumption: String {
        let (bytes, direction) = (timing.profile["assumed_bytes"], timing.profile["assumed_direction"])
        return "taken as \(bytes?.description ?? "-"), a \(direction?.description ?? "-") unless the TCE tells"
    }

    var calls: String {
        guard !timing.calls.isEmpty else { return "" }
        var table = TextTable()
        table.add("", "calls", "TCEs", "TCEs/call", "errors", "cycles", "per call", "of all")
        let total = timing.calls.values.reduce(0) { $0 + $1.cycles }
        for (name, calls) in timing.calls.sorted(by: { ($1.value.cycles, $0.key) < ($0.value.cycles, $1.key) }) {
            var cells = [name, calls.calls.grouped]
            if let hcalls = statistics.hcalls[name] {
                cells += [hcalls.tces.grouped, tenths(hcalls.tces, by: hcalls.calls), hcalls.errors.grouped]
            } else if name == "ultracalls" {
                cells += ["", "", statistics.others.ultracallErrors.grouped]
            } else {
                cells += ["", "", statistics.rtas.values.reduce(0) { $0 + $1.errors }.grouped]
            }
            cells += [calls.cycles.grouped, mean(calls.cycles, by: calls.calls), percent(calls.cycles, of: total)]
            table.add(cells)
        }
        let (calls, waits, exits) = timing.calls.values.reduce((0, 0, 0)) {
            ($0.0 + $1.calls, $0.1 + $1.waitCycles, $0.2 + $1.exits)
        }
        var text = "\nCalls cost the guest \(time(total)) in \(counted(calls, "call"))\n" + table.text
        text += shares("made of", parts)
        var rest: [String] = []
        if exits > 0 { rest.append("\(exits.grouped) to user space (\(percent(exits, of: calls)))") }
        // What would be shown as 0.0 ns is not.
        if waits / 100 > calls {
            rest.append("\(mean(waits, by: calls)) late on the mean, behind their vCPU's call before")
        }
        if !rest.isEmpty { text += "  beside: " + rest.joined(separator: "; ") + "\n" }
        return text
    }

    /// What all calls' cycles are made of, in cycles.
    private var parts: [(name: String, cycles: Double)] {
        TimeCounter.all(.parts).map { part in
            (part.key.replacing("_", with: " "), timing.calls.values.reduce(0) { $0 + ($1.parts[part.key] ?? 0) })
        }
    }

    var dma: String {
        let dma = statistics.dma
        guard dma.transactions > 0 else { return "" }
        var table = TextTable(alignsNumbers: false)
        func add(_ name: String, _ counter: String, of count: UInt64, _ text: String) {
            let cycles = timing.counters[counter] ?? 0
            if cycles / 100 > count { table.add(name, "\(mean(cycles, by: count)) on the mean, \(text)") }
        }
        table.add("transactions", "\(dma.transactions.grouped): \(directions)")
        let causes = dma.faults.byCause.filter { $0.count > 0 }.map { "\($0.count.grouped) \($0.name)" }
        let share = " (\(percent(dma.faults.total, of: dma.transactions))): \(causes.joined(separator: ", "))"
        table.add("faults", dma.faults.total.grouped + (causes.isEmpty ? "" : share))
        if let waits = dma.waitCycles, waits / 100 > dma.transactions {
            table.add(
                "start",
                "\(mean(waits, by: dma.transactions)) late on the mean: calls that wrote the TCEs, or too many "
                    + "events before, had not ended")
        }
        add("queue", "queue_cycles", of: dma.transactions, "behind those of the same device")
        add("tags", "tag_wait_cycles", of: dma.transactions, "until a tag was free for a read request")
        if dma.overtaken > 0 {
            table.add(
                "overtaken",
                "\(dma.overtaken.grouped) (\(percent(dma.overtaken, of: dma.transactions))): "
                    + "not done when a call that cleared their TCE ended")
        }
        if let rate = throughput { table.add("throughput", "\(rate); \(movedBytes.grouped) bytes in all") }
        return "\nDMA\n" + table.text + latency
    }

    private var directions: String {
        let dma = statistics.dma
        var words: [String] = []
        if dma.reads > 0 { words.append("\(percent(dma.reads, of: dma.transactions)) reads") }
        if dma.writes > 0 { words.append("\(percent(dma.writes, of: dma.transactions)) writes") }
        if dma.unknown > 0 { words.append("\(percent(dma.unknown, of: dma.transactions)) unknown, \(assumption)") }
        return words.joined(separator: ", ")
    }

    /// Bytes a second over the whole time; nil where too much of the load is assumed.
    private var throughput: String? {
        guard movedBytes > 0, timing.time.cycles > 0, !isAssumed else { return nil }
        return rate(movedBytes, in: timing.time.cycles)
    }

    /// Bytes of transactions without a fault, or to pages that are not shared: those move, too.
    private var movedBytes: UInt64 {
        timing.groups.filter { ["ok", "not_shared"].contains($0.outcome) && $0.direction != "unknown" }
            .reduce(0) { $0 &+ $1.bytes }
    }

    /// So much of the load is assumed that bytes tell nothing.
    private var isAssumed: Bool {
        UInt128(timing.time.assumedTransactions) * 100
            > UInt128(statistics.dma.transactions) * UInt128(Self.assumedPercentMax)
    }

    /// Bytes in so many cycles, which are millionths of a second over MHz.
    private func rate(_ bytes: UInt64, in cycles: UInt64) -> String {
        let tenths = UInt128(bytes) * UInt128(timing.time.clockMHz) * 10 / UInt128(cycles)
        return "\(UInt64(tenths / 10).grouped).\(tenths % 10) MB/s"
    }

    private var latency: String {
        let all = timing.latency
        guard all.count > 0 else { return "" }
        var table = TextTable()
        table.add("latency", "p50", "p90", "p99", "p99.9", "max", "mean")
        func add(_ name: String, _ latency: TimeStatistics.Latency) {
            let values = [latency.p50, latency.p90, latency.p99, latency.p999, latency.max]
            table.add([name] + values.map(time) + [time(UInt64(latency.mean.rounded()))])
        }
        add("  all", all)
        if timing.latencyByDirection.count > 1 {
            for (name, latency) in timing.latencyByDirection.sorted(by: { $0.key < $1.key }) {
                add("  \(name)", latency)
            }
        }
        if timing.latencyByOutcome.count > 1 {
            for (name, latency) in timing.latencyByOutcome.sorted(by: { $0.key < $1.key }) {
                add("  \(name == "ok" ? "without fault" : name)", latency)
            }
        }
        return table.text
    }

    /// Where TLPs spend their cycles, waits apart from work.
    var stages: String {
        let total = timing.stages.reduce(0) { $0 + $1.cycles }
        let tlps = timing.counters["tlps"] ?? 0
        guard total > 0, tlps > 0 else { return "" }
        var table = TextTable()
        for waits in [true, false] {
            let own = timing.stages.filter { $0.waits == waits }
            let sum = own.reduce(0) { $0 + $1.cycles }
            table.add(waits ? "waiting" : "work", percent(sum, of: total), mean(sum, by: tlps))
            // What would be shown as 0.0 % is not.
            for stage in own where stage.cycles > total / 2000 {
                table.add("  \(stage.text)", percent(stage.cycles, of: total), mean(stage.cycles, by: tlps))
            }
        }
        return "\nWhere a TLP's time goes (\(counted(tlps, "TLP")), mean of each)\n" + table.text
    }

    /// Who suffers, from its accesses' time stamps to their ends: the worst first.
    var requesters: String {
        guard !timing.requesters.isEmpty else { return "" }
        func suffers(_ one: TimeStatistics.Requester) -> Double {
            one.latency.mean + Double(one.waitCycles) / Double(max(one.transactions, 1))
        }
        let sorted = timing.requesters.sorted { (suffers($1), $0.name) < (suffers($0), $1.name) }
        var table = TextTable()
        table.add("", "transactions", "p50", "p99", "max", "wait each", "faults")
        for one in sorted.prefix(Self.requestersMax) {
            table.add(
                one.name, one.transactions.grouped, time(one.latency.p50), time(one.latency.p99), time(one.latency.max),
                mean(one.waitCycles, by: one.transactions), one.faults.grouped)
        }
        var text = "\nDevices, the slowest first\n" + table.text
        if sorted.count > Self.requestersMax {
            text += "  and \((sorted.count - Self.requestersMax).grouped) more (--format json has all)\n"
        }
        return text
    }

    /// The TCE cache, links, fetch slots and tags.
    var hardware: String {
        let cache = timing.tceCache
        var table = TextTable(alignsNumbers: false)
        if cache.lookups > 0 {
            var text = "\(percent(cache.hits, of: cache.lookups)) of \(cache.lookups.grouped) look-ups hit, "
            text += "\(percent(cache.misses, of: cache.lookups)) began a fetch, "
            table.add("TCE cache", text + "\(percent(cache.joined, of: cache.lookups)) joined one")
            let (fills, evictions) = (timing.counters["fills"] ?? 0, timing.counters["evictions"] ?? 0)
            text = "\(counted(fills, "line")) filled, \(evictions.grouped) evicted, "
            table.add("", text + "\(cache.invalidations.grouped) invalidated by calls and windows")
        }
        for phb in timing.phbs where (phb.counters["tlps"] ?? 0) > 0 {
            func use(_ key: String) -> String {
                small(phb.counters[key] ?? 0, of: timing.time.cycles)
            }
            func peak(_ key: String) -> String { (phb.counters[key] ?? 0).grouped }
            func size(_ key: String) -> String { timing.profile[key]?.description ?? "" }
            table.add("PHB \(phb.buid)", "link \(use("up_cycles")) up, \(use("down_cycles")) down")
            table.add(
                "",
                "at most \(peak("slots_peak")) of \(size("fetch_slots")) fetch slots, \(peak("tags_peak")) "
                    + "read requests (\(size("tags_per_device")) tags a device)")
        }
        return table.isEmpty ? "" : "\nIn use\n" + table.text
    }

    var intervals: String {
        guard let intervals = timing.intervals, let first = intervals.first else { return "" }
        var table = TextTable()
        let rates = isAssumed ? [] : ["throughput"]
        table.add(["from", "transactions"] + rates + ["faults", "mean latency", "calls", "calls' time"])
        for one in intervals {
            let rates = isAssumed ? [] : [rate(one.bytes, in: one.cycles)]
            let begin = [duration(nanoseconds: one.startNanoseconds), one.transactions.grouped]
            let latency = mean(one.latencyCycles, by: one.transactions)
            table.add(begin + rates + [one.faults.grouped, latency, one.calls.grouped, time(one.callCycles)])
        }
        return "\nIntervals of \(time(first.cycles)) in which something ended\n" + table.text
    }

    var observed: String {
        guard !timing.observedHcalls.isEmpty else { return "" }
        var table = TextTable()
        table.add("", "calls", "errors", "recorded each", "by the profile, of 1 TCE")
        for (name, calls) in timing.observedHcalls.sorted(by: { $0.key < $1.key }) {
            let recorded = calls.recorded == 0 ? "-" : duration(nanoseconds: calls.recordedNanoseconds / calls.recorded)
            table.add(
                name, calls.calls.grouped, calls.errors.grouped, recorded, calls.modelCyclesPerCall.map(time) ?? "-")
        }
        return "\nHcalls known by opcode only, not carried out\n" + table.text
    }

    /// What the profile has that the default has not.
    var profile: String {
        let changed = TimingParameter.all.filter { timing.profile[$0.key] != $0.standard }
        guard !changed.isEmpty else { return "" }
        var table = TextTable(alignsNumbers: false)
        for parameter in changed {
            table.add(parameter.key, timing.profile[parameter.key]?.description ?? "", "(\(parameter.standard))")
        }
        return "\nProfile \(timing.profile.name), beside the defaults\n" + table.text
    }

    // MARK: - Figures

    /// A share that is not shown as none where it is not.
    private func small(_ part: UInt64, of whole: UInt64) -> String {
        part > 0 && part < whole / 2000 ? "below 0.1 %" : percent(part, of: whole)
    }

    /// Cycles as a time.
    private func time(_ cycles: UInt64) -> String {
        duration(nanoseconds: nanoseconds(cycles: cycles, clockMHz: timing.time.clockMHz))
    }

    /// The mean of a sum of cycles, as a time with a decimal; "-" of nothing.
    private func mean(_ cycles: UInt64, by count: UInt64) -> String {
        guard count > 0 else { return "-" }
        let tenths = UInt128(cycles) * 10_000 / (UInt128(timing.time.clockMHz) * UInt128(count))
        return tenths < 10_000 ? "\(tenths / 10).\(tenths % 10) ns" : duration(nanoseconds: UInt64(tenths / 10))
    }

    /// "  made of: entry and exit 83.1 %, ..." in lines of at most 100 columns.
    private func shares(_ title: String, _ parts: [(name: String, cycles: Double)]) -> String {
        let sum = parts.reduce(0) { $0 + $1.cycles }
        guard sum > 0 else { return "" }
        let words = parts.filter { $0.cycles > 0 }.sorted { $0.cycles > $1.cycles }.map { part in
            let tenths = UInt64((part.cycles * 1000 / sum).rounded())
            return "\(part.name) \(tenths / 10).\(tenths % 10) %"
        }
        return wrapped("  \(title): ", words)
    }

    private func wrapped(_ begin: String, _ words: [String]) -> String {
        var lines = [begin]
        for (index, word) in words.enumerated() {
            let piece = word + (index == words.count - 1 ? "" : ", ")
            if lines[lines.count - 1].count + piece.count > 100 {
                lines.append(String(repeating: " ", count: begin.count))
            }
            lines[lines.count - 1] += piece
        }
        return lines.map { $0.trimming(while: { $0 == "\n" }) + "\n" }.joined()
    }
}

/// A quotient with one decimal, without a product that 64-bit counts could overflow.
func tenths(_ part: UInt64, by whole: UInt64) -> String {
    let (quotient, rest) = part.quotientAndRemainder(dividingBy: whole)
    return "\(quotient).\(whole.dividingFullWidth(rest.multipliedFullWidth(by: 10)).quotient)"
}
