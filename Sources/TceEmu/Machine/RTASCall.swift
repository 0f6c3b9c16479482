// SPDX-License-Identifier: Apache-2.0
import CTce

/// An RTAS call, by the token with which a guest makes it.
///
/// Tokens are those of QEMU (include/hw/ppc/spapr.h); LoPAR leaves them to the platform.
public struct RTASCall: RawRepresentable, Hashable, Sendable {
    public var rawValue: UInt32

    public init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    private init(_ token: Int) {
        rawValue = UInt32(token)
    }

    /// Asks what windows a PE can have (LoPAR 7.3.27.1). The name is `ibm,query-pe-dma-window`.
    public static let queryPEDMAWindow = RTASCall(TCE_RTAS_QUERY_PE_DMA_WINDOW)

    /// Makes a window (LoPAR 7.3.27.2). The name is `ibm,create-pe-dma-window`.
    public static let createPEDMAWindow = RTASCall(TCE_RTAS_CREATE_PE_DMA_WINDOW)

    /// Removes a window (LoPAR 7.3.27.3). The name is `ibm,remove-pe-dma-window`.
    public static let removePEDMAWindow = RTASCall(TCE_RTAS_REMOVE_PE_DMA_WINDOW)

    /// Brings the default window back (LoPAR 7.3.27.4). The name is `ibm,reset-pe-dma-window`.
    public static let resetPEDMAWindow = RTASCall(TCE_RTAS_RESET_PE_DMA_WINDOW)

    /// The same call by LoPAR's name, which PAPR alone has. The name is `ibm,reset-pe-dma-windows`.
    public static let resetPEDMAWindows = RTASCall(TCE_RTAS_RESET_PE_DMA_WINDOWS)

    /// Every call that a machine has.
    public static let all: [RTASCall] = [
        .queryPEDMAWindow, .createPEDMAWindow, .removePEDMAWindow, .resetPEDMAWindow, .resetPEDMAWindows,
    ]

    /// The name in the device tree, or nil where the token is none of these.
    public var name: String? {
        unsafe tce_rtas_name(rawValue).map { unsafe String(cString: $0) }
    }

    /// The call with a name.
    public init?(name: String) {
        guard let call = Self.all.first(where: { $0.name == name }) else { return nil }
        self = call
    }
}

extension RTASCall: CustomStringConvertible {
    /// The name, or the token.
    public var description: String { name ?? String(rawValue) }
}

/// What an RTAS call answers in its first return cell (LoPAR 7.3.27.1-4).
///
/// An open set: a platform may answer codes that have no name here.
public struct RTASStatus: RawRepresentable, Hashable, Sendable {
    public var rawValue: Int32

    public init(rawValue: Int32) {
        self.rawValue = rawValue
    }

    private init(_ code: Int) {
        rawValue = Int32(code)
    }

    /// The cell as it is returned: 32 bits without a sign.
    public init(cell: UInt32) {
        rawValue = Int32(bitPattern: cell)
    }

    /// Done. The value is 0.
    public static let success = RTASStatus(TCE_RTAS_SUCCESS)

    /// The platform could not. The value is -1.
    public static let hardware = RTASStatus(TCE_RTAS_HARDWARE)

    /// Not now. The value is -2.
    public static let busy = RTASStatus(TCE_RTAS_BUSY)

    /// An argument, or the number of cells, is wrong. The value is -3.
    public static let parameter = RTASStatus(TCE_RTAS_PARAMETER)
}

extension RTASStatus: CustomStringConvertible {
    /// What it says ("parameter error"), or the number.
    public var description: String {
        unsafe tce_rtas_status_text(rawValue).map { unsafe String(cString: $0) } ?? String(rawValue)
    }
}
