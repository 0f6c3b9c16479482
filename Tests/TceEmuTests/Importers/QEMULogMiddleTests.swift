// SPDX-License-Identifier: Apache-2.0
import TceEmu
import Testing

/// Logs that do not tell everything: they begin in the middle, or the machine came by migration; and virtual I/O, whose
/// tables are zeroed without a line.
@Suite("QEMU log: what is not said")
struct QEMULogMiddleTests {
    private typealias Windows = QEMULogWindowTests

    private static func put(_ liobn: String, ret: Int = 0) -> String {
        "8@1.0:spapr_iommu_put liobn=\(liobn) ioba=0x1000 tce=0x1003 ret=\(ret)"
    }

    private static func free(_ unit: String, _ thread: Int = 8) -> String {
        "\(thread)@1.0:spapr_vio_free_crq CRQ for dev \(unit) freed"
    }

    private static let vio = TraceEvent.Body.window(TraceEvent.Window(liobn: 0x7100_0002, tces: 1 << 16))

    private func windows(_ lines: String...) throws -> [LIOBN] {
        try importAll(lines.joined(separator: "\n"), with: QEMULogImporter()).bodies.compactMap {
            if case .window(let window) = $0 { window.liobn } else { nil }
        }
    }

    // MARK: - A log that begins in the middle

    @Test("A default LIOBN that answers has its default window")
    func assumedDefault() throws {
        for line in [Self.put("0x80000000"), Windows.xlate] {
            let imported = try importQEMU(line, line)
            #expect(imported.bodies.first == Windows.phb)
            #expect(imported.events.count == 3)
            #expect(imported.report.notes.count == 1)
        }
        #expect(try importQEMU(Self.put("0x71000002")).bodies.first == Self.vio)
    }

    @Test("An LIOBN that is refused has no window assumed")
    func refusedUnknown() throws {
        for liobn in ["0x80000000", "0x71000009", "0x80000055", "0x180000000"] {
            let imported = try importQEMU(Self.put(liobn, ret: -4))
            #expect(imported.events.count == 1)
            #expect(imported.report.notes.isEmpty && imported.report.notUnderstoodLines == 0)
        }
    }

    @Test("A dynamic LIOBN that answers and was never created is not understood")
    func unknownDynamic() throws {
        for line in [
            Self.put("0x80000001"), Windows.remove,
            "8@1.0:spapr_iommu_xlate liobn=0x80000001 0x0 -> 0x0 perm=0 mask=0xfff",
            Self.put("0x180000000"),
        ] {
            let imported = try importQEMU(line)
            #expect(imported.events.isEmpty)
            #expect(imported.report.notUnderstood.map(\.reason) == ["no ddw_create was seen for this LIOBN"])
        }
    }

    @Test("A translation of other pages than 4 KiB shows that the window is no default one")
    func unknownPages() throws {
        for mask in ["0xfff", "0xffffffff"] {
            #expect(try importQEMU(Windows.xlate.replacing("0xfff", with: mask)).events.count == 2)
        }
        let imported = try importQEMU(Windows.xlate.replacing("0xfff", with: "0xffff"))
        #expect(imported.events.isEmpty && imported.report.notUnderstoodLines == 1)
    }

    @Test("A query of an unknown PHB tells that it is there, and whether the default window is")
    func unknownPHBs() throws {
        #expect(try importQEMU(Windows.query(1)).bodies.first == Windows.phb)
        #expect(try importQEMU(Windows.query(2)).bodies.prefix(2) == [Windows.phb, .unwindow(liobn: 0x8000_0000)])
        #expect(try importQEMU(Windows.reset).bodies == [Windows.phb, Windows.wasReset])
        #expect(try importQEMU(Windows.create("0x80000001")).bodies == [Windows.phb, Windows.created(0x8000_0001)])
    }

    @Test("A ddw_create of an LIOBN that is taken shows that a removal was missed")
    func missedRemoval() throws {
        let imported = try importQEMU(
            Windows.newTable("0x80000000"), Windows.create("0x80000001"), Windows.create("0x80000001"))
        #expect(
            imported.bodies == [
                Windows.phb, Windows.created(0x8000_0001), .unwindow(liobn: 0x8000_0001), Windows.created(0x8000_0001),
            ])
        #expect(imported.report.notes.contains { $0.contains("removal") })
    }

    // MARK: - Migration

    @Test("Tables that are sent are understood and change nothing")
    func saved() throws {
        let imported = try importQEMU(
            Windows.newTable("0x80000000"), "7@1.0:spapr_iommu_pre_save liobn=80000000 40000 bus_offset=0x0 ps=12")
        #expect(imported.bodies == [Windows.phb])
        #expect(imported.report.understood["spapr_iommu_pre_save"] == 1)
    }

    @Test("Tables that come: the window is told, the contents are noted as unknown")
    func loaded() throws {
        let imported = try importQEMU(
            Windows.newTable("0x80000000"),
            "7@1.0:spapr_iommu_post_load liobn=80000000 40000 => 0x40000 bus_offset=0x0 ps=12",
            Windows.newTable("0x80000001"),
            "7@1.0:spapr_iommu_post_load liobn=80000001 0 => 0x80 bus_offset=0x800000000000000 ps=24")
        #expect(
            imported.bodies == [
                Windows.phb,
                .window(
                    TraceEvent.Window(liobn: 0x8000_0001, start: 1 << 59, pageShift: 24, tces: 128, buid: Windows.buid)),
            ])
        #expect(imported.report.notes.count == 2)
        #expect(imported.report.understood["spapr_iommu_post_load"] == 2)
        #expect(imported.report.understood["spapr_iommu_new_table"] == 2)
    }

    @Test("A table that comes empty has no window")
    func loadedNone() throws {
        let gone = "7@1.0:spapr_iommu_post_load liobn=80000000 40000 => 0x0 bus_offset=0x0 ps=0"
        #expect(
            try importQEMU(Windows.newTable("0x80000000"), gone, gone).bodies == [
                Windows.phb, .unwindow(liobn: 0x8000_0000),
            ])
    }

    // MARK: - Virtual I/O

    @Test("CRQs of all devices freed in a row zero the tables that were used, once")
    func quiesce() throws {
        let row = [Self.free("0x71000003"), Self.free("0x71000002"), Self.free("0x71000001"), Self.free("0x71000000")]
            .joined(separator: "\n")
        let made = [Windows.newTable("0x71000002"), Windows.newTable("0x71000003")].joined(separator: "\n")
        let before: [LIOBN] = [0x7100_0002, 0x7100_0003]
        #expect(try windows(made, row) == before)
        #expect(try windows(made, Self.put("0x71000003"), row, row) == before + [0x7100_0003])
        #expect(try windows(made, Self.put("0x71000002"), Self.put("0x71000003"), row) == before + before)
        #expect(
            try windows(made, Self.put("0x71000002"), row, Self.put("0x71000002"), row) == before + [
                0x7100_0002, 0x7100_0002,
            ])
    }

    @Test("A row that lacks a device with a table, or has only such, zeroes nothing")
    func noQuiesce() throws {
        let made = Windows.newTable("0x71000002")
        let put = Self.put("0x71000002")
        #expect(try windows(made, put, Self.free("0x71000002")).count == 1)
        #expect(try windows(made, put, Self.free("0x71000000")).count == 1)
        #expect(try windows(made, put, Self.free("0x71000002"), Self.free("0x71000002")).count == 1)
        #expect(try windows(made, put, Self.free("0x71000002"), Self.free("0x71000000")).count == 2)
        #expect(try windows(made, put, Self.free("0x71000000"), Self.free("0x71000002")).count == 2)
    }

    @Test("A row is of one thread, with nothing of that thread between")
    func interruptedQuiesce() throws {
        let made = Windows.newTable("0x71000002")
        let put = Self.put("0x71000002")
        let get = "8@1.0:spapr_iommu_get liobn=0x71000002 ioba=0x1000 ret=0 tce=0x1003"
        #expect(try windows(made, put, Self.free("0x71000002"), get, Self.free("0x71000000")).count == 1)
        #expect(try windows(made, put, Self.free("0x71000002", 8), Self.free("0x71000000", 9)).count == 1)
        #expect(try windows(made, put, Self.free("0x71000002"), Windows.xlate, Self.free("0x71000000")).count == 2)
    }
}
