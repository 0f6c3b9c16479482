// SPDX-License-Identifier: Apache-2.0

/// The DMA layer of a Linux guest of pseries: which calls it makes when it boots, when a driver sets its masks, when it
/// maps and unmaps, in the kernel's own order (Linux arch/powerpc/kernel/iommu.c, dma-iommu.c,
/// platforms/pseries/iommu.c, svm.c, kernel/dma).
///
/// It keeps only what the kernel keeps: bitmaps, pools, masks, slots. Tables, frames and windows are the machine's.
struct GuestKernel: ~Copyable {
    let configuration: GuestConfiguration
    var platform: GuestPlatform
    var pages: PageAllocator
    /// Nil: the guest has none.
    var buffer: BounceBuffer?
    var tables: [IOMMUTable] = []
    var nodes: [DMANode] = []
    var devices: [GuestDevice] = []
    /// The page of each CPU for TCE lists, where it has one.
    var listPages: [Int: RealAddress] = [:]
    /// Another kernel ran before this one.
    var isRestarted = false
    /// The last of the list pages has not been used.
    var isFreshListPage = false

    init(_ configuration: GuestConfiguration, profile: TimingProfile) throws {
        // A noncopyable value cannot be half made: what can throw comes first.
        let platform = try Self.platform(of: configuration, profile)
        self.configuration = configuration
        self.platform = platform
        pages = PageAllocator(memoryBytes: configuration.memoryBytes, pageBytes: 1 << UInt64(configuration.pageShift))
    }

    private static func platform(
        of configuration: GuestConfiguration, _ profile: TimingProfile
    ) throws -> GuestPlatform {
        try configuration.check()
        var machine = MachineConfiguration()
        machine.platform = configuration.platform
        machine.memoryBytes = configuration.memoryBytes + configuration.addedMemoryBytes
        machine.phbCount = 0
        return try GuestPlatform(machine, profile: profile)
    }

    var level: KernelLevel { configuration.level }
    var pageBytes: UInt64 { 1 << UInt64(configuration.pageShift) }

    /// "hcall-multi-tce" as the kernel uses it: H_PUT_TCE_INDIRECT.
    var usesLists: Bool { configuration.multiTCE != .off && configuration.multiTCE != .split }

    /// H_STUFF_TCE.
    var usesStuff: Bool { configuration.multiTCE != .off }

    /// The fill of a dynamic window heeds that; before 5.6 it makes lists whatever the features say. `split` came with
    /// the change that mends it.
    var fillsWithLists: Bool { usesLists || (configuration.multiTCE == .off && !level.splitsMultiTCE) }
}

/// A node of the device tree with a DMA window: a PCI host bridge (a PE), or a virtual device.
struct DMANode {
    /// 0: a virtual device.
    let buid: BUID
    let isDDWOffered: Bool
    /// The default window, as the property says.
    let defaultWindow: DMAWindow
    /// Index in the kernel's tables; nil: there is none.
    var table: Int?
    var dynamicWindow: DynamicWindow?
    /// Never asked again for a dynamic window.
    var hasFailed = false
    /// Bus address of the bounce buffer in the default window; nil: it is not there.
    var bufferAt: IOBA?
    /// Why the policy cannot work here; nil: it can.
    var refusal: String?

    var isVirtual: Bool { buid == 0 }
}

/// A window that the guest has made.
struct DynamicWindow: Hashable, Sendable {
    var liobn: LIOBN
    var start: IOBA
    var pageShift: Int
    /// The window has 2^windowShift bytes.
    var windowShift: Int
    /// Memory is mapped in it 1:1; else it has a table.
    var isDirect = true
    /// An earlier kernel made it, and memory that comes or goes leaves it alone.
    var isKept = false
}

/// A device as the kernel keeps it.
struct GuestDevice {
    let node: Int
    /// Masks as they are before a driver sets them.
    var streamingMask = UInt64(UInt32.max)
    var coherentMask = UInt64(UInt32.max)
    /// The last mask that was set lets it go direct.
    var bypasses = false
    /// Bus address less real address, where it goes direct.
    var offset: UInt64 = 0
    /// Bytes of a merged segment at most.
    var segmentBytesMax = UInt64(65536)
    /// Pages of its segment boundary, less 1 in bytes.
    var segmentMask = UInt64(UInt32.max)
}
