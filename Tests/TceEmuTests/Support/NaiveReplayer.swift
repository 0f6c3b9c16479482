// SPDX-License-Identifier: Apache-2.0

/// Replays a QEMU log by itself, straight from its text: dictionaries, no trace, no emulator, nothing of the importer.
///
/// It says which recorded answers (status of a call, value of H_GET_TCE, outcome of a translation) are not what the
/// tables say, by line number counted from 1.
struct NaiveReplayer {
    private struct Table {
        var start: UInt64
        var shift: UInt64
        var tces: UInt64
        var entries: [UInt64: UInt64] = [:]

        func index(_ ioba: UInt64) -> UInt64? {
            let index = (ioba &- start) >> shift
            return index < tces ? index : nil
        }
    }

    private var tables: [UInt64: Table] = [:]
    private var freed: (thread: Substring, units: Set<UInt64>) = ("", [])
    private(set) var compared = 0
    private(set) var mismatches: Set<Int> = []

    static func replay(_ text: String) -> (compared: Int, mismatches: Set<Int>) {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        var replayer = NaiveReplayer()
        for number in lines.indices { replayer.replay(lines, number) }
        return (replayer.compared, replayer.mismatches)
    }

    private static func thread(_ line: Substring) -> Substring { line.prefix { $0 != "@" } }

    /// The event and its arguments.
    private static func event(_ line: Substring) -> Substring {
        line.drop { $0 != ":" }.dropFirst()
    }

    private static func number(_ text: Substring) -> UInt64? {
        text.hasPrefix("0x") ? UInt64(text.dropFirst(2), radix: 16) : Int64(text).map { UInt64(bitPattern: $0) }
    }

    /// The number behind a key; keys stand behind a space.
    private static func field(_ key: String, _ line: Substring) -> UInt64? {
        guard let range = line.firstRange(of: " " + key) else { return nil }
        return number(line[range.upperBound...].prefix { $0 != " " && $0 != "," })
    }

    private mutating func replay(_ lines: [Substring], _ index: Int) {
        let line = lines[index]
        let thread = Self.thread(line)
        let event = Self.event(line)
        let name = event.prefix { $0 != " " }
        if name != "spapr_vio_free_crq", thread == freed.thread { freed.units = [] }
        let liobn = Self.field("liobn=", event) ?? 0
        switch name {
        case "spapr_iommu_new_table":
            newTable(lines, index, liobn)
        case "spapr_iommu_ddw_create":
            guard let page = Self.field("size=", event), let bytes = Self.field("requested=", event),
                let start = event.firstRange(of: "start addr=").flatMap({
                    Self.number(event[$0.upperBound...].prefix { $0 != "," })
                })
            else { return }
            let shift = UInt64(page.trailingZeroBitCount)
            tables[liobn] = Table(start: start, shift: shift, tces: bytes >> shift)
        case "spapr_iommu_ddw_remove":
            tables[liobn] = nil
            if liobn & 1 == 1, tables[liobn - 1] == nil { openDefault(liobn - 1) }
        case "spapr_iommu_ddw_reset":
            guard let buid = Self.field("buid=", event) else { return }
            let base = 0x8000_0000 + (buid - 0x8000_0002_0000_000) * 256
            tables[base + 1] = nil
            openDefault(base)
        case "spapr_vio_free_crq":
            freeCRQ(thread, event)
        case "spapr_iommu_put", "spapr_iommu_pci_put":
            call(index, liobn, event) { table, ioba in
                guard let entry = table.index(ioba), let tce = Self.field("tce=", event) else { return -4 }
                table.entries[entry] = tce
                return 0
            }
        case "spapr_iommu_get", "spapr_iommu_pci_get":
            var value: UInt64 = 0
            call(index, liobn, event) { table, ioba in
                guard let entry = table.index(ioba) else { return -4 }
                value = table.entries[entry] ?? 0
                return 0
            }
            if Self.field("ret=", event) == 0, Self.field("tce=", event) != value { mismatches.insert(index + 1) }
        case "spapr_iommu_stuff", "spapr_iommu_pci_stuff":
            let npages = Self.field("npages=", event) ?? 0
            let value = Self.field("tcevalue=", event) ?? 0
            let succeeded = Self.field("ret=", event) == 0
            call(index, liobn, event) { table, ioba in
                let start = succeeded ? ioba &- npages << table.shift : ioba
                return Self.write(&table, start, npages, succeeded && npages > table.tces) { _ in value }
            }
        case "spapr_iommu_indirect", "spapr_iommu_pci_indirect":
            indirect(index, liobn, event)
        case "spapr_iommu_xlate":
            translate(index, liobn, event)
        default:
            break
        }
    }

    private mutating func openDefault(_ liobn: UInt64) {
        tables[liobn] = Table(start: 0, shift: 12, tces: liobn < 0x8000_0000 ? 0x10000 : 0x40000)
    }

    /// A table is made, unless the next line of the thread says that the table is something else's part.
    private mutating func newTable(_ lines: [Substring], _ index: Int, _ liobn: UInt64) {
        let thread = Self.thread(lines[index])
        if liobn >= 0x8000_0000 {
            let next = lines[(index + 1)...].first { Self.thread($0) == thread }.map(Self.event) ?? ""
            if next.hasPrefix("spapr_iommu_ddw_create"), Self.field("liobn=", next) == liobn { return }
            if next.hasPrefix("spapr_iommu_ddw_reset") || liobn & 0xff != 0 { return }
            tables[liobn + 1] = nil
        }
        openDefault(liobn)
    }

    private mutating func freeCRQ(_ thread: Substring, _ event: Substring) {
        guard let unit = Self.field("dev ", event) else { return }
        if thread != freed.thread { freed = (thread, []) }
        freed.units.insert(unit)
        let virtual = tables.keys.filter { $0 < 0x8000_0000 }
        guard freed.units.count > virtual.count, freed.units.isSuperset(of: virtual) else { return }
        for liobn in virtual { tables[liobn]?.entries = [:] }
    }

    /// A table, also where the log begins after it was made.
    private mutating func open(_ liobn: UInt64) -> Bool {
        if tables[liobn] != nil { return true }
        guard liobn < 0x8000_0000 || (liobn >> 31 == 1 && liobn & 0xff == 0) else { return false }
        openDefault(liobn)
        return true
    }

    private mutating func call(
        _ index: Int, _ liobn: UInt64, _ event: Substring, _ body: (inout Table, UInt64) -> Int64
    ) {
        guard let recorded = Self.field("ret=", event), let ioba = Self.field("ioba=", event) else { return }
        if recorded == 0 ? !open(liobn) : false { return }
        var status: Int64 = -4
        if var table = tables.removeValue(forKey: liobn) {
            status = body(&table, ioba)
            tables[liobn] = table
        }
        compared += 1
        if Int64(bitPattern: recorded) != status { mismatches.insert(index + 1) }
    }

    private static func write(
        _ table: inout Table, _ start: UInt64, _ npages: UInt64, _ tooMany: Bool, _ value: (UInt64) -> UInt64
    ) -> Int64 {
        if npages == 0 || tooMany { return -4 }
        // Tests are not optimised, and recordings clear whole tables, which nothing was written to.
        var page: UInt64 = 0
        while page < npages {
            guard let entry = table.index(start &+ page << table.shift) else { return -4 }
            let tce = value(page)
            if tce != 0 || !table.entries.isEmpty { table.entries[entry] = tce }
            page += 1
        }
        return 0
    }

    private mutating func indirect(_ index: Int, _ liobn: UInt64, _ event: Substring) {
        guard let n = Self.field("iobaN=", event), let last = Self.field("tceN=", event) else { return }
        let succeeded = Self.field("ret=", event) == 0
        call(index, liobn, event) { table, ioba in
            var npages = n + 1
            if !succeeded {
                let next = ioba &+ 1 << table.shift
                npages = n > 0 ? n + 2 : table.index(ioba) == nil ? 1 : table.index(next) == nil ? 2 : 0
            }
            let clears = last & 3 == 0 && npages > 0 && last >> table.shift < npages - 1
            let shift = table.shift
            return Self.write(&table, ioba, npages, false) { clears ? last : last &- (npages - 1 - $0) << shift }
        }
    }

    private mutating func translate(_ index: Int, _ liobn: UInt64, _ event: Substring) {
        let words = event.split(separator: " ")
        guard words.count == 7, let address = Self.number(words[2]), let page = Self.number(words[4]),
            let permission = Self.field("perm=", event), let mask = Self.field("mask=", event), open(liobn),
            let table = tables[liobn]
        else { return }
        compared += 1
        var expected: [UInt64] = [0, 0, 0xffff_ffff]
        if let entry = table.index(table.start &+ address) {
            let tce = table.entries[entry] ?? 0
            let low = UInt64(1) << table.shift - 1
            expected = [tce & ~low, tce & 3, low & 0xffff_ffff]
        }
        if expected != [page, permission, mask] { mismatches.insert(index + 1) }
    }
}
