// SPDX-License-Identifier: Apache-2.0

/// What is wrong with a line of a text to import.
public struct ImportError: Error, Hashable, Sendable {
    /// Counted from 1.
    public var line: UInt64
    /// What was expected and what was found.
    public var reason: String

    /// The reason may quote the text: of a long one the start is kept, and control characters are not.
    public init(line: UInt64, _ reason: String) {
        self.line = line
        self.reason = reason.plain(max: Self.reasonMax)
    }

    private static let reasonMax = 400
}

extension ImportError: CustomStringConvertible {
    public var description: String { "line \(line): \(reason)" }
}

extension String {
    /// The text without control characters, and cut where it is long.
    func plain(max: Int) -> String {
        let start = String(prefix(max).map { $0.unicodeScalars.allSatisfy(\.isPrintable) ? $0 : "?" })
        return start.utf8.count < utf8.count ? start + "..." : start
    }
}

extension Unicode.Scalar {
    fileprivate var isPrintable: Bool { value >= 0x20 && !(0x7f...0x9f).contains(value) }
}
