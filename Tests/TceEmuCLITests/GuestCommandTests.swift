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
            ["--tce-size", "5000"], ["--tce-size", "32M"], ["--tce-size", "8M", "--kernel", "5.17"],
            ["--policy", "plain"],
            ["--leak", "0xffffffffffffffff"], ["--mask-check", "yes"], ["--mask-check", "on,off"],
            ["--coherent", "low,high"], ["--multitce", "on"],
            // A list without words runs nothing.
            ["--window", ","], ["--window", ""], ["--policy", ","], ["--device", ""], ["--swiotlb", ","],
            ["--multitce", ","], ["--window", "1G,"],
            ["--window", "65537"], ["--window", "128G"], ["--window-start", "0x1001"],
            ["--window-start", "0x800000000000000"],
        ])
    func refused(_ arguments: [String]) throws {
        let run = try CommandRun(shell: "\"$TOOL\" policies \"$@\"", arguments: arguments)
        #expect(run.status == 64, "\(arguments): \(run.errors)")
        #expect(run.errors.contains("expected"), "\(run.errors)")
    }

    @Test("A TCE size that the kernel knows is taken; a secure guest's boot has no plain policy")
    func known() throws {
        for (size, kernel) in [("4K", "5.5"), ("16M", "5.10"), ("2M", "5.17"), ("256M", "6.1"), ("16G", "6.15")] {
            let run = try CommandRun(
                shell: "\"$TOOL\" policies \"$@\" --tce-size \(size) --kernel \(kernel)", arguments: Self.oneCell)
            #expect(run.status == 0, "\(size) \(kernel): \(run.errors)")
        }
        let run = try CommandRun("boot", "--secure", "--policy", "plain")
        #expect(run.status == 64 && run.errors.contains("expected P0, P1, "), "\(run.errors)")
    }

    @Test("Page sizes of a boot, as a list without words: a usage error")
    func noPageSizes() throws {
        for sizes in [",", "", "4k,,64k"] {
            #expect(try CommandRun("boot", "--page-sizes", sizes).status == 64)
        }
        let both = try policies("--swiotlb", "L1", "--swiotlb-start", "0x4000000")
        #expect(both.status == 64 && both.errors.contains("give one of them"))
    }

    @Test("A value that is there twice is run once")
    func twice() throws {
        let run = try CommandRun(
            shell:
                "\"$TOOL\" policies --policy P0,P0 --device D32,D32 --window 1G,1024M --swiotlb L1,L1 --multitce call,call"
        )
        #expect(run.status == 0 && run.output.hasPrefix("1 run of a secure guest"))
    }

    @Test("The head says how large the bounce buffer is, and where the default window begins if not at 0")
    func head() throws {
        let run = try CommandRun(
            shell: "\"$TOOL\" policies \"$@\" --swiotlb-size 1 --window-start 0x100000000", arguments: Self.oneCell)
        #expect(run.status == 0 && run.output.contains(", SWIOTLB 256 KiB, "), "\(run.output)")
        #expect(run.output.contains(", default window from 0x100000000\n"))
        #expect(run.output.contains("GF"))
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

    @Test("Memory that comes after the boot is mapped into each window, as far as that was made for it; devices go")
    func hotplug() throws {
        let json = try CommandRun(
            "boot", "--memory", "2G", "--max-memory", "4G", "--add-memory", "1G", "--phb", "2", "--unplug", "--format",
            "json"
        ).json()
        #expect(value(json, "memory_online") as? Bool == true)
        for liobn in ["0x80000001", "0x80000101"] {
            // 64 TCEs of 16 MiB; then all 256 of the window are cleared.
            #expect(number(json, "phases.hotplug.\(liobn).H_PUT_TCE_INDIRECT.tces") == 64)
            #expect(number(json, "phases.hotplug.\(liobn).H_STUFF_TCE.tces") == 256)
        }
        #expect(number(json, "rtas.ibm,remove-pe-dma-window") == 2)
        // A secure guest's window that maps the bounce buffer alone is left alone.
        let secure = try CommandRun(
            "boot", "--secure", "--policy", "P3", "--memory", "2G", "--max-memory", "4G", "--add-memory", "1G",
            "--format", "json"
        ).json()
        #expect(value(secure, "memory_online") as? Bool == true && value(secure, "phases.hotplug") == nil)
        let text = try CommandRun("boot", "--memory", "2G", "--max-memory", "4G", "--add-memory", "1G")
        #expect(text.output.contains("\n1 GiB of memory came\n") && text.output.contains("\n  hotplug "))
        for wrong in [["--add-memory", "1G"], ["--max-memory", "2560M", "--add-memory", "1G"]] {
            let run = try CommandRun(shell: "\"$TOOL\" boot \"$@\"", arguments: wrong)
            #expect(run.status == 64 && run.errors.contains("expected added memory"), "\(run.errors)")
        }
    }

    @Test("A policy's kernel and use of lists are the same in all commands, unless they are told")
    func ownSetting() throws {
        for (policy, setting, kernel, names) in [
            ("U56", "split", "5.6", ["H_PUT_TCE": 524_288, "H_STUFF_TCE": 1]),
            ("P1", "call", "5.5", ["H_PUT_TCE_INDIRECT": 1024, "H_STUFF_TCE": 1]),
        ] {
            let cell = ["--policy", policy, "--device", "D64", "--window", "1G", "--swiotlb", "L1"]
            let text = try CommandRun(shell: "\"$TOOL\" policies \"$@\"", arguments: cell).output
            #expect(text.contains(" of a secure guest: Linux \(kernel) on qemu"), "\(text)")
            let calls = names.values.reduce(0, +), line = text.split(separator: "\n").first { $0.contains("64.3125") }
            let grouped = calls == 1025 ? "1,025" : "524,289"
            #expect(line?.contains(" \(grouped) ") == true, "\(text)")

            let boot = try CommandRun(
                "boot", "--secure", "--policy", policy, "--memory", "32G", "--page-sizes", "4k,64k")
            #expect(
                boot.output.hasPrefix(
                    "Linux \(kernel) boots with 32 GiB on qemu, secure, policy \(policy), multi-TCE \(setting), "))
            let path = CommandRun.path("own-\(policy).tcet")
            let recorded = try CommandRun(
                shell: "\"$TOOL\" policies \"${@:2}\" --record \"$1\"",
                arguments: [path] + cell + ["--multitce", setting])
            #expect(recorded.status == 0)
            let replay = try CommandRun("replay", "--guest", policy, path, "--format", "json").json()
            let phases = try #require(value(replay, "phases") as? [String: [String: Any]])
            for (name, count) in names {
                let calls = phases.values.flatMap { ($0["hcalls"] as? [String: [String: Any]] ?? [:]).values }
                    .reduce(0) { $0 + (number($1, "\(name).calls") ?? 0) }
                #expect(calls == count, "\(policy) \(name)")
            }
        }
        let told = try CommandRun("boot", "--secure", "--policy", "U56", "--kernel", "6.1", "--multitce", "life").output
        #expect(told.hasPrefix("Linux 6.1 ") && told.contains("policy U56, multi-TCE life"))
    }

    @Test("What a secure guest shares for its processors must be there")
    func manyProcessors() throws {
        let run = try CommandRun("boot", "--secure", "--memory", "128M", "--cpus", "2048")
        #expect(run.status == 64 && run.errors.contains("with 2048 processors"), "\(run.errors)")
    }

    @Test("Maps behind a log's hcalls are lifted, and a guest given them makes the recorded choices")
    func lifted() throws {
        let path = CommandRun.path("lifted.tcet")
        let log = CommandRun.shipped("Tests/Fixtures/logs/ftrace-kprobe.log.gz")
        let run = try CommandRun("import", "qemu", log, "--lift", "--memory", "2G", "-o", path)
        #expect(run.status == 0 && run.errors.contains(" maps, "))
        // The log begins after the boot: no table was cleared in it.
        #expect(run.errors.contains(" 0 maps, 0 unmaps, 0 hcalls that are neither, 3304 before "))
        let text = CommandRun.path("lifted-beside.tcet")
        _ = try CommandRun(
            "import", "ftrace", FtraceCommandTests.recording, "-o", text, "--memory", "2G")
        let guest = try CommandRun(
            "replay", text, "--guest", "plain", "--guest-ddw", "off", "--format", "json"
        ).json()
        #expect(number(guest, "maps") == 1_658 && number(guest, "equal") == 1_658)
        let refused = try CommandRun("replay", text, "--guest", "P2", "--check")
        #expect(refused.status == 64 && refused.errors.contains("--check does not go with --guest"))
        let alone = try CommandRun("replay", text, "--kernel", "5.5", "--guest-ddw", "off")
        #expect(alone.status == 64 && alone.errors.contains("--kernel, --guest-ddw need --guest"), "\(alone.errors)")
    }
}
