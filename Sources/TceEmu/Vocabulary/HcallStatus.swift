// SPDX-License-Identifier: Apache-2.0
import CTce

/// What an hcall answers in R3 (LoPAR 14.5).
///
/// An open set: a platform may answer codes that have no name here.
public struct HcallStatus: RawRepresentable, Hashable, Sendable {
    public var rawValue: Int64

    public init(rawValue: Int64) {
        self.rawValue = rawValue
    }

    /// Done. The PAPR name is `H_SUCCESS`.
    public static let success = HcallStatus(rawValue: 0)

    /// No such hcall. The PAPR name is `H_FUNCTION`.
    public static let function = HcallStatus(rawValue: -2)

    /// An argument is wrong. The PAPR name is `H_PARAMETER`.
    public static let parameter = HcallStatus(rawValue: -4)

    /// The fourth argument is wrong. The PAPR name is `H_P4`.
    public static let p4 = HcallStatus(rawValue: -57)

    /// Not for this caller, or not now. The PAPR name is `H_UNSUPPORTED`.
    public static let unsupported = HcallStatus(rawValue: -67)

    /// Some of the answer is missing. The PAPR name is `H_PARTIAL`.
    public static let partial = HcallStatus(rawValue: 5)

    /// The platform lacks something for this partition. The PAPR name is `H_NOT_ENOUGH_RESOURCES`.
    public static let notEnoughResources = HcallStatus(rawValue: -44)

    /// The PAPR name, or nil where the code has none.
    public var name: String? {
        unsafe tce_h_status_name(rawValue).map { unsafe String(cString: $0) }
    }

    /// The code with a PAPR name.
    public init?(name: String) {
        guard let code = Self.codes[name] else { return nil }
        self = code
    }

    private static let codes: [String: HcallStatus] = {
        var codes: [String: HcallStatus] = [:]
        // The named codes lie between these two (TCE_H_CODES).
        for raw in Int64(-9100)...9999 {
            let status = HcallStatus(rawValue: raw)
            if let name = status.name { codes[name] = status }
        }
        return codes
    }()
}

extension HcallStatus: CustomStringConvertible {
    /// The PAPR name, or the number.
    public var description: String { name ?? String(rawValue) }
}
