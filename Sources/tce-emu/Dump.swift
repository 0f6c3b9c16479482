// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Foundation
import TceEmu

struct Dump: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Prints a trace's events as text, one a line.",
        discussion: """
            What it prints, `tce-emu import text` reads.

            Examples:
              tce-emu dump boot.tcet --kind H_PUT_TCE --from 12.5s
              tce-emu dump boot.tcet --from '#7' --to '#8'
            """)

    @Argument(help: "The trace; - is the standard input.")
    var trace: String

    @OptionGroup var range: RangeOptions

    @Option(help: "Only events of this kind (H_PUT_TCE, dma, window, ...); may be given several times.")
    var kind: [String] = []

    @Option(help: "Only events that name this LIOBN; may be given several times.", transform: parseLIOBN)
    var liobn: [LIOBN] = []

    @Flag(help: "Go on after a damaged chunk, and report what was lost.")
    var lenient = false

    func validate() throws {
        for name in kind where EventKind(name: name) == nil {
            throw ValidationError(
                "--kind is \(name); expected one of \(EventKind.all.map(\.name).joined(separator: ", "))")
        }
    }

    func run() throws {
        do {
            try dump()
        } catch {
            throw ExitStatus.describe(error, file: error is FileError ? nil : trace)
        }
    }

    private func dump() throws {
        var options = TraceReader.Options()
        options.lenient = lenient
        if case .chunk(let first) = range.from { options.firstChunk = first }
        let reader = try TraceReader(openInput(trace), options: options)
        var output = StandardOutput()
        var progress = Progress("dump", total: fileSize(trace))
        do {
            try print(reader, to: &output, &progress)
        } catch {
            progress.end()
            try output.flush()
            report(reader)
            throw error
        }
        progress.end()
        try output.flush()
        report(reader)
    }

    private func report(_ reader: TraceReader) {
        for fault in reader.loss.faults { complain("\(trace): passed over: \(fault)") }
    }

    private func print(
        _ reader: TraceReader, to output: inout StandardOutput, _ progress: inout Progress
    ) throws {
        while try reader.skipSome() { progress.update(done: reader.bytesRead, events: reader.eventsSkipped) }
        let printer = TextPrinter(header: reader.header)
        // Where the text goes to the terminal as well, the first of it ends the line that says how far we are.
        let sharesTerminal = isatty(STDOUT_FILENO) == 1
        var text: [UInt8] = []
        printer.appendHeader(to: &text)
        let unit = reader.header.unitNanoseconds
        var hasPrinted = false
        while let batch = try reader.next() {
            for index in 0..<batch.count {
                let time = batch.time(at: index)
                let since = time - (reader.firstTime ?? time)
                if range.from?.isAfter(time: since, chunk: reader.chunkNumber, unit: unit) ?? false { continue }
                guard range.to?.isAfter(time: since, chunk: reader.chunkNumber, unit: unit) ?? true else {
                    try output.write(text)
                    return
                }
                if !kind.isEmpty, !kind.contains(batch.kindName(at: index)) { continue }
                let event = batch[index]
                if !liobn.isEmpty, !(event.liobn.map(liobn.contains) ?? false) { continue }
                printer.append(event, to: &text)
                if sharesTerminal, !hasPrinted { progress.end() }
                hasPrinted = true
                // The lists of one chunk are megabytes of text.
                guard text.count >= 1 << 16 else { continue }
                try output.write(text)
                text.removeAll(keepingCapacity: true)
            }
            try output.write(text)
            text.removeAll(keepingCapacity: true)
            if !sharesTerminal || !hasPrinted {
                progress.update(done: reader.bytesRead, events: reader.eventsSkipped + reader.eventsRead)
            }
        }
        try output.write(text)
    }
}

private func parseLIOBN(_ argument: String) throws -> LIOBN {
    let number = argument.hasPrefix("0x") ? LIOBN(argument.dropFirst(2), radix: 16) : LIOBN(argument)
    guard let number else { throw ValidationError("\(argument) is no LIOBN; expected a number such as 0x80000000") }
    return number
}
