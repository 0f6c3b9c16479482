// SPDX-License-Identifier: Apache-2.0
import CTce
import Foundation
import Testing

@testable import TceEmu

/// Profiles as YAML: both ways to write a key, and every kind of error with its place.
struct TimingProfileYAMLTests {
    private func fault(_ yaml: String) -> TimingProfileError? {
        do throws(TimingProfileError) {
            _ = try TimingProfile(yaml: yaml, file: "my.yaml")
            return nil
        } catch {
            return error
        }
    }

    @Test("Nested maps and keys with points say the same")
    func forms() throws {
        let nested = try TimingProfile(
            yaml: """
                name: mine
                text: "what it is"
                tce_cache: {ways: 4, entries: 64}
                hcall:
                  entry: 1 us   # a comment
                  put: '150'
                exit_to_user: never
                """, file: "a.yaml")
        let flat = try TimingProfile(
            yaml: """
                "exit_to_user": never
                hcall.put: 150 cycles
                hcall.entry: 1us
                tce_cache.entries: 64
                tce_cache.ways: 4
                text: what it is
                name: mine
                """, file: "b.yaml")
        #expect(nested == flat)
        #expect(nested.name == "mine")
        #expect(nested["tce_cache.ways"]?.description == "4")
        #expect(try nested.lowered().hcall_entry == 3_800_000_000)
    }

    @Test("A profile starts from its base, else from power9-kvm; without a name it has its file's")
    func base() throws {
        let empty = try TimingProfile(yaml: "", file: "dir/my.first.yaml")
        #expect(empty == TimingProfile(name: "my.first"))
        #expect(try TimingProfile(yaml: "# nothing\n---\n", file: "x") == TimingProfile(name: "x"))
        let own = try TimingProfile(yaml: "hcall.put: 5\nbase: power8-kvm\n", file: "x.yaml")
        var expected = try TimingProfile(named: "power8-kvm")
        try expected.set("hcall.put=5")
        (expected.name, expected.text) = ("x", "")
        #expect(own == expected)
    }

    @Test("The clock counts wherever it stands")
    func clockAnywhere() throws {
        let profile = try TimingProfile(yaml: "rtas_ddw: 400 ms\nclock_mhz: 2000\n", file: "x")
        #expect(try profile.lowered().rtas_ddw == 800_000_000 * 1_000_000)
        #expect(fault("rtas_ddw: 400 ms\n")?.kind == .range)
    }

    @Test(
        "yes and no are words, however a program took and wrote them",
        arguments: [
            ("no", 0), ("yes", 1), ("'no'", 0), ("No", 0), ("YES", 1), ("off", 0), ("on", 1), ("false", 0), ("true", 1),
        ] as [(String, UInt64)])
    func booleans(_ word: String, _ expected: UInt64) throws {
        #expect(try TimingProfile(yaml: "passthrough: \(word)", file: "x").lowered().passthrough == expected)
        #expect(fault("exit_to_user: \(word)")?.kind == .value)
        #expect(fault("passthrough: 'true'")?.kind == .value)
    }

    @Test(
        "Every error names file, line, column and key",
        arguments: [
            ("hcall:\n  entry: 4700\n  entri: 5\n", .unknownKey, "my.yaml:3:3: hcall.entri: "),
            ("speed: 3\n", .unknownKey, "my.yaml:1:1: speed: "),
            ("speed: {fast: 3}\n", .unknownKey, "my.yaml:1:1: speed: "),
            ("hcall: {entry: {cold: 3}}\n", .structure, "my.yaml:1:9: hcall.entry: "),
            ("a.b.c: [1]\n", .unknownKey, "my.yaml:1:1: a.b.c: "),
            ("hcall: 5\n", .structure, "my.yaml:1:1: hcall: expected a map of hcall.entry, "),
            ("hcall:\n", .structure, "my.yaml:1:1: hcall: "),
            ("hcall: [1, 2]\n", .structure, "my.yaml:1:1: hcall: "),
            ("fetch_slots: [1]\n", .structure, "my.yaml:1:1: fetch_slots: "),
            ("name: {a: b}\n", .structure, "my.yaml:1:1: name: expected a text, found a map"),
            ("- 1\n- 2\n", .structure, "my.yaml:1:1: expected a map of keys to values, found a list"),
            ("just words\n", .structure, "my.yaml:1:1: expected a map of keys to values, found just words"),
            ("? [a]\n: 1\n", .structure, "my.yaml:1:3: expected a key, found a list"),
            ("pcie_latency: 350 MB\n", .unit, "my.yaml:1:15: pcie_latency: "),
            ("\n\n  pcie_latency:   soon\n", .value, "my.yaml:3:19: pcie_latency: "),
            ("pcie_latency:\n", .value, "my.yaml:1:14: pcie_latency: "),
            ("pcie_latency: ~\n", .value, "my.yaml:1:15: pcie_latency: "),
            ("pcie_latency: 1.5\n", .precision, "my.yaml:1:15: pcie_latency: "),
            ("tce_cache:\n  ways: 0\n", .range, "my.yaml:2:9: tce_cache.ways: "),
            ("clock_mhz: 0\n", .range, "my.yaml:1:12: clock_mhz: "),
            ("max_payload: 100\n", .range, "my.yaml:1:14: max_payload: "),
            ("tce_cache.ways: 3\n", .combination, "my.yaml:1:17: tce_cache.entries: "),
            ("base: ideal\ntce_cache: {entries: 9}\n", .combination, "my.yaml:2:22: tce_cache.entries: "),
            ("fetch_slots: 5\nclock_mhz: 100 GHz\nbase: ideal\nuv.call: 11 ms", .range, "my.yaml:4:10: uv.call: "),
            ("base: power10\n", .unknownProfile, "my.yaml:1:7: base: expected one of power9-kvm, "),
            ("name: a\nname: b\n", .duplicateKey, "my.yaml:1:1: name: "),
            ("fetch_slots: 1\nhcall: {}\nfetch_slots: 1\n", .duplicateKey, "my.yaml:1:1: fetch_slots: "),
            ("tce_cache: {ways: 8}\ntce_cache.ways: 8\n", .duplicateKey, "my.yaml:2:1: tce_cache.ways: "),
            ("hcall: {entry: 1\n", .syntax, "my.yaml:2:1: expected YAML, found "),
            ("a: b: c\n", .syntax, "my.yaml:1:5: expected YAML, found "),
            ("fetch_slots: 1\n---\nfetch_slots: 2\n", .syntax, "my.yaml:2:1: expected YAML, found "),
            ("fetch_slots: *x\n", .syntax, "my.yaml:1:14: expected YAML, found "),
            ("fetch_slots: &x 5\n", .structure, "my.yaml:1:14: expected values without YAML anchors"),
            ("hcall: &x {entry: 5}\n", .structure, "my.yaml:1:8: expected values without YAML anchors"),
            ("&x fetch_slots: 5\n", .structure, "my.yaml:1:1: expected values without YAML anchors"),
            ("hcall.put: &x 5\nhcall.get: *x\n", .structure, "my.yaml:1:12: expected values without YAML anchors"),
            ("fetch_slots: \u{7}\n", .syntax, "my.yaml"),
        ] as [(String, TimingProfileError.Kind, String)])
    func errors(_ yaml: String, _ kind: TimingProfileError.Kind, _ start: String) {
        let error = fault(yaml)
        #expect(error?.kind == kind)
        #expect(error?.description.hasPrefix(start) == true, "\(error.map { "\($0)" } ?? "none")")
        #expect(error?.expected.isEmpty == false && error?.found.isEmpty == false)
    }

    @Test("A text full of aliases is refused before it is built, a few asterisks in comments are not")
    func aliases() throws {
        var bomb = "a0: &a0 [x]\n"
        for level in 1...30 { bomb += "a\(level): &a\(level) [*a\(level - 1), *a\(level - 1)]\n" }
        bomb += "? *a30\n: 1\n"
        #expect(fault(bomb)?.kind == .structure)
        #expect(fault(bomb)?.place == .text(file: "my.yaml", line: 2, column: 10))
        _ = try TimingProfile(yaml: "# *not* an *alias*\nfetch_slots: 5\n", file: "x")
    }

    @Test("A text nested too deep, or too long, is refused")
    func size() throws {
        #expect(fault(String(repeating: "[", count: 100_000))?.kind == .syntax)
        let comment = "#" + String(repeating: "x", count: TimingProfile.mostBytes - 1)
        #expect(fault(comment) == nil)
        #expect(fault(comment + "x")?.kind == .size)
    }

    @Test("A file is read by its path, a built-in profile by its name")
    func files() throws {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("profiles-\(getpid())")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let good = directory.appendingPathComponent("good.yaml")
        try Data("fetch_slots: 5\n".utf8).write(to: good)
        let profile = try TimingProfile(fileOrName: good.path)
        #expect(profile.name == "good")
        #expect(profile["fetch_slots"]?.description == "5")
        #expect(try TimingProfile(fileOrName: "ideal") == TimingProfile(named: "ideal"))

        func kind(_ path: String) -> TimingProfileError.Kind? {
            do throws(TimingProfileError) {
                _ = try TimingProfile(fileOrName: path)
                return nil
            } catch {
                #expect("\(error)".hasPrefix(path))
                return error.kind
            }
        }
        #expect(kind(directory.path) == .unreadable)
        #expect(kind("/nonexistent/x.yaml") == .unreadable)
        let bad = directory.appendingPathComponent("bad.yaml")
        try Data([0x61, 0x3a, 0x20, 0xff]).write(to: bad)
        #expect(kind(bad.path) == .syntax)
        try Data(repeating: UInt8(ascii: "#"), count: TimingProfile.mostBytes + 1).write(to: bad)
        #expect(kind(bad.path) == .size)
    }

    @Test("What a profile prints is the profile, as YAML and as JSON", arguments: TimingProfile.builtInNames)
    func roundTrip(_ name: String) throws {
        var profile = try TimingProfile(named: name)
        #expect(try TimingProfile(yaml: profile.yaml, file: "x") == profile)
        #expect(try JSONDecoder().decode(TimingProfile.self, from: JSONEncoder().encode(profile)) == profile)
        profile.name = "it's \"mine\": # no\u{7} \u{2028}comment\\ \u{1F600}"
        profile.text = "two\nlines, *not* &aliases"
        try profile.set("hcall.list_entry=0.000001")
        #expect(try TimingProfile(yaml: profile.yaml, file: "x") == profile)
    }

    @Test("A random change of a profile's bytes gives a profile or an error, nothing else")
    func damage() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SplitMix64(seed: seed)
        let original = Array(BuiltInProfile.ideal.utf8)
        var refused = 0
        for _ in 0..<400 {
            var bytes = original
            for _ in 0..<(1 + random.next() % 4) {
                let place = Int(random.next() % UInt64(bytes.count))
                switch random.next() % 3 {
                case 0: bytes[place] = UInt8(truncatingIfNeeded: random.next())
                case 1: bytes.removeSubrange(place..<min(bytes.count, place + Int(random.next() % 20)))
                default:
                    let marks = Array("&*{}[]:?!|>%@`\"'#-, \n\t".utf8)
                    bytes.insert(marks[Int(random.next() % UInt64(marks.count))], at: place)
                }
            }
            if let error = fault(String(decoding: bytes, as: UTF8.self)) {
                refused += 1
                #expect("\(error)".hasPrefix("my.yaml"), "seed \(seed): \(error)")
            }
        }
        #expect(refused > 100, "seed \(seed)")
    }
}
