// SPDX-License-Identifier: Apache-2.0

// The dynamic DMA window of a node: how it is asked for, made, filled, dropped (Linux arch/powerpc/platforms/pseries/
// iommu.c, enable_ddw).

extension GuestKernel {
    /// The base of the node's window, made if there is none yet; nil: the device goes by the table.
    mutating func enableDDW(_ node: Int, mask: UInt64, cpu: Int) throws -> IOBA? {
        if let window = nodes[node].dynamicWindow { return window.isDirect ? window.start : nil }
        guard !nodes[node].hasFailed else { return nil }
        let phase = platform.phase
        platform.phase = .populate
        defer { platform.phase = phase }
        guard let window = try makeWindow(node, mask: mask, cpu: cpu) else {
            nodes[node].hasFailed = true
            return nil
        }
        nodes[node].dynamicWindow = window
        return window.isDirect ? window.start : nil
    }

    private mutating func makeWindow(_ node: Int, mask: UInt64, cpu: Int) throws -> DynamicWindow? {
        guard nodes[node].isDDWOffered else { return nil }
        guard var answer = try queryWindows(node, cpu: cpu) else { return nil }
        // A limited address is an extension that this platform has not.
        if level.limitsAddressing, mask != Self.allOnes { return nil }
        var removedDefault = false
        if answer.windowsAvailable == 0 {
            guard level.replacesDefaultWindow, try removeDefaultWindow(node, cpu: cpu) else { return nil }
            removedDefault = true
            guard let again = try queryWindows(node, cpu: cpu), again.windowsAvailable > 0 else {
                return try giveUp(node, removedDefault, cpu: cpu)
            }
            answer = again
        }
        guard let shape = shape(answer),
            let window = try createWindow(node, shape, cpu: cpu)
        else { return try giveUp(node, removedDefault, cpu: cpu) }
        guard window.isDirect else {
            let table = IOMMUTable(
                liobn: window.liobn, windowStart: window.start, windowBytes: 1 << UInt64(window.windowShift),
                pageShift: window.pageShift, level: level)
            tables.append(table)
            nodes[node].table = tables.count - 1
            try clear(window.liobn, window.pageShift, window.start, table.entries, cpu: cpu)
            return window
        }
        guard try fill(window, cpu: cpu) == .success else {
            try drop(window, cpu: cpu)
            return try giveUp(node, removedDefault, cpu: cpu)
        }
        if removedDefault, level.dropsTable { nodes[node].table = nil }
        return window
    }

    /// The default window comes back if it was removed.
    private mutating func giveUp(_ node: Int, _ removedDefault: Bool, cpu: Int) throws -> DynamicWindow? {
        if removedDefault {
            _ = try platform.rtas(cpu: cpu, .resetPEDMAWindow, Self.cells(nodes[node].buid), returns: 1)
        }
        return nil
    }

    static func cells(_ buid: BUID) -> [UInt32] {
        [0, UInt32(truncatingIfNeeded: buid >> 32), UInt32(truncatingIfNeeded: buid)]
    }

    /// `ibm,query-pe-dma-window`, with as many cells as the kernel asks for.
    mutating func queryWindows(_ node: Int, cpu: Int) throws -> DDWQuery? {
        let buid = nodes[node].buid
        let (status, _) = try platform.rtas(
            cpu: cpu, .queryPEDMAWindow, Self.cells(buid), returns: level >= .v5_10 ? 6 : 5)
        guard status == .success else { return nil }
        guard var answer = platform.machine.queryWindows(buid).answer else { return nil }
        // The form with five cells has 32 bits for the block.
        if level < .v5_10 { answer.largestBlock = min(answer.largestBlock, 0x8000_0000) }
        return answer
    }

    private mutating func removeDefaultWindow(_ node: Int, cpu: Int) throws -> Bool {
        guard let table = nodes[node].table else { return false }
        if level.takesLargestPage, !tables[table].isUnused { return false }
        let window = nodes[node].defaultWindow
        let range = DynamicWindow(
            liobn: window.liobn, start: window.start, pageShift: Int(window.pageShift), windowShift: 0)
        try clearRange(range, 0, bytes: window.pageCount << window.pageShift, cpu: cpu)
        return try platform.rtas(
            cpu: cpu, .removePEDMAWindow, [UInt32(truncatingIfNeeded: window.liobn)], returns: 1
        ).status == .success
    }

    /// Page and window of a window for all memory; nil: the platform has none.
    func shape(_ answer: DDWQuery) -> (page: Int, window: Int, isDirect: Bool)? {
        guard let page = level.windowPageShifts.first(where: { answer.pageShifts >> UInt64($0) & 1 != 0 }) else {
            return nil
        }
        let most = max(configuration.memoryBytesMax ?? 0, configuration.memoryBytes)
        let window = Self.order(most)
        if level.takesLargestPage {
            guard answer.largestBlock >> UInt64(max(0, window - page)) == 0 else { return (page, window, true) }
            return (page, Self.order(answer.largestBlock) + page, false)
        }
        return answer.largestBlock < most >> UInt64(page) ? nil : (page, window, true)
    }

    /// ceil(log2).
    static func order(_ value: UInt64) -> Int { value < 2 ? 0 : 64 - (value - 1).leadingZeroBitCount }

    private mutating func createWindow(
        _ node: Int, _ shape: (page: Int, window: Int, isDirect: Bool), cpu: Int
    ) throws -> DynamicWindow? {
        let cells = Self.cells(nodes[node].buid) + [UInt32(shape.page), UInt32(shape.window)]
        let (status, liobn) = try platform.rtas(cpu: cpu, .createPEDMAWindow, cells, returns: 4)
        guard status == .success, let window = platform.machine.window(liobn) else { return nil }
        return DynamicWindow(
            liobn: liobn, start: window.start, pageShift: shape.page, windowShift: shape.window,
            isDirect: shape.isDirect)
    }

    /// What the window maps from the beginning: all memory, or what the policy says.
    private mutating func fill(_ window: DynamicWindow, cpu: Int) throws -> HcallStatus {
        guard configuration.isSecure, case .buffer(let outward) = configuration.policy.fill else {
            return try setRange(window, 0, bytes: configuration.memoryBytes, cpu: cpu)
        }
        guard let buffer else { return .success }
        guard outward else { return try setRange(window, buffer.start, bytes: buffer.bytes, cpu: cpu) }
        let page = UInt64(1) << UInt64(window.pageShift)
        let start = buffer.start / page * page, end = (buffer.end + page - 1) / page * page
        return try setRange(window, start, bytes: end - start, cpu: cpu)
    }

    /// Clears and removes a window: all of it, not memory alone.
    mutating func drop(_ window: DynamicWindow, cpu: Int) throws {
        try clearRange(window, 0, bytes: 1 << UInt64(window.windowShift), cpu: cpu)
        _ = try platform.rtas(
            cpu: cpu, .removePEDMAWindow, [UInt32(truncatingIfNeeded: window.liobn)], returns: 1)
    }

    // MARK: Later

    /// A device's node goes (hot-unplug): its window is cleared and removed, its table dropped.
    mutating func detach(_ node: Int, cpu: Int = 0) throws {
        nodes[node].table = nil
        guard let window = nodes[node].dynamicWindow else { return }
        nodes[node].dynamicWindow = nil
        try drop(window, cpu: cpu)
    }

    /// Memory comes: every window that maps memory gets it. False: one of them could not, and all give it back.
    mutating func bringOnline(_ start: RealAddress, bytes: UInt64, cpu: Int = 0) throws -> Bool {
        // A window that holds the bounce buffer alone is left alone, or it would map all memory after all.
        if configuration.isSecure, case .buffer = configuration.policy.fill { return true }
        var isMapped = true
        for window in memoryWindows where try setRange(window, start, bytes: bytes, cpu: cpu) != .success {
            isMapped = false
        }
        if !isMapped { try takeOffline(start, bytes: bytes, cpu: cpu) }
        return isMapped
    }

    /// Memory goes.
    mutating func takeOffline(_ start: RealAddress, bytes: UInt64, cpu: Int = 0) throws {
        if configuration.isSecure, case .buffer = configuration.policy.fill { return }
        for window in memoryWindows { try clearRange(window, start, bytes: bytes, cpu: cpu) }
    }

    /// Windows that follow memory.
    private var memoryWindows: [DynamicWindow] {
        nodes.compactMap(\.dynamicWindow).filter { $0.isDirect && !$0.isKept }
    }
}
