// SPDX-License-Identifier: Apache-2.0
import CTce
import Testing

@testable import TceEmu

/// What was measured or published of calls, through the engine.
@Suite("Published: calls", .serialized)
struct PublishedCallsTests {
    /// How many cycles each call of a trace takes with a profile.
    private func costs(_ name: String, secure: Bool = false, _ calls: [TraceEvent.Hcall]) throws -> [UInt64] {
        var trace = TimedTrace(profile: try TimingProfile(named: name))
        trace.memoryBytes = 1 << 30
        trace.events = [TraceEvent(time: 0, body: .phb(TraceEvent.PHB(buid: 7, liobn: 8)))]
        if secure { trace.events.append(TraceEvent(time: 0, body: .ultracall(.init(0xf110, arguments: [0, 0])))) }
        let first = trace.events.count
        trace.events += calls.map { TraceEvent(time: 0, body: .hcall($0)) }
        let spans = try trace.engine().spans
        return calls.indices.map { index in spans[first + index].map { $0.done - $0.start } ?? 0 }
    }

    private func list(_ count: UInt64) -> TraceEvent.Hcall {
        .init(
            .putIndirect, cpu: 0, liobn: 8, ioba: 0, value: 0x1000, npages: count,
            entries: Array(repeating: 0x2003, count: Int(count)))
    }

    private func stuff(_ count: UInt64, at page: UInt64 = 0) -> TraceEvent.Hcall {
        .init(.stuff, cpu: 0, liobn: 8, ioba: page << 12, npages: count)
    }

    @Test(
        "qemu-tcg: 344 ns a single call, 355/n + 34.5 ns an entry of a list, 337/n + 12 of a run; exactly, n 1 to 512")
    func qemuTCG() throws {
        let put = try costs("qemu-tcg", [.init(.put, cpu: 0, liobn: 8, ioba: 0, value: 0x1003)])[0]
        // 2,000 MHz: a cycle is half a ns, and so no figure is rounded.
        #expect(put == 344 * 2)
        Published.report("qemu-tcg     H_PUT_TCE: expected 344 ns, got \(Published.fixed(Double(put) / 2, 1))")
        let counts = Array(1...512 as ClosedRange<UInt64>)
        let lists = try costs("qemu-tcg", counts.map(list))
        let runs = try costs("qemu-tcg", counts.map { stuff($0) })
        for (index, n) in counts.enumerated() {
            #expect(lists[index] == 710 + 69 * n)
            #expect(runs[index] == 674 + 24 * n)
            guard n.nonzeroBitCount == 1 else { continue }
            let entry = Double(n)
            Published.report(
                "qemu-tcg     \(Published.right("\(n)", 3)) TCEs, each: list expected "
                    + "\(Published.fixed(355 / entry + 34.5, 2)) ns, got "
                    + "\(Published.fixed(Double(lists[index]) / 2 / entry, 2)); run expected "
                    + "\(Published.fixed(337 / entry + 12, 2)), got \(Published.fixed(Double(runs[index]) / 2 / entry, 2))"
            )
        }
    }

    @Test("secure-2019: 13 s to clear 1 GiB page by page in a secure guest; hardly any time in runs of 512")
    func secure2019() throws {
        let profile = try TimingProfile(named: "secure-2019")
        let clock = Double(profile.clockMHz) * 1e6
        let machine = try Machine(.pseries)
        let model = try TimedModel(profile, .trace)
        var batch = try EventBatch()
        try batch.append(TraceEvent(time: 0, body: .ultracall(.init(0xf110, cpu: 0, arguments: [0, 0]))))
        try run(batch, model, machine)
        // 262,144 calls, one after another on one vCPU.
        for _ in 0..<64 {
            batch = try EventBatch()
            for page in 0..<4_096 as Range<UInt64> {
                let call = TraceEvent.Hcall(.put, cpu: 0, liobn: 0x8000_0000, ioba: page << 12, value: 0)
                try batch.append(TraceEvent(time: 0, body: .hcall(call)))
            }
            try run(batch, model, machine)
        }
        try model.finish()
        let seconds = Double(model.statistics.last_done) / clock
        #expect(model.statistics.calls == 262_145)
        #expect(abs(seconds / 13 - 1) < 0.001)
        let runs = try costs("secure-2019", secure: true, (0..<512).map { stuff(512, at: UInt64($0) * 512) })
        let quick = Double(runs.reduce(0, +)) / clock
        #expect(quick < 0.03)
        Published.report(
            "secure-2019  1 GiB window cleared page by page: expected 13 s, got \(Published.fixed(seconds, 3)); "
                + "in runs of 512: \"hardly any time\", got \(Published.fixed(quick * 1_000, 1)) ms")
    }

    private func run(_ batch: EventBatch, _ model: TimedModel, _ machine: borrowing Machine) throws {
        var raw = unsafe tce_chunk_batch(batch.chunk)
        try unsafe model.run(&raw, on: machine)
    }
}
