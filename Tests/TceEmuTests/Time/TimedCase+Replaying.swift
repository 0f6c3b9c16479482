// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import TceEmu

extension TimedCase {
    /// Reads what `description` writes.
    init(replaying text: String) throws {
        let imported = try importText(text)
        var profile = TimingProfile()
        var others: [String: String] = [:]
        let line = try #require(text.split(separator: "\n").first)
        let words = line.split(separator: " ").dropFirst(3).map(String.init)
        for index in stride(from: 0, to: words.count - 1, by: 2) {
            let value = words[index + 1]
            if words[index] == "--set" { try profile.set(value) } else { others[words[index]] = value }
        }
        var configuration = ReferenceConfiguration(try profile.lowered())
        configuration.arrival = try #require(.init(rawValue: others["--arrival"] ?? "trace"))
        configuration.eeh = others["--eeh"] == "freeze"
        configuration.hasMultiTCE = others["--multitce"] != "off"
        configuration.memoryBytes = imported.header.memoryBytes
        configuration.unitNanoseconds = imported.header.unitNanoseconds
        self.init(events: imported.events, configuration: configuration)
    }
}
