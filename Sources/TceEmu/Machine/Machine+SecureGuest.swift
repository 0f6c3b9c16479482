// SPDX-License-Identifier: Apache-2.0
import CTce

// The secure guest: its ultracalls, the ultravisor's hcalls, its frames (Linux Documentation/arch/powerpc/
// ultravisor.rst, kvm/book3s_hv_uvmem.c).

extension Machine {
    /// Makes an ultracall. Whose it is, the guest's or the hypervisor's, follows from its number.
    ///
    /// Throws `noMemory`; nothing has changed then.
    ///
    /// - Parameter arguments: registers from R4 on, at most nine; missing ones are 0.
    @discardableResult
    public mutating func ultracall(
        _ call: Ultracall, _ arguments: [UInt64] = []
    ) throws(MachineError) -> UltracallStatus {
        precondition(arguments.count <= Self.ultracallArguments, "an ultracall has at most nine argument registers")
        var err: Int32 = 0
        let status = unsafe tce_ultracall(handle, call.rawValue, arguments, arguments.count, &err)
        try MachineError.check(err)
        return UltracallStatus(rawValue: status)
    }

    /// R4...R12.
    static let ultracallArguments = 9

    /// Makes one of the hcalls that the ultravisor makes, H_SVM_PAGE_IN and its like, with KVM's checks.
    ///
    /// Throws `noMemory`; nothing has changed then.
    ///
    /// - Parameters:
    ///   - address: real address of a frame.
    ///   - flags: 1 with H_SVM_PAGE_IN: to be shared.
    ///   - order: page shift; a frame's is 16.
    @discardableResult
    public mutating func svmHcall(
        _ opcode: UInt64, address: RealAddress = 0, flags: UInt64 = 0, order: UInt64 = SVMHcall.frameOrder
    ) throws(MachineError) -> HcallStatus {
        var err: Int32 = 0
        let status = unsafe tce_svm_hcall(handle, opcode, address, flags, order, &err)
        try MachineError.check(err)
        return HcallStatus(rawValue: status)
    }

    /// How far the guest is on its way to being secure.
    public var svmState: SVMState {
        unsafe SVMState(rawValue: tce_machine_svm_state(handle)) ?? .normal
    }

    /// The state of the frame that an address lies in; nil: it is not memory.
    public func frameState(at address: RealAddress) -> FrameState? {
        var state: UInt32 = 0
        guard unsafe tce_frame_state_of(handle, address, &state) else { return nil }
        return FrameState(rawValue: state)
    }

    /// What page sharing did so far.
    public var sharing: SharingCounters { unsafe SharingCounters(tce_machine_sharing(handle)) }

    /// Bytes of guest memory as the hypervisor sees them: ciphertext of a secure frame, which is paged out.
    ///
    /// Where there is no memory they are 0.
    ///
    /// - Parameter count: not negative.
    public mutating func hostReadMemory(at address: RealAddress, count: Int) -> [UInt8] {
        // All empty arrays are one object, and the initializer below writes to it: threads would race.
        if count == 0 { return [] }
        return unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, written in
            // The core writes every byte.
            _ = unsafe tce_host_read(handle, address, buffer.baseAddress, count)
            written = count
        }
    }

    /// The hypervisor writes into guest memory. A secure frame is paged out and damaged. Throws `noMemory`.
    ///
    /// Where there is no memory the bytes are dropped.
    ///
    /// - Returns: whether all of it was memory.
    @discardableResult
    public mutating func hostWriteMemory(at address: RealAddress, _ bytes: [UInt8]) throws(MachineError) -> Bool {
        var all = false
        try unsafe MachineError.check(tce_host_write(handle, address, bytes, bytes.count, &all))
        return all
    }
}
