// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import TceEmu

struct Import: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Makes a trace from a log or from text.",
        subcommands: [ImportQEMU.self, ImportFtrace.self, ImportText.self])
}

/// What all importers are asked.
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

    @OptionGroup var machine: RecordedMachine

    @Flag(help: "Put the maps and unmaps of the DMA API before the hcalls that tell of them.")
    var lift = false

    @OptionGroup var options: ImportOptions

    func run() throws {
        var importer = QEMULogImporter(machine.options)
        try importTrace(
            from: log, with: &importer, options, lifts: lift,
            ifEmpty: "was it recorded with -trace 'spapr_iommu*'?")
    }
}

struct ImportFtrace: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ftrace",
        abstract: "Imports the hcalls, DMA maps and unmaps of a Linux guest's ftrace text, plain or gzip.",
        discussion: """
            Record such a text in the guest with
              cd /sys/kernel/tracing
              echo 'opcode==28 || opcode==32 || opcode==312 || opcode==316' |
                tee events/powerpc/hcall_entry/filter events/powerpc/hcall_exit/filter
              echo 1 | tee events/powerpc/hcall_entry/enable events/powerpc/hcall_exit/enable
              ...
              cat trace > boot.txt
            Maps and unmaps need probes on the guest's functions: docs/ftrace.md has them.

            The exit status is 65 when a line of these events was not understood; other events are counted.

            Example:
              tce-emu import ftrace boot.txt.gz -o boot.tcet --memory 2G
            """)

    @Argument(help: "The text, plain or gzip; - is the standard input.")
    var log: String

    @OptionGroup var machine: RecordedMachine

    @OptionGroup var options: ImportOptions

    func run() throws {
        var importer = FtraceImporter(machine.options)
        try importTrace(
            from: log, with: &importer, options,
            ifEmpty: "were powerpc:hcall_entry and powerpc:hcall_exit enabled?")
    }
}

/// What a log does not tell of its machine.
struct RecordedMachine: ParsableArguments {
    @Option(
        help: "Memory of the guest, such as 2G; unknown means that no address is outside it.", transform: parseBytes)
    var memory: UInt64?

    @Option(help: "The command line of the machine, for the trace's header.")
    var command: String?

    var options: LogImportOptions { LogImportOptions(memoryBytes: memory, command: command) }
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
        try importTrace(from: file, with: &importer, options, ifEmpty: "docs/text-form.md has examples")
    }
}

/// Reads lines, writes a trace, says what was not understood.
private func importTrace<Importer: TraceImporter>(
    from path: String, with importer: inout Importer, _ options: ImportOptions, lifts: Bool = false,
    ifEmpty hint: String
) throws {
    do {
        let input = try openInput(path)
        if isSameFile(path, options.output) {
            throw FileError(
                description: "\(options.output) is the input: name another output", status: ExitStatus.cannotCreate)
        }
        let lines = LineSource(input)
        let target = ImportTarget(options)
        var lifter = TraceLifter()
        var progress = Progress("import", total: fileSize(path))
        defer { progress.end() }
        var failure: (any Error)?
        do {
            try importer.importAll(lines) { header in
                try target.begin(header)
            } _: { event in
                for event in lifts ? lifter.lift(event) : [event] { try target.append(event) }
                if target.events % 65_536 == 0 { progress.update(done: lines.bytesRead, events: target.events) }
            }
            for event in lifter.finish() { try target.append(event) }
            try target.finish()
        } catch let error as TraceError where error.kind == .closedPipe || error.kind == .output {
            throw error
        } catch {
            failure = error
        }
        progress.end()
        if let failure {
            // The events before the fault are kept, in a trace without its end: every reader says that it is cut.
            for event in lifter.finish() { try target.append(event) }
            try target.abandon()
            complain(importer.report, of: path, ifEmpty: hint)
            throw failure
        }
        complain(importer.report, of: path, ifEmpty: hint)
        if lifts { complain(lifter.counts, of: path) }
        if importer.report.notUnderstoodLines > 0 { throw ExitStatus.dataError }
    } catch {
        throw ExitStatus.describe(error, file: error is FileError ? nil : path)
    }
}

/// The trace that an import writes.
private final class ImportTarget {
    private let options: ImportOptions
    private var writer: TraceWriter?
    private(set) var events: UInt64 = 0

    init(_ options: ImportOptions) {
        self.options = options
    }

    /// The output is made here, when the first lines have been read.
    func begin(_ header: TraceHeader) throws {
        var header = header
        header.writer = header.writer ?? TceEmuPackage.nameAndVersion
        writer = try TraceWriter(header, to: openOutput(options.output), level: options.level)
    }

    func append(_ event: TraceEvent) throws {
        try writer?.append(event)
        events += 1
    }

    func finish() throws {
        if let writer = writer.take() { _ = try writer.finish() }
    }

    func abandon() throws {
        if let writer = writer.take() { try writer.abandon() }
    }
}

/// What an import met, on the standard error.
private func complain(_ report: ImportReport, of path: String, ifEmpty hint: String) {
    complain("\(path): \(report.lines.grouped) lines read, \(report.events.grouped) events made")
    let foreign = report.foreign.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
    if !foreign.isEmpty {
        let kinds = foreign.prefix(5).map { "\($0.key) \($0.value.grouped)" }
        complain(
            "\(path): lines of other programs: \(kinds.joined(separator: ", "))\(foreign.count > 5 ? ", ..." : "")")
    }
    if report.events == 0 {
        complain("\(path): there was nothing to import in it: \(hint)")
    }
    if report.clampedTimes > 0 {
        complain("\(path): time stamps that went back, and were clamped: \(report.clampedTimes.grouped)")
    }
    for note in report.notes { complain("\(path): note: \(note)") }
    for problem in report.notUnderstood {
        complain(
            "\(path):\(problem.firstLine): not understood, \(problem.kind), \(problem.count.grouped) times: "
                + "\(problem.reason): \(problem.firstText)")
    }
}

/// What was found behind hcalls, on the standard error.
private func complain(_ counts: TraceLifter.Counts, of path: String) {
    complain(
        "\(path): \(counts.maps) maps, \(counts.unmaps) unmaps, \(counts.others) hcalls that are neither, "
            + "\(counts.beforeClear) before the kernel had cleared their table, \(counts.elsewhere) that read, "
            + "failed or were on no default window")
    if counts.made.areRows {
        complain(
            "\(path): note: the guest maps page by page: \(counts.made.rows) maps are rows of H_PUT_TCE, and two that "
                + "adjoin in the window and in memory and were made one after the other are one")
    } else if counts.made.areSingleCalls {
        complain(
            "\(path): note: the guest makes no lists: one map for each H_PUT_TCE, which are not the guest's own maps: "
                + "\(counts.made.adjoining) go on where the one before them ends")
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
