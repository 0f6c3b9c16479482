// SPDX-License-Identifier: Apache-2.0
import CTce

// A device's accesses: their translation, and its reads and writes of guest memory through the IOMMU.

/// What becomes of an access: the real address of its first byte, or why it failed.
public typealias Translation = Result<RealAddress, DMAFault>

/// Contiguous guest memory that a part of an access falls on. It never crosses an I/O page.
public struct DMASegment: Hashable, Sendable {
    public var address: RealAddress
    public var bytes: UInt64

    public init(address: RealAddress, bytes: UInt64) {
        self.address = address
        self.bytes = bytes
    }
}

/// What a device moved.
public struct DMATransfer: Hashable, Sendable {
    /// Bytes moved before the first fault: whole pages, in address order. All of them with `notShared`.
    public var bytes: UInt64

    /// Why it ended early, or nil where it did not.
    ///
    /// `notShared` ends nothing: some bytes were ciphertext, or damaged a frame of the secure guest.
    public var fault: DMAFault?

    public init(bytes: UInt64, fault: DMAFault?) {
        self.bytes = bytes
        self.fault = fault
    }
}

extension Machine {
    /// Translates an access. Every page that it lies on is checked, lowest first, and the first fault is the answer.
    ///
    /// On success the address is that of its first byte; later pages may lie elsewhere, see `segments`.
    ///
    /// - Parameters:
    ///   - bytes: its length; 0 is an access of the byte's page, without a byte.
    ///   - access: what the device does; both is an atomic, and empty one whose direction is not known, which needs any
    ///     permission.
    public func translate(
        _ liobn: LIOBN, _ ioba: IOBA, bytes: UInt64 = 1, for access: DMAAccess
    ) -> Translation {
        var address: UInt64 = 0
        let fault = unsafe tce_translate(handle, liobn, ioba, bytes, access.rawValue, &address)
        return DMAFault(fault).map(Translation.failure) ?? .success(address)
    }

    /// Cuts an access into segments, one for each I/O page. Those before a fault are valid.
    ///
    /// - Complexity: O(n) time and memory for n I/O pages.
    public func segments(
        _ liobn: LIOBN, _ ioba: IOBA, bytes: UInt64, for access: DMAAccess
    ) -> (segments: [DMASegment], fault: DMAFault?) {
        var segments: [DMASegment] = []
        var next = ioba
        var left = bytes
        return unsafe withUnsafeTemporaryAllocation(of: tce_segment.self, capacity: Self.segmentsAtOnce) { piece in
            // A piece ends with a page, so the next one starts at the next page, and at 0 only after the end of the bus.
            while true {
                var count = 0
                let fault = unsafe tce_translate_span(
                    handle, liobn, next, left, access.rawValue, piece.baseAddress, piece.count, &count)
                for index in 0..<count {
                    let segment = unsafe piece[index]
                    segments.append(DMASegment(address: segment.address, bytes: segment.bytes))
                    next &+= segment.bytes
                    left -= segment.bytes
                }
                if let fault = DMAFault(fault) { return (segments, fault) }
                if left == 0 { return (segments, nil) }
                if next == 0 { return (segments, .outsideWindow) }
            }
        }
    }

    /// Translates many accesses of one byte each, the batch of a lookup loop.
    ///
    /// Where there is a fault, the address is left alone.
    ///
    /// - Parameters:
    ///   - addresses: real addresses, one for each IOBA. It must be as long, or longer.
    ///   - faults: one for each IOBA, `absent` for those without. It must be as long, or longer.
    /// - Returns: the number of faults.
    @discardableResult
    public func translate(
        _ liobn: LIOBN, _ iobas: Span<IOBA>, for access: DMAAccess, into addresses: inout MutableSpan<RealAddress>,
        faults: inout MutableSpan<DMAFault>
    ) -> Int {
        precondition(faults.count >= iobas.count, "there is a fault for each IOBA")
        return unsafe faults.withUnsafeMutableBufferPointer { faults in
            // A DMAFault is one UInt8 and nothing else.
            unsafe faults.withMemoryRebound(to: UInt8.self) { faults in
                unsafe translate(liobn, iobas, for: access, into: &addresses, rawFaults: faults.baseAddress)
            }
        }
    }

    /// The same without the faults one by one.
    ///
    /// - Returns: the number of faults.
    public func translate(
        _ liobn: LIOBN, _ iobas: Span<IOBA>, for access: DMAAccess, into addresses: inout MutableSpan<RealAddress>
    ) -> Int {
        unsafe translate(liobn, iobas, for: access, into: &addresses, rawFaults: nil)
    }

    private func translate(
        _ liobn: LIOBN, _ iobas: Span<IOBA>, for access: DMAAccess, into addresses: inout MutableSpan<RealAddress>,
        rawFaults: UnsafeMutablePointer<UInt8>?
    ) -> Int {
        precondition(addresses.count >= iobas.count, "there is a real address for each IOBA")
        return unsafe iobas.withUnsafeBufferPointer { iobas in
            unsafe addresses.withUnsafeMutableBufferPointer { addresses in
                unsafe tce_translate_batch(
                    handle, liobn, iobas.baseAddress, iobas.count, access.rawValue, addresses.baseAddress, rawFaults)
            }
        }
    }

    /// A device reads guest memory into a buffer. After a fault the rest of the buffer is left alone.
    public mutating func dmaRead(_ liobn: LIOBN, _ ioba: IOBA, into buffer: inout MutableSpan<UInt8>) -> DMATransfer {
        unsafe buffer.withUnsafeMutableBufferPointer { buffer in
            var done: UInt64 = 0
            let fault = unsafe tce_dma_read(
                handle, liobn, ioba, buffer.baseAddress, UInt64(buffer.count), &done)
            return DMATransfer(bytes: done, fault: DMAFault(fault))
        }
    }

    /// A device reads guest memory. The answer is all the bytes or the first fault, `notShared` among them.
    ///
    /// - Parameter count: not negative.
    public mutating func dmaRead(_ liobn: LIOBN, _ ioba: IOBA, count: Int) -> Result<[UInt8], DMAFault> {
        var bytes = [UInt8](repeating: 0, count: count)
        var span = bytes.mutableSpan
        let transfer = dmaRead(liobn, ioba, into: &span)
        return transfer.fault.map(Result.failure) ?? .success(bytes)
    }

    /// A device writes guest memory.
    ///
    /// A page that the host has no memory for faults as `notMemory`.
    public mutating func dmaWrite(_ liobn: LIOBN, _ ioba: IOBA, _ bytes: Span<UInt8>) -> DMATransfer {
        unsafe bytes.withUnsafeBufferPointer { bytes in
            var done: UInt64 = 0
            let fault = unsafe tce_dma_write(handle, liobn, ioba, bytes.baseAddress, UInt64(bytes.count), &done)
            return DMATransfer(bytes: done, fault: DMAFault(fault))
        }
    }

    /// A device writes guest memory.
    ///
    /// A page that the host has no memory for faults as `notMemory`.
    public mutating func dmaWrite(_ liobn: LIOBN, _ ioba: IOBA, _ bytes: [UInt8]) -> DMATransfer {
        dmaWrite(liobn, ioba, bytes.span)
    }

    /// Segments that cross into Swift in one call.
    private static var segmentsAtOnce: Int { 64 }
}
