// SPDX-License-Identifier: Apache-2.0

/// Which DMA windows QEMU's pseries machine has, as its log tells. No table's contents.
struct QEMUWindows {
    struct Window {
        var start: IOBA
        var shift: UInt64
        var tces: UInt64
        var isOpen = true
        /// Virtual I/O: whether an hcall named it since it was made.
        var wasUsed = false

        /// Whether the page of an address has a TCE.
        func holds(_ ioba: IOBA) -> Bool { (ioba &- start) >> shift < tces }

        /// The address behind the last page.
        var end: IOBA { start &+ tces << shift }

        static let pciDefault = Window(start: 0, shift: 12, tces: 1 << 18)
        static let virtualIO = Window(start: 0, shift: 12, tces: 1 << 16)
    }

    struct PHB {
        var buid: BUID
        /// Page sizes that DDW offers, as far as they are known.
        var pageShifts: UInt64
    }

    /// What a machine can have.
    static let windowsMax = 65_536

    /// Where a dynamic window lies that is not a PHB's only one.
    static let dynamicStart: IOBA = 1 << 59

    private(set) var windows: [LIOBN: Window] = [:]
    /// By the LIOBN of the default window.
    var phbs: [LIOBN: PHB] = [:]
    /// LIOBNs of virtual I/O, ascending.
    private(set) var virtualIO: [LIOBN] = []

    private var last: (liobn: LIOBN, window: Window)?

    /// The window that an LIOBN has now.
    mutating func open(_ liobn: LIOBN) -> Window? {
        if let last, last.liobn == liobn { return last.window }
        guard let window = windows[liobn], window.isOpen else { return nil }
        last = (liobn, window)
        return window
    }

    subscript(liobn: LIOBN) -> Window? {
        get { windows[liobn] }
        set {
            last = nil
            if windows[liobn] == nil, newValue != nil, Self.isVirtualIO(liobn) {
                virtualIO.insert(liobn, at: virtualIO.firstIndex { $0 > liobn } ?? virtualIO.endIndex)
            }
            windows[liobn] = newValue
        }
    }

    mutating func close(_ liobn: LIOBN) {
        last = nil
        windows[liobn]?.isOpen = false
    }

    mutating func markUsed(_ liobn: LIOBN) {
        if Self.isVirtualIO(liobn), windows[liobn]?.wasUsed == false { windows[liobn]?.wasUsed = true }
    }

    func isOpen(_ liobn: LIOBN) -> Bool { windows[liobn]?.isOpen == true }

    var isFull: Bool { windows.count >= Self.windowsMax }

    static func isVirtualIO(_ liobn: LIOBN) -> Bool { liobn < 1 << 31 }

    static func isPCI(_ liobn: LIOBN) -> Bool { liobn >> 31 == 1 }

    /// The default window's LIOBN of the PHB that a PCI LIOBN belongs to.
    static func base(_ liobn: LIOBN) -> LIOBN { liobn & ~0xff }

    private static let firstBUID: BUID = 0x8000000_20000000

    /// The BUID of the PHB with a default window's LIOBN.
    static func buid(base: LIOBN) -> BUID { firstBUID + (base & 0x7fff_ffff) >> 8 }

    /// The default window's LIOBN of a PHB; nil for a BUID that QEMU gives to none.
    static func base(buid: BUID) -> LIOBN? {
        guard buid >= firstBUID, buid - firstBUID < 1 << 23 else { return nil }
        return 1 << 31 | (buid - firstBUID) << 8
    }
}
