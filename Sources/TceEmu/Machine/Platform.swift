// SPDX-License-Identifier: Apache-2.0
import CTce

/// Whose answers a machine gives where platforms differ.
public struct Platform: RawRepresentable, Hashable, Sendable {
    /// The core's number of it (`TCE_PLATFORMS`).
    public var rawValue: UInt32

    public init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    /// QEMU 7.2's `pseries` machine without KVM.
    public static let qemu = Platform(rawValue: UInt32(TCE_PLATFORM_QEMU))

    /// KVM's handlers in virtual mode (Linux v6.6), with that QEMU behind them.
    public static let kvm = Platform(rawValue: UInt32(TCE_PLATFORM_KVM))

    /// The text of LoPAR 2.9: what PowerVM should do.
    public static let papr = Platform(rawValue: UInt32(TCE_PLATFORM_PAPR))

    /// Every platform that is emulated.
    public static let all: [Platform] = Array(
        (0...).lazy.map(Platform.init(rawValue:)).prefix { $0.name != nil })

    /// The word for it on a command line ("qemu"), or nil where it is not emulated.
    public var name: String? {
        unsafe tce_platform_name(rawValue).map { unsafe String(cString: $0) }
    }

    /// The platform with a name. The error lists the names that there are.
    public init(named name: String) throws(UnknownPlatform) {
        guard let platform = Self.all.first(where: { $0.name == name }) else { throw UnknownPlatform(name: name) }
        self = platform
    }
}

extension Platform: CustomStringConvertible {
    /// The name, or the number.
    public var description: String { name ?? String(rawValue) }
}

/// A name that is none of an emulated platform.
public struct UnknownPlatform: Error, Hashable, Sendable, CustomStringConvertible {
    public var name: String

    /// What was asked for and what there is.
    public var description: String {
        "platform \"\(name)\" is not emulated; there is \(Platform.all.map(\.description).joined(separator: ", "))"
    }
}
