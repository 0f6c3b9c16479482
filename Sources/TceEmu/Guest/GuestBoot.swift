// SPDX-License-Identifier: Apache-2.0

/// What a guest's boot asks of its platform.
public struct GuestBoot: Encodable, Hashable, Sendable {
    /// By phase.
    public var calls: [GuestPhase: GuestCalls]
    public var configuration: GuestConfiguration
    public var profile: TimingProfile
    /// Guest cycles of all of it.
    public var cycles: UInt64
    /// Every window that maps memory got the memory that came; nil: none came.
    public var isOnline: Bool?

    /// Boots a guest, and sets a mask of 64 bits on one device of each host bridge.
    ///
    /// - Parameter unplugs: the devices go again in the end.
    /// - Parameter record: takes the events of the boot, in order; times in nanoseconds.
    public init(
        _ configuration: GuestConfiguration, profile: TimingProfile, unplugs: Bool = false,
        record: ((TraceEvent) throws -> Void)? = nil
    ) throws {
        var kernel = try GuestKernel(configuration, profile: profile)
        kernel.platform.recorder = record.map(GuestRecorder.init)
        try kernel.boot()
        try Self.probe(&kernel)
        if configuration.isKdump {
            try kernel.restart()
            try Self.probe(&kernel)
        }
        kernel.platform.phase = .hotplug
        if configuration.addedMemoryBytes > 0 {
            isOnline = try kernel.bringOnline(configuration.memoryBytes, bytes: configuration.addedMemoryBytes)
        }
        if unplugs {
            for node in kernel.nodes.indices where !kernel.nodes[node].isVirtual { try kernel.detach(node) }
        }
        calls = kernel.platform.calls
        self.configuration = configuration
        self.profile = profile
        cycles = calls.values.reduce(0) { $0 + $1.cycles }
    }

    private static func probe(_ kernel: inout GuestKernel) throws {
        kernel.devices = kernel.nodes.indices.filter { !kernel.nodes[$0].isVirtual }.map { GuestDevice(node: $0) }
        for device in kernel.devices.indices {
            for coherent in [false, true] {
                guard try kernel.setAndNoteMask(device, .max, coherent: coherent) == nil else { break }
            }
        }
    }

    enum CodingKeys: String, CodingKey {
        case phases, rtas, ultracalls, cycles, kernel, profile
        case isOnline = "memory_online"
        case sharedFrames = "shared_frames"
        case phaseCycles = "phase_cycles"
    }

    public func encode(to encoder: any Encoder) throws {
        var keys = encoder.container(keyedBy: CodingKeys.self)
        var phases: [String: [String: [String: GuestCalls.Hcalls]]] = ["clear": [:], "populate": [:]]
        for (phase, calls) in calls {
            let tables = calls.hcalls.filter { !$0.value.isEmpty }
            guard !tables.isEmpty else { continue }
            phases[phase.rawValue] = Dictionary(uniqueKeysWithValues: tables.map { ($0.key.hex, $0.value) })
        }
        try keys.encode(phases, forKey: .phases)
        try keys.encode(sum(\.rtas), forKey: .rtas)
        try keys.encode(sum(\.ultracalls), forKey: .ultracalls)
        try keys.encode(calls.values.reduce(0) { $0 + $1.sharedFrames }, forKey: .sharedFrames)
        try keys.encode(cycles, forKey: .cycles)
        try keys.encode(
            Dictionary(uniqueKeysWithValues: calls.map { ($0.key.rawValue, $0.value.cycles) }), forKey: .phaseCycles)
        try keys.encodeIfPresent(isOnline, forKey: .isOnline)
        try keys.encode(configuration.level.description, forKey: .kernel)
        try keys.encode(profile.name, forKey: .profile)
    }

    private func sum(_ part: KeyPath<GuestCalls, [String: UInt64]>) -> [String: UInt64] {
        calls.values.reduce(into: [:]) { $0.merge($1[keyPath: part], uniquingKeysWith: +) }
    }
}

extension GuestBoot: CustomStringConvertible {
    /// For a person.
    public var description: String {
        var table = TextTable()
        table.add("", "LIOBN", "call", "calls", "TCEs", "errors", "time")
        for phase in GuestPhase.allCases {
            guard let calls = calls[phase] else { continue }
            var rows: [[String]] = []
            for (liobn, kinds) in calls.hcalls.sorted(by: { $0.key < $1.key }) {
                for (name, one) in kinds.sorted(by: { $0.key < $1.key }) {
                    rows.append([liobn.hex, name, one.calls.grouped, one.tces.grouped, one.errors.grouped])
                }
            }
            for (name, count) in calls.rtas.sorted(by: { $0.key < $1.key }) {
                rows.append(["", name, count.grouped, "", ""])
            }
            for (name, count) in calls.ultracalls.sorted(by: { $0.key < $1.key }) {
                rows.append(["", name, count.grouped, "", ""])
            }
            for (index, row) in rows.enumerated() {
                table.add([index == 0 ? phase.rawValue : ""] + row + [index == 0 ? profile.time(calls.cycles) : ""])
            }
        }
        let guest = configuration
        let memory = isOnline.map { isOnline in
            "\(bytes(guest.addedMemoryBytes)) of memory "
                + (isOnline ? "came" : "did not come: a dynamic window has no room for it") + "\n"
        }
        return "Linux \(guest.level) boots with \(bytes(guest.memoryBytes)) on \(guest.platform)"
            + (guest.isSecure ? ", secure, policy \(guest.policy.name)" : "")
            + ", multi-TCE \(guest.multiTCE.rawValue), profile \(profile.name): \(profile.time(cycles)) in calls\n"
            + (memory ?? "") + "\n" + table.text
    }
}
