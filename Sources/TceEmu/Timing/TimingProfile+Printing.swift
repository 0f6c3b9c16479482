// SPDX-License-Identifier: Apache-2.0

extension TimingProfile {
    /// The profile as YAML, with every parameter: what a person edits, and `init(yaml:file:)` reads back.
    public var yaml: String {
        var text = "name: \(quoted(name))\n"
        if !self.text.isEmpty { text += "text: \(quoted(self.text))\n" }
        for parameter in TimingParameter.all {
            let unit = parameter.unit.isEmpty ? "" : " \(parameter.unit)"
            text += "\n# \(parameter.text); \(parameter.range)\(unit)\n"
            text += "\(parameter.key): \(values[parameter.index])\n"
        }
        return text
    }
}

/// A YAML scalar in double quotes.
private func quoted(_ text: String) -> String {
    var inner = ""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "\"", "\\":
            inner += "\\" + String(scalar)
        case " "..."~":
            inner += String(scalar)
        default:
            let digits = String(scalar.value, radix: 16)
            inner += "\\U" + String(repeating: "0", count: 8 - digits.count) + digits
        }
    }
    return "\"\(inner)\""
}
