// SPDX-License-Identifier: Apache-2.0

/// How a guest's Linux kernel behaves, by its version: the DMA layer of each level differs from the one before it.
///
/// A version between two levels behaves as the lower one. 6.1 is that of Debian's stable kernel, which took the limit
/// on H_STUFF_TCE and the table over a dynamic window from later ones.
public struct KernelLevel: Hashable, Sendable, Comparable, CustomStringConvertible {
    public static let v5_4_0 = KernelLevel(5, 4, 0)
    public static let v5_5 = KernelLevel(5, 5, 0)
    public static let v5_6 = KernelLevel(5, 6, 0)
    public static let v5_10 = KernelLevel(5, 10, 0)
    public static let v5_17 = KernelLevel(5, 17, 0)
    public static let v6_1 = KernelLevel(6, 1, 0)
    public static let v6_4 = KernelLevel(6, 4, 0)
    public static let v6_15 = KernelLevel(6, 15, 0)

    /// Every level, ascending.
    public static let all = [v5_4_0, v5_5, v5_6, v5_10, v5_17, v6_1, v6_4, v6_15]

    private let version: [Int]

    private init(_ parts: Int...) {
        version = parts
    }

    /// The highest level not above a version such as "5.9" or "6.1.0-47"; nil for what is no version, or one before the
    /// first level.
    public init?(_ text: some StringProtocol) {
        let plain = text.prefix { $0 == "." || ($0.isASCII && $0.isNumber) }
        var parts = plain.split(separator: ".", omittingEmptySubsequences: false).map { Int($0) ?? -1 }
        guard (1...3).contains(parts.count), parts.allSatisfy({ $0 >= 0 }) else { return nil }
        let rest = text.dropFirst(plain.count)
        guard rest.isEmpty || rest.hasPrefix("-") || rest.hasPrefix("+") else { return nil }
        while parts.count < 3 { parts.append(0) }
        guard let level = Self.all.last(where: { !parts.lexicographicallyPrecedes($0.version) }) else { return nil }
        self = level
    }

    public static func < (a: KernelLevel, b: KernelLevel) -> Bool {
        a.version.lexicographicallyPrecedes(b.version)
    }

    /// The level's name: "5.4.0", "5.5", "6.1".
    public var description: String {
        self == .v5_4_0 ? "5.4.0" : version.prefix(2).map(String.init).joined(separator: ".")
    }
}

// What changed, each with the first level that has it.
extension KernelLevel {
    /// "hcall-multi-tce" sets two features, and a secure guest clears the one of H_PUT_TCE_INDIRECT alone; the fill of
    /// a dynamic window heeds it (Linux commit range of powerpc-5.6-1).
    var splitsMultiTCE: Bool { self >= .v5_6 }

    /// H_STUFF_TCE names at most 512 TCEs (Linux commit 9d2ccf00bddc, 6.4, and stable kernels).
    var limitsStuffTCE: Bool { self >= .v6_1 }

    /// The allocator tries the large pool last (between 5.10 and 5.17).
    var triesLargePoolLast: Bool { self >= .v5_17 }

    /// The core tests for bypass, by mapping and by mask (5.9).
    var bypassesInCore: Bool { self >= .v5_10 }

    /// Shares the pages that a coherent allocation needs, not all of the power of two that it takes.
    var sharesExactPages: Bool { self >= .v5_10 }

    /// A default window that leaves no room for another is removed.
    var replacesDefaultWindow: Bool { self >= .v5_10 }

    /// The largest page size offered is taken; a window may be smaller than memory, with a table over it.
    var takesLargestPage: Bool { self >= .v5_17 }

    /// Page sizes of a dynamic window that the kernel knows, in the order in which it tries them.
    public var windowPageShifts: [Int] { takesLargestPage ? [34, 28, 27, 26, 25, 24, 21, 16, 12] : [24, 16, 12] }

    /// The table lies over a dynamic window that an earlier kernel left (Linux commit 09a3c1e46142, and stable kernels;
    /// not in 6.4).
    var reusesWindowAsTable: Bool { self == .v6_1 || self >= .v6_15 }

    /// A window that an earlier kernel made is not changed when memory comes or goes.
    var keepsEarlierWindow: Bool { self >= .v5_17 }

    /// Masks between 33 and 63 bits ask for a window, too.
    var limitsAddressing: Bool { self >= .v6_15 }

    /// A node without its default window has no table.
    var dropsTable: Bool { self >= .v6_15 }

    /// A map always fills its bounce slots (Linux 5.18 and the stable trees of 5.10).
    var alwaysBounces: Bool { self == .v5_10 || self >= .v6_1 }

    /// A bounce buffer has one area for each CPU.
    var dividesBuffer: Bool { self >= .v6_1 }

    /// Where a secure guest puts its bounce buffer.
    enum BufferPlace {
        /// As high as possible below 4 GiB.
        case below4GiB
        /// As low as possible, below 4 GiB.
        case low
        /// As low as possible, anywhere.
        case anywhere
    }

    var bufferPlace: BufferPlace {
        self == .v5_4_0 ? .below4GiB : self < .v5_10 ? .low : .anywhere
    }
}
