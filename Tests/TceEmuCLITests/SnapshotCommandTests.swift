// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

/// replay --save and --load.
struct SnapshotCommandTests {
    static let trace = CommandRun.shipped("traces/virtio-disable-ddw.tcet")
    static let other = CommandRun.shipped("traces/virtio-default.tcet")

    static func snapshot(_ name: String, _ arguments: String...) throws -> String {
        let path = CommandRun.path(name)
        let run = try CommandRun(
            shell: "\"$TOOL\" replay --functional \"$@\"", arguments: [Self.trace, "--save", path] + arguments)
        #expect(run.status == 0, "\(run.errors)")
        return path
    }

    @Test(
        "The second half prints what an uncut replay prints, byte by byte",
        arguments: ["12.5s", "35s", "1us", "#1", "#4", "#99"], ["text", "json", "csv"])
    func halves(place: String, format: String) throws {
        let path = try Self.snapshot("half-\(UUID().uuidString)", "--check", "--to", place)
        let whole = try CommandRun("replay", "--functional", Self.trace, "--check", "--format", format)
        let half = try CommandRun("replay", "--functional", Self.trace, "--load", path, "--format", format)
        #expect(half.status == 0)
        #expect(half.output == whole.output)
        #expect(half.errors == whole.errors)
    }

    @Test("Differences of the first half are shown again, and the statuses are those of an uncut replay")
    func differences() throws {
        let path = CommandRun.path("differs.snap")
        let first = try CommandRun(
            "replay", "--functional", Self.trace, "--check", "--multitce", "off", "--to", "#3", "--save", path)
        #expect(first.status == 1)
        let whole = try CommandRun("replay", "--functional", Self.trace, "--check", "--multitce", "off")
        let half = try CommandRun("replay", "--functional", Self.trace, "--load", path)
        #expect(half.status == 1)
        #expect(half.output == whole.output)
        #expect(half.errors == whole.errors)
    }

    @Test("A damaged trace and an interrupted replay are saved, and go on")
    func damagedAndInterrupted() throws {
        let run = try CommandRun(
            shell: """
                set -e
                head -c 150000 "$1" > cut-s.tcet
                "$TOOL" replay --functional cut-s.tcet --save cut-s.snap > /dev/null && exit 9 || [ $? = 65 ]
                "$TOOL" replay --functional "$1" --load cut-s.snap > cut-s.out
                "$TOOL" replay --functional --lenient cut-s.tcet --save cut-l.snap > cut-l.whole
                "$TOOL" replay --functional --lenient cut-s.tcet --load cut-l.snap > cut-l.again
                cmp cut-l.whole cut-l.again
                mkfifo fifo-s.$$
                "$TOOL" replay --functional --save int-s.snap fifo-s.$$ > /dev/null & pid=$!
                exec 3> fifo-s.$$
                head -c 200000 "$1" >&3
                sleep 1; kill -INT $pid
                exec 3>&-
                wait $pid && exit 9 || [ $? = 130 ]
                rm fifo-s.$$
                "$TOOL" replay --functional "$1" --load int-s.snap > int-s.out
                "$TOOL" replay --functional "$1" > whole-s.out
                cmp cut-s.out whole-s.out
                cmp int-s.out whole-s.out
                """, arguments: [Self.trace])
        #expect(run.status == 0, "\(run.errors)")
    }

    @Test("What is given again and differs is wrong usage that names both; what is the same is fine")
    func conflicts() throws {
        let path = try Self.snapshot("conflicts.snap", "--to", "12s", "--from", "1s", "--eeh", "off")
        func load(_ arguments: String...) throws -> CommandRun {
            try CommandRun(
                shell: "\"$TOOL\" replay --functional \"$@\"", arguments: [Self.trace, "--load", path] + arguments)
        }
        for words in [
            ["--from", "2s"], ["--from", "#1"], ["--platform", "papr"], ["--multitce", "off"], ["--eeh", "freeze"],
        ] {
            let run = try load(words[0], words[1])
            #expect(run.status == 64, "\(words)")
            #expect(
                run.errors.contains("\(words[0]) ") && run.errors.contains("conflicts.snap was saved by"), "\(words)")
            #expect(run.output.isEmpty)
        }
        #expect(try load("--check").status == 64)
        #expect(try load("--from", "1s", "--platform", "qemu", "--multitce", "on", "--eeh", "off").status == 0)
        let nothing = try load("--to", "3s")
        #expect(nothing.status == 0 && nothing.errors.contains("nothing lies between the snapshot and --to"))
        #expect(try CommandRun("replay", "--functional", Self.trace, "--save", "-").status == 64)
        #expect(try CommandRun("replay", "--functional", "-", "--load", "-").status == 64)
        let piped = try CommandRun(
            shell: "\"$TOOL\" replay --functional \"$1\" --load - < \"$2\"", arguments: [Self.trace, path])
        #expect(piped.status == 0)
    }

    @Test("A snapshot that is missing, damaged, or of another trace; an output that cannot be made")
    func statuses() throws {
        let path = try Self.snapshot("statuses.snap", "--to", "12s")
        #expect(try CommandRun("replay", "--functional", Self.trace, "--load", "/nonexistent/x.snap").status == 66)
        let other = try CommandRun("replay", "--functional", Self.other, "--load", path)
        #expect(other.status == 65)
        #expect(other.errors.contains("statuses.snap: this snapshot is of another trace"))
        let cut = CommandRun.path("cut.snap")
        _ = try CommandRun(shell: "head -c 300 \"$1\" > \"$2\"", arguments: [path, cut])
        let damaged = try CommandRun("replay", "--functional", Self.trace, "--load", cut)
        #expect(damaged.status == 65 && damaged.errors.contains("cut.snap: expected"))
        let changed = CommandRun.path("changed.snap")
        _ = try CommandRun(
            shell: "gzip -dc \"$1\" | sed 's/^chunks /junks  /' | gzip > \"$2\"", arguments: [path, changed])
        let lie = try CommandRun("replay", "--functional", Self.trace, "--load", changed)
        #expect(lie.status == 65 && lie.errors.contains("changed.snap: offset ") && lie.errors.contains("found"))
        #expect(try CommandRun("replay", "--functional", Self.trace, "--load", Self.trace).status == 65)
        #expect(try CommandRun("replay", "--functional", path).status == 65)
        for place in ["/nonexistent/x.snap", "/dev/null", Self.trace, "/tmp"] {
            let run = try CommandRun("replay", "--functional", Self.trace, "--save", place)
            #expect(run.status == 73, "\(place)")
            #expect(run.output.isEmpty)
        }
        #expect(try CommandRun("info", Self.trace).status == 0)
    }

    @Test("A save that fails leaves the old file and nothing else; a link stays one")
    func atomic() throws {
        let run = try CommandRun(
            shell: """
                set -e
                mkdir atomic && cd atomic
                "$TOOL" replay --functional "$1" --to 5s --save a.snap > /dev/null
                sum=$(sha256sum < a.snap)
                "$TOOL" replay --functional /nonexistent/x.tcet --save a.snap 2> /dev/null || [ $? = 66 ]
                "$TOOL" replay --functional a.snap --save a.snap 2> /dev/null || [ $? = 73 ]
                (ulimit -f 0; trap '' XFSZ; "$TOOL" replay --functional "$1" --save a.snap > /dev/null 2>&1) && exit 9 || [ $? = 74 ]
                [ "$sum" = "$(sha256sum < a.snap)" ]
                ln -s a.snap link.snap
                "$TOOL" replay --functional "$1" --save link.snap > /dev/null
                [ -L link.snap ] && [ "$sum" != "$(sha256sum < a.snap)" ]
                gzip -t < a.snap
                [ "$(ls -A | tr '\n' ' ')" = "a.snap link.snap " ]
                """, arguments: [Self.trace])
        #expect(run.status == 0, "\(run.errors)")
    }
}
