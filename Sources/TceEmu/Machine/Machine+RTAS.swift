// SPDX-License-Identifier: Apache-2.0
import CTce

// The RTAS calls for dynamic DMA windows, DDW, as a guest makes them (LoPAR 7.3.27).

extension Machine {
    /// Makes an RTAS call with cells, as a guest does. Cells that the call does not set are 0.
    ///
    /// A token that is no DDW call answers `parameter`, as do wrong numbers of cells. Throws `noMemory` where the host
    /// has none for a window; the guest would be told `hardware`.
    ///
    /// - Parameter returns: return cells that the guest has room for, the status among them; not negative.
    /// - Returns: as many cells, the first the status.
    public mutating func rtas(
        _ call: RTASCall, _ arguments: [UInt32], returns: Int
    ) throws(MachineError) -> [UInt32] {
        let (cells, err) = makeCall(call, arguments, returns: returns)
        try MachineError.check(err)
        return cells
    }

    /// Asks what windows a PHB can still have (`ibm,query-pe-dma-window`). The answer is nil unless the status is 0.
    public func queryWindows(_ buid: BUID) -> (status: RTASStatus, answer: DDWQuery?) {
        // The form with six cells, in which the block has 64 bits. A query makes nothing, so memory cannot run out.
        let cells = makeCall(.queryPEDMAWindow, Self.cells(buid), returns: 6).cells
        let status = RTASStatus(cell: cells[0])
        return (status, status == .success ? DDWQuery(cells) : nil)
    }

    /// Makes a window of 2^windowShift bytes (`ibm,create-pe-dma-window`). It is nil unless the status is 0.
    ///
    /// Throws `noMemory`.
    public mutating func createWindow(
        _ buid: BUID, pageShift: UInt32, windowShift: UInt32
    ) throws(MachineError) -> (status: RTASStatus, window: DMAWindow?) {
        let cells = try rtas(.createPEDMAWindow, Self.cells(buid) + [pageShift, windowShift], returns: 4)
        let status = RTASStatus(cell: cells[0])
        return (status, status == .success ? window(LIOBN(cells[1])) : nil)
    }

    /// Removes a window (`ibm,remove-pe-dma-window`).
    ///
    /// Where that leaves a PHB without a window, its default one may come back. Throws `noMemory` for that.
    public mutating func removeWindow(_ liobn: UInt32) throws(MachineError) -> RTASStatus {
        try RTASStatus(cell: rtas(.removePEDMAWindow, [liobn], returns: 1)[0])
    }

    /// Brings a PHB's windows back to their reset state (`ibm,reset-pe-dma-window`). Throws `noMemory`.
    public mutating func resetWindows(_ buid: BUID) throws(MachineError) -> RTASStatus {
        try RTASStatus(cell: rtas(.resetPEDMAWindow, Self.cells(buid), returns: 1)[0])
    }

    /// Config address and BUID, with which three of the calls begin. No platform looks at the config address.
    private static func cells(_ buid: BUID) -> [UInt32] {
        [0, UInt32(truncatingIfNeeded: buid >> 32), UInt32(truncatingIfNeeded: buid)]
    }

    private func makeCall(
        _ call: RTASCall, _ arguments: [UInt32], returns: Int
    ) -> (cells: [UInt32], err: Int32) {
        var cells = [UInt32](repeating: 0, count: returns)
        var err: Int32 = 0
        _ = unsafe tce_rtas_call(
            handle, call.rawValue, arguments, UInt32(clamping: arguments.count), &cells, UInt32(clamping: returns),
            &err)
        return (cells, err)
    }
}

/// What `ibm,query-pe-dma-window` answers (LoPAR 7.3.27.1).
public struct DDWQuery: Hashable, Sendable {
    /// Windows that the PHB can have beside those there are.
    public var windowsAvailable: UInt32

    /// The largest block of TCEs that the platform says it has room for.
    public var largestBlock: UInt64

    /// Page sizes that a window can have: bit n is 2^n bytes.
    public var pageShifts: UInt64

    /// The six return cells of a call that succeeded.
    init(_ cells: [UInt32]) {
        windowsAvailable = cells[1]
        largestBlock = UInt64(cells[2]) << 32 | UInt64(cells[3])
        pageShifts = tce_rtas_page_shifts(cells[4])
    }
}
