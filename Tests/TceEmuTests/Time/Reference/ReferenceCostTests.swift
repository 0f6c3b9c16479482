// SPDX-License-Identifier: Apache-2.0
import TceEmu
import Testing

/// What calls cost, against sums made by hand from the default costs.
@Suite("Time reference: costs of calls")
struct ReferenceCostTests {
    private typealias Configuration = ReferenceConfiguration

    private static func costs(
        _ calls: [TraceEvent.Hcall], isSecure: Bool = false, sharing: Bool = true,
        _ configuration: Configuration = .init(),
        window: TraceEvent.Window = .init(liobn: 5, tces: 1 << 20)
    ) -> [UInt64] {
        var events = [TraceEvent(time: 0, body: .window(window))]
        if isSecure {
            events.append(TraceEvent(time: 0, body: .ultracall(.init(0xf110))))
            if sharing {
                events.append(TraceEvent(time: 0, body: .ultracall(.init(0xf130, arguments: [0, 1]))))
            }
        }
        events += calls.map { TraceEvent(time: 0, body: .hcall($0)) }
        return Reference.run(events, configuration).calls.suffix(calls.count).map(\.cost)
    }

    private static func put(_ page: UInt64, _ value: UInt64 = 0x1003) -> TraceEvent.Hcall {
        .init(.put, liobn: 5, ioba: page << 12, value: value)
    }

    private static func list(_ count: UInt64, at page: UInt64 = 0) -> TraceEvent.Hcall {
        .init(
            .putIndirect, liobn: 5, ioba: page << 12, value: 0x3000, npages: count,
            entries: Array(repeating: 0x2003, count: Int(count)))
    }

    private static func stuff(_ count: UInt64, at page: UInt64 = 0) -> TraceEvent.Hcall {
        .init(.stuff, liobn: 5, ioba: page << 12, npages: count)
    }

    /// The guest's own 350 cycles for a map and an unmap are not the calls'.
    @Test("A page mapped and unmapped: 10,700 by H_PUT_TCE, 10,412 by H_STUFF_TCE")
    func pair() {
        #expect(Self.costs([Self.put(0), Self.put(0, 0)]).reduce(700, +) == 10_700)
        #expect(Self.costs([Self.put(0), Self.stuff(1)]).reduce(700, +) == 10_412)
    }

    @Test("512 pages: mapped 45,660, unmapped 10,844, unmapped in a secure guest 14,844")
    func fullLists() {
        #expect(Self.costs([Self.list(512), Self.stuff(512)]) == [45_660, 10_844])
        #expect(Self.costs([Self.stuff(512)], isSecure: true) == [14_844])
    }

    @Test("A 1 GiB window cleared in 512 calls: 5,552,128, in a secure guest 7,600,128")
    func clear() {
        let calls = (0..<16).map { Self.stuff(512, at: $0 * 512) }
        #expect(Self.costs(calls).reduce(0, +) * 32 == 5_552_128)
        #expect(Self.costs(calls, isSecure: true).reduce(0, +) * 32 == 7_600_128)
    }

    /// 16 GiB: 512 lists of 64 KiB pages, 2 of 16 MiB pages; page by page 262,144 and 1,024 calls.
    @Test("The direct map of 16 GiB, by one call of each kind")
    func directMap() {
        #expect(Self.costs([Self.list(512)])[0] * 512 == 23_377_920)
        #expect(Self.costs([Self.list(512)])[0] * 2 == 91_320)
        #expect(Self.costs([Self.put(0)], isSecure: true)[0] * 262_144 == 2_359_296_000)
        #expect(Self.costs([Self.put(0)], isSecure: true)[0] * 1_024 == 9_216_000)
        var configuration = Configuration()
        configuration.exitToUser = .always
        #expect(Self.costs([Self.put(0)], configuration)[0] * 262_144 == 4_456_448_000)
    }

    @Test("The 64 MiB pool shared: 46,080,000; a list in a page that is not shared: 162,000 more")
    func secure() {
        var configuration = Configuration()
        configuration.memoryBytes = 1 << 30
        let calls = [
            TraceEvent.Call(0xf110), .init(0xf130, arguments: [16, 1_024]), .init(0xf130, arguments: [0, 0]),
        ]
        let events = calls.map { TraceEvent(time: 0, body: .ultracall($0)) }
        #expect(Reference.run(events, configuration).calls.map(\.cost) == [1_500, 46_080_000, 1_500])
        let shared = Self.costs([Self.list(9)], isSecure: true, configuration)
        let unshared = Self.costs([Self.list(9)], isSecure: true, sharing: false, configuration)
        #expect(shared == [4_700 + 4_000 + 9 * 80] && unshared == [shared[0] + 162_000])
    }

    /// 3 x 0.5 = 1.5 is 2, once; 2 x 0.5 is 1. A call costs a cycle at least.
    @Test("[round] Half up, once for each call; nothing is one cycle")
    func round() {
        var configuration = Configuration()
        configuration.hcallEntry = 0
        configuration.hcallStuffEntry = 500_000
        configuration.hcallListEntry = 499_999
        let calls = [Self.stuff(3), Self.stuff(2), Self.stuff(1), Self.list(1), Self.list(3), Self.list(0)]
        #expect(Self.costs(calls, configuration) == [2, 1, 1, 1, 1, 1])
    }

    /// TCEs 8,190, 8,191 lie on the first 64 KiB of the table, 8,192 on the second. Zeros count.
    @Test("[cost] First touch, once for each 8,192 TCEs in a window's life")
    func firstTouch() {
        var configuration = Configuration()
        configuration.hcallEntry = 0
        configuration.hcallStuffEntry = 0
        configuration.hcallFirstTouch = 10 * Configuration.cycle
        let calls = [
            Self.stuff(2, at: 8_190), Self.stuff(3, at: 8_190), Self.stuff(1, at: 0), Self.stuff(1, at: 16_384),
        ]
        #expect(Self.costs(calls, configuration) == [10, 10, 1, 10])
        let window = TraceEvent.Body.window(.init(liobn: 5, tces: 4))
        let bodies: [TraceEvent.Body] = [
            window, .hcall(Self.put(0)), .reset, .hcall(Self.put(0)), window, .hcall(Self.put(0)), .hcall(Self.put(1)),
        ]
        configuration.hcallPut = 0
        let result = Reference.run(bodies.map { TraceEvent(time: 0, body: $0) }, configuration)
        #expect(result.calls.map(\.cost) == [10, 10, 10, 1])
    }

    /// Page scope: 3 writes of 250, 2 changes of 120, completion 1,520; pe: 120 once. No change: writes alone.
    @Test("[kill] Pass-through pays for each write, and for kills where a TCE changed", arguments: [false, true])
    func kills(isPE: Bool) {
        var configuration = Configuration()
        configuration.isPassthrough = true
        configuration.killScope = isPE ? .pe : .page
        configuration.hcallEntry = 0
        configuration.hcallPut = 0
        configuration.hcallListEntry = 0
        let costs = Self.costs([Self.put(1, 0x2003), Self.list(3), Self.list(3)], configuration)
        let issued: UInt64 = isPE ? 120 : 240
        #expect(costs == [250 + 120 + 1_520, 750 + issued + 1_520, 750])
    }

    /// Of 4 TCEs from the third on, 2 are in the window: QEMU's machine stores the head, and refuses.
    @Test("[cost] n is what was written: the head of a run, nothing of a refused call")
    func head() {
        let window = TraceEvent.Window(liobn: 5, tces: 4)
        let costs = Self.costs([Self.stuff(4, at: 2), Self.stuff(5), Self.list(4, at: 2)], window: window)
        #expect(costs == [4_700 + 24, 4_700, 4_700 + 160])
        #expect(Self.costs([Self.list(513)]) == [4_700])
    }

    @Test("[exit] What KVM leaves to user space, and what it refuses before")
    func exits() {
        var configuration = Configuration()
        configuration.memoryBytes = 0x10_0000
        configuration.hcallEntry = 0
        configuration.hcallGet = 0
        configuration.hcallPut = 0
        configuration.hcallStuffEntry = 0
        configuration.hcallListEntry = 0
        func exits(_ call: TraceEvent.Hcall) -> Bool { Self.costs([call], configuration) == [12_000] }
        func list(_ address: UInt64, _ entries: [UInt64], ioba: UInt64 = 0) -> TraceEvent.Hcall {
            .init(
                .putIndirect, liobn: 5, ioba: ioba, value: address, npages: UInt64(entries.count), entries: entries)
        }
        for kind in TraceEvent.Hcall.Kind.allCases { #expect(exits(.init(kind, liobn: 6, ioba: 0))) }
        #expect(exits(Self.put(0, 0x1007)) && exits(Self.put(0, 0x10_0001)) && !exits(Self.put(0, 0xf_f003)))
        #expect(!exits(Self.put(0, 0x10_0004)))
        #expect(!exits(.init(.put, liobn: 5, ioba: 8, value: 0x1007)))
        #expect(!exits(.init(.put, liobn: 5, ioba: 1 << 32, value: 0x1007)))
        #expect(exits(list(0x10_0000, [0x1003])) && !exits(list(0xf_f000, [0x1003])))
        #expect(exits(list(0, [0x1003, 0x1007])) && !exits(list(0, [0x1003, 0x1004])))
        #expect(!exits(list(8, [0x1007])) && !exits(list(0x10_0008, [0x1007])) && !exits(list(0, [7], ioba: 8)))
        #expect(!exits(.init(.stuff, liobn: 5, ioba: 0, value: 3, npages: 1)))
        let many = Array(repeating: UInt64(7), count: 513)
        #expect(!exits(list(0, many)) && exits(list(0, Array(many.dropLast()))))
    }

    @Test("[ultracall] [rtas] What the other calls cost")
    func others() {
        var configuration = Configuration()
        configuration.memoryBytes = 0x10_0000
        configuration.uvPageIn = 7 * Configuration.cycle
        configuration.uvUnshare = 3 * Configuration.cycle
        let page: [UInt64] = [0, 0, 0x1_0000, 0, 16]
        let calls: [TraceEvent.Call] = [
            .init(0xf130, arguments: [0, 1]), .init(0xf110), .init(0xf130, arguments: [2, 3]),
            .init(0xf134, arguments: [2, 2]), .init(0xf140), .init(0xf12c, arguments: page),
            .init(0xf128, arguments: page), .init(0xf128, arguments: [0, 0, 8, 0, 16]), .init(0xf138),
        ]
        var events = calls.map { TraceEvent(time: 0, body: .ultracall($0)) }
        events.append(TraceEvent(time: 0, body: .rtas(.init(1))))
        let expected: [UInt64] = [1_500, 1_500, 135_000, 6, 3, 75_000, 7, 1_500, 1_500, 76_000]
        #expect(Reference.run(events, configuration).calls.map(\.cost) == expected)
    }
}
