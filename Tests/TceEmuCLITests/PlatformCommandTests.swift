// SPDX-License-Identifier: Apache-2.0
import Testing

@Suite("Command: platforms")
struct PlatformCommandTests {
    private static let script = "H_STUFF_TCE 0x80000000 0 0 513\nH_STUFF_TCE 0x80000000 0 0x5003 1\n"

    @Test(
        "exec --platform gives another platform's answers",
        arguments: [
            ("qemu", "H_SUCCESS", "H_SUCCESS"), ("kvm", "H_SUCCESS", "H_PARAMETER"), ("papr", "H_P4", "H_SUCCESS"),
        ])
    func platform(_ name: String, _ first: String, _ second: String) throws {
        let run = try CommandRun("exec", "--platform", name, "-", input: Self.script)
        #expect(run.status == 0)
        #expect(run.output == "H_STUFF_TCE = \(first)\nH_STUFF_TCE = \(second)\n")
    }

    @Test("exec without --platform is qemu, and one that is not emulated is wrong usage")
    func others() throws {
        let named = try CommandRun("exec", "--platform", "qemu", "-", input: Self.script)
        #expect(try CommandRun("exec", "-", input: Self.script).output == named.output)
        let unknown = try CommandRun("exec", "--platform", "powervm", "-", input: "")
        #expect(unknown.status == 64)
    }

    @Test("exec --multitce off answers H_FUNCTION to the two calls", arguments: ["qemu", "kvm", "papr"])
    func multitce(_ name: String) throws {
        let script = Self.script + "H_PUT_TCE_INDIRECT 0x80000000 0 0x4000000 1\nH_PUT_TCE 0x80000000 0 0x1003\n"
        let run = try CommandRun("exec", "--platform", name, "--multitce", "off", "-", input: script)
        let function = "H_STUFF_TCE = H_FUNCTION\nH_STUFF_TCE = H_FUNCTION\nH_PUT_TCE_INDIRECT = H_FUNCTION\n"
        #expect(run.output == function + "H_PUT_TCE = H_SUCCESS\n")
        #expect(try CommandRun("exec", "--multitce", "no", "-", input: "").status == 64)
    }
}
