// SPDX-License-Identifier: Apache-2.0
import CTce
import Testing

@testable import TceEmu

/// What calls cost, on both sides of each boundary, against a formula of the parameters; and the page's exact figures.
@Suite("Time: closed forms of calls")
struct ClosedFormsCallsTests {
    @Test("Every TCE that a call writes is paid for, those of a refused call are not", arguments: ParameterSet.all)
    func entries(_ set: ParameterSet) throws {
        for n in [1, 2, 511, 512, 513] as [UInt64] {
            var t = try StageTrace(set, "hcall.first_touch=0")
            let list = t.call(10, .putIndirect, npages: n, Array(repeating: 0x1003, count: n > 512 ? 0 : Int(n)))
            let stuff = t.call(20, .stuff, npages: n)
            let c = t.form.c
            let written = n > 512 ? 0 : n
            try t.expectCosts([
                (list, t.form.cycles(c.hcall_entry + c.hcall_list + written * c.hcall_list_entry)),
                (stuff, t.form.cycles(c.hcall_entry + c.hcall_stuff + n * c.hcall_stuff_entry)),
            ])
        }
    }

    @Test("A run that leaves the window pays for its head", arguments: ParameterSet.all)
    func head(_ set: ParameterSet) throws {
        var t = try StageTrace(set, "hcall.first_touch=0")
        let last = (UInt64(1) << 30) - 0x3000
        let stuff = t.call(10, .stuff, ioba: last, npages: 5)
        let c = t.form.c
        try t.expectCosts([(stuff, t.form.cycles(c.hcall_entry + c.hcall_stuff + 3 * c.hcall_stuff_entry))])
    }

    @Test("First touch: 8,192 TCEs are one 64 KiB of the table, 8,193 two, and where they begin matters")
    func firstTouch() throws {
        let cases: [(first: UInt64, count: UInt64, touches: UInt64)] = [
            (0, 1, 1), (0, 8_192, 1), (0, 8_193, 2), (1, 8_191, 1), (1, 8_192, 2), (8_191, 1, 1), (8_191, 2, 2),
            (8_192, 8_192, 1), (8_191, 8_194, 3),
        ]
        for set in [ParameterSet.all[0], ParameterSet.all[3]] {
            for (first, count, touches) in cases {
                var t = try StageTrace(set)
                let once = t.call(10, .stuff, ioba: first << 12, npages: count)
                let again = t.call(100, .stuff, ioba: first << 12, npages: count)
                let c = t.form.c
                let cost = c.hcall_entry + c.hcall_stuff + count * c.hcall_stuff_entry
                let whole = t.form.cycles(cost + touches * c.hcall_first_touch)
                try t.expectCosts([(once, whole), (again, t.form.cycles(cost))])
            }
        }
    }

    @Test("What goes to user space pays for it: never, always, or what the kernel leaves", arguments: ParameterSet.all)
    func exits(_ set: ParameterSet) throws {
        for (word, kvm, others) in [("never", 0, 0), ("always", 1, 1), ("kvm", 1, 0)] as [(String, UInt64, UInt64)] {
            var t = try StageTrace(set, "exit_to_user=\(word)", "hcall.first_touch=0", "hcall.exit=7777")
            t.trace.memoryBytes = 0x10000
            let calls: [(place: Int, exits: UInt64)] = [
                (t.call(10, .put, value: 0xf003), others), (t.call(11, .put, value: 0x10003), kvm),
                (t.call(12, .put, value: 0x1007), kvm), (t.call(13, .put, value: 0x1004), others),
                (t.call(14, .put, value: 0x1003, liobn: 99), kvm),
                (t.call(15, .put, ioba: 1 << 30, value: 0x10003), others),
                (t.call(16, .put, ioba: 0x800, value: 0x10003), others),
            ]
            let c = t.form.c
            let cost = c.hcall_entry + c.hcall_put
            try t.expectCosts(calls.map { ($0.place, t.form.cycles(cost + $0.exits * c.hcall_exit)) })
        }
    }

    /// The reference has no such machine.
    @Test(
        "[exit] Without multi-TCE a list or a run answers H_FUNCTION: entry alone, no exit, also where nothing is right"
    )
    func withoutMultiTCE() throws {
        var configuration = MachineConfiguration()
        configuration.hasMultiTCE = false
        configuration.memoryBytes = 0x10000
        let machine = try Machine(configuration)
        let profile = try TimingProfile(named: "power9-kvm")
        let model = try TimedModel(profile, .trace)
        let batch = try EventBatch()
        for liobn: LIOBN in [0x8000_0000, 99] {
            let calls: [TraceEvent.Hcall] = [
                .init(.putIndirect, liobn: liobn, ioba: 0, value: 1 << 40, npages: 1, entries: [0x10003]),
                .init(.stuff, liobn: liobn, ioba: 0, npages: 4),
            ]
            for call in calls { try batch.append(TraceEvent(time: 0, body: .hcall(call))) }
        }
        var raw = unsafe tce_chunk_batch(batch.chunk)
        try unsafe model.run(&raw, on: machine)
        try model.finish()
        #expect(model.takeRecords(8).map { $0.done - $0.start } == [4_700, 4_700, 4_700, 4_700])
        #expect(model.statistics.exits == 0)
    }

    @Test(
        "Pass-through: each TCE written, each changed or once, and once until they are done",
        arguments: ParameterSet.all)
    func passthrough(_ set: ParameterSet) throws {
        for (scope, each) in [("page", true), ("pe", false)] {
            for n in [1, 512] as [UInt64] {
                var t = try StageTrace(
                    set, "passthrough=yes", "tce_kill.scope=\(scope)", "hcall.first_touch=0", "passthrough_entry=250.5",
                    "tce_kill.issue=950", "tce_kill.completion=4750")
                let entries = Array(repeating: 0x1003 as UInt64, count: Int(n))
                let new = t.call(10, .putIndirect, npages: n, entries)
                let same = t.call(20, .putIndirect, npages: n, entries)
                let c = t.form.c
                let cost = c.hcall_entry + c.hcall_list + n * (c.hcall_list_entry + c.passthrough_entry)
                let kills = (each ? n : 1) * c.kill_issue + c.kill_completion
                try t.expectCosts([(new, t.form.cycles(cost + kills)), (same, t.form.cycles(cost))])
            }
        }
    }

    @Test("RTAS calls and ultracalls cost what their parameters say, a cycle at least", arguments: ParameterSet.all)
    func others(_ set: ParameterSet) throws {
        var t = try StageTrace(set)
        t.trace.memoryBytes = 1 << 30
        let rtas = t.add(10, .rtas(TraceEvent.Call(0xf123_4567, cpu: 0)))
        let esm = t.add(20, .ultracall(TraceEvent.Call(0xf110, cpu: 0, arguments: [0, 0])))
        let share = t.add(30, .ultracall(TraceEvent.Call(0xf130, cpu: 0, arguments: [16, 3])))
        let unshare = t.add(40, .ultracall(TraceEvent.Call(0xf134, cpu: 0, arguments: [16, 2])))
        let all = t.add(50, .ultracall(TraceEvent.Call(0xf140, cpu: 0)))
        let refused = t.add(60, .ultracall(TraceEvent.Call(0xf130, cpu: 0, arguments: [16, 0])))
        let f = t.form
        let expected = [
            (rtas, f.c.rtas_ddw), (esm, f.c.uv_call), (share, 3 * f.c.uv_share), (unshare, 2 * f.c.uv_unshare),
            (all, f.c.uv_unshare), (refused, f.c.uv_call),
        ]
        try t.expectCosts(expected.map { ($0.0, f.cycles($0.1)) })
    }

    // MARK: Exact figures

    private static let defaults = ParameterSet(name: "no first touch", settings: ["hcall.first_touch=0"])

    /// The cost of each call of a trace, the same on both sides.
    private func costs(
        secure: Bool = false, _ settings: [String] = [], calls: (inout StageTrace) -> [Int]
    ) throws -> [UInt64] {
        var set = Self.defaults
        set.settings += settings
        var t = try StageTrace(set)
        t.trace.memoryBytes = 16 << 30
        if secure {
            t.add(0, .ultracall(TraceEvent.Call(0xf110, cpu: 0, arguments: [0, 0])))
            t.add(0, .ultracall(TraceEvent.Call(0xf130, cpu: 0, arguments: [0, 1])))
        }
        let places = calls(&t)
        let sides = [try t.trace.engine(), try t.trace.reference()].map { outcome in
            places.map { place in outcome.spans[place].map { $0.done - $0.start } ?? 0 }
        }
        #expect(sides[0] == sides[1])
        return sides[0]
    }

    private func put(secure: Bool = false, _ settings: String...) throws -> UInt64 {
        try costs(secure: secure, settings) { [$0.call(10, .put, value: 0x1003)] }[0]
    }

    private func list(secure: Bool = false, at list: UInt64 = 0x1000, count: Int = 512) throws -> UInt64 {
        let entries = (0..<UInt64(count)).map { $0 << 12 | 3 }
        return try costs(secure: secure) { [$0.call(10, .putIndirect, value: list, npages: UInt64(count), entries)] }[0]
    }

    private func stuff(secure: Bool = false, count: UInt64 = 512) throws -> UInt64 {
        try costs(secure: secure) { [$0.call(10, .stuff, npages: count)] }[0]
    }

    /// The guest's own 350 cycles for a map and for an unmap are not the calls'.
    @Test("A page mapped and unmapped: 10,700 by H_PUT_TCE, 10,412 by H_STUFF_TCE; 512 pages 45,660 and 10,844")
    func mapAndUnmap() throws {
        #expect(try 2 * put() + 700 == 10_700)
        #expect(try put() + stuff(count: 1) + 700 == 10_412)
        #expect(try list() == 45_660)
        #expect(try stuff() == 10_844)
        #expect(try stuff(secure: true) == 14_844)
    }

    @Test("A 1 GiB window cleared in 512 calls: 5,552,128, in a secure guest 7,600,128")
    func clear() throws {
        let calls = { (t: inout StageTrace) in (0..<512).map { t.call(10, .stuff, ioba: UInt64($0) << 21, npages: 512) }
        }
        #expect(try costs(calls: calls).reduce(0, +) == 5_552_128)
        #expect(try costs(secure: true, calls: calls).reduce(0, +) == 7_600_128)
    }

    @Test(
        "The direct map of 16 GiB: 23,377,920 in lists, 2,359,296,000 page by page in a secure guest, 4,456,448,000 by QEMU"
    )
    func directMap() throws {
        // Pages of 64 KiB: 512 lists or 262,144 calls; of 16 MiB: 2 or 1,024.
        #expect(try 512 * list() == 23_377_920)
        #expect(try 262_144 * put(secure: true) == 2_359_296_000)
        #expect(try 2 * list() == 91_320)
        #expect(try 1_024 * put(secure: true) == 9_216_000)
        #expect(try 262_144 * put("exit_to_user=always") == 4_456_448_000)
    }

    @Test("The 64 MiB pool shared: 46,080,000; a list in a page that is not shared: 162,000 more")
    func sharing() throws {
        let share = try costs(secure: true) {
            [$0.add(10, .ultracall(TraceEvent.Call(0xf130, cpu: 0, arguments: [1_024, 1_024])))]
        }
        #expect(share == [46_080_000])
        #expect(try list(secure: true, at: 0x20_0000) == list(secure: true) + 162_000)
    }

    @Test("One transaction alone: writes 2,745 and 2,069; reads 3,410, 3,712 and 3,376")
    func latencies() throws {
        var t = try StageTrace(ParameterSet(name: "defaults"))
        t.map(1)
        let cold = t.write(10, 0, 64)
        let warm = t.write(20, 0, 64)
        let reads = [64, 600, 0].enumerated().map { t.read(30 + UInt64($0), 0, $1) }
        try t.expect(cold, 2_745, after: 10)
        try t.expect(warm, 2_069, after: 20)
        for (index, latency) in [3_410, 3_712, 3_376].enumerated() {
            try t.expect(reads[index], UInt64(latency), after: 30 + UInt64(index))
        }
    }
}
