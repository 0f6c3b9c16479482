// SPDX-License-Identifier: Apache-2.0

// The four TCE hcalls and translations (QEMU's hw/ppc/spapr_iommu.c). The lines print addresses cut to the page, except
// that of the list call. H_PUT_TCE_INDIRECT and H_STUFF_TCE print no line where they are refused for an unknown LIOBN,
// too many entries or a bad list address.

extension QEMULogImporter {
    /// `liobn= ioba= tce= ret=`
    mutating func importPut(
        _ cursor: inout ByteCursor, _ line: Span<UInt8>, _ place: Place, _ emit: (TraceEvent) throws -> Void
    ) throws -> String? {
        try flushHeld(emit)
        guard cursor.take("liobn=", in: line), let liobn = cursor.takeHex(in: line),
            cursor.take(" ioba=", in: line), let ioba = cursor.takeHex(in: line),
            cursor.take(" tce=", in: line), let tce = cursor.takeHex(in: line),
            cursor.take(" ret=", in: line), let status = cursor.takeStatus(in: line), cursor.isAtEnd
        else { return Self.otherFields }
        if status == 0, let reason = try need(liobn, place, emit) { return reason }
        windows.markUsed(liobn)
        try send(
            .hcall(
                TraceEvent.Hcall(.put, cpu: cpu(place), liobn: liobn, ioba: ioba, value: tce, status: status)),
            place, emit)
        return nil
    }

    /// `liobn= ioba= ret= tce=`
    mutating func importGet(
        _ cursor: inout ByteCursor, _ line: Span<UInt8>, _ place: Place, _ emit: (TraceEvent) throws -> Void
    ) throws -> String? {
        try flushHeld(emit)
        guard cursor.take("liobn=", in: line), let liobn = cursor.takeHex(in: line),
            cursor.take(" ioba=", in: line), let ioba = cursor.takeHex(in: line),
            cursor.take(" ret=", in: line), let status = cursor.takeStatus(in: line),
            cursor.take(" tce=", in: line), let tce = cursor.takeHex(in: line), cursor.isAtEnd
        else { return Self.otherFields }
        if status == 0, let reason = try need(liobn, place, emit) { return reason }
        try send(
            .hcall(
                TraceEvent.Hcall(.get, cpu: cpu(place), liobn: liobn, ioba: ioba, value: tce, status: status)),
            place, emit)
        return nil
    }

    /// `liobn= ioba= tcevalue= npages= ret=`
    ///
    /// `ioba` is where the call's loop stood: behind the range where it succeeded, at the page that is not in the
    /// window where it did not. How many pages were written before that one is not told; it can be some only where it
    /// is the page behind the window.
    mutating func importStuff(
        _ cursor: inout ByteCursor, _ line: Span<UInt8>, _ place: Place, _ emit: (TraceEvent) throws -> Void
    ) throws -> String? {
        try flushHeld(emit)
        guard cursor.take("liobn=", in: line), let liobn = cursor.takeHex(in: line),
            cursor.take(" ioba=", in: line), let stopped = cursor.takeHex(in: line),
            cursor.take(" tcevalue=", in: line), let tce = cursor.takeHex(in: line),
            cursor.take(" npages=", in: line), let signed = cursor.takeSigned(in: line),
            cursor.take(" ret=", in: line), let status = cursor.takeStatus(in: line), cursor.isAtEnd
        else { return Self.otherFields }
        let npages = UInt64(bitPattern: signed)
        if status == 0, let reason = try need(liobn, place, emit) { return reason }
        var start = stopped
        if let window = windows.open(liobn) {
            if status == 0 {
                start = stopped &- npages << window.shift
            } else if stopped == window.end, npages > 0 {
                notes.partialStuffs.add(place.number)
            }
        }
        windows.markUsed(liobn)
        try send(
            .hcall(
                TraceEvent.Hcall(
                    .stuff, cpu: cpu(place), liobn: liobn, ioba: start, value: tce, npages: npages, status: status)),
            place, emit)
        return nil
    }

    /// `liobn= ioba= tcelist= iobaN= tceN= ret=`
    ///
    /// `ioba` is what the guest passed. Where the call succeeded, `iobaN` is the index of the last entry and `tceN`
    /// that entry. Where it did not, `tceN` is the entry that failed and `iobaN` the index before it, but 0 also for
    /// index 0.
    mutating func importIndirect(
        _ cursor: inout ByteCursor, _ line: Span<UInt8>, _ place: Place, _ emit: (TraceEvent) throws -> Void
    ) throws -> String? {
        try flushHeld(emit)
        guard cursor.take("liobn=", in: line), let liobn = cursor.takeHex(in: line),
            cursor.take(" ioba=", in: line), let ioba = cursor.takeHex(in: line),
            cursor.take(" tcelist=", in: line), let list = cursor.takeHex(in: line),
            cursor.take(" iobaN=", in: line), let index = cursor.takeHex(in: line),
            cursor.take(" tceN=", in: line), let lastTCE = cursor.takeHex(in: line),
            cursor.take(" ret=", in: line), let status = cursor.takeStatus(in: line), cursor.isAtEnd
        else { return Self.otherFields }
        if status == 0, let reason = try need(liobn, place, emit) { return reason }
        let window = windows.open(liobn)
        let npages: UInt64
        if status == 0 {
            guard index < 512 else { return "iobaN is no index of a list of 512 entries" }
            npages = index + 1
        } else if index > 0 {
            guard index < 511 else { return "iobaN is no index of a list of 512 entries" }
            npages = index + 2
        } else if let window, window.holds(ioba) {
            npages = window.holds(ioba &+ 1 << window.shift) ? 0 : 2
        } else {
            npages = 1
        }
        if status != 0, npages > 1 { notes.partialLists.add(place.number) }
        windows.markUsed(liobn)
        try send(
            .hcall(
                TraceEvent.Hcall(
                    .putIndirect, cpu: cpu(place), liobn: liobn, ioba: ioba, value: list, npages: npages,
                    entries: Self.rebuiltList(npages, lastTCE, window?.shift ?? 12), status: status)),
            place, emit)
        return nil
    }

    /// A list of contiguous pages that ends in an entry. Where there cannot be so many pages below it, and it gives no
    /// permission, all entries are the same: a list that clears.
    private static func rebuiltList(_ npages: UInt64, _ last: UInt64, _ shift: UInt64) -> [UInt64] {
        guard npages > 0 else { return [] }
        if last & 3 == 0, last >> shift < npages - 1 { return Array(repeating: last, count: Int(npages)) }
        return (0..<npages).map { last &- (npages - 1 - $0) << shift }
    }

    /// `liobn= ADDRESS -> PAGE perm= mask=`
    ///
    /// The address is relative to the window's start. The mask is the page's size less one, of which QEMU prints 32
    /// bits: 0xffffffff is a larger page, or none.
    mutating func importTranslation(
        _ cursor: inout ByteCursor, _ line: Span<UInt8>, _ place: Place, _ emit: (TraceEvent) throws -> Void
    ) throws -> String? {
        guard cursor.take("liobn=", in: line), let liobn = cursor.takeHex(in: line),
            cursor.take(" ", in: line), let address = cursor.takeHex(in: line),
            cursor.take(" -> ", in: line), let page = cursor.takeHex(in: line),
            cursor.take(" perm=", in: line), let permission = cursor.takeDecimal(in: line),
            cursor.take(" mask=", in: line), let mask = cursor.takeHex(in: line), cursor.isAtEnd
        else {
            try flushHeld(emit)
            return Self.otherFields
        }
        // A translation in another thread says nothing of the call that a held line belongs to.
        if let held, held.liobn == liobn || (held.place.thread != nil && held.place.thread == place.thread) {
            try flushHeld(emit)
        }
        guard permission <= 3 else { return "perm is not in 0...3" }
        guard mask & (mask &+ 1) == 0 else { return "mask + 1 is no power of two" }
        let shift = UInt8(64 - mask.leadingZeroBitCount)
        if windows.open(liobn) == nil {
            if shift != 12, shift < 32, QEMUWindows.isVirtualIO(liobn) || liobn == QEMUWindows.base(liobn) {
                return "the LIOBN's window was made before the log begins and is no default one"
            }
            if let reason = try need(liobn, place, emit) { return reason }
        }
        let start = windows.open(liobn)?.start ?? 0
        try send(
            .dma(
                TraceEvent.DMA(
                    liobn: liobn, ioba: start &+ address,
                    outcome: TraceEvent.DMA.Outcome(page: page, permission: UInt8(permission), shift: shift))),
            place, emit)
        return nil
    }
}

extension ByteCursor {
    /// `ret`: a signed decimal number that a trace can hold.
    fileprivate mutating func takeStatus(in line: Span<UInt8>) -> Int32? {
        takeSigned(in: line).flatMap { Int32(exactly: $0) }
    }
}
