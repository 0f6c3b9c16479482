// SPDX-License-Identifier: Apache-2.0
import TceEmu
import Testing

/// What stands before an event, time stamps, and which lines are none.
@Suite("ftrace: lines")
struct FtraceLineTests {
    private static let entry = "hcall_entry: opcode=32"

    @Test("The header says microseconds, where the text comes from, and what is inferred")
    func header() throws {
        let options = FtraceImporter.Options(memoryBytes: 1 << 31, command: "qemu -m 2G")
        let imported = try importAll("", with: FtraceImporter(options))
        #expect(imported.header.unitNanoseconds == 1_000)
        #expect(imported.header.source == "ftrace text")
        #expect(imported.header.platform == nil)
        #expect(imported.header.memoryBytes == 1 << 31)
        #expect(imported.header.command == "qemu -m 2G")
        #expect(imported.header.inferred.contains { $0.contains("LIOBN") })
        #expect(imported.events.isEmpty)
    }

    @Test(
        "A task may have any name, the flags any width, the thread group and the flags may be absent",
        arguments: [
            "        modprobe-97      [005] .....     5.200620: hcall_entry: opcode=32",
            "          <idle>-0       [005] d.h..     5.200620: hcall_entry: opcode=32",
            "           <...>-4194303 [005] d..1      5.200620: hcall_entry: opcode=32",
            "    kworker/0:1H-45      [005] dNs2.     5.200620: hcall_entry: opcode=32",
            "     my prog [1]-77      [005] d....     5.200620: hcall_entry: opcode=32",
            " a-1 [0] 1.0: x:-77      [005] d....     5.200620: hcall_entry: opcode=32",
            "                -77      [005] d....     5.200620: hcall_entry: opcode=32",
            "              dd-77      (-------) [005] d....     5.200620: hcall_entry: opcode=32",
            "              dd-77      (    123) [005] d....     5.200620: hcall_entry: opcode=32",
            "              dd-77      (   1234) [005]     5.200620: hcall_entry: opcode=32",
            "              dd-77    [005]     5.200620: hcall_entry: opcode=32",
            "              dd-77    [005]     5.200620: hcall_entry:          opcode=32",
            "              dd-77    [005]  d..1. 5.200620: hcall_entry:  opcode=0x20",
            "dd-77 [005] d.... 5.200620: hcall_entry: opcode=32",
            "my-prog-77 [005] d.... 5.200620: hcall_entry: opcode=32",
            "              dd-77      [005] d....     5.200620: hcall_entry: opcode=32\r",
        ])
    func places(line: String) throws {
        let imported = try importFtrace(line)
        #expect(imported.events == [TraceEvent(time: 5_200_620, body: .observed(.init(opcode: 32, cpu: 5)))])
        #expect(imported.report.notUnderstoodLines == 0)
        #expect(imported.report.understood == ["hcall_entry": 1])
    }

    @Test("What looks like an event in the text of another one is none")
    func quotedEvents() throws {
        let imported = try importFtrace(
            ftraceLine("1.000000", "tracing_mark_write: x-1 [000] d.... 1.0: hcall_entry: opcode=32"),
            ftraceLine("1.000000", "sched_switch: prev_comm=dd-1 [000] 2.0: hcall_entry: opcode=x"))
        #expect(imported.events.isEmpty)
        #expect(imported.report.foreign == ["tracing_mark_write": 1, "sched_switch": 1])
        #expect(imported.report.notUnderstoodLines == 0)
    }

    @Test(
        "The first stamp gives the unit: microseconds up to six digits, else nanoseconds",
        arguments: [
            ("5.2", 1_000, 5_200_000), ("5.200620", 1_000, 5_200_620), ("5.2006201", 1, 5_200_620_100),
            ("5.000000001", 1, 5_000_000_001), ("0.000000", 1_000, 0),
        ] as [(String, UInt64, UInt64)])
    func units(stamp: String, unit: UInt64, time: UInt64) throws {
        let imported = try importFtrace(ftraceLine(stamp, Self.entry))
        #expect(imported.header.unitNanoseconds == unit)
        #expect(imported.events.map(\.time) == [time])
    }

    @Test("A stamp finer than the first one's unit is not understood, unless its digits beyond are 0")
    func finerStamps() throws {
        let imported = try importFtrace(
            ftraceLine("1.000001", Self.entry), ftraceLine("1.000002000", Self.entry),
            ftraceLine("1.000002001", Self.entry))
        #expect(imported.events.map(\.time) == [1_000_001, 1_000_002])
        #expect(imported.report.notUnderstoodLines == 1)
        #expect(imported.report.notUnderstood.first?.firstLine == 3)
        let coarser = try importFtrace(ftraceLine("1.000000001", Self.entry), ftraceLine("1.5", Self.entry))
        #expect(coarser.events.map(\.time) == [1_000_000_001, 1_500_000_000])
    }

    @Test(
        "A stamp that is not seconds with 1 to 9 digits behind the point is not understood",
        arguments: ["123456789", "5.", "5.1234567891", "5.1.2", "18446744073710.000000"])
    func otherStamps(stamp: String) throws {
        let imported = try importFtrace(ftraceLine(stamp, Self.entry), ftraceLine("2.000000", Self.entry))
        #expect(imported.events.map(\.time) == [2_000_000])
        #expect(imported.report.notUnderstoodLines == 1)
        #expect(imported.report.notUnderstood.first?.firstLine == 1)
        #expect(imported.report.notUnderstood.first?.reason.hasPrefix("expected a time stamp") == true)
    }

    @Test("The largest time that 64 bits hold is one")
    func largestTime() throws {
        let imported = try importFtrace(ftraceLine("18446744073709.551615", Self.entry))
        #expect(imported.events.map(\.time) == [.max])
        #expect(try importFtrace(ftraceLine("18446744073709.551616", Self.entry)).report.notUnderstoodLines == 1)
    }

    @Test("A time that goes back is raised to the one before and counted; an equal one is not")
    func clampedTimes() throws {
        let imported = try importFtrace(
            ftraceLine("2.000005", Self.entry), ftraceLine(cpu: 1, "2.000005", Self.entry),
            ftraceLine(cpu: 2, "2.000004", Self.entry),
            ftraceLine(cpu: 2, "2.000006", "hcall_exit: opcode=32 retval=0"))
        #expect(imported.events.map(\.time) == [2_000_005, 2_000_005, 2_000_005])
        #expect(imported.report.clampedTimes == 1)
        #expect(imported.observed.map(\.duration) == [nil, nil, 2])
    }

    @Test("A CPU is a number that a trace can hold: 0 to 65534")
    func cpus() throws {
        let imported = try importFtrace(
            ftraceLine(cpu: 65_534, "1.0", Self.entry), ftraceLine(cpu: 65_535, "1.0", Self.entry))
        #expect(imported.observed.map(\.cpu) == [65_534])
        #expect(imported.report.notUnderstood.map(\.reason) == ["expected a CPU in 0...65534"])
    }

    @Test("Other programs' events are counted by name, what is no event as text; they are no problem")
    func foreignLines() throws {
        let imported = try importFtrace(
            "# tracer: nop", "#", "", "version = 6", "cpus=2",
            ftraceLine("1.0", "sched_switch: prev_comm=a ==> next_comm=b"), ftraceLine("1.0", "schedule <-do_idle"),
            ftraceLine("12345", "sched_switch: x"), ftraceLine("1.0", "free: (vfree+0x0/0x80) addr=0x1"),
            ftraceLine("1.0", "hcall_entry2: opcode=32"), " => do_something", "Memory is free: (all of it)")
        #expect(imported.report.lines == 12)
        #expect(
            imported.report.foreign == ["text": 5, "sched_switch": 2, "free": 1, "hcall_entry2": 1])
        #expect(imported.report.notUnderstoodLines == 0)
        #expect(imported.events.isEmpty)
    }

    @Test(
        "A line of ours that is not as it should be is not understood: its number, what was expected, what was found",
        arguments: [
            ("hcall_entry: opcod=32", "expected opcode="), ("hcall_entry: opcode=32x", "expected opcode="),
            ("hcall_entry: opcode=", "expected opcode="), ("hcall_entry:", "expected opcode="),
            ("hcall_exit: opcode=32", "expected retval="), ("hcall_exit: retval=0", "expected opcode= and retval="),
            ("hcall_exit: opcode=32 retval=2147483648", "expected retval="),
            ("buildmulti: (x) liobn=1 tcenum=1 npages=1 uaddr=1", "expected dir="),
            ("buildmulti: (x) liobn=1 tcenum=1 npages=1 uaddr=1 dir=3", "expected dir="),
            ("buildmulti: (x) liobn=1 tcenum=1 npages=1 dir=0", "expected uaddr="),
            ("buildmulti: (x) liobn=(fault) tcenum=1 npages=1 uaddr=1 dir=0", "expected liobn="),
            ("buildmulti: (x) liobn=0x100000000 tcenum=1 npages=1 uaddr=1 dir=0", "expected an LIOBN"),
            ("buildmulti: (x) liobn=1 tcenum=0xfffffffffffff npages=1 uaddr=1 dir=0", "expected entries"),
            ("buildmulti: (x) liobn=1 tcenum=1 npages=0xffffffffffffffff uaddr=1 dir=0", "expected entries"),
            ("buildmulti_ret: (a <- b)", "expected ret="), ("freemulti: (x) liobn=1 npages=1", "expected liobn="),
            ("free: (tce_free_pSeriesLP+0xc/0x10) liobn=1 tcenum=1 npages=1", "expected shift="),
            ("free: (x) liobn=1 tcenum=1 npages=1 shift=11", "expected shift="),
            ("free: (x) liobn=1 tcenum=1 npages=1 shift=64", "expected shift="),
        ])
    func notUnderstood(event: String, expected: String) throws {
        let line = ftraceLine("1.000000", event)
        let imported = try importFtrace("# tracer: nop", line)
        #expect(imported.events.isEmpty)
        #expect(imported.report.notUnderstoodLines == 1)
        let problem = try #require(imported.report.notUnderstood.first)
        #expect(problem.kind == event.prefix { $0 != ":" })
        #expect(problem.firstLine == 2)
        #expect(problem.firstText == line)
        #expect(problem.reason.hasPrefix(expected), "\(problem.reason)")
    }

    @Test(
        "An event of ours behind other text is not understood",
        arguments: [
            "hcall_entry: opcode=32", "dd-77 5.0: hcall_exit: opcode=32 retval=0",
            "  dd-77     2d.h.    12us : hcall_entry: opcode=32", "buildmulti: (tce_buildmulti_pSeriesLP+0xc/0x3c0)",
        ])
    func hidden(line: String) throws {
        let imported = try importFtrace(line, ftraceLine("1.0", Self.entry), line)
        #expect(imported.events.count == 1)
        #expect(imported.report.notUnderstoodLines == 2)
        #expect(imported.report.notUnderstood.first?.firstLine == 1)
    }

    @Test("A line that is too long is not understood")
    func longLine() throws {
        let most = ftraceLine("1.0", Self.entry) + " "
        let padding = String(repeating: "x", count: LineSource.maximumLineBytes - most.utf8.count)
        #expect(try importFtrace(most + padding).events.count == 1)
        #expect(try importFtrace(most + padding + "x").report.notUnderstoodLines == 1)
    }
}
