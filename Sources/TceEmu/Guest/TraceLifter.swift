// SPDX-License-Identifier: Apache-2.0

/// Finds the maps and unmaps of the DMA API behind recorded hcalls, where the hcalls allow it.
///
/// A map is one H_PUT_TCE, or one H_PUT_TCE_INDIRECT whose TCEs name one page of memory after another with one
/// permission; an unmap is a clear that covers whole maps and nothing else. Before the kernel has cleared a table, its
/// hcalls are the firmware's, and those on a dynamic window fill it: neither is lifted. A guest with `multitce=off` maps
/// its buffers page by page, and so they come out.
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
    }

    fileprivate struct Table {
        let start: IOBA
        let entries: UInt64
        /// Entries that a clear of the whole table has come to; nil: it is done.
        var cleared: UInt64? = 0
        /// Pages of each live map, by its first entry.
        var maps: [UInt64: UInt64] = [:]
    }

    private static let pageShift = UInt64(12)
    private var tables: [LIOBN: Table] = [:]
    public private(set) var counts = Counts()

    public init() {}

    /// Events that stand in the place of one: itself, and before it the call of the DMA API that made it.
    public mutating func lift(_ event: TraceEvent) -> [TraceEvent] {
        switch event.body {
        case .phb(let phb):
            tables[LIOBN(phb.liobn)] = Table(start: phb.windowStart, entries: phb.windowBytes >> Self.pageShift)
        case .window(let window):
            tables[window.liobn] =
                window.buid == 0 && window.pageShift == Self.pageShift
                ? Table(start: window.start, entries: window.tces) : nil
        case .unwindow(let liobn): tables[liobn] = nil
        case .reset:
            for liobn in tables.keys {
                tables[liobn]?.cleared = 0
                tables[liobn]?.maps = [:]
            }
        case .hcall(let call):
            guard call.kind != .get, call.status ?? 0 == 0 else {
                counts.elsewhere += 1
                return [event]
            }
            guard let guest = lift(call) else { return [event] }
            return [TraceEvent(time: event.time, body: .guest(guest)), event]
        default: break
        }
        return [event]
    }

    private mutating func lift(_ call: TraceEvent.Hcall) -> TraceEvent.Guest? {
        guard var table = tables[call.liobn], let device = UInt32(exactly: call.liobn) else {
            counts.elsewhere += 1
            return nil
        }
        let entry = (call.ioba &- table.start) >> Self.pageShift
        let npages = call.kind == .put ? 1 : call.npages
        guard entry < table.entries, npages > 0, npages <= table.entries - entry else {
            counts.elsewhere += 1
            return nil
        }
        defer { tables[call.liobn] = table }
        let first = call.kind == .putIndirect ? call.entries.first ?? 0 : call.value
        let isClear = call.kind != .putIndirect && first & 3 == 0
        if let cleared = table.cleared {
            table.cleared = !isClear || (entry != cleared && entry != 0) ? 0 : entry + npages
            if table.cleared == table.entries { table.cleared = nil }
            counts.beforeClear += 1
            return nil
        }
        let bytes = npages << Self.pageShift
        if isClear {
            guard table.takeMaps(entry, npages) else {
                counts.others += 1
                // The whole table again: another kernel.
                if entry == 0, npages > 1 { table.cleared = npages == table.entries ? nil : npages }
                return nil
            }
            counts.unmaps += 1
            return TraceEvent.Guest(.unmap, device: device, cpu: call.cpu, address: call.ioba, length: bytes)
        }
        guard call.kind != .stuff, first & 3 != 0, isLinear(call) else {
            counts.others += 1
            return nil
        }
        counts.maps += 1
        table.maps[entry] = npages
        return TraceEvent.Guest(
            .map, device: device, cpu: call.cpu, address: first & ~0xfff, value: call.ioba, length: bytes,
            access: first & 3 == 1 ? .read : .readWrite, status: 0)
    }

    /// Does a list name one page after another, with one permission?
    private func isLinear(_ call: TraceEvent.Hcall) -> Bool {
        guard call.kind == .putIndirect else { return true }
        guard UInt64(call.entries.count) == call.npages else { return false }
        return zip(call.entries, call.entries.dropFirst()).allSatisfy { $1 == $0 &+ 1 << Self.pageShift }
    }
}

extension TraceLifter.Table {
    /// Takes the maps away that these entries are; false, and what is there goes, if they are not whole maps.
    fileprivate mutating func takeMaps(_ first: UInt64, _ npages: UInt64) -> Bool {
        var entry = first
        var found: [UInt64] = []
        while entry < first + npages, let pages = maps[entry], pages <= first + npages - entry {
            found.append(entry)
            entry += pages
        }
        for map in found { maps[map] = nil }
        guard entry < first + npages else { return true }
        for rest in entry..<(first + npages) { maps[rest] = nil }
        return false
    }
}
