// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

@testable import TceEmu

/// A real guest's ftrace text beside the QEMU log of the same run, and the text with bytes changed.
///
/// Where the environment's `TCE_EMU_RECORDINGS` names a directory with the whole recordings, those are read as well.
@Suite("ftrace: recordings")
struct FtraceRecordedTests {
    static let recordings = ProcessInfo.processInfo.environment["TCE_EMU_RECORDINGS"]
        .map { URL(fileURLWithPath: $0) }

    static func load(_ name: String, from directory: URL = RecordedLogTests.directory) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: directory.appendingPathComponent(name)))
    }

    private static let fixtureLines = Result {
        try RecordedLogTests.text(load("ftrace-kprobe.txt.gz")).split(separator: "\n")
    }

    static func importLog(_ bytes: [UInt8]) throws -> Imported {
        var importer = QEMULogImporter()
        var result = Imported()
        try importer.importAll(LineSource(MemoryStream(bytes)), begin: { result.header = $0 }) {
            result.events.append($0)
        }
        result.report = importer.report
        return result
    }

    /// Events by what they are.
    private static func counts(_ imported: Imported) -> [String: Int] {
        var counts: [String: Int] = [:]
        for body in imported.bodies {
            switch body {
            case .observed(let call): counts["hcall \(call.opcode)", default: 0] += 1
            case .guest(let call): counts["\(call.kind)", default: 0] += 1
            default: counts["other", default: 0] += 1
            }
        }
        return counts
    }

    /// Status and duration of each hcall, read straight from the text: the next exit on its CPU.
    private static func naiveHcalls(_ text: String) -> [TraceEvent.Observed] {
        var calls: [TraceEvent.Observed] = []
        var open: [Substring: (index: Int, time: UInt64)] = [:]
        for line in text.split(separator: "\n") where line.contains(": hcall_") {
            let words = line.split(separator: " ")
            let bracket = words.firstIndex { $0.hasPrefix("[") && $0.hasSuffix("]") } ?? 0
            let cpu = words[bracket].dropFirst().dropLast()
            let time = UInt64(words[bracket + 2].filter { $0 != "." && $0 != ":" }) ?? 0
            let opcode = UInt64(words[bracket + 4].dropFirst("opcode=".count)) ?? 0
            if words[bracket + 3] == "hcall_entry:" {
                open[cpu] = (calls.count, time)
                calls.append(TraceEvent.Observed(opcode: opcode, cpu: UInt16(cpu)))
            } else if let entry = open[cpu] {
                calls[entry.index].status = Int32(words[bracket + 5].dropFirst("retval=".count))
                calls[entry.index].duration = time - entry.time
            }
        }
        return calls
    }

    @Test("Every line of a real text is understood, and becomes what the text says")
    func fixture() throws {
        let bytes = try Self.load("ftrace-kprobe.txt.gz")
        let imported = try importFtrace(bytes: bytes)
        #expect(
            Self.counts(imported)
                == ["hcall 32": 1_002, "hcall 312": 1_646, "hcall 316": 656, "map": 1_658, "unmap": 1_646])
        #expect(imported.report.notUnderstood.isEmpty)
        #expect(imported.report.foreign.isEmpty)
        #expect(imported.report.notes.isEmpty)
        #expect(imported.report.clampedTimes == 0)
        #expect(imported.guest.allSatisfy { $0.kind == .unmap || $0.status == 0 })
        #expect(imported.observed == Self.naiveHcalls(try RecordedLogTests.text(bytes)))
    }

    @Test("A guest's maps and unmaps foretell every hcall that QEMU logged, CPU by CPU")
    func agreement() throws {
        let text = try importFtrace(bytes: Self.load("ftrace-kprobe.txt.gz"))
        let log = try Self.importLog(Self.load("ftrace-kprobe.log.gz"))
        let agreement = FtraceAgreement(text: text.events, log: log.events, skip: 0)
        #expect(agreement.compared == 3_304)
        #expect(agreement.equal == 3_304)
        #expect(agreement.inPlace == 3_297)
        #expect(agreement.overtaken == 3)
        #expect(agreement.strays == 0)
        #expect(agreement.idle == 0)
    }

    @Test("The trace of a real text has the text's events, also through its text form")
    func roundTrip() throws {
        let imported = try importFtrace(bytes: Self.load("ftrace-kprobe.txt.gz"))
        let output = MemoryStream()
        var writer = try TraceWriter(imported.header, to: output)
        for event in imported.events { try writer.append(event) }
        _ = try writer.finish()
        var options = ReplayOptions()
        options.check = true
        var replay = try Replay(TraceReader(MemoryStream(output.bytes)), options: options)
        let statistics = try replay.run()
        #expect(statistics.check.mismatches == 0)

        let printer = TextPrinter(header: imported.header)
        var text: [UInt8] = []
        printer.appendHeader(to: &text)
        for event in imported.events { printer.append(event, to: &text) }
        let again = try importText(String(decoding: text, as: UTF8.self))
        #expect(again.events == imported.events)
        #expect(again.header == imported.header)
    }

    @Test(
        "The whole recording agrees with its log, but for the order of calls that two CPUs make at once",
        .enabled(if: recordings != nil))
    func wholeRecording() throws {
        let directory = try #require(Self.recordings)
        let text = try importFtrace(bytes: Self.load("T2-ftrace-kprobe.txt.gz", from: directory))
        #expect(
            Self.counts(text)
                == ["hcall 32": 12_117, "hcall 312": 14_577, "hcall 316": 2_712, "map": 14_829, "unmap": 14_577])
        #expect(text.report.notUnderstoodLines == 0)
        #expect(text.report.notes.isEmpty)
        let log = try Self.importLog(Self.load("T2-ftrace-kprobe.log.gz", from: directory))
        let agreement = FtraceAgreement(text: text.events, log: log.events, skip: 1_130)
        #expect(agreement.compared == 29_406)
        #expect(agreement.equal == 29_406)
        #expect(agreement.inPlace == 29_096)
        #expect(agreement.overtaken == 34)
        #expect(agreement.strays == 0)
        #expect(agreement.idle == 0)
    }

    @Test(
        "The whole recording of hcalls alone has its log's opcodes, CPU by CPU", .enabled(if: recordings != nil))
    func wholeHcalls() throws {
        let directory = try #require(Self.recordings)
        let text = try importFtrace(bytes: Self.load("T-ftrace-hcall.txt.gz", from: directory))
        #expect(Self.counts(text) == ["hcall 32": 11_795, "hcall 312": 14_323, "hcall 316": 2_774])
        #expect(text.observed.allSatisfy { $0.status == 0 && $0.duration != nil })
        let log = try Self.importLog(Self.load("T-ftrace-hcall.log.gz", from: directory))
        let opcodes: [TraceEvent.Hcall.Kind: UInt64] = [.get: 28, .put: 32, .stuff: 312, .putIndirect: 316]
        let calls = log.bodies.compactMap { if case .hcall(let call) = $0 { call } else { nil } }.dropFirst(1_130)
        for cpu in UInt16(0)...1 {
            let seen = text.observed.filter { $0.cpu == cpu }.map(\.opcode)
            let logged = calls.filter { $0.cpu == cpu }.compactMap { opcodes[$0.kind] }
            #expect(seen == Array(logged.prefix(seen.count)))
        }
        #expect(zip(text.observed, calls).count { $0.opcode != opcodes[$1.kind] } < text.observed.count / 50)
    }

    /// Lines of every event, and of everything else that a text may have.
    private static let lines = [
        "# tracer: nop", "# entries-in-buffer/entries-written: 10/11   #P:2", "CPU:1 [LOST 27 EVENTS]",
        "CPU:0 [LOST EVENTS]",
        ftraceLine("1.000001", "sched_switch: prev_comm=a ==> next_comm=b"),
        ftraceLine("1.000002", "free: (tce_free_pSeriesLP+0xc/0x10) liobn=0x80000000 tcenum=0x10 shift=12 npages=1"),
        ftraceLine("1.000003", "buildmulti_ret: (iommu_alloc+0xac/0x130 <- tce_buildmulti_pSeriesLP) ret=-44"),
        ftraceLine("1.000004", "hcall_exit: opcode=32 retval=-4"),
    ]

    @Test("A text with any bytes changed or cut off is imported or refused, in order and in time", arguments: 0..<200)
    func fuzz(number: Int) throws {
        var random = SplitMix64(seed: UInt64(number))
        let whole = try Self.fixtureLines.get()
        let start = Int(random.below(UInt64(whole.count - 300)))
        var lines = whole[start..<start + 300].map(String.init)
        for line in Self.lines { lines.insert(line, at: Int(random.below(UInt64(lines.count)))) }
        if number % 3 == 0 { lines.shuffle(using: &random) }
        var bytes = Array(lines.joined(separator: "\n").utf8)
        for _ in 0..<random.below(400) {
            let place = Int(random.below(UInt64(bytes.count)))
            switch random.below(4) {
            case 0: bytes[place] = UInt8(random.below(256))
            case 1: bytes[place] = Array("0123456789-[]():= \n".utf8)[Int(random.below(19))]
            case 2: bytes.remove(at: place)
            default: bytes.insert(bytes[Int(random.below(UInt64(bytes.count)))], at: place)
            }
        }
        if number % 2 == 0 { bytes.removeLast(Int(random.below(UInt64(bytes.count)))) }
        let imported = try importFtrace(bytes: bytes)
        let times = imported.events.map(\.time)
        #expect(times == times.sorted(), "seed \(number)")
        #expect(imported.report.events == UInt64(imported.events.count), "seed \(number)")
        let taken = imported.report.understood.values.reduce(0, +) + imported.report.foreign.values.reduce(0, +)
        #expect(taken + imported.report.notUnderstoodLines <= imported.report.lines, "seed \(number)")
        #expect(imported.events.count <= Int(imported.report.lines), "seed \(number)")
    }
}
