// SPDX-License-Identifier: Apache-2.0
import CTce
import Testing

@testable import TceEmu

/// The profiles that are built in, and what follows from their numbers alone.
struct BuiltInProfileTests {
    private let million: UInt64 = 1_000_000

    private func lowered(_ name: String) throws -> tce_time_config {
        try TimingProfile(named: name).lowered()
    }

    /// The cost of an hcall in cycles, rule [cost] of docs/time-model.md: no exit, no first touch, no pass-through.
    private func cost(
        _ config: tce_time_config, _ handler: UInt64, entry: UInt64 = 0, count: UInt64 = 0, secure: Bool = false,
        exit: Bool = false
    ) -> UInt64 {
        var sum = config.hcall_entry + handler + entry * count
        if secure { sum += config.hcall_reflection }
        if exit { sum += config.hcall_exit }
        return max(1, (sum + million / 2) / million)
    }

    private func put(_ config: tce_time_config, secure: Bool = false, exit: Bool = false) -> UInt64 {
        cost(config, config.hcall_put, secure: secure, exit: exit)
    }

    private func stuff(_ config: tce_time_config, _ count: UInt64, secure: Bool = false) -> UInt64 {
        cost(config, config.hcall_stuff, entry: config.hcall_stuff_entry, count: count, secure: secure)
    }

    private func list(_ config: tce_time_config, _ count: UInt64, secure: Bool = false) -> UInt64 {
        cost(config, config.hcall_list, entry: config.hcall_list_entry, count: count, secure: secure)
    }

    @Test("Every profile can be read and used, and has its own name", arguments: TimingProfile.builtInNames)
    func sound(_ name: String) throws {
        let profile = try TimingProfile(named: name)
        #expect(profile.name == name)
        #expect(!profile.text.isEmpty)
        try profile.validate()
        let yaml = try #require(TimingProfile.builtInYAML(named: name))
        #expect(yaml.hasSuffix("\n") && !yaml.hasSuffix("\n\n"))
        for line in yaml.split(separator: "\n") { #expect(line.count <= 120) }
    }

    @Test("The names are those that others rely on; another is refused with the list of them")
    func names() throws {
        #expect(
            TimingProfile.builtInNames == [
                "power9-kvm", "power8-kvm", "powervm", "qemu-tcg", "secure-2019", "ideal",
            ])
        #expect {
            try TimingProfile(named: "power7")
        } throws: { error in
            TimingProfile.builtInNames.allSatisfy { "\(error)".contains($0) }
        }
    }

    @Test("power9-kvm has every parameter, each with the catalogue's default")
    func defaults() throws {
        var profile = try TimingProfile(named: "power9-kvm")
        profile.text = ""
        #expect(profile == TimingProfile())
        let yaml = try #require(TimingProfile.builtInYAML(named: "power9-kvm"))
        for parameter in TimingParameter.all {
            let leaf = parameter.key.split(separator: ".").last ?? ""
            #expect(yaml.contains("\(leaf): \(parameter.standard)\n"), "\(parameter.key)")
        }
    }

    @Test("Every value of power9-kvm stands below its reason")
    func reasons() throws {
        let yaml = try #require(TimingProfile.builtInYAML(named: "power9-kvm"))
        let lines = yaml.split(separator: "\n").map { $0.drop { $0 == " " } }
        for (before, line) in zip(lines, lines.dropFirst()) {
            let isValue = !line.hasPrefix("#") && !line.hasSuffix(":")
            let isOwn = line.hasPrefix("name:") || line.hasPrefix("text:")
            if isValue, !isOwn { #expect(before.hasPrefix("#"), "\(line)") }
        }
    }

    @Test("power9-kvm: the costs that follow from costs alone")
    func power9() throws {
        let config = try lowered("power9-kvm")
        let guest: UInt64 = 350
        #expect(put(config) == 5000)
        #expect(2 * put(config) + 2 * guest == 10_700)
        #expect(put(config) + stuff(config, 1) + 2 * guest == 10_412)
        #expect(list(config, 512) == 45_660)
        #expect(stuff(config, 512) == 10_844)
        #expect(stuff(config, 512, secure: true) == 14_844)
        #expect(512 * stuff(config, 512) == 5_552_128)
        #expect(512 * stuff(config, 512, secure: true) == 7_600_128)
        // 16 GiB in pages of 64 KiB and of 16 MiB.
        #expect(512 * list(config, 512) == 23_377_920)
        #expect(262_144 * put(config, secure: true) == 2_359_296_000)
        #expect(2 * list(config, 512) == 91_320)
        #expect(1024 * put(config, secure: true) == 9_216_000)
        #expect(262_144 * put(config, exit: true) == 4_456_448_000)
        // The 64 MiB of the SWIOTLB, and a list on a page that is not shared: 150,000 and an exit.
        #expect(1024 * config.uv_share / million == 46_080_000)
        #expect((config.uv_page_out + config.uv_page_in + config.hcall_exit) / million == 162_000)
    }

    @Test("power9-kvm: one transaction alone")
    func oneTransaction() throws {
        let config = try lowered("power9-kvm")
        // Rule [link]: 1/65536 cycle a byte.
        let divisor = config.pcie_rate * (10_000 - config.dllp_share)
        let byte = (65536 * config.clock_mhz * 10_000 + divisor / 2) / divisor
        func left(_ bytes: UInt64) -> UInt64 { (max(65536, bytes * byte) + 65535) / 65536 }
        let write = left(config.write_overhead + 64) + config.pcie_latency + config.tve_cycles
        #expect(write + config.walk_levels * config.memory_latency + config.memory_latency == 2745)
        #expect(write + config.hit_cycles + config.memory_latency == 2069)
        let request = left(config.read_overhead) + config.pcie_latency + config.hit_cycles + config.memory_latency
        #expect(request + left(config.completion_overhead + 64) + config.pcie_latency == 3410)
        #expect(request + left(config.completion_overhead) + config.pcie_latency == 3376)
    }

    @Test("power8-kvm: 1.3 us for an hcall in real mode, 7.3 us more to the host, PHB3's cache and kills")
    func power8() throws {
        let config = try lowered("power8-kvm")
        #expect(config.clock_mhz == 3500)
        #expect(put(config) == 4550)
        #expect(put(config, exit: true) == 4550 + 25_550)
        // The words are numbers to the core: page, and never.
        #expect(config.kill_scope == 0)
        #expect(config.kill_issue == 120 * million)
        #expect(config.kill_completion == 1400 * million)
        #expect(config.tces_per_line * 8 == 64)
        #expect(config.fetch_slots == 32)
    }

    @Test("powervm: 0.7 us and the work, never an exit")
    func powerVM() throws {
        let config = try lowered("powervm")
        #expect(put(config) == 700 * config.clock_mhz / 1000 + 300)
        #expect(config.exit_to_user == 0)
        #expect(config.hcall_first_touch == 0)
    }

    @Test("qemu-tcg: the measured formulas, exactly", arguments: [1, 2, 3, 100, 512] as [UInt64])
    func qemuTCG(_ count: UInt64) throws {
        let config = try lowered("qemu-tcg")
        // Tenths of a ns: a cycle is 5 of them.
        #expect(config.clock_mhz == 2000)
        #expect(put(config) * 5 == 3440)
        #expect(list(config, count) * 5 == 3550 + 345 * count)
        #expect(stuff(config, count) * 5 == 3370 + 120 * count)
        #expect(config.exit_to_user == 0 && config.hcall_first_touch == 0)
    }

    @Test("secure-2019: 49.6 us for every hcall, so 13 s to clear a window of 1 GiB page by page")
    func secure2019() throws {
        let config = try lowered("secure-2019")
        let each: UInt64 = 188_480
        for isSecure in [false, true] {
            #expect(put(config, secure: isSecure) == each)
            #expect(list(config, 512, secure: isSecure) == each)
            #expect(stuff(config, 512, secure: isSecure) == each)
        }
        let milliseconds = 262_144 * each / (config.clock_mhz * 1000)
        #expect(milliseconds == 13_002)
        // Hardly any time with H_STUFF_TCE: 512 calls.
        #expect(512 * each / (config.clock_mhz * 1000) == 25)
        #expect(config.uv_share == 45_000 * million)
    }

    @Test("ideal: no cost of the model is left")
    func ideal() throws {
        let profile = try TimingProfile(named: "ideal")
        let config = try profile.lowered()
        #expect(put(config, secure: true, exit: true) == 1)
        for parameter in TimingParameter.all where [.cycles, .cost].contains(parameter.kind) {
            #expect(try parameter.stored(#require(profile[parameter.key]), clock: config.clock_mhz) == 0)
        }
        #expect(config.pcie_rate == 1_000_000 && config.dllp_share == 0)
        #expect(config.write_overhead + config.read_overhead + config.completion_overhead == 0)
    }

    @Test("The catalogue is whole: a field for each parameter, defaults within limits, a source for each")
    func catalogue() throws {
        #expect(MemoryLayout<tce_time_config>.size == TimingParameter.all.count * 8)
        let config = try TimingProfile().lowered()
        // The first, the last and one between: the fields are in the catalogue's order.
        #expect(config.clock_mhz == 3800 && config.assumed_direction == 0 && config.assumed_bytes == 64)
        #expect(config.max_read_request == 512 && config.fetch_slots == 64 && config.vio_copy == 400_000)
        #expect(Set(TimingParameter.all.map(\.key)).count == TimingParameter.all.count)
        for parameter in TimingParameter.all {
            #expect(!parameter.text.isEmpty && !parameter.source.isEmpty)
            #expect(TimingParameter(key: parameter.key) == parameter)
            let unit = unsafe String(cString: tce_param_unit(parameter.kind.rawValue))
            #expect(parameter.unit == unit)
        }
    }

    @Test("A report shows every value, times in cycles, and marks what is not the default")
    func report() throws {
        var profile = try TimingProfile(named: "power8-kvm")
        try profile.set("tce_cache.ways=4")
        let lines = profile.description.split(separator: "\n").map(String.init)
        #expect(lines.count == TimingParameter.all.count + 1)
        #expect(lines[0] == "Timing profile power8-kvm: \(profile.text)")
        func line(_ key: String) -> String? { lines.first { $0.hasPrefix("  \(key) ") } }
        #expect(line("tce_cache.ways")?.hasSuffix("(default: 8)") == true)
        #expect(line("hcall.entry")?.contains("1.3 us = 4550 cycles") == true)
        #expect(line("pcie_latency")?.hasSuffix("350 ns = 1225 cycles") == true)
    }
}
