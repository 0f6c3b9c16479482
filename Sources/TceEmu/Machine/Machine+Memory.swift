// SPDX-License-Identifier: Apache-2.0
import CTce

// Guest memory as the guest sees it: no IOMMU between, and in a secure guest a frame that was paged out comes back. A
// device's view of it is in Machine+DMA.swift, the hypervisor's in Machine+SecureGuest.swift.

extension Machine {
    /// Bytes of guest memory from real address 0 on; nil: not known, and then no real address is outside it.
    public var memoryBytes: UInt64? {
        let bytes = unsafe tce_machine_memory_bytes(handle)
        return bytes == MachineConfiguration.unknownMemory ? nil : bytes
    }

    /// Adds memory at its end or takes it away (hotplug). What was beyond the new end is gone; TCEs that name it stay.
    ///
    /// Throws `configuration` where the size of memory is not known.
    public mutating func setMemoryBytes(_ bytes: UInt64) throws(MachineError) {
        try unsafe MachineError.check(tce_machine_set_memory_bytes(handle, bytes))
    }

    /// Copies guest memory into a buffer. Where there is no memory the bytes are 0.
    ///
    /// - Returns: whether all of it was memory.
    @discardableResult
    public mutating func readMemory(at address: RealAddress, into buffer: inout MutableSpan<UInt8>) -> Bool {
        unsafe buffer.withUnsafeMutableBufferPointer { buffer in
            unsafe tce_memory_read(handle, address, buffer.baseAddress, buffer.count)
        }
    }

    /// Bytes of guest memory. Where there is no memory they are 0.
    ///
    /// - Parameter count: not negative.
    public mutating func readMemory(at address: RealAddress, count: Int) -> [UInt8] {
        // All empty arrays are one object, and the initializer below writes to it: threads would race.
        if count == 0 { return [] }
        return unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, written in
            // The core writes every byte.
            _ = unsafe tce_memory_read(handle, address, buffer.baseAddress, count)
            written = count
        }
    }

    /// Copies bytes into guest memory. Where there is no memory they are dropped. Throws `noMemory`.
    ///
    /// - Returns: whether all of it was memory.
    @discardableResult
    public mutating func writeMemory(at address: RealAddress, _ bytes: Span<UInt8>) throws(MachineError) -> Bool {
        let all = unsafe bytes.withUnsafeBufferPointer { bytes in
            unsafe tce_memory_write(handle, address, bytes.baseAddress, bytes.count)
        }
        return try check(all, at: address, count: bytes.count)
    }

    /// Copies bytes into guest memory. Where there is no memory they are dropped. Throws `noMemory`.
    ///
    /// - Returns: whether all of it was memory.
    @discardableResult
    public mutating func writeMemory(at address: RealAddress, _ bytes: [UInt8]) throws(MachineError) -> Bool {
        try writeMemory(at: address, bytes.span)
    }

    /// The big-endian doubleword at any address. Bytes where there is no memory are 0.
    public mutating func loadDoubleword(at address: RealAddress) -> UInt64 {
        unsafe tce_memory_load64(handle, address)
    }

    /// Writes a big-endian doubleword at any address. Bytes where there is no memory are dropped. Throws `noMemory`.
    ///
    /// - Returns: whether all of it was memory.
    @discardableResult
    public mutating func storeDoubleword(_ value: UInt64, at address: RealAddress) throws(MachineError) -> Bool {
        let all = unsafe tce_memory_store64(handle, address, value)
        return try check(all, at: address, count: MemoryLayout<UInt64>.size)
    }

    /// A write that lies in memory and yet was not all stored found the host without memory: the core says no more.
    private func check(_ all: Bool, at address: RealAddress, count: Int) throws(MachineError) -> Bool {
        guard !all, count != 0 else { return all }
        let (last, passes) = address.addingReportingOverflow(UInt64(count) - 1)
        if memoryBytes.map({ !passes && last < $0 }) ?? true { throw .noMemory }
        return false
    }
}
