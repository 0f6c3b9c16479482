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
    /// Bytes of memory that come above the rest once the guest has booted.
    public var addedMemoryBytes = UInt64(0)
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

    /// Bytes that the bounce buffer really has: the kernel makes whole segments of it.
    public var bufferBytesUsed: UInt64 {
        (bufferBytes + BounceBuffer.mappingMax - 1) / BounceBuffer.mappingMax * BounceBuffer.mappingMax
    }

    /// Why there is no bounce buffer, for a person.
    var noBuffer: String {
        let place = bufferStart.map { "at \($0.hex)" } ?? "where this kernel puts it"
        return "there is no bounce buffer: \(bytes(bufferBytesUsed)) \(place) are not free in "
            + "\(bytes(memoryBytes)) of memory"
    }

    /// A guest of the thread: secure, 32 GiB, with the policy's kernel and its use of lists.
    public static func secure(_ policy: DMAPolicy) -> GuestConfiguration {
        var configuration = GuestConfiguration()
        configuration.level = policy.level
        configuration.memoryBytes = 32 << 30
        configuration.isSecure = true
        configuration.multiTCE = policy.multiTCE
        configuration.policy = policy
        return configuration
    }
}

/// A guest that cannot be: what was expected, and what was found.
public struct GuestConfigurationError: Error, Hashable, Sendable, CustomStringConvertible {
    public var description: String
}

extension GuestConfiguration {
    /// Least memory: the kernel's image and what it needs to boot. Most: what the page allocator keeps a bit for.
    private static let memoryRange = UInt64(64) << 20...UInt64(64) << 40

    /// Most of a default window: a kernel keeps a bit for each of its entries, and clears each.
    private static let windowRange = UInt64(64) << 10...UInt64(64) << 30

    /// A kernel keeps 16 bytes for each slot of its bounce buffer.
    private static let bufferMax = UInt64(16) << 30

    private static func expect(_ holds: Bool, _ what: String, _ found: String) throws(GuestConfigurationError) {
        guard holds else { throw GuestConfigurationError(description: "expected \(what), found \(found)") }
    }

    private static func expect(_ holds: Bool, _ what: String, _ found: UInt64) throws(GuestConfigurationError) {
        try expect(holds, what, String(found))
    }

    /// Throws where a kernel can do nothing with a host bridge's windows.
    static func check(_ phb: PHBConfiguration) throws(GuestConfigurationError) {
        try expect(
            windowRange.contains(phb.windowBytes) && phb.windowBytes % 4096 == 0,
            "a default window of 64 KiB to 64 GiB, a multiple of 4 KiB", phb.windowBytes)
        try expect(
            phb.windowStart % 4096 == 0 && phb.windowStart <= phb.dma64Start &- windowRange.upperBound
                && phb.dma64Start > windowRange.upperBound,
            "a default window at a multiple of 4 KiB, 64 GiB or more below the 64-bit one", phb.windowStart.hex)
    }

    /// Throws where no guest can be made of it.
    public func check() throws(GuestConfigurationError) {
        let memory = Self.memoryRange, frame = UInt64(1) << 16
        try Self.expect(
            memory.contains(memoryBytes) && memoryBytes % frame == 0,
            "memory of 64 MiB to 64 TiB, a multiple of 64 KiB", memoryBytes)
        if let memoryBytesMax {
            try Self.expect(
                memoryBytesMax >= memoryBytes && memoryBytesMax <= memory.upperBound,
                "a maximum of memory from what there is to 64 TiB", memoryBytesMax)
        }
        try Self.expect(
            addedMemoryBytes % frame == 0 && addedMemoryBytes <= (memoryBytesMax ?? memoryBytes) - memoryBytes,
            "added memory of a multiple of 64 KiB, within the maximum of memory", addedMemoryBytes)
        try Self.expect(
            bufferBytes > 0 && bufferBytes <= min(memoryBytes, Self.bufferMax),
            "a bounce buffer of 1 byte to 16 GiB, and in memory", bufferBytes)
        if let bufferStart {
            try Self.expect(bufferStart % frame == 0, "a bounce buffer at a multiple of 64 KiB", bufferStart)
        }
        try Self.expect((1...2048).contains(cpus), "1 to 2,048 processors", UInt64(clamping: cpus))
        try Self.expect(pageShift == 12 || pageShift == 16, "pages of 2^12 or 2^16 bytes", UInt64(clamping: pageShift))
        try Self.expect(!phbs.isEmpty || vioDevices > 0, "a host bridge or a virtual device", 0)
        for phb in phbs { try Self.check(phb) }
    }
}
