// SPDX-License-Identifier: Apache-2.0

/// A kind of device, by what its driver asks of the DMA API and by where the device stands.
public enum DeviceClass: String, Hashable, Sendable, CaseIterable, Codable {
    /// Sets 64 bits for both masks; so with 40 and 32.
    case d64 = "D64"
    case d40 = "D40"
    case d32 = "D32"
    /// Sets a streaming mask of 64 bits, then a coherent one of 32.
    case d64c32 = "D64/32"
    /// Sets a coherent mask of 32 bits, then a streaming one of 64.
    case d32c64 = "D32/64"
    /// Sets no mask.
    case none = "Dnone"
    /// A virtual device of PAPR: no PCI, an LIOBN of its own.
    case vio = "VIO"
    /// virtio without ACCESS_PLATFORM: the driver does not use the DMA API, the device is not behind the IOMMU.
    case virtio = "V-"
    /// The same, the driver forced to use the DMA API.
    case virtioForced = "V-f"
    /// virtio with ACCESS_PLATFORM.
    case virtioPlatform = "V+"

    /// Do its accesses go through the TCEs?
    var isBehindIOMMU: Bool { self != .virtio && self != .virtioForced }
    var usesDMAAPI: Bool { self != .virtio }
    var isVirtio: Bool { self == .virtio || self == .virtioForced || self == .virtioPlatform }

    /// What the driver sets, in its order.
    enum MaskCall: Hashable {
        case both(bits: Int)
        case streaming(bits: Int)
        case coherent(bits: Int)
    }

    var maskCalls: [MaskCall] {
        switch self {
        case .d64, .virtio, .virtioForced, .virtioPlatform: [.both(bits: 64)]
        case .d40: [.both(bits: 40)]
        case .d32: [.both(bits: 32)]
        case .d64c32: [.streaming(bits: 64), .coherent(bits: 32)]
        case .d32c64: [.coherent(bits: 32), .streaming(bits: 64)]
        case .none, .vio: []
        }
    }
}
