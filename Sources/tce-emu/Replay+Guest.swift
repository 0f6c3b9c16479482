// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import TceEmu

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
        name: .customLong("guest-record"),
        help: ArgumentHelp("Write what that guest does into a trace.", valueName: "file"))
    var record: String?

    /// The options that need --guest, as a person types them.
    var given: [String] {
        var names: [String] = []
        if kernel != nil { names.append("--kernel") }
        if guestMultitce != nil { names.append("--guest-multitce") }
        if guestDdw != nil { names.append("--guest-ddw") }
        if record != nil { names.append("--guest-record") }
        return names
    }

    func validate() throws {
        if guest == nil, let first = given.first { throw ValidationError("\(first) needs --guest") }
    }

    /// The guest of a trace.
    func configuration(_ header: TraceHeader) throws -> GuestConfiguration {
        let names = ["plain"] + DMAPolicy.all.map(\.name)
        let policy = try list(guest ?? "plain", "--guest", names) { DMAPolicy(named: $0) }[0]
        var configuration = policy == .plain ? GuestConfiguration() : .secure(policy)
        if let kernel { configuration.level = kernel }
        if let name = header.platform { configuration.platform = try Platform(named: name) }
        // Where the trace does not tell, as much as the guests of this program have.
        if let memory = header.memoryBytes { configuration.memoryBytes = memory }
        if let guestMultitce {
            configuration.multiTCE =
                try list(guestMultitce, "--guest-multitce", MultiTCE.allCases.map(\.rawValue)) {
                    MultiTCE(rawValue: $0)
                }[0]
        }
        if let guestDdw { configuration.usesDDW = guestDdw == .on }
        return configuration
    }
}

/// Replays a trace's calls of the DMA API through a guest layer. `size` is the trace's, where it is a file.
func replayThroughGuest(
    _ reader: TraceReader, _ options: GuestOptions, _ profile: TimingProfile, size: UInt64?
) throws -> GuestReplayReport {
    let configuration = try options.configuration(reader.header)
    guard let output = options.record else {
        return try replayThroughGuest(reader, configuration, profile, size: size, record: nil)
    }
    return try writeTrace(
        to: output, source: "guest layer: \(configuration.policy.name)", configuration.memoryBytes,
        configuration.platform
    ) { emit in
        try replayThroughGuest(reader, configuration, profile, size: size, record: emit)
    }
}

private func replayThroughGuest(
    _ reader: TraceReader, _ configuration: GuestConfiguration, _ profile: TimingProfile, size: UInt64?,
    record: ((TraceEvent) throws -> Void)?
) throws -> GuestReplayReport {
    var replay = try GuestReplay(configuration, profile: profile, record: record)
    var progress = Progress("replay", total: size)
    defer { progress.end() }
    let interrupt = Interrupt()
    while let batch = try reader.next() {
        for index in 0..<batch.count { try replay.apply(batch[index]) }
        progress.update(done: reader.bytesRead, events: reader.eventsRead)
        if interrupt.happened { throw ExitStatus.interrupted }
    }
    return GuestReplayReport(replay.snapshot(), configuration, profile)
}
