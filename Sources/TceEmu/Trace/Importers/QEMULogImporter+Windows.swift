// SPDX-License-Identifier: Apache-2.0

// Which windows there are: tables made, PHBs, and windows of which the log does not tell how they came.

/// A new_table line of a PCI LIOBN. QEMU prints it for a default window at machine creation and at each reset, and also
/// just before the ddw_create, ddw_reset or post_load line of what made the table.
struct HeldTable {
    var liobn: LIOBN
    var place: QEMULogImporter.Place
    /// The line, to show if nothing explains it.
    var text: String

    var isDefault: Bool { liobn == QEMUWindows.base(liobn) }
}

extension QEMULogImporter {
    /// `liobn= table= fd=`
    mutating func importNewTable(
        _ cursor: inout ByteCursor, _ line: Span<UInt8>, _ place: Place, _ emit: (TraceEvent) throws -> Void
    ) throws -> String? {
        try flushHeld(emit)
        guard cursor.take("liobn=", in: line), let liobn = cursor.takeHex(in: line), cursor.take(" table=", in: line)
        else { return Self.otherFields }
        if let restored, restored.thread == place.thread, restored.base != liobn { self.restored = nil }
        if QEMUWindows.isPCI(liobn) {
            held = HeldTable(liobn: liobn, place: place, text: line.text(0..<min(line.count, ImportReport.textMax)))
            return nil
        }
        guard QEMUWindows.isVirtualIO(liobn) else { return "no table has this LIOBN" }
        if windows[liobn] == nil, windows.isFull { return Self.tooMany }
        try makeVirtualIO(liobn, place, emit)
        understood[QEMULogEvent.newTable.rawValue] += 1
        return nil
    }

    /// Takes the held table for the line that explains it.
    mutating func claimHeld(_ liobn: LIOBN, _ place: Place, _ emit: (TraceEvent) throws -> Void) throws {
        if let held, held.liobn == liobn, held.place.thread == place.thread {
            self.held = nil
            understood[QEMULogEvent.newTable.rawValue] += 1
        } else {
            try flushHeld(emit)
        }
    }

    /// Nothing explains the held table: it is a PHB's default window, new or after a reset.
    mutating func flushHeld(_ emit: (TraceEvent) throws -> Void) throws {
        guard let held else { return }
        self.held = nil
        if let restored, restored.base == held.liobn, restored.thread == held.place.thread {
            // The removal has opened it.
            understood[QEMULogEvent.newTable.rawValue] += 1
        } else if let reason = held.isDefault ? try resetPHB(held.liobn, held.place, emit) : Self.noCreate {
            counted.refuse(QEMULogEvent.newTable.name, reason, line: held.place.number, held.text.utf8.span)
        } else {
            understood[QEMULogEvent.newTable.rawValue] += 1
        }
    }

    private static let noCreate = "no ddw_create follows"
    private static let tooMany = "a machine has at most 65,536 windows"

    mutating func endRestored(at thread: UInt64?) {
        if let restored, restored.thread == thread { self.restored = nil }
    }

    // MARK: - Making and closing windows

    mutating func makeVirtualIO(_ liobn: LIOBN, _ place: Place, _ emit: (TraceEvent) throws -> Void) throws {
        let window = QEMUWindows.Window.virtualIO
        windows[liobn] = window
        try send(.window(TraceEvent.Window(liobn: liobn, tces: window.tces)), place, emit)
    }

    /// A PHB is there with its default window alone, which is empty.
    private mutating func resetPHB(
        _ base: LIOBN, _ place: Place, _ emit: (TraceEvent) throws -> Void
    ) throws -> String? {
        guard let phb = windows.phbs[base] else { return try addPHB(base, place, emit) }
        if windows.isOpen(base + 1) { try closeWindow(base + 1, place, emit) }
        try openDefault(base, phb.buid, place, emit)
        return nil
    }

    /// A PHB that was not known, with its default window.
    mutating func addPHB(
        _ base: LIOBN, pageShifts: UInt64? = nil, _ place: Place, _ emit: (TraceEvent) throws -> Void
    ) throws -> String? {
        if windows.isFull { return Self.tooMany }
        var phb = TraceEvent.PHB(buid: QEMUWindows.buid(base: base), liobn: UInt32(base))
        if let pageShifts { phb.pageShifts = pageShifts }
        windows.phbs[base] = QEMUWindows.PHB(buid: phb.buid, pageShifts: phb.pageShifts)
        windows[base] = .pciDefault
        try send(.phb(phb), place, emit)
        return nil
    }

    /// The PHB offers these page sizes, whatever it offered before.
    mutating func offer(
        _ pageShifts: UInt64, _ base: LIOBN, _ place: Place, _ emit: (TraceEvent) throws -> Void
    ) throws {
        guard let phb = windows.phbs[base], phb.pageShifts != pageShifts else { return }
        windows.phbs[base]?.pageShifts = pageShifts
        try send(
            .phb(TraceEvent.PHB(buid: phb.buid, liobn: UInt32(base), pageShifts: pageShifts)), place, emit)
    }

    mutating func openDefault(
        _ base: LIOBN, _ buid: BUID, _ place: Place, _ emit: (TraceEvent) throws -> Void
    ) throws {
        let window = QEMUWindows.Window.pciDefault
        windows[base] = window
        try send(.window(TraceEvent.Window(liobn: base, tces: window.tces, buid: buid)), place, emit)
    }

    mutating func closeWindow(_ liobn: LIOBN, _ place: Place, _ emit: (TraceEvent) throws -> Void) throws {
        windows.close(liobn)
        try send(.unwindow(liobn: liobn), place, emit)
    }

    /// An LIOBN answered and must have a window: where the log does not tell of one (it begins in the middle), the
    /// default one is assumed. The result is why that cannot be, or nil.
    mutating func need(
        _ liobn: LIOBN, _ place: Place, _ emit: (TraceEvent) throws -> Void
    ) throws -> String? {
        if windows.open(liobn) != nil { return nil }
        let base = QEMUWindows.base(liobn)
        if QEMUWindows.isVirtualIO(liobn) {
            if windows[liobn] == nil, windows.isFull { return Self.tooMany }
            try makeVirtualIO(liobn, place, emit)
        } else if QEMUWindows.isPCI(liobn), liobn == base {
            if let phb = windows.phbs[base] {
                try openDefault(base, phb.buid, place, emit)
            } else if let reason = try addPHB(base, place, emit) {
                return reason
            }
        } else {
            return "no ddw_create was seen for this LIOBN"
        }
        notes.assumeWindow(liobn, line: place.number)
        return nil
    }

    // MARK: - Migration

    /// `liobn=%x SIZE bus_offset= ps=`: a table is being sent elsewhere, and stays as it is.
    mutating func importSaved(
        _ cursor: inout ByteCursor, _ line: Span<UInt8>, _ emit: (TraceEvent) throws -> Void
    ) throws -> String? {
        try flushHeld(emit)
        guard cursor.take("liobn=", in: line), cursor.takeHex(in: line) != nil,
            cursor.take(" ", in: line), cursor.takeHex(in: line) != nil,
            cursor.take(" bus_offset=", in: line), cursor.takeHex(in: line) != nil,
            cursor.take(" ps=", in: line), cursor.takeDecimal(in: line) != nil, cursor.isAtEnd
        else { return Self.otherFields }
        return nil
    }

    /// `liobn=%x OLD => NEW bus_offset= ps=`: a table came from elsewhere. Its window is told, its contents are not.
    mutating func importLoaded(
        _ cursor: inout ByteCursor, _ line: Span<UInt8>, _ place: Place, _ emit: (TraceEvent) throws -> Void
    ) throws -> String? {
        guard cursor.take("liobn=", in: line), let liobn = cursor.takeHex(in: line),
            cursor.take(" ", in: line), cursor.takeHex(in: line) != nil,
            cursor.take(" => ", in: line), let tces = cursor.takeHex(in: line),
            cursor.take(" bus_offset=", in: line), let start = cursor.takeHex(in: line),
            cursor.take(" ps=", in: line), let shift = cursor.takeDecimal(in: line), cursor.isAtEnd
        else {
            try flushHeld(emit)
            return Self.otherFields
        }
        if liobn == QEMUWindows.base(liobn) { try flushHeld(emit) } else { try claimHeld(liobn, place, emit) }
        guard tces > 0 else {
            if windows.isOpen(liobn) { try closeWindow(liobn, place, emit) }
            return nil
        }
        guard (12...34).contains(shift) else { return "the page shift is not in 12...34" }
        notes.loadTable(liobn, line: place.number)
        if let window = windows.open(liobn), window.start == start, window.shift == shift, window.tces == tces {
            return nil
        }
        if windows[liobn] == nil, windows.isFull { return Self.tooMany }
        var buid: BUID = 0
        if QEMUWindows.isPCI(liobn) {
            let base = QEMUWindows.base(liobn)
            guard liobn <= base + 1 else { return "a PHB has two LIOBNs" }
            if windows.phbs[base] == nil, let reason = try addPHB(base, place, emit) { return reason }
            buid = QEMUWindows.buid(base: base)
        } else if !QEMUWindows.isVirtualIO(liobn) {
            return "no table has this LIOBN"
        }
        windows[liobn] = QEMUWindows.Window(start: start, shift: shift, tces: tces)
        try send(
            .window(TraceEvent.Window(liobn: liobn, start: start, pageShift: shift, tces: tces, buid: buid)), place,
            emit)
        return nil
    }
}
