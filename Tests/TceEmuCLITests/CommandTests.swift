// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

/// The command as a person types it: results, messages, exit statuses.
struct CommandTests {
    static let trace = CommandRun.shipped("traces/virtio-disable-ddw.tcet")

    static let log = """
        7@1.000000:spapr_iommu_new_table liobn=0x80000000 table=0x1 fd=-1
        8@1.000010:spapr_iommu_pci_put liobn=0x80000000 ioba=0x1000 tce=0x5003 ret=0
        7@1.000020:spapr_iommu_xlate liobn=0x80000000 0x1008 -> 0x5000 perm=3 mask=0xfff
        8@1.000030:spapr_iommu_pci_get liobn=0x80000000 ioba=0x1000 ret=0 tce=0x5003

        """

    @Test("exec prints the transcript of a script")
    func exec() throws {
        let run = try CommandRun(
            "exec", "-", input: "H_PUT_TCE 0x80000000 0x1000 0x5003\nH_GET_TCE 0x80000000 0x1000\n")
        #expect(run.status == 0)
        #expect(run.output == "H_PUT_TCE = H_SUCCESS\nH_GET_TCE = H_SUCCESS 0x0000000000005003\n")
    }

    @Test("exec names file, line and what it expected, keeps what ran, and exits 65")
    func execMalformed() throws {
        let run = try CommandRun("exec", "-", input: "load 0\nload zero\nload 8\n")
        #expect(run.status == 65)
        #expect(run.output == "load 0x0000000000000000 = 0x0000000000000000\n")
        #expect(run.errors.contains(":2: "))
    }

    @Test("A missing file exits 66, wrong usage 64, an output that cannot be made 73")
    func statuses() throws {
        #expect(try CommandRun("exec", "/nonexistent/x.hc").status == 66)
        #expect(try CommandRun("replay", "/nonexistent/x.tcet").status == 66)
        #expect(try CommandRun("replay").status == 64)
        #expect(try CommandRun("replay", "x", "--from", "yesterday").status == 64)
        #expect(try CommandRun("generate", "nic", "-o", "/nonexistent/x.tcet").status == 73)
        #expect(try CommandRun("generate", "tapes", "-o", "-").status == 64)
    }

    @Test("Every subcommand has help with an example")
    func help() throws {
        for words in [
            [], ["exec"], ["import", "qemu"], ["import", "text"], ["info"], ["dump"], ["replay"], ["generate"],
        ] {
            let run = try CommandRun(shell: "\"$TOOL\" \"$@\" --help", arguments: words)
            #expect(run.status == 0)
            #expect(run.output.contains("Example"), "\(words)")
        }
    }

    @Test("A QEMU log is imported, replayed and checked; the JSON has the keys that others rely on")
    func importAndCheck() throws {
        let path = CommandRun.path("small.tcet")
        #expect(try CommandRun("import", "qemu", "-", "-o", path, input: Self.log).status == 0)
        let run = try CommandRun("replay", "--functional", "--check", path, "--format", "json")
        #expect(run.status == 0)
        let json = try run.json()
        for (key, expected) in [
            "trace.events": 4, "trace.chunks": 1, "trace.span_ns": 30_000, "trace.lost_chunks": 0,
            "trace.lost_events": 0, "hcalls.H_PUT_TCE.calls": 1, "hcalls.H_PUT_TCE.tces": 1,
            "hcalls.H_PUT_TCE.errors": 0, "hcalls.H_GET_TCE.calls": 1, "dma.transactions": 1, "dma.reads": 0,
            "dma.writes": 0, "dma.unknown": 1, "dma.bytes": 0, "dma.translations": 1, "dma.overtaken": 0,
            "dma.faults.total": 0, "dma.faults.no_window": 0, "dma.faults.outside_window": 0, "dma.faults.no_read": 0,
            "dma.faults.no_write": 0, "dma.faults.not_memory": 0, "dma.faults.not_shared": 0, "dma.faults.pe_frozen": 0,
            "sharing.shared_pages": 0, "sharing.peak_shared_pages": 0, "sharing.share_calls": 0,
            "sharing.unshare_calls": 0, "check.compared": 3, "check.mismatches": 0,
        ] {
            #expect(number(json, key) == expected, "\(key)")
        }
        #expect(value(json, "trace.complete") as? Bool == true)
        for absent in ["tce_cache", "latency_cycles", "time", "dma.wait_cycles", "hcalls.H_PUT_TCE.cycles"] {
            #expect(value(json, absent) == nil, "\(absent)")
        }
    }

    @Test("A recorded answer that differs is shown, and the status is 1")
    func mismatch() throws {
        let path = CommandRun.path("different.tcet")
        let log = Self.log.replacingOccurrences(of: "-> 0x5000", with: "-> 0x6000")
        #expect(try CommandRun("import", "qemu", "-", "-o", path, input: log).status == 0)
        let run = try CommandRun("replay", "--check", path)
        #expect(run.status == 1)
        #expect(run.errors.contains("event 2, chunk 1: page recorded 0x6000, emulated 0x5000"))
        #expect(run.output.contains("3 recorded answers compared, 1 differ"))
        #expect(try CommandRun("replay", path).status == 0)
    }

    @Test("A spapr_iommu line that is not understood exits 65; other programs' lines do not")
    func importStatus() throws {
        let path = CommandRun.path("status.tcet")
        let foreign = try CommandRun(
            "import", "qemu", "-", "-o", path, input: Self.log + "8@1.5:other_event x=1\nhello\n")
        #expect(foreign.status == 0)
        let unknown = try CommandRun(
            "import", "qemu", "-", "-o", path, input: Self.log + "8@1.5:spapr_iommu_what x=1\n")
        #expect(unknown.status == 65)
        #expect(unknown.errors.contains(":5: "))
        #expect(try CommandRun("info", path).status == 0)
        for hidden in [
            "Nov 22 17:00:00 host qemu[12]: spapr_iommu_pci_put liobn=0x1", "other 7@1.0:spapr_iommu_pci_put liobn=0x1",
            "7@1.000000 spapr_iommu_pci_put liobn=0x1",
        ] {
            #expect(try CommandRun("import", "qemu", "-", "-o", path, input: hidden + "\n").status == 65, "\(hidden)")
        }
    }

    @Test("An import does not write over its input, and one that fails leaves a trace that says that it is cut")
    func importKeepsItsInput() throws {
        let same = CommandRun.path("same.log")
        _ = try CommandRun(shell: "cat > \"$1\"", arguments: [same], input: Self.log)
        #expect(try CommandRun("import", "qemu", same, "-o", same).status == 73)
        #expect(try CommandRun(shell: "cat \"$1\"", arguments: [same]).output == Self.log)
        let kept = CommandRun.path("kept.tcet")
        #expect(try CommandRun("import", "qemu", same, "-o", kept).status == 0)
        #expect(try CommandRun("import", "qemu", "/tmp", "-o", kept).status == 66)
        #expect(try CommandRun("replay", kept).status == 0)
        let failed = CommandRun.path("failed.tcet")
        #expect(try CommandRun("import", "text", "-", "-o", failed, input: "1 reset\n2 nonsense\n").status == 65)
        let replay = try CommandRun("replay", failed)
        #expect(replay.status == 65)
        #expect(replay.output.contains("1 event in 1 chunk"))
    }

    @Test("A platform that is not emulated is wrong usage, or wrong data in a trace")
    func platforms() throws {
        #expect(try CommandRun("replay", Self.trace, "--platform", "vmware").status == 64)
        let path = CommandRun.path("vmware.tcet")
        #expect(try CommandRun("import", "text", "-", "-o", path, input: "@platform vmware\n1 reset\n").status == 0)
        #expect(try CommandRun("replay", path).status == 65)
    }

    /// Traces that are dumped whole; TCE_DUMPED_TRACES says fewer, for a run under a sanitizer.
    static let dumped = ["virtio-default", "virtio-disable-ddw"].prefix(
        ProcessInfo.processInfo.environment["TCE_DUMPED_TRACES"].flatMap { Int($0) } ?? 2)

    @Test("dump and import text give a trace with the same dump", arguments: dumped)
    func textRoundTrip(name: String) throws {
        let trace = CommandRun.shipped("traces/\(name).tcet")
        let again = CommandRun.path("\(name)-again.tcet")
        let run = try CommandRun(
            shell: """
                set -e -o pipefail
                "$TOOL" dump "$1" | tee "$2.text" | "$TOOL" import text - -o "$2"
                gzip -t < "$1" && gzip -t < "$2"
                "$TOOL" dump "$2" | cmp - "$2.text"
                """, arguments: [trace, again])
        #expect(run.status == 0, "\(run.errors)")
    }

    @Test("A shipped recording replays without a difference", arguments: ["virtio-default", "virtio-disable-ddw"])
    func shippedTraces(name: String) throws {
        let run = try CommandRun("replay", "--check", CommandRun.shipped("traces/\(name).tcet"), "--format", "json")
        #expect(run.status == 0)
        let json = try run.json()
        #expect(number(json, "check.mismatches") == 0)
        #expect(number(json, "check.compared") == (name == "virtio-default" ? 122_797 : 183_159))
    }

    @Test("The checksums of traces/README.md are those of the files")
    func shippedChecksums() throws {
        let run = try CommandRun(
            shell: """
                cd "$1" && for f in *.tcet; do grep -qF "$(sha256sum "$f" | cut -d' ' -f1)" README.md || exit 1; done
                """,
            arguments: [CommandRun.shipped("traces")])
        #expect(run.status == 0)
    }

    @Test("A cut trace prints what was counted, marked as not complete, and exits 65; --lenient exits 0")
    func cutTrace() throws {
        let cut = CommandRun.path("cut.tcet")
        _ = try CommandRun(shell: "head -c 150000 \"$1\" > \"$2\"", arguments: [Self.trace, cut])
        let strict = try CommandRun("replay", cut, "--format", "json")
        #expect(strict.status == 65)
        #expect(value(try strict.json(), "trace.complete") as? Bool == false)
        #expect((number(try strict.json(), "trace.events") ?? 0) % 32_768 == 0)
        #expect(strict.errors.contains("the file ends"))
        let lenient = try CommandRun("replay", "--lenient", cut, "--format", "json")
        #expect(lenient.status == 0)
        #expect(value(try lenient.json(), "trace.complete") as? Bool == false)
        #expect(try CommandRun("dump", cut).status == 65)
        let info = try CommandRun("info", cut)
        #expect(info.status == 65)
        #expect(info.output.contains("NOT COMPLETE"))
        #expect(info.output.contains("98,304"))
    }

    @Test("A reader that goes away ends the run silently with 141")
    func closedPipe() throws {
        let run = try CommandRun(
            shell: "\"$TOOL\" dump \"$1\" | head -n 1 > /dev/null; echo \"${PIPESTATUS[0]}\"", arguments: [Self.trace])
        #expect(run.output == "141\n")
        #expect(run.errors.isEmpty)
    }

    @Test("An interrupt ends a replay with the statistics so far and 130")
    func interrupt() throws {
        let run = try CommandRun(
            shell: """
                mkfifo fifo.$$
                "$TOOL" replay --format json fifo.$$ & pid=$!
                exec 3> fifo.$$
                head -c 200000 "$1" >&3
                sleep 1; kill -INT $pid
                tail -c +200001 "$1" >&3 2>/dev/null
                exec 3>&-
                wait $pid; status=$?
                rm fifo.$$; exit $status
                """, arguments: [Self.trace])
        #expect(run.status == 130)
        #expect(value(try run.json(), "trace.complete") as? Bool == false)
    }

    @Test("dump keeps to times, chunks, kinds and LIOBNs")
    func dumpFilters() throws {
        func lines(_ arguments: String...) throws -> Int {
            let run = try CommandRun(
                shell: "set -o pipefail; \"$TOOL\" dump \"$@\" | awk '!/^@/ { n++ } END { print n + 0 }'",
                arguments: [Self.trace] + arguments)
            #expect(run.status == 0)
            return try #require(Int(run.output.dropLast()))
        }
        #expect(try lines("--kind", "H_PUT_TCE") == 13_998)
        #expect(try lines("--kind", "H_PUT_TCE", "--kind", "H_STUFF_TCE") == 13_998 + 16_859)
        #expect(try lines("--liobn", "0x80000001") == 0)
        #expect(try lines("--from", "#2", "--to", "#3") == 32_768)
        let upTo = try lines("--to", "28s")
        #expect(upTo > 2 * 32_768)
        #expect(try lines("--from", "28s") + upTo == 183_160)
        // Times count from the first event of the trace also where chunks before are not read.
        #expect(try lines("--from", "#3", "--to", "28s") == upTo - 2 * 32_768)
        #expect(try CommandRun("dump", Self.trace, "--from", "2s", "--to", "1s").status == 64)
    }

    @Test("info has the numbers of a trace in each format")
    func info() throws {
        let json = try CommandRun("info", Self.trace, "--chunks", "--verify", "--format", "json").json()
        #expect(number(json, "events") == 183_160)
        #expect(number(json, "events_by_kind.dma") == 149_092)
        #expect((json["chunks"] as? [Any])?.count == 6)
        #expect(json["verified"] as? Bool == true)
        let csv = try CommandRun("info", Self.trace, "--format", "csv")
        #expect(csv.output.contains("\nevents,183160\n"))
        #expect(csv.output.contains("\nverified,false\n"))
        #expect(try CommandRun(shell: "\"$TOOL\" info - < \"$1\"", arguments: [Self.trace]).output.contains("183,160"))
    }

    @Test("The results do not depend on the number of threads")
    func threads() throws {
        let one = try CommandRun("replay", Self.trace, "--threads", "1", "--format", "csv")
        let four = try CommandRun("replay", Self.trace, "--threads", "4", "--format", "csv")
        #expect(one.output == four.output)
        #expect(one.output.contains("\nhcalls.H_STUFF_TCE.tces,307968\n"))
    }
}
