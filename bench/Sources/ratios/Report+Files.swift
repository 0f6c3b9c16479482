// SPDX-License-Identifier: Apache-2.0
import Cases
import Foundation
import TceEmu

// What is not a time: the memory of a replay, the size of files.

extension Report {
    /// Real logs as traces, as `import` writes them, against the logs' gzip files.
    mutating func sizes(_ logs: [String]) throws {
        guard only == nil else { return }
        for path in logs {
            let log = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
            let output = MemoryStream()
            var importer = QEMULogImporter(LogImportOptions())
            var writer = try TraceWriter(importer.header, to: output)
            try importer.importAll(LineSource(MemoryStream(log)), begin: { _ in }) { try writer.append($0) }
            let events = try writer.finish().events
            guard events > 0 else { continue }
            let ratio = Double(output.bytes.count) / Double(log.count)
            let name = (path as NSString).lastPathComponent
            row(
                "file size, \(name)", "its .log.gz", ratio, atLeast: 0.35, aim: 0.28, "x",
                String(
                    format: "%.3fx, %.2f bytes an event, %llu events", ratio,
                    Double(output.bytes.count) / Double(events), events))
        }
    }

    /// Peak memory of `replay` beyond that of `--help`, without the 2 MiB of the window's table.
    mutating func memory(tool: String, peak: String, events: UInt64) throws {
        guard only == nil else { return }
        let file = NSTemporaryDirectory() + "tce-emu-bench-\(getpid()).tcet"
        defer { try? FileManager.default.removeItem(atPath: file) }
        _ = try output(tool, ["generate", "nic", "--events", "\(events)", "--seed", "1", "-o", file])
        let help = try peakKiB(peak, [tool, "--help"])
        for option in ["--functional", "--arrival=trace"] {
            let all = try peakKiB(peak, [tool, "replay", option, file])
            let mebibytes = Double(all - help - 2048) / 1024
            row(
                "memory of `replay \(option)`, \(events) events", "`--help`, and the tables", mebibytes, atLeast: 16,
                aim: 8, " MiB", String(format: "%.1f MiB (%d - %d - 2048 KiB)", mebibytes, all, help))
        }
    }

    private func peakKiB(_ peak: String, _ command: [String]) throws -> Int {
        let printed = try output(peak, command)
        guard let kibibytes = Int(printed) else {
            throw NoFigure(
                description: "\(peak) \(command.joined(separator: " ")): a number of KiB expected, found '\(printed)'")
        }
        return kibibytes
    }

    private func output(_ program: String, _ arguments: [String]) throws -> String {
        let process = Process(), pipe = Pipe()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.standardOutput = pipe
        try process.run()
        let bytes = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(decoding: bytes, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    }
}

/// A command did not say what was asked of it.
private struct NoFigure: Error, CustomStringConvertible {
    let description: String
}
