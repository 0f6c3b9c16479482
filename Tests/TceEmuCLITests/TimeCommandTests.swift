// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

/// replay with time: its options, its keys, the files that it writes.
struct TimeCommandTests {
    static let trace = CommandRun.shipped("traces/virtio-default.tcet")

    /// A small trace: two calls and three accesses.
    static let small = """
        @unit us
        0.000000 phb buid=0x800000020000000 liobn=0x80000000
        0.000010 H_PUT_TCE cpu=1 liobn=0x80000000 ioba=0x1000 tce=0x5003
        0.000011 dma liobn=0x80000000 ioba=0x1000 length=64 write
        0.000020 hcall cpu=0 opcode=0x20 -> H_SUCCESS took=9
        0.000100 dma buid=0x800000020000000 requester=0x18 ioba=0x1000 length=64 read
        0.000200 dma liobn=0x80000000 ioba=0x9000 length=8 read
        0.000300 H_STUFF_TCE cpu=1 liobn=0x80000000 ioba=0x1000 tce=0 npages=1
        """

    static func make(_ text: String, _ name: String = UUID().uuidString) throws -> String {
        let path = CommandRun.path(name + ".tcet")
        let made = try CommandRun("import", "text", "-", "-o", path, input: text + "\n")
        try #require(made.status == 0, "\(made.errors)")
        return path
    }

    @Test("The keys that others rely on are there with time, and absent without it")
    func keys() throws {
        let path = try Self.make(Self.small)
        let json = try CommandRun("replay", path, "--format", "json").json()
        for key in [
            "hcalls.H_PUT_TCE.cycles", "dma.wait_cycles", "dma.overtaken", "tce_cache.lookups", "tce_cache.hits",
            "tce_cache.misses", "tce_cache.joined", "tce_cache.invalidations", "latency_cycles.count",
            "latency_cycles.min", "latency_cycles.mean", "latency_cycles.p50", "latency_cycles.p90",
            "latency_cycles.p99", "latency_cycles.p999", "latency_cycles.max", "time.cycles", "time.clock_mhz",
            "time.guest_hcall_cycles", "observed_hcalls.H_PUT_TCE.recorded_ns",
        ] {
            #expect(number(json, key) != nil, "\(key)")
        }
        #expect(value(json, "profile.parameters") as? [String: String] != nil)
        #expect((value(json, "profile.parameters") as? [String: String])?["fetch_slots"] == "64")
        let without = try CommandRun("replay", path, "--format", "csv", "--functional")
        #expect(without.status == 0)
        for word in ["cycles", "tce_cache", "latency", "time.", "profile"] {
            #expect(!without.output.contains(word), "\(word)")
        }
    }

    @Test("What cannot be asked for together is a usage error that says why")
    func conflicts() throws {
        for arguments in [
            ["--profile", "ideal"], ["--set", "fetch_slots=3"], ["--arrival", "trace"], ["--per-event", "x.csv"],
            ["--interval", "1ms"], ["--histogram", "x.hgrm"],
        ] {
            let run = try CommandRun(
                shell: "\"$TOOL\" replay \"$@\"", arguments: [Self.trace, "--functional"] + arguments)
            #expect(run.status == 64, "\(arguments)")
            #expect(run.errors.contains("\(arguments[0]) asks for time, and --functional leaves it out"))
        }
        for option in ["--save", "--load"] {
            let run = try CommandRun("replay", Self.trace, option, "x.snap")
            #expect(run.status == 64)
            #expect(run.errors.contains("\(option) needs --functional: a snapshot holds the machine"))
        }
    }

    @Test("A wrong profile, change, arrival or interval names what is wrong and what is allowed")
    func wrong() throws {
        let file = CommandRun.path("wrong-time.yaml")
        try Data("tce_cache: {ways: 0}\n".utf8).write(to: URL(fileURLWithPath: file))
        for (arguments, status, words) in [
            (["--profile", "power7"], 66, ["power7", "power9-kvm, power8-kvm"]),
            (["--profile", file], 65, ["\(file):1:19: tce_cache.ways", "1 to 65536", "found 0"]),
            (["--set", "tce_cache.way=3"], 64, ["tce_cache.way", "did you mean tce_cache.ways?"]),
            (["--set", "tce_cache.ways=5"], 64, ["tce_cache.entries", "multiple"]),
            (["--set", "hcall.put=3 GB"], 64, ["hcall.put", "cycles, ns, us, ms"]),
            (["--set", "fetch_slots=0"], 64, ["fetch_slots", "1 to 65536"]),
            (["--arrival", "now"], 64, ["--arrival is now", "trace or saturate"]),
            (["--interval", "0ms"], 64, ["--interval is 0ms", "10ms"]),
            (["--interval", "#3"], 64, ["--interval is #3"]),
            (["--histogram", "/nonexistent/x.hgrm"], 73, ["/nonexistent/x.hgrm"]),
            (["--histogram", "x.txt"], 73, ["x.txt", "expected a name that ends in .hgrm, or a directory's"]),
            (["--histogram", "-"], 73, ["cannot create -"]),
            (["--per-event", "/nonexistent/x.csv"], 73, ["/nonexistent/x.csv"]),
            (["--per-event", Self.trace], 73, ["it is the trace"]),
        ] as [([String], Int32, [String])] {
            let run = try CommandRun(shell: "\"$TOOL\" replay \"$@\"", arguments: [Self.trace] + arguments)
            #expect(run.status == status, "\(arguments): \(run.errors)")
            for word in words { #expect(run.errors.contains(word), "\(arguments): \(run.errors)") }
            #expect(run.output.isEmpty)
        }
    }

    @Test("A line for each event, in the trace's order, with issue and completion cycle")
    func perEvent() throws {
        let (path, file) = (try Self.make(Self.small), CommandRun.path("events.csv"))
        let run = try CommandRun("replay", path, "--per-event", file, "--set", "hcall.first_touch=0")
        #expect(run.status == 0 && run.output.hasPrefix("7 events in 1 chunk"))
        let text = try String(contentsOfFile: file, encoding: .utf8)
        // 3,800 cycles a microsecond; the write waits until the call has ended that wrote its TCE.
        #expect(
            text == """
                event,kind,cpu,buid,liobn,requester,stamp_cycle,issue_cycle,completion_cycle,latency_cycles,outcome,tlps
                0,phb,,,,,,,,,,
                1,H_PUT_TCE,1,,0x80000000,,38000,38000,43000,5000,H_SUCCESS,
                2,dma,,,0x80000000,,41800,43000,45745,2745,ok,1
                3,hcall,0,,,,,,,,H_SUCCESS,
                4,dma,,0x800000020000000,,0x18,380000,380000,383410,3410,ok,1
                5,dma,,,0x80000000,,760000,760000,763368,3368,no_read,1
                6,H_STUFF_TCE,1,,0x80000000,,1140000,1140000,1144712,4712,H_SUCCESS,

                """)
        let stdout = try CommandRun("replay", path, "--per-event", "-", "--set", "hcall.first_touch=0")
        #expect(stdout.status == 0 && stdout.output == text)
        let full = try CommandRun("replay", path, "--per-event", "/dev/full")
        #expect(full.status == 74 && full.errors.contains("/dev/full"))
        let closed = try CommandRun(
            shell: "set -o pipefail; \"$TOOL\" replay \"$1\" --per-event - | head -n 1", arguments: [Self.trace])
        #expect(closed.status == 141 && closed.errors.isEmpty)
    }

    @Test("Intervals hold all of the sums, in JSON, CSV and text")
    func intervals() throws {
        let json = try CommandRun("replay", Self.trace, "--interval", "500ms", "--format", "json").json()
        let intervals = try #require(json["intervals"] as? [[String: Any]])
        #expect(intervals.count > 10)
        for (key, total) in [
            ("transactions", "dma.transactions"), ("calls", "counters.calls"), ("call_cycles", "counters.call_cycles"),
        ] {
            #expect(intervals.reduce(0) { $0 + (number($1, key) ?? 0) } == number(json, total), "\(key)")
        }
        #expect(intervals.allSatisfy { number($0, "cycles") == 1_900_000_000 })
        #expect(intervals.allSatisfy { (number($0, "first_cycle") ?? 1) % 1_900_000_000 == 0 })
        let csv = try CommandRun("replay", Self.trace, "--interval", "500ms", "--format", "csv").output
        #expect(csv.contains("\nintervals.0.cycles,1900000000\n"))
        let text = try CommandRun("replay", Self.trace, "--interval", "500ms").output
        #expect(text.contains("\nIntervals of 500.000 ms in which something ended\n"))
    }

    @Test("A histogram in HdrHistogram's form, of all or of each direction and device")
    func histograms() throws {
        let path = try Self.make(Self.small)
        let (file, directory) = (CommandRun.path("all.hgrm"), CommandRun.path("histograms"))
        #expect(try CommandRun("replay", path, "--histogram", file).status == 0)
        #expect(try CommandRun("replay", path, "--histogram", directory).status == 0)
        let text = try String(contentsOfFile: file, encoding: .utf8)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines[0] == "       Value     Percentile TotalCount 1/(1-Percentile)" && lines[1].isEmpty)
        #expect(lines[2] == "     2751.00 0.000000000000          1           1.00")
        #expect(text.contains("     3423.00 1.000000000000          3\n#[Mean    ="))
        #expect(text.hasSuffix("#[Unit    = cycles at 3800 MHz]\n"))
        let names = try FileManager.default.contentsOfDirectory(atPath: directory).sorted()
        #expect(
            names == [
                "00-03.0-of-phb-0x800000020000000.hgrm", "all.hgrm", "liobn-0x80000000.hgrm", "read.hgrm", "write.hgrm",
            ])
        #expect(try String(contentsOfFile: directory + "/all.hgrm", encoding: .utf8) == text)
        let wrong = try CommandRun("replay", path, "--histogram", path)
        #expect(wrong.status == 73)
    }

    @Test("The text says first how much of the load is assumed, and then no bytes a second")
    func assumed() throws {
        let known = try CommandRun("replay", Self.make(Self.small)).output
        #expect(known.hasPrefix("7 events in 1 chunk over 300.000 us; length and direction of each access are known\n"))
        #expect(known.contains("throughput"))
        let unknown = try CommandRun("replay", Self.trace).output
        #expect(unknown.split(separator: "\n")[0].hasSuffix("; 100.0 % of the DMA: length or direction assumed"))
        #expect(unknown.contains(": 100.0 % unknown, taken as 64 bytes, a read unless the TCE tells\n"))
        #expect(!unknown.contains("throughput") && !unknown.contains("/s"))
    }

    @Test("Intervals that are longer than asked for are told")
    func widened() throws {
        let short = try CommandRun("replay", Self.trace, "--interval", "100us")
        #expect(short.status == 0)
        #expect(short.errors.contains("--interval: it takes more than 4,096 of the length asked for"))
        #expect(short.errors.contains("1,520,000 cycles long, not 380,000"))
        #expect(try CommandRun("replay", Self.trace, "--interval", "10ms").errors.isEmpty)
    }

    @Test("The report fits a terminal", arguments: ["virtio-default", "virtio-disable-ddw"])
    func width(name: String) throws {
        let lines = try CommandRun("replay", CommandRun.shipped("traces/\(name).tcet")).output
            .split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.count <= 50)
        for line in lines { #expect(line.count <= 100, "\(line)") }
    }

    @Test("An interrupt ends what is under way in time, and keeps the lines of the events so far")
    func interrupted() throws {
        let run = try CommandRun(
            shell: """
                mkfifo fifo-t.$$
                "$TOOL" replay --format json --per-event int-t.csv fifo-t.$$ & pid=$!
                exec 3> fifo-t.$$
                head -c 100000 "$1" >&3
                sleep 1; kill -INT $pid
                exec 3>&-
                wait $pid
                """, arguments: [Self.trace])
        #expect(run.status == 130, "\(run.errors)")
        let json = try run.json()
        #expect(value(json, "trace.complete") as? Bool == false)
        #expect(number(json, "latency_cycles.count") == number(json, "dma.transactions"))
        let lines = try String(contentsOfFile: CommandRun.path("int-t.csv"), encoding: .utf8)
            .split(separator: "\n").count
        #expect(lines == (number(json, "trace.events") ?? 0) + 1)
    }
}
