// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

/// `tce-emu boot`, `policies`, `replay --guest` and `import qemu --lift` as a person types them.
struct GuestCommandTests {
    static let oneCell = [
        "--policy", "P1", "--device", "D32", "--window", "1G", "--swiotlb", "L1", "--multitce", "call",
    ]

    private func policies(_ arguments: String...) throws -> CommandRun {
        try CommandRun(shell: "\"$TOOL\" policies \"$@\"", arguments: arguments)
    }

    @Test("A cell as JSON has the keys that others rely on; as CSV it is one line")
    func cell() throws {
        let json = try CommandRun(shell: "\"$TOOL\" policies \"$@\" --format json", arguments: Self.oneCell)
        #expect(json.status == 0)
        let cells = try #require(try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [[String: Any]])
        let cell = try #require(cells.first)
        #expect(cells.count == 1)
        for (key, value) in [
            "policy": "P1", "multitce": "call", "device": "D32", "swiotlb": "L1", "outcome": "SM",
        ] {
            #expect(cell[key] as? String == value)
        }
        for (key, value) in [
            "window": 1 << 30, "shared": 67_371_008, "reachable": 131_072, "latent": 131_072, "plain": 0,
        ] {
            #expect((cell[key] as? NSNumber)?.intValue == value, "\(key)")
        }
        #expect(cell["boot"] is [String: Any] && cell["why"] is String)
        let csv = try CommandRun(shell: "\"$TOOL\" policies \"$@\" --format csv", arguments: Self.oneCell)
        #expect(csv.output.split(separator: "\n").count == 2)
        #expect(csv.output.hasPrefix("policy,multitce,device,window,swiotlb,outcome,"))
    }

    @Test(
        "What no guest can be is a usage error that says what is allowed",
        arguments: [
            ["--policy", "P9"], ["--device", "D16"], ["--multitce", "maybe"], ["--swiotlb", "L2"],
            ["--kernel", "3.10"],
            ["--memory", "0"], ["--memory", "100T"], ["--swiotlb-size", "0"], ["--swiotlb-start", "0x123"],
            ["--window", "0"], ["--pe", "0"], ["--cpus", "0"], ["--request-bytes", "0"], ["--tce-size", "3"],
            ["--leak", "0xffffffffffffffff"], ["--mask-check", "yes"],
        ])
    func refused(_ arguments: [String]) throws {
        let run = try CommandRun(shell: "\"$TOOL\" policies \"$@\"", arguments: arguments)
        #expect(run.status == 64, "\(arguments): \(run.errors)")
        #expect(run.errors.contains("expected"), "\(run.errors)")
    }

    @Test("A cell can be recorded, and replays with the recorded answers")
    func recorded() throws {
        let path = CommandRun.path("cell.tcet")
        let run = try CommandRun(
            shell: "\"$TOOL\" policies \"${@:2}\" --record \"$1\"", arguments: [path] + Self.oneCell)
        #expect(run.status == 0 && run.errors.contains("SM"))
        let replay = try CommandRun("replay", "--check", path, "--format", "json")
        #expect(replay.status == 0)
        #expect(number(try replay.json(), "check.mismatches") == 0)
        #expect(number(try replay.json(), "dma.faults.not_shared") == 1)
        #expect(try policies("--policy", "P1", "--record", path).status == 64)
    }

    @Test("A boot as JSON has phases by LIOBN; its trace replays with the recorded answers and the same cycles")
    func boot() throws {
        let path = CommandRun.path("boot.tcet")
        let run = try CommandRun("boot", "--multitce", "off", "--format", "json", "-o", path)
        let json = try run.json()
        #expect(number(json, "phases.clear.0x80000000.H_PUT_TCE.calls") == 262_144)
        #expect(number(json, "phases.populate.0x80000001.H_PUT_TCE.tces") == 128)
        let replay = try CommandRun("replay", "--check", path, "--format", "json").json()
        #expect(number(replay, "check.mismatches") == 0)
        #expect(number(replay, "time.guest_hcall_cycles") != nil)
        #expect(try CommandRun("boot", "--memory", "1").status == 64)
        #expect(try CommandRun("boot", "--phb", "0").status == 64)
    }

    @Test("Maps behind a log's hcalls are lifted, and a guest given them makes the recorded choices")
    func lifted() throws {
        let path = CommandRun.path("lifted.tcet")
        let log = CommandRun.shipped("Tests/Fixtures/logs/ftrace-kprobe.log.gz")
        let run = try CommandRun("import", "qemu", log, "--lift", "--memory", "2G", "-o", path)
        #expect(run.status == 0 && run.errors.contains(" maps, "))
        let text = CommandRun.path("guest.tcet")
        _ = try CommandRun(
            "import", "ftrace", FtraceCommandTests.recording, "-o", text, "--memory", "2G")
        let guest = try CommandRun(
            "replay", text, "--guest", "plain", "--guest-ddw", "off", "--format", "json"
        ).json()
        #expect(number(guest, "maps") == 1_658 && number(guest, "equal") == 1_658)
        let refused = try CommandRun("replay", text, "--guest", "P2", "--check")
        #expect(refused.status == 64 && refused.errors.contains("--check does not go with --guest"))
        #expect(try CommandRun("replay", text, "--kernel", "5.5").status == 64)
    }
}
