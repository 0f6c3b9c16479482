// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

@testable import TceEmu

/// docs/time-model.md: its examples against the engine and the reference, its tables against the catalogue.
@Suite("Time: the page")
struct PageExamplesTests {
    private static func page() throws -> String {
        try String(contentsOf: packageFile("docs/time-model.md"), encoding: .utf8)
    }

    /// One fenced trace of the page, with what stands in its comments.
    struct Example: CustomTestStringConvertible {
        var line: Int
        var text: String
        /// What stands behind each event; nil behind one that takes no time.
        var expected: [TimedTrace.Span?] = []
        var counts: [String: UInt64] = [:]
        var options: [String] = []

        var testDescription: String { "line \(line)" }

        init(line: Int, lines: [Substring]) throws {
            self.line = line
            text = lines.joined(separator: "\n") + "\n"
            for line in lines {
                if line.hasPrefix("# options:") {
                    options = line.dropFirst(10).split(separator: " ").map(String.init)
                } else if line.hasPrefix("# counts:") {
                    for pair in line.dropFirst(9).split(separator: " ") {
                        let parts = pair.split(separator: "=").map(String.init)
                        let number: UInt64 = try #require(UInt64(parts[1]), "\(pair)")
                        counts[parts[0]] = number
                    }
                } else if !line.hasPrefix("@") {
                    expected.append(try Self.span(line))
                }
            }
        }

        /// "... # 110 to 332, no_write"
        private static func span(_ line: Substring) throws -> TimedTrace.Span? {
            let parts = line.components(separatedBy: " # ")
            guard parts.count == 2 else { return nil }
            let halves = parts[1].components(separatedBy: ", ")
            let cycles = halves[0].components(separatedBy: " to ").map { UInt64($0) }
            guard cycles.count == 2, let start = cycles[0], let done = cycles[1] else {
                throw ExampleError(text: String(line))
            }
            return TimedTrace.Span(start: start, done: done, fault: halves.count == 2 ? halves[1] : nil)
        }

        func trace(_ base: TimingProfile) throws -> TimedTrace {
            let imported = try importText(text)
            var trace = TimedTrace(events: imported.events, profile: base)
            trace.memoryBytes = imported.header.memoryBytes
            trace.unitNanoseconds = imported.header.unitNanoseconds
            for index in stride(from: 0, to: options.count - 1, by: 2) {
                let value = options[index + 1]
                switch options[index] {
                case "--set": try trace.profile.set(value)
                case "--arrival": trace.arrival = try #require(TimingArrival(rawValue: value))
                case "--eeh": trace.eeh = value == "freeze"
                default: throw ExampleError(text: options[index])
                }
            }
            return trace
        }
    }

    struct ExampleError: Error { var text: String }

    /// The page's blocks of a language, each with the line it begins at.
    private static func blocks(_ language: String) throws -> [(line: Int, lines: [Substring])] {
        var blocks: [(Int, [Substring])] = []
        var isInside = false
        for (number, line) in try page().split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            if line == "```\(language)" {
                blocks.append((number + 1, []))
                isInside = true
            } else if line.hasPrefix("```") {
                isInside = false
            } else if isInside {
                blocks[blocks.count - 1].1.append(line)
            }
        }
        return blocks
    }

    @Test("Every example's cycles are the engine's and the reference's")
    func examples() throws {
        let yaml = try #require(try Self.blocks("yaml").first).lines.joined(separator: "\n")
        let profile = try TimingProfile(yaml: yaml, file: "examples.yaml")
        let blocks = try Self.blocks("trace")
        #expect(blocks.count >= 20)
        for block in blocks {
            let example = try Example(line: block.line, lines: block.lines)
            let trace = try example.trace(profile)
            #expect(example.expected.count == trace.events.count)
            #expect(example.expected.contains { $0 != nil })
            for (side, outcome) in [("engine", try trace.engine()), ("reference", try trace.reference())] {
                for (place, span) in example.expected.enumerated() {
                    #expect(outcome.spans[place] == span, "\(side), line \(block.line), event \(place)")
                }
                for (name, count) in example.counts {
                    #expect(outcome.counts[name] == count, "\(side), line \(block.line), \(name)")
                }
            }
        }
    }

    @Test("Every parameter stands in the table of kinds, under its kind")
    func kinds() throws {
        let names: [TimingParameter.Kind: String] = [
            .cost: "cost", .cycles: "cycles", .bytes: "bytes", .count: "count", .rate: "rate", .clock: "clock",
            .share: "share", .choice: "choice",
        ]
        let rows = try Self.page().split(separator: "\n").filter { $0.hasPrefix("| ") }
        for parameter in TimingParameter.all {
            let name = try #require(names[parameter.kind])
            let row = try #require(rows.first { $0.hasPrefix("| \(name) | ") })
            #expect(row.contains("`\(parameter.key)`"), "\(parameter.key)")
        }
    }

    /// The first cells of the page's rows from a heading on, one text.
    private static func firstCells(from heading: String) throws -> String {
        let page = try page()
        let start = try #require(page.range(of: heading))
        return page[start.upperBound...].split(separator: "\n").filter { $0.hasPrefix("| ") }
            .compactMap { $0.split(separator: "|").first }.joined()
    }

    @Test("Of every rule and every parameter it is said whether it is fact, inference or assumption")
    func provenance() throws {
        let page = try Self.page()
        let cells = try Self.firstCells(from: "## What is fact, what is not")
        let rules = Set(page.matches(of: /\*\*\[([a-z-]+)\]\*\*/).map { String($0.1) })
        #expect(rules.count > 40)
        for rule in rules { #expect(cells.contains("[\(rule)]"), "\(rule)") }
        for parameter in TimingParameter.all { #expect(cells.contains("`\(parameter.key)`"), "\(parameter.key)") }
    }
}
