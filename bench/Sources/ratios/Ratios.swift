// SPDX-License-Identifier: Apache-2.0
import Cases
import Foundation

// Each figure is a ratio of two things run in turn in this process, because the machine's speed drifts: what a
// step costs against the least that it could cost.

@main
struct Ratios {
    static let usage = """
        usage: ratios [--events N] [--traces DIRECTORY] [--logs DIRECTORY] [--tool TCE-EMU --peak PEAK]
                      [--table FILE.md] [--only GROUP]
        """

    static func main() throws {
        var options = CaseOptions()
        var values: [String: String] = [:]
        let words = CommandLine.arguments.dropFirst()
        for (name, value) in zip(words, words.dropFirst()) where name.hasPrefix("--") { values[name] = value }
        let known: Set = ["--events", "--traces", "--logs", "--tool", "--peak", "--table", "--only"]
        guard words.count == 2 * values.count, known.isSuperset(of: values.keys) else {
            FileHandle.standardError.write(Data((usage + "\n").utf8))
            exit(64)
        }
        if let events = values["--events"].flatMap(UInt64.init) { options.events = events }
        if let directory = values["--traces"] { options.traces = try files(in: directory, suffix: ".tcet") }
        if let directory = values["--logs"] { options.logs = try files(in: directory, suffix: ".log.gz") }

        var report = Report(only: values["--only"])
        for group in caseGroups(options) { try report.run(group()) }
        try report.sizes(options.logs)
        if let tool = values["--tool"], let peak = values["--peak"] {
            try report.memory(tool: tool, peak: peak, events: options.events)
        }
        report.printRows()
        if let table = values["--table"] {
            try report.markdown(events: options.events).write(toFile: table, atomically: true, encoding: .utf8)
        }
    }

    private static func files(in directory: String, suffix: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: directory).filter { $0.hasSuffix(suffix) }.sorted()
            .map { directory + "/" + $0 }
    }
}
