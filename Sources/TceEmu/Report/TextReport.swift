// SPDX-License-Identifier: Apache-2.0

/// A replay's statistics for a person.
public struct TextReport: CustomStringConvertible {
    private let statistics: ReplayStatistics

    public init(_ statistics: ReplayStatistics) {
        self.statistics = statistics
    }

    public var description: String {
        var text = ""
        if let timing = statistics.timing {
            let time = TimeReport(statistics: statistics, timing: timing)
            text +=
                time.head + statistics.trace.completeness + time.calls + time.dma + time.stages + time.requesters
                + time.hardware
            text += time.intervals + time.observed + time.profile
        } else {
            text += head + statistics.trace.completeness + hcalls + dma
        }
        text += sharing
        text += others
        text += check
        return text
    }

    private var head: String {
        let trace = statistics.trace
        return "\(counted(trace.events, "event")) in \(counted(trace.chunks, "chunk")) over "
            + "\(duration(nanoseconds: trace.spanNanoseconds)), \(statistics.model) replay (without time) on platform "
            + "\(statistics.platform)\n"
    }

    private var hcalls: String {
        guard !statistics.hcalls.isEmpty || !statistics.rtas.isEmpty else { return "" }
        var table = TextTable()
        table.add("", "calls", "TCEs", "TCEs/call", "errors")
        for (name, calls) in statistics.hcalls.sorted(by: { $0.key < $1.key }) where calls.calls > 0 {
            table.add(
                name, calls.calls.grouped, calls.tces.grouped, tenths(calls.tces, by: calls.calls),
                calls.errors.grouped)
        }
        for (name, calls) in statistics.rtas.sorted(by: { $0.key < $1.key }) {
            table.add(name, calls.calls.grouped, "", "", calls.errors.grouped)
        }
        return "\nCalls\n" + table.text
    }

    private var dma: String {
        let dma = statistics.dma
        guard dma.transactions > 0 else { return "" }
        var table = TextTable()
        table.add("transactions", dma.transactions.grouped)
        if dma.reads > 0 { table.add("reads", dma.reads.grouped, percent(dma.reads, of: dma.transactions)) }
        if dma.writes > 0 { table.add("writes", dma.writes.grouped, percent(dma.writes, of: dma.transactions)) }
        if dma.unknown > 0 {
            table.add(
                "length or direction unknown", dma.unknown.grouped, percent(dma.unknown, of: dma.transactions))
        }
        if dma.bytes > 0 { table.add("bytes", dma.bytes.grouped) }
        table.add("TCEs looked up", dma.translations.grouped)
        table.add("faults", dma.faults.total.grouped, percent(dma.faults.total, of: dma.transactions))
        for (name, count) in dma.faults.byCause where count > 0 {
            table.add("  \(name)", count.grouped, percent(count, of: dma.transactions))
        }
        return "\nDMA\n" + table.text
    }

    private var sharing: String {
        let sharing = statistics.sharing
        guard statistics.others.ultracalls > 0 else { return "" }
        var table = TextTable()
        table.add("ultracalls", statistics.others.ultracalls.grouped)
        if statistics.others.ultracallErrors > 0 {
            table.add("  not U_SUCCESS", statistics.others.ultracallErrors.grouped)
        }
        table.add("share calls", sharing.shareCalls.grouped)
        table.add("unshare calls", sharing.unshareCalls.grouped)
        table.add("64 KiB frames shared at the end", sharing.sharedPages.grouped)
        table.add("  at most", sharing.peakSharedPages.grouped)
        table.add("frames paged out", sharing.pageOuts.grouped)
        table.add("frames paged in", sharing.pageIns.grouped)
        if sharing.damagedPages > 0 {
            table.add("frames damaged", sharing.damagedPages.grouped)
            table.add("  missed by the guest", sharing.lostPages.grouped)
        }
        return "\nPage sharing\n" + table.text
    }

    private var others: String {
        let others = statistics.others
        var table = TextTable()
        func add(_ name: String, _ count: UInt64) {
            if count > 0 { table.add(name, count.grouped) }
        }
        add("window, PHB, reset and thaw events", others.platformEvents)
        add("refused by this machine", others.refused)
        if statistics.timing == nil { add("hcalls known by opcode only (not executed)", others.observedHcalls) }
        add("calls of the guest's DMA API (not executed)", others.guestCalls)
        return table.isEmpty ? "" : "\nOther events\n" + table.text
    }

    private var check: String {
        let check = statistics.check
        guard check.enabled else { return "" }
        var text = "\nCheck: \(check.compared.grouped) recorded answers compared, \(check.mismatches.grouped) differ"
        if check.rtasCompared > 0 {
            text += "; \(check.rtasCompared.grouped) of RTAS calls, \(check.rtasMismatches.grouped) differ"
        }
        return text + "\n"
    }
}

extension ReplayStatistics.Faults {
    /// Each cause by its key, in the order of the keys' numbers.
    var byCause: [(name: String, count: UInt64)] {
        [
            ("no_window", noWindow), ("outside_window", outsideWindow), ("no_read", noRead), ("no_write", noWrite),
            ("not_memory", notMemory), ("not_shared", notShared), ("pe_frozen", peFrozen),
        ]
    }
}

extension ReplayStatistics.Trace {
    /// A line for a person where it is not all, else nothing.
    var completeness: String {
        guard !complete else { return "" }
        return lostChunks > 0 || lostEvents > 0
            ? "NOT COMPLETE: \(counted(lostChunks, "chunk")) and \(counted(lostEvents, "event")) lost\n"
            : "NOT COMPLETE: the replay ended before the trace did\n"
    }
}
