// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Foundation
import Synchronization
import TceEmu

struct ReplayCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Applies a trace's events to the emulated machine and prints statistics.",
        discussion: """
            Every hcall and every DMA is timed cycle by cycle, with the costs of a profile; --functional leaves time \
            out. Effects are applied in the trace's order either way: time never changes an answer. With --from, time \
            begins at the first event replayed, with cold caches.

            Examples:
              tce-emu replay boot.tcet --check
              tce-emu replay boot.tcet --profile power8-kvm --set tce_cache.ways=4 --format json
              tce-emu replay boot.tcet --arrival saturate --interval 10ms
              tce-emu replay boot.tcet --from 12.5s --to 13s --per-event events.csv --histogram latency.hgrm
              tce-emu replay boot.tcet --functional --to 20s --save boot.snap
              tce-emu replay boot.tcet --functional --load boot.snap

            A replay that was saved and loaded ends as one that was never cut: same state, same answers, same \
            statistics. It goes on as it was begun: --from, --platform, --multitce, --eeh and --check need not be given \
            again, and may not differ.
            """)

    @Argument(help: "The trace; - is the standard input.")
    var trace: String

    @Flag(help: "Leave time out of it: answers and counts alone, many times faster.")
    var functional = false

    @OptionGroup var timing: TimingOptions
    @OptionGroup var outputs: TimeOutputs
    @OptionGroup var guest: GuestOptions

    @Flag(help: "Compare every recorded answer with the emulator's own; a difference makes the exit status 1.")
    var check = false

    @Flag(help: "Go on after a damaged chunk, and report what was lost.")
    var lenient = false

    @Option(
        help: "Whose answers the emulator gives; the default is the trace's platform, else qemu.",
        transform: { try Platform(named: $0) })
    var platform: Platform?

    @Option(help: "Whether the machine has H_PUT_TCE_INDIRECT and H_STUFF_TCE: on (the default) or off.")
    var multitce: Switch?

    @Option(
        help: "What a fault does to the device's PE: freeze it until the trace thaws it, or nothing (off, the default)."
    )
    var eeh: EEH?

    @Option(
        help: ArgumentHelp(
            "Write the replay's state here when it ends, by --to or ^C too; with --functional.", valueName: "file"))
    var save: String?

    @Option(help: ArgumentHelp("Go on where a replay of this trace was saved; with --functional.", valueName: "file"))
    var load: String?

    @Option(
        help: ArgumentHelp(
            "Memory of this host that the machine's tables may take, such as 8G.",
            discussion: "The default is 24M and 1/256 of the guest's memory."),
        transform: parseBytes)
    var machineMemory: UInt64?

    @Option(help: "Threads that inflate and decode, in 16 MiB for all; the default is one a core, at most 4.")
    var threads: Int?

    @OptionGroup var range: RangeOptions
    @OptionGroup var format: FormatOption

    func validate() throws {
        if let threads, !(1...64).contains(threads) {
            throw ValidationError("--threads is \(threads); expected 1 to 64")
        }
        let timed = timing.given + outputs.given
        if functional, let option = timed.first {
            throw ValidationError("\(option) asks for time, and --functional leaves it out: give one of them")
        }
        if !functional, let option = save != nil ? "--save" : load != nil ? "--load" : nil {
            throw ValidationError(
                "\(option) needs --functional: a snapshot holds the machine, not what is under way in time (calls, "
                    + "transactions, the TCE cache)")
        }
        if guest.guest != nil, let option = notForGuest.first {
            throw ValidationError("\(option) does not go with --guest, which makes its own calls on its own machine")
        }
        if save == "-" { throw ValidationError("--save - : the standard output has the statistics; name a file") }
        if load == "-", trace == "-" { throw ValidationError("the trace and --load cannot both be the standard input") }
    }

    /// Options that were given and mean nothing where a guest layer makes the calls.
    private var notForGuest: [String] {
        let options: [(name: String, given: Bool)] = [
            ("--functional", functional), ("--check", check), ("--platform", platform != nil),
            ("--multitce", multitce != nil), ("--eeh", eeh != nil), ("--machine-memory", machineMemory != nil),
            ("--from", range.from != nil), ("--to", range.to != nil), ("--arrival", timing.arrival != nil),
        ]
        return options.filter(\.given).map(\.name) + outputs.given
    }

    func run() throws {
        do {
            if guest.guest == nil { try replay() } else { try replayGuest() }
        } catch {
            throw ExitStatus.describe(error, file: error is FileError ? nil : trace)
        }
    }

    /// What is to be replayed: the trace from its beginning, or the rest of it.
    private func begin(_ reader: TraceReader, _ saved: ReplaySnapshot?) throws -> Replay {
        if let saved, let load {
            return try describingSnapshot(load) {
                try Replay(
                    reader, resuming: saved, to: range.to,
                    machineBytesMax: machineMemory)
            }
        }
        var options = ReplayOptions()
        options.timing = functional ? nil : try timing.timing()
        options.timing?.intervalNanoseconds = outputs.interval
        options.timing?.keepsEvents = outputs.perEvent != nil
        options.check = check
        options.from = range.from
        options.to = range.to
        options.platform = platform
        options.hasMultiTCE = multitce != .off
        options.eeh = eeh == .freeze
        options.machineBytesMax = machineMemory
        return try Replay(reader, options: options)
    }

    var readerOptions: TraceReader.Options {
        var options = TraceReader.Options()
        options.lenient = lenient
        if let threads { options.threads = threads }
        return options
    }

    private func replay() throws {
        var readerOptions = readerOptions
        let saved = try load.map(loadSnapshot)
        if let saved {
            try refuseConflicts(saved)
            readerOptions.firstChunk = saved.firstChunk
        }
        let input = try openInput(trace)
        let target = try save.map { try SnapshotFile($0, trace: trace) }
        let reader = try TraceReader(input, options: readerOptions)
        var replay = try begin(reader, saved)
        let perEvent = try outputs.perEvent.map { try PerEventFile($0, trace: trace) }
        let histograms = try outputs.histogram.map { try HistogramFiles($0, trace: trace) }
        var progress = Progress("replay", total: fileSize(trace))
        let interrupt = Interrupt()
        var failure: (any Error)?
        do {
            while try replay.step() {
                progress.update(done: reader.bytesRead, events: reader.eventsRead)
                try perEvent?.write(replay.takeTimedEvents())
                if interrupt.happened {
                    replay.interrupt()
                    break
                }
            }
        } catch {
            failure = error
            replay.interrupt()
        }
        progress.end()
        do {
            try perEvent?.write(replay.takeTimedEvents())
            try perEvent?.flush()
            try histograms?.write(replay)
        } catch {
            failure = failure ?? error
        }
        if let error = failure as? SnapshotError, let load { failure = describe(error, snapshot: load) }
        let saveFailure = target.flatMap { saveSnapshot(replay, to: $0) }
        let statistics = replay.snapshot()
        for mismatch in replay.mismatches { complain("\(trace): \(describe(mismatch, unit: reader.header))") }
        for fault in reader.loss.faults { complain("\(trace): passed over: \(fault)") }
        if failure == nil, let saved, range.to != nil, replay.eventsPassed == saved.events {
            complain("\(trace): nothing lies between the snapshot and --to")
        } else if failure == nil, statistics.trace.events == 0, range.from != nil || range.to != nil {
            complain("\(trace): nothing lies between --from and --to")
        } else if failure == nil, statistics.check.enabled,
            statistics.check.compared + statistics.check.rtasCompared == 0
        {
            complain("\(trace): no answer was recorded in it: there is nothing to compare")
        }
        if let text = outputs.widened(statistics) { complain("\(trace): \(text)") }
        if outputs.perEvent != "-" { try show(statistics) }
        if let saveFailure {
            guard failure != nil else { throw saveFailure }
            complain(saveFailure.description)
        }
        if interrupt.happened { throw ExitStatus.interrupted }
        if let failure { throw failure }
        if statistics.check.mismatches + statistics.check.rtasMismatches > 0 { throw ExitStatus.checkFailed }
    }

    private func show(_ statistics: ReplayStatistics) throws {
        switch format.format {
        case .text: try printResult(TextReport(statistics).description)
        case .json: try printResult(jsonReport(statistics))
        case .csv: try printResult(csvReport(statistics))
        }
    }

    private func describe(_ mismatch: Mismatch, unit header: TraceHeader) -> String {
        let what = mismatch.what == "cell" ? "return cell \(mismatch.cell)" : mismatch.what
        let text = TextPrinter(header: header).line(mismatch.traceEvent)
        func show(_ value: UInt64) -> String {
            switch mismatch.what {
            case "status": HcallStatus(rawValue: Int64(bitPattern: value)).description
            case "perm", "mask": String(value)
            default: value.hex
            }
        }
        return "event \(mismatch.event), chunk \(mismatch.chunk): \(what) recorded \(show(mismatch.recorded)), "
            + "emulated \(show(mismatch.answered)): \(text)"
    }
}

/// Notes that the user pressed ^C, so that work can end with what it has.
final class Interrupt: Sendable {
    private static let flag = Atomic<Bool>(false)

    init() {
        signal(SIGINT) { _ in
            Interrupt.flag.store(true, ordering: .relaxed)
            // A second ^C ends the program.
            signal(SIGINT, SIG_DFL)
        }
        // A wait for input ends, instead of being taken up again.
        var action = sigaction()
        unsafe sigaction(SIGINT, nil, &action)
        action.sa_flags &= ~SA_RESTART
        unsafe sigaction(SIGINT, &action, nil)
        // Whoever started us may have left the signal blocked.
        var signals = sigset_t()
        unsafe sigemptyset(&signals)
        unsafe sigaddset(&signals, SIGINT)
        unsafe pthread_sigmask(SIG_UNBLOCK, &signals, nil)
    }

    var happened: Bool { Self.flag.load(ordering: .relaxed) }
}
