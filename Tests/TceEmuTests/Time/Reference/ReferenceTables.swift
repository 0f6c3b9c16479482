// SPDX-License-Identifier: Apache-2.0
import TceEmu

/// One TCE in one life of its window: a window made new, or reset, has other TCEs. [cost] [ready]
struct ReferenceTCE: Hashable, Sendable {
    var life: Int
    var index: UInt64
}

/// A DMA window and its table.
struct ReferenceWindow: Sendable {
    var liobn: LIOBN
    /// Its PHB; nil: virtual I/O.
    var phb: BUID?
    var start: IOBA
    var shift: UInt64
    var tces: UInt64
    var isBypass = false
    /// No two windows, and no window before and after a reset, have the same number.
    var life: Int
    /// TCEs that are not 0.
    var values: [UInt64: UInt64] = [:]
    /// 64 KiB pages of the table in which a call has written. [cost]
    var touched: Set<UInt64> = []

    func offset(_ address: IOBA) -> UInt64 { address &- start }
    func index(_ address: IOBA) -> UInt64 { offset(address) >> shift }
    func contains(_ address: IOBA) -> Bool { index(address) < tces }
    func value(_ index: UInt64) -> UInt64 { values[index] ?? 0 }

    /// Bytes from an address to the end of its I/O page.
    func pageRest(_ address: IOBA) -> UInt64 { (1 << shift) - offset(address) % (1 << shift) }
}

/// Lines that leave the TCE cache.
enum ReferenceKill: Hashable, Sendable {
    /// The line of one TCE.
    case tce(LIOBN, index: UInt64)
    case window(LIOBN)
    case phb(BUID)
    case everything
}

/// PHBs and windows: what the platform does to them. QEMU's answers.
struct ReferenceTables: Sendable {
    struct PHB: Sendable {
        var event: TraceEvent.PHB
        var isFrozen = false

        /// The LIOBNs of its two windows.
        var liobns: [LIOBN] { [LIOBN(event.liobn), LIOBN(event.liobn) + 1] }
    }

    private(set) var phbs: [BUID: PHB] = [:]
    var windows: [LIOBN: ReferenceWindow] = [:]
    private var lives = 0

    private mutating func nextLife() -> Int {
        lives += 1
        return lives
    }

    /// The PHB that an LIOBN belongs to, also while it has no window.
    func phb(of liobn: LIOBN) -> BUID? {
        phbs.first { $0.value.liobns.contains(liobn) }?.key
    }

    mutating func freeze(_ buid: BUID) { phbs[buid]?.isFrozen = true }
    mutating func thaw(_ buid: BUID) { phbs[buid]?.isFrozen = false }

    // MARK: Events of the platform

    /// A PHB is plugged, with its default window; one that is there offers something else.
    mutating func plug(_ event: TraceEvent.PHB) -> [ReferenceKill] {
        guard event.pageShifts & ~0x7_ffff_f000 == 0 else { return [] }
        if phbs[event.buid] != nil {
            phbs[event.buid]?.event.ddw = event.ddw
            phbs[event.buid]?.event.pageShifts = event.pageShifts
            return []
        }
        guard event.buid != 0, event.liobn != .max, event.windowBytes % 4096 == 0,
            Self.isPossible(start: event.windowStart, shift: 12, tces: event.windowBytes >> 12)
        else { return [] }
        let phb = PHB(event: event)
        for liobn in phb.liobns where windows[liobn] != nil || self.phb(of: liobn) != nil { return [] }
        phbs[event.buid] = phb
        return reset(event.buid)
    }

    /// A window of these pages is there.
    mutating func make(_ event: TraceEvent.Window) -> [ReferenceKill] {
        guard event.liobn <= UInt32.max,
            Self.isPossible(start: event.start, shift: event.pageShift, tces: event.tces)
        else { return [] }
        let owner = event.buid == 0 ? nil : event.buid
        guard phb(of: event.liobn) == owner, owner == nil || phbs[event.buid] != nil else { return [] }
        return install(
            event.liobn, phb: owner, start: event.start, shift: event.pageShift, tces: event.tces,
            isBypass: event.bypass)
    }

    mutating func remove(_ liobn: LIOBN) -> [ReferenceKill] {
        windows.removeValue(forKey: liobn) == nil ? [] : [.window(liobn)]
    }

    /// The machine is reset.
    mutating func resetMachine() -> [ReferenceKill] {
        for liobn in windows.keys where windows[liobn]?.phb == nil {
            windows[liobn]?.values = [:]
            windows[liobn]?.touched = []
            windows[liobn]?.isBypass = false
            let life = nextLife()
            windows[liobn]?.life = life
        }
        for buid in phbs.keys {
            thaw(buid)
            _ = reset(buid)
        }
        return [.everything]
    }

    private static func isPossible(start: IOBA, shift: UInt64, tces: UInt64) -> Bool {
        guard 12...34 ~= shift, 1...(1 << 40) ~= tces, tces - 1 <= (.max - start) >> shift else { return false }
        return (tces - 1) << shift + ((1 << shift) - 1) <= .max - start
    }

    private mutating func install(
        _ liobn: LIOBN, phb: BUID?, start: IOBA, shift: UInt64, tces: UInt64, isBypass: Bool = false
    ) -> [ReferenceKill] {
        windows[liobn] = ReferenceWindow(
            liobn: liobn, phb: phb, start: start, shift: shift, tces: tces, isBypass: isBypass, life: nextLife())
        return [.window(liobn)]
    }

    /// The default window of a PHB alone, with all TCEs 0.
    private mutating func reset(_ buid: BUID) -> [ReferenceKill] {
        guard let phb = phbs[buid] else { return [] }
        let kills = remove(phb.liobns[1])
        return kills
            + install(
                phb.liobns[0], phb: buid, start: phb.event.windowStart, shift: 12,
                tces: phb.event.windowBytes >> 12)
    }

    // MARK: RTAS

    /// One of the four calls for dynamic DMA windows, by token; what it kills.
    mutating func rtas(_ call: TraceEvent.Call) -> [ReferenceKill] {
        let cells = call.arguments.map { UInt32(truncatingIfNeeded: $0) }
        let returns = min(max(call.returns, 1), 16)
        switch (call.number, cells.count, returns) {
        case (0x2027, 5, 4):
            return create(cells)
        case (0x2028, 1, 1):
            return removeByGuest(LIOBN(cells[0]))
        case (0x2029, 3, 1):
            guard let buid = named(cells) else { return [] }
            return reset(buid)
        default:
            return []
        }
    }

    /// The PHB that the second and third cell name, where it offers the calls.
    private func named(_ cells: [UInt32]) -> BUID? {
        let buid = BUID(cells[1]) << 32 | BUID(cells[2])
        return phbs[buid]?.event.ddw == true ? buid : nil
    }

    private mutating func create(_ cells: [UInt32]) -> [ReferenceKill] {
        let shift = UInt64(cells[3]), windowShift = UInt64(cells[4])
        guard let buid = named(cells), let phb = phbs[buid], shift <= 34, phb.event.pageShifts >> shift & 1 == 1,
            windowShift >= shift, windowShift - shift < 32
        else { return [] }
        guard let liobn = phb.liobns.first(where: { windows[$0] == nil }) else { return [] }
        let isFirst = phb.liobns.allSatisfy { windows[$0] == nil }
        let start = isFirst ? phb.event.windowStart : phb.event.dma64Start
        guard Self.isPossible(start: start, shift: shift, tces: 1 << (windowShift - shift)) else { return [] }
        return install(liobn, phb: buid, start: start, shift: shift, tces: 1 << (windowShift - shift))
    }

    private mutating func removeByGuest(_ liobn: LIOBN) -> [ReferenceKill] {
        guard windows[liobn] != nil, let buid = phb(of: liobn), let phb = phbs[buid], phb.event.ddw else { return [] }
        // The default window comes back when the second LIOBN's window was the last.
        let isLast = phb.liobns.allSatisfy { $0 == liobn || windows[$0] == nil }
        if isLast && liobn == phb.liobns[1] { return reset(buid) }
        return remove(liobn)
    }
}
