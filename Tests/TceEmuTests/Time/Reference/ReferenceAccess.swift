// SPDX-License-Identifier: Apache-2.0
import TceEmu

/// What one access of a device finds in the tables at its place in the trace.
struct ReferenceAccess: Sendable {
    let configuration: ReferenceConfiguration
    let dma: TraceEvent.DMA
    /// Nil: the LIOBN has none, or no window of the PHB is at the address.
    let window: ReferenceWindow?
    /// The PE; nil: virtual I/O, or nothing.
    let phb: BUID?
    let isFrozen: Bool

    /// The functional answer.
    private(set) var fault: ReferenceFault?
    /// For time. [assumed]
    private(set) var bytes: UInt64 = 0
    private(set) var isWrite = false

    var isAssumed: Bool { dma.length == nil || dma.access == [] }

    init(_ dma: TraceEvent.DMA, _ tables: ReferenceTables, _ configuration: ReferenceConfiguration) {
        self.dma = dma
        self.configuration = configuration
        if let liobn = dma.liobn {
            window = tables.windows[liobn]
            phb = tables.phb(of: liobn)
        } else if let buid = dma.buid, let phb = tables.phbs[buid] {
            window = phb.liobns.compactMap { tables.windows[$0] }.first { $0.contains(dma.ioba) }
            self.phb = buid
        } else {
            window = nil
            phb = nil
        }
        isFrozen = phb.flatMap { tables.phbs[$0]?.isFrozen } ?? false
        fault = isFrozen ? .frozen : fault(from: dma.ioba, bytes: dma.length ?? 0)
        bytes = dma.length ?? min(configuration.assumedBytes, pageRest(dma.ioba))
        isWrite = dma.access == [] ? assumedIsWrite : dma.access == .write
    }

    /// Bytes to the end of the I/O page; where there is none, of the 4 KiB.
    private func pageRest(_ address: IOBA) -> UInt64 {
        guard let window, window.contains(address) else { return 4096 - address % 4096 }
        return window.pageRest(address)
    }

    private var assumedIsWrite: Bool {
        guard let window, !window.isBypass, window.contains(dma.ioba) else { return configuration.assumedIsWrite }
        switch window.value(window.index(dma.ioba)) & 3 {
        case 1: return false
        case 2: return true
        default: return configuration.assumedIsWrite
        }
    }

    // MARK: Pages

    /// The I/O pages that bytes lie on, 0 bytes on one, each with the bytes there. Beyond 2^64 is in no window.
    private func pages(from ioba: IOBA, bytes: UInt64) -> [(address: IOBA, bytes: UInt64, isBeyond: Bool)] {
        guard let window else { return [] }
        var pages: [(address: IOBA, bytes: UInt64, isBeyond: Bool)] = []
        var address = ioba
        var left = bytes
        repeat {
            let here = min(left, window.pageRest(address))
            pages.append((address, here, address < ioba))
            // One page outside the window says it all.
            if address < ioba || !window.contains(address) { break }
            address &+= here
            left -= here
        } while left > 0
        return pages
    }

    /// The first fault, page by page.
    private func fault(from ioba: IOBA, bytes: UInt64, isBeyond: Bool = false) -> ReferenceFault? {
        guard let window else { return .noWindow }
        for page in pages(from: ioba, bytes: bytes) {
            if isBeyond || page.isBeyond || !window.contains(page.address) { return .outsideWindow }
            var real = window.offset(page.address)
            if !window.isBypass {
                let tce = window.value(window.index(page.address))
                if let refusal = refusal(tce) { return refusal }
                let size: UInt64 = 1 << window.shift
                real = tce / size * size + real % size
            }
            let last = real &+ page.bytes &- (page.bytes == 0 ? 0 : 1)
            if !configuration.isMemory(last) { return .notMemory }
        }
        return nil
    }

    private func refusal(_ tce: UInt64) -> ReferenceFault? {
        let allowed = DMAAccess(rawValue: tce & 3)
        if dma.access == [] { return allowed == [] ? .noRead : nil }
        if dma.access.contains(.read) && !allowed.contains(.read) { return .noRead }
        if dma.access.contains(.write) && !allowed.contains(.write) { return .noWrite }
        return nil
    }

    /// The TCEs that its bytes lie on.
    var uses: [ReferenceTCE] {
        guard let window, !window.isBypass else { return [] }
        return pages(from: dma.ioba, bytes: bytes)
            .filter { !$0.isBeyond && window.contains($0.address) }
            .map { ReferenceTCE(life: window.life, index: window.index($0.address)) }
    }

    // MARK: The path

    /// [cut] At multiples of the payload or request size, at multiples of 4 KiB, at the ends of I/O pages.
    var tlps: [ReferenceTLP] {
        var tlps: [ReferenceTLP] = []
        var address = dma.ioba
        var left = bytes
        repeat {
            let here = min(
                left, Self.rest(address, isWrite ? configuration.maxPayload : configuration.maxReadRequest),
                Self.rest(address, 4096), window?.pageRest(address) ?? .max)
            tlps.append(tlp(address, here))
            address &+= here
            left -= here
        } while left > 0
        return tlps
    }

    /// Bytes from an address to the next multiple.
    static func rest(_ address: IOBA, _ multiple: UInt64) -> UInt64 { multiple - address % multiple }

    private func tlp(_ address: IOBA, _ bytes: UInt64) -> ReferenceTLP {
        let isBeyond = address < dma.ioba
        guard !isBeyond, let window, window.contains(address) else {
            let fault: ReferenceFault = isFrozen ? .frozen : window == nil ? .noWindow : .outsideWindow
            return ReferenceTLP(address: address, bytes: bytes, way: .refused, fault: fault)
        }
        // Of an access of unknown length, only the first byte is looked at.
        let isWhole = isFrozen || dma.length == nil
        let fault = isWhole ? self.fault : self.fault(from: address, bytes: bytes)
        if window.isBypass { return ReferenceTLP(address: address, bytes: bytes, way: .bypass, fault: fault) }
        if isFrozen { return ReferenceTLP(address: address, bytes: bytes, way: .refused, fault: fault) }
        let line = ReferenceLine(
            liobn: window.liobn, number: window.index(address) / configuration.tcesPerLine)
        return ReferenceTLP(address: address, bytes: bytes, way: .cache(line), fault: fault)
    }

    /// [vio] Cycles for the TCEs, the memory and the copy; after a fault, for the TCEs up to the one that shows it.
    var softwareCycles: UInt64 {
        guard let window else { return 0 }
        let latency = configuration.memoryLatency
        if fault == nil {
            let tces = UInt64(uses.count) * latency
            return tces + latency + ReferenceConfiguration.rounded(bytes * configuration.vioCopy)
        }
        guard !window.isBypass else { return 0 }
        var looked: UInt64 = 0
        for page in pages(from: dma.ioba, bytes: dma.length ?? 0) where !page.isBeyond && window.contains(page.address)
        {
            looked += 1
            if fault(from: page.address, bytes: page.bytes) != nil { break }
        }
        return looked * latency
    }
}
