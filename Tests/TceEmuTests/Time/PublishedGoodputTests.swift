// SPDX-License-Identifier: Apache-2.0
import CTce
import Testing

@testable import TceEmu

/// [goodput] The goodput of a saturated link against its closed form: within 0.5 %.
@Suite("Published: goodput", .serialized)
struct PublishedGoodputTests {
    private static let limit = 0.005

    /// Bytes per cycle that the engine moves once all tags are under way.
    private func measured(_ load: borrowing PublishedLoad, _ profile: TimingProfile, _ length: UInt64, write: Bool)
        throws
        -> Double
    {
        let c = try profile.lowered()
        let requests = write ? 1 : (length + c.max_read_request - 1) / c.max_read_request
        // Tags come free in rounds of as many: whole rounds are counted.
        let round = write ? 64 : max(64, c.tags_per_device)
        let count = Int(round * (write ? 3 : (8 + requests - 1) / requests))
        let cycles = try load.cycles(
            profile, write: write, length: length, warm: count + 1, count: count, next: { 0 })
        return Double(UInt64(count) * length) / Double(cycles)
    }

    private func compare(_ name: String, _ settings: [String], _ lengths: [UInt64]) throws {
        var profile = TimingProfile()
        for setting in settings { try profile.set(setting) }
        let form = PublishedForm(c: try profile.lowered())
        let load = try PublishedLoad(pages: 1)
        for write in [true, false] {
            var worst = Published.Worst()
            for length in lengths {
                let expected = form.goodput(length, write: write)
                let got = try measured(load, profile, length, write: write)
                let deviation = got / expected - 1
                #expect(
                    abs(deviation) <= Self.limit, "\(name), write \(write), \(length) bytes: \(got), not \(expected)")
                worst.note(
                    deviation,
                    "\(length) bytes: expected \(Published.fixed(form.gigabytes(expected), 4)) GB/s, "
                        + "got \(Published.fixed(form.gigabytes(got), 4))")
            }
            Published.report(
                "goodput  \(Published.left(name, 26)) \(write ? "write" : "read ")  \(lengths.count) lengths, worst "
                    + "\(Published.percent(worst.deviation)) at \(worst.place)")
        }
    }

    private static let sample: [UInt64] = [
        1, 2, 3, 4, 5, 24, 64, 79, 80, 255, 256, 257, 511, 512, 513, 600, 1_500, 2_049, 4_095, 4_096,
    ]

    @Test(
        "Every length from 1 to 4,096, reads and writes",
        arguments: [("Gen3 x8", "7877"), ("Gen4 x16", "31508")])
    func lengths(name: String, rate: String) throws {
        try compare(name, ["pcie_rate=\(rate)"], Published.isWhole ? Array(1...4_096) : Self.sample)
    }

    @Test(
        "The same with other clocks, sizes, tags and latencies",
        arguments: [
            ("Gen1 x1, payload 128", ["pcie_rate=250", "max_payload=128", "max_read_request=128"]),
            ("Gen3 x16, 64 tags", ["pcie_rate=15754", "tags_per_device=64"]),
            ("Gen4 x8, payload 512", ["pcie_rate=15754", "max_payload=512", "max_read_request=4096"]),
            ("Gen5 x16, 6 GHz", ["pcie_rate=63015", "clock_mhz=6000", "max_payload=1024", "max_read_request=1024"]),
            (
                "3,500 MHz, no DLLPs",
                ["clock_mhz=3500", "dllp_share=0", "pcie_latency=250 ns", "memory_latency=330 ns"]
            ),
            ("HyperTRIO's constants", ["clock_mhz=2000", "pcie_latency=450 ns", "memory_latency=50 ns"]),
        ])
    func others(name: String, settings: [String]) throws {
        let lengths = Published.isWhole ? Array(stride(from: 1 as UInt64, through: 4_096, by: 13)) : Self.sample
        try compare(name, settings, lengths)
    }
}
