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

    /// Lines of text in, lines of text out, without times. "!" before a line: the put is one that is refused.
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
            joiner.add(event, phases.isEmpty ? .runTime : phases[index], joinableIn: window)
            joiner.takeReady(take)
        }
        joiner.endAll()
        joiner.takeReady(take)
        return result
    }

    static func put(_ page: Int, _ tce: UInt64 = 0, cpu: Int? = 0) -> String {
        "H_PUT_TCE \(cpu.map { "cpu=\($0) " } ?? "")liobn=0x8 ioba=\(UInt64(page << 12).hex) tce=\(tce.hex)"
    }

    /// Puts of 0, or of pages of memory one after another.
    static func puts(_ pages: Range<Int>, _ first: UInt64 = 0, cpu: Int? = 0) -> [String] {
        pages.map { put($0, first == 0 ? 0 : first + UInt64($0 - pages.lowerBound) << 12, cpu: cpu) }
    }

    static func stuff(_ page: Int, _ n: Int, cpu: Int = 0) -> String {
        "H_STUFF_TCE cpu=\(cpu) liobn=0x8 ioba=\(UInt64(page << 12).hex) tce=0x0 npages=\(n)"
    }

    static func list(_ page: Int, _ n: Int, _ first: UInt64, cpu: Int = 0) -> String {
        "H_PUT_TCE_INDIRECT cpu=\(cpu) liobn=0x8 ioba=\(UInt64(page << 12).hex) "
            + (n == 1 ? "tces=\(first.hex)" : "tces=\(first.hex)+0x1000*\(n)")
    }

    static let access = "dma liobn=0x8 ioba=0x1008 length=8 write"

    @Test("Zeros become one H_STUFF_TCE, others one list; one alone stays an H_PUT_TCE")
    func zerosAndOthers() throws {
        #expect(try Self.join(Self.puts(1..<3)) == [Self.stuff(1, 2)])
        #expect(try Self.join(Self.puts(1..<3, 0x5003)) == [Self.list(1, 2, 0x5003)])
        #expect(try Self.join(Self.puts(1..<2)) == Self.puts(1..<2))
        #expect(try Self.join(Self.puts(1..<2, 0x5003)) == Self.puts(1..<2, 0x5003))
        // A value without a permission is none of zero.
        #expect(try Self.join(Self.puts(1..<3, 0x5000)) == [Self.list(1, 2, 0x5000)])
    }

    @Test("Zeros and others are not joined with each other")
    func mixed() throws {
        #expect(
            try Self.join(Self.puts(1..<3) + Self.puts(3..<5, 0x5003) + Self.puts(5..<6))
                == [Self.stuff(1, 2), Self.list(3, 2, 0x5003), Self.put(5)])
    }

    @Test("A call has at most 512 TCEs")
    func most() throws {
        #expect(try Self.join(Self.puts(1..<513)) == [Self.stuff(1, 512)])
        #expect(try Self.join(Self.puts(1..<514)) == [Self.stuff(1, 512), Self.put(513)])
        #expect(
            try Self.join(Self.puts(1..<515, 0x5003))
                == [Self.list(1, 512, 0x5003), Self.list(513, 2, 0x5003 + 512 << 12)])
    }

    @Test("Pages ascend one by one: not down, not by two, not the same again")
    func ascending() throws {
        for pages in [[2, 1], [1, 3], [1, 1]] {
            let puts = pages.map { Self.put($0) }
            #expect(try Self.join(puts) == puts)
        }
    }

    @Test("The step is the window's page: 16 MiB in a window of such pages")
    func pageSize() throws {
        func put(_ offset: UInt64, _ tce: UInt64) -> String {
            "H_PUT_TCE cpu=0 liobn=0x9 ioba=\((1 << 59 + offset).hex) tce=\(tce.hex)"
        }
        let far = [put(0, 3), put(0x100_0000, 0x100_0003)]
        #expect(
            try Self.join(far) == ["H_PUT_TCE_INDIRECT cpu=0 liobn=0x9 ioba=0x800000000000000 tces=0x3+0x1000000*2"]
                || Self.join(far)
                    == ["H_PUT_TCE_INDIRECT cpu=0 liobn=0x9 ioba=0x800000000000000 tces=0x3,0x1000003"])
        let near = [put(0, 3), put(0x1000, 0x1003)]
        #expect(try Self.join(near) == near)
    }

    @Test("vCPUs have their own runs, those that are not known one of their own")
    func vCPUs() throws {
        let two = zip(Self.puts(1..<4), Self.puts(101..<104, cpu: 1)).flatMap { [$0, $1] }
        #expect(try Self.join(two) == [Self.stuff(1, 3), Self.stuff(101, 3, cpu: 1)])
        let swapped = [Self.put(1), Self.put(2, cpu: 1)]
        #expect(try Self.join(swapped) == swapped)
        let unknown = [Self.put(1, cpu: nil), Self.put(2)]
        #expect(try Self.join(unknown) == unknown)
        #expect(
            try Self.join(Self.puts(1..<3, cpu: nil))
                == [Self.stuff(1, 2).replacing("cpu=0 ", with: "")])
    }

    @Test("LIOBNs have their own runs")
    func liobns() throws {
        func other(_ line: String) -> String { line.replacing("liobn=0x8 ", with: "liobn=0xa ") }
        let both = Self.puts(1..<4).flatMap { [$0, other($0)] }
        #expect(try Self.join(both) == [Self.stuff(1, 3), other(Self.stuff(1, 3))])
    }

    @Test("Another hcall of the vCPU on the LIOBN ends a run, wherever it points; one of another vCPU does not")
    func otherCalls() throws {
        let calls = [
            "H_GET_TCE cpu=0 liobn=0x8 ioba=0x9000", Self.stuff(9, 1), Self.list(9, 1, 0x5003),
        ]
        for call in calls {
            #expect(try Self.join([Self.put(1), call, Self.put(2)]) == [Self.put(1), call, Self.put(2)])
            let other = call.replacing("cpu=0", with: "cpu=1")
            #expect(try Self.join([Self.put(1), other, Self.put(2)]) == [Self.stuff(1, 2), other])
            let elsewhere = call.replacing("liobn=0x8", with: "liobn=0xa")
            #expect(try Self.join([Self.put(1), elsewhere, Self.put(2)]) == [Self.stuff(1, 2), elsewhere])
        }
    }

    @Test("A call of another vCPU on TCEs of a run ends it; on the next page it does not")
    func otherVCPU() throws {
        for (call, page) in [
            ("H_GET_TCE cpu=1 liobn=0x8 ioba=0x2000", 2), (Self.stuff(2, 1, cpu: 1), 2), (Self.stuff(0, 2, cpu: 1), 1),
            (Self.list(0, 2, 0x5003, cpu: 1), 1), (Self.put(2, 0x5003, cpu: 1), 2),
        ] {
            let run = Self.puts(1..<3), next = Self.put(3)
            #expect(try Self.join(run + [call, next]) == [Self.stuff(1, 2), call, next], "\(call)")
            let before = Self.puts((page + 5)..<(page + 7))
            #expect(
                try Self.join(before + [call, Self.put(page + 7)]) == [Self.stuff(page + 5, 3), call], "\(call)")
        }
        // The page behind a run is none of its own yet, whoever clears it.
        let behind = Self.stuff(3, 1, cpu: 1)
        #expect(try Self.join(Self.puts(1..<3) + [behind, Self.put(3)]) == [Self.stuff(1, 3), behind])
    }

    @Test("An access by a device ends a run if it uses a TCE of the run")
    func accesses() throws {
        func ends(_ access: String) throws -> Bool {
            let joined = try Self.join(Self.puts(1..<3) + [access, Self.put(3)])
            if joined == [Self.stuff(1, 3), access] { return false }
            #expect(joined == [Self.stuff(1, 2), access, Self.put(3)])
            return true
        }
        #expect(try ends("dma liobn=0x8 ioba=0x1008 length=8 write"))
        #expect(try ends("dma liobn=0x8 ioba=0x2fff length=1 read"))
        #expect(try !ends("dma liobn=0x8 ioba=0x3000 length=1 read"))
        #expect(try ends("dma liobn=0x8 ioba=0xfff length=2 read"))
        #expect(try !ends("dma liobn=0x8 ioba=0xfff length=1 read"))
        #expect(try ends("dma liobn=0x8 ioba=0x1000"))
        #expect(try !ends("dma liobn=0x8 ioba=0xfff"))
        #expect(try !ends("dma liobn=0xa ioba=0x1008 length=8 write"))
        // Where the PHB alone is known, any of its tables may be meant.
        #expect(try ends("dma buid=0x7 requester=0x8 ioba=0x1008 length=8 write"))
        #expect(try !ends("dma buid=0x46 requester=0x8 ioba=0x1008 length=8 write"))
    }

    @Test("The joined call stands where its first put stood, with that put's time; nothing else moves")
    func place() throws {
        var joiner = CallJoiner()
        let text = "1 \(Self.put(1))\n2 dma liobn=8 ioba=0x9000 length=1 read\n3 \(Self.put(2))\n4 reset\n"
        for event in try importText(text).events {
            joiner.add(event, nil, joinableIn: Self.windows[8])
        }
        joiner.endAll()
        var times: [UInt64] = []
        joiner.takeReady { times.append($0.event.time) }
        #expect(times == [1_000_000_000, 2_000_000_000, 4_000_000_000])
    }

    @Test("A refused put is not joined, and ends its run")
    func refused() throws {
        #expect(
            try Self.join([Self.put(1), Self.put(2), "!" + Self.put(3), Self.put(4)])
                == [Self.stuff(1, 2), Self.put(3), Self.put(4)])
    }

    @Test("A run lies in one phase")
    func phases() throws {
        #expect(
            try Self.join(Self.puts(1..<5), phases: [.firmware, .firmware, .bootClear, .bootClear])
                == [Self.stuff(1, 2), Self.stuff(3, 2)])
    }

    @Test("A window that changes ends the runs on it, and those alone")
    func windowChanges() throws {
        var joiner = CallJoiner()
        for line in [Self.put(1), Self.put(1).replacing("0x8 ", with: "0xa ")] {
            let event = try #require(try importText(line).events.first)
            joiner.add(event, nil, joinableIn: Self.windows[event.liobn ?? 0])
        }
        joiner.end(WindowTracker.Change(tables: .these([8, 9])))
        for line in [Self.put(2), Self.put(2).replacing("0x8 ", with: "0xa ")] {
            let event = try #require(try importText(line).events.first)
            joiner.add(event, nil, joinableIn: Self.windows[event.liobn ?? 0])
        }
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
        #expect(try between(9) == [Self.stuff(1, 2)])
        #expect(try between(10) == [Self.put(1), Self.put(2)])
    }

    @Test("An hcall known by opcode only ends the runs of its vCPU if it is a TCE hcall")
    func observed() throws {
        for (line, ends) in [
            ("hcall 0x20 cpu=0", true), ("hcall 0x20 cpu=1", false), ("hcall 0x9 cpu=0", false),
        ] {
            let joined = try Self.join([Self.put(1), line, Self.put(2)])
            #expect(joined.contains(Self.stuff(1, 2)) == !ends, "\(line): \(joined)")
        }
    }
}
