// SPDX-License-Identifier: Apache-2.0

/// Finds the maps and unmaps of the DMA API behind recorded hcalls, where the hcalls allow it.
///
/// A map is one H_PUT_TCE, or one H_PUT_TCE_INDIRECT whose TCEs name one page of memory after another with one
/// permission; an unmap is a clear that covers whole maps and nothing else. Before the kernel has cleared a table, its
/// hcalls are the firmware's, and those on a dynamic window fill it: neither is lifted.
///
/// A kernel that clears its table with H_PUT_TCE (`multitce=off`) maps and unmaps page by page. There a map is a longest
/// row of H_PUT_TCE that one vCPU makes without another TCE hcall between, each for the next page of the window and of
/// memory, with one permission (and no more of them than may wait: `MapRows`); an unmap begins at a map's first page and
/// goes on to its last. Two maps that one vCPU
/// makes one after the other, of neighbouring pages in both, come out as one: nothing tells them apart.
public struct TraceLifter {
    /// What was found.
    public struct Counts: Hashable, Sendable {
        public var maps: UInt64 = 0
        public var unmaps: UInt64 = 0
        /// Hcalls of a table that its kernel has cleared, that are neither.
        public var others: UInt64 = 0
        /// Hcalls before the kernel's clear of their table, and of it.
        public var beforeClear: UInt64 = 0
        /// H_GET_TCE, failed hcalls, those on no default window.
        public var elsewhere: UInt64 = 0
        /// The maps themselves, by how they were made.
        public var made = LiftedMaps()
    }

    private var tables: [LIOBN: LiftedTable] = [:]
    /// LIOBNs of host bridges' default windows.
    private var bridges: Set<LIOBN> = []
    /// The table that the event before made anew, as it was.
    private var renewed: (liobn: LIOBN, table: LiftedTable)?
    private var rows = MapRows()
    public private(set) var counts = Counts()

    public init() {}

    /// Takes an event of the recording; gives those that stand in the place of it and of those that waited: themselves,
    /// and before them the calls of the DMA API that made them. Where a map may go on, it waits, and what follows it.
    public mutating func lift(_ event: TraceEvent) -> [TraceEvent] {
        let before = renewed
        renewed = nil
        switch event.body {
        case .phb(let phb):
            endRows()
            bridges.insert(LIOBN(phb.liobn))
            tables[LIOBN(phb.liobn)] = LiftedTable(start: phb.windowStart, bytes: phb.windowBytes)
        case .window(let window):
            endRows()
            note(window)
        case .unwindow(let liobn):
            endRows()
            tables[liobn] = nil
        case .rtas(let call):
            // The kernel that runs asked for its default window anew, and does not clear it again.
            if let before, call.number == UInt64(RTASCall.resetPEDMAWindow.rawValue) {
                tables[before.liobn] = before.table
            }
        case .reset:
            endRows()
            for liobn in tables.keys { tables[liobn]?.renew() }
        case .hcall(let call):
            if call.kind != .get, call.status ?? 0 == 0 {
                lift(call, event.time)
            } else {
                endRows { $0.cpu == call.cpu }
                counts.elsewhere += 1
            }
        default: break
        }
        rows.wait(event)
        if rows.isFull { endRows() }
        return rows.takeReady()
    }

    /// No more events come: those that waited.
    public mutating func finish() -> [TraceEvent] {
        endRows()
        return rows.takeReady()
    }

    /// A window of a virtual device; or a host bridge's default window that is made anew, which is how a recording shows
    /// a reset.
    private mutating func note(_ window: TraceEvent.Window) {
        let old = tables[window.liobn]
        guard window.buid == 0 || bridges.contains(window.liobn), window.pageShift == LiftedTable.pageShift else {
            tables[window.liobn] = nil
            return
        }
        tables[window.liobn] = LiftedTable(start: window.start, bytes: window.tces << LiftedTable.pageShift)
        if window.buid != 0, let old { renewed = (window.liobn, old) }
    }

    private mutating func lift(_ call: TraceEvent.Hcall, _ time: UInt64) {
        guard var table = tables[call.liobn], let device = UInt32(exactly: call.liobn),
            let range = table.entries(of: call)
        else {
            endRows { $0.cpu == call.cpu }
            counts.elsewhere += 1
            return
        }
        let first = call.kind == .putIndirect ? call.entries.first ?? 0 : call.value
        let isClear = call.kind != .putIndirect && first & 3 == 0
        if table.isPageByPage, call.kind == .put, !isClear, rows.goOn(with: call) { return }
        endRows { $0.cpu == call.cpu || ($0.liobn == call.liobn && $0.overlaps(call)) }
        // The rows that ended are maps of this table.
        table = tables[call.liobn] ?? table
        defer { tables[call.liobn] = table }
        if table.clear(range, isClear: isClear, call.kind) {
            counts.beforeClear += 1
        } else if isClear {
            unmap(call, range, &table, time, device)
        } else if call.kind != .stuff, first & 3 != 0, Self.isLinear(call) {
            let map = TraceEvent.Guest(
                .map, device: device, cpu: call.cpu, address: first & ~0xfff, value: call.ioba,
                length: UInt64(range.count) << LiftedTable.pageShift, access: first & 3 == 1 ? .read : .readWrite,
                status: 0)
            if table.isPageByPage, call.kind == .put {
                rows.begin(call, map, time)
            } else {
                counts.maps += 1
                counts.made.note(map, call.kind)
                table.maps[range.lowerBound] = UInt64(range.count)
                rows.wait(TraceEvent(time: time, body: .guest(map)))
            }
        } else {
            counts.others += 1
        }
    }

    private mutating func unmap(
        _ call: TraceEvent.Hcall, _ range: Range<UInt64>, _ table: inout LiftedTable, _ time: UInt64, _ device: UInt32
    ) {
        var bytes = UInt64(range.count) << LiftedTable.pageShift
        if table.isPageByPage, call.kind == .put {
            if let npages = table.beginUnmapping(range.lowerBound) {
                bytes = npages << LiftedTable.pageShift
            } else if table.goOnUnmapping(range.lowerBound) {
                return
            } else {
                counts.others += 1
                // The kernel uses no first page: another kernel clears.
                if range.lowerBound == 0 { table.beginClear(range, call.kind) }
                return
            }
        } else if !table.takeMaps(range) {
            counts.others += 1
            // The whole table again: another kernel.
            if range.lowerBound == 0, range.count > 1 { table.beginClear(range, call.kind) }
            return
        }
        counts.unmaps += 1
        let unmap = TraceEvent.Guest(.unmap, device: device, cpu: call.cpu, address: call.ioba, length: bytes)
        rows.wait(TraceEvent(time: time, body: .guest(unmap)))
    }

    /// Rows that end here become maps.
    private mutating func endRows(where ends: (MapRows.Row) -> Bool = { _ in true }) {
        guard !rows.isEmpty else { return }
        for row in rows.end(where: ends) {
            counts.maps += 1
            counts.made.note(row.map, .put)
            if let table = tables[row.liobn] {
                tables[row.liobn]?.maps[(row.ioba &- table.start) >> LiftedTable.pageShift] = row.npages
            }
        }
    }

    /// Does a list name one page after another, with one permission?
    private static func isLinear(_ call: TraceEvent.Hcall) -> Bool {
        guard call.kind == .putIndirect else { return true }
        guard UInt64(call.entries.count) == call.npages else { return false }
        return zip(call.entries, call.entries.dropFirst()).allSatisfy { $1 == $0 &+ 1 << LiftedTable.pageShift }
    }
}
