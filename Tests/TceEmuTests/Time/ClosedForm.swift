// SPDX-License-Identifier: Apache-2.0
import CTce
import Testing

@testable import TceEmu

/// A set of parameters under which closed forms are tried.
struct ParameterSet: Sendable, CustomTestStringConvertible {
    var name: String
    var profile = "power9-kvm"
    var settings: [String] = []

    var testDescription: String { name }

    static let all = [
        ParameterSet(name: "Gen3 x8"),
        ParameterSet(name: "Gen4 x16", settings: ["pcie_rate=31508 MB/s"]),
        ParameterSet(name: "ideal", profile: "ideal"),
        ParameterSet(
            name: "odd",
            settings: [
                "clock_mhz=3517", "pcie_rate=3939 MB/s", "dllp_share=5.55", "pcie_latency=333 ns", "tve_cycles=7",
                "lookup_interval=3", "hit_cycles=11", "memory_latency=171 ns", "walk_levels=2", "hcall.entry=4321.5",
                "hcall.stuff_entry=11.7", "hcall.list_entry=79.999999", "hcall.first_touch=3 us", "vio_copy=0.333333",
            ]),
    ]
}

/// What the stages of the path and of a call take alone, as formulas of the parameters.
struct ClosedForm {
    let c: tce_time_config

    // MARK: The path

    /// [link] 1/65536 cycle for a byte.
    var q: UInt64 {
        let d = c.pcie_rate * (10_000 - c.dllp_share)
        return (65_536 * c.clock_mhz * 10_000 + d / 2) / d
    }

    /// [link] How long TLPs of so many bytes take, in 1/65536 cycle.
    func parts(_ bytes: [UInt64]) -> UInt64 { bytes.map { max(65_536, $0 * q) }.reduce(0, +) }

    /// The same in cycles, to the one in which the last has left.
    func link(_ bytes: UInt64...) -> UInt64 { (parts(bytes) + 65_535) / 65_536 }

    func write(_ payload: UInt64) -> UInt64 { c.write_overhead + payload }
    var request: UInt64 { c.read_overhead }
    func completion(_ payload: UInt64) -> UInt64 { c.completion_overhead + payload }

    /// From the link to the lookup port.
    var port: UInt64 { c.pcie_latency + c.tve_cycles }
    var fetch: UInt64 { max(1, c.walk_levels * c.memory_latency) }
    var hit: UInt64 { c.hit_cycles }
    var memory: UInt64 { c.memory_latency }

    /// [lookup] The cycles in which TLPs of one requester that begin in cycle 0 are looked up.
    func lookups(_ bytes: [UInt64]) -> [UInt64] {
        var lookups: [UInt64] = []
        for index in bytes.indices {
            let arrival = (parts(Array(bytes[...index])) + 65_535) / 65_536 + port
            lookups.append(max(arrival, lookups.last.map { $0 + c.lookup_interval } ?? 0))
        }
        return lookups
    }

    /// [completion] When the last of the completions has arrived: of requests with their data and their payloads.
    func arrival(_ requests: [(data: UInt64, payloads: [UInt64])]) -> UInt64 {
        var free: UInt64 = 0
        for (data, payloads) in requests {
            for payload in payloads { free = max(data << 16, free) + parts([completion(payload)]) }
        }
        return (free + 65_535) / 65_536 + c.pcie_latency
    }

    // MARK: Calls

    /// [round] Millionths of a cycle in cycles; a call takes at least one.
    func cycles(_ cost: UInt64) -> UInt64 { max(1, (cost + 500_000) / 1_000_000) }
}

/// A small trace on one PHB with a window of 4 KiB pages, under a set of parameters.
struct StageTrace {
    static let liobn: LIOBN = 8
    static let buid: BUID = 7

    var trace = TimedTrace()
    let form: ClosedForm

    init(_ set: ParameterSet, _ settings: String...) throws {
        var profile = try TimingProfile(named: set.profile)
        for setting in set.settings + settings { try profile.set(setting) }
        trace.profile = profile
        form = ClosedForm(c: try profile.lowered())
        add(0, .phb(TraceEvent.PHB(buid: Self.buid, liobn: UInt32(Self.liobn))))
    }

    /// Each at a millisecond, whose stamp is a whole cycle.
    @discardableResult
    mutating func add(_ milliseconds: UInt64, _ body: TraceEvent.Body) -> Int {
        trace.events.append(TraceEvent(time: milliseconds * 1_000_000, body: body))
        return trace.events.count - 1
    }

    /// The cycle of a millisecond.
    func cycle(_ milliseconds: UInt64) -> UInt64 { milliseconds * 1_000 * form.c.clock_mhz }

    /// Maps the window's first pages, for reads and writes.
    mutating func map(_ pages: UInt64, liobn: LIOBN = Self.liobn) {
        for first in stride(from: 0, to: pages, by: 512) {
            let entries = (first..<min(first + 512, pages)).map { ($0 + 1) << 12 | 3 }
            call(0, .putIndirect, ioba: first << 12, npages: UInt64(entries.count), entries, liobn: liobn)
        }
    }

    @discardableResult
    mutating func call(
        _ milliseconds: UInt64, _ kind: TraceEvent.Hcall.Kind, ioba: IOBA = 0, value: UInt64 = 0, npages: UInt64 = 1,
        _ entries: [UInt64] = [], liobn: LIOBN = Self.liobn
    ) -> Int {
        add(
            milliseconds,
            .hcall(
                TraceEvent.Hcall(
                    kind, cpu: 0, liobn: liobn, ioba: ioba, value: value, npages: npages, entries: entries)))
    }

    @discardableResult
    mutating func write(
        _ milliseconds: UInt64, _ ioba: IOBA, _ bytes: UInt64?, id: UInt32 = 1, liobn: LIOBN = Self.liobn
    ) -> Int {
        add(
            milliseconds,
            .dma(TraceEvent.DMA(liobn: liobn, requester: id, ioba: ioba, length: bytes, access: .write)))
    }

    @discardableResult
    mutating func read(
        _ milliseconds: UInt64, _ ioba: IOBA, _ bytes: UInt64?, id: UInt32 = 1, liobn: LIOBN = Self.liobn
    ) -> Int {
        add(
            milliseconds, .dma(TraceEvent.DMA(liobn: liobn, requester: id, ioba: ioba, length: bytes, access: .read)))
    }

    /// What engine and reference both have to say of some events: how many cycles after a millisecond each is done.
    func expect(
        _ expected: [(place: Int, cycles: UInt64)], after milliseconds: UInt64,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let sides = [("engine", try trace.engine()), ("reference", try trace.reference())]
        for (side, outcome) in sides {
            for (place, cycles) in expected {
                let done = outcome.spans[place].map { Int64($0.done) - Int64(cycle(milliseconds)) }
                #expect(done == Int64(cycles), "\(side), event \(place)", sourceLocation: sourceLocation)
            }
        }
    }

    /// The same of one event.
    func expect(
        _ place: Int, _ cycles: UInt64, after milliseconds: UInt64, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        try expect([(place, cycles)], after: milliseconds, sourceLocation: sourceLocation)
    }

    /// How long each of some calls takes on both.
    func expectCosts(_ expected: [(place: Int, cycles: UInt64)], sourceLocation: SourceLocation = #_sourceLocation)
        throws
    {
        for (side, outcome) in [("engine", try trace.engine()), ("reference", try trace.reference())] {
            for (place, cycles) in expected {
                let cost = outcome.spans[place].map { $0.done - $0.start }
                #expect(cost == cycles, "\(side), event \(place)", sourceLocation: sourceLocation)
            }
        }
    }
}
