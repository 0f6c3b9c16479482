// SPDX-License-Identifier: Apache-2.0
import Foundation
import TceEmu

/// The recordings in Tests/Fixtures/qemu-7.2.
enum QEMUTranscripts {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../Fixtures/qemu-7.2").standardizedFileURL

    /// Names of the scripts, without their suffix.
    static func names() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.path(percentEncoded: false))
            .filter { $0.hasSuffix(".hc") }.map { String($0.dropLast(3)) }.sorted()
    }

    static func script(_ name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: folder.appending(path: name + ".hc")))
    }

    static func transcript(_ name: String) throws -> String {
        try String(contentsOf: folder.appending(path: name + ".out"), encoding: .utf8)
    }
}

/// The transcript of a script on a fresh pseries machine, up to its end or its first error.
func transcript(of script: some Sequence<UInt8>) throws -> String {
    var machine = try Machine(.pseries)
    var text = ""
    for line in try HcallScript(script).lines {
        if let answer = try machine.run(line.statement) { text += "\(answer)\n" }
    }
    return text
}
