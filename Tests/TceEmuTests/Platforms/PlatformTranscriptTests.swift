// SPDX-License-Identifier: Apache-2.0
import TceEmu
import Testing

@Suite("Platforms: the scripts of QEMU 7.2 on kvm and papr")
struct PlatformTranscriptTests {
    private static let platforms = [Platform.kvm, .papr]

    @Test(
        "each line that differs is explained, as often as docs/platforms.md says",
        arguments: try QEMUTranscripts.names())
    func explained(_ name: String) throws {
        let documented = try PlatformsDocument.read().conformance[name]
        var summaries: [String] = []
        for platform in Self.platforms {
            var explainer = try TranscriptExplainer(platform)
            for line in try HcallScript(QEMUTranscripts.script(name)).lines { try explainer.run(line) }
            #expect(explainer.unexplained == [])
            #expect(try explainer.recording == QEMUTranscripts.transcript(name))
            summaries.append(explainer.summary)
        }
        #expect(documented == summaries, "| `\(name)` | \(summaries.joined(separator: " | ")) |")
    }

    @Test("the document has a row for each script, and cites rows that there are")
    func document() throws {
        let document = try PlatformsDocument.read()
        #expect(try document.conformance.keys.sorted() == QEMUTranscripts.names())
        let cited = document.conformance.values.joined().flatMap { $0.split(separator: ", ") }
            .compactMap { $0.split(separator: " ").first.map(String.init) }.filter { $0 != "-" }
        #expect(Set(document.differences.map(\.id)).isSuperset(of: cited))
    }
}
