// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Foundation
import TceEmu
import Testing

@testable import tce_emu

/// `profiles` and the options that all commands with time share.
struct ProfilesCommandTests {
    @Test("profiles lists the profiles and every parameter, in three forms")
    func listing() throws {
        let text = try CommandRun("profiles")
        #expect(text.status == 0)
        for name in TimingProfile.builtInNames { #expect(text.output.contains("\n  \(name) ")) }
        for parameter in TimingParameter.all { #expect(text.output.contains("\n  \(parameter.key) ")) }

        let json = try CommandRun("profiles", "--format", "json").json()
        let parameters = try #require(json["parameters"] as? [[String: Any]])
        #expect(parameters.map { $0["key"] as? String } == TimingParameter.all.map(\.key))
        #expect(parameters[0]["default"] as? String == "3800 MHz")
        #expect((json["profiles"] as? [[String: Any]])?.count == TimingProfile.builtInNames.count)

        let csv = try CommandRun("profiles", "--format", "csv").output.split(separator: "\n")
        #expect(csv.count == TimingParameter.all.count + 1)
        #expect(csv[0] == "key,units,default,least,most,choices,text,source")
        #expect(csv[1] == "clock_mhz,MHz GHz,3800 MHz,1,100000,,the guest processor's clock,POWER9 class (assumption)")
    }

    @Test("profiles NAME prints what --profile reads", arguments: TimingProfile.builtInNames)
    func one(_ name: String) throws {
        let run = try CommandRun("profiles", name)
        #expect(run.status == 0)
        #expect(run.output == TimingProfile.builtInYAML(named: name))
        let again = try CommandRun("profiles", "-", "--format", "json", input: run.output)
        #expect(again.output == (try jsonReport(TimingProfile(named: name))))
    }

    @Test("A file and --set give the effective profile")
    func changes() throws {
        let path = CommandRun.path("mine.yaml")
        try Data("base: ideal\ntce_cache: {ways: 4}\n".utf8).write(to: URL(fileURLWithPath: path))
        let run = try CommandRun("profiles", path, "--set", "hcall.put=1us", "--set", "fetch_slots=9")
        #expect(run.status == 0)
        let profile = try TimingProfile(yaml: run.output, file: "x")
        #expect(profile.name == "mine")
        #expect(profile["tce_cache.ways"]?.description == "4")
        #expect(profile["hcall.put"]?.description == "1 us")
        #expect(profile["fetch_slots"]?.description == "9")
        #expect(profile["memory_latency"]?.description == "0 cycles")
        let csv = try CommandRun("profiles", path, "--format", "csv").output
        #expect(csv.contains("\nparameters.tce_cache.ways,4\n"))
    }

    @Test("A wrong --set exits 64, a wrong file 65, one that cannot be read 66; each says what is allowed")
    func errors() throws {
        for (arguments, word) in [
            (["ideal", "--set", "tce_cache.ways"], "key=value"), (["ideal", "--set", "speed=3"], "hcall.entry"),
            (["ideal", "--set", "tce_cache.ways=0"], "1 to 65536"), (["ideal", "--set", "hcall.put=3 MB"], "cycles"),
            (["ideal", "--set", "tce_cache.ways=3"], "multiple"), (["--set", "fetch_slots=3"], "profile"),
            (["ideal", "--format", "xml"], "json"),
        ] {
            let run = try CommandRun(shell: "\"$TOOL\" profiles \"$@\"", arguments: arguments)
            #expect(run.status == 64, "\(arguments)")
            #expect(run.errors.contains(word), "\(run.errors)")
            #expect(run.output.isEmpty)
        }
        let path = CommandRun.path("wrong.yaml")
        try Data("name: x\ntce_cache: {ways: 0}\n".utf8).write(to: URL(fileURLWithPath: path))
        let wrong = try CommandRun("profiles", path)
        #expect(wrong.status == 65)
        #expect(
            wrong.errors
                == "tce-emu: \(path):2:19: tce_cache.ways: expected a whole number, 1 to 65536, found 0\n")
        #expect(try CommandRun("profiles", "-", input: "a: b: c").status == 65)
        for missing in ["/nonexistent/x.yaml", "power7-kvm", "/"] {
            let run = try CommandRun("profiles", missing)
            #expect(run.status == 66)
            #expect(run.errors.contains("power9-kvm, power8-kvm"))
        }
    }

    @Test("The shared options make one profile of --profile and each --set")
    func options() throws {
        let none = try TimingOptions.parse([])
        #expect(try none.effectiveProfile() == TimingProfile(named: "power9-kvm"))
        #expect(try none.timing().arrival == .trace)
        let some = try TimingOptions.parse([
            "--profile", "power8-kvm", "--set", "tce_cache.ways=16", "--set", "tce_cache.entries=1024", "--arrival",
            "saturate",
        ])
        let profile = try some.effectiveProfile()
        #expect(profile["tce_cache.entries"]?.description == "1024")
        #expect(profile["clock_mhz"]?.description == "3500 MHz")
        #expect(try some.timing().arrival == .saturate)
        #expect(throws: (any Error).self) { try TimingOptions.parse(["--arrival", "now"]) }
        let wrong = try TimingOptions.parse(["--set", "tce_cache.ways=5"])
        #expect(throws: TimingProfileError.self) { try wrong.effectiveProfile() }
    }
}
