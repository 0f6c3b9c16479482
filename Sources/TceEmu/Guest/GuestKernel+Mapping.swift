// SPDX-License-Identifier: Apache-2.0

// The DMA API: map, unmap, sync, scatter-gather, coherent memory, each in the kernel's order.

extension GuestKernel {
    /// The kernel's own cycles for a map or an unmap, without calls.
    static let mapCycles = UInt64(350)
    /// A bounce copy: cycles, and tenths of a cycle for each byte.
    static let copyCycles = UInt64(300)
    static let copyTenthsPerByte = UInt64(4)

    // MARK: Streaming

    /// `dma_map_page`: the bus address.
    mutating func map(
        _ device: Int, _ address: RealAddress, bytes: UInt64, _ access: DMAAccess, cpu: Int = 0
    ) throws -> Result<IOBA, GuestFailure> {
        platform.spend(Self.mapCycles)
        switch route(device, coherent: false) {
        case .refused(let failure): return .failure(failure)
        case .direct(let offset), .window(let offset):
            guard configuration.isSecure else { return .success(address &+ offset) }
            return try bounce(device, address, bytes: bytes, access, offset: offset, cpu: cpu)
        case .table(let table):
            var place = Placement()
            return try mapInTable(device, table, address, bytes: bytes, access, at: &place, cpu: cpu)
        }
    }

    /// Where a map goes in a table.
    struct Placement {
        /// Where the element before it in a scatter-gather call ended, 0 for nowhere; then where this one ends.
        var handle = 0
        /// The other one, where it is not known whether the element is of that call.
        var perhaps: Int?
        var isOfList = false
        /// The bus address that a recorded guest had for it; where this guest has another one it takes that over.
        var recorded: IOBA?
        /// It had, and took it over.
        var differs = false
    }

    /// A map that is recorded, or one element of a scatter-gather call.
    mutating func mapElement(
        _ device: Int, _ address: RealAddress, bytes: UInt64, _ access: DMAAccess, at place: inout Placement, cpu: Int
    ) throws -> Result<IOBA, GuestFailure> {
        guard case .table(let table) = route(device, coherent: false) else {
            return try map(device, address, bytes: bytes, access, cpu: cpu)
        }
        if place.handle == 0 { platform.spend(Self.mapCycles) }
        return try mapInTable(
            device, table, address, bytes: bytes, access, at: &place, cpu: cpu)
    }

    /// Does a device of a guest that is not secure go direct? Nothing is kept of its maps then.
    func isPlain(_ device: Int) -> Bool {
        guard !configuration.isSecure, case .direct = route(device, coherent: false) else { return false }
        return true
    }

    /// Do a device's streaming mappings go through a table?
    func isMapped(_ device: Int) -> Bool {
        if case .table = route(device, coherent: false) { true } else { false }
    }

    mutating func mapInTable(
        _ device: Int, _ table: Int, _ address: RealAddress, bytes: UInt64, _ access: DMAAccess,
        at place: inout Placement, cpu: Int
    ) throws -> Result<IOBA, GuestFailure> {
        let shift = tables[table].pageShift
        var request = IOMMUTable.Request(npages: npages(address, bytes, shift), cpu: cpu)
        if shift < configuration.pageShift, bytes >= pageBytes, address % pageBytes == 0 {
            request.alignOrder = configuration.pageShift - shift
        }
        request.maskPages = devices[device].streamingMask >> UInt64(shift)
        return try mapEntries(
            device, table, request, address, access, at: &place, cpu: cpu)
    }

    /// First the bits, then the TCEs. Where the platform lacks resources both are given back, but for an element of a
    /// scatter-gather list, whose entries nobody frees.
    mutating func mapEntries(
        _ device: Int, _ table: Int, _ request: IOMMUTable.Request, _ address: RealAddress, _ access: DMAAccess,
        at place: inout Placement, cpu: Int
    ) throws -> Result<IOBA, GuestFailure> {
        let shift = tables[table].pageShift
        var request = request
        request.boundaryPages = (devices[device].segmentMask >> UInt64(shift)) &+ 1
        guard let entry = allocate(table, request, at: &place) else {
            return .failure(GuestFailure(.mapping, "the table has no \(request.npages) entries"))
        }
        guard try build(table, entry: entry, npages: request.npages, address, guestAccess(access), cpu: cpu) else {
            if !place.isOfList {
                try clearEntries(table, entry, request.npages, cpu: cpu)
                _ = tables[table].free(entry, npages: request.npages)
            }
            return .failure(GuestFailure(.mapping, "the platform lacks resources"))
        }
        let base = (tables[table].offset + UInt64(entry)) << UInt64(shift)
        return .success(base | (address & (1 << UInt64(shift) - 1)))
    }

    private mutating func allocate(_ table: Int, _ request: IOMMUTable.Request, at place: inout Placement) -> Int? {
        let shift = UInt64(tables[table].pageShift)
        guard let recorded = place.recorded.map({ $0 >> shift &- tables[table].offset }),
            recorded < UInt64(tables[table].entries)
        else { return tables[table].allocate(request, handle: &place.handle) }
        return tables[table].allocate(
            request,
            IOMMUTable.Recorded(entry: Int(recorded), handle: place.handle, perhaps: place.perhaps),
            handle: &place.handle, differs: &place.differs)
    }

    /// There is no TCE that a device may only write.
    private func guestAccess(_ access: DMAAccess) -> DMAAccess { access == .read ? .read : .readWrite }

    private func npages(_ address: UInt64, _ bytes: UInt64, _ shift: Int) -> Int {
        let page = UInt64(1) << UInt64(shift)
        return Int((address % page + bytes + page - 1) / page)
    }

    private mutating func clearEntries(_ table: Int, _ entry: Int, _ npages: Int, cpu: Int) throws {
        let shift = tables[table].pageShift
        try clear(
            tables[table].liobn, shift, (tables[table].offset + UInt64(entry)) << UInt64(shift), npages, cpu: cpu)
    }

    /// `dma_unmap_page`.
    mutating func unmap(
        _ device: Int, _ address: IOBA, bytes: UInt64, _ access: DMAAccess, cpu: Int = 0
    ) throws {
        platform.spend(Self.mapCycles)
        switch route(device, coherent: false) {
        case .refused: return
        case .direct(let offset), .window(let offset):
            let real = address &- offset
            guard buffer?.contains(real) ?? false else { return }
            if access.contains(.write) { try copyBack(real, bytes: bytes) }
            buffer?.give(real, bytes: bytes)
        case .table(let table): try unmapInTable(table, address, bytes: bytes, cpu: cpu)
        }
    }

    /// First the TCEs, then the bits: a bit is set as long as its TCE may be there.
    mutating func unmapInTable(_ table: Int, _ address: IOBA, bytes: UInt64, cpu: Int) throws {
        let shift = tables[table].pageShift, count = npages(address, bytes, shift)
        let entry = (address >> UInt64(shift)) &- tables[table].offset
        guard entry < UInt64(tables[table].entries), count <= tables[table].entries - Int(entry) else { return }
        try clearEntries(table, Int(entry), count, cpu: cpu)
        _ = tables[table].free(Int(entry), npages: count)
    }

    // MARK: Bounce buffer

    private mutating func bounce(
        _ device: Int, _ address: RealAddress, bytes: UInt64, _ access: DMAAccess, offset: UInt64, cpu: Int
    ) throws -> Result<IOBA, GuestFailure> {
        guard let start = buffer?.start else { return .failure(GuestFailure(.mapping, configuration.noBuffer)) }
        let request = BounceBuffer.Request(
            bytes: bytes, cpu: cpu, pageBytes: pageBytes, bufferAt: start &+ offset,
            segmentMask: devices[device].segmentMask)
        // In place: the book of a large buffer is not copied for each map.
        guard let slot = buffer?.take(request, for: address) ?? nil else {
            return .failure(
                GuestFailure(
                    .mapping,
                    "swiotlb buffer is full (\(bytes) bytes, \(buffer?.used ?? 0) of \(buffer?.slots ?? 0) slots used)")
            )
        }
        let (last, overflow) = (slot &+ offset).addingReportingOverflow(bytes - 1)
        if overflow || last > devices[device].streamingMask {
            buffer?.give(slot, bytes: bytes)
            return .failure(GuestFailure(.mapping, "the bounce address \((slot &+ offset).hex) is above the mask"))
        }
        if access.contains(.read) || level.alwaysBounces { try copy(from: address, to: slot, bytes: bytes) }
        return .success(slot &+ offset)
    }

    private mutating func copyBack(_ slot: RealAddress, bytes: UInt64) throws {
        guard let original = buffer?.original(of: slot) else { return }
        try copy(from: slot, to: original, bytes: bytes)
    }

    private mutating func copy(from source: RealAddress, to target: RealAddress, bytes: UInt64) throws {
        let content = platform.machine.readMemory(at: source, count: Int(bytes))
        _ = try platform.machine.writeMemory(at: target, content)
        platform.spend(Self.copyCycles + (bytes * Self.copyTenthsPerByte + 5) / 10)
    }

    /// `dma_sync_single_for_cpu`, or `_for_device`.
    mutating func sync(_ device: Int, _ address: IOBA, bytes: UInt64, _ access: DMAAccess, forCPU: Bool) throws {
        guard syncs(device), case .direct(let offset) = route(device, coherent: false).asDirect else { return }
        let slot = address &- offset
        guard let buffer, buffer.contains(slot), let original = buffer.original(of: slot) else { return }
        if forCPU, access.contains(.write) { try copy(from: slot, to: original, bytes: bytes) }
        if !forCPU, access.contains(.read) { try copy(from: original, to: slot, bytes: bytes) }
    }

    /// Where the device of a streaming mapping is meant to be; nil: the guest's own memory.
    func target(_ device: Int, _ address: IOBA) -> RealAddress? {
        guard case .direct(let offset) = route(device, coherent: false).asDirect, configuration.isSecure else {
            return nil
        }
        return address &- offset
    }

    /// The largest mapping that a driver is told of; nil: no limit.
    func mappingMax(_ device: Int) -> UInt64? {
        guard configuration.isSecure, buffer != nil else { return nil }
        if configuration.policy.hasNoOperations { return BounceBuffer.mappingMax }
        guard level.bypassesInCore, case .direct = route(device, coherent: false) else { return nil }
        return BounceBuffer.mappingMax
    }

    // MARK: Scatter-gather

    /// A part of a scatter-gather list.
    struct Element: Hashable {
        var address: RealAddress
        var bytes: UInt64
    }

    /// `dma_map_sg`: the segments that the device is given, neighbours merged. The last has length 0 where there are
    /// fewer segments than elements.
    mutating func mapList(
        _ device: Int, _ elements: [Element], _ access: DMAAccess, cpu: Int = 0
    ) throws -> Result<[Element], GuestFailure> {
        guard case .table(let table) = route(device, coherent: false) else {
            return try mapEach(device, elements, access, cpu: cpu)
        }
        platform.spend(Self.mapCycles)
        var segments: [Element] = []
        var place = Placement()
        place.isOfList = true
        var next: IOBA?
        for element in elements {
            guard element.bytes > 0 else {
                next = nil
                continue
            }
            switch try mapInTable(
                device, table, element.address, bytes: element.bytes, access, at: &place, cpu: cpu)
            {
            case .failure(let failure):
                for segment in segments { try unmapInTable(table, segment.address, bytes: segment.bytes, cpu: cpu) }
                return .failure(failure)
            case .success(let address):
                if address == next, let last = segments.last,
                    last.bytes + element.bytes <= devices[device].segmentBytesMax
                {
                    segments[segments.count - 1].bytes += element.bytes
                } else {
                    segments.append(Element(address: address, bytes: element.bytes))
                }
                next = address + element.bytes
            }
        }
        if segments.count < elements.count { segments.append(Element(address: Self.allOnes, bytes: 0)) }
        return .success(segments)
    }

    /// Direct: every element on its own, all or none.
    private mutating func mapEach(
        _ device: Int, _ elements: [Element], _ access: DMAAccess, cpu: Int
    ) throws -> Result<[Element], GuestFailure> {
        var segments: [Element] = []
        for element in elements {
            switch try map(device, element.address, bytes: element.bytes, access, cpu: cpu) {
            case .success(let address): segments.append(Element(address: address, bytes: element.bytes))
            case .failure(let failure):
                for segment in segments { try unmap(device, segment.address, bytes: segment.bytes, access, cpu: cpu) }
                return .failure(failure)
            }
        }
        return .success(segments)
    }

    /// `dma_unmap_sg`: one segment after another, until one of length 0.
    mutating func unmapList(_ device: Int, _ segments: [Element], _ access: DMAAccess, cpu: Int = 0) throws {
        guard case .table(let table) = route(device, coherent: false) else {
            for segment in segments { try unmap(device, segment.address, bytes: segment.bytes, access, cpu: cpu) }
            return
        }
        platform.spend(Self.mapCycles)
        for segment in segments.prefix(while: { $0.bytes > 0 }) {
            try unmapInTable(table, segment.address, bytes: segment.bytes, cpu: cpu)
        }
    }
}

extension DMARoute {
    /// A window of the policy's goes direct, too.
    fileprivate var asDirect: DMARoute {
        if case .window(let offset) = self { .direct(offset: offset) } else { self }
    }
}
