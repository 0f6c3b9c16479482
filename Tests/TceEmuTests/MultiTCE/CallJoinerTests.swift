// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import TceEmu

/// Each rule of joining, on both sides of its boundary.
struct CallJoinerTests {
    /// A default window and one of 16 MiB pages.
    static let windows: [LIOBN: DMAWindow] = [
        8: DMAWindow(liobn: 8, pageCount: 1 << 18, buid: 7),
        9: DMAWindow(liobn: 9, start: 1 << 59, pageShift: 24, pageCount: 128, buid: 7),
        10: DMAWindow(liobn: 10, pageCount: 1 << 18, buid: 70),
    ]

    /// Lines of text in, lines of text out, without times. "!" before a line: the put is one that is refused. Without
    /// phases all is the firmware's, where one alone stays what it is.
    static func join(_ lines: [String], reach: Int = 32_768, phases: [CallPhase?] = []) throws -> [String] {
        var joiner = CallJoiner(reach: reach)
        var result: [String] = []
        let printer = TextPrinter(header: TraceHeader())
        func take(_ item: CallJoiner.Item) {
            result.append(printer.line(item.event).split(separator: " ").dropFirst().joined(separator: " "))
        }
        for (index, line) in lines.enumerated() {
            let isRefused = line.hasPrefix("!")
            let event = try #require(try importText(isRefused ? String(line.dropFirst()) : line).events.first)
            var window: DMAWindow?
            if case .hcall(let call) = event.body, call.kind == .put, !isRefused { window = windows[call.liobn] }
            joiner.add(event, phases.isEmpty ? .firmware : phases[index], joinableIn: window)
            joiner.takeReady(take)
        }
        joiner.endAll()
        joiner.takeReady(take)
        return result
    }

    /// The lines as they are printed.
    static func lines(_ lines: [String]) throws -> [String] {
        let printer = TextPrinter(header: TraceHeader())
        return try importText(lines.joined(separator: "\n") + "\n").events.map {
            printer.line($0).split(separator: " ").dropFirst().joined(separator: " ")
        }
    }

    /// What comes of lines is other lines.
    static func expect(
        _ lines: [String], gives expected: [String], phases: [CallPhase?] = [],
        _ location: SourceLocation = #_sourceLocation
    ) throws {
        #expect(try join(lines, phases: phases) == Self.lines(expected), sourceLocation: location)
    }

    static func put(_ page: Int, _ tce: UInt64 = 0, cpu: Int? = 0) -> String {
        "H_PUT_TCE \(cpu.map { "cpu=\($0) " } ?? "")liobn=0x8 ioba=\(UInt64(page << 12).hex) tce=\(tce.hex)"
    }

    /// Puts of 0, or of pages of memory one after another.
    static func puts(_ pages: Range<Int>, _ first: UInt64 = 0, cpu: Int? = 0) -> [String] {
        pages.map { put($0, first == 0 ? 0 : first + UInt64($0 - pages.lowerBound) << 12, cpu: cpu) }
    }

    static func stuff(_ page: Int, _ n: Int, cpu: Int? = 0) -> String {
        "H_STUFF_TCE \(cpu.map { "cpu=\($0) " } ?? "")liobn=0x8 ioba=\(UInt64(page << 12).hex) tce=0x0 npages=\(n)"
    }

    static func list(_ page: Int, _ n: Int, _ first: UInt64, cpu: Int = 0) -> String {
        "H_PUT_TCE_INDIRECT cpu=\(cpu) liobn=0x8 ioba=\(UInt64(page << 12).hex) "
            + (n == 1 ? "tces=\(first.hex)" : "tces=\(first.hex)+0x1000*\(n)")
    }

    @Test("Zeros become one H_STUFF_TCE, others one list; the firmware's one alone stays an H_PUT_TCE")
    func zerosAndOthers() throws {
        try Self.expect(Self.puts(1..<3), gives: [Self.stuff(1, 2)])
        try Self.expect(Self.puts(1..<3, 0x5003), gives: [Self.list(1, 2, 0x5003)])
        try Self.expect(Self.puts(1..<2), gives: Self.puts(1..<2))
        try Self.expect(Self.puts(1..<2, 0x5003), gives: Self.puts(1..<2, 0x5003))
        // A value without a permission is none of zero.
        try Self.expect(Self.puts(1..<3, 0x5000), gives: [Self.list(1, 2, 0x5000)])
    }

    @Test("Zeros and others are not joined with each other")
    func mixed() throws {
        try Self.expect(
            Self.puts(1..<3) + Self.puts(3..<5, 0x5003) + Self.puts(5..<6),
            gives: [Self.stuff(1, 2), Self.list(3, 2, 0x5003), Self.put(5)])
    }

    @Test("A call has at most 512 TCEs")
    func most() throws {
        try Self.expect(Self.puts(1..<513), gives: [Self.stuff(1, 512)])
        try Self.expect(Self.puts(1..<514), gives: [Self.stuff(1, 512), Self.put(513)])
        try Self.expect(
            Self.puts(1..<515, 0x5003), gives: [Self.list(1, 512, 0x5003), Self.list(513, 2, 0x5003 + 512 << 12)])
    }

    @Test("Pages ascend one by one: not down, not by two, not the same again")
    func ascending() throws {
        for pages in [[2, 1], [1, 3], [1, 1]] {
            let puts = pages.map { Self.put($0) }
            try Self.expect(puts, gives: puts)
        }
    }

    @Test("The step is the window's page: 16 MiB in a window of such pages")
    func pageSize() throws {
        func put(_ offset: UInt64, _ tce: UInt64) -> String {
            "H_PUT_TCE cpu=0 liobn=0x9 ioba=\((1 << 59 + offset).hex) tce=\(tce.hex)"
        }
        try Self.expect(
            [put(0, 3), put(0x100_0000, 0x100_0003)],
            gives: ["H_PUT_TCE_INDIRECT cpu=0 liobn=0x9 ioba=0x800000000000000 tces=0x3,0x1000003"])
        let near = [put(0, 3), put(0x1000, 0x1003)]
        try Self.expect(near, gives: near)
    }

    @Test("vCPUs have their own runs, those that are not known one of their own")
    func vCPUs() throws {
        let two = zip(Self.puts(1..<4), Self.puts(601..<604, cpu: 1)).flatMap { [$0, $1] }
        try Self.expect(two, gives: [Self.stuff(1, 3), Self.stuff(601, 3, cpu: 1)])
        let swapped = [Self.put(1), Self.put(2, cpu: 1)]
        try Self.expect(swapped, gives: swapped)
        let unknown = [Self.put(1, cpu: nil), Self.put(2)]
        try Self.expect(unknown, gives: unknown)
        try Self.expect(
            Self.puts(1..<3, cpu: nil), gives: [Self.stuff(1, 2, cpu: nil)])
    }

    @Test("LIOBNs have their own runs")
    func liobns() throws {
        func other(_ line: String) -> String { line.replacing("liobn=0x8 ", with: "liobn=0xa ") }
        let both = Self.puts(1..<4).flatMap { [$0, other($0)] }
        try Self.expect(both, gives: [Self.stuff(1, 3), other(Self.stuff(1, 3))])
    }

    @Test("Another hcall of the vCPU on the LIOBN ends a run, wherever it points; one of another vCPU does not")
    func otherCalls() throws {
        for call in ["H_GET_TCE cpu=0 liobn=0x8 ioba=0x9000", Self.stuff(9, 1), Self.list(9, 1, 0x5003)] {
            try Self.expect([Self.put(1), call, Self.put(2)], gives: [Self.put(1), call, Self.put(2)])
            let other = call.replacing("cpu=0", with: "cpu=1")
            try Self.expect([Self.put(1), other, Self.put(2)], gives: [Self.stuff(1, 2), other])
            let elsewhere = call.replacing("liobn=0x8", with: "liobn=0xa")
            try Self.expect([Self.put(1), elsewhere, Self.put(2)], gives: [Self.stuff(1, 2), elsewhere])
        }
    }

    @Test("A call of another vCPU on TCEs of a run ends it, also where the run comes to them later")
    func otherVCPU() throws {
        for call in [
            "H_GET_TCE cpu=1 liobn=0x8 ioba=0x2000", Self.stuff(2, 1, cpu: 1), Self.stuff(0, 3, cpu: 1),
            Self.list(1, 2, 0x5003, cpu: 1), Self.put(2, 0x5003, cpu: 1),
        ] {
            try Self.expect(
                Self.puts(1..<3) + [call] + Self.puts(3..<5), gives: [Self.stuff(1, 2), call, Self.stuff(3, 2)])
            // Page 2 is used before the run has come to it, and page 3 is none of its own.
            let before = call.replacing("ioba=0x0 tce=0x0 npages=3", with: "ioba=0x2000 tce=0x0 npages=1")
                .replacing("ioba=0x1000", with: "ioba=0x2000").replacing("tces=0x5003+0x1000*2", with: "tces=0x5003")
            try Self.expect(
                Self.puts(0..<2) + [before] + Self.puts(2..<4), gives: [Self.stuff(0, 2), before, Self.stuff(2, 2)])
            try Self.expect(
                Self.puts(3..<5) + [before] + Self.puts(5..<7), gives: [Self.stuff(3, 4), before])
        }
    }

    @Test("An access by a device ends a run if it uses a TCE of the run, or one that the run comes to later")
    func accesses() throws {
        /// How many of pages 1 to 4, the access after two of them, are joined with the first.
        func joined(_ access: String) throws -> Int {
            let lines = try Self.join(Self.puts(1..<3) + [access] + Self.puts(3..<5))
            for count in 2...4 where try lines.first == Self.lines([Self.stuff(1, count)])[0] { return count }
            return 0
        }
        #expect(try joined("dma liobn=0x8 ioba=0x1008 length=8 write") == 2)
        #expect(try joined("dma liobn=0x8 ioba=0x2fff length=1 read") == 2)
        #expect(try joined("dma liobn=0x8 ioba=0x3000 length=1 read") == 2)
        #expect(try joined("dma liobn=0x8 ioba=0x3fff length=1 read") == 2)
        #expect(try joined("dma liobn=0x8 ioba=0x4000 length=1 read") == 3)
        #expect(try joined("dma liobn=0x8 ioba=0x5000 length=1 read") == 4)
        #expect(try joined("dma liobn=0x8 ioba=0xfff length=2 read") == 2)
        #expect(try joined("dma liobn=0x8 ioba=0xfff length=1 read") == 4)
        #expect(try joined("dma liobn=0x8 ioba=0x1000") == 2)
        #expect(try joined("dma liobn=0x8 ioba=0xfff") == 4)
        #expect(try joined("dma liobn=0x8 ioba=0xffffffffffffffff length=9 read") == 4)
        #expect(try joined("dma liobn=0xa ioba=0x1008 length=8 write") == 4)
        // Where the PHB alone is known, any of its tables may be meant.
        #expect(try joined("dma buid=0x7 requester=0x8 ioba=0x1008 length=8 write") == 2)
        #expect(try joined("dma buid=0x46 requester=0x8 ioba=0x1008 length=8 write") == 4)
    }

    @Test("The joined call stands where its first put stood, with that put's time; nothing else moves")
    func place() throws {
        var joiner = CallJoiner()
        let text = "1 \(Self.put(1))\n2 dma liobn=8 ioba=0x9000 length=1 read\n3 \(Self.put(2))\n4 reset\n"
        for event in try importText(text).events {
            joiner.add(event, .firmware, joinableIn: Self.windows[8])
        }
        joiner.endAll()
        var times: [UInt64] = []
        joiner.takeReady { times.append($0.event.time) }
        #expect(times == [1_000_000_000, 2_000_000_000, 4_000_000_000])
    }

    @Test("A refused put is not joined, and ends its run")
    func refused() throws {
        try Self.expect(
            [Self.put(1), Self.put(2), "!" + Self.put(3), Self.put(4)],
            gives: [Self.stuff(1, 2), Self.put(3), Self.put(4)])
    }

    @Test("A run lies in one phase")
    func phases() throws {
        try Self.expect(
            Self.puts(1..<5), gives: [Self.stuff(1, 2), Self.stuff(3, 2)],
            phases: [.firmware, .firmware, .bootClear, .bootClear])
    }

    @Test("A window that changes ends the runs on it, and those alone")
    func windowChanges() throws {
        var joiner = CallJoiner()
        func add(_ page: Int) throws {
            for line in [Self.put(page), Self.put(page).replacing("0x8 ", with: "0xa ")] {
                let event = try #require(try importText(line).events.first)
                joiner.add(event, .firmware, joinableIn: Self.windows[event.liobn ?? 0])
            }
        }
        try add(1)
        joiner.end(WindowTracker.Change(tables: .these([8, 9])))
        try add(2)
        joiner.endAll()
        var kinds: [TraceEvent.Hcall.Kind] = []
        joiner.takeReady { if case .hcall(let call) = $0.event.body { kinds.append(call.kind) } }
        #expect(kinds == [.put, .stuff, .put])
    }

    @Test("A run ends where more than the reach would wait behind it")
    func reach() throws {
        func between(_ count: Int) throws -> [String] {
            let far = Array(repeating: "dma liobn=0x8 ioba=0x9000 length=1 read", count: count)
            return try Self.join([Self.put(1)] + far + [Self.put(2)], reach: 10).filter { !$0.hasPrefix("dma") }
        }
        #expect(try between(9) == Self.lines([Self.stuff(1, 2)]))
        #expect(try between(10) == Self.lines([Self.put(1), Self.put(2)]))
    }

    @Test("An hcall known by opcode only ends the runs of its vCPU if it is a TCE hcall")
    func observed() throws {
        for (line, ends) in [
            ("hcall opcode=0x20 cpu=0", true), ("hcall opcode=0x20 cpu=1", false), ("hcall opcode=0x9 cpu=0", false),
        ] {
            let joined = try Self.join([Self.put(1), line, Self.put(2)])
            #expect(try joined.contains(Self.lines([Self.stuff(1, 2)])[0]) == !ends, "\(line): \(joined)")
        }
    }
}
