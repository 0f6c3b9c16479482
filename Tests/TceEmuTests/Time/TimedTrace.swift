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
        /// Counters that both have, by the engine's names.
        var counts: [String: UInt64] = [:]
    }

    var events: [TraceEvent] = []
    var profile = TimingProfile()
    var arrival = TimingArrival.trace
    var eeh = false
    var memoryBytes: UInt64?
    var unitNanoseconds: UInt64 = 1

    func engine() throws -> Outcome {
        var configuration = MachineConfiguration()
        configuration.memoryBytes = memoryBytes
        configuration.eeh = eeh
        configuration.phbCount = 0
        let machine = try Machine(configuration)
        let batch = try EventBatch()
        for event in events { try batch.append(event) }
        let model = try TimedModel(profile, arrival, unitNanoseconds: unitNanoseconds)
        var raw = unsafe tce_chunk_batch(batch.chunk)
        try unsafe model.run(&raw, on: machine)
        try model.finish()
        var outcome = Outcome()
        for record in model.takeRecords(events.count) {
            var span = Span(start: record.start, done: record.done)
            if record.fault != .max {
                let fault = DMAFault(rawValue: UInt8(record.fault))
                span.fault = fault == .absent || fault == .notShared ? nil : fault.key
            }
            outcome.spans[Int(record.event)] = span
        }
        let s = model.statistics
        outcome.counts = [
            "lookups": s.lookups, "hits": s.hits, "misses": s.misses, "joined": s.joined,
            "joined_queued": s.joined_queued, "evictions": s.evictions, "kills": s.kills, "dropped": s.dropped,
            "withdrawn": s.withdrawn, "wait_cycles": s.wait_cycles, "overtaken": s.overtaken,
        ]
        return outcome
    }

    func reference() throws -> Outcome {
        var configuration = ReferenceConfiguration(try profile.lowered())
        configuration.memoryBytes = memoryBytes
        configuration.eeh = eeh
        configuration.unitNanoseconds = unitNanoseconds
        configuration.arrival = arrival == .trace ? .trace : .saturate
        let result = Reference.run(events, configuration)
        var outcome = Outcome()
        for call in result.calls { outcome.spans[call.place] = Span(start: call.start, done: call.end) }
        for x in result.transactions {
            outcome.spans[x.place] = Span(start: x.start, done: x.done, fault: x.fault)
        }
        let numbers: [String: Int] = [
            "lookups": result.lookups, "hits": result.hits, "misses": result.misses,
            "joined": result.joins + result.queuedJoins, "joined_queued": result.queuedJoins,
            "evictions": result.evictions, "kills": result.kills, "dropped": result.counts[.dropped],
            "withdrawn": result.counts[.withdrawn], "wait_cycles": Int(result.waitCycles),
            "overtaken": result.overtaken,
        ]
        outcome.counts = numbers.mapValues { UInt64($0) }
        return outcome
    }
}

/// The core's model of time, from `init` to `deinit`; it keeps a record of each call and transaction.
@safe final class TimedModel {
    private let handle: OpaquePointer

    init(_ profile: TimingProfile, _ arrival: TimingArrival, unitNanoseconds: UInt64 = 1) throws {
        var config = try profile.lowered()
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

extension ReferenceConfiguration {
    /// The configuration that a profile is.
    init(_ c: tce_time_config) {
        self.init()
        clockMHz = c.clock_mhz
        hcallEntry = c.hcall_entry
        hcallReflection = c.hcall_reflection
        hcallExit = c.hcall_exit
        exitToUser = [.never, .always, .kvm][Int(c.exit_to_user)]
        hcallGet = c.hcall_get
        hcallPut = c.hcall_put
        hcallStuff = c.hcall_stuff
        hcallStuffEntry = c.hcall_stuff_entry
        hcallList = c.hcall_list
        hcallListEntry = c.hcall_list_entry
        hcallFirstTouch = c.hcall_first_touch
        isPassthrough = c.passthrough == 1
        passthroughEntry = c.passthrough_entry
        killScope = c.kill_scope == 0 ? .page : .pe
        killIssue = c.kill_issue
        killCompletion = c.kill_completion
        rtasDDW = c.rtas_ddw
        uvCall = c.uv_call
        uvShare = c.uv_share
        uvUnshare = c.uv_unshare
        uvPageOut = c.uv_page_out
        uvPageIn = c.uv_page_in
        pcieRate = c.pcie_rate
        dllpShare = c.dllp_share
        pcieLatency = c.pcie_latency
        writeOverhead = c.write_overhead
        readOverhead = c.read_overhead
        completionOverhead = c.completion_overhead
        maxPayload = c.max_payload
        maxReadRequest = c.max_read_request
        tagsPerDevice = Int(c.tags_per_device)
        tveCycles = c.tve_cycles
        lookupInterval = c.lookup_interval
        cacheEntries = c.cache_entries
        cacheWays = c.cache_ways
        tcesPerLine = c.tces_per_line
        hitCycles = c.hit_cycles
        fetchSlots = Int(c.fetch_slots)
        walkLevels = c.walk_levels
        memoryLatency = c.memory_latency
        vioCopy = c.vio_copy
        assumedBytes = c.assumed_bytes
        assumedIsWrite = c.assumed_direction == 1
    }
}
