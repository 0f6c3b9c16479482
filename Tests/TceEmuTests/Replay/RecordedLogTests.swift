// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

@testable import TceEmu

/// Real logs, and real logs with one digit changed, through import, trace and replay.
struct RecordedLogTests {
    static let directory = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("Fixtures/logs")

    static let names = [
        "vio", "twophb-ddw", "ddw-4k-64k-2m", "hotplug-ddw", "kexec-ddw", "kdump-ddw", "rtas-ddw", "crq-quiesce",
        "virtio-sample",
    ]

    static func load(_ name: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: directory.appendingPathComponent("\(name).log.gz")))
    }

    /// Imports a log, plain or gzip, and replays what came out with every answer compared.
    /// `lines`: of the first differences, at most 20, the lines of the log.
    static func check(
        _ log: [UInt8]
    ) throws -> (report: ImportReport, check: ReplayStatistics.Check, lines: Set<Int>) {
        var importer = QEMULogImporter()
        let output = MemoryStream()
        var writer = try TraceWriter(importer.header, to: output, level: 1)
        var lineOfEvent: [Int] = []
        try LineSource(MemoryStream(log)).forEachLine { line, number in
            try importer.importLine(line, number: number) { event in
                try writer.append(event)
                lineOfEvent.append(Int(number))
            }
        }
        try importer.finish { try writer.append($0) }
        _ = try writer.finish()
        var options = ReplayOptions.functional
        options.check = true
        var replay = try Replay(TraceReader(MemoryStream(output.bytes)), options: options)
        let check = try replay.run().check
        return (importer.report, check, Set(replay.mismatches.map { lineOfEvent[Int($0.event)] }))
    }

    /// The log's lines, inflated.
    static func text(_ log: [UInt8]) throws -> String {
        var bytes: [UInt8] = []
        try LineSource(MemoryStream(log)).forEachLine { line, _ in
            for index in line.indices { bytes.append(line[index]) }
            bytes.append(UInt8(ascii: "\n"))
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    static let answered = ["put ", "get ", "indirect ", "stuff ", "xlate "]

    @Test("Every answer of a real machine is the emulator's, and every one is compared", arguments: names)
    func recorded(name: String) throws {
        let log = try Self.load(name)
        let lines = try Self.text(log).split(separator: "\n").filter { line in
            line.contains("spapr_iommu_") && Self.answered.contains { line.contains("_" + $0) }
        }
        let (report, check, _) = try Self.check(log)
        #expect(report.notUnderstoodLines == 0)
        #expect(check.compared == UInt64(lines.count))
        #expect(check.mismatches == 0)
        #expect(check.rtasMismatches == 0)
    }

    @Test("A real log has its naive replay's answers, too", arguments: ["rtas-ddw", "ddw-4k-64k-2m", "virtio-sample"])
    func naive(name: String) throws {
        let log = try Self.load(name)
        let expected = NaiveReplayer.replay(try Self.text(log))
        let (_, check, _) = try Self.check(log)
        #expect(expected.mismatches.isEmpty)
        #expect(check.compared == UInt64(expected.compared))
    }

    /// Places of the hexadecimal digits of a `tce=` field or of the right side of an arrow.
    static func digits(of line: [UInt8]) -> [Int] {
        for mark in [Array(" tce=0x".utf8), Array(" -> 0x".utf8)] {
            guard let start = line.firstRange(of: mark)?.upperBound else { continue }
            return Array(start..<(line[start...].firstIndex(of: UInt8(ascii: " ")) ?? line.endIndex))
        }
        return []
    }

    @Test("A log with one digit changed differs just where a naive replay says", arguments: 0..<100)
    func oneDigitChanged(number: Int) throws {
        var random = SplitMix64(seed: UInt64(number))
        let name = ["rtas-ddw", "virtio-sample", "virtio-sample", "ddw-4k-64k-2m", "crq-quiesce"][number % 5]
        var lines = try Self.text(Self.load(name)).split(separator: "\n").map { Array($0.utf8) }
        let candidates = lines.indices.filter { !Self.digits(of: lines[$0]).isEmpty }
        let line = candidates[Int(random.below(UInt64(candidates.count)))]
        let places = Self.digits(of: lines[line])
        let place = places[Int(random.below(UInt64(places.count)))]
        let others = Array("0123456789abcdef".utf8).filter { $0 != lines[line][place] }
        lines[line][place] = others[Int(random.below(15))]
        let changed = Array(lines.joined(separator: [UInt8(ascii: "\n")])) + [UInt8(ascii: "\n")]

        let expected = NaiveReplayer.replay(String(decoding: changed, as: UTF8.self))
        let (report, check, differing) = try Self.check(changed)
        #expect(report.notUnderstoodLines == 0)
        #expect(check.compared == UInt64(expected.compared))
        #expect(differing == Set(expected.mismatches.sorted().prefix(20)))
        #expect(
            check.mismatches == UInt64(expected.mismatches.count),
            "log \(name), seed \(number): line \(line + 1) became \(String(decoding: lines[line], as: UTF8.self))")
    }
}
