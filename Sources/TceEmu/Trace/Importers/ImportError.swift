// SPDX-License-Identifier: Apache-2.0

/// What is wrong with a line of a text to import.
public struct ImportError: Error, Hashable, Sendable {
    /// Counted from 1.
    public var line: UInt64
    /// What was expected and what was found.
    public var reason: String

    public init(line: UInt64, _ reason: String) {
        self.line = line
        self.reason = reason
    }
}

extension ImportError: CustomStringConvertible {
    public var description: String { "line \(line): \(reason)" }
}
