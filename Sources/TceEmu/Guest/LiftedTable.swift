// SPDX-License-Identifier: Apache-2.0

/// The table of a default window, as far as a recording's calls tell of its maps.
struct LiftedTable {
    static let pageShift = UInt64(12)

    let start: IOBA
    private let count: UInt64
    /// Entries that a clear of the whole table has come to; nil: it is done.
    private var cleared: UInt64? = 0
    /// The clear is made of H_PUT_TCE.
    private(set) var isPageByPage = false
    /// Pages of each live map, by its first entry.
    var maps: [UInt64: UInt64] = [:]
    /// Maps that are being undone page by page: the end of each, by its next entry.
    private var undone: [UInt64: UInt64] = [:]

    init(start: IOBA, bytes: UInt64) {
        self.start = start
        count = bytes >> Self.pageShift
    }

    /// It is as a reset leaves it.
    mutating func renew() {
        self = LiftedTable(start: start, bytes: count << Self.pageShift)
    }

    /// The entries that a call names; nil: they are not all in the table.
    func entries(of call: TraceEvent.Hcall) -> Range<UInt64>? {
        let entry = (call.ioba &- start) >> Self.pageShift
        let npages = call.kind == .put ? 1 : call.npages
        return entry < count && npages > 0 && npages <= count - entry ? entry..<entry + npages : nil
    }

    // MARK: The kernel's clear

    /// Notes a call before the kernel's clear is done; false: it is.
    mutating func clear(_ range: Range<UInt64>, isClear: Bool, _ kind: TraceEvent.Hcall.Kind) -> Bool {
        guard let cleared else { return false }
        if isClear, range.lowerBound == cleared || range.lowerBound == 0 {
            if range.lowerBound == 0 { isPageByPage = true }
            isPageByPage = isPageByPage && kind == .put
            self.cleared = range.upperBound
        } else {
            self.cleared = 0
        }
        if self.cleared == count { self.cleared = nil }
        return true
    }

    /// A clear of the table begins again, with this call.
    mutating func beginClear(_ range: Range<UInt64>, _ kind: TraceEvent.Hcall.Kind) {
        renew()
        _ = clear(range, isClear: true, kind)
    }

    // MARK: Unmaps

    /// Takes the maps away that these entries are; false, and what is there goes, if they are not whole maps.
    mutating func takeMaps(_ range: Range<UInt64>) -> Bool {
        var entry = range.lowerBound
        var found: [UInt64] = []
        while entry < range.upperBound, let pages = maps[entry], pages <= range.upperBound - entry {
            found.append(entry)
            entry += pages
        }
        for map in found { maps[map] = nil }
        guard entry < range.upperBound else { return true }
        // A call may name more entries than there are maps.
        if range.upperBound - entry > UInt64(maps.count) {
            maps = maps.filter { !(entry..<range.upperBound).contains($0.key) }
        } else {
            for rest in entry..<range.upperBound { maps[rest] = nil }
        }
        return false
    }

    /// Takes the map away that begins at an entry, the first of its pages to be undone; nil: none begins there.
    mutating func beginUnmapping(_ entry: UInt64) -> UInt64? {
        guard let npages = maps.removeValue(forKey: entry) else { return nil }
        // What an older map there was undone to.
        undone[entry] = nil
        if npages > 1 { undone[entry + 1] = entry + npages }
        return npages
    }

    /// Is an entry the next of a map that is being undone?
    mutating func goOnUnmapping(_ entry: UInt64) -> Bool {
        guard let end = undone.removeValue(forKey: entry) else { return false }
        if entry + 1 < end { undone[entry + 1] = end }
        return true
    }
}
