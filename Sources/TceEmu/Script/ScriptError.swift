// SPDX-License-Identifier: Apache-2.0

/// A line of an hcall script that is not of the form.
public struct ScriptError: Error, Hashable, Sendable {
    /// The line, counted from 1.
    public var line: Int

    /// What the form has there.
    public var expected: String

    /// What is there instead.
    public var found: String

    public init(line: Int, expected: String, found: String) {
        self.line = line
        self.expected = expected
        self.found = found
    }
}

extension ScriptError: CustomStringConvertible {
    /// Line, expected, found; with the script's name and a colon before it, a compiler's message.
    public var description: String { "\(line): expected \(expected), found \(found)" }
}
