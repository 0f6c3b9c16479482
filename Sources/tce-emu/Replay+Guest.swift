// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import TceEmu

/// `--guest-mask 64|40|32|none`
enum GuestMask: String, ExpressibleByArgument, CaseIterable {
    case bits64 = "64"
    case bits40 = "40"
    case bits32 = "32"
    case none

    /// Nil: no driver sets one.
    var value: UInt64? {
        switch self {
        case .bits64: .max
        case .bits40: 1 << 40 - 1
        case .bits32: 1 << 32 - 1
        case .none: nil
        }
    }
}

/// What a replay through a guest layer is asked.
struct GuestOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Give the trace's calls of the DMA API to a guest: plain, or secure with a policy (P0, P1, ...).",
            valueName: "policy"))
    var guest: String?

    @Option(help: "Version of that guest's kernel.", transform: parseKernel)
    var kernel: KernelLevel?

    @Option(
        help: ArgumentHelp(
            "How that guest uses the multi-TCE hcalls: on, life, call, unshared, off, split.", valueName: "setting"))
    var guestMultitce: String?

    @Option(help: "Whether that guest makes dynamic windows.")
    var guestDdw: Switch?

    @Option(
        help: ArgumentHelp(
            "Address of that guest's bounce buffer; the default is where its kernel puts it.", valueName: "address"),
        transform: parseAddress)
    var guestSwiotlbStart: UInt64?

    @Option(
        help: ArgumentHelp("Size of that guest's bounce buffer; the default is 64M.", valueName: "size"),
        transform: parseBytes)
    var guestSwiotlbSize: UInt64?

    @Option(
        help: ArgumentHelp(
            "Masks of devices whose first call in the trace sets none, as their drivers would set them: 64, 40, 32 bits, "
                + "or none, which is the 32 bits that they begin with.", valueName: "bits"))
    var guestMask: GuestMask?

    @Option(
        name: .customLong("guest-record"),
        help: ArgumentHelp("Write what that guest does into a trace.", valueName: "file"))
    var record: String?

    /// The options that need --guest, as a person types them.
    var given: [String] {
        var names: [String] = []
        if kernel != nil { names.append("--kernel") }
        if guestMultitce != nil { names.append("--guest-multitce") }
        if guestDdw != nil { names.append("--guest-ddw") }
        if guestSwiotlbStart != nil { names.append("--guest-swiotlb-start") }
        if guestSwiotlbSize != nil { names.append("--guest-swiotlb-size") }
        if guestMask != nil { names.append("--guest-mask") }
        if record != nil { names.append("--guest-record") }
        return names
    }

    func validate() throws {
        if guest == nil, !given.isEmpty {
            throw ValidationError("\(given.joined(separator: ", ")) need\(given.count == 1 ? "s" : "") --guest")
        }
    }

    /// The policy of `--guest`.
    static func policy(named name: String) throws -> DMAPolicy {
        try word(name, "--guest", ["plain"] + DMAPolicy.all.map(\.name)) { DMAPolicy(named: $0) }
    }

    /// The guest of a trace.
    func configuration(_ header: TraceHeader, of trace: String) throws -> GuestConfiguration {
        let policy = try Self.policy(named: guest ?? "plain")
        var configuration = policy == .plain ? GuestConfiguration() : .secure(policy)
        if let kernel { configuration.level = kernel }
        if let name = header.platform { configuration.platform = try Platform(named: name) }
        // Where the trace does not tell, as much as the guests of this program have.
        if let memory = header.memoryBytes {
            configuration.memoryBytes = memory
            do {
                try configuration.check()
            } catch {
                throw FileError(description: "\(trace): the header: \(error)", status: ExitStatus.dataError)
            }
        }
        if let guestMultitce {
            configuration.multiTCE =
                try word(guestMultitce, "--guest-multitce", MultiTCE.allCases.map(\.rawValue)) {
                    MultiTCE(rawValue: $0)
                }
        }
        if let guestSwiotlbStart { configuration.bufferStart = guestSwiotlbStart }
        if let guestSwiotlbSize { configuration.bufferBytes = guestSwiotlbSize }
        if let guestDdw { configuration.usesDDW = guestDdw == .on }
        return configuration
    }
}

/// What came of a replay through a guest layer, and what ended it before the trace's end.
struct GuestReplayEnd {
    var report: GuestReplayReport
    var failure: (any Error)?
}

extension ReplayCommand {
    /// The trace's calls of the DMA API, through a guest layer.
    func replayGuest() throws {
        if let output = guest.record, output == "-" || isSameFile(trace, output) {
            throw FileError(
                description: "\(output) is where the trace or the report is: name another file for --guest-record",
                status: ExitStatus.cannotCreate)
        }
        let reader = try TraceReader(openInput(trace), options: readerOptions)
        let configuration = try guest.configuration(reader.header, of: trace)
        let profile = try timing.effectiveProfile()
        let interrupt = Interrupt()
        var end: GuestReplayEnd?
        var failure: (any Error)?
        do {
            if let output = guest.record {
                try writeTrace(
                    to: output, source: "guest layer: \(configuration.policy.name)", configuration.memoryBytes,
                    configuration.platform
                ) { emit in
                    end = try replay(reader, configuration, profile, interrupt, record: emit)
                }
            } else {
                end = try replay(reader, configuration, profile, interrupt, record: nil)
            }
        } catch {
            failure = error
        }
        for fault in reader.loss.faults { complain("\(trace): passed over: \(fault)") }
        if let end {
            switch format.format {
            case .text: try printResult(end.report.description)
            case .json: try printResult(jsonReport(end.report))
            case .csv: try printResult(csvReport(end.report))
            }
        }
        if interrupt.happened { throw ExitStatus.interrupted }
        if let failure = end?.failure ?? failure { throw failure }
    }

    private func replay(
        _ reader: TraceReader, _ configuration: GuestConfiguration, _ profile: TimingProfile, _ interrupt: Interrupt,
        record: ((TraceEvent) throws -> Void)?
    ) throws -> GuestReplayEnd {
        var replay = try GuestReplay(
            configuration, profile: profile, assumedMask: guest.guestMask?.value, record: record)
        var progress = Progress("replay", total: fileSize(trace))
        defer { progress.end() }
        var failure: (any Error)?
        do {
            while !interrupt.happened, let batch = try reader.next() {
                for index in 0..<batch.count { try replay.apply(batch[index]) }
                progress.update(done: reader.bytesRead, events: reader.eventsRead)
            }
            try replay.boot()
        } catch {
            failure = error
        }
        return GuestReplayEnd(
            report: GuestReplayReport(
                replay.snapshot(), configuration, profile, reader, complete: failure == nil && !interrupt.happened),
            failure: failure)
    }
}
