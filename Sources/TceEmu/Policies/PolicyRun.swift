// SPDX-License-Identifier: Apache-2.0

/// Runs one cell: a guest boots, its driver sets masks, allocates a ring, maps payload, and a device goes over both.
///
/// Nothing here knows what ought to come out. Where an access lands, what it moves and what the calls answer is the
/// machine's and the guest's.
struct PolicyRun: ~Copyable {
    private let cell: PolicyCell
    let options: PolicyOptions
    var kernel: GuestKernel
    let device: DeviceModel
    /// Index of the guest's device.
    private let index: Int

    private static let ringBytes = UInt64(64) << 10

    /// - Parameter record: takes the calls of guest and driver and the device's accesses, in order; times in nanoseconds.
    static func run(
        _ cell: PolicyCell, _ options: PolicyOptions, record: ((TraceEvent) throws -> Void)? = nil
    ) throws -> PolicyResult {
        var run = try PolicyRun(cell, options, record)
        return try run.result()
    }

    private init(
        _ cell: PolicyCell, _ options: PolicyOptions, _ record: ((TraceEvent) throws -> Void)?
    ) throws {
        // A noncopyable value cannot be half made: what can throw comes first.
        var kernel = try GuestKernel(Self.guest(cell, options), profile: options.profile)
        kernel.platform.recorder = record.map(GuestRecorder.init)
        try kernel.boot()
        // A guest of virtual devices has no host bridge: its nodes are all of the device's kind.
        kernel.devices = kernel.nodes.indices.map { GuestDevice(node: $0) }
        let node = kernel.nodes[0]
        self.cell = cell
        self.options = options
        self.kernel = kernel
        index = 0
        device = DeviceModel(
            buid: node.isVirtual ? nil : node.buid, liobn: node.defaultWindow.liobn,
            isBehindIOMMU: cell.device.isBehindIOMMU)
    }

    private static func guest(_ cell: PolicyCell, _ options: PolicyOptions) -> GuestConfiguration {
        var guest = GuestConfiguration()
        guest.level = options.level ?? cell.policy.level
        guest.platform = options.platform
        guest.memoryBytes = options.memoryBytes
        guest.cpus = options.cpus
        guest.isSecure = true
        guest.multiTCE = cell.multiTCE
        guest.usesDDW = options.usesDDW
        guest.policy = cell.policy
        if let maskCheck = options.maskCheck { guest.policy.maskCheck = maskCheck }
        guest.bufferBytes = options.bufferBytes
        guest.bufferStart = cell.bufferStart
        guest.coherentPlace = options.coherentPlace
        let offered = [12, 16, 21, 24, 25, 26, 27, 28, 34].filter { UInt64(1) << UInt64($0) <= options.tceBytes }
        guest.phbs = (0..<options.nodes).map { number in
            var phb = PHBConfiguration()
            phb.buid += UInt64(number)
            phb.liobn += UInt32(number) << 8
            phb.windowStart = options.windowStart
            phb.windowBytes = cell.windowBytes
            phb.pageShifts = offered.reduce(0) { $0 | 1 << UInt64($1) }
            return phb
        }
        guest.vioDevices = cell.device == .vio ? options.nodes : 0
        if cell.device == .vio { guest.phbs = [] }
        return guest
    }

    // MARK: The driver

    private enum Stop: Error {
        case outcome(PolicyOutcome, String)
    }

    private mutating func result() throws -> PolicyResult {
        var result = PolicyResult(
            cell: cell, outcome: .ok, why: "ring and payload move both ways, and the data are right",
            boot: PolicyResult.Cost(GuestCalls()), perIO: nil, shared: 0, reachable: 0, latent: 0, plain: 0)
        var work = Work()
        do {
            defer { result.boot = PolicyResult.Cost(sum(of: .secure, .clear, .populate)) }
            try setMasks()
        } catch Stop.outcome(let outcome, let why) {
            work.verdict = (outcome, why)
        }
        do {
            if work.verdict == nil { try allocate(&work) }
        } catch Stop.outcome(let outcome, let why) {
            work.verdict = (outcome, why)
        }
        expose(&result)
        do {
            if work.verdict == nil { result.perIO = try moveAll(&work) }
        } catch Stop.outcome(let outcome, let why) {
            // What the device met before this is what went wrong first.
            work.verdict = work.verdict ?? (outcome, why)
        }
        if let verdict = work.verdict { (result.outcome, result.why) = verdict }
        if let leak = options.leak { result.leak = try readEverything(afterSharing: leak) }
        return result
    }

    private func sum(of phases: GuestPhase...) -> GuestCalls {
        phases.reduce(into: GuestCalls()) { sum, phase in sum += kernel.platform.calls[phase] ?? GuestCalls() }
    }

    private mutating func setMasks() throws {
        for number in kernel.devices.indices {
            for call in cell.device.maskCalls {
                guard let failure = try set(call, number) else { continue }
                if cell.device.isVirtio {
                    // virtio tries 32 bits, and goes on whatever comes of it.
                    _ = try set(.both(bits: 32), number)
                } else if options.heedsRefusals {
                    throw Stop.outcome(.maskRefused, failure.description)
                }
            }
        }
    }

    private mutating func set(_ call: DeviceClass.MaskCall, _ number: Int) throws -> GuestFailure? {
        func mask(_ bits: Int) -> UInt64 { UInt64.max >> UInt64(64 - bits) }
        let calls: [(bits: Int, coherent: Bool)] =
            switch call {
            case .both(let bits): [(bits, false), (bits, true)]
            case .streaming(let bits): [(bits, false)]
            case .coherent(let bits): [(bits, true)]
            }
        for call in calls {
            if let failure = try kernel.setAndNoteMask(number, mask(call.bits), coherent: call.coherent) {
                return failure
            }
        }
        return nil
    }

    /// An access of the device goes into the record.
    private mutating func note(_ memory: Shared, _ access: DMAAccess) throws {
        guard kernel.platform.recorder != nil, device.isBehindIOMMU else { return }
        try kernel.platform.note(
            .dma(
                TraceEvent.DMA(
                    liobn: device.window(memory.busAddress, in: kernel.platform.machine), buid: device.buid,
                    ioba: memory.busAddress, length: memory.bytes, access: access)))
    }

    /// Memory that guest and device share, and what each calls it.
    private struct Shared {
        var address: RealAddress
        var busAddress: IOBA
        var bytes: UInt64
        /// Where the device should be: the memory, or its bounce slot.
        var target: RealAddress
    }

    /// What the driver has got hold of so far.
    private struct Work {
        var ring: Shared?
        var receive: [Shared] = []
        var verdict: (PolicyOutcome, String)?
    }

    /// A ring for each device, as their drivers begin; the first then gets a receive buffer.
    private mutating func allocate(_ work: inout Work) throws {
        for number in kernel.devices.indices {
            let ring = try allocateRing(number)
            if number == index { work.ring = ring }
        }
        work.receive = try map(page(options.requestBytes), .write)
    }

    private mutating func allocateRing(_ number: Int) throws -> Shared {
        guard cell.device.usesDMAAPI else {
            let at = try page(Self.ringBytes)
            return Shared(address: at, busAddress: at, bytes: Self.ringBytes, target: at)
        }
        switch try kernel.allocateCoherent(number, bytes: Self.ringBytes) {
        case .failure(let failure):
            try kernel.note(.alloc, 0, device: number, bytes: Self.ringBytes, .readWrite, failed: true)
            throw Self.stop(failure)
        case .success(let ring):
            try kernel.note(
                .alloc, ring.address, device: number, value: ring.busAddress, bytes: ring.bytes, .readWrite)
            return Shared(
                address: ring.address, busAddress: ring.busAddress, bytes: ring.bytes, target: ring.address)
        }
    }

    private static func stop(_ failure: GuestFailure) -> Stop {
        .outcome(failure.kind == .policy ? .initFailed : .mapError, failure.description)
    }

    /// Memory of the guest's own.
    private mutating func page(_ bytes: UInt64) throws -> RealAddress {
        guard let at = kernel.pages.takeHighest(bytes) else {
            throw Stop.outcome(.mapError, "the guest has no \(bytes) bytes of memory left")
        }
        return at
    }

    /// Maps a buffer: a scatter-gather list of as many pieces as the driver has been told.
    private mutating func map(_ at: RealAddress, _ access: DMAAccess) throws -> [Shared] {
        guard cell.device.usesDMAAPI else {
            return [Shared(address: at, busAddress: at, bytes: options.requestBytes, target: at)]
        }
        let most = mappingMax ?? options.requestBytes
        let pieces = stride(from: 0, to: options.requestBytes, by: Int(most)).map { first in
            GuestKernel.Element(address: at + first, bytes: min(most, options.requestBytes - first))
        }
        let mapping = try kernel.mapList(index, pieces, access)
        var mapped: [Shared] = []
        for segment in (try? mapping.get().prefix { $0.bytes > 0 }) ?? [] {
            let address = mapped.last.map { $0.address + $0.bytes } ?? at
            mapped.append(
                Shared(
                    address: address, busAddress: segment.address, bytes: segment.bytes,
                    target: kernel.target(index, segment.address) ?? address))
        }
        for piece in pieces {
            let segment = mapped.last { $0.address <= piece.address }
            try kernel.note(
                .map, piece.address, device: index,
                value: segment.map { $0.busAddress + (piece.address - $0.address) } ?? 0, bytes: piece.bytes, access,
                more: piece != pieces.last, failed: segment == nil)
        }
        if case .failure(let failure) = mapping { throw Self.stop(failure) }
        return mapped
    }

    /// virtio asked about the virtio device, which has no operations, before 5.10.
    private var mappingMax: UInt64? {
        if cell.device.isVirtio, !kernel.level.bypassesInCore, kernel.buffer != nil { return BounceBuffer.mappingMax }
        return kernel.mappingMax(index)
    }

    private mutating func unmap(_ pieces: [Shared], _ access: DMAAccess) throws {
        guard cell.device.usesDMAAPI else { return }
        for piece in pieces {
            try kernel.note(.unmap, piece.busAddress, device: index, bytes: piece.bytes, access)
        }
        try kernel.unmapList(
            index, pieces.map { GuestKernel.Element(address: $0.busAddress, bytes: $0.bytes) }, access)
    }

    // MARK: The device

    /// The device reads and writes the ring, writes what the guest receives, reads what it sends. Once it has gone wrong
    /// it does no more; the driver, whom no call told, goes on, and what its calls cost is counted all the same.
    private mutating func moveAll(_ work: inout Work) throws -> PolicyResult.Cost {
        guard let ring = work.ring else { preconditionFailure("there is a ring") }
        let receive = work.receive
        try unlessStopped(&work) { run in
            try run.guestWrites(ring, seed: 1)
            try run.deviceReads(ring, "the ring", seed: 1)
            try run.deviceWrites(ring, "the ring", seed: 2)
            try run.guestReads(ring.address, ring.bytes, "the ring", seed: 2)
            for (number, piece) in receive.enumerated() {
                try run.deviceWrites(piece, "a receive buffer", seed: 16 + UInt64(number))
            }
        }
        try unmap(receive, .write)
        try unlessStopped(&work) { run in
            for (number, piece) in receive.enumerated() {
                try run.guestReads(piece.address, piece.bytes, "a receive buffer", seed: 16 + UInt64(number))
            }
        }
        let at = try page(options.requestBytes)
        _ = try kernel.platform.machine.writeMemory(at: at, Self.pattern(3, Int(options.requestBytes)))
        let before = sum(of: .run)
        let send = try map(at, .read)
        try unlessStopped(&work) { run in
            for piece in send {
                try run.deviceReads(piece, "a send buffer", seed: 3, from: piece.address - at)
            }
        }
        try unmap(send, .read)
        return PolicyResult.Cost(sum(of: .run) - before)
    }

    /// A step that is left out once something has gone wrong; what goes wrong in it is the verdict.
    private mutating func unlessStopped(_ work: inout Work, _ step: (inout PolicyRun) throws -> Void) throws {
        guard work.verdict == nil else { return }
        do {
            try step(&self)
        } catch Stop.outcome(let outcome, let why) {
            work.verdict = (outcome, why)
        }
    }

    /// Bytes that are not another seed's.
    private static func pattern(_ seed: UInt64, _ count: Int) -> [UInt8] {
        var state = seed &* 0x9E37_79B9_7F4A_7C15
        var words = [UInt64](repeating: 0, count: (count + 7) / 8)
        for index in words.indices {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            words[index] = state
        }
        return unsafe words.withUnsafeBytes { unsafe Array($0.prefix(count)) }
    }

    private mutating func guestWrites(_ memory: Shared, seed: UInt64) throws {
        _ = try kernel.platform.machine.writeMemory(at: memory.address, Self.pattern(seed, Int(memory.bytes)))
    }

    private mutating func guestReads(_ at: RealAddress, _ bytes: UInt64, _ name: String, seed: UInt64) throws {
        guard kernel.platform.machine.readMemory(at: at, count: Int(bytes)) == Self.pattern(seed, Int(bytes)) else {
            throw Stop.outcome(.silent, "the guest does not find in \(name) what the device wrote")
        }
    }

    private mutating func deviceReads(
        _ memory: Shared, _ name: String, seed: UInt64, from first: UInt64 = 0
    ) throws {
        try note(memory, .read)
        try checkLanding(memory, name, .read)
        let expected = Array(Self.pattern(seed, Int(first + memory.bytes)).suffix(Int(memory.bytes)))
        switch device.read(memory.busAddress, bytes: memory.bytes, from: &kernel.platform.machine) {
        case .fault(let what): throw Stop.outcome(.deviceFault, "the device faults reading \(name): \(what)")
        case .done(let content):
            guard content != expected else { return }
            throw Stop.outcome(
                .silent,
                "the device reads "
                    + (isShared(memory) ? "other bytes than those" : "ciphertext instead of what is") + " in \(name)"
            )
        }
    }

    private mutating func deviceWrites(_ memory: Shared, _ name: String, seed: UInt64) throws {
        try note(memory, .write)
        try checkLanding(memory, name, .write)
        let damaged = kernel.platform.machine.sharing.damagedPages
        let content = Self.pattern(seed, Int(memory.bytes))
        if case .fault(let what) = try device.write(memory.busAddress, content, to: &kernel.platform.machine) {
            throw Stop.outcome(.deviceFault, "the device faults writing \(name): \(what)")
        }
        let pages = kernel.platform.machine.sharing.damagedPages - damaged
        guard pages == 0 else {
            throw Stop.outcome(.silent, "the device damages \(counted(pages, "page")) of \(name), which are not shared")
        }
    }

    private func isShared(_ memory: Shared) -> Bool {
        kernel.platform.machine.frameState(at: memory.target) == .shared
    }

    /// The device must land on what the guest meant.
    private func checkLanding(_ memory: Shared, _ name: String, _ access: DMAAccess) throws {
        guard
            let landing = device.landing(
                memory.busAddress, bytes: memory.bytes, access, in: kernel.platform.machine)
        else { return }
        var expected = memory.target
        for part in landing {
            guard part.address == expected else {
                throw Stop.outcome(
                    .wrongPage,
                    "meant for \(name) at \(expected.hex), the access to bus address \(memory.busAddress.hex) lands on "
                        + "\(part.address.hex)")
            }
            expected += part.bytes
        }
    }
}
