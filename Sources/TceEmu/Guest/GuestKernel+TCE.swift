// SPDX-License-Identifier: Apache-2.0

// The hcall layer: how a run of TCEs is written and cleared (Linux arch/powerpc/platforms/pseries/iommu.c).

extension GuestKernel {
    /// The TCEs of one H_STUFF_TCE, where the kernel keeps to PAPR's limit.
    static let stuffMax = 512

    /// Writes the TCEs of a run; false where the platform lacks resources, and then none stand. Any other error is
    /// only printed by the kernel, and told to nobody.
    mutating func build(
        _ table: Int, entry: Int, npages: Int, _ address: RealAddress, _ access: DMAAccess, cpu: Int
    ) throws -> Bool {
        let (liobn, shift) = (tables[table].liobn, tables[table].pageShift)
        let ioba = (tables[table].offset + UInt64(entry)) << UInt64(shift)
        let run = TCERun(
            liobn: liobn, shift: shift, ioba: ioba, count: npages, first: address & ~(1 << UInt64(shift) - 1),
            access: access)
        guard npages > 1, usesLists, let list = listPage(cpu: cpu) else { return try buildOneByOne(run, cpu: cpu) }
        let (made, status) = try buildWithList(list, run, cpu: cpu)
        guard status == .notEnoughResources else { return true }
        try clear(liobn, shift, ioba, made, cpu: cpu)
        return false
    }

    /// Lists of at most 512 TCEs, until one is refused: TCEs of the calls before that, and the status of the last. A
    /// run of no TCEs is one call, too.
    private mutating func buildWithList(
        _ list: RealAddress, _ run: TCERun, cpu: Int
    ) throws -> (made: Int, status: HcallStatus) {
        try withList(list, cpu: cpu) { kernel in
            var made = 0
            repeat {
                let count = min(run.count - made, GuestPlatform.runMax), offset = UInt64(made) << UInt64(run.shift)
                let status = try kernel.platform.putTCEIndirect(
                    cpu: cpu, run.liobn, run.ioba &+ offset, list: list,
                    from: TCE(rawValue: (run.first + offset) | run.access.rawValue), step: 1 << UInt64(run.shift),
                    count: count)
                guard status == .success else { return (made, status) }
                made += count
            } while made < run.count
            return (made, .success)
        }
    }

    private mutating func buildOneByOne(_ run: TCERun, cpu: Int) throws -> Bool {
        let (made, status) = try platform.putTCEs(
            cpu: cpu, run.liobn, from: run.ioba, pageShift: run.shift, count: run.count,
            first: TCE(rawValue: run.first | run.access.rawValue), step: 1 << UInt64(run.shift))
        guard status == .notEnoughResources else { return true }
        try clearOneByOne(run.liobn, run.shift, run.ioba, made - 1, cpu: cpu)
        return false
    }

    private mutating func clearOneByOne(_ liobn: LIOBN, _ shift: Int, _ ioba: IOBA, _ npages: Int, cpu: Int) throws {
        _ = try platform.putTCEs(
            cpu: cpu, liobn, from: ioba, pageShift: shift, count: npages, first: .empty, step: 0)
    }

    /// Clears TCEs. What the platform answers is only printed.
    mutating func clear(_ liobn: LIOBN, _ shift: Int, _ ioba: IOBA, _ npages: Int, cpu: Int) throws {
        guard usesStuff else {
            try clearOneByOne(liobn, shift, ioba, npages, cpu: cpu)
            return
        }
        guard level.limitsStuffTCE else {
            // One call, of no TCEs where there are none.
            _ = try platform.stuffTCE(cpu: cpu, liobn, ioba, .empty, npages: npages)
            return
        }
        for first in stride(from: 0, to: npages, by: Self.stuffMax) {
            _ = try platform.stuffTCE(
                cpu: cpu, liobn, ioba + UInt64(first) << UInt64(shift), .empty,
                npages: min(Self.stuffMax, npages - first))
        }
    }

    // MARK: Ranges of a dynamic window

    /// Entries that a range of memory gets in a window: from its start, rounded down, as many whole ones as the length
    /// and what was rounded make. The tail of a range that does not end at a TCE's end gets none.
    static func entries(_ start: RealAddress, bytes: UInt64, shift: Int) -> (first: RealAddress, count: Int) {
        let page = UInt64(1) << UInt64(shift), rest = start % page
        return (start - rest, Int((bytes + rest) / page))
    }

    /// Maps a range of memory 1:1 into a window. The status of the call that failed, or success.
    mutating func setRange(
        _ window: DynamicWindow, _ start: RealAddress, bytes: UInt64, cpu: Int
    ) throws -> HcallStatus {
        let shift = window.pageShift
        let (first, count) = Self.entries(start, bytes: bytes, shift: shift)
        let run = TCERun(
            liobn: window.liobn, shift: shift, ioba: window.start &+ first, count: count, first: first,
            access: .readWrite)
        guard fillsWithLists, let list = listPage(cpu: cpu) else {
            return try buildOneByOne(run, cpu: cpu) ? .success : .notEnoughResources
        }
        return try buildWithList(list, run, cpu: cpu).status
    }

    /// Clears a range of a window: H_STUFF_TCE whatever the features say, 512 TCEs a call, until one is refused. A
    /// range of no whole TCE is one call, too.
    mutating func clearRange(_ window: DynamicWindow, _ start: RealAddress, bytes: UInt64, cpu: Int) throws {
        let (first, count) = Self.entries(start, bytes: bytes, shift: window.pageShift)
        var made = 0
        repeat {
            let run = min(Self.stuffMax, count - made)
            let status = try platform.stuffTCE(
                cpu: cpu, window.liobn, window.start &+ first &+ UInt64(made) << UInt64(window.pageShift), .empty,
                npages: run)
            guard status == .success else { return }
            made += run
        } while made < count
    }

    // MARK: The list page

    /// The CPU's page for lists, taken when it first needs one and kept; nil: there is no memory.
    private mutating func listPage(cpu: Int) -> RealAddress? {
        if let page = listPages[cpu] { return page }
        guard let page = pages.takeLowest(pageBytes, from: 0) else { return nil }
        listPages[cpu] = page
        isFreshListPage = true
        return page
    }

    /// Uses the list page as the setting says.
    private mutating func withList<Result>(
        _ page: RealAddress, cpu: Int, _ body: (inout GuestKernel) throws -> Result
    ) throws -> Result {
        let isFresh = isFreshListPage
        isFreshListPage = false
        let isShared =
            configuration.isSecure
            && (configuration.multiTCE == .call || (configuration.multiTCE == .life && isFresh))
        if isShared { try share(page, bytes: pageBytes, cpu: cpu) }
        let result = try body(&self)
        if configuration.isSecure, configuration.multiTCE == .call { try unshare(page, bytes: pageBytes, cpu: cpu) }
        return result
    }

    // MARK: Sharing

    /// A frame that the ultravisor shares: 64 KiB.
    static let frameShift = UInt64(16)

    /// Shares memory with the hypervisor. What the ultravisor answers is ignored.
    mutating func share(_ start: RealAddress, bytes: UInt64, cpu: Int) throws {
        try platform.ultracall(cpu: cpu, .sharePage, [start >> Self.frameShift, (bytes + 0xffff) >> Self.frameShift])
    }

    mutating func unshare(_ start: RealAddress, bytes: UInt64, cpu: Int) throws {
        try platform.ultracall(cpu: cpu, .unsharePage, [start >> Self.frameShift, (bytes + 0xffff) >> Self.frameShift])
    }
}

/// TCEs of one table for memory that lies in one piece.
private struct TCERun {
    var liobn: LIOBN
    var shift: Int
    /// Bus address of the first.
    var ioba: IOBA
    var count: Int
    /// The I/O page of memory that the first names.
    var first: RealAddress
    var access: DMAAccess
}
