// SPDX-License-Identifier: Apache-2.0
import CTce

// The RTAS calls for dynamic windows (QEMU's hw/ppc/spapr_rtas_ddw.c). A line is printed where the call succeeds. PHB
// and LIOBNs belong together: PHB number n has the BUID 0x800000020000000 + n and the LIOBNs 0x80000000 + 256 n (the
// default window) and the next (a dynamic one).

extension QEMULogImporter {
    /// `buid= addr=, N windows available, max window size=, mask=`
    ///
    /// The third is 0x80000000 always, and no limit. The mask has the page sizes; QEMU before 7.1 leaves 2 MiB out of
    /// it, also where it takes them.
    mutating func importQuery(
        _ cursor: inout ByteCursor, _ line: Span<UInt8>, _ place: Place, _ emit: (TraceEvent) throws -> Void
    ) throws -> String? {
        try flushHeld(emit)
        guard let (buid, address) = cursor.takePHB(in: line),
            cursor.take(", ", in: line), let available = cursor.takeDecimal(in: line),
            cursor.take(" windows available, max window size=", in: line), let size = cursor.takeHex(in: line),
            cursor.take(", mask=", in: line), let mask = cursor.takeHex(in: line), cursor.isAtEnd,
            mask <= UInt32.max
        else { return Self.otherFields }
        guard let base = QEMUWindows.base(buid: buid) else { return Self.otherBUID }
        let shifts = tce_rtas_page_shifts(UInt32(mask))
        if windows.phbs[base] == nil {
            if let reason = try addPHB(base, pageShifts: shifts, place, emit) { return reason }
            notes.assumeWindow(base, line: place.number)
            if available == 2 { try closeWindow(base, place, emit) }
        }
        try offer(shifts, base, place, emit)
        try sendCall(
            TCE_RTAS_QUERY_PE_DMA_WINDOW, [address, buid >> 32, buid & 0xffff_ffff], returns: 5,
            outputs: [available, size, mask], place, emit)
        return nil
    }

    /// `buid= addr=, page size=, requested=, start addr=, liobn=`: sizes in bytes, both powers of two.
    mutating func importCreate(
        _ cursor: inout ByteCursor, _ line: Span<UInt8>, _ place: Place, _ emit: (TraceEvent) throws -> Void
    ) throws -> String? {
        guard let (buid, address) = cursor.takePHB(in: line),
            cursor.take(", page size=", in: line), let page = cursor.takeHex(in: line),
            cursor.take(", requested=", in: line), let bytes = cursor.takeHex(in: line),
            cursor.take(", start addr=", in: line), let start = cursor.takeHex(in: line),
            cursor.take(", liobn=", in: line), let liobn = cursor.takeHex(in: line), cursor.isAtEnd
        else {
            try flushHeld(emit)
            return Self.otherFields
        }
        try claimHeld(liobn, place, emit)
        guard let base = QEMUWindows.base(buid: buid) else { return Self.otherBUID }
        guard liobn == base || liobn == base + 1 else { return "the LIOBN is not one of the PHB's two" }
        guard page.nonzeroBitCount == 1, bytes.nonzeroBitCount == 1, page <= bytes, page >= 1 << 12, page <= 1 << 34
        else { return "the sizes are no powers of two that a window can have" }
        let shift = UInt64(page.trailingZeroBitCount)
        if windows.phbs[base] == nil {
            if let reason = try addPHB(base, place, emit) { return reason }
            notes.assumeWindow(base, line: place.number)
        }
        if let phb = windows.phbs[base] { try offer(phb.pageShifts | 1 << shift, base, place, emit) }
        try makeFree(liobn, base, buid, place, emit)
        let expected = windows.isOpen(base) || windows.isOpen(base + 1) ? QEMUWindows.dynamicStart : 0
        try sendCall(
            TCE_RTAS_CREATE_PE_DMA_WINDOW,
            [address, buid >> 32, buid & 0xffff_ffff, shift, UInt64(bytes.trailingZeroBitCount)], returns: 4,
            outputs: [liobn, start >> 32, start & 0xffff_ffff], place, emit)
        let window = QEMUWindows.Window(start: start, shift: shift, tces: bytes >> shift)
        windows[liobn] = window
        if start != expected {
            // A machine with windows at other places (dma64_win_addr, or a log that begins in the middle).
            notes.otherStarts.add(place.number)
            try send(
                .window(
                    TraceEvent.Window(liobn: liobn, start: start, pageShift: shift, tces: window.tces, buid: buid)),
                place, emit)
        }
        return nil
    }

    /// The call takes the lowest LIOBN without a window. Where this one is not that, the log did not tell of all
    /// windows.
    private mutating func makeFree(
        _ liobn: LIOBN, _ base: LIOBN, _ buid: BUID, _ place: Place, _ emit: (TraceEvent) throws -> Void
    ) throws {
        if windows.isOpen(liobn) {
            try closeWindow(liobn, place, emit)
            notes.missedRemovals.add(place.number)
        }
        if liobn != base, !windows.isOpen(base) {
            try openDefault(base, buid, place, emit)
            notes.assumeWindow(base, line: place.number)
        }
    }

    /// `liobn=`
    mutating func importRemove(
        _ cursor: inout ByteCursor, _ line: Span<UInt8>, _ place: Place, _ emit: (TraceEvent) throws -> Void
    ) throws -> String? {
        try flushHeld(emit)
        guard cursor.take("liobn=", in: line), let liobn = cursor.takeHex(in: line), cursor.isAtEnd
        else { return Self.otherFields }
        guard QEMUWindows.isPCI(liobn) else { return "the LIOBN is no PHB's" }
        if let reason = try need(liobn, place, emit) { return reason }
        try sendCall(TCE_RTAS_REMOVE_PE_DMA_WINDOW, [liobn], returns: 1, outputs: [], place, emit)
        windows.close(liobn)
        let base = QEMUWindows.base(liobn)
        if liobn != base, !windows.isOpen(base) {
            // The last dynamic window: the default one is back, and the lines that follow tell of that.
            windows[base] = .pciDefault
            restored = (place.thread, base)
        }
        return nil
    }

    /// `buid= addr=`
    mutating func importReset(
        _ cursor: inout ByteCursor, _ line: Span<UInt8>, _ place: Place, _ emit: (TraceEvent) throws -> Void
    ) throws -> String? {
        guard let (buid, address) = cursor.takePHB(in: line), cursor.isAtEnd else {
            try flushHeld(emit)
            return Self.otherFields
        }
        guard let base = QEMUWindows.base(buid: buid) else {
            try flushHeld(emit)
            return Self.otherBUID
        }
        try claimHeld(base, place, emit)
        if let restored, restored.base == base, restored.thread == place.thread { return nil }
        if windows.phbs[base] == nil {
            if let reason = try addPHB(base, place, emit) { return reason }
            notes.assumeWindow(base, line: place.number)
        }
        try sendCall(
            TCE_RTAS_RESET_PE_DMA_WINDOW, [address, buid >> 32, buid & 0xffff_ffff], returns: 1, outputs: [], place,
            emit)
        windows.close(base + 1)
        windows[base] = .pciDefault
        return nil
    }

    private static let otherBUID = "the BUID is none that QEMU gives to a PHB"

    private mutating func sendCall(
        _ token: Int, _ arguments: [UInt64], returns: UInt32, outputs: [UInt64], _ place: Place,
        _ emit: (TraceEvent) throws -> Void
    ) throws {
        try send(
            .rtas(
                TraceEvent.Call(
                    UInt64(token), cpu: cpu(place), arguments: arguments, returns: returns, status: 0, outputs: outputs)
            ),
            place, emit)
    }
}

extension ByteCursor {
    /// `buid= addr=`: the PHB, and the config address of a device on it.
    fileprivate mutating func takePHB(in line: Span<UInt8>) -> (buid: BUID, address: UInt64)? {
        guard take("buid=", in: line), let buid = takeHex(in: line),
            take(" addr=", in: line), let address = takeHex(in: line), address <= UInt32.max
        else { return nil }
        return (buid, address)
    }
}
