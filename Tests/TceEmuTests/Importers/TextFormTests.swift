// SPDX-License-Identifier: Apache-2.0
import TceEmu
import Testing

/// The text form: what is printed reads back the same, and what people write is understood.
@Suite("Text form")
struct TextFormTests {
    private static func print(_ events: [TraceEvent], _ header: TraceHeader) -> String {
        let printer = TextPrinter(header: header)
        var text: [UInt8] = []
        printer.appendHeader(to: &text)
        for event in events { printer.append(event, to: &text) }
        return String(decoding: text, as: UTF8.self)
    }

    /// A line and the event that it is.
    struct Example: CustomTestStringConvertible, Sendable {
        var line: String
        var body: TraceEvent.Body

        init(_ line: String, _ body: TraceEvent.Body) {
            self.line = line
            self.body = body
        }

        var testDescription: String { line }
    }

    static let examples: [Example] = [
        Example(
            "phb buid=0x800000020000000 liobn=0x80000000 start=0x0 bytes=0x40000000 dma64=0x800000000000000 shifts=12,16,21,24 ddw=on",
            .phb(TraceEvent.PHB(buid: 0x8000000_20000000, liobn: 0x8000_0000))),
        Example(
            "phb buid=0x1 liobn=0x2 start=0x3 bytes=0x4 dma64=0x5 shifts=none ddw=off",
            .phb(
                TraceEvent.PHB(
                    buid: 1, liobn: 2, windowStart: 3, windowBytes: 4, dma64Start: 5, pageShifts: 0, ddw: false))),
        Example(
            "window liobn=0x71000002 start=0x0 shift=12 tces=65536",
            .window(TraceEvent.Window(liobn: 0x7100_0002, tces: 65_536))),
        Example(
            "window liobn=0x80000001 start=0x800000000000000 shift=24 tces=128 buid=0x1 bypass",
            .window(
                TraceEvent.Window(liobn: 0x8000_0001, start: 1 << 59, pageShift: 24, tces: 128, buid: 1, bypass: true))),
        Example("unwindow liobn=0x80000001", .unwindow(liobn: 0x8000_0001)),
        Example("reset", .reset),
        Example(
            "H_PUT_TCE cpu=0 liobn=0x80000000 ioba=0x1000 tce=0x7e370003 -> H_SUCCESS",
            .hcall(TraceEvent.Hcall(.put, cpu: 0, liobn: 0x8000_0000, ioba: 0x1000, value: 0x7e37_0003, status: 0))),
        Example(
            "H_GET_TCE liobn=0x80000000 ioba=0x1000 -> H_SUCCESS tce=0x7e370003 took=12",
            .hcall(
                TraceEvent.Hcall(.get, liobn: 0x8000_0000, ioba: 0x1000, value: 0x7e37_0003, status: 0, duration: 12))),
        Example(
            "H_GET_TCE liobn=0x80000000 ioba=0x1000 -> ? tce=0x1",
            .hcall(TraceEvent.Hcall(.get, liobn: 0x8000_0000, ioba: 0x1000, value: 1))),
        Example(
            "H_STUFF_TCE cpu=65534 liobn=0x80000000 ioba=0x40000000 tce=0x0 npages=512 -> H_PARAMETER",
            .hcall(
                TraceEvent.Hcall(.stuff, cpu: 65_534, liobn: 0x8000_0000, ioba: 0x4000_0000, npages: 512, status: -4))),
        Example(
            "H_PUT_TCE_INDIRECT cpu=1 liobn=0x80000000 ioba=0x30120000 list=0x20a0000 npages=16 tces=0x6440003+0x1000*16 -> H_SUCCESS",
            .hcall(
                TraceEvent.Hcall(
                    .putIndirect, cpu: 1, liobn: 0x8000_0000, ioba: 0x3012_0000, value: 0x20a_0000, npages: 16,
                    entries: (0..<16).map { 0x644_0003 + $0 * 0x1000 }, status: 0))),
        Example(
            "H_PUT_TCE_INDIRECT liobn=0x1 ioba=0x0 list=0x1000 npages=6 tces=0x3,0x5,0x0*3,0x9",
            .hcall(
                TraceEvent.Hcall(
                    .putIndirect, liobn: 1, ioba: 0, value: 0x1000, npages: 6, entries: [3, 5, 0, 0, 0, 9]))),
        Example(
            "H_PUT_TCE_INDIRECT liobn=0x1 ioba=0x0 list=0x1001 npages=18446744073709551615 -> -12345",
            .hcall(TraceEvent.Hcall(.putIndirect, liobn: 1, ioba: 0, value: 0x1001, npages: .max, status: -12_345))),
        Example(
            "dma liobn=0x80000000 ioba=0xc1d0b40 -> page=0x350d000 perm=1 shift=12",
            .dma(
                TraceEvent.DMA(
                    liobn: 0x8000_0000, ioba: 0xc1d_0b40,
                    outcome: TraceEvent.DMA.Outcome(page: 0x350_d000, permission: 1, shift: 12)))),
        Example(
            "dma buid=0x800000020000000 requester=0x108 ioba=0x5 length=64 read",
            .dma(
                TraceEvent.DMA(
                    liobn: nil, buid: 0x8000000_20000000, requester: 0x108, ioba: 5, length: 64, access: .read))),
        Example("dma ioba=0x0 length=0 both", .dma(TraceEvent.DMA(liobn: nil, ioba: 0, length: 0, access: .readWrite))),
        Example(
            "rtas ibm,create-pe-dma-window cpu=0 args=0x0,0x8000000,0x20000000,0x18,0x1f returns=4 -> 0 0x80000001,0x8000000,0x0",
            .rtas(
                TraceEvent.Call(
                    0x2027, cpu: 0, arguments: [0, 0x800_0000, 0x2000_0000, 24, 31], returns: 4, status: 0,
                    outputs: [0x8000_0001, 0x800_0000, 0]))),
        Example("rtas 0x1234", .rtas(TraceEvent.Call(0x1234))),
        Example(
            "uv UV_SHARE_PAGE cpu=1 args=0x100,0x10 -> U_SUCCESS",
            .ultracall(TraceEvent.Call(0xf130, cpu: 1, arguments: [0x100, 0x10], status: 0))),
        Example("uv 0xffff -> U_P5 0x1", .ultracall(TraceEvent.Call(0xffff, status: -58, outputs: [1]))),
        Example(
            "hcall cpu=3 opcode=0x20 -> H_SUCCESS took=7",
            .observed(TraceEvent.Observed(opcode: 0x20, cpu: 3, status: 0, duration: 7))),
        Example("thaw buid=0x1 addr=0x10000", .thaw(buid: 1, configAddress: 0x10000)),
        Example(
            "map cpu=0 device=1 ra=0x4000 length=4096 read more -> 0 dma=0x8000",
            .guest(
                TraceEvent.Guest(
                    .map, device: 1, cpu: 0, address: 0x4000, value: 0x8000, length: 4_096, access: .read, more: true,
                    status: 0))),
        Example(
            "unmap device=1 dma=0x8000 length=4096 write",
            .guest(TraceEvent.Guest(.unmap, device: 1, address: 0x8000, length: 4_096, access: .write))),
        Example(
            "sync device=1 dma=0x8000 length=64 write for_cpu",
            .guest(TraceEvent.Guest(.sync, device: 1, address: 0x8000, length: 64, access: .write, cpuSide: true))),
        Example(
            "alloc device=1 ra=0x4000 length=65536 -> -12",
            .guest(TraceEvent.Guest(.alloc, device: 1, address: 0x4000, length: 65_536, status: -12))),
        Example(
            "free device=1 dma=0x8000 ra=0x0 length=65536",
            .guest(TraceEvent.Guest(.free, device: 1, address: 0x8000, length: 65_536))),
        Example(
            "set_mask device=1 mask=0xffffffff coherent -> 0",
            .guest(TraceEvent.Guest(.setMask, device: 1, address: 0xffff_ffff, cpuSide: true, status: 0))),
    ]

    @Test("Every kind: a line is printed as it stands here, and reads back", arguments: examples)
    func example(_ example: Example) throws {
        let event = TraceEvent(time: 5_250_311, body: example.body)
        var header = TraceHeader()
        header.unitNanoseconds = 1_000
        let line = "5.250311 " + example.line
        #expect(TextPrinter(header: header).line(event) == line)
        #expect(try importText("@unit us\n\(line)\n").events == [event])
        #expect(try importText(example.line).bodies == [example.body])
    }

    @Test("The examples have every kind of event")
    func everyKind() {
        let kinds = Set(Self.examples.compactMap { $0.line.split(separator: " ").first })
        #expect(kinds == Set(EventKind.all.map { Substring($0.name) }))
    }

    @Test(
        "Fields stand in any order, numbers are decimal or hexadecimal, and most fields have a default",
        arguments: [
            ("dma ioba=4096 both liobn=2147483648", "dma liobn=0x80000000 ioba=0x1000 both"),
            ("dma read ioba=0x1000 write", "dma ioba=0x1000 both"),
            ("phb liobn=0x80000000 buid=1", "phb liobn=0x80000000 buid=1 bytes=0x40000000 ddw=on shifts=12,16,21,24"),
            ("window tces=16 liobn=1", "window liobn=1 start=0 shift=12 tces=16 buid=0"),
            ("H_PUT_TCE tce=3 ioba=0 liobn=1 -> 0", "H_PUT_TCE liobn=1 ioba=0 tce=3 -> H_SUCCESS"),
            (
                "H_PUT_TCE_INDIRECT liobn=1 ioba=0 tces=3,4099,0x2003",
                "H_PUT_TCE_INDIRECT liobn=1 ioba=0 list=0 npages=3 tces=3+0x1000*3"
            ),
            (
                "H_PUT_TCE_INDIRECT liobn=1 ioba=0 tces=0x3003-0x1000*3,7*2",
                "H_PUT_TCE_INDIRECT liobn=1 ioba=0 npages=5 tces=0x3003,0x2003,0x1003,7,7"
            ),
            ("H_PUT_TCE_INDIRECT liobn=1 ioba=0", "H_PUT_TCE_INDIRECT liobn=1 ioba=0 npages=0"),
            ("uv 0xf130 args=1,2 -> H_PARAMETER", "uv UV_SHARE_PAGE args=1,2 -> -4"),
            (
                "rtas 0x2028 args=0x80000001 returns=1 -> 0",
                "rtas ibm,remove-pe-dma-window args=0x80000001 returns=1 -> 0"
            ),
            ("\t reset # as at power-on", "reset"), ("reset\r", "reset"),
            ("thaw buid=1", "thaw addr=0 buid=1"),
        ])
    func lenient(line: String, same: String) throws {
        #expect(try importText(line).bodies == importText(same).bodies)
        #expect(try importText(line).bodies.count == 1)
    }

    @Test("Blank lines and comments are nothing; an event without a time has that of the last")
    func timesAndComments() throws {
        let imported = try importText(
            "# a trace\n\n  # more\n@unit ms\nreset\n2.5 reset\n\nreset # again\n# end\n3 reset\n")
        #expect(imported.events.map(\.time) == [0, 2_500, 2_500, 3_000])
        #expect(imported.report.lines == 10)
        #expect(imported.report.understood == ["reset": 4])
    }

    @Test("A time that goes back is raised to the one before and counted")
    func clampedTimes() throws {
        let imported = try importText("2 reset\n2 reset\n1.999999999 reset\n")
        #expect(imported.events.map(\.time) == [2_000_000_000, 2_000_000_000, 2_000_000_000])
        #expect(imported.report.clampedTimes == 1)
    }

    @Test(
        "A time has as many digits as its unit; more are an error unless they are 0",
        arguments: [
            ("ns", "1.000000001", 1_000_000_001), ("ns", "1.0000000010", 1_000_000_001), ("ns", "1.0000000001", nil),
            ("us", "1.000001", 1_000_001), ("us", "1.0000001", nil), ("ms", "1.5", 1_500), ("s", "7", 7),
            ("s", "7.0", 7),
            ("s", "7.1", nil), ("ns", "18446744073.709551615", .max), ("ns", "18446744073.709551616", nil),
            ("ns", "1.x", nil),
            ("s", "18446744073709551615", .max), ("s", "18446744073709551616", nil),
        ] as [(String, String, UInt64?)])
    func times(unit: String, text: String, time: UInt64?) throws {
        let imported = try? importText("@unit \(unit)\n\(text) reset\n")
        #expect(imported?.events.first?.time == time)
    }

    @Test("A header reads back, whatever its texts are")
    func headers() throws {
        var header = TraceHeader()
        #expect(try importText(Self.print([], header)).header == header)
        for (unit, digits) in [(UInt64(1), 9), (1_000, 6), (1_000_000, 3), (1_000_000_000, 0)] {
            header.unitNanoseconds = unit
            header.platform = "qemu"
            header.memoryBytes = .max
            header.source = " # @unit s -> "
            header.command = "qemu -append 'a=b c' -D C:\\new\\x  "
            header.inferred = ["", "One.", "  Two\t", "ü 語 # x"]
            header.writer = ""
            let event = TraceEvent(time: 1_234_567_890_123, body: .reset)
            let imported = try importText(Self.print([event], header))
            #expect(imported.header == header)
            #expect(imported.events == [event])
            #expect(
                TextPrinter(header: header).line(event).drop { $0 != "." }.count == (digits > 0 ? digits + 1 : 0)
                    + (digits > 0 ? 6 : 0))
        }
    }

    @Test("A newline in a header's text becomes a space")
    func newlineInHeader() throws {
        var header = TraceHeader()
        header.command = "a\nreset\r\nb"
        let imported = try importText(Self.print([], header))
        #expect(imported.header.command == "a reset  b")
        #expect(imported.events.isEmpty)
    }

    @Test("Random events and headers read back the same, and a batch gives them back the same", arguments: 1...40)
    func random(seed: UInt64) throws {
        var generator = EventGenerator(seed: seed)
        var header = TraceHeader()
        header.unitNanoseconds = [1, 1_000, 1_000_000, 1_000_000_000][Int(seed % 4)]
        header.source = generator.text()
        header.inferred = [generator.text(), generator.text()]
        let events = (0..<500).map { _ in generator.event() }
        let imported = try importText(Self.print(events, header))
        #expect(imported.header == header, "EventGenerator(seed: \(seed))")
        try #require(imported.events.count == events.count, "EventGenerator(seed: \(seed))")
        let batch = try EventBatch()
        for (index, event) in events.enumerated() {
            try #require(imported.events[index] == event, "EventGenerator(seed: \(seed)), event \(index)")
            try batch.append(event)
            try #require(batch[index] == event, "EventGenerator(seed: \(seed)), event \(index)")
        }
    }
}
