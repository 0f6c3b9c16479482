// SPDX-License-Identifier: Apache-2.0

// What the kernel does before drivers: it shares what a secure guest must, makes its tables and clears them (Linux
// platforms/pseries/svm.c, kernel/iommu.c, platforms/pseries/iommu.c).

extension GuestKernel {
    /// Bytes of a lppaca, of a dispatch trace log, and of the window of a virtual device.
    private static let lppacaBytes = UInt64(1) << 10
    private static let traceLogBytes = UInt64(4) << 10
    private static let virtualWindowBytes = UInt64(256) << 20
    /// LIOBN of the first virtual device that does DMA: QEMU's console and NVRAM come before it.
    private static let virtualLIOBN = LIOBN(0x7100_0002)
    /// What lies below it at boot: the kernel's image.
    private static let imageEnd = RealAddress(0x0200_0000)
    /// TCEs that a kdump kernel needs free.
    static let kdumpTCEs = 2048

    /// Boots: windows as the platform makes them, then the kernel.
    mutating func boot() throws {
        try plug()
        try start()
    }

    /// The kernel's part, on the nodes that there are.
    mutating func start() throws {
        if configuration.isSecure { try becomeSecure() }
        for node in nodes.indices { try setUp(node) }
    }

    /// Another kernel is started in the place of this one, after a crash (`isKdump`) or by kexec: windows, TCEs and
    /// frames are as this one left them, and a dynamic window's property tells of it.
    mutating func restart() throws {
        platform.forgetCalls()
        if configuration.isSecure { try platform.ultracall(cpu: 0, .unshareAllPages) }
        forgetDrivers()
        let keepsWindow = level.keepsEarlierWindow
        for node in nodes.indices {
            nodes[node].table = nil
            nodes[node].hasFailed = false
            nodes[node].dynamicWindow?.isKept = keepsWindow
        }
        if configuration.isSecure { try shareForSecurity() }
        isRestarted = true
        for node in nodes.indices { try setUp(node) }
    }

    /// The machine is reset and this kernel boots again: windows are as the platform makes them, and empty.
    mutating func reset() throws {
        try platform.machine.reset()
        try platform.note(.reset)
        forgetDrivers()
        for node in nodes.indices {
            nodes[node] = DMANode(
                buid: nodes[node].buid, isDDWOffered: nodes[node].isDDWOffered,
                defaultWindow: nodes[node].defaultWindow)
        }
        isRestarted = false
        try start()
    }

    /// Nothing is left of what the kernel before had.
    private mutating func forgetDrivers() {
        tables = []
        devices = []
        listPages = [:]
        pages = PageAllocator(memoryBytes: configuration.memoryBytes, pageBytes: pageBytes)
        buffer = nil
    }

    /// The platform's part: host bridges and virtual devices, with their windows.
    mutating func plug() throws {
        for phb in configuration.phbs { try add(phb) }
        for index in 0..<configuration.vioDevices { try addVirtualDevice(Self.virtualLIOBN + LIOBN(index)) }
    }

    /// A host bridge comes.
    mutating func add(_ phb: PHBConfiguration) throws {
        try GuestConfiguration.check(phb)
        try platform.machine.plug(phb)
        try platform.note(
            .phb(
                TraceEvent.PHB(
                    buid: phb.buid, liobn: phb.liobn, windowStart: phb.windowStart, windowBytes: phb.windowBytes,
                    dma64Start: phb.dma64Start, pageShifts: phb.pageShifts, ddw: phb.ddw)))
        nodes.append(DMANode(buid: phb.buid, isDDWOffered: phb.ddw, defaultWindow: phb.defaultWindow))
    }

    /// A virtual device comes.
    mutating func addVirtualDevice(_ liobn: LIOBN) throws {
        let window = DMAWindow(liobn: liobn, pageCount: Self.virtualWindowBytes >> 12)
        try platform.machine.plug(window)
        try platform.note(.window(TraceEvent.Window(liobn: window.liobn, tces: window.pageCount)))
        nodes.append(DMANode(buid: 0, isDDWOffered: false, defaultWindow: window))
    }

    // MARK: A secure guest

    private mutating func becomeSecure() throws {
        platform.phase = .secure
        try platform.ultracall(cpu: 0, .esm, [0, 0])
        try shareForSecurity()
    }

    /// What the hypervisor must see: per-CPU areas, the bounce buffer, trace logs, interrupt queues.
    private mutating func shareForSecurity() throws {
        platform.phase = .secure
        defer { platform.phase = .run }
        _ = pages.takeLowest(Self.imageEnd, from: 0)
        try placeBuffer()
        let cpus = UInt64(configuration.cpus)
        try shareFresh(cpus * Self.lppacaBytes)
        if let buffer {
            try share(buffer.start, bytes: buffer.bytes, cpu: 0)
        }
        let logs = (cpus * Self.traceLogBytes + pageBytes - 1) / pageBytes
        for _ in 0..<logs { try shareFresh(pageBytes) }
        for _ in 0..<cpus { try shareFresh(pageBytes) }
    }

    private mutating func shareFresh(_ bytes: UInt64) throws {
        guard let at = pages.takeLowest(bytes, from: Self.imageEnd) else {
            throw GuestConfigurationError(
                description: "expected memory for what a secure guest with \(configuration.cpus) processors shares, "
                    + "found \(configuration.memoryBytes) bytes")
        }
        try share(at, bytes: bytes, cpu: 0)
    }

    /// Where the bounce buffer is: as asked for, or where this kernel puts it.
    private mutating func placeBuffer() throws {
        let bytes = configuration.bufferBytesUsed
        let limit = UInt64(1) << 32
        var start = configuration.bufferStart
        if let wanted = start {
            if !pages.take(wanted, bytes: bytes) { start = nil }
        } else {
            switch level.bufferPlace {
            case .below4GiB: start = pages.takeHighest(bytes, below: limit)
            case .low: start = pages.takeLowest(bytes, from: Self.imageEnd, below: limit)
            case .anywhere: start = pages.takeLowest(bytes, from: Self.imageEnd)
            }
        }
        guard let start else { return }
        buffer = BounceBuffer(start: start, bytes: bytes, areas: level.dividesBuffer ? configuration.cpus : 1)
    }

    // MARK: Tables

    /// A node's table is made and cleared, and what the policy wants is mapped.
    mutating func setUp(_ node: Int) throws {
        let window = nodes[node].defaultWindow
        let policy = configuration.policy
        if configuration.isSecure, policy.defaultWindow == .removed, !nodes[node].isVirtual {
            platform.phase = .populate
            defer { platform.phase = .run }
            guard try queryWindows(node, cpu: 0) != nil else { return }
            _ = try platform.rtas(
                cpu: 0, .removePEDMAWindow, [UInt32(truncatingIfNeeded: window.liobn)], returns: 1)
            return
        }
        // After another kernel the table may lie over the dynamic window that it left.
        var over = (
            liobn: window.liobn, start: window.start, pageShift: Int(window.pageShift),
            bytes: window.pageCount << window.pageShift
        )
        if let left = nodes[node].dynamicWindow, isRestarted, level.reusesWindowAsTable {
            over = (left.liobn, left.start, left.pageShift, 1 << UInt64(left.windowShift))
        }
        let table = IOMMUTable(
            liobn: over.liobn, windowStart: over.start, windowBytes: over.bytes, pageShift: over.pageShift,
            level: level)
        tables.append(table)
        nodes[node].table = tables.count - 1
        platform.phase = .clear
        if configuration.isKdump, isRestarted {
            try keepMappings(tables.count - 1)
        } else {
            try clear(over.liobn, over.pageShift, over.start, table.entries, cpu: 0)
        }
        platform.phase = .run
        if configuration.isSecure, case .buffer(let identity) = policy.defaultWindow, !nodes[node].isVirtual {
            try mapBuffer(node, identity: identity)
        }
    }

    /// A kdump kernel leaves what the crashed one mapped: devices may still be at it.
    private mutating func keepMappings(_ table: Int) throws {
        let (liobn, shift, offset) = (tables[table].liobn, UInt64(tables[table].pageShift), tables[table].offset)
        for entry in 0..<tables[table].entries {
            let (_, tce) = try platform.getTCE(cpu: 0, liobn, (offset + UInt64(entry)) << shift)
            if tce.rawValue != 0, tce.rawValue != 0x7fff_ffff_ffff_ffff { tables[table].reserve(entry..<(entry + 1)) }
        }
        tables[table].leaveFree(Self.kdumpTCEs)
    }

    /// Maps the bounce buffer in a default window for ever. (Not in any kernel: the alternatives of the thread.)
    private mutating func mapBuffer(_ node: Int, identity: Bool) throws {
        guard let buffer, let table = nodes[node].table else {
            nodes[node].refusal = configuration.noBuffer
            return
        }
        let window = nodes[node].defaultWindow
        let windowEnd = window.start + (window.pageCount << window.pageShift)
        // Drivers take bus address 0 for an error: the buffer does not lie there.
        let at = identity ? buffer.start : (window.start + 2 * pageBytes - 1) / pageBytes * pageBytes
        // Coherent memory that is mapped by itself needs room beside it.
        let room = identity ? 0 : pageBytes
        guard at >= window.start, at != 0, at + buffer.bytes + room <= windowEnd else {
            nodes[node].refusal =
                "the bounce buffer \(buffer.start.hex), \(buffer.bytes.hex) bytes, does not fit at bus address "
                + "\(at.hex) into the default window \(window.start.hex) to \((windowEnd - 1).hex)"
            return
        }
        let first = Int((at - window.start) >> window.pageShift), count = Int(buffer.bytes >> window.pageShift)
        tables[table].reserve(first..<(first + count))
        platform.phase = .populate
        defer { platform.phase = .run }
        _ = try build(table, entry: first, npages: count, buffer.start, .readWrite, cpu: 0)
        nodes[node].bufferAt = at
    }
}

extension IOMMUTable {
    /// Frees the last entries if fewer than so many are free.
    mutating func leaveFree(_ least: Int) {
        guard entries - taken.count < least else { return }
        _ = free(max(0, entries - least), npages: min(least, entries))
    }
}
