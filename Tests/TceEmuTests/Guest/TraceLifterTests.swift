// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

@testable import TceEmu

/// Maps and unmaps behind hcalls.
@Suite("Guest: maps behind hcalls")
struct TraceLifterTests {
    /// A host bridge with a small window, and the kernel's clear of it: with H_STUFF_TCE, or page by page.
    private static let bridge = "phb buid=7 liobn=8 bytes=0x20000\n"
    private static let clear = "H_STUFF_TCE cpu=0 liobn=8 ioba=0 tce=0 npages=32\n"
    private static let clearByPage = (0..<32).map { "H_PUT_TCE cpu=0 liobn=8 ioba=\($0 << 12) tce=0\n" }.joined()

    private static func put(_ cpu: Int, _ page: Int, _ tce: String) -> String {
        "H_PUT_TCE cpu=\(cpu) liobn=8 ioba=\(page << 12) tce=\(tce)\n"
    }

    private struct Lifted {
        var events: [TraceEvent] = []
        var counts = TraceLifter.Counts()

        init(_ events: some Sequence<TraceEvent>) {
            var lifter = TraceLifter()
            for event in events { self.events += lifter.lift(event) }
            self.events += lifter.finish()
            counts = lifter.counts
        }

        init(_ text: String) throws {
            self.init(try importText(text).events)
        }

        /// "map cpu page pages", "unmap ..."
        var calls: [String] {
            events.compactMap { event in
                guard case .guest(let call) = event.body else { return nil }
                let address = call.kind == .map ? call.value : call.address
                return "\(call.kind) \(call.cpu ?? 99) \(address >> 12) \(call.length >> 12)"
            }
        }

        /// The events of the recording.
        var recorded: [TraceEvent] {
            events.filter { if case .guest = $0.body { false } else { true } }
        }
    }

    @Test("A default window made anew is a reset: the next kernel's maps are found, after its clear")
    func reset() throws {
        let life = Self.put(0, 1, "0x5003") + Self.clear + Self.put(0, 2, "0x6003")
        let lifted = try Lifted(Self.bridge + life + "window liobn=8 buid=7 tces=32\n" + life)
        #expect(lifted.calls == ["map 0 2 1", "map 0 2 1"])
        #expect(lifted.counts.beforeClear == 4 && lifted.counts.elsewhere == 0)
        // A dynamic window of that PHB is none.
        #expect(
            try Lifted(Self.bridge + "window liobn=9 buid=7 tces=32\n" + life.replacing("=8", with: "=9")).calls == [])
    }

    @Test("A default window that the kernel asks for anew is not cleared again: its maps go on")
    func resetByRTAS() throws {
        let lifted = try Lifted(
            Self.bridge + Self.clear + Self.put(0, 2, "0x6003") + "window liobn=8 buid=7 tces=32\n"
                + "rtas ibm,reset-pe-dma-window cpu=0 args=0,0,7 returns=1 -> 0\n" + Self.put(0, 3, "0x8003")
                + "H_STUFF_TCE cpu=0 liobn=8 ioba=0x2000 tce=0 npages=1\n")
        #expect(lifted.calls == ["map 0 2 1", "map 0 3 1", "unmap 0 2 1"])
    }

    @Test("After a clear page by page a row of H_PUT_TCE is one map, and H_PUT_TCE of 0 of its pages one unmap")
    func rows() throws {
        let text =
            Self.bridge + Self.clearByPage + Self.put(0, 1, "0x5003") + Self.put(1, 9, "0x9001")
            + Self.put(0, 2, "0x6003") + Self.put(0, 3, "0x7003") + Self.put(0, 1, "0") + Self.put(1, 9, "0")
            + Self.put(0, 2, "0") + Self.put(0, 3, "0")
        let lifted = try Lifted(text)
        #expect(lifted.calls == ["map 0 1 3", "map 1 9 1", "unmap 0 1 3", "unmap 1 9 1"])
        #expect(lifted.counts.made.rows == 1 && lifted.counts.made.areRows && !lifted.counts.made.areSingleCalls)
        #expect(lifted.counts.beforeClear == 32 && lifted.counts.others == 0)
        // All of the recording is there, in its order, and a map stands before its first hcall.
        #expect(lifted.recorded == (try importText(text).events))
        guard case .guest(let map) = lifted.events[33].body else { return #expect(Bool(false)) }
        #expect(map.kind == .map && map.length == 0x3000 && map.address == 0x5000)
    }

    @Test(
        "A row ends where the window, memory, the permission, the vCPU or another of its calls ends it",
        arguments: [
            (put(0, 3, "0x6003"), 3), (put(0, 2, "0x7003"), 2), (put(0, 2, "0x6001"), 2), (put(1, 2, "0x6003"), 2),
            (put(0, 20, "0x9003") + put(0, 2, "0x6003"), 2), (put(1, 1, "0") + put(0, 2, "0x6003"), 2),
            ("H_GET_TCE cpu=0 liobn=8 ioba=0x9000 -> H_SUCCESS tce=0x0\n" + put(0, 2, "0x6003"), 2),
            ("H_PUT_TCE cpu=0 liobn=8 ioba=0x9000 tce=0x9003 -> H_PARAMETER\n" + put(0, 2, "0x6003"), 2),
        ])
    func rowEnds(next: String, page: Int) throws {
        let lifted = try Lifted(Self.bridge + Self.clearByPage + Self.put(0, 1, "0x5003") + next)
        #expect(lifted.calls.first == "map 0 1 1" && lifted.calls.last?.hasSuffix(" \(page) 1") == true)
    }

    @Test("After a clear with H_STUFF_TCE each H_PUT_TCE is a map: neighbours are told of, where there are no lists")
    func singleCalls() throws {
        let puts = Self.put(0, 1, "0x5003") + Self.put(0, 2, "0x6003")
        let single = try Lifted(Self.bridge + Self.clear + puts)
        #expect(single.calls == ["map 0 1 1", "map 0 2 1"] && single.counts.made.areSingleCalls)
        let list = "H_PUT_TCE_INDIRECT cpu=0 liobn=8 ioba=0x5000 tces=0x5003+0x1000*4\n"
        #expect(!(try Lifted(Self.bridge + Self.clear + puts + list).counts.made.areSingleCalls))
        let apart = try Lifted(Self.bridge + Self.clear + Self.put(0, 1, "0x5003") + Self.put(0, 2, "0x7003"))
        #expect(!apart.counts.made.areSingleCalls)
    }

    @Test("Of a lifted trace it is found again how its maps were made")
    func finder() throws {
        let puts = Self.put(0, 1, "0x5003") + Self.put(0, 2, "0x6003")
        for clear in [Self.clear, Self.clearByPage] {
            let lifted = try Lifted(Self.bridge + clear + puts)
            var finder = LiftedMapFinder()
            for event in lifted.events { finder.note(event) }
            #expect(finder.maps == lifted.counts.made)
        }
        // A guest's own record has its maps where they were called.
        var own = LiftedMapFinder()
        let text = puts + "map cpu=0 device=8 ra=0x5000 length=0x2000 both -> 0 dma=0x1000\n"
        for event in try importText(text).events { own.note(event) }
        #expect(own.maps == LiftedMaps())
    }

    @Test("What waits for the end of a row is bounded")
    func bound() throws {
        var lifter = TraceLifter()
        for event in try importText(Self.bridge + Self.clearByPage + Self.put(0, 1, "0x5003")).events {
            _ = lifter.lift(event)
        }
        let other = TraceEvent(time: 0, body: .hcall(.init(.get, cpu: 1, liobn: 8, ioba: 0)))
        let given = (0..<10_000).reduce(0) { sum, _ in sum + lifter.lift(other).count }
        #expect(given >= 10_000 - 4096 && lifter.counts.maps == 1)
    }

    // MARK: Recordings

    /// A recording of a guest with lists as the same guest would be recorded without: every call split, page by page.
    private static func split(_ events: [TraceEvent]) -> [TraceEvent] {
        events.flatMap { event -> [TraceEvent] in
            guard case .hcall(let call) = event.body, let count = CallSplitter.count(call, in: nil) else {
                return [event]
            }
            return (0..<count).map {
                var put = CallSplitter.put($0, of: call, in: nil)
                put.status = 0
                return TraceEvent(time: event.time, body: .hcall(put))
            }
        }
    }

    private static func recording(_ name: String) throws -> [TraceEvent] {
        let directory = try #require(FtraceRecordedTests.recordings)
        return try FtraceRecordedTests.importLog(FtraceRecordedTests.load("\(name).log.gz", from: directory)).events
    }

    @Test(
        "A recording page by page has the maps of the one with lists, but those that adjoin",
        .enabled(if: FtraceRecordedTests.recordings != nil),
        arguments: [("C-virtio-disable-ddw", 16_590, 2, 0), ("F-nvme-disable-ddw", 34_953, 44, 528)])
    func pageByPage(_ name: String, _ maps: UInt64, _ adjoining: UInt64, _ others: UInt64) throws {
        let events = try Self.recording(name)
        let with = Lifted(events), without = Lifted(Self.split(events))
        #expect(with.counts.maps == maps && without.counts.maps == maps - adjoining)
        #expect(with.counts.others == 0 && without.counts.others == others)
    }

    @Test("A machine that is reset has the maps of both its lives", .enabled(if: FtraceRecordedTests.recordings != nil))
    func twice() throws {
        let events = try Self.recording("C-virtio-disable-ddw")
        let phb = try #require(events.first { if case .phb = $0.body { true } else { false } })
        guard case .phb(let bridge) = phb.body else { return }
        let window = TraceEvent.Window(
            liobn: LIOBN(bridge.liobn), start: 0, pageShift: 12, tces: bridge.windowBytes >> 12, buid: bridge.buid)
        let last = try #require(events.last).time
        let again = events.filter { if case .phb = $0.body { false } else { true } }.map {
            TraceEvent(time: last + $0.time, body: $0.body)
        }
        let lifted = Lifted(events + [TraceEvent(time: last, body: .window(window))] + again)
        #expect(lifted.counts.maps == 33_180)
        var replay = try GuestReplay(GuestReplayTests.guest, profile: TimingProfile())
        for event in lifted.events { try replay.apply(event) }
        let result = replay.snapshot()
        #expect(result.compared == 33_180 && result.equal == 33_180 && result.unknown == 0)
        #expect(result.calls[.clear]?.hcall("H_STUFF_TCE").calls == 1024)
    }
}
