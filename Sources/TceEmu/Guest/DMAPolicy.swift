// SPDX-License-Identifier: Apache-2.0

/// A way for a secure guest to do DMA: what its kernel does with the windows, and which way each mapping goes.
///
/// The alternatives are those of the linuxppc-dev thread of December 2019 on `dma_iommu_ops` for secure guests. A
/// policy says what the kernel does; what comes of it is for a run to show.
public struct DMAPolicy: Hashable, Sendable {
    /// What a dynamic window maps.
    public enum Fill: Hashable, Sendable {
        /// There is none.
        case none
        /// All memory.
        case memory
        /// The bounce buffer. `outward`: rounded to whole TCEs; else as Linux's setrange rounds, which may leave its
        /// tail without a TCE.
        case buffer(outward: Bool)
    }

    /// What becomes of the default window.
    public enum DefaultWindow: Hashable, Sendable {
        /// It serves maps one by one.
        case maps
        /// The bounce buffer is mapped in it for ever, at a low bus address or, `identity`, at its own.
        case buffer(identity: Bool)
        /// It is removed before it has a table.
        case removed
    }

    /// Where coherent memory of a device that goes direct comes from.
    public enum Coherent: Hashable, Sendable {
        /// Any pages, shared; their bus address is the real one and the offset.
        case pages
        /// Slots of the bounce buffer.
        case pool
        /// Any pages, shared, mapped in the default window.
        case mapped
    }

    /// What a secure guest makes of a mask below 64 bits.
    public enum MaskCheck: String, Hashable, Sendable, CaseIterable {
        case off
        /// It is refused.
        case on
        /// Refused, as is each map that does not go direct.
        case closed
    }

    public var name: String
    public var text: String
    /// PCI devices have no DMA operations of the platform: all goes direct.
    public var hasNoOperations = false
    public var fill = Fill.none
    public var defaultWindow = DefaultWindow.maps
    /// Of a device that goes direct through no window, or a dynamic one.
    public var coherent = Coherent.pages
    /// Of one that goes through the bounce buffer in the default window.
    public var windowCoherent = Coherent.pages
    public var maskCheck = MaskCheck.off
    /// How such a guest uses lists, and its kernel, where nobody says otherwise.
    public var multiTCE = MultiTCE.call
    public var level = KernelLevel.v5_5

    /// A plain guest of that kernel: nothing is special.
    public static let plain = DMAPolicy(
        name: "plain", text: "a guest that is not secure", fill: .memory, multiTCE: .on, level: .v6_1)

    /// The policies of the thread, in its order.
    public static let all: [DMAPolicy] = [
        DMAPolicy(name: "P0", text: "no DMA operations: SWIOTLB, the IOMMU ignored (5.4, 5.5)", hasNoOperations: true),
        DMAPolicy(
            name: "P1", text: "dma_iommu_ops: SWIOTLB over a window that maps all memory (the v5 series)", fill: .memory
        ),
        DMAPolicy(
            name: "P1c", text: "P1, and a mask below 64 bits is refused", fill: .memory, maskCheck: .on),
        DMAPolicy(
            name: "P2n", text: "SWIOTLB mapped low in the default window, as worded",
            defaultWindow: .buffer(identity: false)),
        DMAPolicy(
            name: "P2", text: "the same, coherent memory shared and mapped one by one",
            defaultWindow: .buffer(identity: false), windowCoherent: .mapped),
        DMAPolicy(
            name: "P2i", text: "SWIOTLB mapped at its own address in the default window",
            defaultWindow: .buffer(identity: true), windowCoherent: .pool),
        DMAPolicy(
            name: "P3n", text: "a 64-bit window that maps SWIOTLB alone, as worded", fill: .buffer(outward: false)),
        DMAPolicy(
            name: "P3", text: "the same, rounded outward, coherent memory from SWIOTLB", fill: .buffer(outward: true),
            coherent: .pool),
        DMAPolicy(
            name: "P4", text: "P3 for 64-bit devices, P2 for the rest", fill: .buffer(outward: true),
            defaultWindow: .buffer(identity: false), coherent: .pool, windowCoherent: .mapped),
        DMAPolicy(
            name: "P5", text: "the default window removed for one that maps all memory", fill: .memory,
            defaultWindow: .removed),
        DMAPolicy(
            name: "U56", text: "Linux 5.6: P1 without H_PUT_TCE_INDIRECT", fill: .memory, multiTCE: .split, level: .v5_6
        ),
    ]

    public init?(named name: String) {
        guard let policy = (Self.all + [Self.plain]).first(where: { $0.name == name }) else { return nil }
        self = policy
    }

    init(
        name: String, text: String, hasNoOperations: Bool = false, fill: Fill = .none,
        defaultWindow: DefaultWindow = .maps, coherent: Coherent = .pages, windowCoherent: Coherent = .pages,
        maskCheck: MaskCheck = .off, multiTCE: MultiTCE = .call, level: KernelLevel = .v5_5
    ) {
        self.name = name
        self.text = text
        self.hasNoOperations = hasNoOperations
        self.fill = fill
        self.defaultWindow = defaultWindow
        self.coherent = coherent
        self.windowCoherent = windowCoherent
        self.maskCheck = maskCheck
        self.multiTCE = multiTCE
        self.level = level
    }

    /// Both windows hold the bounce buffer: a device goes by the smaller of its masks.
    var choosesByMask: Bool { fill != .none && isBufferInDefaultWindow }

    var isBufferInDefaultWindow: Bool {
        if case .buffer = defaultWindow { true } else { false }
    }
}

/// How a guest uses H_PUT_TCE_INDIRECT and H_STUFF_TCE.
public enum MultiTCE: String, Hashable, Sendable, CaseIterable {
    /// A guest that is not secure: both. In a secure one as `unshared`.
    case on
    /// Both; the list page is shared once for each CPU, for ever.
    case life
    /// Both; the list page is shared, filled and unshared with each use.
    case call
    /// Both; the list page is not shared: the hypervisor reads ciphertext.
    case unshared
    /// Neither (`multitce=off`).
    case off
    /// H_STUFF_TCE alone, as Linux 5.6 does in a secure guest.
    case split
}
