// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import TceEmu

/// Random calls of several vCPUs on several tables: the joined ones against those that the definition gives, event by
/// event and without looking at time or memory; and three machines that must be one.
struct NaiveJoinTests {
    private struct Generator {
        var random: SplitMix64

        mutating func below(_ limit: UInt64) -> UInt64 { random.next() % limit }
    }

    /// Calls on pages that mostly go on where the last of the same vCPU ended, and accesses near them.
    private static func events(_ seed: UInt64, count: Int) -> [TraceEvent] {
        var random = Generator(random: SplitMix64(seed: seed))
        var next: [UInt64: UInt64] = [:]
        var bodies: [TraceEvent.Body] = [
            .phb(TraceEvent.PHB(buid: 7, liobn: 8, windowBytes: 16 << 12)),
            .window(TraceEvent.Window(liobn: 20, tces: 16)),
        ]
        for _ in 0..<count {
            let liobn: LIOBN = random.below(3) == 0 ? 20 : 8, cpu = [nil, 0, 1][Int(random.below(3))] as UInt16?
            let key = liobn << 8 | UInt64(cpu ?? 99)
            // Some lie behind the window's end.
            let page = random.below(6) == 0 ? random.below(18) : (next[key] ?? 0) % 17
            let value = random.below(12) < (liobn + UInt64(cpu ?? 5)) % 12 ? 0 : (random.below(64) << 12 | 3)
            switch random.below(20) {
            case 0: bodies.append(.hcall(TraceEvent.Hcall(.get, cpu: cpu, liobn: liobn, ioba: page << 12)))
            case 1:
                bodies.append(
                    .hcall(TraceEvent.Hcall(.stuff, cpu: cpu, liobn: liobn, ioba: page << 12, npages: random.below(4))))
            case 2:
                let entries = (0..<random.below(4)).map { $0 << 12 | 1 }
                bodies.append(
                    .hcall(
                        TraceEvent.Hcall(
                            .putIndirect, cpu: cpu, liobn: liobn, ioba: page << 12, npages: UInt64(entries.count),
                            entries: entries)))
            case 3, 4:
                let named = random.below(4) > 0
                bodies.append(
                    .dma(
                        TraceEvent.DMA(
                            liobn: named ? liobn : nil, buid: named ? nil : 7, ioba: random.below(17 << 12),
                            length: random.below(3) == 0 ? nil : 1 + random.below(8192), access: .read)))
            case 5 where random.below(8) == 0: bodies.append(.reset)
            default:
                bodies.append(
                    .hcall(TraceEvent.Hcall(.put, cpu: cpu, liobn: liobn, ioba: page << 12, value: value)))
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
        func isAccepted(_ call: TraceEvent.Hcall) -> Bool { call.kind == .put && call.ioba < 16 << 12 }
        for (index, event) in events.enumerated() where !gone.contains(index) {
            guard let first = call(index), isAccepted(first) else {
                result.append(event)
                continue
            }
            var run = [first]
            var used: Set<UInt64> = []
            search: for later in (index + 1)..<max(index + 1, events.count) {
                // What is used since the first put, of the run's pages or of those to come.
                if !used.isDisjoint(with: (first.ioba >> 12)..<((first.ioba >> 12) + UInt64(run.count))) { break }
                switch events[later].body {
                case .reset: break search
                case .dma(let access):
                    guard access.liobn == first.liobn || (access.liobn == nil && first.liobn == 8) else { continue }
                    used.formUnion((access.ioba >> 12)...((access.ioba + (access.length ?? 1) - 1) >> 12))
                case .hcall(let other) where other.liobn == first.liobn && other.cpu != first.cpu:
                    let count = other.kind == .get || other.kind == .put ? 1 : max(other.npages, 1)
                    used.formUnion((other.ioba >> 12)..<((other.ioba >> 12) + count))
                case .hcall(let other) where other.liobn == first.liobn:
                    guard isAccepted(other), other.ioba == first.ioba + UInt64(run.count) << 12, run.count < 512,
                        (other.value == 0) == (first.value == 0), isPhaseOf[later] == isPhaseOf[index],
                        !used.contains(other.ioba >> 12)
                    else { break search }
                    run.append(other)
                    gone.insert(later)
                default: continue
                }
            }
            if run.count == 1 {
                result.append(event)
                continue
            }
            let isClear = first.value == 0
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

    @Test(
        "Joined calls are those of the definition, and leave the machine that the recorded ones leave",
        arguments: Platform.all)
    func random(platform: Platform) throws {
        var options = MultiTCEOptions()
        options.platform = platform
        var joined: UInt64 = 0
        for seed in UInt64(0)..<15 {
            let events = Self.events(seed, count: 400)
            let trace = try TraceFileTests.write(events)
            let survey = try FormRun.survey(trace)
            var tracker = PhaseTracker(survey)
            let phases = events.enumerated().map { index, event -> CallPhase? in
                guard case .hcall(let call) = event.body else { return nil }
                return tracker.phase(of: call.liobn, event: UInt64(index))
            }
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
        #expect(joined > 300)
    }
}
