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
    private var mapped: [Place: Mapping] = [:]
    private var coherent: [Place: CoherentMemory] = [:]
    /// Where each CPU's last map ended: for this guest and for the recorded one, in entries.
    private var ends: [Turn: (own: Int, recorded: UInt64)] = [:]
    /// Whose scatter-gather call goes on.
    private var openLists: Set<Turn> = []
    private var result = GuestReplayResult()

    /// A recorded bus address: tables begin at the same ones.
    private struct Place: Hashable {
        var device: Int
        var address: IOBA
    }

    /// A CPU at a device.
    private struct Turn: Hashable {
        var cpu: Int
        var device: Int
    }

    private struct Mapping {
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
        // No guest maps so much in one call: what a trace says of it is not looked at.
        guard call.length <= Self.lengthMax, call.address <= .max - Self.lengthMax || call.kind == .setMask,
            call.value <= .max - Self.lengthMax
        else {
            result.unknown += 1
            return
        }
        let device = try device(call.device), cpu = Int(call.cpu ?? 0)
        switch call.kind {
        case .map: try map(call, device, cpu)
        case .unmap: try unmap(call, device, cpu)
        case .sync:
            result.syncs += 1
            guard let mapping = mapped[Place(device: device, address: call.address)] else { return missing() }
            try kernel.sync(
                device, mapping.address, bytes: min(call.length, mapping.bytes), mapping.access,
                forCPU: call.cpuSide)
        case .alloc: try allocate(call, device, cpu)
        case .free:
            result.frees += 1
            guard let memory = coherent.removeValue(forKey: Place(device: device, address: call.address)) else {
                return missing()
            }
            try kernel.freeCoherent(memory, cpu: cpu)
        case .setMask:
            result.masks += 1
            if try kernel.setMask(device, call.address, coherent: call.cpuSide, cpu: cpu) != nil {
                result.refusals += 1
            }
        }
    }

    private mutating func missing() { result.unknown += 1 }

    /// Bytes of one call at most.
    private static let lengthMax = UInt64(1) << 32
    /// Tables that a trace may have the guest given beside its own.
    private static let nodesMax = 64

    /// LIOBNs of host bridges have this bit; those of virtual devices have not (QEMU include/hw/ppc/spapr.h).
    private static let bridgeBit = LIOBN(0x8000_0000)
    /// Smaller numbers are no LIOBNs.
    private static let liobnMin = UInt32(0x10000)

    /// A number that is an LIOBN names a device of that table, which the guest is given if it has none; any other one is
    /// a device of the first node.
    private mutating func device(_ number: UInt32) throws -> Int {
        if let device = devices[number] { return device }
        let liobn = LIOBN(number)
        var node = kernel.nodes.firstIndex { $0.defaultWindow.liobn == liobn }
        if node == nil, number >= Self.liobnMin, kernel.nodes.count < Self.nodesMax {
            if liobn & Self.bridgeBit != 0 {
                var phb = PHBConfiguration()
                phb.liobn = number
                phb.buid += UInt64(kernel.nodes.count)
                try kernel.add(phb)
            } else {
                try kernel.addVirtualDevice(liobn)
            }
            node = kernel.nodes.count - 1
            try kernel.setUp(kernel.nodes.count - 1)
        }
        kernel.devices.append(GuestDevice(node: node ?? 0))
        devices[number] = kernel.devices.count - 1
        return kernel.devices.count - 1
    }

    // MARK: Maps

    private mutating func map(_ call: TraceEvent.Guest, _ device: Int, _ cpu: Int) throws {
        result.maps += 1
        // Allocations of one call go on where the last ended, those of another at a multiple of a block.
        let block = UInt64(IOMMUTable.block), entry = call.value >> Self.pageShift
        let turn = Turn(cpu: cpu, device: device), end = ends[turn]
        let follows = end.map { $0.recorded == entry && entry % block != 0 } ?? false
        let isOfList = call.more || openLists.contains(turn) || follows
        var handle = openLists.contains(turn) || follows ? end?.own ?? 0 : 0
        if call.more { openLists.insert(turn) } else { openLists.remove(turn) }
        switch try kernel.mapElement(
            device, call.address, bytes: call.length, call.access, handle: &handle, isOfList: isOfList, cpu: cpu)
        {
        case .failure:
            result.failures += 1
            ends[turn] = nil
        case .success(let address):
            note(call, device, address)
            let pages = (call.value % (1 << Self.pageShift) + call.length + 1 << Self.pageShift - 1) >> Self.pageShift
            ends[turn] = (handle, entry + pages)
        }
    }

    /// An I/O page of a default window.
    private static let pageShift = UInt64(12)

    private mutating func note(_ call: TraceEvent.Guest, _ device: Int, _ address: IOBA) {
        let failed = call.status.map { $0 < 0 } ?? false
        mapped[Place(device: device, address: failed ? address : call.value)] = Mapping(
            address: address, bytes: call.length, access: call.access)
        guard !failed else { return }
        result.compared += 1
        if address == call.value { result.equal += 1 }
    }

    /// One call may undo several maps that lie behind one another.
    private mutating func unmap(_ call: TraceEvent.Guest, _ device: Int, _ cpu: Int) throws {
        result.unmaps += 1
        guard var run = mapped.removeValue(forKey: Place(device: device, address: call.address)) else {
            return try clear(call, device, cpu)
        }
        var next = call.address + run.bytes
        while next < call.address + call.length,
            let more = mapped.removeValue(forKey: Place(device: device, address: next))
        {
            next += more.bytes
            // Segments of a table are merged; what is bounced is given back one by one.
            if kernel.isMapped(device), more.address == run.address + run.bytes {
                run.bytes += more.bytes
            } else {
                try kernel.unmap(device, run.address, bytes: run.bytes, run.access, cpu: cpu)
                run = more
            }
        }
        try kernel.unmap(device, run.address, bytes: run.bytes, run.access, cpu: cpu)
    }

    /// What covers a whole table is no unmap: the kernel clears it. Anything else undoes what was not done.
    private mutating func clear(_ call: TraceEvent.Guest, _ device: Int, _ cpu: Int) throws {
        let node = kernel.nodes[kernel.devices[device].node], window = node.defaultWindow
        guard call.address == window.start, call.length == window.pageCount * window.pageBytes else { return missing() }
        result.clears += 1
    }

    private mutating func allocate(_ call: TraceEvent.Guest, _ device: Int, _ cpu: Int) throws {
        result.allocations += 1
        switch try kernel.allocateCoherent(device, bytes: call.length, cpu: cpu) {
        case .failure: result.failures += 1
        case .success(let memory):
            coherent[Place(device: device, address: call.value)] = memory
            guard call.status.map({ $0 >= 0 }) ?? true else { return }
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
    /// Unmaps that are clears of a whole table: the guest makes its own when it boots.
    public var clears: UInt64 = 0
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
