// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import TceEmu

struct Info: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Says what a trace holds, without inflating its events.",
        discussion: """
            Example:
              tce-emu info boot.tcet --chunks
            """)

    @Argument(help: "The trace; - is the standard input, without --verify.")
    var trace: String

    @Flag(help: "Print the chunk table.")
    var chunks = false

    @Flag(help: "Inflate, decode and check every chunk.")
    var verify = false

    @OptionGroup var format: FormatOption

    func validate() throws {
        if verify, trace == "-" { throw ValidationError("--verify reads the trace twice: name a file") }
    }

    func run() throws {
        do {
            let summary = try TraceSummary(openInput(trace), keepsChunks: chunks)
            if verify, summary.fault == nil {
                var options = TraceReader.Options()
                options.verifiesTotals = true
                let reader = try TraceReader(openInput(trace), options: options)
                var progress = Progress("verify", total: summary.fileBytes)
                do {
                    while try reader.next() != nil {
                        progress.update(done: reader.bytesRead, events: reader.eventsRead)
                    }
                } catch {
                    progress.end()
                    throw error
                }
                progress.end()
            }
            let report = TraceReport(summary, withChunks: chunks, verified: verify && summary.fault == nil)
            switch format.format {
            case .text: try printResult(report.description)
            case .json: try printResult(jsonReport(report))
            case .csv: try printResult(csvReport(report))
            }
            if let fault = summary.fault { throw fault }
        } catch {
            throw ExitStatus.describe(error, file: error is FileError ? nil : trace)
        }
    }
}
