// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

/// `tce-emu replay --guest` of traces that end too early, or tell of a guest that cannot be.
struct GuestReplayCommandTests {
    /// Maps of a guest's driver, and their unmaps: three chunks.
    static let text: String = {
        var lines = ["@unit us", "@memory 2147483648"]
        for number in 0..<40_000 {
            let address = String(0x1000_0000 + number % 4096 << 12, radix: 16)
            let bus = String((number % 4096 + 1) << 16, radix: 16)
            lines.append("\(number).000000 map cpu=0 ra=0x\(address) length=4096 read -> 0 dma=0x\(bus)")
            lines.append("\(number).000001 unmap cpu=0 dma=0x\(bus) length=4096 read")
        }
        return lines.joined(separator: "\n") + "\n"
    }()

    private func trace(_ name: String, _ text: String = text) throws -> String {
        let path = CommandRun.path(name)
        let run = try CommandRun("import", "text", "-", "-o", path, input: text)
        #expect(run.status == 0, "\(run.errors)")
        return path
    }

    private func damage(_ path: String, _ change: (inout Data) -> Void) throws {
        var data = try Data(contentsOf: URL(fileURLWithPath: path))
        change(&data)
        try data.write(to: URL(fileURLWithPath: path))
    }

    /// Offset of a chunk.
    private func offset(_ chunk: Int, of path: String) throws -> Int {
        let json = try CommandRun("info", path, "--chunks", "--format", "json").json()
        let chunks = try #require(json["chunks"] as? [[String: Any]])
        return try #require((chunks[chunk - 1]["offset"] as? NSNumber)?.intValue)
    }

    @Test("A damaged chunk: the statistics so far, and 65; --lenient goes on after it")
    func damaged() throws {
        let path = try trace("guest-damaged.tcet")
        let whole = try CommandRun("replay", "--guest", "plain", path, "--format", "json")
        #expect(try whole.status == 0 && value(whole.json(), "trace.complete") as? Bool == true)
        #expect(try number(whole.json(), "maps") == 40_000)
        let offset = try offset(2, of: path)
        try damage(path) { $0[offset + 500] ^= 0x40 }
        let run = try CommandRun("replay", "--guest", "plain", path, "--format", "json")
        #expect(run.status == 65)
        #expect(run.errors.hasPrefix("tce-emu: \(path): chunk 2, offset \(offset): "))
        let json = try run.json()
        #expect(value(json, "trace.complete") as? Bool == false)
        #expect(number(json, "trace.chunks") == 1 && number(json, "trace.events") == 32_768)
        #expect(number(json, "maps") == 16_384 && number(json, "unmaps") == 16_384)
        let lenient = try CommandRun("replay", "--lenient", "--guest", "plain", path, "--format", "json")
        #expect(lenient.status == 0 && lenient.errors.contains("passed over: chunk 2, offset \(offset): "))
        #expect(number(try lenient.json(), "maps") == 40_000 - 16_384)
        #expect(number(try lenient.json(), "trace.lost_events") == 32_768)
        #expect(value(try lenient.json(), "trace.complete") as? Bool == false)
        #expect(try CommandRun("replay", "--guest", "plain", path).output.contains("\nNOT COMPLETE: "))
    }

    @Test("A trace that is cut: the same, and what the guest did until then is a whole trace")
    func cut() throws {
        let path = try trace("guest-cut.tcet"), record = CommandRun.path("guest-cut-record.tcet")
        let offset = try offset(2, of: path)
        try damage(path) { $0.removeSubrange((offset + 99)...) }
        let run = try CommandRun(
            "replay", "--guest", "plain", "--guest-ddw", "off", path, "--guest-record", record, "--format", "json")
        #expect(run.status == 65 && run.errors.contains("chunk 2, offset \(offset): the file ends after 99 "))
        #expect(try number(run.json(), "maps") == 16_384)
        let info = try CommandRun("info", "--verify", record, "--format", "json")
        #expect(try info.status == 0 && value(info.json(), "complete") as? Bool == true)
    }

    @Test("An interrupt ends it with the statistics so far and 130")
    func interrupted() throws {
        let run = try CommandRun(
            shell: """
                mkfifo guest.$$
                "$TOOL" replay --guest plain --format json guest.$$ & pid=$!
                exec 3> guest.$$
                head -c -10 "$1" >&3
                sleep 1; kill -INT $pid; sleep 0.2
                exec 3>&-
                wait $pid; status=$?
                rm guest.$$; exit $status
                """, arguments: [try trace("guest-interrupt.tcet")])
        #expect(run.status == 130)
        let json = try run.json()
        #expect(value(json, "trace.complete") as? Bool == false && (number(json, "maps") ?? 0) >= 16_384)
    }

    @Test(
        "A trace of a guest that cannot be: 65, the file, what was expected and found",
        arguments: [
            ("@memory 1048576", "expected memory of 64 MiB to 64 TiB, a multiple of 64 KiB, found 1048576"),
            ("@memory 2147487744", "expected memory of 64 MiB to 64 TiB, a multiple of 64 KiB, found 2147487744"),
            ("@platform vax", "platform \"vax\" is not emulated"),
        ])
    func impossible(_ line: String, _ message: String) throws {
        let name = "impossible-\(line.filter(\.isNumber)).tcet"
        let path = try trace(name, "@unit us\n\(line)\n0.000000 reset\n")
        let run = try CommandRun("replay", "--guest", "plain", path)
        #expect(run.status == 65)
        #expect(run.errors.hasPrefix("tce-emu: \(path): ") && run.errors.contains(message), "\(run.errors)")
        #expect(try CommandRun("replay", "--guest", "P1", "--guest-swiotlb-size", "0", path).status != 0)
    }

    @Test("A cell that was recorded is the same cell through the guest layer: the same calls of the same kinds")
    func recordedCell() throws {
        for (policy, device, place) in [
            ("P2", "D32", "L4"), ("P3", "D64", "L5"), ("P1", "V+", "L1"), ("P4", "D40", "L1"),
        ] {
            let path = CommandRun.path("cell-\(policy).tcet")
            let run = try CommandRun(
                "policies", "--policy", policy, "--device", device, "--window", "2G", "--swiotlb", place, "--multitce",
                "call", "--record", path)
            #expect(run.status == 0)
            let start = ["L1": "0x4000000", "L4": "0xa0000000", "L5": "0x140000000"][place] ?? ""
            let guest = try CommandRun(
                "replay", "--guest", policy, "--guest-swiotlb-start", start, path, "--format", "json"
            ).json()
            #expect(number(guest, "compared") == number(guest, "equal") && number(guest, "compared") == 3)
            let plain = try CommandRun("replay", "--check", path, "--format", "json").json()
            #expect(number(plain, "check.mismatches") == 0)
            for name in ["H_PUT_TCE", "H_PUT_TCE_INDIRECT", "H_STUFF_TCE"] {
                let phases = try #require(value(guest, "phases") as? [String: [String: Any]])
                let calls = phases.values.flatMap { ($0["hcalls"] as? [String: [String: Any]] ?? [:]).values }
                    .reduce(0) { $0 + (number($1, "\(name).calls") ?? 0) }
                #expect(calls == (number(plain, "hcalls.\(name).calls") ?? 0), "\(policy) \(name)")
            }
        }
    }

    @Test(
        "Masks that a trace does not show are assumed: with 64 bits P1 fills its window with memory, P3 with the buffer"
    )
    func assumedMask() throws {
        let path = try trace(
            "maskless.tcet",
            """
            @unit us
            @memory 2147483648
            0.000000 map cpu=0 device=0x80000000 ra=0x1000000 length=0x1000 both -> 0 dma=0x1000
            1.000000 map cpu=0 device=0x80000000 ra=0xffff00000000 length=0x1000 both -> 0 dma=0x2000

            """)
        func filled(_ policy: String, _ mask: String...) throws -> [Int] {
            let run = try CommandRun(
                shell: "\"$TOOL\" replay --format json --guest \"$@\"", arguments: [policy, path] + mask)
            let json = try run.json()
            #expect(run.status == 0 && number(json, "devices_without_mask") == 1 && number(json, "impossible") == 1)
            let kinds = value(json, "phases.populate.hcalls") as? [String: [String: Any]] ?? [:]
            return kinds.values.compactMap { number($0, "H_PUT_TCE_INDIRECT.tces") }
        }
        #expect(try filled("P1", "--guest-mask", "64") == [128])
        #expect(try filled("P3", "--guest-mask", "64") == [4])
        for mask in [["--guest-mask", "32"], ["--guest-mask", "none"], []] {
            for policy in ["P1", "P3"] {
                let run = try CommandRun(
                    shell: "\"$TOOL\" replay --format json --guest \"$@\"", arguments: [policy, path] + mask)
                #expect(try value(run.json(), "phases.populate") == nil)
            }
        }
        let text = try CommandRun("replay", path, "--guest", "P1").output
        #expect(text.contains(", 2 GiB, 2 CPUs, ") && text.contains("  devices whose masks the trace does not show"))
        #expect(try CommandRun("replay", path, "--guest", "P1", "--guest-mask", "48").status == 64)
        #expect(try CommandRun("replay", path, "--guest-mask", "64").errors.contains("--guest-mask needs --guest"))
    }

    @Test("A boot that was recorded has the masks that made its windows: through the guest layer they are made again")
    func recordedBoot() throws {
        let path = CommandRun.path("masks.tcet")
        let boot = try CommandRun("boot", "--phb", "2", "--vio", "1", "-o", path, "--format", "json").json()
        let guest = try CommandRun("replay", "--guest", "plain", path, "--format", "json").json()
        #expect(number(guest, "set_masks") == 4)
        for path in ["0x80000001.H_PUT_TCE_INDIRECT.calls", "0x80000101.H_PUT_TCE_INDIRECT.calls"] {
            #expect(number(boot, "phases.populate.\(path)") == 1)
            #expect(number(guest, "phases.populate.hcalls.\(path)") == 1)
        }
        for liobn in ["0x80000000", "0x80000100", "0x71000002"] {
            let path = "\(liobn).H_STUFF_TCE.calls"
            #expect(number(boot, "phases.clear.\(path)") != nil)
            #expect(number(boot, "phases.clear.\(path)") == number(guest, "phases.clear.hcalls.\(path)"))
        }
    }
}
