// SPDX-License-Identifier: Apache-2.0
import TceEmu
import Testing

/// One row of a table of edge cases: what happens, and what each platform answers to it.
///
/// The table is text: a statement of an hcall script, then its answer on qemu, kvm and papr between bars; one answer
/// stands for all three, and none for a statement that prints nothing. Letters stand for the statuses, a number for
/// H_SUCCESS with that TCE; anything else is what the transcript has after " = ".
struct EdgeRow: Sendable {
    let name: String
    /// Rows of docs/platforms.md that say why the platforms differ here.
    let sources: [String]
    let hasMultiTCE: Bool
    let lines: [Line]

    struct Line: Sendable {
        let statement: String
        /// One for each of `Platform.all`, or none where nothing is printed.
        let answers: [String]
    }

    init(_ name: String, _ sources: String..., multiTCE: Bool = true, table: String) {
        self.name = name
        self.sources = sources
        hasMultiTCE = multiTCE
        lines = table.split(separator: "\n").map { line in
            let columns = line.split(separator: "|").map { $0.trimmed }
            let answers = columns.dropFirst().map(Self.answer)
            precondition([0, 1, 3].contains(answers.count), "one answer, or one for each platform: \(line)")
            return Line(
                statement: columns[0],
                answers: answers.count == 1 ? Array(repeating: answers[0], count: 3) : answers)
        }
    }

    /// Whether the platforms differ in an answer.
    var differs: Bool { lines.contains { Set($0.answers).count > 1 } }

    private static func answer(_ column: String) -> String {
        if let status = statuses[column] { return status }
        guard column.hasPrefix("0x"), let tce = UInt64(column.dropFirst(2), radix: 16) else { return column }
        let digits = String(tce, radix: 16)
        return "H_SUCCESS 0x" + String(repeating: "0", count: 16 - digits.count) + digits
    }

    private static let statuses = [
        "S": "H_SUCCESS", "P": "H_PARAMETER", "F": "H_FUNCTION", "P4": "H_P4", "PART": "H_PARTIAL",
        "U": "H_UNSUPPORTED",
    ]
}

extension Substring {
    var trimmed: String { String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()) }
}

/// A row in one column.
struct EdgeCase: Sendable, CustomTestStringConvertible {
    let row: EdgeRow
    /// Place of the platform in `Platform.all`.
    let column: Int

    static func all(_ rows: [EdgeRow]) -> [EdgeCase] {
        rows.flatMap { row in Platform.all.indices.map { EdgeCase(row: row, column: $0) } }
    }

    var platform: Platform { Platform.all[column] }
    var testDescription: String { "\(platform): \(row.name)" }

    /// The statements whose answer is not the expected one, or nothing.
    func run() throws -> [String] {
        var configuration = MachineConfiguration.pseries
        configuration.platform = platform
        configuration.hasMultiTCE = row.hasMultiTCE
        var machine = try Machine(configuration)
        var wrong: [String] = []
        for line in row.lines {
            let statement = try #require(try HcallStatement.parse(line.statement))
            let answer = try machine.run(statement).map { String($0.description.afterEquals) }
            let expected = line.answers.isEmpty ? nil : line.answers[column]
            if answer != expected {
                wrong.append("\(line.statement): \(answer ?? "nothing") and not \(expected ?? "nothing")")
            }
        }
        return wrong
    }
}

extension String {
    /// What a line of a transcript has after its first " = ".
    var afterEquals: Substring {
        guard let equals = firstIndex(of: "=") else { return self[...] }
        return self[equals...].dropFirst(2)
    }
}
