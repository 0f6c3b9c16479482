// SPDX-License-Identifier: Apache-2.0

/// A whole hcall script: statements that drive the guest-visible side of the platform.
///
/// ```swift
/// let script = try HcallScript("H_PUT_TCE 0x80000000 0x1000 0x4001003\nH_GET_TCE 0x80000000 0x1000\n")
/// var machine = try Machine(.pseries)
/// for line in script.lines {
///     if let answer = try machine.run(line.statement) { print(answer) }
/// }
/// ```
///
/// This is for scripts that fit into memory and are right as a whole; `ScriptReader` runs one that comes piece by
/// piece up to its first error.
public struct HcallScript: Hashable, Sendable {
    /// The statements in their order.
    public var lines: [ScriptLine]

    /// Reads a script from text. Throws at the first line that is not of the form.
    public init(_ text: String) throws(ScriptError) {
        try self.init(text.utf8)
    }

    /// Reads a script from bytes. Throws at the first line that is not of the form.
    public init(_ bytes: some Sequence<UInt8>) throws(ScriptError) {
        var reader = ScriptReader()
        reader.append(bytes)
        reader.finish()
        lines = []
        while let line = try reader.next() {
            lines.append(line)
        }
    }
}
