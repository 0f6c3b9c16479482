// SPDX-License-Identifier: Apache-2.0
import CTce

/// Why a device's access failed.
///
/// An open set: the core may know faults that have no member here; their key and text are right all the same.
public struct DMAFault: RawRepresentable, Error, Hashable, Sendable {
    /// The core's number of it (`TCE_FAULTS`).
    public var rawValue: UInt8

    public init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    private init(_ code: Int) {
        rawValue = UInt8(code)
    }

    /// No fault: what a batch writes for an access that went well. A `Translation` never fails with it.
    public static let absent = DMAFault(TCE_FAULT_NONE)

    /// No DMA window has this LIOBN. The key is `no_window`.
    public static let noWindow = DMAFault(TCE_FAULT_NO_WINDOW)

    /// The IOBA is not in the DMA window. The key is `outside_window`.
    public static let outsideWindow = DMAFault(TCE_FAULT_OUTSIDE_WINDOW)

    /// The TCE does not let the device read. The key is `no_read`.
    public static let noRead = DMAFault(TCE_FAULT_NO_READ)

    /// The TCE does not let the device write. The key is `no_write`.
    public static let noWrite = DMAFault(TCE_FAULT_NO_WRITE)

    /// The real address is not guest memory. The key is `not_memory`.
    public static let notMemory = DMAFault(TCE_FAULT_NOT_MEMORY)

    /// A page of the secure guest is not shared with the hypervisor: ciphertext was read, or the page damaged.
    ///
    /// The key is `not_shared`.
    public static let notShared = DMAFault(TCE_FAULT_NOT_SHARED)

    /// The PE is frozen after an earlier fault. The key is `pe_frozen`.
    public static let frozen = DMAFault(TCE_FAULT_PE_FROZEN)

    /// Every fault that the core knows, without `absent`.
    public static let all: [DMAFault] = Array(
        (1...).lazy.map(DMAFault.init(rawValue:)).prefix { $0.key != nil })

    /// The name in reports ("no_read"), or nil for a number that is no fault.
    public var key: String? {
        unsafe tce_fault_key(UInt32(rawValue)).map { unsafe String(cString: $0) }
    }

    /// The fault of a call into the core, or nil for none.
    init?(_ fault: tce_fault) {
        guard fault != TCE_FAULT_NONE else { return nil }
        rawValue = UInt8(truncatingIfNeeded: fault)
    }
}

extension DMAFault: CustomStringConvertible {
    /// The core's sentence for it, without a full stop.
    public var description: String {
        unsafe tce_fault_text(UInt32(rawValue)).map { unsafe String(cString: $0) } ?? "fault \(rawValue)"
    }
}
