// SPDX-License-Identifier: Apache-2.0
import CTce

@testable import TceEmu

/// A trace, what everything costs and when it arrives: what the engine says of it, and what the reference says.
struct TimedTrace {
    /// A call or a transaction.
    struct Span: Hashable, CustomStringConvertible {
        var start: UInt64
        var done: UInt64
        /// The key of a transaction's fault ("no_read"); a page that is not shared is none.
        var fault: String?

        var description: String { "\(start) to \(done)" + (fault.map { ", \($0)" } ?? "") }
    }

    struct Outcome: Equatable {
        /// By place in the trace.
        var spans: [Int: Span] = [:]
        /// TLPs of each transaction that were granted the link, by place in the trace.
        var tlps: [Int: Int] = [:]
        /// Counters that both have, by the engine's names.
        var counts: [String: UInt64] = [:]
    }

    var events: [TraceEvent] = []
    var profile = TimingProfile()
    var arrival = TimingArrival.trace
    var eeh = false
    var memoryBytes: UInt64?
    var unitNanoseconds: UInt64 = 1

    /// The same with the profile's parameters.
    func timedCase() throws -> TimedCase {
        var configuration = ReferenceConfiguration(try profile.lowered())
        configuration.memoryBytes = memoryBytes
        configuration.eeh = eeh
        configuration.unitNanoseconds = unitNanoseconds
        configuration.arrival = arrival == .trace ? .trace : .saturate
        return TimedCase(events: events, configuration: configuration)
    }

    func engine() throws -> Outcome { try timedCase().engine() }

    func reference() throws -> Outcome { Outcome(try timedCase().reference()) }
}

extension TimedTrace.Outcome {
    init(_ result: ReferenceResult) {
        for call in result.calls { spans[call.place] = TimedTrace.Span(start: call.start, done: call.end) }
        for x in result.transactions {
            spans[x.place] = TimedTrace.Span(start: x.start, done: x.done, fault: x.fault)
            tlps[x.place] = x.grantedTLPs
        }
        let numbers: [String: Int] = [
            "calls": result.calls.count, "exits": result.counts[.exit],
            "transactions": result.transactions.count, "assumed": result.counts[.assumed],
            "tlps": result.transactions.reduce(0) { $0 + $1.grantedTLPs },
            "lookups": result.lookups, "hits": result.hits, "misses": result.misses,
            "joined": result.joins + result.queuedJoins, "joined_queued": result.queuedJoins, "fills": result.fills,
            "evictions": result.evictions, "kills": result.kills, "kills_in_flight": result.counts[.killInFlight],
            "slot_waits": result.counts[.slotWait], "dropped": result.dropped,
            "withdrawn": result.counts[.withdrawn], "overtaken": result.overtaken,
        ]
        counts = numbers.mapValues { UInt64($0) }
        counts["call_cycles"] = result.calls.reduce(0) { $0 + $1.cost }
        counts["wait_cycles"] = result.waitCycles
        counts["last_done"] = max(result.calls.map(\.end).max() ?? 0, result.transactions.map(\.done).max() ?? 0)
    }
}

/// The core's model of time, from `init` to `deinit`; it keeps a record of each call and transaction.
@safe final class TimedModel {
    let handle: OpaquePointer

    convenience init(_ profile: TimingProfile, _ arrival: TimingArrival, unitNanoseconds: UInt64 = 1) throws {
        try self.init(try profile.lowered(), arrival, unitNanoseconds: unitNanoseconds)
    }

    init(_ config: tce_time_config, _ arrival: TimingArrival, unitNanoseconds: UInt64 = 1) throws {
        var config = config
        var handle: OpaquePointer?
        try MachineError.check(unsafe tce_time_create(&config, arrival.lowered, unitNanoseconds, &handle))
        guard let handle = unsafe handle else { throw MachineError(rawValue: Int32(TCE_ERR_NO_MEMORY)) }
        unsafe self.handle = handle
        unsafe tce_time_keep_records(handle, true)
    }

    deinit {
        unsafe tce_time_destroy(handle)
    }

    var statistics: tce_time_stats { unsafe tce_time_statistics(handle) }

    /// All that a run of so many events came to.
    func outcome(of events: Int) -> TimedTrace.Outcome {
        var outcome = TimedTrace.Outcome()
        for record in takeRecords(events) {
            var span = TimedTrace.Span(start: record.start, done: record.done)
            if record.fault != .max {
                let fault = DMAFault(rawValue: UInt8(record.fault))
                span.fault = fault == .absent || fault == .notShared ? nil : fault.key
                outcome.tlps[Int(record.event)] = Int(record.tlps)
            }
            outcome.spans[Int(record.event)] = span
        }
        let s = statistics
        outcome.counts = [
            "calls": s.calls, "call_cycles": s.call_cycles, "exits": s.exits, "transactions": s.transactions,
            "assumed": s.assumed, "tlps": s.tlps, "lookups": s.lookups, "hits": s.hits, "misses": s.misses,
            "joined": s.joined, "joined_queued": s.joined_queued, "fills": s.fills, "evictions": s.evictions,
            "kills": s.kills, "kills_in_flight": s.kills_in_flight, "slot_waits": s.slot_waits, "dropped": s.dropped,
            "withdrawn": s.withdrawn, "wait_cycles": s.wait_cycles, "overtaken": s.overtaken,
            "last_done": s.last_done,
        ]
        return outcome
    }

    func run(_ batch: inout tce_batch, on machine: borrowing Machine) throws {
        var counters = tce_counters()
        var options = unsafe tce_run_options()
        unsafe options.time = handle
        try MachineError.check(unsafe tce_run(machine.handle, &batch, &counters, &options, nil))
    }

    func finish() throws {
        try MachineError.check(unsafe tce_time_finish(handle))
    }

    /// Records of what is done by now, at most so many.
    func takeRecords(_ most: Int) -> [tce_time_record] {
        var records = Array(repeating: tce_time_record(), count: most)
        let taken = unsafe tce_time_take_records(handle, &records, most)
        return Array(records.prefix(taken))
    }
}
