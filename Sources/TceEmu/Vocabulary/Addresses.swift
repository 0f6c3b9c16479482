// SPDX-License-Identifier: Apache-2.0

/// The number that names a TCE table.
///
/// Tables have 32-bit LIOBNs; an hcall's argument has all 64 bits of a register, and they count.
public typealias LIOBN = UInt64

/// An address on the I/O bus, as a device sends it or an hcall names it.
public typealias IOBA = UInt64

/// An address in guest memory.
public typealias RealAddress = UInt64

/// The unit id of a PCI host bridge.
public typealias BUID = UInt64

/// What a device may do with a page, or wants to do with it.
public struct DMAAccess: OptionSet, Hashable, Sendable {
    public let rawValue: UInt64

    public init(rawValue: UInt64) {
        self.rawValue = rawValue & 3
    }

    /// The device reads guest memory.
    public static let read = DMAAccess(rawValue: 1)

    /// The device writes guest memory.
    public static let write = DMAAccess(rawValue: 2)

    public static let readWrite: DMAAccess = [.read, .write]
}

/// One entry of a TCE table: a page of guest memory and what a device may do with it (LoPAR 3.2.2.2).
public struct TCE: RawRepresentable, Hashable, Sendable, ExpressibleByIntegerLiteral {
    public var rawValue: UInt64

    public init(rawValue: UInt64) {
        self.rawValue = rawValue
    }

    public init(integerLiteral value: UInt64) {
        rawValue = value
    }

    /// An entry for the page at a real address. The address's low 12 bits are cut off.
    public init(_ page: RealAddress, _ access: DMAAccess) {
        rawValue = page & ~0xfff | access.rawValue
    }

    /// No page and no permission.
    public static let empty: TCE = 0

    /// The permissions: the control field, the two low bits.
    public var access: DMAAccess { DMAAccess(rawValue: rawValue) }
}
