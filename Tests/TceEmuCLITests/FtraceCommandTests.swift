// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

/// `tce-emu import ftrace` as a person types it.
struct FtraceCommandTests {
    static let recording = CommandRun.shipped("Tests/Fixtures/logs/ftrace-kprobe.txt.gz")

    static let text = """
        # tracer: nop
        #
        # entries-in-buffer/entries-written: 2/2   #P:1
        #
                      dd-77      [000] d....     5.202269: hcall_entry: opcode=316
                      dd-77      [000] d....     5.202425: hcall_exit: opcode=316 retval=0

        """

    @Test("A real text, gzip, is imported; info, dump, import text and replay take the trace")
    func recorded() throws {
        let path = CommandRun.path("ftrace.tcet")
        let run = try CommandRun("import", "ftrace", Self.recording, "-o", path, "--memory", "2G")
        #expect(run.status == 0)
        #expect(run.errors == "tce-emu: \(Self.recording): 13,228 lines read, 6,608 events made\n")
        let info = try CommandRun("info", path).output
        for part in ["ftrace text", "1.000 us", "2,147,483,648 bytes", "6,608", "hcall  3,304", "map    1,658"] {
            #expect(info.contains(part), "\(part): \(info)")
        }
        let replay = try CommandRun("replay", "--check", path, "--format", "json")
        #expect(replay.status == 0)
        #expect(number(try replay.json(), "trace.events") == 6_608)
        let again = try CommandRun(
            shell: """
                set -e -o pipefail
                "$TOOL" dump "$1" | "$TOOL" import text - -o again-ftrace.tcet
                cmp <("$TOOL" dump "$1") <("$TOOL" dump again-ftrace.tcet)
                """, arguments: [path])
        #expect(again.status == 0, "\(again.errors)")
    }

    @Test("A line of ours that is not understood exits 65 with file, line, expected and found; others' lines do not")
    func statuses() throws {
        let path = CommandRun.path("ftrace-status.tcet")
        let other = "              dd-77      [000] d....     5.3: sched_switch: prev_comm=a\n"
        let foreign = try CommandRun("import", "ftrace", "-", "-o", path, input: Self.text + other)
        #expect(foreign.status == 0)
        #expect(foreign.errors.contains("lines of other programs: sched_switch 1"))
        let wrong = try CommandRun(
            "import", "ftrace", "-", "-o", path,
            input: Self.text + "              dd-77      [000] d....     5.3: hcall_entry: code=3\n")
        #expect(wrong.status == 65)
        #expect(
            wrong.errors.contains("-:7: not understood, hcall_entry, 1 times: expected opcode=, a number:"))
        #expect(wrong.errors.contains("hcall_entry: code=3"))
        #expect(try CommandRun("dump", path).output.contains("5.202269 hcall cpu=0 opcode=0x13c -> H_SUCCESS took=156"))
    }

    @Test("A text with nothing to import says what should have been recorded; lost events are told")
    func hints() throws {
        let path = CommandRun.path("ftrace-empty.tcet")
        let empty = try CommandRun("import", "ftrace", "-", "-o", path, input: "# tracer: nop\n")
        #expect(empty.status == 0)
        #expect(empty.errors.contains("hcall_entry"))
        let full = Self.text.replacingOccurrences(of: "2/2", with: "2/9")
        let lost = try CommandRun("import", "ftrace", "-", "-o", path, input: full)
        #expect(lost.errors.contains("note: 7 events were overwritten in the guest's ring buffer"))
        #expect(try CommandRun("info", path).output.contains("7 events were overwritten"))
    }

    @Test("Help has an example")
    func help() throws {
        let run = try CommandRun("import", "ftrace", "--help")
        #expect(run.status == 0)
        #expect(run.output.contains("Example"))
    }
}
