// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

@testable import TceEmu

/// A trace that is replayed whole, and cut in two.
struct CutReplay {
    /// Random events at which a trace is cut; TCE_SNAPSHOT_CUTS has fewer, for a run under a sanitizer.
    static let cuts = ProcessInfo.processInfo.environment["TCE_SNAPSHOT_CUTS"].flatMap { Int($0) } ?? 52

    var trace: [UInt8]
    var options = ReplayOptions.functional
    var lenient = false

    struct Outcome: Equatable {
        var statistics: ReplayStatistics
        var mismatches: [Mismatch]
        /// The end as a snapshot: machine, counters, place, budget.
        var state: [UInt8]
        var error: String?
    }

    private func reader(firstChunk: UInt64 = 1) throws -> TraceReader {
        var options = TraceReader.Options()
        options.lenient = lenient
        options.threads = 2
        options.firstChunk = firstChunk
        return try TraceReader(MemoryStream(trace), options: options)
    }

    private func end(_ replay: inout Replay) throws -> Outcome {
        var message: String?
        do { while try replay.step() {} } catch { message = "\(error)" }
        let state = message == nil || message?.contains("budget") == false ? try? replay.save().bytes : nil
        return Outcome(
            statistics: replay.snapshot(), mismatches: replay.mismatches, state: state ?? [], error: message)
    }

    func whole() throws -> Outcome {
        var replay = try Replay(reader(), options: options)
        return try end(&replay)
    }

    /// The snapshot at an event, as bytes.
    func snapshot(at event: UInt64) throws -> [UInt8] {
        var first = options
        first.to = nil
        var replay = try Replay(reader(), options: first)
        while replay.eventsPassed < event, try replay.step(atMost: Int(event - replay.eventsPassed)) {}
        #expect(replay.eventsPassed == event)
        return try replay.save().bytes
    }

    /// Saves at an event, restores, goes on; `skipping`: without inflating what is done with.
    func cut(at event: UInt64, skipping: Bool = true) throws -> Outcome {
        let saved = try ReplaySnapshot(snapshot(at: event))
        #expect(saved.events == event)
        var replay = try Replay(
            reader(firstChunk: skipping ? saved.firstChunk : 1), resuming: saved, to: options.to)
        return try end(&replay)
    }

    /// Random events, ascending; what differs is said with the seed.
    func expectSame(cuts: Int, seed: UInt64, events: UInt64, sourceLocation: SourceLocation = #_sourceLocation) throws {
        let whole = try whole()
        var random = SplitMix64(seed: seed)
        for number in 0..<cuts {
            let event = number == 0 ? 0 : number == 1 ? events : random.below(events + 1)
            let cut = try cut(at: event, skipping: number % 3 != 2)
            #expect(
                cut.statistics == whole.statistics, "seed \(seed), event \(event)", sourceLocation: sourceLocation)
            #expect(
                cut.mismatches == whole.mismatches, "seed \(seed), event \(event)", sourceLocation: sourceLocation)
            #expect(cut.error == whole.error, "seed \(seed), event \(event)", sourceLocation: sourceLocation)
            #expect(cut.state == whole.state, "seed \(seed), event \(event)", sourceLocation: sourceLocation)
        }
    }
}

/// Traces of a guest that does everything: secure and not, two PHBs, DDW, faults, resets, recorded answers that are
/// often wrong.
struct EverythingTrace {
    private var random: SplitMix64
    static let buids: [BUID] = [0x800_0000_2000_0000, 0x800_0000_2000_0001]
    static let liobns: [LIOBN] = [0x8000_0000, 0x8000_0001, 0x8000_0100, 0x8000_0101, 0x7100_0000]

    static func make(events: Int, seed: UInt64) throws -> [UInt8] {
        var maker = EverythingTrace(random: SplitMix64(seed: seed))
        var header = TraceHeader()
        header.memoryBytes = 64 << 20
        var list = maker.setUp.enumerated().map { TraceEvent(time: UInt64($0.offset), body: $0.element) }
        var time: UInt64 = 10
        while list.count < events {
            time += maker.random.below(3)
            list.append(TraceEvent(time: time, body: maker.body()))
        }
        return try TraceFileTests.write(list, header: header)
    }

    private var setUp: [TraceEvent.Body] {
        [
            .phb(TraceEvent.PHB(buid: Self.buids[0], liobn: 0x8000_0000)),
            .phb(TraceEvent.PHB(buid: Self.buids[1], liobn: 0x8000_0100)),
            .window(TraceEvent.Window(liobn: 0x7100_0000, tces: 1 << 17)),
            .hcall(TraceEvent.Hcall(.put, liobn: 0x7100_0000, ioba: (1 << 29) - 4096, value: 0x5003, status: 0)),
        ]
    }

    private mutating func pick<T>(_ values: [T]) -> T { values[Int(random.below(UInt64(values.count)))] }

    private mutating func ioba(_ liobn: LIOBN) -> IOBA {
        (liobn & 1 != 0 ? 1 << 59 : 0) + random.below(600) << 12
    }

    private mutating func body() -> TraceEvent.Body {
        let liobn = pick(Self.liobns)
        let ioba = ioba(liobn)
        let page = random.below(0x4100) << 12
        let status: Int32? = pick([nil, 0, 0, 0, -4])
        let frame = random.below(0x401)
        switch random.below(40) {
        case 0..<10:
            return .hcall(TraceEvent.Hcall(.put, cpu: 0, liobn: liobn, ioba: ioba, value: page | 3, status: status))
        case 10..<12:
            return .hcall(
                TraceEvent.Hcall(
                    .stuff, liobn: liobn, ioba: ioba, value: pick([0, page | 3]), npages: random.below(600)))
        case 12..<14:
            let entries = (0..<random.below(20)).map { page + $0 << 12 | 3 }
            return .hcall(
                TraceEvent.Hcall(
                    .putIndirect, liobn: liobn, ioba: ioba, value: page, npages: UInt64(entries.count),
                    entries: entries,
                    status: status))
        case 14..<16:
            return .hcall(TraceEvent.Hcall(.get, liobn: liobn, ioba: ioba, value: page | 3, status: status))
        case 16..<30:
            var dma = TraceEvent.DMA(
                liobn: liobn, ioba: ioba + random.below(4096), length: pick([nil, 1, 64, 9000]),
                access: pick([.read, .write, []]))
            if random.below(4) == 0 { dma.outcome = TraceEvent.DMA.Outcome(page: page, permission: 3, shift: 12) }
            return .dma(dma)
        case 30..<34:
            return .ultracall(
                TraceEvent.Call(pick([0xf130, 0xf130, 0xf134]), arguments: [frame, random.below(4)], status: status))
        case 34:
            return .ultracall(
                TraceEvent.Call(pick([0xf110, 0xf110, 0xf128, 0xf12c, 0xf138, 0xf140, 0xf13c]), arguments: [0, frame]))
        case 35:
            return .rtas(
                TraceEvent.Call(
                    0x2027, arguments: [0, 0x800_0000, 0x2000_0000 + random.below(2), pick([12, 16]), 30], returns: 4,
                    status: 0, outputs: [0x8000_0001, 0x800_0000, 0]))
        case 36: return .rtas(TraceEvent.Call(0x2028, arguments: [liobn], returns: 1))
        case 37: return .thaw(buid: pick(Self.buids), configAddress: 0)
        case 38 where random.below(50) == 0: return .reset
        default: return .observed(TraceEvent.Observed(opcode: 0x20, status: 0, duration: 4))
        }
    }
}
