// SPDX-License-Identifier: Apache-2.0
import CTce

// What the platform does to PHBs and windows. What the guest does to its windows is in Machine+RTAS.swift.

extension Machine {
    /// The default window of the first PHB, as it is after a reset and whatever the guest has done to it since.
    ///
    /// Of a machine that was made without PHBs, the one that its configuration's PHB would have.
    public var defaultWindow: DMAWindow { configuration.phb.defaultWindow }

    /// The windows that there are, ascending by LIOBN.
    ///
    /// - Complexity: O(n log n) for n windows.
    public var windows: [DMAWindow] {
        let count = unsafe tce_window_count(handle)
        // All empty arrays are one object, and the initializer below writes to it: threads would race.
        if count == 0 { return [] }
        let raw = unsafe [tce_window_info](unsafeUninitializedCapacity: count) { buffer, written in
            unsafe written = tce_window_list(handle, buffer.baseAddress, count)
        }
        return raw.map(DMAWindow.init)
    }

    /// The window that an LIOBN has now, or nil.
    public func window(_ liobn: LIOBN) -> DMAWindow? {
        var raw = tce_window_info()
        return unsafe tce_window_find(handle, liobn, &raw) ? DMAWindow(raw) : nil
    }

    /// Bytes of the host's memory that the TCE tables hold, an upper bound; untouched tables hold almost none.
    public var tableBytes: UInt64 { unsafe tce_machine_table_bytes(handle) }

    /// The same with guest memory that was written, and the states of a secure guest's frames.
    public var hostBytes: UInt64 { unsafe tce_machine_host_bytes(handle) }

    /// The PHB of a BUID, or nil.
    public func phb(_ buid: BUID) -> PHBConfiguration? {
        var raw = tce_phb_config()
        return unsafe tce_phb_find(handle, buid, &raw) ? PHBConfiguration(raw) : nil
    }

    /// Plugs a PHB, its default window there and empty.
    ///
    /// Throws `configuration`, `pageShift`, `windowRange`, `windowSize`, `buidTaken`, `liobnTaken` (either LIOBN),
    /// `tooManyWindows`, `noMemory`.
    public mutating func plug(_ phb: PHBConfiguration) throws(MachineError) {
        var raw = phb.lowered()
        try unsafe MachineError.check(tce_phb_add(handle, &raw))
    }

    /// Takes a PHB and its windows away. Throws `noPHB`.
    public mutating func unplugPHB(_ buid: BUID) throws(MachineError) {
        try unsafe MachineError.check(tce_phb_remove(handle, buid))
    }

    /// Resets one PHB: its default window alone, all TCEs 0. Throws `noPHB`, `noMemory`.
    public mutating func resetPHB(_ buid: BUID) throws(MachineError) {
        try unsafe MachineError.check(tce_phb_reset(handle, buid))
    }

    /// Changes what a PHB offers by DDW: whether it has the calls, and page sizes (bit n is 2^n bytes).
    ///
    /// Throws `noPHB`, `pageShift`.
    public mutating func setDDW(_ offered: Bool, pageShifts: UInt64, of buid: BUID) throws(MachineError) {
        try unsafe MachineError.check(tce_phb_set_ddw(handle, buid, offered, pageShifts))
    }

    /// Makes a window with all TCEs 0, also in place of one of the same LIOBN and owner.
    ///
    /// A window without a BUID is one of virtual I/O and stays through `reset()`, empty; one of a PHB must have one of
    /// that PHB's LIOBNs. Throws `configuration`, `pageShift`, `windowRange`, `windowSize`, `noPHB`, `liobnTaken`,
    /// `tooManyWindows`, `noMemory`; nothing has changed then.
    public mutating func plug(_ window: DMAWindow) throws(MachineError) {
        // In the core 0 stands for virtual I/O, and an LIOBN for a table has 32 bits.
        guard let liobn = UInt32(exactly: window.liobn), window.buid != 0 else { throw .configuration }
        var raw = tce_window_config(
            liobn: liobn, page_shift: window.pageShift, start: window.start, tces: window.pageCount,
            buid: window.buid ?? 0)
        try unsafe MachineError.check(tce_window_create(handle, &raw))
        if window.bypass { try setBypass(true, of: window.liobn) }
    }

    /// Takes a window away. Throws `noWindow`.
    public mutating func unplugWindow(_ liobn: LIOBN) throws(MachineError) {
        try unsafe MachineError.check(tce_window_remove(handle, liobn))
    }

    /// Switches translation of a window off or on (RTAS `ibm,set-tce-bypass`). Throws `noWindow`.
    public mutating func setBypass(_ bypass: Bool, of liobn: LIOBN) throws(MachineError) {
        try unsafe MachineError.check(tce_window_set_bypass(handle, liobn, bypass))
    }
}
