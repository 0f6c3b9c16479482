// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import TceEmu

/// Entries and exits of hcalls: which belong together, and what becomes of those that are alone.
@Suite("ftrace: hcalls")
struct FtraceHcallTests {
    private static func entry(_ opcode: Int, cpu: Int = 0, _ time: String) -> String {
        ftraceLine(cpu: cpu, time, "hcall_entry: opcode=\(opcode)")
    }

    private static func exit(_ opcode: Int, cpu: Int = 0, _ time: String, _ status: String = "0") -> String {
        ftraceLine(cpu: cpu, time, "hcall_exit: opcode=\(opcode) retval=\(status)")
    }

    @Test("An hcall has its entry's time, its exit's status, and the time between as its duration")
    func pair() throws {
        let imported = try importFtrace(Self.entry(316, cpu: 3, "5.202269"), Self.exit(316, cpu: 3, "5.202425"))
        #expect(
            imported.events == [
                TraceEvent(time: 5_202_269, body: .observed(.init(opcode: 316, cpu: 3, status: 0, duration: 156)))
            ])
        #expect(imported.report.understood == ["hcall_entry": 1, "hcall_exit": 1])
        #expect(imported.report.events == 1)
        #expect(imported.report.notes.isEmpty)
    }

    @Test(
        "A status is a signed decimal number, or 64 bits in hexadecimal",
        arguments: [
            ("0", 0), ("-4", -4), ("0xfffffffffffffffc", -4), ("0x1", 1), ("2147483647", .max),
            ("-2147483648", .min),
        ] as [(String, Int32)])
    func statuses(text: String, status: Int32) throws {
        let imported = try importFtrace(Self.entry(32, "1.0"), Self.exit(32, "1.0", text))
        #expect(imported.observed == [.init(opcode: 32, cpu: 0, status: status, duration: 0)])
    }

    @Test("CPUs do not meet: each exit is that of its own CPU's entry, and events stand in the text's order")
    func cpus() throws {
        let imported = try importFtrace(
            Self.entry(32, cpu: 0, "1.000000"), Self.entry(32, cpu: 1, "1.000001"),
            Self.exit(32, cpu: 0, "1.000010", "-4"),
            Self.entry(312, cpu: 0, "1.000020"), Self.exit(32, cpu: 1, "1.000031"), Self.exit(312, cpu: 0, "1.000032"))
        #expect(
            imported.observed == [
                .init(opcode: 32, cpu: 0, status: -4, duration: 10), .init(opcode: 32, cpu: 1, status: 0, duration: 30),
                .init(opcode: 312, cpu: 0, status: 0, duration: 12),
            ])
        #expect(imported.events.map(\.time) == [1_000_000, 1_000_001, 1_000_020])
    }

    @Test("An interrupt's hcall inside another one's tracepoints is matched from the inside out")
    func nested() throws {
        let imported = try importFtrace(
            Self.entry(312, "1.000000"), Self.entry(312, "1.000001"), Self.exit(312, "1.000003", "-4"),
            Self.exit(312, "1.000009"))
        #expect(
            imported.observed == [
                .init(opcode: 312, cpu: 0, status: 0, duration: 9), .init(opcode: 312, cpu: 0, status: -4, duration: 2),
            ])
    }

    @Test("An entry without its exit is an hcall of a status and duration not known")
    func entryAlone() throws {
        let imported = try importFtrace(
            Self.entry(32, "1.000000"), Self.entry(312, "1.000002"), Self.exit(312, "1.000005"),
            Self.entry(28, "2.000000"))
        #expect(
            imported.observed == [
                .init(opcode: 32, cpu: 0), .init(opcode: 312, cpu: 0, status: 0, duration: 3),
                .init(opcode: 28, cpu: 0),
            ])
        #expect(
            imported.report.notes == [
                "The ends of 2 hcalls were not seen: their status and duration are not known (first: line 4)."
            ])
    }

    @Test("An exit of an outer hcall ends those inside it, whose exits are missing")
    func missingInnerExit() throws {
        let imported = try importFtrace(
            Self.entry(32, "1.000000"), Self.entry(312, "1.000002"), Self.exit(32, "1.000005"),
            Self.exit(312, "1.000006"))
        #expect(
            imported.observed == [
                .init(opcode: 32, cpu: 0, status: 0, duration: 5), .init(opcode: 312, cpu: 0),
                .init(opcode: 312, cpu: 0, status: 0),
            ])
    }

    @Test("An exit without its entry is an hcall at its end, of a duration not known")
    func exitAlone() throws {
        let imported = try importFtrace(
            Self.exit(32, "1.000000", "-4"), Self.entry(312, "1.000001"), Self.exit(32, "1.000002"),
            Self.exit(312, "1.000003"))
        #expect(
            imported.observed == [
                .init(opcode: 32, cpu: 0, status: -4), .init(opcode: 312, cpu: 0, status: 0, duration: 2),
                .init(opcode: 32, cpu: 0, status: 0),
            ])
        #expect(imported.events.map(\.time) == [1_000_000, 1_000_001, 1_000_002])
        #expect(imported.report.notes.count == 1)
        #expect(imported.report.notes[0].hasPrefix("The entries of 2 hcalls were not seen"))
    }

    @Test("An exit stamped before its entry has no duration")
    func exitBeforeEntry() throws {
        let imported = try importFtrace(Self.entry(32, "1.000005"), Self.exit(32, "1.000004"))
        #expect(imported.observed == [.init(opcode: 32, cpu: 0, status: 0)])
    }

    @Test(
        "No entry is matched with an exit across lost events of its CPU; other CPUs' are",
        arguments: [
            "CPU:1 [LOST 27 EVENTS]", "CPU:1 [LOST EVENTS]", "CPU:1 [27 EVENTS DROPPED]",
            "CPU:1 [EVENTS DROPPED]",
        ])
    func lost(line: String) throws {
        let imported = try importFtrace(
            Self.entry(32, cpu: 0, "1.000000"), Self.entry(32, cpu: 1, "1.000001"), line,
            Self.exit(32, cpu: 1, "1.000005"), Self.exit(32, cpu: 0, "1.000007"))
        #expect(
            imported.observed == [
                .init(opcode: 32, cpu: 0, status: 0, duration: 7), .init(opcode: 32, cpu: 1),
                .init(opcode: 32, cpu: 1, status: 0),
            ])
        let count = line.contains("27") ? "27 events" : "Events"
        #expect(
            imported.report.notes.first == "\(count) were lost where the guest's ring buffer was full (first: line 3).")
        #expect(!imported.header.inferred.contains { $0.contains("lost") })
        #expect(imported.report.foreign.isEmpty)
    }

    @Test("Losses that are told before the first event are in the header, also those of a full buffer")
    func lossesInHeader() throws {
        let imported = try importFtrace(
            "# tracer: nop", "# entries-in-buffer/entries-written: 1000/1234   #P:2", "CPU:0 [LOST 5 EVENTS]",
            "CPU:1 [LOST 6 EVENTS]", Self.entry(32, "1.0"))
        let sentences = [
            "234 events were overwritten in the guest's ring buffer before the text was read (first: line 2).",
            "11 events were lost where the guest's ring buffer was full (first: line 3).",
        ]
        #expect(imported.header.inferred.suffix(2) == sentences)
        #expect(imported.report.notes.prefix(2) == sentences[...])
    }

    @Test("A buffer that was not full is no loss")
    func fullBuffer() throws {
        let imported = try importFtrace("# entries-in-buffer/entries-written: 10/10   #P:2", Self.entry(32, "1.0"))
        #expect(!imported.header.inferred.contains { $0.contains("overwritten") })
    }

    @Test("Another recording's header among the events ends what is open")
    func secondRecording() throws {
        let imported = try importFtrace(
            Self.entry(32, "1.000000"), "# tracer: nop", "# entries-in-buffer/entries-written: 10/11   #P:2",
            Self.exit(32, "1.000003"))
        #expect(imported.observed == [.init(opcode: 32, cpu: 0), .init(opcode: 32, cpu: 0, status: 0)])
        #expect(imported.report.notes.contains { $0.hasPrefix("1 event was overwritten") })
    }

    @Test("Of hcalls open at once on one CPU the innermost 64 are kept")
    func depth() throws {
        for depth in [FtraceCalls.depthMax, FtraceCalls.depthMax + 1] {
            let entries = (0..<depth).map { _ in Self.entry(32, "1.000000") }
            let exits = (0..<depth).map { _ in Self.exit(32, "1.000001") }
            let imported = try importAll((entries + exits).joined(separator: "\n"), with: FtraceImporter())
            let paired = imported.observed.filter { $0.duration == 1 }.count
            #expect(paired == FtraceCalls.depthMax)
            #expect(imported.events.count == depth + (depth - FtraceCalls.depthMax))
        }
    }

    @Test("An hcall whose exit does not come holds back only so many events", arguments: [0, 1])
    func waiting(more: Int) throws {
        var importer = FtraceImporter()
        var handedOn = 0
        let pairs = FtraceCalls.waitingMax - 1 + more
        var lines = [Self.entry(32, cpu: 1, "1.000000")]
        for _ in 0..<pairs { lines += [Self.entry(312, "1.000001"), Self.exit(312, "1.000002")] }
        for (index, line) in lines.enumerated() {
            let bytes = Array(line.utf8)
            try importer.importLine(bytes.span, number: UInt64(index + 1)) { _ in handedOn += 1 }
        }
        #expect(handedOn == (more == 0 ? 0 : pairs + 1))
        let exit = Array(Self.exit(32, cpu: 1, "1.000009").utf8)
        try importer.importLine(exit.span, number: UInt64(lines.count + 1)) { _ in handedOn += 1 }
        try importer.finish { _ in handedOn += 1 }
        #expect(handedOn == pairs + 1 + more)
        #expect(importer.report.events == UInt64(handedOn))
        #expect(importer.report.notes.isEmpty == (more == 0))
    }
}
