// SPDX-License-Identifier: Apache-2.0

/// Replays a trace's calls of the DMA API through a guest's DMA layer: the same workload under any policy, kernel and
/// setting.
///
/// Of the platform layer it takes the PHBs and virtual devices that the trace begins with: the guest boots on them, or
/// on those of its configuration where there are none. Other events of that layer are the recorded guest's and are
/// passed over: this guest makes its own. A reset of the machine, or of a PHB's default window, is this guest's, too:
/// what it had mapped is gone, and it boots again before its next call.
///
/// Where this guest's table gives a map another entry than the recorded guest had, that is counted as a difference, and
/// the guest goes on with the recorded entry, if it is free: of two CPUs whose calls were recorded in another order than
/// they came, two maps differ, and not all that follow.
public struct GuestReplay: ~Copyable {
    private var kernel: GuestKernel
    private var isBooted = false
    /// The machine was reset: the guest boots again before it does something.
    private var isReset = false
    /// What `isReset` was before the event before, if that was a default window made anew.
    private var wasReset: Bool?
    /// After resets.
    private var boots: UInt64 = 0
    /// PHBs of the trace, by LIOBN, and LIOBNs of its virtual devices.
    private var phbs: [PHBConfiguration] = []
    private var virtualDevices: [LIOBN] = []
    /// The guest's device of each number in the trace.
    private var devices: [UInt32: Int] = [:]
    /// What this guest was given for what the recorded one was, where it must be given back.
    private var mapped = LiveMappings()
    private var coherent: [Place: CoherentMemory] = [:]
    /// The masks that a device is given whose first call sets none; nil: those that it has before its driver sets any.
    private let assumedMask: UInt64?
    /// Devices of which the trace has shown no mask.
    private var maskless: Set<Int> = []
    /// How far each CPU is with its scatter-gather call.
    private var turns: [Turn: Progress] = [:]
    private var result = GuestReplayResult()

    private typealias Place = LiveMappings.Place

    /// A CPU at a device.
    private struct Turn: Hashable {
        var cpu: Int
        var device: Int
    }

    /// Where the last map ended: for this guest and for the recorded one, in entries.
    private struct Progress {
        var own = 0
        var recorded: UInt64 = 0
        /// The call goes on.
        var isOpen = false
    }

    /// Makes a guest, which boots when it first has to do something.
    ///
    /// - Parameters:
    ///   - assumedMask: both masks of a device whose first call in the trace sets none, as if its driver had set them
    ///     before that call; nil: they are as before a driver sets any.
    ///   - record: takes the events that the guest makes; times in nanoseconds of its own clock.
    public init(
        _ configuration: GuestConfiguration, profile: TimingProfile, assumedMask: UInt64? = nil,
        record: ((TraceEvent) throws -> Void)? = nil
    ) throws {
        var kernel = try GuestKernel(configuration, profile: profile)
        kernel.platform.recorder = record.map(GuestRecorder.init)
        self.kernel = kernel
        self.assumedMask = assumedMask
    }

    /// Boots the guest, if it has not yet.
    public mutating func boot() throws {
        guard !isBooted else { return }
        isBooted = true
        for phb in phbs {
            result.impossible += try tried { try $0.add(phb) } ? 0 : 1
        }
        for liobn in virtualDevices {
            result.impossible += try tried { try $0.addVirtualDevice(liobn) } ? 0 : 1
        }
        if kernel.nodes.isEmpty { try kernel.plug() }
        try kernel.start()
    }

    /// After a reset nothing is left of what the guest had, and nobody undoes it. A boot is long: no trace has one in
    /// every few events, and where one has, false.
    private mutating func bootAgain() throws -> Bool {
        guard isReset else { return true }
        guard boots < Self.bootsMax + result.events / Self.eventsPerBoot else { return false }
        boots += 1
        isReset = false
        devices = [:]
        mapped = LiveMappings()
        coherent = [:]
        turns = [:]
        result.devicesWithoutMask -= UInt64(maskless.count)
        maskless = []
        try kernel.reset()
        return true
    }

    /// A machine of this trace cannot be: that is the trace's, and false. The host's errors are thrown.
    private mutating func tried(_ body: (inout GuestKernel) throws -> Void) throws -> Bool {
        do {
            try body(&kernel)
            return true
        } catch let error as MachineError where error != .noMemory {
            return false
        } catch is GuestConfigurationError {
            return false
        }
    }

    /// Carries out an event.
    public mutating func apply(_ event: TraceEvent) throws {
        result.events += 1
        result.firstTime = result.firstTime ?? event.time
        result.lastTime = event.time
        let before = wasReset
        wasReset = nil
        switch event.body {
        case .guest(let call):
            try boot()
            guard try bootAgain() else { return result.impossible += 1 }
            try apply(call)
        case .phb(let phb): try isBooted ? hotplug(PHBConfiguration(phb)) : note(PHBConfiguration(phb))
        case .window(let window) where !isBooted: note(window)
        case .reset: passOver(isReset: isBooted)
        case .window(let window):
            let isDefault = isDefault(window)
            if isDefault { wasReset = isReset }
            passOver(isReset: isReset || isDefault)
        case .rtas(let call):
            // The recorded kernel asked for its default window anew, if the event before was that window.
            let isAskedFor = call.number == UInt64(RTASCall.resetPEDMAWindow.rawValue)
            passOver(isReset: isAskedFor ? before ?? isReset : isReset)
        default: result.passedOver += 1
        }
    }

    private mutating func passOver(isReset: Bool) {
        self.isReset = isReset
        result.passedOver += 1
    }

    /// Is it a host bridge's default window, made anew? A recording shows a reset so.
    private func isDefault(_ window: TraceEvent.Window) -> Bool {
        window.buid != 0 && kernel.nodes.contains { $0.buid == window.buid && $0.defaultWindow.liobn == window.liobn }
    }

    /// A PHB of the trace; one that is told of again is as it is told the last time.
    private mutating func note(_ phb: PHBConfiguration) {
        if let index = phbs.firstIndex(where: { $0.liobn == phb.liobn }) {
            phbs[index] = phb
        } else if phbs.count < Self.nodesMax {
            phbs.append(phb)
        } else {
            result.impossible += 1
        }
    }

    /// A PHB that comes when the guest has booted.
    private mutating func hotplug(_ phb: PHBConfiguration) throws {
        guard !kernel.nodes.contains(where: { $0.defaultWindow.liobn == LIOBN(phb.liobn) }) else {
            return result.passedOver += 1
        }
        guard kernel.nodes.count < 2 * Self.nodesMax, try tried({ try $0.add(phb) }) else {
            return result.impossible += 1
        }
        try kernel.setUp(kernel.nodes.count - 1)
    }

    private mutating func note(_ window: TraceEvent.Window) {
        guard window.buid == 0, window.liobn & Self.bridgeBit == 0, !virtualDevices.contains(window.liobn) else {
            return result.passedOver += 1
        }
        if virtualDevices.count < Self.nodesMax {
            virtualDevices.append(window.liobn)
        } else {
            result.impossible += 1
        }
    }

    private mutating func apply(_ call: TraceEvent.Guest) throws {
        // No guest maps so much in one call: what a trace says of it is not looked at.
        guard call.length <= Self.lengthMax, call.address <= .max - Self.lengthMax || call.kind == .setMask,
            call.value <= .max - Self.lengthMax, call.kind != .map || isMemory(call), let device = try device(call)
        else {
            result.impossible += 1
            return
        }
        let cpu = Int(call.cpu ?? 0)
        switch call.kind {
        case .map: try map(call, device, cpu)
        case .unmap: try unmap(call, device, cpu)
        case .sync:
            result.syncs += 1
            guard let (mapping, offset) = mapped.containing(Place(device: device, address: call.address)) else {
                // What goes direct in a plain guest is nowhere but where it is.
                if !kernel.isPlain(device) { result.unknown += 1 }
                return
            }
            try kernel.sync(
                device, mapping.address + offset, bytes: min(call.length, mapping.bytes - offset), mapping.access,
                forCPU: call.cpuSide)
        case .alloc: try allocate(call, device, cpu)
        case .free:
            result.frees += 1
            guard let memory = coherent.removeValue(forKey: Place(device: device, address: call.address)) else {
                result.unknown += 1
                return
            }
            try kernel.freeCoherent(memory, cpu: cpu)
        case .setMask:
            result.masks += 1
            if try kernel.setMask(device, call.address, coherent: call.cpuSide, cpu: cpu) != nil {
                result.refusals += 1
            }
        }
    }

    /// Is what a call maps memory of this guest's?
    private func isMemory(_ call: TraceEvent.Guest) -> Bool {
        call.address + call.length <= kernel.configuration.memoryBytes
    }

    /// Bytes of one call at most.
    private static let lengthMax = UInt64(1) << 32
    /// Tables that a trace may give the guest beside its own, and devices.
    private static let nodesMax = 64

    /// Boots after resets that any trace may ask for, and events that buy another.
    private static let bootsMax: UInt64 = 16
    private static let eventsPerBoot: UInt64 = 1000
    private static let devicesMax = 4096
    /// CPUs at devices whose last map is remembered.
    private static let turnsMax = 16384

    /// LIOBNs of host bridges have this bit; those of virtual devices have not (QEMU include/hw/ppc/spapr.h).
    private static let bridgeBit = LIOBN(0x8000_0000)
    /// Smaller numbers are no LIOBNs.
    private static let liobnMin = UInt32(0x10000)

    /// A number that is an LIOBN names a device of that table, which the guest is given if it has none; any other one is
    /// a device of the first node. Nil: there are too many.
    private mutating func device(_ call: TraceEvent.Guest) throws -> Int? {
        let number = call.device
        if let device = devices[number] {
            if call.kind == .setMask { noteMask(device) }
            return device
        }
        guard devices.count < Self.devicesMax else { return nil }
        let liobn = LIOBN(number)
        var node = kernel.nodes.firstIndex { $0.defaultWindow.liobn == liobn }
        if node == nil, number >= Self.liobnMin, kernel.nodes.count < 2 * Self.nodesMax {
            var phb = PHBConfiguration()
            phb.liobn = number
            phb.buid += UInt64(kernel.nodes.count)
            let isBridge = liobn & Self.bridgeBit != 0
            guard try tried({ isBridge ? try $0.add(phb) : try $0.addVirtualDevice(liobn) }) else { return nil }
            node = kernel.nodes.count - 1
            try kernel.setUp(kernel.nodes.count - 1)
        }
        kernel.devices.append(GuestDevice(node: node ?? 0))
        let device = kernel.devices.count - 1
        devices[number] = device
        if call.kind != .setMask {
            result.devicesWithoutMask += 1
            maskless.insert(device)
            if let assumedMask, try kernel.setMasks(device, assumedMask, cpu: Int(call.cpu ?? 0)) != nil {
                result.refusals += 1
            }
        }
        return device
    }

    /// The driver of a device sets a mask after all.
    private mutating func noteMask(_ device: Int) {
        if maskless.remove(device) != nil { result.devicesWithoutMask -= 1 }
    }

    // MARK: Maps

    private mutating func map(_ call: TraceEvent.Guest, _ device: Int, _ cpu: Int) throws {
        result.maps += 1
        // Allocations of one call go on where the last ended, those of another at a multiple of a block.
        let block = UInt64(IOMMUTable.block), entry = call.value >> Self.pageShift
        let turn = Turn(cpu: cpu, device: device), last = turns[turn] ?? Progress()
        let follows = last.own != 0 && last.recorded == entry && entry % block != 0
        let failed = call.status.map { $0 < 0 } ?? false
        var place = GuestKernel.Placement()
        place.isOfList = call.more || last.isOpen || follows
        place.handle = last.isOpen || follows ? last.own : 0
        place.perhaps = last.isOpen || last.own == 0 ? nil : follows ? 0 : last.own
        place.recorded = failed ? nil : call.value
        let mapping = try kernel.mapElement(
            device, call.address, bytes: call.length, call.access, at: &place, cpu: cpu)
        if turns.count >= Self.turnsMax, turns[turn] == nil { turns = [:] }
        turns[turn] = Progress(isOpen: call.more)
        guard case .success(let address) = mapping else {
            result.failures += 1
            return
        }
        let pages = (call.value % (1 << Self.pageShift) + call.length + 1 << Self.pageShift - 1) >> Self.pageShift
        turns[turn] = Progress(own: place.handle, recorded: entry + pages, isOpen: call.more)
        guard !failed else {
            // Nobody will ever undo it: the recorded driver had nothing.
            return try kernel.unmap(device, address, bytes: call.length, call.access, cpu: cpu)
        }
        result.compared += 1
        if place.differs {
            result.adopted += 1
        } else if address == call.value {
            result.equal += 1
        }
        guard !kernel.isPlain(device) else { return }
        mapped.insert(
            LiveMappings.Mapping(address: address, bytes: call.length, access: call.access),
            at: Place(device: device, address: call.value))
    }

    /// An I/O page of a default window.
    private static let pageShift = UInt64(12)

    /// One call may undo several maps that lie behind one another.
    private mutating func unmap(_ call: TraceEvent.Guest, _ device: Int, _ cpu: Int) throws {
        result.unmaps += 1
        guard var run = mapped.remove(Place(device: device, address: call.address)) else {
            return try unmapUnknown(call, device, cpu)
        }
        var next = call.address + run.bytes
        while next < call.address + call.length,
            let more = mapped.remove(Place(device: device, address: next))
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

    /// What covers a whole table is no unmap: the kernel clears it. Of what goes direct in a plain guest nothing is
    /// kept. Anything else undoes what was not done.
    private mutating func unmapUnknown(_ call: TraceEvent.Guest, _ device: Int, _ cpu: Int) throws {
        let window = kernel.nodes[kernel.devices[device].node].defaultWindow
        if call.address == window.start, call.length == window.pageCount * window.pageBytes {
            result.clears += 1
        } else if kernel.isPlain(device) {
            try kernel.unmap(device, call.address, bytes: call.length, call.access, cpu: cpu)
        } else {
            result.unknown += 1
        }
    }

    private mutating func allocate(_ call: TraceEvent.Guest, _ device: Int, _ cpu: Int) throws {
        result.allocations += 1
        switch try kernel.allocateCoherent(device, bytes: call.length, cpu: cpu) {
        case .failure: result.failures += 1
        case .success(let memory):
            guard call.status.map({ $0 >= 0 }) ?? true else { return try kernel.freeCoherent(memory, cpu: cpu) }
            coherent[Place(device: device, address: call.value)] = memory
            result.compared += 1
            if memory.busAddress == call.value { result.equal += 1 }
        }
    }

    /// What came of it so far; `boot` was before.
    public func snapshot() -> GuestReplayResult {
        var result = result
        result.calls = kernel.platform.calls
        result.cycles = kernel.platform.cycles
        result.sharedBytes = kernel.platform.machine.sharing.sharedPages << GuestKernel.frameShift
        result.peakSharedBytes = kernel.platform.machine.sharing.peakSharedPages << GuestKernel.frameShift
        return result
    }

    /// Maps and allocations that are remembered.
    var liveCount: Int { mapped.count + coherent.count }
}

extension PHBConfiguration {
    /// As an event tells of it.
    init(_ phb: TraceEvent.PHB) {
        self.init()
        buid = phb.buid
        liobn = phb.liobn
        ddw = phb.ddw
        windowStart = phb.windowStart
        windowBytes = phb.windowBytes
        dma64Start = phb.dma64Start
        pageShifts = phb.pageShifts
    }
}
