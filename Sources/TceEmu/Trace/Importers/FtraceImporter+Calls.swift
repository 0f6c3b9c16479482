// SPDX-License-Identifier: Apache-2.0

// What becomes of each event. Hcalls are told by opcode alone: they are observed. The guest's functions that write TCEs
// stand for the DMA API calls that need them.

extension FtraceImporter {
    /// `opcode=`
    mutating func importHcallEntry(_ fields: ByteCursor, _ line: Span<UInt8>, _ place: Place) -> String? {
        guard let opcode = fields.number("opcode=", in: line) else { return "expected opcode=, a number" }
        let observed = event(.observed(TraceEvent.Observed(opcode: opcode, cpu: place.cpu)), place)
        calls.begin(
            FtraceCalls.Call(
                .hcall(opcode: opcode), .cpu(place.cpu), cpu: place.cpu, time: place.time, line: place.number),
            observed)
        return nil
    }

    /// `opcode= retval=`
    ///
    /// An exit whose entry was not seen is an hcall too, when it ended, of a duration not known.
    mutating func importHcallExit(_ fields: ByteCursor, _ line: Span<UInt8>, _ place: Place) -> String? {
        guard let opcode = fields.number("opcode=", in: line) else {
            return "expected opcode= and retval=, a number each"
        }
        guard let status = fields.status("retval=", in: line) else { return "expected retval=, a status of 32 bits" }
        let call = calls.end(.hcall(opcode: opcode), of: .cpu(place.cpu), on: place.cpu) { call, event in
            let duration = place.time >= call.time ? place.time - call.time : nil
            event.body = .observed(
                TraceEvent.Observed(opcode: opcode, cpu: place.cpu, status: status, duration: duration))
        }
        guard call == nil else { return nil }
        notes.exitsWithoutEntry.add(place.number)
        calls.append(event(.observed(TraceEvent.Observed(opcode: opcode, cpu: place.cpu, status: status)), place))
        return nil
    }

    /// `(tce_buildmulti_pSeriesLP+...) liobn= tcenum= npages= uaddr= dir=`
    ///
    /// One call of the guest's map is one of this function, whatever hcalls it makes. A kernel virtual address is the
    /// real one with the top four bits set (Linux arch/powerpc/include/asm/page.h, `__pa`); `dir` is the kernel's
    /// `enum dma_data_direction`.
    mutating func importBuild(_ fields: ByteCursor, _ line: Span<UInt8>, _ place: Place) -> String? {
        let range: FtraceRange
        switch FtraceRange.read(fields, line) {
        case .success(let read): range = read
        case .failure(let mismatch): return mismatch.expected
        }
        guard let address = fields.number("uaddr=", in: line) else { return "expected uaddr=, a number" }
        let access: DMAAccess
        switch fields.number("dir=", in: line) {
        case 0: access = .readWrite
        case 1: access = .read
        case 2: access = .write
        default: return "expected dir=, a number in 0...2"
        }
        if failed[place.task] == range { failed[place.task] = nil }
        let map = TraceEvent.Guest(
            .map, device: range.liobn, cpu: place.cpu, address: address & 0x0fff_ffff_ffff_ffff,
            value: range.entry << 12, length: range.count << 12, access: access)
        calls.begin(
            FtraceCalls.Call(
                .buildmulti, place.task, cpu: place.cpu, time: place.time, line: place.number, range: range),
            event(.guest(map), place))
        return nil
    }

    /// `(... <- tce_buildmulti_pSeriesLP) ret=`
    ///
    /// A map that failed gives no DMA address; the guest then clears the entries that it had taken for it.
    mutating func importBuildReturn(_ fields: ByteCursor, _ line: Span<UInt8>, _ place: Place) -> String? {
        guard let status = fields.status("ret=", in: line) else { return "expected ret=, a status of 32 bits" }
        let call = calls.end(.buildmulti, of: place.task, on: place.cpu) { _, event in
            guard case .guest(var map) = event.body else { return }
            map.status = status
            if status != 0 { map.value = 0 }
            event.body = .guest(map)
        }
        guard let call else {
            notes.returnsWithoutCall.add(place.number)
            return nil
        }
        if status != 0 {
            // However many tasks there are, little is kept.
            if failed.count >= 4_096 { failed.removeAll() }
            failed[place.task] = call.range
        }
        return nil
    }

    /// `(tce_freemulti_pSeriesLP+...) liobn= tcenum= npages=`
    mutating func importFreemulti(_ fields: ByteCursor, _ line: Span<UInt8>, _ place: Place) -> String? {
        let range: FtraceRange
        switch FtraceRange.read(fields, line) {
        case .success(let read): range = read
        case .failure(let mismatch): return mismatch.expected
        }
        if failed[place.task] == range {
            failed[place.task] = nil
            notes.undoneMaps.add(place.number)
            return nil
        }
        calls.begin(
            FtraceCalls.Call(
                .freemulti, place.task, cpu: place.cpu, time: place.time, line: place.number, range: range),
            event(unmap(range, shift: 12, place), place))
        return nil
    }

    /// The function returns nothing.
    mutating func importFreemultiReturn(_ place: Place) -> String? {
        if calls.end(.freemulti, of: place.task, on: place.cpu, complete: { _, _ in }) == nil {
            notes.returnsWithoutCall.add(place.number)
        }
        return nil
    }

    /// `(tce_free_pSeriesLP+...) liobn= tcenum= shift= npages=`
    ///
    /// The other functions call this one: to clear, where there are no multi-TCE hcalls, and to take back what a map
    /// that fails has written. Only by itself it is an unmap.
    mutating func importFree(_ fields: ByteCursor, _ line: Span<UInt8>, _ place: Place) -> String? {
        guard let shift = fields.number("shift=", in: line), (12..<64).contains(shift) else {
            return "expected shift=, a page shift in 12...63"
        }
        let range: FtraceRange
        switch FtraceRange.read(fields, line, shift: shift) {
        case .success(let read): range = read
        case .failure(let mismatch): return mismatch.expected
        }
        if calls.calls(of: place.task).contains(where: { $0.range?.contains(range) == true }) { return nil }
        if failed[place.task] == range {
            failed[place.task] = nil
            notes.undoneMaps.add(place.number)
            return nil
        }
        calls.append(event(unmap(range, shift: shift, place), place))
        return nil
    }

    private func unmap(_ range: FtraceRange, shift: UInt64, _ place: Place) -> TraceEvent.Body {
        .guest(
            TraceEvent.Guest(
                .unmap, device: range.liobn, cpu: place.cpu, address: range.entry << shift,
                length: range.count << shift))
    }
}
