// SPDX-License-Identifier: Apache-2.0
import CTce

/// What the host could not do: no memory, an impossible configuration.
///
/// What a guest or a device does wrong is never one of these: it is a status or a fault, and is returned as data.
public struct MachineError: RawRepresentable, Error, Hashable, Sendable {
    /// The core's number of it (`TCE_ERRORS`).
    public var rawValue: Int32

    public init(rawValue: Int32) {
        self.rawValue = rawValue
    }

    private init(_ code: Int) {
        rawValue = Int32(code)
    }

    /// The host has no memory, or no address space, left.
    public static let noMemory = MachineError(TCE_ERR_NO_MEMORY)

    /// The configuration is not possible: a BUID of 0, an LIOBN of more than 32 bits, a window of half a page.
    public static let configuration = MachineError(TCE_ERR_CONFIG)

    /// The platform is not emulated.
    public static let platform = MachineError(TCE_ERR_PLATFORM)

    /// The I/O page shift is not in 12...34.
    public static let pageShift = MachineError(TCE_ERR_PAGE_SHIFT)

    /// The DMA window is empty or passes the end of the 64-bit bus.
    public static let windowRange = MachineError(TCE_ERR_WINDOW_RANGE)

    /// The DMA window has more than 2^40 TCEs.
    public static let windowSize = MachineError(TCE_ERR_WINDOW_TCES)

    /// The machine has 65,536 DMA windows already.
    public static let tooManyWindows = MachineError(TCE_ERR_WINDOWS)

    /// The LIOBN belongs to another owner already.
    public static let liobnTaken = MachineError(TCE_ERR_LIOBN_TAKEN)

    /// No DMA window has this LIOBN.
    public static let noWindow = MachineError(TCE_ERR_NO_WINDOW)

    /// A PHB has this BUID already.
    public static let buidTaken = MachineError(TCE_ERR_BUID_TAKEN)

    /// No PHB has this BUID.
    public static let noPHB = MachineError(TCE_ERR_NO_PHB)

    /// Throws the error that a call into the core returned, if it is one.
    static func check(_ err: Int32) throws(MachineError) {
        guard err == TCE_OK else { throw MachineError(rawValue: err) }
    }
}

extension MachineError: CustomStringConvertible {
    /// The core's sentence for it, without a full stop.
    public var description: String { unsafe String(cString: tce_err_text(rawValue)) }
}
