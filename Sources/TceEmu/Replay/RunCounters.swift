// SPDX-License-Identifier: Apache-2.0
import CTce

/// The core's counters and what differed, over all batches of a run.
@safe final class RunCounters {
    fileprivate var raw = tce_counters()
    /// What the trace may still ask for, in pages.
    private(set) var work = UInt64(TCE_RUN_WORK)

    /// The counters' names, as a snapshot has them ("events", "faults.no_read", "H_PUT_TCE.calls"), and whether they
    /// stop at 2^64 - 1; others count no more than a run can do.
    static let names: [(name: String, saturates: Bool)] = {
        var unused = tce_counters()
        var names: [(name: String, saturates: Bool)] = []
        var name = unsafe tce_counter_name()
        while unsafe tce_counter_at(&unused, names.count, &name) != nil {
            let group = unsafe name.group.map { unsafe String(cString: $0) + "." } ?? ""
            unsafe names.append((group + String(cString: name.field), name.saturates))
        }
        return names
    }()

    /// All counters by their names.
    var byName: [String: UInt64] {
        var copy = raw
        var name = unsafe tce_counter_name()
        return Dictionary(
            uniqueKeysWithValues: Self.names.enumerated().map { index, entry in
                (entry.name, unsafe tce_counter_at(&copy, index, &name)?.pointee ?? 0)
            })
    }

    /// What a replay had counted when it was saved. Every counter must have its value.
    func restore(_ saved: ReplaySnapshot) throws(SnapshotError) {
        var name = unsafe tce_counter_name()
        for (index, entry) in Self.names.enumerated() {
            guard let value = saved.counters[entry.name] else {
                throw SnapshotError(.damaged, "expected a counter \(entry.name), found none")
            }
            unsafe tce_counter_at(&raw, index, &name)?.pointee = value
        }
        guard raw.isPossible, raw.events <= saved.events else {
            throw SnapshotError(.damaged, "expected counters whose parts are their sums, found others")
        }
        work = saved.work
        mismatches = saved.mismatches
    }

    /// The first differences, at most `mismatchMax`.
    private(set) var mismatches: [Mismatch] = []
    private let mismatchMax: Int

    init(mismatchMax: Int = 20) {
        self.mismatchMax = mismatchMax
    }

    var events: UInt64 { raw.events }

    /// Calls, TCEs and errors of each TCE hcall, in the order of `TraceEvent.Hcall.Kind`; without cycles.
    var hcalls: [ReplayStatistics.Calls] {
        [TCE_COUNT_GET, TCE_COUNT_PUT, TCE_COUNT_STUFF, TCE_COUNT_INDIRECT].map { index in
            let calls = unsafe withUnsafeBytes(of: raw.calls) { bytes in
                unsafe bytes.bindMemory(to: tce_call_counter.self)[Int(index)]
            }
            return ReplayStatistics.Calls(calls: calls.calls, tces: calls.tces, errors: calls.errors)
        }
    }

    /// What times the events, and keeps when each was; nil: nothing does.
    var model: TimeModel?
    var log: EventLog?

    /// Hcalls known by opcode only, in a replay with time.
    private(set) var observed = ObservedHcalls()

    /// Bytes of the host that the machine may hold.
    var machineBytesMax = UInt64.max

    /// Events after which that is looked at: a few can make tables of many megabytes.
    private static let slice = 128

    /// Applies events of a batch to a machine. `firstEvent` and `chunk` say where in the trace the batch lies.
    func run(
        _ batch: EventBatch, range: Range<Int>, on machine: borrowing Machine, check: Bool, stateOnly: Bool = false,
        firstEvent: UInt64, chunk: UInt64
    ) throws(ReplayError) {
        var begin = range.lowerBound
        while begin < range.upperBound {
            // At the same events wherever a replay is cut in two.
            let boundary = (begin / Self.slice + 1) * Self.slice
            let end = min(boundary, range.upperBound)
            try runSlice(
                batch, range: begin..<end, on: machine, check: check, stateOnly: stateOnly, firstEvent: firstEvent,
                chunk: chunk)
            if end == boundary || end == batch.count {
                try checkMemory(machine, event: firstEvent + UInt64(end - 1), chunk: chunk)
            }
            begin = end
        }
    }

    private func checkMemory(_ machine: borrowing Machine, event: UInt64, chunk: UInt64) throws(ReplayError) {
        let held = machine.hostBytes
        guard held > machineBytesMax else { return }
        throw ReplayError(
            reason: "the machine's tables and memory hold \(held) bytes; \(machineBytesMax) are allowed",
            event: event, chunk: chunk, isDataError: true)
    }

    private func runSlice(
        _ batch: EventBatch, range: Range<Int>, on machine: borrowing Machine, check: Bool, stateOnly: Bool = false,
        firstEvent: UInt64, chunk: UInt64
    ) throws(ReplayError) {
        let log = stateOnly ? nil : log
        var results = [tce_result](repeating: tce_result(), count: log == nil ? 0 : range.count)
        let whole = unsafe tce_chunk_batch(batch.chunk)
        precondition(unsafe range.lowerBound >= 0 && range.upperBound <= whole.count)
        var part = unsafe whole
        unsafe part.events = whole.events + range.lowerBound
        unsafe part.times = whole.times + range.lowerBound
        unsafe part.count = range.count
        let room = check ? mismatchMax - mismatches.count : 0
        var found = [tce_mismatch](repeating: tce_mismatch(), count: room)
        var foundCount = 0
        var done = 0
        let error = unsafe found.withUnsafeMutableBufferPointer { found in
            var options = unsafe tce_run_options(
                check: check, state_only: stateOnly, results: nil, mismatches: found.baseAddress, mismatch_max: room,
                mismatch_count: 0, work: nil, time: model?.handle)
            return unsafe results.withUnsafeMutableBufferPointer { results in
                if log != nil { unsafe options.results = results.baseAddress }
                return unsafe withUnsafeMutablePointer(to: &work) { work in
                    unsafe options.work = work
                    let error = unsafe tce_run(machine.handle, &part, &raw, &options, &done)
                    foundCount = unsafe options.mismatch_count
                    return error
                }
            }
        }
        let ended = range.lowerBound + done
        if let log {
            log.append(batch, range: range.lowerBound..<ended, firstEvent: firstEvent, results: results)
        }
        if model != nil, raw.observed != observed.count { observed.add(batch, range: range.lowerBound..<ended) }
        for raw in found.prefix(foundCount) {
            let index = range.lowerBound + Int(raw.event)
            mismatches.append(
                Mismatch(
                    event: firstEvent + UInt64(index), chunk: chunk,
                    what: unsafe String(cString: tce_mismatch_name(raw.what)),
                    cell: Int(raw.cell), recorded: raw.recorded, answered: raw.answered, traceEvent: batch[index]))
        }
        guard error == 0 else {
            throw ReplayError(
                reason: unsafe String(cString: tce_err_text(error)),
                event: firstEvent + UInt64(ended), chunk: chunk,
                isDataError: error == Int32(TCE_ERR_WORK) || error == Int32(TCE_ERR_EVENT))
        }
    }

    /// Writes the counters into a snapshot.
    func fill(_ statistics: inout ReplayStatistics) {
        let calls = unsafe withUnsafeBytes(of: raw.calls) { bytes in
            unsafe Array(bytes.bindMemory(to: tce_call_counter.self))
        }
        for (index, counter) in calls.enumerated() where counter.calls > 0 {
            let name = unsafe String(cString: tce_call_count_name(UInt32(index)))
            if index < Int(TCE_HCALL_COUNT) {
                statistics.hcalls[name] = ReplayStatistics.Calls(
                    calls: counter.calls, tces: counter.tces, errors: counter.errors)
            } else {
                statistics.rtas[name] = ReplayStatistics.RTASCalls(calls: counter.calls, errors: counter.errors)
            }
        }
        let faults = unsafe withUnsafeBytes(of: raw.faults) { bytes in
            unsafe Array(bytes.bindMemory(to: UInt64.self))
        }
        statistics.dma = ReplayStatistics.DMA(
            transactions: raw.transactions, reads: raw.reads, writes: raw.writes, unknown: raw.unknown,
            bytes: raw.bytes, translations: raw.translations,
            faults: ReplayStatistics.Faults(
                total: faults.dropFirst().reduce(0, +), noWindow: faults[Int(TCE_FAULT_NO_WINDOW)],
                outsideWindow: faults[Int(TCE_FAULT_OUTSIDE_WINDOW)], noRead: faults[Int(TCE_FAULT_NO_READ)],
                noWrite: faults[Int(TCE_FAULT_NO_WRITE)], notMemory: faults[Int(TCE_FAULT_NOT_MEMORY)],
                notShared: faults[Int(TCE_FAULT_NOT_SHARED)], peFrozen: faults[Int(TCE_FAULT_PE_FROZEN)]))
        statistics.others = ReplayStatistics.Others(
            observedHcalls: raw.observed, ultracalls: raw.ultracalls, ultracallErrors: raw.ultracall_errors,
            guestCalls: raw.guest, platformEvents: raw.windows, refused: raw.refused)
        statistics.check.compared = raw.compared
        statistics.check.mismatches = raw.mismatches
        statistics.check.rtasCompared = raw.rtas_compared
        statistics.check.rtasMismatches = raw.rtas_mismatches
    }
}

extension tce_counters {
    /// The laws that a run's counters keep: reports count on them. No counter is so large that a sum overflows.
    fileprivate var isPossible: Bool {
        let faultCount = unsafe withUnsafeBytes(of: faults) { unsafe $0.bindMemory(to: UInt64.self).reduce(0, &+) }
        let callsHold = unsafe withUnsafeBytes(of: calls) { bytes in
            unsafe bytes.bindMemory(to: tce_call_counter.self).allSatisfy { $0.errors <= $0.calls }
        }
        return callsHold && faultCount == transactions && reads + writes + unknown == transactions
            && mismatches <= compared && rtas_mismatches <= rtas_compared && ultracall_errors <= ultracalls
            && refused <= windows
    }
}
