// SPDX-License-Identifier: Apache-2.0
import Foundation

@testable import TceEmu

/// One replay with time, and all that it says.
struct TimedReplay {
    var statistics: ReplayStatistics
    var events: [TimedEvent]
    var mismatches: [Mismatch]
    /// The machine at the end.
    var machine: [UInt8]

    var timing: TimeStatistics { statistics.timing ?? TimeStatistics() }

    /// Replays a trace file; `timing` nil: without time.
    init(
        _ trace: [UInt8], _ timing: ReplayTiming?, threads: Int = 2, from: TracePosition? = nil,
        keepsEvents: Bool = true
    ) throws {
        var options = ReplayOptions()
        options.timing = timing
        options.timing?.keepsEvents = keepsEvents
        options.check = true
        options.from = from
        var readerOptions = TraceReader.Options()
        readerOptions.threads = threads
        var replay = try Replay(TraceReader(MemoryStream(trace), options: readerOptions), options: options)
        events = []
        while try replay.step() { events += replay.takeTimedEvents() }
        events += replay.takeTimedEvents()
        statistics = replay.snapshot()
        mismatches = replay.mismatches
        machine = try replay.machine.snapshot()
    }

    /// Replays a text trace, with changes to the default profile.
    init(
        text: String, _ assignments: [String] = [], arrival: TimingArrival = .trace, interval: UInt64? = nil,
        from: TracePosition? = nil
    ) throws {
        var timing = ReplayTiming(arrival: arrival)
        for assignment in assignments { try timing.profile.set(assignment) }
        timing.intervalNanoseconds = interval
        try self.init(Self.trace(text), timing, from: from)
    }

    /// A text trace as a file.
    static func trace(_ text: String) throws -> [UInt8] {
        let imported = try importText(text)
        return try TraceFileTests.write(imported.events, header: imported.header)
    }

    static func shipped(_ name: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: packageFile("traces/\(name).tcet")))
    }

    static func generated(_ workload: Workload, events: UInt64, seed: UInt64 = 1) throws -> [UInt8] {
        let output = MemoryStream()
        _ = try workload.generate(events: events, seed: seed, to: output)
        return output.bytes
    }

    /// A profile with arrival; a saturated run has few events under way, so that it is over soon.
    static func timing(_ profile: String, _ arrival: TimingArrival) throws -> ReplayTiming {
        var timing = ReplayTiming(profile: try TimingProfile(named: profile), arrival: arrival)
        if arrival == .saturate { try timing.profile.set("events_under_way=256") }
        return timing
    }
}
