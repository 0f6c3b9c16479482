// SPDX-License-Identifier: Apache-2.0
import TceEmu

// The RTAS calls for dynamic DMA windows.

/// An RTAS call by the name that a guest finds in the device tree.
enum NaiveRTAS: UInt32, CaseIterable {
    case query, create, remove, reset

    /// LoPAR's name of `reset`.
    case resetPlural

    var name: String {
        switch self {
        case .query: "ibm,query-pe-dma-window"
        case .create: "ibm,create-pe-dma-window"
        case .remove: "ibm,remove-pe-dma-window"
        case .reset: "ibm,reset-pe-dma-window"
        case .resetPlural: "ibm,reset-pe-dma-windows"
        }
    }
}

extension NaiveMachine {
    private static let success: Int32 = 0
    private static let hardware: Int32 = -1
    private static let parameter: Int32 = -3

    /// The return cells: the status, then what the call set, then zeros.
    mutating func rtas(_ call: NaiveRTAS, _ arguments: [UInt32], returns: Int) -> [UInt32] {
        var cells: [UInt32]
        let status: Int32
        switch call {
        case .query: (status, cells) = query(arguments, returns)
        case .create: (status, cells) = create(arguments, returns)
        case .remove: (status, cells) = (remove(arguments, returns), [])
        case .reset: (status, cells) = (reset(arguments, returns), [])
        case .resetPlural:
            (status, cells) = (setup.platform == .papr ? reset(arguments, returns) : Self.parameter, [])
        }
        seen.note(.rtas(call.rawValue, status))
        cells.insert(UInt32(bitPattern: status), at: 0)
        while cells.count < returns { cells.append(0) }
        return cells
    }

    private mutating func query(_ arguments: [UInt32], _ returns: Int) -> (Int32, [UInt32]) {
        guard arguments.count == 3, returns == 5 || returns == 6 else { return (refuse("cells"), []) }
        guard let phb = phb(arguments) else { return (refuse("BUID"), []) }
        let free = [phb.liobn, phb.liobn + 1].filter { windows[$0] == nil }.count
        let block: [UInt32] =
            returns == 5 ? [0x8000_0000] : setup.platform == .papr ? [0, 0x8000_0000] : [0x20, 0]
        return (Self.success, [UInt32(free)] + block + [0x107, 0])
    }

    private mutating func create(_ arguments: [UInt32], _ returns: Int) -> (Int32, [UInt32]) {
        guard arguments.count == 5, returns == 4 else { return (refuse("cells"), []) }
        guard let phb = phb(arguments) else { return (refuse("BUID"), []) }
        let (pageShift, windowShift) = (arguments[3], arguments[4])
        guard [12, 16, 21, 24].contains(pageShift) else { return (refuse("page shift"), []) }
        guard windowShift >= pageShift else { return (refuse("window shift"), []) }
        let impossible = setup.platform == .papr ? Self.parameter : Self.hardware
        guard let liobn = [phb.liobn, phb.liobn + 1].first(where: { windows[$0] == nil }) else {
            seen.note("create: no LIOBN")
            return (impossible, [])
        }
        guard windowShift - pageShift <= 31 else {
            seen.note("create: too many TCEs")
            return (impossible, [])
        }
        let isAlone = windows[phb.liobn] == nil && windows[phb.liobn + 1] == nil
        let start = isAlone ? 0 : Self.dma64Start
        if isAlone { seen.note("create: no other window") }
        if !isAlone, liobn == phb.liobn { seen.note("create: beside the dynamic window") }
        windows[liobn] = NaiveWindow(
            liobn: liobn, start: start, shift: UInt64(pageShift), count: 1 << UInt64(windowShift - pageShift),
            buid: phb.buid, isDefault: false)
        return (Self.success, [UInt32(liobn), UInt32(start >> 32), UInt32(start & 0xffff_ffff)])
    }

    private mutating func remove(_ arguments: [UInt32], _ returns: Int) -> Int32 {
        guard arguments.count == 1, returns == 1 else { return refuse("cells") }
        guard let index = phbIndex(ofLIOBN: UInt64(arguments[0])) else { return refuse("LIOBN") }
        guard let window = windows.removeValue(forKey: UInt64(arguments[0])) else { return refuse("window") }
        let phb = phbs[index]
        guard windows[phb.liobn] == nil, windows[phb.liobn + 1] == nil else { return Self.success }
        // PAPR asks what kind of window it was, QEMU which LIOBN it had.
        let restores = setup.platform == .papr ? !window.isDefault : window.liobn == phb.liobn + 1
        if restores { resetWindows(of: phb) }
        seen.note(restores ? "remove: the default window is back" : "remove: no window is left")
        if restores, window.liobn == phb.liobn { seen.note("remove: back, from its own LIOBN") }
        return Self.success
    }

    private mutating func reset(_ arguments: [UInt32], _ returns: Int) -> Int32 {
        guard arguments.count == 3, returns == 1 else { return refuse("cells") }
        guard let phb = phb(arguments) else { return refuse("BUID") }
        resetWindows(of: phb)
        return Self.success
    }

    /// The PHB of the BUID in the second and third cell.
    private func phb(_ arguments: [UInt32]) -> NaivePHB? {
        let buid = UInt64(arguments[1]) << 32 | UInt64(arguments[2])
        return phbs.first { $0.buid == buid }
    }

    private mutating func refuse(_ rule: String) -> Int32 {
        seen.note(rule)
        return Self.parameter
    }
}
