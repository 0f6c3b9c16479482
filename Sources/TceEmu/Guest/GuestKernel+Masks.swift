// SPDX-License-Identifier: Apache-2.0

// What a driver's masks do, and which way a device's mappings go then (Linux arch/powerpc/kernel/dma-iommu.c,
// kernel/dma/mapping.c, direct.c).

/// Which way a mapping goes.
enum DMARoute: Hashable {
    /// Its bus address is its real one and an offset; a secure guest bounces.
    case direct(offset: UInt64)
    /// The same through the default window, with what the policy puts there.
    case window(offset: UInt64)
    /// Through the node's table, page by page.
    case table(Int)
    /// The kernel refuses it.
    case refused(GuestFailure)
}

/// Why the DMA API of the guest said no.
public struct GuestFailure: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Kind: Hashable, Sendable {
        /// A mask was refused: -EIO.
        case mask
        /// No table, no room, an address above the mask: DMA_MAPPING_ERROR or NULL.
        case mapping
        /// The policy found when it began that it cannot work here.
        case policy
    }

    public var kind: Kind
    public var description: String

    init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
    }
}

extension GuestKernel {
    static let allOnes = UInt64.max

    /// `dma_set_mask`, or `dma_set_coherent_mask`. Nil: done; else why not, and the mask is what it was.
    mutating func setMask(_ device: Int, _ mask: UInt64, coherent: Bool, cpu: Int = 0) throws -> GuestFailure? {
        if let failure = try refusal(of: mask, by: device, cpu: cpu) { return failure }
        if coherent { devices[device].coherentMask = mask } else { devices[device].streamingMask = mask }
        return nil
    }

    /// `dma_set_mask_and_coherent`.
    mutating func setMasks(_ device: Int, _ mask: UInt64, cpu: Int = 0) throws -> GuestFailure? {
        if let failure = try setMask(device, mask, coherent: false, cpu: cpu) { return failure }
        return try setMask(device, mask, coherent: true, cpu: cpu)
    }

    /// `dma_supported`: it also decides whether the device goes direct from now on.
    private mutating func refusal(of mask: UInt64, by device: Int, cpu: Int) throws -> GuestFailure? {
        let policy = configuration.policy
        let node = devices[device].node
        let refused = GuestFailure(.mask, "the mask \(mask.hex) is refused")
        let isClosed = configuration.isSecure && policy.maskCheck == .closed
        // A virtual device never goes direct.
        if nodes[node].isVirtual { return isClosed ? refused : tableRefusal(of: mask, node) }
        if policy.hasNoOperations && configuration.isSecure {
            return mask >= leastDirectMask(offset: 0) ? nil : refused
        }
        // Whom the default window serves, small masks are served, too: it asks for one that reaches the buffer.
        if configuration.isSecure, policy.maskCheck != .off, !policy.isBufferInDefaultWindow, mask < Self.allOnes {
            return GuestFailure(.mask, "64-bit DMA required when PEF enabled: mask \(mask.hex)")
        }
        if policy.isBufferInDefaultWindow && configuration.isSecure {
            if policy.choosesByMask, wantsBypass(mask) { _ = try enableDDW(node, mask: mask, cpu: cpu) }
            // Where the policy cannot work it is the maps that are refused.
            guard let at = nodes[node].bufferAt, let buffer else { return nil }
            return mask >= at &+ (buffer.bytes - 1) ? nil : refused
        }
        if wantsBypass(mask), let base = try enableDDW(node, mask: mask, cpu: cpu) {
            devices[device].bypasses = true
            devices[device].offset = base
            return nil
        }
        // What is refused leaves the device as it goes.
        if let refusal = isClosed ? refused : tableRefusal(of: mask, node) { return refusal }
        devices[device].bypasses = false
        return nil
    }

    private func tableRefusal(of mask: UInt64, _ node: Int) -> GuestFailure? {
        guard let table = nodes[node].table else {
            return GuestFailure(.mask, "mask \(mask.hex): table unavailable")
        }
        guard tables[table].offset <= mask >> UInt64(tables[table].pageShift) else {
            return GuestFailure(.mask, "mask \(mask.hex): IOMMU offset too big")
        }
        return nil
    }

    /// Does a mask ask for a window of 64 bits?
    private func wantsBypass(_ mask: UInt64) -> Bool {
        guard configuration.usesDDW else { return false }
        return level.limitsAddressing ? mask > UInt64(UInt32.max) : mask == Self.allOnes
    }

    /// The least mask that direct operations take.
    private func leastDirectMask(offset: UInt64) -> UInt64 {
        let low = UInt64(UInt32.max)
        return level < .v5_10
            ? offset &+ min(low, configuration.memoryBytes - 1) : min(low, configuration.memoryBytes - 1)
    }

    /// The mask that reaches all memory with an offset.
    private func requiredMask(offset: UInt64) -> UInt64 {
        let top = offset &+ (configuration.memoryBytes - 1)
        return top == 0 ? 1 : UInt64.max >> UInt64(top.leadingZeroBitCount)
    }

    // MARK: Routes

    /// Which way a device's streaming, or coherent, mappings go.
    func route(_ index: Int, coherent: Bool) -> DMARoute {
        let policy = configuration.policy, device = devices[index], node = nodes[device.node]
        if node.isVirtual { return closedRoute ?? tableRoute(node) }
        guard configuration.isSecure else { return plainRoute(device, node, coherent: coherent) }
        if policy.hasNoOperations { return .direct(offset: 0) }
        if policy.isBufferInDefaultWindow {
            let smaller = min(device.streamingMask, device.coherentMask)
            if policy.choosesByMask, smaller == Self.allOnes, let window = node.dynamicWindow, window.isDirect {
                return .direct(offset: window.start)
            }
            if let refusal = node.refusal { return .refused(GuestFailure(.policy, refusal)) }
            guard let at = node.bufferAt, let buffer else {
                return .refused(GuestFailure(.policy, configuration.noBuffer))
            }
            return .window(offset: at &- buffer.start)
        }
        return plainRoute(device, node, coherent: coherent)
    }

    private func plainRoute(_ device: GuestDevice, _ node: DMANode, coherent: Bool) -> DMARoute {
        if goesDirect(device, coherent: coherent) { return .direct(offset: device.offset) }
        return closedRoute ?? tableRoute(node)
    }

    /// `dma_iommu_map_bypass` and `dma_iommu_alloc_bypass`, or their successors in the core.
    private func goesDirect(_ device: GuestDevice, coherent: Bool) -> Bool {
        guard device.bypasses else { return false }
        if level.bypassesInCore {
            let mask = coherent ? device.coherentMask : device.streamingMask
            return mask >= requiredMask(offset: device.offset)
        }
        return !coherent || device.coherentMask >= leastDirectMask(offset: device.offset)
    }

    /// Does a sync call copy? Before 5.9 it asked about coherent memory. (Linux dma-iommu.c)
    func syncs(_ index: Int) -> Bool {
        switch route(index, coherent: !level.bypassesInCore) {
        case .direct, .window: true
        case .table, .refused: false
        }
    }

    /// A check that is closed refuses each map of a page that is not shared.
    private var closedRoute: DMARoute? {
        guard configuration.isSecure, configuration.policy.maskCheck == .closed else { return nil }
        return .refused(GuestFailure(.mapping, "a secure guest maps nothing that is not shared"))
    }

    private func tableRoute(_ node: DMANode) -> DMARoute {
        guard let table = node.table else { return .refused(GuestFailure(.mapping, "the device has no table")) }
        return .table(table)
    }
}
