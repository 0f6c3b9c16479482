// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import TceEmu

/// What the report of a comparison says beside its figures.
struct MultiTCEReportTests {
    private static func report(
        _ text: String, set assignments: String..., profile: String = "power9-kvm", platform: Platform? = nil,
        guest: GuestConfiguration = GuestConfiguration()
    ) throws -> MultiTCEReport {
        var options = MultiTCEOptions()
        options.platform = platform
        options.timing.profile = try TimingProfile(named: profile)
        for assignment in assignments { try options.timing.profile.set(assignment) }
        return MultiTCEReport(try MultiTCEComparison.of(TimedReplay.trace(text), options, guest: guest))
    }

    private static let map = "map cpu=0 device=1 ra=0x1000000 length=0x10000 both -> 0 dma=0x30000000\n"
    private static let put = "H_PUT_TCE cpu=0 liobn=0x80000000 ioba=0x1000 tce=0x5003\n"

    // MARK: The guest

    @Test(
        "A secure guest makes no lists from 5.6 on, nor with U56: joined is split; before, it may share their page",
        arguments: [
            ("P1", KernelLevel.v5_5, MultiTCE.life), ("P1", .v5_6, .split), ("U56", .v5_6, .split),
            ("U56", .v5_5, .split), ("P3", .v6_1, .split),
        ])
    func joinedOfSecure(_ name: String, _ level: KernelLevel, _ joined: MultiTCE) throws {
        var guest = GuestConfiguration.secure(try #require(DMAPolicy(named: name)))
        guest.level = level
        let report = try Self.report(Self.map, guest: guest)
        let comparison = try #require(report.comparison.guest)
        #expect(comparison.joined == joined && comparison.settings.first == joined)
        #expect(Set(comparison.settings) == [.life, .call, .unshared, .split, .off])
        let text = report.description
        #expect(text.contains("joined (\(joined.rawValue))") && text.contains("Linux never merged"))
        #expect(!(try Self.report(Self.map).description.contains("never merged")))
    }

    @Test("Maps that are one H_PUT_TCE each are not called the guest's own, nor rows of them exact")
    func liftedMaps() throws {
        func lifted(_ maps: String...) throws -> String {
            try Self.report("phb buid=7 liobn=0x80000000\n" + maps.joined()).description
        }
        func map(_ page: Int, _ pages: Int) -> String {
            let (address, dma) = ("0x\(String(0x100 + page, radix: 16))000", "0x\(page)000")
            return "map cpu=0 device=0x80000000 ra=\(address) length=0x\(pages)000 both -> 0 dma=\(dma)\n"
                + (0..<pages).map {
                    "H_PUT_TCE cpu=0 liobn=0x80000000 ioba=0x\(page + $0)000 tce=0x\(String(0x100 + page + $0, radix: 16))003\n"
                }.joined()
        }
        let single = try lifted(map(1, 1), map(2, 1))
        #expect(single.contains("with its boot: not its own maps\n") && single.contains("One map for each H_PUT_TCE"))
        let rows = try lifted(map(1, 2), map(3, 1))
        #expect(rows.contains("with its boot: by rows of calls\n") && rows.contains("mapped page by page"))
        #expect(try lifted(map(1, 1), map(5, 1)).contains("with its boot: exact\n"))
    }

    // MARK: The platform's answer

    @Test("A list that is not shared maps ciphertext where the platform takes it, and nothing where it is refused")
    func unshared() throws {
        for platform in [Platform.qemu, .kvm] {
            let report = try Self.report(Self.put, platform: platform)
            #expect(report.comparison.secure.points.allSatisfy { $0.unsharedStatus == .success })
            #expect(report.description.contains("Not shared, it maps ciphertext."))
        }
        let report = try Self.report(Self.put, platform: .papr)
        #expect(report.comparison.secure.points[511].unsharedStatus == .parameter)
        #expect(report.description.contains("it is refused (H_PARAMETER)"))
        #expect(!report.description.contains("Not shared, it maps ciphertext."))
    }

    // MARK: Stamps

    /// Lists of 512 TCEs, a microsecond apart, each with an access behind it.
    private static func burst(_ lists: Int) -> String {
        "phb buid=7 liobn=8\n"
            + (0..<lists).map { list in
                let ioba = "0x\(String(list * 512 * 4096, radix: 16))"
                return """
                    0.\(100_000 + list) H_PUT_TCE_INDIRECT cpu=0 liobn=8 ioba=\(ioba) tces=0x5003+0x1000*512
                    0.\(100_000 + list) dma liobn=8 ioba=\(ioba) length=64 write

                    """
            }.joined()
    }

    @Test("Where accesses wait longer than one call takes, the guest could not have kept the stamps")
    func behind() throws {
        let report = try Self.report(Self.burst(100))
        let (comparison, limit) = (report.comparison, UInt64(512 * 5_000))
        #expect(comparison.waitLimit == limit)
        let (single, recorded) = (comparison.statistics(.single), comparison.statistics(.recorded))
        #expect(single.meanWaitCycles > limit && recorded.meanWaitCycles > 0 && recorded.meanWaitCycles <= limit)
        #expect(comparison.isBehindStamps(.single) && !comparison.isBehindStamps(.recorded))
        // The last calls start behind all others.
        #expect(single.timedCalls == 100 * 512 && single.callWaitCycles / single.timedCalls > 40 * limit)
        let text = report.description
        for words in [
            "In single an access waits longer", "--arrival saturate", "calls behind stamps", "of one access",
        ] {
            #expect(text.contains(words), "\(words): \(text)")
        }
        // One call is no backlog: its access waits for it, and for no more.
        let one = try Self.report(Self.burst(1))
        #expect(one.comparison.statistics(.single).meanWaitCycles > 0)
        #expect(!one.comparison.isBehindStamps(.single) && !one.description.contains("saturate"))
    }

    // MARK: Assumptions

    @Test("A crossover of 1 is called an assumption where it rests on figures that nobody published")
    func assumptions() throws {
        for profile in ["power9-kvm", "powervm"] {
            let text = try Self.report(Self.put, profile: profile).description
            #expect(
                text.contains("H_PUT_TCE takes 220 cycles more than a list,\n  and 288 cycles more than H_STUFF_TCE."))
            #expect(
                text.contains("  hcall.put, hcall.list, hcall.list_entry, hcall.stuff, hcall.stuff_entry"))
        }
        for profile in ["secure-2019", "ideal", "qemu-tcg"] {
            let text = try Self.report(Self.put, profile: profile).description
            #expect(!text.contains("more than a list"), "\(profile)")
        }
        // The person's own figures are none.
        let own = try Self.report(
            Self.put, set: "hcall.put=301", "hcall.list=1", "hcall.list_entry=81", "hcall.stuff=1",
            "hcall.stuff_entry=13")
        #expect(own.comparison.curve.crossover == 1 && !own.description.contains("assumption"))
    }

    @Test("One cycle is a cycle; a list whose TCEs the trace does not tell is told of")
    func words() throws {
        #expect(try Self.report(Self.put, set: "uv.share=1").description.contains("Shared for life (1 cycle, once)"))
        let list = "H_PUT_TCE_INDIRECT cpu=0 liobn=0x80000000 ioba=0x10000 list=0x20a0000 npages=5\n"
        let text = try Self.report(Self.put + list).description
        #expect(text.contains("Single has 1 list of which the trace does not tell the TCEs: they stay one call."))
        #expect(!(try Self.report(Self.put).description.contains("they stay one call")))
    }

    // MARK: CSV

    @Test("Each table of CSV has as many fields in each line as in its first, and empty ones for what is not there")
    func csv() throws {
        let report = try Self.report(Self.burst(2) + Self.map)
        for table in MultiTCEReport.Table.allCases {
            let lines = report.csv(table).split(separator: "\n").map {
                $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
            }
            #expect(Set(lines.map(\.count)).count == 1, "\(table)")
            #expect(lines.count > 3 && !lines.joined().contains { $0.contains("null") || $0.contains("nil") })
        }
        let curve = report.csv(.curve).split(separator: "\n")
        #expect(curve.count == 513 && curve[1] == "1,4780,5000,4712,5000,8780,98780,9000,170780")
        let forms = report.csv(.forms)
        #expect(forms.contains("\nsingle,1024,1024,") && forms.contains("\nguest off,"))
        #expect(report.csv(.phases).contains("\nrecorded,run_time,H_PUT_TCE_INDIRECT,2,1024,0,"))
    }

    @Test("A value that is not there is an empty field of CSV")
    func noValue() throws {
        #expect(try csvReport(["a": Int?.none, "b": 1]) == "key,value\na,\nb,1\n")
    }
}
