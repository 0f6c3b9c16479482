// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import TceEmu

/// [cliff] Small reads at random in more and more pages: within 5 % of the closed form.
@Suite("Published: TCE cache cliff", .serialized)
struct PublishedCliffTests {
    private static let limit = 0.05

    struct Curve: Sendable, CustomTestStringConvertible {
        var name: String
        var settings: [String]
        var length: UInt64 = 64

        var testDescription: String { name }

        /// pcie-bench's machine: a cache of 64 entries, memory and a miss 330 ns.
        static func curve(_ link: String, slots: Int, tags: Int) -> Curve {
            Curve(
                name: "\(link), \(slots) slots, \(tags) tags",
                settings: [
                    "pcie_rate=\(link == "Gen3 x8" ? 7_877 : 31_508)", "fetch_slots=\(slots)",
                    "tags_per_device=\(tags)", "tce_cache.entries=64", "tce_cache.ways=64", "memory_latency=330 ns",
                ])
        }
    }

    /// GB/s of the closed form and of the engine in so many pages.
    private func point(
        _ curve: Curve, _ profile: TimingProfile, pages: UInt64, load: borrowing PublishedLoad
    ) throws -> (expected: Double, got: Double, bound: PublishedForm.Bound) {
        let form = PublishedForm(c: try profile.lowered())
        let count = Published.isWhole ? 60_000 : 20_000
        var random = ReferenceRandom(seed: pages)
        let cycles = try load.cycles(
            profile, write: false, length: curve.length, warm: 12_000, count: count, next: { random.below(pages) })
        let expected = form.cliff(pages: Double(pages), length: curve.length)
        let bytes = Double(curve.length)
        return (
            form.gigabytes(expected.reads * bytes), form.gigabytes(Double(count) * bytes / Double(cycles)),
            expected.bound
        )
    }

    private func profile(_ curve: Curve) throws -> TimingProfile {
        var profile = TimingProfile()
        for setting in curve.settings { try profile.set(setting) }
        return profile
    }

    private func compare(_ curve: Curve, _ pages: [UInt64]) throws {
        let profile = try profile(curve)
        let load = try PublishedLoad(pages: pages.max() ?? 0)
        var worst = Published.Worst()
        for pages in pages {
            let (expected, got, bound) = try point(curve, profile, pages: pages, load: load)
            let deviation = got / expected - 1
            #expect(abs(deviation) <= Self.limit, "\(curve.name), \(pages) pages: \(got), not \(expected)")
            worst.note(
                deviation,
                "\(pages) pages: expected \(Published.fixed(expected, 3)) GB/s (\(bound.rawValue)), "
                    + "got \(Published.fixed(got, 3))")
        }
        Published.report(
            "cliff    \(Published.left(curve.name, 30)) \(pages.count) sizes, worst "
                + "\(Published.percent(worst.deviation)) at \(worst.place)")
    }

    /// 16 to 4,096 pages; between powers of two one more.
    private static let pages: [UInt64] = (4...12).flatMap { [UInt64(1) << $0, UInt64(3) << ($0 - 1)] }.dropLast()

    static let curves = ["Gen3 x8", "Gen4 x16"].flatMap { link in
        [4, 8, 16, 32, 64].flatMap { slots in [32, 256].map { Curve.curve(link, slots: slots, tags: $0) } }
    }

    @Test(
        "16 to 4,096 pages, 4 to 64 slots, 32 and 256 tags, 64 entries", .enabled(if: Published.isWhole),
        arguments: curves)
    func curve(_ curve: Curve) throws {
        try compare(curve, Self.pages)
    }

    @Test(
        "The same, at some points",
        arguments: [
            .curve("Gen4 x16", slots: 64, tags: 256), .curve("Gen3 x8", slots: 8, tags: 256),
            .curve("Gen3 x8", slots: 64, tags: 256), .curve("Gen3 x8", slots: 4, tags: 32),
        ] as [Curve])
    func some(_ curve: Curve) throws {
        try compare(curve, [16, 64, 192, 1_024, 4_096])
    }

    @Test(
        "The same with other caches, clocks, latencies, levels and lengths",
        arguments: [
            Curve(
                name: "power9-kvm, fully associative", settings: ["tce_cache.ways=256", "fetch_slots=16"]),
            Curve(
                name: "16 entries, 1 slot, 16 tags",
                settings: ["tce_cache.entries=16", "tce_cache.ways=16", "fetch_slots=1", "tags_per_device=16"]),
            Curve(
                name: "512 entries, 2 levels, 128 tags",
                settings: [
                    "tce_cache.entries=512", "tce_cache.ways=512", "walk_levels=2", "tags_per_device=128",
                    "pcie_rate=15754", "fetch_slots=32",
                ]),
            Curve(
                name: "HyperTRIO's constants",
                settings: [
                    "clock_mhz=2000", "pcie_latency=450 ns", "memory_latency=50 ns", "walk_levels=5",
                    "tce_cache.entries=64", "tce_cache.ways=64", "fetch_slots=8", "pcie_rate=31508",
                ]),
            Curve(
                name: "256 bytes, 3,500 MHz",
                settings: [
                    "clock_mhz=3500", "tce_cache.entries=32", "tce_cache.ways=32", "fetch_slots=4",
                    "tags_per_device=64", "memory_latency=90 ns",
                ], length: 256),
        ])
    func others(_ curve: Curve) throws {
        try compare(curve, Published.isWhole ? Self.pages : [16, 192, 2_048])
    }

    @Test(
        "Where tags bind and joins are counted, within 2 %, also with more tags than pages",
        arguments: [
            Curve.curve("Gen4 x16", slots: 64, tags: 256), .curve("Gen4 x16", slots: 64, tags: 32),
            Curve(
                name: "32 entries, 64 slots, 128 tags",
                settings: [
                    "clock_mhz=1000", "pcie_rate=15754", "memory_latency=1300", "pcie_latency=160", "fetch_slots=64",
                    "tags_per_device=128", "tce_cache.entries=32", "tce_cache.ways=32",
                ]),
        ])
    func joins(_ curve: Curve) throws {
        let profile = try profile(curve)
        let form = PublishedForm(c: try profile.lowered())
        let load = try PublishedLoad(pages: 4_096)
        var worst = Published.Worst()
        for pages in Published.isWhole ? Self.pages : [64, 128, 1_024] {
            let (_, got, _) = try point(curve, profile, pages: pages, load: load)
            let reads = form.tagsWithJoins(pages: Double(pages), length: curve.length)
            let expected = form.gigabytes(reads * Double(curve.length))
            let deviation = got / expected - 1
            #expect(abs(deviation) <= 0.02, "\(curve.name), \(pages) pages: \(got), not \(expected)")
            worst.note(
                deviation,
                "\(pages) pages: expected \(Published.fixed(expected, 3)) GB/s, got \(Published.fixed(got, 3))")
        }
        Published.report(
            "cliff    \(Published.left(curve.name, 30)) with joins, worst \(Published.percent(worst.deviation)) at "
                + worst.place)
    }

    struct Figure: Sendable {
        var curve: Curve
        var pages: UInt64
        /// GB/s, with one decimal.
        var expected: Double
    }

    /// Which curve falls, where and how far, in GB/s.
    @Test("Where the curve bends depends on what binds: tags, slots, or the link, which knows no cliff")
    func figures() throws {
        let tags = Curve.curve("Gen4 x16", slots: 64, tags: 256)
        let slots = Curve.curve("Gen3 x8", slots: 8, tags: 256)
        let link = Curve.curve("Gen3 x8", slots: 64, tags: 256)
        let load = try PublishedLoad(pages: 4_096)
        for figure in [
            Figure(curve: tags, pages: 16, expected: 15.8), Figure(curve: tags, pages: 64, expected: 15.8),
            Figure(curve: tags, pages: 128, expected: 14.0), Figure(curve: tags, pages: 4_096, expected: 12.0),
            Figure(curve: slots, pages: 64, expected: 5.5), Figure(curve: slots, pages: 220, expected: 5.5),
            Figure(curve: slots, pages: 512, expected: 2.8), Figure(curve: slots, pages: 4_096, expected: 1.7),
            Figure(curve: link, pages: 64, expected: 5.5), Figure(curve: link, pages: 4_096, expected: 5.5),
        ] {
            let (_, got, _) = try point(figure.curve, profile(figure.curve), pages: figure.pages, load: load)
            let deviation = got / figure.expected - 1
            #expect(abs(deviation) <= Self.limit, "\(figure.curve.name), \(figure.pages) pages: \(got)")
            Published.report(
                "cliff    \(Published.left(figure.curve.name, 30)) \(Published.right("\(figure.pages * 4)", 5)) KiB: "
                    + "expected \(figure.expected) GB/s, got \(Published.fixed(got, 2))")
        }
    }
}
