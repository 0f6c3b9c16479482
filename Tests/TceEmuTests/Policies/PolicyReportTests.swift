// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import TceEmu

/// The report of a comparison: which cell its tables tell of, and under what conditions.
@Suite("Policies: report")
struct PolicyReportTests {
    /// Rows of a table that begins with a title, in words.
    private func rows(_ report: String, _ title: String) throws -> [[String]] {
        let lines = report.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        let first = try #require(lines.firstIndex { $0.hasPrefix(title) })
        return lines[(first + 2)...].prefix { !$0.isEmpty }.map { $0.split(separator: " ").map(String.init) }
    }

    private func comparison(_ policies: String...) throws -> PolicyComparison {
        var comparison = PolicyComparison()
        comparison.policies = try policies.map { try #require(DMAPolicy(named: $0)) }
        comparison.settings = [.call, .life]
        comparison.windows = [1 << 30]
        comparison.buffers = [BufferPlace.l1.start]
        comparison.options.leak = 0x1234_0000
        return comparison
    }

    @Test("The tables of costs, of settings and of leaks tell of the same cell, and say which it is")
    func sameCell() throws {
        var comparison = try comparison("P0", "P1")
        // The first device of P0 faults, the second works.
        comparison.devices = [.d64, .virtioForced]
        var report = PolicyReport(comparison, try comparison.run()).description
        for title in ["What it costs and exposes", "Boot time and outcome", "A page is shared by mistake"] {
            let rows = try rows(report, title)
            #expect(rows.map { Array($0.prefix(2)) } == [["P0", "V-f"], ["P1", "D64"]], "\(title)")
        }
        let titles = report.split(separator: "\n").filter { $0.hasSuffix("; window 1 GiB, SWIOTLB L1)") }
        #expect(titles.count == 3, "\(report)")
        #expect(try rows(report, "A page is shared by mistake")[0][2] == "65,536")

        // P2i works at the second place alone: each row tells its own.
        comparison = try self.comparison("P2i", "P1")
        comparison.devices = [.d32, .d64]
        comparison.buffers = [BufferPlace.l5.start, BufferPlace.l1.start]
        report = PolicyReport(comparison, try comparison.run()).description
        for title in ["What it costs and exposes", "Boot time and outcome", "A page is shared by mistake"] {
            let rows = try rows(report, title)
            #expect(rows[0].prefix(7).joined(separator: " ") == "P2i D32, window 1 GiB, SWIOTLB L1", "\(title)")
            #expect(rows[1].prefix(7).joined(separator: " ") == "P1 D64, window 1 GiB, SWIOTLB L5", "\(title)")
        }
        let settings = try rows(report, "Boot time and outcome")
        #expect(settings[0].last == "OK" && settings[1].last == "OK")
    }

    @Test("The head tells each condition that is not the default, and no other")
    func conditions() throws {
        var comparison = PolicyComparison()
        comparison.policies = []
        func head() -> String {
            PolicyReport(comparison, []).description.split(separator: "\n").first.map(String.init) ?? ""
        }
        #expect(head().hasSuffix(", SWIOTLB 64 MiB, profile secure-2019"))
        comparison.options.nodes = 4
        comparison.options.cpus = 1
        comparison.options.tceBytes = 16 << 20
        comparison.options.usesDDW = false
        comparison.options.maskCheck = .closed
        comparison.options.heedsRefusals = false
        comparison.options.requestBytes = 512 << 10
        comparison.options.coherentPlace = .low
        comparison.options.leak = 0x1234_0000
        comparison.options.windowStart = 1 << 32
        #expect(
            head().hasSuffix(
                ", profile secure-2019, 4 PEs, 1 processor, TCEs of 16 MiB at most, no dynamic windows, "
                    + "mask check closed, refusals ignored, requests of 512 KiB, coherent memory low, "
                    + "a leak at 0x12340000, default window from 0x100000000"))
    }

    @Test("A policy's own setting is shown where it was run, and its kernel where none was told")
    func ownSetting() throws {
        var comparison = try comparison("P1", "U56")
        comparison.settings = [.call, .split]
        comparison.devices = [.d64]
        var report = PolicyReport(comparison, try comparison.run()).description
        #expect(report.contains(": Linux 5.5 (U56: 5.6) on qemu"))
        #expect(report.contains("(multi-TCE call, U56 split;"))
        let costs = try rows(report, "What it costs")
        #expect(costs[0].contains("1,025") && costs[1].contains("524,289"))
        comparison.settings = [.call]
        comparison.options.level = .v5_10
        report = PolicyReport(comparison, try comparison.run()).description
        #expect(report.contains(": Linux 5.10 on qemu") && report.contains("(multi-TCE call;"))
    }
}
