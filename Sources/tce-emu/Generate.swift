// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import TceEmu

struct Generate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Writes a synthetic trace, of any length.",
        discussion: """
            Workloads:
            \(Workload.allCases.map { "  \($0.rawValue): \($0.summary)" }.joined(separator: "\n"))

            The same seed gives the same trace on every machine.

            Example:
              tce-emu generate nic --events 1000000 --seed 1 -o nic.tcet
            """)

    @Argument(help: "One of \(names).", transform: parseWorkload)
    var workload: Workload

    @Option(help: "Number of events, exactly.")
    var events: UInt64 = 100_000

    @Option(help: "Seed of the random numbers.")
    var seed: UInt64 = 1

    @Option(name: .shortAndLong, help: "The trace to write; - is the standard output.")
    var output: String

    @Option(help: "zlib's compression level, 1 to 9.")
    var level = 6

    func validate() throws {
        guard (1...9).contains(level) else { throw ValidationError("--level is \(level); expected 1 to 9") }
    }

    func run() throws {
        do {
            var progress = Progress("generate", total: events)
            defer { progress.end() }
            let interrupt = Interrupt()
            _ = try workload.generate(events: events, seed: seed, to: openOutput(output), level: level) { done in
                progress.update(done: done, events: done)
                if interrupt.happened { throw ExitStatus.interrupted }
            }
        } catch {
            throw ExitStatus.describe(error, file: error is FileError ? nil : output)
        }
    }
}

private let names = Workload.allCases.map(\.rawValue).joined(separator: ", ")

private func parseWorkload(_ argument: String) throws -> Workload {
    guard let workload = Workload(rawValue: argument) else {
        throw ValidationError("there is no workload \(argument); expected one of \(names)")
    }
    return workload
}
