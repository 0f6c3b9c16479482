// SPDX-License-Identifier: Apache-2.0

/// Replays a trace's calls of the DMA API through a guest's DMA layer: the same workload under any policy, kernel and
/// setting.
///
/// Events of the platform layer are the recorded guest's and are passed over: this guest makes its own.
public struct GuestReplay: ~Copyable {
    private var kernel: GuestKernel
    /// The guest's device of each number in the trace.
    private var devices: [UInt32: Int] = [:]
    /// What this guest was given for what the recorded one was.
    private var mapped: [IOBA: Mapping] = [:]
    private var coherent: [IOBA: CoherentMemory] = [:]
    /// Elements of a scatter-gather call that goes on.
    private var list: [(call: TraceEvent.Guest, element: GuestKernel.Element)] = []
    private var result = GuestReplayResult()

    private struct Mapping {
        var device: Int
        var address: IOBA
        var bytes: UInt64
        var access: DMAAccess
    }

    /// Boots the guest.
    ///
    /// - Parameter record: takes the events that the guest makes; times in nanoseconds of its own clock.
    public init(
        _ configuration: GuestConfiguration, profile: TimingProfile, record: ((TraceEvent) throws -> Void)? = nil
    ) throws {
        var kernel = try GuestKernel(configuration, profile: profile)
        kernel.platform.recorder = record.map(GuestRecorder.init)
        try kernel.boot()
        self.kernel = kernel
    }

    /// Carries out an event.
    public mutating func apply(_ event: TraceEvent) throws {
        guard case .guest(let call) = event.body else {
            result.passedOver += 1
            return
        }
        let device = device(call.device), cpu = Int(call.cpu ?? 0)
        switch call.kind {
        case .map: try map(call, device, cpu)
        case .unmap: try unmap(call, cpu)
        case .sync:
            result.syncs += 1
            guard let mapping = mapping(of: call.address) else { return missing() }
            try kernel.sync(mapping.device, mapping.address, bytes: call.length, mapping.access, forCPU: call.cpuSide)
        case .alloc: try allocate(call, device, cpu)
        case .free:
            result.frees += 1
            guard let memory = coherent.removeValue(forKey: call.address) else { return missing() }
            try kernel.freeCoherent(memory, cpu: cpu)
        case .setMask:
            result.masks += 1
            if try kernel.setMask(device, call.address, coherent: call.cpuSide, cpu: cpu) != nil {
                result.refusals += 1
            }
        }
    }

    private mutating func missing() { result.unknown += 1 }

    /// A number that is the LIOBN of a table names a device of that node, any other one of the first.
    private mutating func device(_ number: UInt32) -> Int {
        if let device = devices[number] { return device }
        let node = kernel.nodes.firstIndex { $0.defaultWindow.liobn == LIOBN(number) } ?? 0
        kernel.devices.append(GuestDevice(node: node))
        devices[number] = kernel.devices.count - 1
        return kernel.devices.count - 1
    }

    // MARK: Maps

    private mutating func map(_ call: TraceEvent.Guest, _ device: Int, _ cpu: Int) throws {
        result.maps += 1
        if call.more || !list.isEmpty {
            list.append((call, GuestKernel.Element(address: call.address, bytes: call.length)))
            if !call.more { try mapList(device, cpu) }
            return
        }
        switch try kernel.map(device, call.address, bytes: call.length, call.access, cpu: cpu) {
        case .failure: note(call, failed: true)
        case .success(let address): note(call, device, address)
        }
    }

    private mutating func mapList(_ device: Int, _ cpu: Int) throws {
        let parts = list
        list = []
        guard let first = parts.first else { return }
        switch try kernel.mapList(device, parts.map(\.element), first.call.access, cpu: cpu) {
        case .failure:
            for part in parts { note(part.call, failed: true) }
        case .success(let segments):
            // Each element lies in a segment at the place that the ones before it leave.
            var segment = 0
            var used: UInt64 = 0
            for part in parts where part.element.bytes > 0 {
                if used >= segments[segment].bytes {
                    segment += 1
                    used = 0
                }
                note(part.call, device, segments[segment].address + used)
                used += part.element.bytes
            }
        }
    }

    private mutating func note(_ call: TraceEvent.Guest, _ device: Int, _ address: IOBA) {
        let failed = call.status.map { $0 < 0 } ?? false
        mapped[failed ? address : call.value] = Mapping(
            device: device, address: address, bytes: call.length, access: call.access)
        guard !failed else { return }
        result.compared += 1
        if address == call.value { result.equal += 1 }
    }

    private mutating func note(_ call: TraceEvent.Guest, failed: Bool) {
        result.failures += 1
    }

    private func mapping(of address: IOBA) -> Mapping? { mapped[address] }

    /// One call may undo several maps that lie behind one another.
    private mutating func unmap(_ call: TraceEvent.Guest, _ cpu: Int) throws {
        result.unmaps += 1
        guard let first = mapped.removeValue(forKey: call.address) else { return missing() }
        var run = first
        var next = call.address + first.bytes
        while next < call.address + call.length, let more = mapped[next], more.address == run.address + run.bytes {
            mapped[next] = nil
            run.bytes += more.bytes
            next += more.bytes
        }
        try kernel.unmap(run.device, run.address, bytes: run.bytes, run.access, cpu: cpu)
    }

    private mutating func allocate(_ call: TraceEvent.Guest, _ device: Int, _ cpu: Int) throws {
        result.allocations += 1
        switch try kernel.allocateCoherent(device, bytes: call.length, cpu: cpu) {
        case .failure: note(call, failed: true)
        case .success(let memory):
            coherent[call.value] = memory
            result.compared += 1
            if memory.busAddress == call.value { result.equal += 1 }
        }
    }

    /// What came of it so far.
    public func snapshot() -> GuestReplayResult {
        var result = result
        result.calls = kernel.platform.calls
        result.cycles = kernel.platform.cycles
        result.sharedBytes = kernel.platform.machine.sharing.sharedPages << GuestKernel.frameShift
        result.peakSharedBytes = kernel.platform.machine.sharing.peakSharedPages << GuestKernel.frameShift
        return result
    }
}

/// What a guest made of a trace's DMA API calls.
public struct GuestReplayResult: Hashable, Sendable {
    public var maps: UInt64 = 0
    public var unmaps: UInt64 = 0
    public var syncs: UInt64 = 0
    public var allocations: UInt64 = 0
    public var frees: UInt64 = 0
    public var masks: UInt64 = 0
    /// Maps and allocations that this guest refuses, and masks.
    public var failures: UInt64 = 0
    public var refusals: UInt64 = 0
    /// Unmaps, syncs and frees of what was not mapped.
    public var unknown: UInt64 = 0
    /// Events of the platform layer.
    public var passedOver: UInt64 = 0
    /// Bus addresses compared with the recorded ones, and of these equal.
    public var compared: UInt64 = 0
    public var equal: UInt64 = 0
    public var calls: [GuestPhase: GuestCalls] = [:]
    public var cycles: UInt64 = 0
    public var sharedBytes: UInt64 = 0
    public var peakSharedBytes: UInt64 = 0
}
