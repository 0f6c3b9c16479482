// SPDX-License-Identifier: Apache-2.0

/// What a guest is: its kernel, its memory, how it does DMA.
public struct GuestConfiguration: Hashable, Sendable {
    /// Where the page allocator finds pages for coherent memory.
    public enum PagePlace: String, Hashable, Sendable, CaseIterable {
        /// At the top of memory.
        case high
        /// Below 4 GiB: above the bounce buffer, where there is no room below it.
        case low
    }

    public var level = KernelLevel.v6_1
    public var platform = Platform.qemu
    /// Bytes of memory, contiguous from 0.
    public var memoryBytes = UInt64(2) << 30
    /// The most that memory may become (`ibm,lrdr-capacity`): a dynamic window is made for it. Nil: what there is.
    public var memoryBytesMax: UInt64?
    public var cpus = 2
    /// A page of the kernel's is 2 to this: 12 or 16.
    public var pageShift = 16
    public var isSecure = false
    public var multiTCE = MultiTCE.on
    /// Without `disable_ddw` on the command line.
    public var usesDDW = true
    public var isKdump = false
    public var policy = DMAPolicy.plain
    /// Bytes of the bounce buffer, where there is one, and where it is. Nil: where the kernel puts it.
    public var bufferBytes = UInt64(64) << 20
    public var bufferStart: RealAddress?
    public var coherentPlace = PagePlace.high

    /// PCI host bridges, each a PE, as the platform plugs them.
    public var phbs = [PHBConfiguration()]
    /// Virtual I/O devices, each with a window of 256 MiB.
    public var vioDevices = 0

    public init() {}

    /// A guest of the thread: secure, 32 GiB, Linux 5.5.
    public static func secure(_ policy: DMAPolicy) -> GuestConfiguration {
        var configuration = GuestConfiguration()
        configuration.level = .v5_5
        configuration.memoryBytes = 32 << 30
        configuration.isSecure = true
        configuration.multiTCE = policy.name == "U56" ? .split : .call
        configuration.policy = policy
        return configuration
    }
}
