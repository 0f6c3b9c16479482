// SPDX-License-Identifier: Apache-2.0
import CTce
import Foundation
import Testing

@testable import TceEmu

/// A replay that is saved at any event and goes on is one that was never cut: the same state, answers and statistics.
struct ReplaySnapshotTests {
    static let shipped = ["virtio-default", "virtio-disable-ddw"]

    static func shippedTrace(_ name: String) throws -> [UInt8] {
        let package = RecordedLogTests.directory.deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        return [UInt8](try Data(contentsOf: package.appendingPathComponent("traces/\(name).tcet")))
    }

    static func events(of trace: [UInt8]) throws -> UInt64 { try TraceSummary(MemoryStream(trace)).totals.events }

    @Test("50 random events of a shipped trace", arguments: shipped)
    func shippedTraces(name: String) throws {
        var replay = CutReplay(trace: try Self.shippedTrace(name))
        replay.options.check = true
        try replay.expectSame(
            cuts: CutReplay.cuts, seed: UInt64.random(in: 0...UInt64.max), events: Self.events(of: replay.trace))
    }

    @Test("Random events of a shipped trace on a machine whose answers differ from the recorded", arguments: shipped)
    func differingAnswers(name: String) throws {
        var replay = CutReplay(trace: try Self.shippedTrace(name))
        replay.options.check = true
        replay.options.hasMultiTCE = false
        replay.options.platform = .papr
        replay.options.eeh = true
        #expect(try replay.whole().mismatches.count == 20)
        try replay.expectSame(cuts: 12, seed: UInt64.random(in: 0...UInt64.max), events: Self.events(of: replay.trace))
    }

    @Test("50 random events of a recorded log", arguments: RecordedLogTests.names)
    func recordedLogs(name: String) throws {
        let output = MemoryStream()
        var importer = QEMULogImporter()
        var writer = try TraceWriter(importer.header, to: output, level: 1)
        try LineSource(MemoryStream(RecordedLogTests.load(name))).forEachLine { line, number in
            try importer.importLine(line, number: number) { try writer.append($0) }
        }
        try importer.finish { try writer.append($0) }
        let events = try writer.finish().events
        var replay = CutReplay(trace: output.bytes)
        replay.options.check = true
        try replay.expectSame(cuts: CutReplay.cuts, seed: UInt64.random(in: 0...UInt64.max), events: events)
    }

    @Test("Random events of a guest that does everything", arguments: [true, false])
    func everything(eeh: Bool) throws {
        var replay = CutReplay(trace: try EverythingTrace.make(events: 40_000, seed: 11))
        replay.options.check = true
        replay.options.eeh = eeh
        let whole = try replay.whole()
        #expect(whole.statistics.sharing.damagedPages > 0 && whole.statistics.sharing.peakSharedPages > 0)
        #expect(whole.statistics.check.mismatches > 100)
        #expect((whole.statistics.dma.faults.peFrozen > 0) == eeh)
        try replay.expectSame(cuts: 30, seed: UInt64.random(in: 0...UInt64.max), events: 40_000)
    }

    @Test("Cuts before, in and after the part that --from and --to ask for")
    func fromAndTo() throws {
        var replay = CutReplay(trace: try EverythingTrace.make(events: 40_000, seed: 12))
        replay.options.check = true
        replay.options.from = .time(9_000)
        replay.options.to = .time(35_000)
        let whole = try replay.whole()
        #expect(whole.statistics.trace.events > 1_000)
        let end = try ReplaySnapshot(whole.state).events
        for event in [1, 100, 8_000, 9_000, 9_001, 12_345, 30_000, end - 1, end] {
            #expect(try replay.cut(at: event) == whole, "event \(event)")
        }
        replay.options.from = .chunk(2)
        replay.options.to = nil
        let second = try replay.whole()
        for event: UInt64 in [0, 32_767, 32_768, 32_769, 40_000] {
            #expect(try replay.cut(at: event) == second, "event \(event)")
        }
    }

    @Test("A replay can be cut again and again, also where it goes on from nothing")
    func manyCuts() throws {
        let replay = CutReplay(trace: try EverythingTrace.make(events: 3_000, seed: 13))
        let whole = try replay.whole()
        var bytes = try replay.snapshot(at: 0)
        for _ in 0..<31 {
            let saved = try ReplaySnapshot(bytes)
            var next = try Replay(TraceReader(MemoryStream(replay.trace)), resuming: saved)
            // Saved again at once, it is the same.
            #expect(try next.save().bytes == bytes)
            _ = try next.step(atMost: 99)
            bytes = try next.save().bytes
        }
        var last = try Replay(TraceReader(MemoryStream(replay.trace)), resuming: ReplaySnapshot(bytes))
        #expect(try last.run() == whole.statistics)
        #expect(try last.save().bytes == whole.state)
    }

    @Test("After a lost chunk, too: nothing is compared behind it, and the loss is the same")
    func lostChunk() throws {
        var replay = CutReplay(trace: try EverythingTrace.make(events: 100_000, seed: 14), lenient: true)
        replay.options.check = true
        let chunk = try TraceSummary(MemoryStream(replay.trace)).chunks[1]
        replay.trace[Int(chunk.offset) + 200] ^= 4
        let whole = try replay.whole()
        #expect(whole.statistics.trace.lostChunks == 1 && whole.statistics.trace.lostEvents == 32_768)
        for event: UInt64 in [0, 20_000, 32_767, 32_768, 32_769, 50_000, 67_232] {
            #expect(try replay.cut(at: event) == whole, "event \(event)")
        }
        // A replay that stopped at the damage goes on behind it when told to.
        var strict = try Replay(TraceReader(MemoryStream(replay.trace)), options: replay.options)
        #expect(throws: TraceError.self) { try strict.run() }
        let saved = try strict.save()
        var readerOptions = TraceReader.Options()
        readerOptions.lenient = true
        readerOptions.firstChunk = saved.firstChunk
        var rest = try Replay(TraceReader(MemoryStream(replay.trace), options: readerOptions), resuming: saved)
        #expect(try rest.run() == whole.statistics)
    }

    @Test("An interrupted replay that goes on is complete")
    func interrupted() throws {
        let trace = try Self.shippedTrace("virtio-default")
        let whole = try CutReplay(trace: trace).whole()
        var first = try Replay(TraceReader(MemoryStream(trace)), options: .functional)
        _ = try first.step()
        first.interrupt()
        #expect(!first.snapshot().trace.complete)
        var rest = try Replay(TraceReader(MemoryStream(trace)), resuming: first.save())
        #expect(try rest.run() == whole.statistics)
        #expect(whole.statistics.trace.complete)
    }

    @Test("What the trace may ask for does not depend on where it is cut", arguments: [-1, 0, 1])
    func budget(more: Int) throws {
        // Accesses of 100,000 pages: the last one asks for more than there is at first, by what `needed` events add.
        let runs = Int(TCE_RUN_WORK) / 100_000 + 2
        let needed = (runs * 100_000 - Int(TCE_RUN_WORK) - 1) / Int(TCE_RUN_WORK_PER_EVENT) + 1
        let puts = needed - runs + more
        let long = TraceEvent.Body.dma(
            TraceEvent.DMA(liobn: 0x8000_0000, ioba: 0, length: 100_000 << 12, access: .read))
        let bodies =
            [ReplayTests.phb] + Array(repeating: ReplayTests.put(0x1000, 3), count: puts)
            + Array(repeating: long, count: runs) + [.reset]
        let trace = try TraceFileTests.write(
            bodies.enumerated().map { TraceEvent(time: UInt64($0.offset), body: $0.element) })
        let replay = CutReplay(trace: trace)
        let whole = try replay.whole()
        #expect((whole.error == nil) == (more >= 0))
        for event in [1, 10, UInt64(puts), UInt64(puts) + 20, UInt64(puts + runs)] {
            let cut = try replay.cut(at: event)
            #expect(cut.error == whole.error, "event \(event)")
            #expect(cut.statistics == whole.statistics, "event \(event)")
        }
    }

    @Test("A replay that ended inside an event is not saved")
    func unfinished() throws {
        let long = TraceEvent.Body.dma(
            TraceEvent.DMA(liobn: 0x8000_0000, ioba: 0, length: 200_000 << 12, access: .read))
        let bodies = [ReplayTests.phb] + Array(repeating: long, count: 30)
        var replay = try Replay(
            TraceReader(
                MemoryStream(TraceFileTests.write(bodies.map { TraceEvent(time: 0, body: $0) }))), options: .functional)
        #expect(throws: ReplayError.self) { try replay.run() }
        do {
            _ = try replay.save()
            Issue.record("it was saved")
        } catch let error as SnapshotError {
            #expect(error.kind == .unfinished)
        }
    }
}
