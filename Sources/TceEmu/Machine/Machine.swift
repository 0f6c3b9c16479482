// SPDX-License-Identifier: Apache-2.0
import CTce

/// A machine with an IOMMU: guest memory, PCI host bridges with their DMA windows, virtual I/O windows.
///
/// A guest's hcalls and RTAS calls fill and remake the windows, and a device's accesses go through them. A guest's
/// mistake is a status, a device's a fault; both are returned. An error is thrown where the host fails.
///
/// ```swift
/// var machine = try Machine(.pseries)
/// let window = machine.defaultWindow
/// let status = machine.putTCE(window.liobn, window.ioba(page: 5), TCE(0x4000000, .readWrite))  // .success
/// let address = try machine.translate(window.liobn, window.ioba(page: 5) + 8, for: .read).get()
/// ```
///
/// A machine is one owner's. It may be handed to another thread, but not shared: the core does not promise that two
/// calls on one machine may overlap, so this type is not `Sendable`. Different machines share nothing.
@safe
public struct Machine: ~Copyable {
    /// What it was made from; of one that was made of a snapshot, what the saved machine was made from.
    ///
    /// Memory and PHBs may have changed since: see `memoryBytes` and `windows`.
    public let configuration: MachineConfiguration

    /// The core's machine, from `init` to `deinit`.
    let handle: OpaquePointer

    /// Makes a machine as it is after a reset: default windows, all TCEs 0, all memory 0.
    public init(_ configuration: MachineConfiguration = .pseries) throws(MachineError) {
        // A noncopyable value cannot be half made: what can throw comes first.
        var raw = try configuration.lowered()
        var handle: OpaquePointer?
        let err = unsafe tce_machine_create(&raw, &handle)
        guard let handle = unsafe handle else { throw MachineError(rawValue: err) }
        self.configuration = configuration
        unsafe self.handle = handle
    }

    /// Takes over a machine of the core.
    init(owning handle: OpaquePointer, _ configuration: MachineConfiguration) {
        self.configuration = configuration
        unsafe self.handle = handle
    }

    deinit {
        unsafe tce_machine_destroy(handle)
    }

    /// Whose answers it gives.
    public var platform: Platform { unsafe Platform(rawValue: tce_machine_platform(handle)) }

    /// Resets the machine: every PHB has its default window alone, all TCEs are 0; memory, PHBs and virtual I/O stay.
    ///
    /// `noMemory`: a default window that was gone could not be made again. Its PHB is as it was, all else is reset.
    public mutating func reset() throws(MachineError) {
        try unsafe MachineError.check(tce_machine_reset(handle))
    }
}
