// SPDX-License-Identifier: Apache-2.0
import Foundation

/// The tables of docs/platforms.md that the tests hold the emulator to.
struct PlatformsDocument {
    /// A row of the table of differences.
    struct Difference {
        let id: String
        /// What each platform does, in the order qemu, kvm, papr.
        let answers: [String]
    }

    let differences: [Difference]
    /// For each script the lines that differ: one text for kvm, one for papr.
    let conformance: [String: [String]]

    static func read() throws -> PlatformsDocument {
        let file = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../../docs/platforms.md").standardizedFileURL
        let rows = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
            .filter { $0.hasPrefix("| ") }
            .map { $0.split(separator: "|", omittingEmptySubsequences: false).dropFirst().dropLast().map(\.trimmed) }
        let differences = rows.filter { $0[0].first == "P" && Int($0[0].dropFirst()) != nil }
            .map { Difference(id: $0[0], answers: Array($0[3..<6])) }
        let conformance = rows.drop { $0[0] != "script" }.filter { $0[0].hasPrefix("`") && $0.count == 3 }
            .map { (String($0[0].dropFirst().dropLast()), Array($0.dropFirst())) }
        return PlatformsDocument(
            differences: differences, conformance: Dictionary(conformance, uniquingKeysWith: { first, _ in first }))
    }
}
