// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

@testable import TceEmu

/// docs/statistics.md against the core's catalogue of counters.
@Suite("The page of statistics", .serialized)
struct StatisticsDocumentTests {
    private static let document = packageFile("docs/statistics.md")

    /// The document's table of a catalogue, as it has to be.
    private static func table(_ catalogue: TimeCounter.Catalogue) -> String {
        let isStages = catalogue == .stages
        var lines =
            isStages
            ? ["| key | | what it is |", "| --- | --- | --- |"]
            : ["| key | unit | what it is |", "| --- | --- | --- |"]
        for counter in TimeCounter.all(catalogue) {
            let middle = isStages ? counter.waits ? "waits" : "works" : counter.unit
            lines.append("| `\(counter.key)` | \(middle) | \(counter.text) |")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// TCE_WRITE_DOCS=1 in the environment writes the tables instead.
    @Test("The document's tables are the catalogue", arguments: TimeCounter.Catalogue.allCases)
    func tables(catalogue: TimeCounter.Catalogue) throws {
        let text = try String(contentsOf: Self.document, encoding: .utf8)
        let begin = try #require(text.range(of: "<!-- \(catalogue) -->\n"), "\(catalogue)")
        let end = try #require(text[begin.upperBound...].range(of: "<!-- end -->"))
        if ProcessInfo.processInfo.environment["TCE_WRITE_DOCS"] == "1" {
            let new = text[..<begin.upperBound] + Self.table(catalogue) + text[end.lowerBound...]
            try Data(new.utf8).write(to: Self.document, options: .atomic)
        } else {
            #expect(text[begin.upperBound..<end.lowerBound] == Self.table(catalogue))
        }
    }

    @Test("Every key of the JSON is in the document")
    func keys() throws {
        let text = try String(contentsOf: Self.document, encoding: .utf8)
        let trace = try TimedReplay.generated(.nic, events: 2000)
        var options = ReplayOptions()
        options.timing?.intervalNanoseconds = 1000
        var replay = try Replay(TraceReader(MemoryStream(trace)), options: options)
        var statistics = try replay.run()
        statistics.timing?.observedHcalls["H_PUT_TCE"] = TimeStatistics.ObservedHcall(modelCyclesPerCall: 1)
        let tree = try JSONSerialization.jsonObject(with: Data(jsonReport(statistics).utf8))
        var missing: Set<String> = []
        func visit(_ node: Any) {
            if let list = node as? [Any] { list.forEach(visit) }
            guard let object = node as? [String: Any] else { return }
            for (key, value) in object {
                // Values of maps whose keys are names of this trace or of the profile.
                let isName = key.first.map { $0.isUppercase } == true || TimingParameter(key: key) != nil
                if !isName, !text.contains("`\(key)`") { missing.insert(key) }
                visit(value)
            }
        }
        visit(tree)
        #expect(missing.isEmpty)
    }
}
