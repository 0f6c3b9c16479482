// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

@testable import TceEmu

/// docs/profiles.md against the catalogue and the profiles.
struct ProfileDocumentTests {
    private static let document = packageFile("docs/profiles.md")

    /// The document's table of parameters, as it has to be.
    private static let table: String = {
        var lines = [
            "| key | default | range | units | what it is | source |", "| --- | --- | --- | --- | --- | --- |",
        ]
        for parameter in TimingParameter.all {
            let units = parameter.kind.units.map(\.rawValue).filter { !$0.isEmpty }.joined(separator: ", ")
            let cells = [
                "`\(parameter.key)`", "\(parameter.standard)", parameter.range, units, parameter.text, parameter.source,
            ]
            lines.append("| " + cells.joined(separator: " | ") + " |")
        }
        return lines.joined(separator: "\n") + "\n"
    }()

    /// TCE_WRITE_DOCS=1 in the environment writes the table instead.
    @Test("The document's table of parameters is the catalogue")
    func parameters() throws {
        let text = try String(contentsOf: Self.document, encoding: .utf8)
        let begin = try #require(text.range(of: "<!-- parameters -->\n"))
        let end = try #require(text.range(of: "<!-- end -->"))
        if ProcessInfo.processInfo.environment["TCE_WRITE_DOCS"] == "1" {
            let new = text[..<begin.upperBound] + Self.table + text[end.lowerBound...]
            try Data(new.utf8).write(to: Self.document, options: .atomic)
        } else {
            #expect(text[begin.upperBound..<end.lowerBound] == Self.table)
        }
    }

    @Test("The document names every profile with its text")
    func profiles() throws {
        let text = try String(contentsOf: Self.document, encoding: .utf8)
        for name in TimingProfile.builtInNames {
            let row = "| `\(name)` | \(try TimingProfile(named: name).text) |"
            #expect(text.contains(row), "\(row)")
        }
    }

    @Test("Every YAML example of the document is a profile")
    func examples() throws {
        let text = try String(contentsOf: Self.document, encoding: .utf8)
        let examples = text.components(separatedBy: "```yaml\n").dropFirst()
            .compactMap { $0.components(separatedBy: "```").first }
        #expect(!examples.isEmpty)
        for example in examples { _ = try TimingProfile(yaml: example, file: "example.yaml") }
    }
}
