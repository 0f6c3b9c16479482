// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import TceEmu

/// Random calls of several vCPUs on several tables, one of them a dynamic window that is filled: the joined ones against those that the definition gives, event by
/// event and without looking at time or memory; and three machines that must be one.
struct NaiveJoinTests {
    private struct Generator {
        var random: SplitMix64

        mutating func below(_ limit: UInt64) -> UInt64 { random.next() % limit }
    }

    /// Where a window begins.
    private static func start(_ liobn: LIOBN) -> IOBA { liobn == 9 ? 1 << 59 : 0 }

    /// Calls on pages that mostly go on where the last of the same vCPU ended, and accesses near them.
    private static func events(_ seed: UInt64, count: Int) -> [TraceEvent] {
        var random = Generator(random: SplitMix64(seed: seed))
        var next: [UInt64: UInt64] = [:]
        var bodies: [TraceEvent.Body] = [
            .phb(TraceEvent.PHB(buid: 7, liobn: 8, windowBytes: 16 << 12)),
            .window(TraceEvent.Window(liobn: 20, tces: 16)),
            .rtas(
                TraceEvent.Call(
                    UInt64(RTASCall.createPEDMAWindow.rawValue), cpu: 0, arguments: [0, 0, 7, 12, 16], returns: 4)),
        ]
        for _ in 0..<count {
            let liobn: LIOBN = [20, 8, 8, 9][Int(random.below(4))], cpu = [nil, 0, 1][Int(random.below(3))] as UInt16?
            let start = start(liobn)
            // The loop that fills the dynamic window goes from one vCPU to another.
            let key = liobn == 9 ? liobn : liobn << 8 | UInt64(cpu ?? 99)
            // Some lie behind the window's end.
            let page = random.below(6) == 0 ? random.below(18) : (next[key] ?? 0) % 17
            let value = random.below(12) < (liobn + UInt64(cpu ?? 5)) % 12 ? 0 : (random.below(64) << 12 | 3)
            switch random.below(20) {
            case 0: bodies.append(.hcall(TraceEvent.Hcall(.get, cpu: cpu, liobn: liobn, ioba: start + page << 12)))
            case 1:
                bodies.append(
                    .hcall(
                        TraceEvent.Hcall(
                            .stuff, cpu: cpu, liobn: liobn, ioba: start + page << 12, npages: random.below(4))))
            case 2:
                let entries = (0..<random.below(4)).map { $0 << 12 | 1 }
                bodies.append(
                    .hcall(
                        TraceEvent.Hcall(
                            .putIndirect, cpu: cpu, liobn: liobn, ioba: start + page << 12,
                            npages: UInt64(entries.count), entries: entries)))
            case 3, 4:
                // Few use the dynamic window, as the first of them ends its filling.
                let liobn: LIOBN = liobn == 9 && random.below(8) > 0 ? 8 : liobn
                let start = Self.start(liobn)
                let named = liobn == 9 || random.below(4) > 0
                bodies.append(
                    .dma(
                        TraceEvent.DMA(
                            liobn: named ? liobn : nil, buid: named ? nil : 7, ioba: start + random.below(17 << 12),
                            length: random.below(3) == 0 ? nil : 1 + random.below(8192), access: .read)))
            case 5 where random.below(8) == 0: bodies.append(.reset)
            default:
                bodies.append(
                    .hcall(TraceEvent.Hcall(.put, cpu: cpu, liobn: liobn, ioba: start + page << 12, value: value)))
                next[key] = page + 1
            }
        }
        return bodies.enumerated().map { TraceEvent(time: UInt64($0.offset) * 100, body: $0.element) }
    }

    /// The joined events by the definition: for each put that is not part of a run before it, how far its run goes.
    private static func naive(_ events: [TraceEvent], _ isPhaseOf: [CallPhase?]) -> [TraceEvent] {
        var gone: Set<Int> = []
        var result: [TraceEvent] = []
        func call(_ index: Int) -> TraceEvent.Hcall? {
            if case .hcall(let call) = events[index].body { call } else { nil }
        }
        func isReset(_ event: TraceEvent) -> Bool { if case .reset = event.body { true } else { false } }
        // It takes the dynamic window.
        let firstReset = events.firstIndex(where: isReset) ?? .max
        func isAccepted(_ call: TraceEvent.Hcall, _ index: Int) -> Bool {
            call.kind == .put && call.ioba - start(call.liobn) < 16 << 12 && (call.liobn != 9 || index < firstReset)
        }
        for (index, event) in events.enumerated() where !gone.contains(index) {
            guard let first = call(index), isAccepted(first, index) else {
                result.append(event)
                continue
            }
            let phase = isPhaseOf[index], isLoop = phase == .bootClear || phase == .population
            var run = [first]
            var used: Set<UInt64> = []
            func goesOn(_ other: TraceEvent.Hcall, _ later: Int) -> Bool {
                isAccepted(other, later) && other.ioba == first.ioba + UInt64(run.count) << 12 && run.count < 512
                    && (other.value == 0) == (first.value == 0) && isPhaseOf[later] == phase
                    && !used.contains(other.ioba >> 12)
            }
            search: for later in (index + 1)..<max(index + 1, events.count) {
                // What is used since the first put, of the run's pages or of those to come.
                if !used.isDisjoint(with: (first.ioba >> 12)..<((first.ioba >> 12) + UInt64(run.count))) { break }
                switch events[later].body {
                case .reset: break search
                case .dma(let access):
                    guard access.liobn == first.liobn || (access.liobn == nil && first.liobn == 8) else { continue }
                    used.formUnion((access.ioba >> 12)...((access.ioba + (access.length ?? 1) - 1) >> 12))
                case .hcall(let other)
                where other.liobn == first.liobn && isLoop && goesOn(other, later) && !gone.contains(later):
                    run.append(other)
                    gone.insert(later)
                case .hcall(let other) where other.liobn == first.liobn && other.cpu != first.cpu:
                    let count = other.kind == .get || other.kind == .put ? 1 : max(other.npages, 1)
                    used.formUnion((other.ioba >> 12)..<((other.ioba >> 12) + count))
                case .hcall(let other) where other.liobn == first.liobn:
                    guard goesOn(other, later) else { break search }
                    run.append(other)
                    gone.insert(later)
                default: continue
                }
            }
            let isClear = first.value == 0
            if run.count == 1, phase == .firmware || !isClear && phase != .population {
                result.append(event)
                continue
            }
            result.append(
                TraceEvent(
                    time: event.time,
                    body: .hcall(
                        TraceEvent.Hcall(
                            isClear ? .stuff : .putIndirect, cpu: first.cpu, liobn: first.liobn, ioba: first.ioba,
                            npages: UInt64(run.count), entries: isClear ? [] : run.map(\.value)))))
        }
        return result
    }

    /// The phase of each event that is an hcall.
    private static func phases(_ trace: [UInt8]) throws -> [CallPhase?] {
        var tracker = PhaseTracker(try FormRun.survey(trace))
        let reader = try TraceReader(MemoryStream(trace))
        let windows = try WindowTracker(.ofTrace(reader.header, nil))
        var phases: [CallPhase?] = []
        while let batch = try reader.next() {
            for index in 0..<batch.count {
                var phase: CallPhase?
                switch batch[index].body {
                case .hcall(let call): phase = tracker.phase(of: call.liobn, event: UInt64(phases.count))
                case .dma(let access): tracker.note(access)
                default: if let change = try windows.apply(batch, index) { tracker.note(change, windows) }
                }
                phases.append(phase)
            }
        }
        return phases
    }

    @Test(
        "Joined calls are those of the definition, and leave the machine that the recorded ones leave",
        arguments: Platform.all)
    func random(platform: Platform) throws {
        var options = MultiTCEOptions()
        options.platform = platform
        var joined: UInt64 = 0, loops = 0
        for seed in UInt64(0)..<15 {
            let events = Self.events(seed, count: 400)
            let trace = try TraceFileTests.write(events)
            let phases = try Self.phases(trace)
            loops += phases.count { $0 == .population }
            let recorded = try FormRun(trace, .recorded, options), form = try FormRun(trace, .joined, options)
            let expected = try FormRun(TraceFileTests.write(Self.naive(events, phases)), .recorded, options)
            #expect(form.statistics.hcalls == expected.statistics.hcalls, "seed \(seed)")
            #expect(form.statistics.events == expected.statistics.events, "seed \(seed)")
            #expect(form.statistics.waitCycles == expected.statistics.waitCycles, "seed \(seed)")
            let single = try FormRun(trace, .single, options)
            // Elsewhere a list that is refused in its midst writes nothing, and its parts do.
            for other in platform == .qemu ? [form, single] : [form] {
                let isSame = other.machine == recorded.machine
                #expect(isSame, "seed \(seed)")
                #expect(other.statistics.faults == recorded.statistics.faults, "seed \(seed)")
                #expect(other.statistics.transactions == recorded.statistics.transactions, "seed \(seed)")
                #expect(other.statistics.tces == recorded.statistics.tces, "seed \(seed)")
            }
            joined += recorded.statistics.calls - form.statistics.calls
        }
        // The runs were there.
        #expect(joined > 300 && loops > 200)
    }
}
