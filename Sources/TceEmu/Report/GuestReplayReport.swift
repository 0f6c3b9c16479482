// SPDX-License-Identifier: Apache-2.0

/// What a guest layer made of a trace, for a person or a program.
public struct GuestReplayReport: Encodable, Hashable, Sendable, CustomStringConvertible {
    private let result: GuestReplayResult
    private let configuration: GuestConfiguration
    private let profile: TimingProfile
    private let trace: ReplayStatistics.Trace

    /// - Parameter complete: nothing ended the replay before the trace did.
    public init(
        _ result: GuestReplayResult, _ configuration: GuestConfiguration, _ profile: TimingProfile,
        _ reader: TraceReader, complete: Bool
    ) {
        self.result = result
        self.configuration = configuration
        self.profile = profile
        var trace = ReplayStatistics.Trace()
        trace.events = result.events
        trace.chunks = reader.chunksRead
        let (span, overflow) = (result.lastTime - (result.firstTime ?? result.lastTime))
            .multipliedReportingOverflow(by: reader.header.unitNanoseconds)
        trace.spanNanoseconds = overflow ? .max : span
        trace.lostChunks = reader.loss.chunks
        trace.lostEvents = reader.loss.events
        trace.complete = complete && reader.isIntact
        self.trace = trace
    }

    enum CodingKeys: String, CodingKey {
        case policy, kernel, multitce, memory, cpus, profile, trace, maps, unmaps, syncs, allocations, frees, failures,
            unknown
        case impossible, phases, cycles
        case setMasks = "set_masks"
        case refusedMasks = "refused_masks"
        case devicesWithoutMask = "devices_without_mask"
        case passedOver = "passed_over"
        case compared
        case equal, adopted
        case sharedBytes = "shared"
        case peakSharedBytes = "peak_shared"
    }

    private struct Phase: Encodable {
        var hcalls: [String: [String: GuestCalls.Hcalls]]
        var rtas: [String: UInt64]
        var ultracalls: [String: UInt64]
        var cycles: UInt64
    }

    public func encode(to encoder: any Encoder) throws {
        var keys = encoder.container(keyedBy: CodingKeys.self)
        try keys.encode(configuration.policy.name, forKey: .policy)
        try keys.encode(configuration.level.description, forKey: .kernel)
        try keys.encode(configuration.multiTCE.rawValue, forKey: .multitce)
        try keys.encode(configuration.memoryBytes, forKey: .memory)
        try keys.encode(configuration.cpus, forKey: .cpus)
        try keys.encode(profile.name, forKey: .profile)
        try keys.encode(trace, forKey: .trace)
        try keys.encode(result.maps, forKey: .maps)
        try keys.encode(result.unmaps, forKey: .unmaps)
        try keys.encode(result.syncs, forKey: .syncs)
        try keys.encode(result.allocations, forKey: .allocations)
        try keys.encode(result.frees, forKey: .frees)
        try keys.encode(result.masks, forKey: .setMasks)
        try keys.encode(result.failures, forKey: .failures)
        try keys.encode(result.refusals, forKey: .refusedMasks)
        try keys.encode(result.devicesWithoutMask, forKey: .devicesWithoutMask)
        try keys.encode(result.unknown, forKey: .unknown)
        try keys.encode(result.impossible, forKey: .impossible)
        try keys.encode(result.passedOver, forKey: .passedOver)
        try keys.encode(result.compared, forKey: .compared)
        try keys.encode(result.equal, forKey: .equal)
        try keys.encode(result.adopted, forKey: .adopted)
        try keys.encode(result.cycles, forKey: .cycles)
        try keys.encode(result.sharedBytes, forKey: .sharedBytes)
        try keys.encode(result.peakSharedBytes, forKey: .peakSharedBytes)
        let phases = result.calls.map { phase, calls in
            (
                phase.rawValue,
                Phase(
                    hcalls: Dictionary(uniqueKeysWithValues: calls.hcalls.map { ($0.key.hex, $0.value) }),
                    rtas: calls.rtas, ultracalls: calls.ultracalls, cycles: calls.cycles)
            )
        }
        try keys.encode(Dictionary(uniqueKeysWithValues: phases), forKey: .phases)
    }

    public var description: String {
        var table = TextTable()
        table.add("maps", result.maps.grouped)
        table.add("unmaps", result.unmaps.grouped)
        for (name, count) in [
            ("syncs", result.syncs), ("coherent allocations", result.allocations), ("coherent frees", result.frees),
            ("masks set", result.masks), ("refused: maps and allocations", result.failures),
            ("devices whose masks the trace does not show", result.devicesWithoutMask),
            ("refused: masks", result.refusals), ("undoing what was not done", result.unknown),
            ("such as no guest and no machine makes", result.impossible),
        ] where count > 0 {
            table.add(name, count.grouped)
        }
        table.add("recorded bus addresses compared", result.compared.grouped)
        table.add("  equal", result.equal.grouped, percent(result.equal, of: result.compared))
        if result.adopted > 0 {
            table.add("  not, and gone on from the recorded one", result.adopted.grouped)
        }
        if result.peakSharedBytes > 0 {
            table.add("shared at the end", bytes(result.sharedBytes))
            table.add("  at most", bytes(result.peakSharedBytes))
        }
        return
            "Through the guest layer: policy \(configuration.policy.name), Linux \(configuration.level), multi-TCE "
            + "\(configuration.multiTCE.rawValue), \(bytes(configuration.memoryBytes)), \(configuration.cpus) CPUs, "
            + "profile \(profile.name)\n" + trace.completeness
            + (result.maps + result.allocations == 0
                ? "The trace has no calls of the DMA API; `import qemu --lift` finds those behind hcalls.\n" : "")
            + "\nDMA API\n" + table.text + "\nCalls\n" + calls
    }

    private var calls: String {
        var table = TextTable()
        table.add("", "LIOBN", "call", "calls", "TCEs", "time")
        for phase in GuestPhase.allCases {
            guard let calls = result.calls[phase] else { continue }
            var rows: [[String]] = []
            for (liobn, kinds) in calls.hcalls.sorted(by: { $0.key < $1.key }) {
                for (name, one) in kinds.sorted(by: { $0.key < $1.key }) {
                    rows.append([liobn.hex, name, one.calls.grouped, one.tces.grouped])
                }
            }
            for (name, count) in (calls.rtas.merging(calls.ultracalls) { $1 }).sorted(by: { $0.key < $1.key }) {
                rows.append(["", name, count.grouped, ""])
            }
            if rows.isEmpty { rows.append(["", "(none)", "0", ""]) }
            for (index, row) in rows.enumerated() {
                table.add([index == 0 ? phase.rawValue : ""] + row + [index == 0 ? profile.time(calls.cycles) : ""])
            }
        }
        return table.text
    }
}

extension TimingProfile {
    /// Cycles as time, for a person.
    func time(_ cycles: UInt64) -> String {
        let (high, low) = cycles.multipliedFullWidth(by: 1000)
        guard high < clockMHz else { return "-" }
        return duration(nanoseconds: clockMHz.dividingFullWidth((high, low)).quotient)
    }
}
