// SPDX-License-Identifier: Apache-2.0
import Testing

/// The oracle itself: that it finds what is wrong and nothing else.
@Suite("Naive replayer of QEMU logs")
struct NaiveReplayerTests {
    private static let log = """
        7@1.0:spapr_iommu_new_table liobn=0x80000000 table=0x5594 fd=-1
        8@1.0:spapr_iommu_pci_put liobn=0x80000000 ioba=0x1000 tce=0x7003 ret=0
        8@1.0:spapr_iommu_pci_indirect liobn=0x80000000 ioba=0x2000 tcelist=0x5000 iobaN=0x1 tceN=0x9001 ret=0
        9@1.0:spapr_iommu_xlate liobn=0x80000000 0x1004 -> 0x7000 perm=3 mask=0xfff
        9@1.0:spapr_iommu_xlate liobn=0x80000000 0x2004 -> 0x8000 perm=1 mask=0xfff
        9@1.0:spapr_iommu_xlate liobn=0x80000000 0x3004 -> 0x9000 perm=1 mask=0xfff
        8@1.0:spapr_iommu_pci_stuff liobn=0x80000000 ioba=0x4000 tcevalue=0x0 npages=2 ret=0
        9@1.0:spapr_iommu_xlate liobn=0x80000000 0x3004 -> 0x0 perm=0 mask=0xfff
        8@1.0:spapr_iommu_pci_get liobn=0x80000000 ioba=0x1000 ret=0 tce=0x7003
        8@1.0:spapr_iommu_pci_put liobn=0x80000000 ioba=0x40000000 tce=0x7003 ret=-4
        """

    @Test("A log that is right has no mismatch")
    func right() {
        let result = NaiveReplayer.replay(Self.log)
        #expect(result.compared == 9)
        #expect(result.mismatches.isEmpty)
    }

    @Test(
        "A changed digit shows at the lines that it makes wrong",
        arguments: [
            ("tce=0x7003 ret=0", "tce=0x7001 ret=0", [4, 9]), ("tceN=0x9001", "tceN=0xa001", [5, 6]),
            ("-> 0x8000", "-> 0x8100", [5]), ("ret=0 tce=0x7003", "ret=0 tce=0x7002", [9]),
            ("npages=2", "npages=1", []),
            ("0x40000000", "0x3ffff000", [10]), ("perm=0", "perm=1", [8]), ("ret=-4", "ret=0", [10]),
        ])
    func wrong(text: String, other: String, lines: [Int]) {
        #expect(Self.log.contains(text))
        #expect(NaiveReplayer.replay(Self.log.replacing(text, with: other)).mismatches == Set(lines))
    }
}
