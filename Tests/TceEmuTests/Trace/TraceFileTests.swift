// SPDX-License-Identifier: Apache-2.0
import CTce
import Testing

@testable import TceEmu

/// Traces written and read in memory.
struct TraceFileTests {
    static func write(_ events: [TraceEvent], header: TraceHeader = TraceHeader()) throws -> [UInt8] {
        let output = MemoryStream()
        var writer = try TraceWriter(header, to: output)
        for event in events { try writer.append(event) }
        _ = try writer.finish()
        return output.bytes
    }

    static func read(
        _ bytes: [UInt8], threads: Int = 2, lenient: Bool = false
    ) throws -> (header: TraceHeader, events: [TraceEvent], reader: TraceReader) {
        var options = TraceReader.Options()
        options.threads = threads
        options.lenient = lenient
        let reader = try TraceReader(MemoryStream(bytes), options: options)
        var events: [TraceEvent] = []
        while let batch = try reader.next() {
            for index in 0..<batch.count { events.append(batch[index]) }
        }
        return (reader.header, events, reader)
    }

    /// Puts and accesses, `count` of them, over several chunks if there are many.
    static func sample(_ count: Int) -> [TraceEvent] {
        (0..<UInt64(count)).map { index in
            TraceEvent(
                time: 1_000_000 + index * 7,
                body: index % 3 == 0
                    ? .hcall(
                        TraceEvent.Hcall(
                            .put, cpu: 1, liobn: 0x8000_0000, ioba: index << 12, value: index << 16 | 3, status: 0))
                    : .dma(
                        TraceEvent.DMA(
                            liobn: 0x8000_0000, ioba: index << 12 | 0x40, length: index * 5 % 4096, access: .write)))
        }
    }

    @Test("What was written is what is read, whatever the number of threads", arguments: [1, 2, 5])
    func roundTrip(threads: Int) throws {
        var header = TraceHeader()
        header.unitNanoseconds = 1000
        header.platform = "qemu"
        header.memoryBytes = 2 << 30
        header.source = "a test: ünïcode"
        header.command = "qemu-system-ppc64 -m 2G"
        header.inferred = ["one", "two"]
        header.writer = "tests"
        let events = Self.sample(100_000)
        let result = try Self.read(Self.write(events, header: header), threads: threads)
        #expect(result.header == header)
        #expect(result.events == events)
        #expect(result.reader.chunksRead == 4)
        let totals = try #require(result.reader.totals)
        #expect(totals.events == 100_000)
        #expect(totals.chunks == 4)
        #expect(totals.firstTime == 1_000_000)
        #expect(totals.lastTime == 1_000_000 + 99_999 * 7)
        #expect(totals.kinds.values.reduce(0, +) == 100_000)
    }

    @Test("A trace without events has a header and an end")
    func empty() throws {
        let result = try Self.read(Self.write([]))
        #expect(result.events.isEmpty)
        let totals = try #require(result.reader.totals)
        #expect(totals.events == 0)
    }

    @Test("The same events give the same bytes")
    func deterministic() throws {
        let events = Self.sample(40_000)
        #expect(try Self.write(events) == Self.write(events))
    }

    @Test("A time stamp may stand still but not go back")
    func timeOrder() throws {
        var writer = try TraceWriter(TraceHeader(), to: MemoryStream())
        try writer.append(TraceEvent(time: 5, body: .reset))
        try writer.append(TraceEvent(time: 5, body: .reset))
        do {
            try writer.append(TraceEvent(time: 4, body: .reset))
            Issue.record("a time stamp that goes back was taken")
        } catch {
            #expect(error.reason == "time stamp 4 is before the last one, 5")
        }
    }

    @Test("The largest time stamps are kept, with the largest step between them")
    func extremeTimes() throws {
        let events = [0, 1, UInt64.max - 1, UInt64.max, UInt64.max].map { TraceEvent(time: $0, body: .reset) }
        #expect(try Self.read(Self.write(events)).events == events)
    }

    @Test("Addresses of windows far apart on the bus are kept")
    func farAddresses() throws {
        let events = (0..<UInt64(10_000)).map { (time: UInt64) -> TraceEvent in
            let liobn: LIOBN = 0x8000_0000 + time % 2
            let start: IOBA = time % 2 == 0 ? 0 : 1 << 59
            return TraceEvent(
                time: time, body: .dma(TraceEvent.DMA(liobn: liobn, ioba: start + time << 6, length: time % 3)))
        }
        #expect(try Self.read(Self.write(events)).events == events)
    }

    @Test("A translation is predicted right when one stream has pages of two sizes at one address")
    func predictionOfTwoPageSizes() throws {
        func dma(_ time: UInt64, page: UInt64, shift: UInt8) -> TraceEvent {
            TraceEvent(
                time: time,
                body: .dma(
                    TraceEvent.DMA(
                        liobn: 1, ioba: 0x100_0000, outcome: .init(page: page, permission: 3, shift: shift))))
        }
        let events = [
            TraceEvent(time: 0, body: .hcall(TraceEvent.Hcall(.put, liobn: 1, ioba: 0x100_0000, value: 0x123_5003))),
            dma(1, page: 0x100_0000, shift: 24),
            dma(2, page: 0x123_5000, shift: 12),
            dma(3, page: 0x100_0000, shift: 24),
            dma(4, page: 0x100_0000, shift: 12),
            dma(5, page: 0x123_5000, shift: 12),
            dma(6, page: 0, shift: 12),
            dma(7, page: 0, shift: 24),
        ]
        #expect(try Self.read(Self.write(events)).events == events)
    }

    @Test("Lists that are runs, broken runs, single entries, refused or timed are kept")
    func lists() throws {
        func list(_ time: UInt64, _ entries: [UInt64], npages: UInt64? = nil, duration: UInt64? = nil) -> TraceEvent {
            TraceEvent(
                time: time,
                body: .hcall(
                    TraceEvent.Hcall(
                        .putIndirect, cpu: 0, liobn: 0x8000_0000, ioba: 0x1000, value: 0x2000,
                        npages: npages ?? UInt64(entries.count), entries: entries, status: 0, duration: duration)))
        }
        let events = [
            list(0, (0..<512).map { $0 << 12 | 3 }),
            list(1, (0..<512).map { $0 << 16 | 3 }),
            list(2, [0x5003]),
            list(3, [0x5003, 0x5003]),
            list(4, [0x9003, 0x8003, 0x7003]),
            list(5, [.max, 0xfff]),
            list(6, []),
            list(7, [], npages: 513),
            list(8, [], npages: .max),
            list(9, [1, 2, 3], duration: 17),
            list(10, [0xffff_ffff_ffff_f003, 0x3]),
        ]
        #expect(try Self.read(Self.write(events)).events == events)
    }

    @Test("A list with some of its entries is refused")
    func partialList() throws {
        var writer = try TraceWriter(TraceHeader(), to: MemoryStream())
        #expect(throws: TraceError.self) {
            try writer.append(
                TraceEvent(
                    time: 0,
                    body: .hcall(TraceEvent.Hcall(.putIndirect, liobn: 1, ioba: 0, npages: 3, entries: [1, 2]))))
        }
    }

    @Test("Many streams and shapes in one chunk are kept")
    func manyStreams() throws {
        let events = (0..<UInt64(20_000)).map { (time: UInt64) -> TraceEvent in
            let ioba = time &* 0x9e37_79b9_7f4a_7c15
            return TraceEvent(time: time, body: .dma(TraceEvent.DMA(liobn: time % 7000, ioba: ioba, length: time)))
        }
        #expect(try Self.read(Self.write(events)).events == events)
    }

    @Test("Side words bound a chunk as events do")
    func sideWordsEndAChunk() throws {
        let entries = (0..<UInt64(512)).map { $0 &* 0x9e37_79b9_7f4a_7c15 }
        let events = (0..<UInt64(600)).map { time in
            TraceEvent(
                time: time,
                body: .hcall(
                    TraceEvent.Hcall(.putIndirect, liobn: 1, ioba: 0, npages: 512, entries: entries)))
        }
        let result = try Self.read(Self.write(events))
        #expect(result.events == events)
        #expect(result.reader.chunksRead == 3)
    }
}
