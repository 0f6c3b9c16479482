// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

/// A standard error that takes no message: the command does what it does, and its exit status is its own.
struct StandardErrorTests {
    @Test("Closed, full, a pipe that nobody reads", arguments: ["2>&-", "2>/dev/full", "2>&3"])
    func takesNothing(_ redirection: String) throws {
        for command in ["replay", "info", "dump"] {
            let run = try CommandRun(
                shell: """
                    mkfifo errors.$$; exec 4<>errors.$$ 3>errors.$$ 4>&-; rm errors.$$
                    "$TOOL" \(command) /nonexistent/x.tcet \(redirection)
                    """)
            #expect(run.status == 66 && run.output.isEmpty && run.errors.isEmpty, "\(command) \(run)")
        }
    }

    @Test("Closed, its number is no other file's: the trace that is written is whole")
    func keepsItsNumber() throws {
        let path = CommandRun.path("no-errors.tcet")
        let run = try CommandRun(
            shell: "\"$TOOL\" import qemu - -o \"$1\" 2>&-", arguments: [path], input: CommandTests.log)
        #expect(run.status == 0)
        let info = try CommandRun("info", "--verify", path, "--format", "json")
        #expect(try info.status == 0 && value(info.json(), "complete") as? Bool == true)
    }
}
