// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

/// `tce-emu multitce` as a person types it.
struct MultiTCECommandTests {
    static let boot = CommandRun.shipped("traces/virtio-default.tcet")

    /// A small trace of one map, one access, one unmap; or of what is given.
    private static func trace(_ name: String, _ text: String = maps) throws -> String {
        let path = CommandRun.path(name)
        let run = try CommandRun("import", "text", "-", "-o", path, input: text)
        try #require(run.status == 0, "\(run.errors)")
        return path
    }

    private static let maps = """
        phb buid=7 liobn=8
        H_PUT_TCE_INDIRECT cpu=0 liobn=8 ioba=0x1000 tces=0x5003+0x1000*4
        0.001 dma liobn=8 ioba=0x1000 length=64 write
        0.002 H_STUFF_TCE cpu=0 liobn=8 ioba=0x1000 tce=0 npages=4

        """

    @Test("JSON has the keys that others rely on, and recorded is what replay counts")
    func json() throws {
        let run = try CommandRun("multitce", Self.boot, "--format", "json")
        #expect(run.status == 0 && run.errors == "")
        let json = try run.json(), replay = try CommandRun("replay", Self.boot, "--format", "json").json()
        for hcall in ["H_PUT_TCE", "H_STUFF_TCE", "H_PUT_TCE_INDIRECT"] {
            for key in ["calls", "tces", "errors", "cycles"] {
                #expect(
                    number(json, "recorded.hcalls.\(hcall).\(key)") == number(replay, "hcalls.\(hcall).\(key)"))
            }
        }
        #expect(number(json, "recorded.wait_cycles") == number(replay, "dma.wait_cycles"))
        #expect(number(json, "single.hcalls.H_PUT_TCE.calls") == 618 + 262_144 + 128)
        #expect(value(json, "single.hcalls.H_STUFF_TCE") == nil)
        #expect(number(json, "single.phases.boot_clear.hcalls.H_PUT_TCE.calls") == 262_144)
        #expect(number(json, "joined.phases.population.hcalls.H_PUT_TCE_INDIRECT.tces") == 128)
        #expect(number(json, "joined.wait_cycles") != nil)
        let curve = try #require(json["curve"] as? [[String: Any]])
        #expect(curve.count == 512)
        #expect(number(curve[511], "n") == 512)
        #expect(number(curve[511], "list_cycles") == 4_700 + 512 * 80)
        #expect(number(curve[511], "single_cycles") == 512 * 5_000)
        #expect(number(json, "crossover") == 1)
        #expect(number(json, "secure.call_crossover") == 12)
        #expect(json["complete"] as? Bool == true && value(json, "recorded.total_cycles") == nil)
    }

    @Test("Text has the three forms, the phases, both curves, and calls joined an upper bound")
    func text() throws {
        let path = try Self.trace("maps.tcet")
        let run = try CommandRun("multitce", path)
        #expect(run.status == 0)
        for words in [
            "recorded", "single", "joined", "Joined is an upper bound", "Hypercalls by phase", "run time",
            "A list is cheaper at any length", "In a secure guest", "DMA wait cycles",
        ] {
            #expect(run.output.contains(words), "\(words): \(run.output)")
        }
        #expect(try CommandRun("multitce", path).output == run.output)
    }

    @Test("Calls known by opcode only are counted in all forms, beside the others or alone, and a sentence says so")
    func observed() throws {
        let observed = """
            hcall cpu=0 opcode=0x20 -> 0 took=5000
            hcall cpu=1 opcode=0x138 -> -4

            """
        for (name, text, made) in [
            ("observed-mixed.tcet", Self.maps + observed, 2), ("observed-alone.tcet", observed, 0),
        ] {
            let path = try Self.trace(name, text)
            let run = try CommandRun("multitce", path)
            #expect(run.output.contains("2 calls are known by opcode only: they stay as they are."), "\(run.output)")
            let json = try CommandRun("multitce", path, "--format", "json").json()
            let replay = try CommandRun("replay", path, "--format", "json").json()
            #expect(number(json, "observed") == 2 && number(replay, "others.observed_hcalls") == 2)
            #expect(number(json, "recorded.calls") == made + 2)
            for form in ["recorded", "single", "joined"] {
                for hcall in ["H_PUT_TCE", "H_STUFF_TCE"] {
                    for key in ["calls", "errors"] {
                        #expect(
                            number(json, "\(form).observed_hcalls.\(hcall).\(key)")
                                == number(replay, "observed_hcalls.\(hcall).\(key)"))
                    }
                }
            }
            #expect(
                number(json, "recorded.hcalls.H_STUFF_TCE.calls")
                    == (number(replay, "hcalls.H_STUFF_TCE.calls") ?? 0) + 1)
            #expect(number(json, "recorded.hcalls.H_STUFF_TCE.errors") == 1)
            #expect(number(json, "recorded.guest_hcall_cycles") == number(replay, "time.guest_hcall_cycles"))
        }
        let none = try CommandRun("multitce", try Self.trace("observed-none.tcet"))
        #expect(!none.output.contains("opcode"))
        #expect(
            number(
                try CommandRun("multitce", CommandRun.path("observed-none.tcet"), "--format", "json").json(), "observed"
            ) == 0)
    }

    @Test("A trace or part without a TCE hypercall has nothing to compare: a line says so, JSON is whole")
    func nothing() throws {
        let path = try Self.trace("nothing.tcet", "phb buid=7 liobn=8\n0.5 dma liobn=8 ioba=0x1000 length=64 write\n")
        let run = try CommandRun("multitce", path)
        #expect(run.status == 0 && run.output.contains("\nThere are no TCE hypercalls in this trace.\n"))
        for words in ["Joined is an upper bound", "hypercalls  "] { #expect(!run.output.contains(words), "\(words)") }
        #expect(run.output.contains("A list is cheaper at any length"))
        let json = try CommandRun("multitce", path, "--format", "json").json()
        #expect(number(json, "recorded.calls") == 0 && number(json, "joined.wait_cycles") == 0 && json["curve"] != nil)
        let maps = try Self.trace("nothing-part.tcet")
        let part = try CommandRun("multitce", maps, "--from", "1s")
        #expect(part.status == 0 && part.output.contains("There are no TCE hypercalls in this part of the trace."))
        #expect(try CommandRun("multitce", maps, "--to", "1ms").output.contains("Joined is an upper bound"))
    }

    @Test("CSV is a table: the forms, or the one that --table names")
    func csv() throws {
        let path = try Self.trace("csv.tcet")
        func lines(_ arguments: String...) throws -> [String] {
            let run = try CommandRun(
                shell: "\"$TOOL\" \"$@\"", arguments: ["multitce", path, "--format", "csv"] + arguments)
            return run.output.split(separator: "\n").map(String.init)
        }
        let forms = try lines()
        #expect(forms.map { $0.prefix { $0 != "," } } == ["form", "recorded", "single", "joined"])
        #expect(forms[2].hasPrefix("single,8,8,50000,"))
        #expect(try lines("--table", "forms") == forms)
        #expect(try lines("--table", "phases").contains("single,run_time,H_PUT_TCE,8,8,0,50000"))
        let curve = try lines("--table", "curve")
        #expect(curve.count == 513 && curve[0].hasPrefix("n,list_cycles,single_cycles,stuff_cycles,"))
        #expect(curve[512].hasPrefix("512,45660,2560000,10844,2560000,"))
        let text = try CommandRun("multitce", path, "--table", "curve")
        #expect(text.status == 64 && text.errors.contains("--table needs --format csv"))
    }

    @Test("After a chunk that was passed over, what was lost is told")
    func lost() throws {
        let path = CommandRun.path("lost-multi.tcet")
        var trace = try Data(contentsOf: URL(fileURLWithPath: CommandRun.shipped("traces/virtio-disable-ddw.tcet")))
        trace[DamagedTraceTests.members[2] + 1000] ^= 0xff
        try trace.write(to: URL(fileURLWithPath: path))
        let replayed = try CommandRun("replay", path, "--lenient", "--format", "json").json()
        let json = try CommandRun("multitce", path, "--lenient", "--format", "json").json()
        #expect(json["complete"] as? Bool == false && number(json, "lost_chunks") == 1)
        #expect(number(json, "lost_events") == number(replayed, "trace.lost_events"))
        let text = try CommandRun("multitce", path, "--lenient")
        #expect(text.status == 0 && text.output.contains("NOT COMPLETE: 1 chunk and "), "\(text.output)")
    }

    @Test("Total time is given where accesses start as early as they can")
    func saturate() throws {
        let path = try Self.trace("saturate.tcet")
        let json = try CommandRun("multitce", path, "--arrival", "saturate", "--format", "json").json()
        let totals = ["recorded", "single", "joined"].map { number(json, "\($0).total_cycles") ?? 0 }
        #expect(totals[0] > 0 && totals[1] > totals[0] && totals[2] == totals[0])
    }

    @Test("A profile without a crossover has none: the key is there")
    func noCrossover() throws {
        let run = try CommandRun(
            "multitce", try Self.trace("dear.tcet"), "--set", "hcall.list_entry=5000", "--format", "json")
        let json = try run.json()
        #expect(json["crossover"] is NSNull)
        #expect(
            try CommandRun("multitce", "--set", "hcall.list_entry=5000", CommandRun.path("dear.tcet")).output
                .contains("A list is never cheaper than single calls"))
    }

    @Test("What cannot be read several times is refused: the standard input, a pipe")
    func streams() throws {
        let stream = try CommandRun("multitce", "-")
        #expect(stream.status == 64 && stream.errors.contains("several times"))
        let path = try Self.trace("pipe.tcet")
        let pipe = try CommandRun(shell: "\"$TOOL\" multitce <(cat \"$1\")", arguments: [path])
        #expect(pipe.status == 66 && pipe.errors.contains("several times"), "\(pipe.errors)")
    }

    @Test("Exit statuses: no such file 66, no trace 65, a cut trace 65 with what there is")
    func statuses() throws {
        #expect(try CommandRun("multitce", CommandRun.path("none.tcet")).status == 66)
        let text = CommandRun.path("text.tcet")
        try "no trace".write(toFile: text, atomically: true, encoding: .utf8)
        #expect(try CommandRun("multitce", text).status == 65)
        #expect(try CommandRun("multitce", "--platform", "vax", text).status == 64)
        let whole = CommandRun.shipped("traces/virtio-disable-ddw.tcet"), cut = CommandRun.path("cut-multi.tcet")
        try Data(contentsOf: URL(fileURLWithPath: whole)).dropLast(5000).write(to: URL(fileURLWithPath: cut))
        let run = try CommandRun("multitce", cut, "--format", "json")
        #expect(run.status == 65 && run.errors.contains("chunk"), "\(run.errors)")
        #expect(try run.json()["complete"] as? Bool == false)
        let lenient = try CommandRun("multitce", cut, "--lenient")
        #expect(lenient.status == 0 && lenient.output.contains("NOT COMPLETE"))
    }

    @Test("A trace of DMA API calls goes to a guest; options without a part are told")
    func guest() throws {
        let path = try Self.trace(
            "guest.tcet", "map cpu=0 device=1 ra=0x1000000 length=0x10000 both -> 0 dma=0x30000000\n")
        let json = try CommandRun("multitce", path, "--format", "json").json()
        #expect(json["layer"] as? String == "guest" && json["joined_is_upper_bound"] as? Bool == false)
        #expect(number(json, "joined.phases.run_time.hcalls.H_PUT_TCE_INDIRECT.tces") == 16)
        #expect(number(json, "guest.settings.off.phases.run_time.hcalls.H_PUT_TCE.calls") == 16)
        let secure = try CommandRun("multitce", path, "--guest", "P1", "--kernel", "5.6", "--format", "json").json()
        #expect(number(secure, "guest.settings.call.ultracalls.UV_UNSHARE_PAGE") == 1)
        let unknown = try CommandRun("multitce", path, "--guest", "P99")
        #expect(unknown.status == 64 && unknown.errors.contains("Usage: tce-emu multitce"), "\(unknown.errors)")
        let unused = try CommandRun("multitce", path, "--from", "1s", "--to", "2s").errors
        #expect(unused.contains("--from changed nothing") && unused.contains("--to changed nothing"))
        let observed = try Self.trace(
            "observed.tcet",
            """
            hcall cpu=0 opcode=0x20 -> 0
            map cpu=0 device=1 ra=0x1000000 length=0x10000 both -> 0 dma=0x30000000

            """)
        #expect(
            try CommandRun("multitce", observed, "--from", "1s").errors
                .contains("the trace has no hcalls with their arguments"))
        #expect(
            try CommandRun("multitce", try Self.trace("hcalls.tcet"), "--guest", "P1").errors
                .contains("--guest changed nothing"))
    }
}
