// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Foundation
import TceEmu

struct MultiTCECommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "multitce",
        abstract: "Shows what multi-TCE hypercalls buy a trace's guest, or would buy it.",
        discussion: """
            The trace is replayed with its TCE hypercalls as recorded, with each H_PUT_TCE_INDIRECT and H_STUFF_TCE \
            split into single H_PUT_TCE, and with single ones joined where a guest could have made one call of them: an \
            upper bound. Calls of the DMA API are given to a guest's DMA layer with multi-TCE and without, which is \
            exact. docs/multitce.md tells what the figures mean.

            Examples:
              tce-emu multitce boot.tcet
              tce-emu multitce boot.tcet --profile secure-2019 --format json
              tce-emu multitce boot.tcet --arrival saturate --from 12.5s --to 13s
              tce-emu multitce lifted.tcet --guest P1 --kernel 5.5
              tce-emu multitce boot.tcet --format csv --table curve > curve.csv
            """)

    @Argument(help: "The trace: a file, as it is read several times.")
    var trace: String

    @OptionGroup var timing: TimingOptions

    @Option(
        help: "Whose answers the emulator gives; the default is the trace's platform, else qemu.",
        transform: { try Platform(named: $0) })
    var platform: Platform?

    @Option(
        help: ArgumentHelp(
            "To whom calls of the DMA API are given: a plain guest (the default), or a secure one with a policy.",
            valueName: "policy"))
    var guest: String?

    @Option(help: "Version of that guest's kernel.", transform: parseKernel)
    var kernel: KernelLevel?

    @Flag(help: "Go on after a damaged chunk, and report what was lost.")
    var lenient = false

    @OptionGroup var range: RangeOptions
    @OptionGroup var format: FormatOption

    @Option(
        help: ArgumentHelp(
            "Table of --format csv: forms (the default), phases (hcalls of the forms by phase), curve (costs by length).",
            valueName: "table"),
        transform: { name in
            try word(name, "--table", MultiTCEReport.Table.allCases.map(\.rawValue)) {
                MultiTCEReport.Table(rawValue: $0)
            }
        })
    var table: MultiTCEReport.Table?

    func validate() throws {
        if table != nil, format.format != .csv { throw ValidationError("--table needs --format csv") }
        if let guest { _ = try GuestOptions.policy(named: guest) }
        if trace == "-" {
            throw ValidationError("the trace is -: multitce reads it several times; write it to a file first")
        }
    }

    func run() throws {
        do {
            try compare()
        } catch {
            throw ExitStatus.describe(error, file: error is FileError ? nil : trace)
        }
    }

    private func compare() throws {
        // A pipe can be read once only.
        _ = try openInput(trace)
        guard let size = fileSize(trace) else {
            throw FileError(
                description: "cannot read \(trace) several times: expected a regular file", status: ExitStatus.noInput)
        }
        var options = MultiTCEOptions()
        options.platform = platform
        options.timing = try timing.timing()
        options.from = range.from
        options.to = range.to
        var readerOptions = TraceReader.Options()
        readerOptions.lenient = lenient
        var passes = PassProgress(size: size)
        let interrupt = Interrupt()
        let outcome = try MultiTCEComparison.run(options, guest: guestConfiguration) {
            try TraceReader(openInput(trace), options: readerOptions)
        } progress: { pass, reader in
            passes.update(pass, reader)
            if interrupt.happened { throw ExitStatus.interrupted }
        }
        passes.end()
        for fault in outcome.loss.faults { complain("\(trace): passed over: \(fault)") }
        let report = MultiTCEReport(outcome.comparison)
        switch format.format {
        case .text: try printResult(report.description)
        case .json: try printResult(jsonReport(report))
        case .csv: try printResult(report.csv(table ?? .forms))
        }
        if let failure = outcome.failure { throw failure }
        for option in unused(outcome.comparison) { complain("\(trace): \(option) changed nothing: \(why(option))") }
    }

    private func guestConfiguration(_ header: TraceHeader) throws -> GuestConfiguration {
        var options = GuestOptions()
        options.guest = guest
        options.kernel = kernel
        options.guestMultitce = nil
        options.guestDdw = nil
        options.guestSwiotlbStart = nil
        options.guestSwiotlbSize = nil
        options.guestMask = nil
        options.record = nil
        var configuration = try options.configuration(header, of: trace)
        if let platform { configuration.platform = platform }
        return configuration
    }

    /// Options that were given and had no part in the comparison.
    private func unused(_ comparison: MultiTCEComparison) -> [String] {
        var options: [String] = []
        if comparison.guest == nil {
            if guest != nil { options.append("--guest") }
            if kernel != nil { options.append("--kernel") }
        }
        if comparison.isOfGuestLayer {
            if range.from != nil { options.append("--from") }
            if range.to != nil { options.append("--to") }
            if timing.arrival != nil { options.append("--arrival") }
        }
        return options
    }

    private func why(_ option: String) -> String {
        option == "--guest" || option == "--kernel"
            ? "the trace has no calls of the DMA API"
            : "the calls are those of the guest's layer: the trace has no hcalls with their arguments"
    }
}

/// The progress of one pass after another.
private struct PassProgress: ~Copyable {
    private var pass: MultiTCEComparison.Pass?
    private var progress: Progress
    private let size: UInt64

    init(size: UInt64) {
        self.size = size
        progress = Progress("multitce", total: size)
    }

    mutating func update(_ pass: MultiTCEComparison.Pass, _ reader: TraceReader) {
        if pass != self.pass {
            progress.end()
            let name =
                switch pass {
                case .survey: "survey"
                case .form(let form): form.rawValue
                case .guest(let setting): "guest, multi-TCE \(setting.rawValue)"
                }
            progress = Progress(name, total: size)
            self.pass = pass
        }
        progress.update(done: reader.bytesRead, events: reader.eventsRead)
    }

    mutating func end() { progress.end() }
}
