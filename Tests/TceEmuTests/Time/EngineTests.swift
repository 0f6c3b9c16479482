// SPDX-License-Identifier: Apache-2.0
import CTce
import Foundation
import Testing

@testable import TceEmu

/// The engine against the cycle-stepped reference: they share a page of documentation and not a line of code.
@Suite("Time: engine and reference")
struct EngineTests {
    /// What either says of a trace, by place.
    struct Outcome: Equatable {
        struct Span: Equatable {
            var start: UInt64
            var done: UInt64
            var fault: String?
        }
        var transactions: [Int: Span] = [:]
        var calls: [Int: Span] = [:]
        var lookups: [String: Int] = [:]
    }

    @Test("Start, end and fault of every transaction and call are the same, on random configurations and traces")
    func agree() throws {
        let count = ProcessInfo.processInfo.environment["TCE_TIME_RUNS"].flatMap(UInt64.init) ?? 2_000
        var bad = (0, 0)
        defer { print("BAD", bad) }
        for seed in 0..<count {
            let scenario = ReferenceScenario(seed: seed)
            let engine: Outcome
            do { engine = try Self.engine(scenario) } catch {
                Issue.record("seed \(seed): \(error) \(scenario.configuration)")
                return
            }
            let reference = Self.reference(scenario)
            guard engine != reference else { continue }
            if scenario.configuration.arrival == .saturate { bad.1 += 1 } else { bad.0 += 1 }
            if bad.0 + bad.1 < 4 { Issue.record("seed \(seed): \(Self.difference(engine, reference, scenario))") }
        }
    }

    static func engine(_ scenario: ReferenceScenario) throws -> Outcome {
        let c = scenario.configuration
        var machine = MachineConfiguration()
        machine.platform = .qemu
        machine.memoryBytes = c.memoryBytes
        machine.eeh = c.eeh
        machine.phbCount = 0
        let made = try Machine(machine)
        let batch = try EventBatch()
        for event in scenario.events { try batch.append(event) }
        var config = c.lowered
        var time: OpaquePointer?
        let arrival = UInt32(c.arrival == .trace ? TCE_ARRIVAL_TRACE : TCE_ARRIVAL_SATURATE)
        try MachineError.check(unsafe tce_time_create(&config, arrival, c.unitNanoseconds, &time))
        defer { unsafe tce_time_destroy(time) }
        unsafe tce_time_keep_records(time, true)
        var raw = unsafe tce_chunk_batch(batch.chunk)
        var counters = tce_counters()
        var options = unsafe tce_run_options()
        unsafe options.time = time
        try MachineError.check(unsafe tce_run(made.handle, &raw, &counters, &options, nil))
        try MachineError.check(unsafe tce_time_finish(time))
        var records = Array(repeating: tce_time_record(), count: scenario.events.count + 1)
        let taken = unsafe tce_time_take_records(time, &records, records.count)
        var outcome = Outcome()
        for record in records.prefix(taken) {
            var span = Outcome.Span(start: record.start, done: record.done)
            if record.fault == UInt32.max {
                outcome.calls[Int(record.event)] = span
            } else {
                let fault = DMAFault(rawValue: UInt8(record.fault))
                span.fault = fault == .absent || fault == .notShared ? nil : fault.key
                outcome.transactions[Int(record.event)] = span
            }
        }
        let statistics = unsafe tce_time_statistics(time)
        outcome.lookups = [
            "lookups": Int(statistics.lookups), "hits": Int(statistics.hits), "misses": Int(statistics.misses),
            "joins": Int(statistics.joined), "evictions": Int(statistics.evictions), "kills": Int(statistics.kills),
            "overtaken": Int(statistics.overtaken), "wait": Int(statistics.wait_cycles),
        ]
        return outcome
    }

    static func reference(_ scenario: ReferenceScenario) -> Outcome {
        let result = Reference.run(scenario.events, scenario.configuration)
        var outcome = Outcome()
        for x in result.transactions {
            outcome.transactions[x.place] = Outcome.Span(start: x.start, done: x.done, fault: x.fault)
        }
        for call in result.calls { outcome.calls[call.place] = Outcome.Span(start: call.start, done: call.end) }
        outcome.lookups = [
            "lookups": result.lookups, "hits": result.hits, "misses": result.misses,
            "joins": result.joins + result.queuedJoins, "evictions": result.evictions, "kills": result.kills,
            "overtaken": result.overtaken, "wait": Int(result.waitCycles),
        ]
        return outcome
    }

    /// The first place at which they differ, and the trace up to there.
    private static func difference(_ engine: Outcome, _ reference: Outcome, _ scenario: ReferenceScenario) -> String {
        var text = "\(scenario.configuration)\n"
        let printer = TextPrinter(header: TraceHeader())
        for (place, event) in scenario.events.enumerated() {
            text += "\(place): \(printer.line(event))\n"
            for (name, one, other) in [
                ("transaction", engine.transactions[place], reference.transactions[place]),
                ("call", engine.calls[place], reference.calls[place]),
            ] where one != other {
                text += "  \(name): engine \(String(describing: one)), reference \(String(describing: other))\n"
            }
        }
        return text + "engine \(engine.lookups)\nreference \(reference.lookups)\n"
    }
}

extension ReferenceConfiguration {
    var lowered: tce_time_config {
        var c = tce_time_config()
        c.clock_mhz = clockMHz
        c.hcall_entry = hcallEntry
        c.hcall_reflection = hcallReflection
        c.hcall_exit = hcallExit
        c.exit_to_user = exitToUser == .never ? 0 : exitToUser == .always ? 1 : 2
        c.hcall_get = hcallGet
        c.hcall_put = hcallPut
        c.hcall_stuff = hcallStuff
        c.hcall_stuff_entry = hcallStuffEntry
        c.hcall_list = hcallList
        c.hcall_list_entry = hcallListEntry
        c.hcall_first_touch = hcallFirstTouch
        c.passthrough = isPassthrough ? 1 : 0
        c.passthrough_entry = passthroughEntry
        c.kill_scope = killScope == .page ? 0 : 1
        c.kill_issue = killIssue
        c.kill_completion = killCompletion
        c.rtas_ddw = rtasDDW
        c.uv_call = uvCall
        c.uv_share = uvShare
        c.uv_unshare = uvUnshare
        c.uv_page_out = uvPageOut
        c.uv_page_in = uvPageIn
        c.pcie_rate = pcieRate
        c.dllp_share = dllpShare
        c.pcie_latency = pcieLatency
        c.write_overhead = writeOverhead
        c.read_overhead = readOverhead
        c.completion_overhead = completionOverhead
        c.max_payload = maxPayload
        c.max_read_request = maxReadRequest
        c.tags_per_device = UInt64(tagsPerDevice)
        c.tve_cycles = tveCycles
        c.lookup_interval = lookupInterval
        c.cache_entries = cacheEntries
        c.cache_ways = cacheWays
        c.tces_per_line = tcesPerLine
        c.hit_cycles = hitCycles
        c.fetch_slots = UInt64(fetchSlots)
        c.walk_levels = walkLevels
        c.memory_latency = memoryLatency
        c.vio_copy = vioCopy
        c.assumed_bytes = assumedBytes
        c.assumed_direction = assumedIsWrite ? 1 : 0
        c.events_under_way = 65_536
        return c
    }
}
