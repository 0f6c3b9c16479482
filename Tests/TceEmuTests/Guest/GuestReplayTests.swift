// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

@testable import TceEmu

/// A real guest's maps and unmaps through the guest layer: the same entries and the same hcalls.
@Suite("Guest: replay of a recorded guest")
struct GuestReplayTests {
    /// What must be the same of an hcall.
    struct Call: Hashable {
        var kind: TraceEvent.Hcall.Kind
        var liobn: LIOBN
        var ioba: IOBA
        var npages: UInt64
        var last: UInt64

        init(_ call: TraceEvent.Hcall) {
            kind = call.kind
            liobn = call.liobn
            ioba = call.ioba
            npages = call.kind == .put ? 1 : call.npages
            last = call.kind == .putIndirect ? call.entries.last ?? 0 : call.value
        }
    }

    /// The guest of the recordings: 2 GiB, `disable_ddw`.
    static var guest: GuestConfiguration {
        var guest = GuestConfiguration()
        guest.usesDDW = false
        return guest
    }

    private func compare(_ text: [TraceEvent], _ log: [TraceEvent], skip: Int, maps: UInt64) throws {
        var made: [UInt16: [Call]] = [:]
        var isBooted = false
        var replay = try GuestReplay(Self.guest, profile: TimingProfile()) { event in
            guard isBooted, case .hcall(let call) = event.body else { return }
            made[call.cpu ?? 0, default: []].append(Call(call))
        }
        try replay.boot()
        isBooted = true
        for event in text { try replay.apply(event) }
        let result = replay.snapshot()
        #expect(result.maps == maps && result.compared == maps)
        #expect(result.equal == maps)
        #expect(result.unknown == 0 && result.failures == 0)

        var logged: [UInt16: [Call]] = [:]
        for event in log.lazy.compactMap({ event -> TraceEvent.Hcall? in
            if case .hcall(let call) = event.body { call } else { nil }
        }).dropFirst(skip) {
            logged[event.cpu ?? 0, default: []].append(Call(event))
        }
        // The log names its threads; the calls of each guest CPU are those of one of them, from its first on.
        for calls in made.values {
            #expect(logged.values.contains { $0.starts(with: calls) })
        }
    }

    @Test("Every map has the recorded entry, every hcall is the logged one, CPU by CPU")
    func fixture() throws {
        try compare(
            importFtrace(bytes: FtraceRecordedTests.load("ftrace-kprobe.txt.gz")).events,
            FtraceRecordedTests.importLog(FtraceRecordedTests.load("ftrace-kprobe.log.gz")).events, skip: 0, maps: 1_658
        )
    }

    @Test("The same of the whole recording", .enabled(if: FtraceRecordedTests.recordings != nil))
    func wholeRecording() throws {
        let directory = try #require(FtraceRecordedTests.recordings)
        try compare(
            importFtrace(bytes: FtraceRecordedTests.load("T2-ftrace-kprobe.txt.gz", from: directory)).events,
            FtraceRecordedTests.importLog(FtraceRecordedTests.load("T2-ftrace-kprobe.log.gz", from: directory)).events,
            skip: 1_130, maps: 14_829)
    }

    /// Maps behind a log's hcalls, and how often this guest chooses the recorded entry.
    @Test(
        "Recordings of hcalls: what differs is where two CPUs changed places, and no map after it",
        .enabled(if: FtraceRecordedTests.recordings != nil),
        arguments: [
            ("C-virtio-disable-ddw", 16_590, 16_590), ("F-nvme-disable-ddw", 34_953, 34_910),
            ("T-ftrace-hcall", 14_873, 14_862), ("T2-ftrace-kprobe", 15_719, 15_716),
        ])
    func lifted(_ name: String, _ maps: UInt64, _ equal: UInt64) throws {
        let directory = try #require(FtraceRecordedTests.recordings)
        guard FileManager.default.fileExists(atPath: directory.appendingPathComponent("\(name).log.gz").path) else {
            return
        }
        let events = try FtraceRecordedTests.importLog(FtraceRecordedTests.load("\(name).log.gz", from: directory))
            .events
        var lifter = TraceLifter()
        var replay = try GuestReplay(Self.guest, profile: TimingProfile())
        for event in events { for lifted in lifter.lift(event) { try replay.apply(lifted) } }
        for lifted in lifter.finish() { try replay.apply(lifted) }
        let result = replay.snapshot()
        #expect(result.compared == maps && result.equal == equal && result.adopted == maps - equal)
        #expect(result.unknown == 0 && result.failures == 0)
    }
}
