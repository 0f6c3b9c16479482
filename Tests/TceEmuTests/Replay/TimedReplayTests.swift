// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import TceEmu

/// What time may not change, and what its counters have to do with each other.
@Suite("Replay with time")
struct TimedReplayTests {
    enum Source: CaseIterable {
        case virtioDefault, virtioDisableDDW, nic, nvme, random, everything

        func trace() throws -> [UInt8] {
            switch self {
            case .virtioDefault: try TimedReplay.shipped("virtio-default")
            case .virtioDisableDDW: try TimedReplay.shipped("virtio-disable-ddw")
            case .nic: try TimedReplay.generated(.nic, events: 8000)
            case .nvme: try TimedReplay.generated(.nvme, events: 5000)
            case .random: try TimedReplay.generated(.random, events: 5000)
            case .everything: try EverythingTrace.make(events: 20_000, seed: 3)
            }
        }
    }

    /// The statistics without what was computed of time.
    static func functional(_ statistics: ReplayStatistics) -> ReplayStatistics {
        var result = statistics
        result.model = "functional"
        result.timing = nil
        result.dma.waitCycles = nil
        result.dma.overtaken = 0
        for name in result.hcalls.keys { result.hcalls[name]?.cycles = nil }
        return result
    }

    @Test(
        "Time changes no answer, no counter of answers, and not the machine", arguments: Source.allCases,
        TimingArrival.allCases)
    func answers(source: Source, arrival: TimingArrival) throws {
        let trace = try source.trace()
        let without = try TimedReplay(trace, nil)
        #expect(without.events.isEmpty)
        for name in TimingProfile.builtInNames {
            let with = try TimedReplay(trace, TimedReplay.timing(name, arrival), keepsEvents: false)
            #expect(Self.functional(with.statistics) == without.statistics, "\(name)")
            #expect(with.mismatches == without.mismatches, "\(name)")
            #expect(with.machine == without.machine, "\(name)")
        }
    }

    @Test("The same trace gives the same bytes, whatever the number of threads", arguments: TimingArrival.allCases)
    func determinism(arrival: TimingArrival) throws {
        let trace = try TimedReplay.generated(.nic, events: 80_000)
        var timing = try TimedReplay.timing("power9-kvm", arrival)
        timing.intervalNanoseconds = 1_000_000
        let first = try TimedReplay(trace, timing, threads: 1)
        for threads in [1, 2, 4] {
            let next = try TimedReplay(trace, timing, threads: threads)
            #expect(try jsonReport(next.statistics) == jsonReport(first.statistics))
            #expect(next.events == first.events)
        }
    }

    @Test("What is counted in two places is counted alike", arguments: Source.allCases, TimingArrival.allCases)
    func laws(source: Source, arrival: TimingArrival) throws {
        var options = try TimedReplay.timing("power9-kvm", arrival)
        options.intervalNanoseconds = 10_000
        let replay = try TimedReplay(source.trace(), options)
        let (statistics, timing) = (replay.statistics, replay.timing)
        let cache = timing.tceCache
        #expect(cache.hits + cache.misses + cache.joined == cache.lookups)

        // Transactions by whatever they are told apart.
        let transactions = statistics.dma.transactions
        #expect(timing.counters["transactions"] == transactions)
        #expect(timing.latency.count == transactions)
        #expect(timing.groups.reduce(0) { $0 + $1.transactions } == transactions)
        #expect(timing.requesters.reduce(0) { $0 + $1.transactions } == transactions)
        #expect(timing.latencyByDirection.values.reduce(0) { $0 + $1.count } == transactions)
        #expect(timing.latencyByOutcome.values.reduce(0) { $0 + $1.count } == transactions)
        #expect(timing.requesters.reduce(0) { $0 + $1.faults } == statistics.dma.faults.total)
        #expect(timing.requesters.reduce(0) { $0 + $1.waitCycles } == statistics.dma.waitCycles)
        #expect(timing.requesters.reduce(0) { $0 + $1.overtaken } == statistics.dma.overtaken)
        for (name, count) in statistics.dma.faults.byCause {
            #expect((timing.latencyByOutcome[name]?.count ?? 0) == count, "\(name)")
        }

        // TLPs spend their lives in the stages.
        #expect(timing.stages.reduce(0) { $0 + $1.cycles } == timing.counters["tlp_cycles"])
        #expect(timing.phbs.reduce(0) { $0 + ($1.counters["tlps"] ?? 0) } == timing.counters["tlps"])

        // Calls, and what they are made of.
        #expect(statistics.hcalls.values.reduce(0) { $0 + ($1.cycles ?? 0) } == timing.time.guestHcallCycles)
        let time = timing.time
        #expect(
            time.guestHcallCycles + time.guestRTASCycles + time.guestUltracallCycles == timing.counters["call_cycles"])
        for (name, calls) in timing.calls {
            if let hcalls = statistics.hcalls[name] { #expect(hcalls.calls == calls.calls, "\(name)") }
            let parts = calls.parts.values.reduce(0, +)
            #expect(abs(parts - Double(calls.cycles)) <= Double(calls.calls), "\(name)")
        }
        #expect((timing.calls["RTAS calls"]?.calls ?? 0) == statistics.rtas.values.reduce(0) { $0 + $1.calls })
        #expect((timing.calls["ultracalls"]?.calls ?? 0) == statistics.others.ultracalls)

        // Intervals are all of it.
        let intervals = try #require(timing.intervals)
        #expect(intervals.reduce(0) { $0 + $1.transactions } == transactions)
        #expect(intervals.reduce(0) { $0 + $1.calls } == timing.counters["calls"])
        #expect(intervals.reduce(0) { $0 + $1.callCycles } == timing.counters["call_cycles"])
        #expect(zip(intervals, intervals.dropFirst()).allSatisfy { $0.firstCycle + $0.cycles <= $1.firstCycle })
        try Self.checkEvents(replay)
    }

    /// The lines of --per-event against the sums.
    static func checkEvents(_ replay: TimedReplay) throws {
        let (statistics, timing) = (replay.statistics, replay.timing)
        #expect(replay.events.map(\.number) == Array(0..<statistics.trace.events))
        var latencies = LatencyHistogram()
        var (wait, last, tlps, callCycles): (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
        for event in replay.events {
            guard let span = event.span else { continue }
            #expect(span.issue >= span.stamp || timing.time.arrival == "saturate", "\(event)")
            #expect(span.completion >= span.issue)
            last = max(last, span.completion)
            guard event.kind.name == "dma" else {
                callCycles += span.completion - span.issue
                continue
            }
            latencies.record(span.completion - span.issue)
            if timing.time.arrival == "trace" { wait += span.issue - span.stamp }
            tlps += UInt64(span.tlps)
        }
        #expect(TimeStatistics.Latency(latencies) == timing.latency)
        #expect(wait == statistics.dma.waitCycles)
        #expect(last == timing.time.cycles)
        #expect(tlps == timing.counters["tlps"])
        #expect(callCycles == timing.counters["call_cycles"])
        #expect(timing.intervals?.reduce(0) { $0 + UInt128($1.latencyCycles) } == latencies.sum)
    }

    @Test("An interrupted replay ends what is under way, and says that it is not all")
    func interrupted() throws {
        let trace = try TimedReplay.generated(.nic, events: 80_000)
        var options = ReplayOptions()
        options.timing?.keepsEvents = true
        var replay = try Replay(TraceReader(MemoryStream(trace)), options: options)
        _ = try replay.step(atMost: 5000)
        replay.interrupt()
        let statistics = replay.snapshot()
        #expect(!statistics.trace.complete && statistics.trace.events == 5000)
        let timing = try #require(statistics.timing)
        #expect(timing.latency.count == statistics.dma.transactions)
        #expect(replay.takeTimedEvents().count == 5000)
    }

    @Test("A damaged trace has the times so far")
    func damaged() throws {
        var trace = try TimedReplay.generated(.nic, events: 100_000)
        trace[trace.count / 2] ^= 1
        var replay = try Replay(TraceReader(MemoryStream(trace)))
        #expect(throws: TraceError.self) { try replay.run() }
        let statistics = replay.snapshot()
        #expect(!statistics.trace.complete && statistics.dma.transactions > 0)
        #expect(statistics.timing?.latency.count == statistics.dma.transactions)
    }

    @Test("A replay with time cannot be saved, and says why")
    func saved() throws {
        let replay = try Replay(TraceReader(MemoryStream(TimedReplay.generated(.nic, events: 10))))
        do {
            _ = try replay.save()
            Issue.record("it was saved")
        } catch let error as SnapshotError {
            #expect(error.kind == .timed && "\(error)".contains("under way in time"))
        }
    }

    @Test("A functional replay has nothing of time")
    func withoutTime() throws {
        let json = try jsonReport(TimedReplay(TimedReplay.generated(.nic, events: 100), nil).statistics)
        for key in ["cycles", "tce_cache", "latency", "\"time\"", "profile"] { #expect(!json.contains(key), "\(key)") }
    }
}
