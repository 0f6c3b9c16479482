// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import TceEmu

struct Import: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Makes a trace from a log or from text.",
        subcommands: [ImportQEMU.self, ImportText.self])
}

/// What both importers are asked.
struct ImportOptions: ParsableArguments {
    @Option(name: .shortAndLong, help: "The trace to write; - is the standard output.")
    var output: String

    @Option(help: "zlib's compression level, 1 to 9.")
    var level = 6

    func validate() throws {
        guard (1...9).contains(level) else { throw ValidationError("--level is \(level); expected 1 to 9") }
    }
}

struct ImportQEMU: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "qemu",
        abstract: "Imports the spapr_iommu* events of a QEMU trace log, plain or gzip.",
        discussion: """
            Record such a log with
              qemu-system-ppc64 -machine pseries ... -msg timestamp=on -D boot.log \
              -trace 'spapr_iommu*' -trace 'spapr_vio*'

            The exit status is 65 when a spapr_iommu line was not understood; events of other programs are counted.

            Example:
              tce-emu import qemu boot.log.gz -o boot.tcet --memory 2G
            """)

    @Argument(help: "The log, plain or gzip; - is the standard input.")
    var log: String

    @Option(
        help: "Memory of the guest, such as 2G; unknown means that no address is outside it.", transform: parseBytes)
    var memory: UInt64?

    @Option(help: "The command line of the machine, for the trace's header.")
    var command: String?

    @OptionGroup var options: ImportOptions

    func run() throws {
        var importer = QEMULogImporter(QEMULogImporter.Options(memoryBytes: memory, command: command))
        try importTrace(from: log, with: &importer, options)
    }
}

struct ImportText: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "text",
        abstract: "Imports the text that `tce-emu dump` prints, or that you wrote.",
        discussion: """
            Example:
              tce-emu dump boot.tcet | tce-emu import text - -o again.tcet
            """)

    @Argument(help: "The text, plain or gzip; - is the standard input.")
    var file: String

    @OptionGroup var options: ImportOptions

    func run() throws {
        var importer = TextImporter()
        try importTrace(from: file, with: &importer, options)
    }
}

/// Reads lines, writes a trace, says what was not understood.
private func importTrace<Importer: TraceImporter>(
    from path: String, with importer: inout Importer, _ options: ImportOptions
) throws {
    do {
        let lines = LineSource(try openInput(path))
        let target = ImportTarget(try openOutput(options.output), level: options.level)
        var progress = Progress("import", total: fileSize(path))
        var failure: (any Error)?
        do {
            try importer.importAll(lines) { header in
                try target.begin(header)
            } _: { event in
                try target.append(event)
                if target.events % 65_536 == 0 { progress.update(done: lines.bytesRead, events: target.events) }
            }
        } catch {
            // The events before the fault are kept: the trace is whole, the message says what it lacks.
            failure = error
        }
        progress.end()
        try target.finish()
        complain(importer.report, of: path)
        if let failure { throw failure }
        if importer.report.notUnderstoodLines > 0 { throw ExitStatus.dataError }
    } catch {
        throw ExitStatus.describe(error, file: error is FileError ? nil : path)
    }
}

/// The trace that an import writes.
private final class ImportTarget {
    private let output: FileStream
    private let level: Int
    private var writer: TraceWriter?
    private(set) var events: UInt64 = 0

    init(_ output: FileStream, level: Int) {
        self.output = output
        self.level = level
    }

    func begin(_ header: TraceHeader) throws {
        var header = header
        header.writer = header.writer ?? TceEmu.version
        writer = try TraceWriter(header, to: output, level: level)
    }

    func append(_ event: TraceEvent) throws {
        try writer?.append(event)
        events += 1
    }

    func finish() throws {
        if let writer = writer.take() { _ = try writer.finish() }
    }
}

/// What an import met, on the standard error.
private func complain(_ report: ImportReport, of path: String) {
    var text = "\(path): \(report.lines.grouped) lines, \(report.events.grouped) events"
    let foreign = report.foreign.values.reduce(0, +)
    if foreign > 0 { text += ", \(foreign.grouped) lines of other programs" }
    if report.clampedTimes > 0 { text += ", \(report.clampedTimes.grouped) time stamps that went back were clamped" }
    complain(text)
    for note in report.notes { complain("\(path): note: \(note)") }
    for problem in report.notUnderstood {
        complain(
            "\(path):\(problem.firstLine): \(problem.kind) not understood, \(problem.count.grouped) lines like it: "
                + "\(problem.reason): \(problem.firstText)")
    }
}

func parseBytes(_ argument: String) throws -> UInt64 {
    let units: [Character: UInt64] = ["K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40]
    var digits = argument[...]
    var scale: UInt64 = 1
    if let last = digits.last?.uppercased().first, let unit = units[last] {
        scale = unit
        digits.removeLast()
    }
    guard let number = UInt64(digits), case (let bytes, false) = number.multipliedReportingOverflow(by: scale) else {
        throw ValidationError("\(argument) is no size; expected a number of bytes, or one with K, M, G or T")
    }
    return bytes
}
