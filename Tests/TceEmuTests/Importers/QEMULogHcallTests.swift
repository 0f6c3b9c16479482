// SPDX-License-Identifier: Apache-2.0
import TceEmu
import Testing

/// What the lines of the four hcalls and of translations mean.
@Suite("QEMU log: hcalls and translations")
struct QEMULogHcallTests {
    private static let start = [
        "7@1.0:spapr_iommu_new_table liobn=0x80000000 table=0x5594 fd=-1",
        "7@1.0:spapr_iommu_new_table liobn=0x71000002 table=0x5595 fd=-1",
        "8@1.0:spapr_iommu_new_table liobn=0x80000001 table=0x5596 fd=-1",
        "8@1.0:spapr_iommu_ddw_create buid=0x800000020000000 addr=0x0, page size=0x10000, requested=0x100000, start addr=0x800000000000000, liobn=0x80000001",
    ]

    /// The events of lines after a machine's start; the last of them is an hcall.
    private func hcall(_ line: String) throws -> (call: TraceEvent.Hcall, report: ImportReport) {
        let imported = try importAll((Self.start + ["8@2.0:" + line]).joined(separator: "\n"), with: QEMULogImporter())
        guard case .hcall(let call) = try #require(imported.events.last).body else {
            throw ImportError(line: 0, "no hcall: \(imported.report.notUnderstood)")
        }
        return (call, imported.report)
    }

    private func dma(_ arguments: String) throws -> TraceEvent.DMA? {
        let lines = Self.start + ["8@2.0:spapr_iommu_xlate \(arguments)"]
        let imported = try importAll(lines.joined(separator: "\n"), with: QEMULogImporter())
        guard case .dma(let dma)? = imported.events.last?.body else {
            #expect(imported.report.notUnderstoodLines == 1)
            return nil
        }
        #expect(imported.report.notUnderstoodLines == 0)
        return dma
    }

    @Test("put: address, TCE and status as printed, of PCI and of virtual I/O", arguments: [0, -4])
    func put(status: Int32) throws {
        let pci = try hcall("spapr_iommu_pci_put liobn=0x80000000 ioba=0xc1d0000 tce=0x350d001 ret=\(status)").call
        #expect(
            pci
                == TraceEvent.Hcall(
                    .put, cpu: 0, liobn: 0x8000_0000, ioba: 0xc1d_0000, value: 0x350_d001, status: status))
        let vio = try hcall("spapr_iommu_put liobn=0x71000002 ioba=0x0 tce=0x0 ret=\(status)").call
        #expect(vio == TraceEvent.Hcall(.put, cpu: 0, liobn: 0x7100_0002, ioba: 0, value: 0, status: status))
    }

    @Test("get: the status stands before the TCE, which is the recorded answer")
    func get() throws {
        let call = try hcall("spapr_iommu_pci_get liobn=0x80000000 ioba=0x3fff0000 ret=0 tce=0x1234567").call
        #expect(
            call == TraceEvent.Hcall(.get, cpu: 0, liobn: 0x8000_0000, ioba: 0x3fff_0000, value: 0x123_4567, status: 0))
        let refused = try hcall("spapr_iommu_get liobn=0x71000002 ioba=0x10000000 ret=-4 tce=0x0").call
        #expect(refused.status == -4)
    }

    @Test("stuff: the address is the one behind the range")
    func stuff() throws {
        let call = try hcall("spapr_iommu_pci_stuff liobn=0x80000000 ioba=0x30120000 tcevalue=0x0 npages=16 ret=0").call
        #expect(
            call == TraceEvent.Hcall(.stuff, cpu: 0, liobn: 0x8000_0000, ioba: 0x3011_0000, npages: 16, status: 0))
        let last = try hcall("spapr_iommu_pci_stuff liobn=0x80000000 ioba=0x40000000 tcevalue=0x7 npages=512 ret=0")
            .call
        #expect(last.ioba == 0x3fe0_0000 && last.value == 7)
    }

    @Test("stuff: the range is in pages of its window")
    func stuffPages() throws {
        let call = try hcall(
            "spapr_iommu_pci_stuff liobn=0x80000001 ioba=0x800000000080000 tcevalue=0x77770003 npages=8 ret=0"
        ).call
        #expect(call.ioba == 0x800_0000_0000_0000)
    }

    @Test(
        "stuff refused: the address is the page that failed, and ambiguous only at the window's end",
        arguments: [
            ("0x40000000", 8, true), ("0x40001000", 8, false), ("0x3fffe000", 0, false), ("0x40000000", 0, false),
        ])
    func stuffRefused(ioba: String, npages: UInt64, ambiguous: Bool) throws {
        let (call, report) = try hcall(
            "spapr_iommu_pci_stuff liobn=0x80000000 ioba=\(ioba) tcevalue=0x7654001 npages=\(npages) ret=-4")
        #expect(call.ioba == UInt64(ioba.dropFirst(2), radix: 16))
        #expect(call.npages == npages && call.status == -4)
        #expect(report.notes.contains { $0.contains("H_STUFF_TCE") } == ambiguous)
    }

    @Test("stuff: a count that is printed negative has all 64 bits")
    func stuffHugeCount() throws {
        let call = try hcall("spapr_iommu_pci_stuff liobn=0x80000000 ioba=0x0 tcevalue=0x0 npages=-1 ret=-4").call
        #expect(call.npages == .max)
    }

    @Test("indirect: iobaN is the last index, and the list is rebuilt down from tceN by the window's pages")
    func indirect() throws {
        let call = try hcall(
            "spapr_iommu_pci_indirect liobn=0x80000000 ioba=0x30120000 tcelist=0x20a0000 iobaN=0x2 tceN=0x6442003 ret=0"
        ).call
        #expect(
            call
                == TraceEvent.Hcall(
                    .putIndirect, cpu: 0, liobn: 0x8000_0000, ioba: 0x3012_0000, value: 0x20a_0000, npages: 3,
                    entries: [0x644_0003, 0x644_1003, 0x644_2003], status: 0))
        let large = try hcall(
            "spapr_iommu_pci_indirect liobn=0x80000001 ioba=0x800000000000000 tcelist=0x1000 iobaN=0x1 tceN=0x50003 ret=0"
        ).call
        #expect(large.entries == [0x4_0003, 0x5_0003])
    }

    @Test("indirect: the address stays as the guest passed it")
    func indirectAddress() throws {
        let call = try hcall(
            "spapr_iommu_pci_indirect liobn=0x80000000 ioba=0x3fff9abc tcelist=0x1000 iobaN=0x0 tceN=0x2003 ret=0"
        ).call
        #expect(call.ioba == 0x3fff_9abc && call.entries == [0x2003])
    }

    @Test(
        "indirect: a list has at most 512 entries",
        arguments: [(0x1ff, 0, true), (0x200, 0, false), (0x1fe, -4, true), (0x1ff, -4, false)])
    func indirectLength(index: UInt64, status: Int, understood: Bool) throws {
        let line =
            "8@2.0:spapr_iommu_pci_indirect liobn=0x80000000 ioba=0x0 tcelist=0x1000 iobaN=0x\(String(index, radix: 16)) tceN=0x7000003 ret=\(status)"
        let imported = try importAll((Self.start + [line]).joined(separator: "\n"), with: QEMULogImporter())
        #expect(imported.report.notUnderstoodLines == (understood ? 0 : 1))
        if understood, case .hcall(let call)? = imported.events.last?.body { #expect(call.entries.count == 512) }
    }

    @Test("indirect: where no run of pages ends in tceN and it gives no permission, all entries are the same")
    func indirectClears() throws {
        func entries(_ last: String) throws -> [UInt64] {
            try hcall(
                "spapr_iommu_pci_indirect liobn=0x80000000 ioba=0x0 tcelist=0x1000 iobaN=0x2 tceN=\(last) ret=0"
            ).call.entries
        }
        #expect(try entries("0x0") == [0, 0, 0])
        #expect(try entries("0x1ffc") == [0x1ffc, 0x1ffc, 0x1ffc])
        #expect(try entries("0x2000") == [0, 0x1000, 0x2000])
        #expect(try entries("0x1003") == [UInt64.max - 0xffc, 3, 0x1003])
    }

    @Test("indirect refused: iobaN is the index before the entry that failed, tceN is the entry that failed")
    func indirectRefused() throws {
        let (call, report) = try hcall(
            "spapr_iommu_pci_indirect liobn=0x80000000 ioba=0x3fffd000 tcelist=0x3030000 iobaN=0x2 tceN=0x2033003 ret=-4"
        )
        #expect(call.npages == 4 && call.status == -4)
        #expect(call.entries == [0x203_0003, 0x203_1003, 0x203_2003, 0x203_3003])
        #expect(report.notes.contains { $0.contains("H_PUT_TCE_INDIRECT") })
    }

    @Test(
        "indirect refused with iobaN 0: outside the window entry 0 failed, on its last page entry 1, else the list was empty",
        arguments: [
            ("0x40000000", [0x3000_3003]), ("0x3ffff000", [0x3000_2003, 0x3000_3003]), ("0x3fffe000", []), ("0x0", []),
        ] as [(String, [UInt64])])
    func indirectRefusedAtOnce(ioba: String, entries: [UInt64]) throws {
        let call = try hcall(
            "spapr_iommu_pci_indirect liobn=0x80000000 ioba=\(ioba) tcelist=0x3030000 iobaN=0x0 tceN=0x30003003 ret=-4"
        ).call
        #expect(call.entries == entries)
        #expect(call.npages == UInt64(entries.count))
    }

    @Test("xlate: the address is relative to the window's start")
    func translationAddress() throws {
        let dma = try #require(try dma("liobn=0x80000001 0x66c1002 -> 0x66c0000 perm=3 mask=0xffff"))
        #expect(dma.ioba == 0x800_0000_066c_1002)
        #expect(dma.liobn == 0x8000_0001)
        #expect(dma.length == nil && dma.access == [] && dma.requester == nil)
        #expect(dma.outcome == TraceEvent.DMA.Outcome(page: 0x66c_0000, permission: 3, shift: 16))
    }

    @Test("xlate: the right side is taken with all its bits, also without permission and unaligned")
    func translationPage() throws {
        let dma = try #require(try dma("liobn=0x80000000 0xc1d0b40 -> 0xfffffffffffff123 perm=0 mask=0xfff"))
        #expect(dma.outcome == TraceEvent.DMA.Outcome(page: 0xffff_ffff_ffff_f123, permission: 0, shift: 12))
    }

    @Test(
        "xlate: mask + 1 is a power of two, and all 32 bits are 2^32 or no page",
        arguments: [
            ("0xfff", 12), ("0xffffff", 24), ("0x7fffffff", 31), ("0xffffffff", 32), ("0xffffffffffffffff", 64),
            ("0x0", 0),
            ("0xffe", nil), ("0x1000", nil),
        ])
    func translationMask(mask: String, shift: UInt8?) throws {
        #expect(try dma("liobn=0x80000000 0x0 -> 0x0 perm=0 mask=\(mask)")?.outcome?.shift == shift)
    }

    @Test("xlate: perm is 0 to 3", arguments: [0, 1, 2, 3, 4])
    func translationPermission(permission: UInt8) throws {
        let dma = try dma("liobn=0x80000000 0x0 -> 0x1000 perm=\(permission) mask=0xfff")
        #expect(dma?.outcome?.permission == (permission < 4 ? permission : nil))
    }
}
