// SPDX-License-Identifier: Apache-2.0
import CTce
import Testing

@testable import TceEmu

/// How values are read, converted and limited, both sides of each rule.
struct TimingValueTests {
    /// What the core stores of one value, in the profile of the defaults.
    private func stored(_ key: String, _ text: String, clock: String = "3800") throws -> UInt64 {
        var profile = TimingProfile()
        try profile.set("clock_mhz", to: clock)
        let parameter = try #require(TimingParameter(key: key))
        return try parameter.stored(parameter.value(text), clock: profile.clockMHz)
    }

    private func fault(_ key: String, _ text: String) -> TimingProfileError.Kind? {
        var profile = TimingProfile()
        do throws(TimingProfileError) {
            try profile.set(key, to: text)
            return nil
        } catch {
            #expect(error.key == key)
            #expect(error.description.contains(error.expected))
            return error.kind
        }
    }

    @Test(
        "A value is stored in the unit of its kind",
        arguments: [
            ("pcie_latency", "17", 17), ("pcie_latency", "17 cycles", 17), ("pcie_latency", "350 ns", 1330),
            ("pcie_latency", "0.35us", 1330), ("pcie_latency", "0.00035 ms", 1330),
            ("hcall.entry", "4700", 4_700_000_000), ("hcall.entry", "0.4", 400_000),
            ("hcall.entry", "0.000001 cycles", 1), ("hcall.entry", "49.6 us", 188_480_000_000),
            ("hcall.entry", "1.500", 1_500_000), ("hcall.entry", "007", 7_000_000),
            ("fetch_slots", "64", 64), ("max_payload", "4 KiB", 4096), ("max_payload", "0.5 KiB", 512),
            ("max_payload", "128 bytes", 128), ("pcie_rate", "7877", 7877), ("pcie_rate", "31.5 GB/s", 31500),
            ("pcie_rate", "15754 MB/s", 15754), ("clock_mhz", "3.8 GHz", 3800), ("clock_mhz", "3500MHz", 3500),
            ("dllp_share", "8", 800), ("dllp_share", "7.25 %", 725), ("dllp_share", "0.01%", 1),
            ("exit_to_user", "never", 0), ("exit_to_user", "always", 1), ("exit_to_user", "kvm", 2),
            ("tce_kill.scope", "pe", 1), ("passthrough", "yes", 1), ("assumed_direction", "write", 1),
        ])
    func stored(_ key: String, _ text: String, _ expected: UInt64) throws {
        #expect(try stored(key, text) == expected)
    }

    @Test(
        "A time becomes whole cycles, rounded half up once",
        arguments: [
            // clock in MHz, time, cycles
            ("500", "1 ns", 1), ("499", "1 ns", 0), ("500", "0.999999999999 ns", 0), ("1500", "1 ns", 2),
            ("3800", "34.5 ns", 131), ("2000", "34.5 ns", 69), ("2000", "34.25 ns", 69), ("2000", "34.249 ns", 68),
            ("3800", "180 ns", 684), ("3500", "180 ns", 630), ("3800", "2 ns", 8), ("3500", "1.3 us", 4550),
            ("1", "499.999 ns", 0), ("1", "500 ns", 1), ("100000", "10 ms", 1_000_000_000),
        ])
    func times(_ clock: String, _ time: String, _ cycles: UInt64) throws {
        #expect(try stored("pcie_latency", time, clock: clock) == cycles)
        #expect(try stored("hcall.put", time, clock: clock) == cycles * 1_000_000)
    }

    @Test(
        "Both limits of every parameter are allowed, and what lies beyond is not",
        arguments: TimingParameter.all.filter { $0.kind != .choice })
    func limits(_ parameter: TimingParameter) throws {
        for limit in [parameter.least, parameter.most] {
            #expect(fault(parameter.key, "\(limit)") == nil)
        }
        #expect(fault(parameter.key, "\(parameter.most + 1)") == .range)
        if parameter.least > 0 { #expect(fault(parameter.key, "\(parameter.least - 1)") == .range) }
        #expect(fault(parameter.key, "-1") == .value)
        #expect(parameter.text.contains("power of two") == parameter.isPowerOfTwo)
    }

    @Test("A limit holds for times, too, and the message says how many cycles they are")
    func limitOfTimes() throws {
        #expect(fault("pcie_latency", "263.157894 ms") == nil)
        #expect(fault("pcie_latency", "263.158 ms") == .range)
        var profile = TimingProfile()
        #expect {
            try profile.set("hcall.entry=900 ms")
        } throws: {
            "\($0)".hasSuffix("found 900 ms, which is 3420000000 cycles at 3800 MHz")
        }
    }

    @Test(
        "A size that has to be a power of two is one",
        arguments: ["max_payload", "max_read_request", "tce_cache.tces_per_line"])
    func powersOfTwo(_ key: String) {
        for size in ["16", "32", "4096", "2 KiB"] where !size.contains("K") || key.hasPrefix("max") {
            #expect(fault(key, size) == nil)
        }
        for size in ["17", "24", "4095"] { #expect(fault(key, size) == .range) }
    }

    @Test(
        "What is not of a parameter's kind is refused by what is wrong with it",
        arguments: [
            ("hcall.entry", "", .value), ("hcall.entry", "fast", .value), ("hcall.entry", "ns", .value),
            ("hcall.entry", ".5", .value), ("hcall.entry", "5.", .value), ("hcall.entry", "1.2.3", .value),
            ("hcall.entry", "+1", .value), ("hcall.entry", "\u{661}", .value),
            ("hcall.entry", "1e3", .unit), ("hcall.entry", "1,000", .unit), ("hcall.entry", "1_000", .unit),
            ("hcall.entry", "0x10", .unit), ("hcall.entry", "5 s", .unit), ("hcall.entry", "5 NS", .unit),
            ("hcall.entry", "5 MB/s", .unit), ("hcall.entry", "5 ns ns", .unit),
            ("hcall.entry", "0.0000001", .precision), ("hcall.entry", "1.0000001", .precision),
            ("hcall.entry", "1234567890123456789", .precision),
            ("hcall.entry", "0.1234567890123456789 ns", .precision),
            ("pcie_latency", "1.5", .precision), ("fetch_slots", "1.5", .precision), ("fetch_slots", "5 ns", .unit),
            ("fetch_slots", "many", .value), ("max_payload", "0.3 KiB", .precision), ("max_payload", "1 MiB", .unit),
            ("pcie_rate", "7.8775 GB/s", .precision), ("pcie_rate", "8 GT/s", .unit),
            ("clock_mhz", "3800.5", .precision), ("clock_mhz", "3.8 ghz", .unit),
            ("dllp_share", "7.255", .precision), ("dllp_share", "0.08 GB/s", .unit),
            ("exit_to_user", "sometimes", .value), ("exit_to_user", "Never", .value), ("exit_to_user", "0", .value),
            ("passthrough", "maybe", .value),
        ] as [(String, String, TimingProfileError.Kind)])
    func refused(_ key: String, _ text: String, _ kind: TimingProfileError.Kind) {
        #expect(fault(key, text) == kind)
    }

    @Test(
        "A value is printed as it was written, in one form",
        arguments: [
            ("hcall.entry", "4700", "4700 cycles"), ("hcall.entry", "34.50ns", "34.5 ns"),
            ("hcall.entry", "0.000001", "0.000001 cycles"), ("hcall.entry", "0.0", "0 cycles"),
            ("hcall.entry", "012.340 us", "12.34 us"), ("fetch_slots", "8", "8"), ("dllp_share", "7.5%", "7.5 %"),
            ("max_payload", "1KiB", "1 KiB"), ("passthrough", " yes ", "yes"),
        ])
    func printed(_ key: String, _ text: String, _ expected: String) throws {
        var profile = TimingProfile()
        try profile.set(key, to: text)
        #expect(profile[key]?.description == expected)
        var again = TimingProfile()
        try again.set(key, to: expected)
        #expect(again == profile)
    }

    @Test("A change names key and value; anything else is refused and changes nothing")
    func assignments() throws {
        var profile = TimingProfile()
        try profile.set(" tce_cache.ways = 4 ")
        #expect(profile["tce_cache.ways"]?.description == "4")
        let before = profile
        for (assignment, kind): (String, TimingProfileError.Kind) in [
            ("tce_cache.ways", .assignment), ("", .assignment), ("=4", .unknownKey), ("ways=4", .unknownKey),
            ("tce_cache=4", .unknownKey), ("name=x", .unknownKey), ("tce_cache.ways==4", .value),
            ("tce_cache.ways=", .value), ("tce_cache.ways=0", .range),
        ] {
            #expect {
                try profile.set(assignment)
            } throws: { error in
                (error as? TimingProfileError)?.kind == kind
                    && (error as? TimingProfileError)?.place == .assignment(assignment)
            }
        }
        #expect(profile == before)
        #expect(profile["ways"] == nil)
    }

    @Test("An unknown key's error says what was likely meant, and which keys there are")
    func unknownKeys() {
        #expect("\(TimingProfile.unknownKey("tce_cache.way"))".contains("did you mean tce_cache.ways?"))
        let error = "\(TimingProfile.unknownKey("speed"))"
        for parameter in TimingParameter.all { #expect(error.contains(parameter.key)) }
        #expect(!"\(TimingProfile.unknownKey("hcall.nonsense"))".contains("pcie_rate"))
    }

    @Test("Values that do not go together are found when the profile is used")
    func combinations() throws {
        var profile = TimingProfile()
        try profile.set("tce_cache.ways=3")
        #expect(throws: TimingProfileError.self) { try profile.validate() }
        try profile.set("tce_cache.entries=9")
        try profile.validate()
        try profile.set("tce_cache.tces_per_line=2")
        #expect {
            try profile.validate()
        } throws: { error in
            (error as? TimingProfileError)?.kind == .combination && "\(error)".contains("= 3 x 2 = 6")
        }
        try profile.set("tce_cache.entries=12")
        try profile.validate()
        // Of 10 ms a faster clock makes more cycles than there may be.
        try profile.set("rtas_ddw=10 ms")
        try profile.set("clock_mhz=100 GHz")
        try profile.validate()
        #expect(throws: TimingProfileError.self) { try profile.set("rtas_ddw=10.0000001 ms") }
        try profile.set("clock_mhz=50 GHz")
        try profile.set("rtas_ddw=20 ms")
        try profile.set("clock_mhz=100 GHz")
        #expect {
            try profile.validate()
        } throws: {
            ($0 as? TimingProfileError)?.key == "rtas_ddw"
        }
    }
}
