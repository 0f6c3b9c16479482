// SPDX-License-Identifier: Apache-2.0
import TceEmu
import Testing

/// Which windows the importer takes a log to tell of.
@Suite("QEMU log: windows")
struct QEMULogWindowTests {
    static let buid: BUID = 0x8000000_20000000

    static func newTable(_ liobn: String, _ thread: Int = 7) -> String {
        "\(thread)@1.0:spapr_iommu_new_table liobn=\(liobn) table=0x5594 fd=-1"
    }

    static func create(
        _ liobn: String, page: String = "0x1000000", bytes: String = "0x80000000", start: String = "0x800000000000000",
        _ thread: Int = 8
    ) -> String {
        "\(thread)@1.0:spapr_iommu_ddw_create buid=0x800000020000000 addr=0x0, page size=\(page), requested=\(bytes), start addr=\(start), liobn=\(liobn)"
    }

    static func query(_ available: Int = 1, mask: String = "0x107") -> String {
        "8@1.0:spapr_iommu_ddw_query buid=0x800000020000000 addr=0x5, \(available) windows available, max window size=0x80000000, mask=\(mask)"
    }

    static let remove = "8@1.0:spapr_iommu_ddw_remove liobn=0x80000001"
    static let reset = "8@1.0:spapr_iommu_ddw_reset buid=0x800000020000000 addr=0x0"
    static let xlate = "9@1.0:spapr_iommu_xlate liobn=0x80000000 0x1000 -> 0x0 perm=0 mask=0xfff"
    static let phb = TraceEvent.Body.phb(TraceEvent.PHB(buid: buid, liobn: 0x8000_0000))
    static let defaultWindow = TraceEvent.Body.window(TraceEvent.Window(liobn: 0x8000_0000, tces: 1 << 18, buid: buid))

    static func rtas(
        _ token: UInt64, _ arguments: [UInt64], _ returns: UInt32, _ outputs: [UInt64] = []
    ) -> TraceEvent.Body {
        .rtas(TraceEvent.Call(token, cpu: 0, arguments: arguments, returns: returns, status: 0, outputs: outputs))
    }

    static func created(_ liobn: UInt64, shift: UInt64 = 24, size: UInt64 = 31, start: UInt64 = 1 << 59)
        -> TraceEvent.Body
    {
        rtas(0x2027, [0, 0x800_0000, 0x2000_0000, shift, size], 4, [liobn, start >> 32, start & 0xffff_ffff])
    }

    static let removed = rtas(0x2028, [0x8000_0001], 1)
    static let wasReset = rtas(0x2029, [0, 0x800_0000, 0x2000_0000], 1)

    private func bodies(_ lines: String...) throws -> [TraceEvent.Body] {
        let imported = try importAll(lines.joined(separator: "\n"), with: QEMULogImporter())
        #expect(imported.report.notUnderstoodLines == 0, "\(imported.report.notUnderstood)")
        return imported.bodies
    }

    @Test("The first new_table of a PHB's default LIOBN is the PHB")
    func newPHB() throws {
        #expect(try bodies(Self.newTable("0x80000000")) == [Self.phb])
        #expect(
            try bodies(Self.newTable("0x80000100"), Self.newTable("0x80000000")) == [
                .phb(TraceEvent.PHB(buid: Self.buid + 1, liobn: 0x8000_0100)), Self.phb,
            ])
    }

    @Test("Another new_table of it is a reset: the dynamic window goes, the default one is new")
    func resetPHB() throws {
        #expect(try bodies(Self.newTable("0x80000000"), Self.newTable("0x80000000")) == [Self.phb, Self.defaultWindow])
        let lines = [
            Self.newTable("0x80000000"), Self.newTable("0x80000001", 8), Self.create("0x80000001"),
            Self.newTable("0x80000000"),
        ]
        #expect(
            try bodies(lines[0], lines[1], lines[2], lines[3], lines[3]) == [
                Self.phb, Self.created(0x8000_0001), .unwindow(liobn: 0x8000_0001), Self.defaultWindow,
                Self.defaultWindow,
            ])
    }

    @Test("new_table below 0x80000000 is a window of virtual I/O, each time")
    func virtualIO() throws {
        let window = TraceEvent.Body.window(TraceEvent.Window(liobn: 0x7100_0002, tces: 1 << 16))
        #expect(try bodies(Self.newTable("0x71000002"), Self.newTable("0x71000002")) == [window, window])
        #expect(
            try bodies(Self.newTable("0x7fffffff")) == [.window(TraceEvent.Window(liobn: 0x7fff_ffff, tces: 1 << 16))])
    }

    @Test("The new_table before a ddw_create of its LIOBN is a part of it")
    func createdTable() throws {
        #expect(
            try bodies(
                Self.newTable("0x80000000"), Self.query(), Self.newTable("0x80000001", 8), Self.create("0x80000001"))
                == [
                    Self.phb, Self.rtas(0x2026, [5, 0x800_0000, 0x2000_0000], 5, [1, 0x8000_0000, 0x107]),
                    Self.created(0x8000_0001),
                ])
    }

    @Test("Translations of other threads do not come between a new_table and its ddw_create")
    func createdTableBesideTranslations() throws {
        let bodies = try bodies(
            Self.newTable("0x80000000"), Self.newTable("0x80000001", 8), Self.xlate, Self.xlate,
            Self.create("0x80000001"))
        #expect(bodies.count == 4)
        #expect(bodies.last == Self.created(0x8000_0001))
    }

    @Test("Without threads, a translation is taken for another thread's")
    func createdTableWithoutThreads() throws {
        let lines = [Self.newTable("0x80000000"), Self.newTable("0x80000001"), Self.xlate, Self.create("0x80000001")]
        let imported = try importAll(
            lines.map { String($0.drop { $0 != ":" }.dropFirst()) }.joined(separator: "\n"), with: QEMULogImporter())
        #expect(imported.report.notUnderstoodLines == 0)
        #expect(imported.events.count == 3)
    }

    @Test("Once removed, a window is no more")
    func removedWindow() throws {
        let xlate = "9@1.0:spapr_iommu_xlate liobn=0x80000001 0x0 -> 0x0 perm=0 mask=0xffffff"
        let imported = try importQEMU(Self.newTable("0x80000000"), Self.create("0x80000001"), xlate, Self.remove, xlate)
        #expect(imported.events.count == 4)
        #expect(imported.report.notUnderstood.map(\.firstLine) == [5])
    }

    @Test("Any other line does, and then the dynamic table is not understood")
    func loneDynamicTable() throws {
        let put = "9@1.0:spapr_iommu_pci_put liobn=0x80000000 ioba=0x0 tce=0x0 ret=0"
        for line in [
            put, "8@1.0:spapr_vio_free_crq CRQ for dev 0x71000000 freed", Self.xlate.replacing("9@", with: "8@"),
        ] {
            let imported = try importQEMU(
                Self.newTable("0x80000000"), Self.newTable("0x80000001", 8), line, Self.newTable("0x80000000"))
            #expect(imported.report.notUnderstood.map(\.firstLine) == [2])
            #expect(imported.report.notUnderstood.first?.reason == "no ddw_create follows")
        }
    }

    @Test("A dynamic new_table at the end of the log is nothing")
    func cutDynamicTable() throws {
        #expect(try bodies(Self.newTable("0x80000000"), Self.newTable("0x80000001", 8)) == [Self.phb])
    }

    @Test("A default LIOBN can be a created window's: then the new_table is no reset")
    func createdDefaultLIOBN() throws {
        let bodies = try bodies(
            Self.newTable("0x80000000"), Self.newTable("0x80000001", 8), Self.create("0x80000001"),
            "8@1.0:spapr_iommu_ddw_remove liobn=0x80000000", Self.newTable("0x80000000", 8),
            Self.create("0x80000000", page: "0x200000", bytes: "0x10000000"),
            "8@1.0:spapr_iommu_xlate liobn=0x80000000 0x5 -> 0x0 perm=0 mask=0x1fffff",
            "8@1.0:spapr_iommu_pci_stuff liobn=0x80000000 ioba=0x800000000400000 tcevalue=0x0 npages=1 ret=0")
        #expect(
            bodies.prefix(4) == [
                Self.phb, Self.created(0x8000_0001), Self.rtas(0x2028, [0x8000_0000], 1),
                Self.created(0x8000_0000, shift: 21, size: 28),
            ])
        guard case .dma(let dma) = bodies[4], case .hcall(let stuff) = bodies[5] else {
            throw ImportError(line: 0, "\(bodies)")
        }
        #expect(dma.ioba == 0x800_0000_0000_0005)
        #expect(stuff.ioba == 0x800_0000_0020_0000)
    }

    @Test("A window created where there is none lies at bus address 0")
    func createdAlone() throws {
        let bodies = try bodies(
            Self.newTable("0x80000000"), "8@1.0:spapr_iommu_ddw_remove liobn=0x80000000",
            Self.newTable("0x80000000", 8),
            Self.create("0x80000000", page: "0x10000", bytes: "0x1000000", start: "0x0"))
        #expect(bodies.last == Self.created(0x8000_0000, shift: 16, size: 24, start: 0))
    }

    @Test("A window at a place where the call would not put it is made there")
    func createdElsewhere() throws {
        let bodies = try bodies(Self.newTable("0x80000000"), Self.create("0x80000001", start: "0x100000000"))
        #expect(
            bodies == [
                Self.phb, Self.created(0x8000_0001, start: 1 << 32),
                .window(
                    TraceEvent.Window(liobn: 0x8000_0001, start: 1 << 32, pageShift: 24, tces: 128, buid: Self.buid)),
            ])
    }

    @Test(
        "Sizes of a window are powers of two, a page at least 4 KiB and at most 16 GiB",
        arguments: [
            ("0x1000", "0x1000", true), ("0x800", "0x1000", false), ("0x1000", "0x800", false),
            ("0x3000", "0x10000", false),
            ("0x1000", "0x30000", false), ("0x400000000", "0x400000000", true), ("0x800000000", "0x800000000", false),
            ("0x1000", "0x0", false),
        ])
    func createdSizes(page: String, bytes: String, understood: Bool) throws {
        let imported = try importQEMU(Self.newTable("0x80000000"), Self.create("0x80000001", page: page, bytes: bytes))
        #expect(imported.report.notUnderstoodLines == (understood ? 0 : 1))
    }

    @Test("The new_table before a ddw_reset is a part of it")
    func resetCall() throws {
        #expect(
            try bodies(
                Self.newTable("0x80000000"), Self.create("0x80000001"), Self.newTable("0x80000000", 8), Self.reset,
                Self.xlate
            ).prefix(3) == [Self.phb, Self.created(0x8000_0001), Self.wasReset])
    }

    @Test("Removing the last dynamic window brings the default one back, and the lines that say so are no call")
    func restoredDefault() throws {
        let remove0 = "8@1.0:spapr_iommu_ddw_remove liobn=0x80000000"
        let restore = [Self.newTable("0x80000000", 8), Self.reset]
        let bodies = try bodies(
            Self.newTable("0x80000000"), Self.create("0x80000001"), remove0, Self.remove, restore[0], Self.xlate,
            restore[1],
            restore[0], restore[1])
        #expect(
            bodies.filter { if case .dma = $0 { false } else { true } } == [
                Self.phb, Self.created(0x8000_0001), Self.rtas(0x2028, [0x8000_0000], 1), Self.removed, Self.wasReset,
            ])
    }

    @Test("Removing a dynamic window beside the default one brings nothing back")
    func removedDynamic() throws {
        let bodies = try bodies(
            Self.newTable("0x80000000"), Self.create("0x80000001"), Self.remove, Self.newTable("0x80000000", 8),
            Self.reset)
        #expect(bodies == [Self.phb, Self.created(0x8000_0001), Self.removed, Self.wasReset])
    }

    @Test("Another line of the thread ends the wait for what a removal prints")
    func restoredThenReset() throws {
        let bodies = try bodies(
            Self.newTable("0x80000000"), Self.create("0x80000001"), "8@1.0:spapr_iommu_ddw_remove liobn=0x80000000",
            Self.remove,
            Self.query(), Self.newTable("0x80000000", 8), Self.reset)
        #expect(bodies.last == Self.wasReset)
    }

    @Test(
        "A query with another mask changes what the PHB offers, first",
        arguments: [
            ("0x107", 0x121_1000), ("0x7", 0x101_1000), ("0x1", 0x1000), ("0xff", 0x4_1f01_1000),
        ] as [(String, UInt64)])
    func offer(mask: String, shifts: UInt64) throws {
        let bodies = try bodies(Self.newTable("0x80000000"), Self.query(mask: mask), Self.query(mask: mask))
        let offers = bodies.compactMap { if case .phb(let phb) = $0 { phb.pageShifts } else { nil } }
        #expect(offers == (shifts == 0x121_1000 ? [shifts] : [0x121_1000, shifts]))
        guard case .rtas = bodies.last, case .rtas = bodies[bodies.count - 2] else {
            throw ImportError(line: 0, "\(bodies)")
        }
    }

    @Test("A window of a page size that was not offered shows that it is (2 MiB before QEMU 7.1)")
    func offerByCreate() throws {
        let bodies = try bodies(
            Self.newTable("0x80000000"), Self.query(mask: "0x7"), Self.create("0x80000001", page: "0x200000"))
        #expect(bodies.count == 5)
        #expect(bodies[3] == .phb(TraceEvent.PHB(buid: Self.buid, liobn: 0x8000_0000, pageShifts: 0x121_1000)))
    }

    @Test("The BUID of a PHB and its LIOBN belong together")
    func otherBUIDs() throws {
        for line in [
            Self.query().replacing("0x800000020000000", with: "0x800000020800000"),
            Self.query().replacing("0x800000020000000", with: "0x80000001fffffff"), Self.create("0x80000101"),
            Self.create("0x80000002"), "8@1.0:spapr_iommu_ddw_remove liobn=0x71000000",
        ] {
            let imported = try importQEMU(Self.newTable("0x80000000"), line)
            #expect(imported.report.notUnderstoodLines == 1, "\(line)")
        }
    }
}
