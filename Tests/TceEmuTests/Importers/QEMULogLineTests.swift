// SPDX-License-Identifier: Apache-2.0
import TceEmu
import Testing

/// What stands before an event, and which lines are none.
@Suite("QEMU log: lines")
struct QEMULogLineTests {
    private static let put = "spapr_iommu_pci_put liobn=0x80000000 ioba=0x1000 tce=0x7003 ret=0"
    private static let phb = "7@1.000000:spapr_iommu_new_table liobn=0x80000000 table=0x5594 fd=-1"

    private func call(_ imported: Imported) throws -> TraceEvent.Hcall {
        guard case .hcall(let call) = try #require(imported.events.last).body else {
            throw ImportError(line: 0, "no hcall")
        }
        return call
    }

    @Test("The header says microseconds, platform qemu, and what is inferred")
    func header() throws {
        var options = QEMULogImporter.Options()
        options.memoryBytes = 1 << 31
        options.command = "qemu-system-ppc64 -m 2G"
        let imported = try importAll("", with: QEMULogImporter(options))
        #expect(imported.header.unitNanoseconds == 1_000)
        #expect(imported.header.platform == "qemu")
        #expect(imported.header.source == "QEMU trace log")
        #expect(imported.header.memoryBytes == 1 << 31)
        #expect(imported.header.command == "qemu-system-ppc64 -m 2G")
        #expect(!imported.header.inferred.isEmpty)
        #expect(imported.events.isEmpty)
    }

    @Test("Times are the log's microseconds, as printed")
    func times() throws {
        let imported = try importQEMU("7@1795355225.034189:\(Self.put)")
        #expect(imported.events.last?.time == 1_795_355_225_034_189)
        #expect(imported.report.clampedTimes == 0)
    }

    @Test(
        "A fraction may have fewer digits than six, or more",
        arguments: [("5", 500_000), ("000001", 1), ("0000019", 1)])
    func fractions(digits: String, micros: UInt64) throws {
        #expect(try importQEMU("7@3.\(digits):\(Self.put)").events.last?.time == 3_000_000 + micros)
    }

    @Test("A time that goes back is raised to the one before and counted; an equal one is not")
    func clampedTimes() throws {
        let imported = try importQEMU(
            Self.phb, "7@2.000005:\(Self.put)", "7@2.000005:\(Self.put)", "7@2.000004:\(Self.put)",
            "7@2.000006:\(Self.put)")
        #expect(imported.events.dropFirst().map(\.time) == [2_000_005, 2_000_005, 2_000_005, 2_000_006])
        #expect(imported.report.clampedTimes == 1)
    }

    @Test(
        "The prefix may lack the time, the thread or both; a line without a time has that of the last event",
        arguments: [
            "\(put)", "7@:\(put)", "1.000000:\(put)", "7@1.000000:\(put)", "7@1.000000: \(put)", "\(put)\r", "\(put)  ",
        ])
    func prefixes(line: String) throws {
        let imported = try importQEMU(Self.phb, line.replacing(": spapr", with: ":spapr"))
        #expect(imported.events.map(\.time) == [1_000_000, 1_000_000])
        let call = try call(imported)
        #expect(call.liobn == 0x8000_0000 && call.ioba == 0x1000 && call.value == 0x7003 && call.status == 0)
        #expect((call.cpu == 0) == line.hasPrefix("7@"))
    }

    @Test("Hexadecimal fields may lack 0x")
    func plainHexadecimal() throws {
        let imported = try importQEMU("7@1.0:spapr_iommu_put liobn=71000002 ioba=abc000 tce=ffffffffffffffff ret=0")
        let call = try call(imported)
        #expect(call.liobn == 0x7100_0002 && call.ioba == 0xabc000 && call.value == .max)
    }

    @Test("All 64 bits of an LIOBN are kept, and 17 digits are none")
    func wideLIOBN() throws {
        let wide = "7@1.0:spapr_iommu_pci_put liobn=0x180000000 ioba=0x1000 tce=0x1003 ret=-4"
        #expect(try call(importQEMU(wide)).liobn == 0x1_8000_0000)
        let wider = wide.replacing("0x180000000", with: "0x12345678912345678")
        let imported = try importQEMU(wider)
        #expect(imported.events.isEmpty)
        #expect(imported.report.notUnderstoodLines == 1)
    }

    @Test("vCPUs are numbered in the order of their first calls; translations give no number")
    func cpuNumbers() throws {
        let imported = try importQEMU(
            Self.phb, "30@2.0:spapr_iommu_xlate liobn=0x80000000 0x1000 -> 0x0 perm=0 mask=0xfff", "20@2.0:\(Self.put)",
            "10@2.0:spapr_iommu_ddw_query buid=0x800000020000000 addr=0x0, 1 windows available, max window size=0x80000000, mask=0x107",
            "30@2.0:\(Self.put)", "20@2.0:\(Self.put)")
        let cpus = imported.bodies.compactMap { body -> UInt16? in
            switch body {
            case .hcall(let call): call.cpu
            case .rtas(let call): call.cpu
            default: nil
            }
        }
        #expect(cpus == [0, 1, 2, 0])
    }

    @Test("Lines of other programs are counted by name and are no problem")
    func foreignLines() throws {
        let imported = try importQEMU(
            "7@1.0:spapr_pci_rtas_ibm_change_msi cfgaddr 0x0 func 4, requested 3, first irq 0",
            "7@1.0:spapr_vio_free_crq CRQ for dev 0x71000001 freed", "spapr_vio_h_reg_crq CRQ for dev 0x71000002",
            "Welcome to Debian", "[    0.1] spapr_iommu is a word", "", "7@1.0:", "12@34.x:spapr_iommu")
        #expect(imported.report.lines == 8)
        #expect(
            imported.report.foreign == [
                "spapr_pci_rtas_ibm_change_msi": 1, "spapr_vio_free_crq": 1, "spapr_vio_h_reg_crq": 1, "text": 4,
            ])
        #expect(imported.report.notUnderstoodLines == 0)
        #expect(imported.events.isEmpty)
    }

    @Test(
        "A spapr_iommu line that is not as it should be is not understood",
        arguments: [
            "7@1.0:spapr_iommu_pci_put liobn=0x80000000 ioba=0x1000 tce=0x7003", "7@1.0:\(put) more", "7@1.0:\(put)x",
            "7@1.0:spapr_iommu_pci_put ioba=0x1000 liobn=0x80000000 tce=0x7003 ret=0", "7@1.0:spapr_iommu_put",
            "7@1.0:spapr_iommu_fly liobn=0x80000000", "7@1.0:spapr_iommu_pci_xlate liobn=0x80000000",
            "7@1.0:spapr_iommu_pci_put liobn=0x80000000 ioba=0x1000 tce=0x7003 ret=2147483648", "login: 7@1.0:\(put)",
            "7@18446744073710.0:\(put)",
        ])
    func notUnderstood(line: String) throws {
        let imported = try importQEMU(Self.phb, line)
        #expect(imported.report.notUnderstoodLines == 1)
        let problem = try #require(imported.report.notUnderstood.first)
        #expect(problem.firstLine == 2)
        #expect(problem.firstText == line)
        #expect(imported.events.count == 1)
    }

    @Test("Problems are counted by kind and reason, with the first line of each")
    func problemsByKind() throws {
        let imported = try importQEMU(
            "spapr_iommu_put a", "spapr_iommu_put b", "spapr_iommu_get c", "spapr_iommu_fly", "spapr_iommu_put d")
        let problems = imported.report.notUnderstood
        #expect(problems.map(\.kind) == ["spapr_iommu_put", "spapr_iommu_get", "spapr_iommu_fly"])
        #expect(problems.map(\.count) == [3, 1, 1])
        #expect(problems.map(\.firstLine) == [1, 3, 4])
        #expect(imported.report.notUnderstoodLines == 5)
    }

    @Test("However many kinds of problems and names there are, the report stays small")
    func boundedReport() throws {
        let lines = (0..<1_000).map { "7@1.0:spapr_iommu_k\($0) x\n7@1.0:other_\($0) x\n" }.joined()
        let imported = try importAll(lines, with: QEMULogImporter())
        #expect(imported.report.notUnderstoodLines == 1_000)
        #expect(imported.report.notUnderstood.count == 64)
        #expect(imported.report.foreign.count == 257)
        #expect(imported.report.foreign.values.reduce(0, +) == 1_000)
    }

    @Test("A spapr_iommu line over 64 KiB is not understood, one of 64 KiB is")
    func longLines() throws {
        let limit = LineSource.maximumLineBytes
        let line = "7@1.000000:\(Self.put)"
        let padded = line + String(repeating: " ", count: limit - line.utf8.count)
        #expect(try importQEMU(Self.phb, padded).report.notUnderstoodLines == 0)
        let imported = try importQEMU(Self.phb, padded + " ", "7@2.0:\(Self.put)")
        #expect(imported.report.notUnderstoodLines == 1)
        #expect(imported.report.notUnderstood.first?.reason == "the line is too long")
        #expect(imported.events.count == 2)
    }
}
