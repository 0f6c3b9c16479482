// SPDX-License-Identifier: Apache-2.0
import CTce

/// A range of I/O bus addresses that one TCE table translates.
///
/// A description as of the moment it was taken: it does not follow what becomes of the window.
public struct DMAWindow: Hashable, Sendable {
    /// The number that names its table.
    public var liobn: LIOBN

    /// Bus address of its first byte.
    public var start: IOBA

    /// An I/O page is 2^pageShift bytes; 12...34.
    public var pageShift: UInt32

    /// I/O pages, and so TCEs; 1...2^40.
    public var pageCount: UInt64

    /// The PHB it belongs to, or nil for one of virtual I/O.
    public var buid: BUID?

    /// Not translated: the real address is the IOBA less `start`.
    public var bypass: Bool

    /// A window of 4 KiB pages for virtual I/O, unless told otherwise.
    public init(
        liobn: LIOBN, start: IOBA = 0, pageShift: UInt32 = 12, pageCount: UInt64, buid: BUID? = nil,
        bypass: Bool = false
    ) {
        self.liobn = liobn
        self.start = start
        self.pageShift = pageShift
        self.pageCount = pageCount
        self.buid = buid
        self.bypass = bypass
    }

    init(_ raw: tce_window_info) {
        self.init(
            liobn: LIOBN(raw.liobn), start: raw.start, pageShift: raw.page_shift, pageCount: raw.tces,
            buid: raw.buid == 0 ? nil : raw.buid, bypass: raw.bypass)
    }

    /// Bytes of an I/O page.
    public var pageBytes: UInt64 { 1 << UInt64(pageShift) }

    /// The bus address of a page's first byte, mod 2^64. Pages from `pageCount` on are outside the window.
    public func ioba(page: UInt64) -> IOBA {
        start &+ page << UInt64(pageShift)
    }

    /// The page that an address lies on, or nil where it is outside the window.
    public func page(of ioba: IOBA) -> UInt64? {
        let page = (ioba &- start) >> UInt64(pageShift)
        return page < pageCount ? page : nil
    }

    /// Whether an address lies in the window.
    public func contains(_ ioba: IOBA) -> Bool { page(of: ioba) != nil }
}
