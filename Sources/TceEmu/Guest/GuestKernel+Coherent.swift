// SPDX-License-Identifier: Apache-2.0

// Coherent memory: rings and descriptors that guest and device share for long (Linux kernel/iommu.c,
// kernel/dma/direct.c).

/// Coherent memory as a driver has it.
struct CoherentMemory: Hashable {
    var address: RealAddress
    var busAddress: IOBA
    var bytes: UInt64
    /// How it was made, and so how it is given back.
    var way: Way

    enum Way: Hashable {
        case pages(shared: Bool)
        case pool
        case mapped(table: Int, shared: Bool)
    }
}

extension GuestKernel {
    /// The order of pages from which on the table refuses an allocation.
    private static let coherentOrderMax = 13

    /// Pages are had in powers of two.
    private func pageOrder(_ bytes: UInt64) -> Int { Self.order((bytes + pageBytes - 1) / pageBytes) }

    /// `dma_alloc_coherent`: zeroed memory.
    mutating func allocateCoherent(_ device: Int, bytes: UInt64, cpu: Int = 0) throws -> Result<
        CoherentMemory, GuestFailure
    > {
        guard bytes > 0, bytes <= configuration.memoryBytes else { return .failure(Self.noPages) }
        platform.spend(Self.mapCycles)
        let size = (bytes + pageBytes - 1) / pageBytes * pageBytes
        let policy = configuration.policy
        switch route(device, coherent: true) {
        case .refused(let failure): return .failure(failure)
        case .table(let table): return try allocateMapped(device, table, size, shares: false, cpu: cpu)
        case .direct(let offset):
            guard configuration.isSecure else { return try allocatePages(device, size, offset, cpu: cpu) }
            return try allocate(policy.coherent, device, size, offset, cpu: cpu)
        case .window(let offset): return try allocate(policy.windowCoherent, device, size, offset, cpu: cpu)
        }
    }

    private mutating func allocate(
        _ way: DMAPolicy.Coherent, _ device: Int, _ bytes: UInt64, _ offset: UInt64, cpu: Int
    ) throws -> Result<CoherentMemory, GuestFailure> {
        switch way {
        case .pages: return try allocatePages(device, bytes, offset, cpu: cpu)
        case .pool: return try allocateFromPool(device, bytes, offset, cpu: cpu)
        case .mapped:
            guard let table = nodes[devices[device].node].table else {
                return .failure(GuestFailure(.mapping, "the device has no table"))
            }
            return try allocateMapped(device, table, bytes, shares: true, cpu: cpu)
        }
    }

    /// The page allocator has no more in one piece, with pages of 64 KiB or 4 KiB (arch/powerpc/Kconfig,
    /// ARCH_FORCE_MAX_ORDER, and before that FORCE_MAX_ZONEORDER).
    private static let pieceMax = UInt64(16) << 20

    /// Pages wherever the page allocator has them.
    private mutating func freshPages(_ bytes: UInt64) -> RealAddress? {
        guard bytes <= Self.pieceMax else { return nil }
        let limit = UInt64(1) << 32
        switch configuration.coherentPlace {
        case .high: return pages.takeHighest(bytes)
        case .low:
            let start = buffer.map { $0.end } ?? 0
            return pages.takeLowest(bytes, from: start, below: limit)
                ?? pages.takeHighest(bytes, below: min(limit, buffer?.start ?? limit))
        }
    }

    private static let noPages = GuestFailure(.mapping, "there are no pages, or not so many in one piece")

    /// Direct: there is no zone for small masks, so pages that are too high are given back and the driver gets none.
    private mutating func allocatePages(
        _ device: Int, _ bytes: UInt64, _ offset: UInt64, cpu: Int
    ) throws -> Result<CoherentMemory, GuestFailure> {
        let whole = pageBytes << UInt64(pageOrder(bytes))
        guard let at = freshPages(whole) else { return .failure(Self.noPages) }
        let (last, overflow) = (at &+ offset).addingReportingOverflow(bytes - 1)
        if overflow || last > devices[device].coherentMask {
            pages.give(at, bytes: whole)
            return .failure(
                GuestFailure(.mapping, "coherent memory at \((at &+ offset).hex) is above the mask"))
        }
        if configuration.isSecure { try share(at, bytes: level.sharesExactPages ? bytes : whole, cpu: cpu) }
        try zero(at, bytes)
        return .success(
            CoherentMemory(
                address: at, busAddress: at &+ offset, bytes: bytes, way: .pages(shared: configuration.isSecure)))
    }

    private mutating func allocateFromPool(
        _ device: Int, _ bytes: UInt64, _ offset: UInt64, cpu: Int
    ) throws -> Result<CoherentMemory, GuestFailure> {
        guard let start = buffer?.start else { return .failure(GuestFailure(.mapping, configuration.noBuffer)) }
        let request = BounceBuffer.Request(
            bytes: bytes, cpu: cpu, pageBytes: pageBytes, bufferAt: start &+ offset,
            segmentMask: devices[device].segmentMask)
        guard let slot = buffer?.take(request, for: nil) ?? nil else {
            return .failure(GuestFailure(.mapping, "swiotlb buffer is full (\(bytes) bytes)"))
        }
        let (last, overflow) = (slot &+ offset).addingReportingOverflow(bytes - 1)
        if overflow || last > devices[device].coherentMask {
            buffer?.give(slot, bytes: bytes)
            return .failure(GuestFailure(.mapping, "the pool's address \((slot &+ offset).hex) is above the mask"))
        }
        try zero(slot, bytes)
        return .success(CoherentMemory(address: slot, busAddress: slot &+ offset, bytes: bytes, way: .pool))
    }

    private mutating func allocateMapped(
        _ device: Int, _ table: Int, _ bytes: UInt64, shares: Bool, cpu: Int
    ) throws -> Result<CoherentMemory, GuestFailure> {
        let shift = tables[table].pageShift
        guard pageOrder(bytes) < Self.coherentOrderMax else {
            return .failure(GuestFailure(.mapping, "coherent memory of \(bytes) bytes is too large"))
        }
        guard let at = freshPages(bytes) else { return .failure(Self.noPages) }
        if shares { try share(at, bytes: bytes, cpu: cpu) }
        try zero(at, bytes)
        let entries = Int((bytes + (1 << UInt64(shift)) - 1) >> UInt64(shift))
        var request = IOMMUTable.Request(npages: entries, cpu: cpu)
        request.alignOrder = Self.order(UInt64(entries))
        request.maskPages = devices[device].coherentMask >> UInt64(shift)
        var place = Placement()
        switch try mapEntries(device, table, request, at, .readWrite, at: &place, cpu: cpu) {
        case .success(let busAddress):
            return .success(
                CoherentMemory(
                    address: at, busAddress: busAddress, bytes: bytes, way: .mapped(table: table, shared: shares)))
        case .failure(let failure):
            if shares { try unshare(at, bytes: bytes, cpu: cpu) }
            pages.give(at, bytes: bytes)
            return .failure(failure)
        }
    }

    private mutating func zero(_ at: RealAddress, _ bytes: UInt64) throws {
        let zeros = [UInt8](repeating: 0, count: Int(min(bytes, 1 << 16)))
        var done = UInt64(0)
        while done < bytes {
            let count = Int(min(bytes - done, UInt64(zeros.count)))
            _ = try platform.machine.writeMemory(at: at + done, zeros.span.extracting(0..<count))
            done += UInt64(count)
        }
    }

    /// `dma_free_coherent`.
    mutating func freeCoherent(_ memory: CoherentMemory, cpu: Int = 0) throws {
        platform.spend(Self.mapCycles)
        switch memory.way {
        case .pool:
            buffer?.give(memory.address, bytes: memory.bytes)
            return
        case .pages(let shared):
            let whole = pageBytes << UInt64(pageOrder(memory.bytes))
            if shared {
                try unshare(memory.address, bytes: level.sharesExactPages ? memory.bytes : whole, cpu: cpu)
            }
            pages.give(memory.address, bytes: whole)
            return
        case .mapped(let table, let shared):
            try unmapInTable(table, memory.busAddress, bytes: memory.bytes, cpu: cpu)
            if shared { try unshare(memory.address, bytes: memory.bytes, cpu: cpu) }
        }
        pages.give(memory.address, bytes: memory.bytes)
    }
}
