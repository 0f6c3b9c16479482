// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import TceEmu

/// What a replay through a guest layer keeps, what it takes from the platform layer, and how it goes on after a
/// difference.
@Suite("Guest: replay, its memory and its differences")
struct GuestReplayBoundsTests {
    private typealias Call = TraceEvent.Guest

    private func replay(_ change: (inout GuestConfiguration) -> Void = { _ in }) throws -> GuestReplay {
        var guest = GuestConfiguration()
        change(&guest)
        return try GuestReplay(guest, profile: TimingProfile())
    }

    private func event(_ call: Call) -> TraceEvent { TraceEvent(time: 0, body: .guest(call)) }

    private func map(_ address: UInt64, _ bus: IOBA, pages: UInt64 = 1, cpu: UInt16 = 0, status: Int32 = 0)
        -> TraceEvent
    {
        event(
            Call(
                .map, device: 0, cpu: cpu, address: address, value: bus, length: pages << 12, access: .read,
                status: status))
    }

    private func unmap(_ bus: IOBA, pages: UInt64 = 1) -> TraceEvent {
        event(Call(.unmap, device: 0, cpu: 0, address: bus, length: pages << 12))
    }

    private func setMask(_ mask: UInt64) -> TraceEvent { event(Call(.setMask, device: 0, address: mask)) }

    @Test("Of maps that go direct in a plain guest nothing is kept, whether they are ever undone or not")
    func direct() throws {
        var replay = try replay()
        try replay.apply(setMask(.max))
        for number in 0..<20_000 { try replay.apply(map(0x5000, (1 << 59) + UInt64(number) << 12)) }
        #expect(replay.liveCount == 0)
        try replay.apply(unmap((1 << 59) + 0x5000))
        let result = replay.snapshot()
        #expect(result.maps == 20_000 && result.unmaps == 1 && result.unknown == 0 && result.equal == 1)
    }

    @Test("Through a table what is kept is at most what the table has, and is given back")
    func table() throws {
        var replay = try replay {
            $0.usesDDW = false
            $0.phbs[0].windowBytes = 64 << 20
        }
        for number in 0..<20_000 { try replay.apply(map(0x5000, UInt64(number + 1) << 12)) }
        #expect(replay.liveCount <= 16384)
        #expect(replay.snapshot().failures == UInt64(20_000 - replay.liveCount))
        try replay.apply(unmap(0x1000))
        #expect(replay.snapshot().unknown == 0)
        try replay.apply(unmap(0x1000))
        #expect(replay.snapshot().unknown == 1)
    }

    @Test("A map that the recorded guest was refused is undone at once: its driver had nothing")
    func refused() throws {
        var replay = try replay { $0.usesDDW = false }
        for _ in 0..<10 { try replay.apply(map(0x5000, 0, status: -12)) }
        try replay.apply(event(Call(.alloc, device: 0, address: 0, length: 65536, status: -12)))
        #expect(replay.liveCount == 0)
        let calls = replay.snapshot().calls[.run]
        #expect(calls?.hcall("H_PUT_TCE").calls == 10 && calls?.hcall("H_STUFF_TCE").calls == 11)
    }

    @Test("Devices and tables without end are not made: 4,096 devices, 64 tables of the trace's")
    func devices() throws {
        var replay = try replay { $0.usesDDW = false }
        for number in 0..<5000 { try replay.apply(event(Call(.setMask, device: UInt32(number), address: .max))) }
        #expect(replay.snapshot().impossible == 5000 - 4096 && replay.snapshot().masks == 4096)
    }

    @Test("The guest boots on the trace's PHBs and virtual devices; one that no machine has is not made")
    func platform() throws {
        var replay = try replay()
        var phb = TraceEvent.PHB(buid: 1, liobn: 0x9000_0000, windowStart: 1 << 20, windowBytes: 64 << 20)
        try replay.apply(TraceEvent(time: 0, body: .phb(phb)))
        phb.liobn = 0x9000_0100
        // A BUID that is there, a window without pages.
        try replay.apply(TraceEvent(time: 0, body: .phb(phb)))
        phb.buid = 2
        phb.windowBytes = 4096
        phb.liobn = 0x9000_0200
        try replay.apply(TraceEvent(time: 0, body: .phb(phb)))
        try replay.apply(TraceEvent(time: 0, body: .window(TraceEvent.Window(liobn: 0x7100_0002, tces: 65536))))
        try replay.boot()
        #expect(replay.snapshot().impossible == 2)
        let cleared = try #require(replay.snapshot().calls[.clear]?.hcalls)
        #expect(cleared.mapValues { $0["H_STUFF_TCE"]?.tces } == [0x9000_0000: 16384, 0x7100_0002: 65536])
        // One that comes later is plugged in.
        try replay.apply(TraceEvent(time: 0, body: .phb(TraceEvent.PHB(buid: 3, liobn: 0x9000_0300))))
        #expect(replay.snapshot().calls[.clear]?.hcalls[0x9000_0300]?["H_STUFF_TCE"]?.tces == 262_144)
        try replay.apply(TraceEvent(time: 0, body: .phb(TraceEvent.PHB(buid: 3, liobn: 0x9000_0300))))
        #expect(replay.snapshot().passedOver == 1 && replay.snapshot().impossible == 2)
    }

    /// Maps of 16 pages, of which two were recorded in the other order than they came.
    @Test("Two maps that changed places differ, and no other: the guest goes on from the recorded entries")
    func swapped() throws {
        var replay = try replay { $0.usesDDW = false }
        let large = IOBA(196_608)
        for place in [0, 2, 1, 3, 4, 5] {
            try replay.apply(map(0x10000, (large + IOBA(place) * 16) << 12, pages: 16, cpu: UInt16(place & 1)))
        }
        var result = replay.snapshot()
        #expect(result.compared == 6 && result.equal == 4 && result.adopted == 2)
        // What was taken over is given back where it is.
        for place in [0, 1, 2, 3, 4, 5] {
            try replay.apply(unmap((large + IOBA(place) * 16) << 12, pages: 16))
        }
        result = replay.snapshot()
        #expect(result.unknown == 0 && replay.liveCount == 0)
    }

    @Test("A part of a mapping is synchronized: its bytes, up to the mapping's end, and nothing outside of it")
    func partialSync() throws {
        func spent(_ calls: [Call]) throws -> (cycles: UInt64, result: GuestReplayResult) {
            var replay = try GuestReplay(.secure(.init(named: "P1") ?? .plain), profile: TimingProfile())
            var coherent = Call(.setMask, device: 0, address: .max)
            coherent.cpuSide = true
            // A kernel of that age asks the coherent mask whether a sync copies.
            for call in [Call(.setMask, device: 0, address: .max), coherent] { try replay.apply(event(call)) }
            for number in 0..<4 as Range<UInt64> {
                try replay.apply(map(0x10_0000 + number << 16, (1 << 59) + number << 16, pages: 8))
            }
            let before = replay.snapshot().cycles
            for call in calls { try replay.apply(event(call)) }
            return (replay.snapshot().cycles - before, replay.snapshot())
        }
        func sync(_ offset: UInt64, _ length: UInt64) -> Call {
            Call(.sync, device: 0, address: (1 << 59) + 1 << 16 + offset, length: length)
        }
        let copy = { (bytes: UInt64) in 300 + (bytes * 4 + 5) / 10 }
        for (offset, length, copied) in [
            (0, 64, 64), (64, 1000, 1000), (0x5123, 1 << 16, 0x8000 - 0x5123), (0x7fff, 1, 1),
        ] as [(UInt64, UInt64, UInt64)] {
            let (cycles, result) = try spent([sync(offset, length)])
            #expect(cycles == copy(copied) && result.unknown == 0 && result.syncs == 1)
        }
        // Behind the end of one mapping and before the next.
        #expect(try spent([sync(0x8000, 1)]).result.unknown == 1)
        // Undone, and done again, after it was asked what lies inside.
        let undo = Call(.unmap, device: 0, address: (1 << 59) + 1 << 16, length: 0x8000, access: .read)
        #expect(try spent([sync(64, 1), undo, sync(64, 1)]).result.unknown == 1)
        let again = Call(
            .map, device: 0, address: 0x30_0000, value: (1 << 59) + 1 << 16, length: 0x8000, access: .read, status: 0)
        #expect(try spent([sync(64, 1), undo, again, sync(64, 1)]).result.unknown == 0)
    }

    @Test("What is mapped is memory that the guest has")
    func outsideMemory() throws {
        var replay = try replay { $0.usesDDW = false }
        for address in [0xffff_0000_0000, 2 << 30, (2 << 30) - 0xfff] as [UInt64] {
            try replay.apply(map(address, 0x1000))
        }
        #expect(replay.snapshot().impossible == 3 && replay.snapshot().maps == 0)
        try replay.apply(map((2 << 30) - 0x1000, 0x1000))
        #expect(replay.snapshot().impossible == 3 && replay.snapshot().maps == 1)
    }

    @Test("A device of which the trace shows no mask has 32 bits, or the mask that is assumed, until it shows one")
    func assumedMask() throws {
        func result(_ mask: UInt64?, _ events: [TraceEvent]) throws -> GuestReplayResult {
            var replay = try GuestReplay(GuestConfiguration(), profile: TimingProfile(), assumedMask: mask)
            for event in events { try replay.apply(event) }
            return replay.snapshot()
        }
        let low = map(0x5000, 0x3000_0000), direct = map(0x5000, (1 << 59) + 0x5000)
        #expect(try result(nil, [low]).calls[.populate] == nil)
        let assumed = try result(.max, [direct])
        #expect(assumed.equal == 1 && assumed.devicesWithoutMask == 1 && assumed.masks == 0)
        #expect(assumed.calls[.populate]?.hcall("H_PUT_TCE_INDIRECT").calls == 1)
        let shown = try result(.max, [setMask(0xffff_ffff), low])
        #expect(shown.devicesWithoutMask == 0 && shown.calls[.populate] == nil)
        #expect(try result(.max, [direct, setMask(.max)]).devicesWithoutMask == 0)
    }

    @Test("An entry that is not free is not taken over: the guest keeps its own")
    func notFree() throws {
        var replay = try replay { $0.usesDDW = false }
        for _ in 0..<2 { try replay.apply(map(0x5000, 0x1000)) }
        let result = replay.snapshot()
        #expect(result.compared == 2 && result.equal == 1 && result.adopted == 0)
    }
}
