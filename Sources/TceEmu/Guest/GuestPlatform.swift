// SPDX-License-Identifier: Apache-2.0
import CTce

/// The platform as a guest's kernel meets it: every hcall, RTAS call and ultracall is carried out on a machine, counted
/// by phase, priced by a profile and, where asked, recorded.
///
/// Calls are events of the core's batch, as in a replay: what is recorded here replays with the same answers and costs.
@safe struct GuestPlatform: ~Copyable {
    var machine: Machine
    /// For which calls are counted now.
    var phase = GuestPhase.run
    private(set) var calls: [GuestPhase: GuestCalls] = [:]
    /// Where events go, too; nil: nowhere.
    var recorder: GuestRecorder?
    /// A status that a test wants in the place of a call's own, by the number of hcalls made before; the call is not
    /// made.
    var injected: [Int: HcallStatus] = [:]
    private(set) var hcallCount = 0

    private let time: OpaquePointer
    private let profile: TimingProfile
    /// Cycles that the kernel spent outside calls.
    private var ownCycles: UInt64 = 0
    private let buffers: EventBuffers

    /// Room for what one hcall maps.
    static let runMax = Int(TCE_LIST_ENTRIES_MAX)

    init(_ configuration: MachineConfiguration, profile: TimingProfile) throws {
        var config = try profile.lowered()
        var time: OpaquePointer?
        try MachineError.check(
            unsafe tce_time_create(&config, TimingArrival.trace.lowered, 1, &time))
        guard let time = unsafe time else { throw MachineError.noMemory }
        let machine: Machine
        do {
            machine = try Machine(configuration)
        } catch {
            unsafe tce_time_destroy(time)
            throw error
        }
        self.machine = machine
        unsafe self.time = time
        self.profile = profile
        buffers = EventBuffers(capacity: Self.runMax)
    }

    deinit {
        unsafe tce_time_destroy(time)
    }

    var clockMHz: UInt64 { profile.clockMHz }

    /// Guest cycles so far: of calls, and of the kernel's own work.
    var cycles: UInt64 { unsafe tce_time_statistics(time).call_cycles + ownCycles }

    /// Counts from here on: what was before is another kernel's.
    mutating func forgetCalls() {
        calls = [:]
    }

    /// The kernel worked for some cycles.
    mutating func spend(_ cycles: UInt64) {
        ownCycles += cycles
        calls[phase, default: GuestCalls()].cycles += cycles
    }

    private func nanoseconds(_ cycles: UInt64) -> UInt64 {
        let (high, low) = cycles.multipliedFullWidth(by: 1000)
        return high < clockMHz ? clockMHz.dividingFullWidth((high, low)).quotient : .max
    }

    // MARK: Hcalls

    mutating func getTCE(cpu: Int, _ liobn: LIOBN, _ ioba: IOBA) throws -> (status: HcallStatus, tce: TCE) {
        buffers.events[0] = Self.event(TCE_EVENT_GET, cpu, ioba)
        let status = try hcall(TraceEvent.Hcall.Kind.get, liobn, count: 1, tces: 1)
        return (status, TCE(rawValue: buffers.results[0].value))
    }

    /// H_PUT_TCE of TCEs each a `step` above the one before, one I/O page after another, until one answers
    /// H_NOT_ENOUGH_RESOURCES. Returns how many were made, that one too, and its status.
    mutating func putTCEs(
        cpu: Int, _ liobn: LIOBN, from ioba: IOBA, pageShift: Int, count: Int, first: TCE, step: UInt64
    ) throws -> (made: Int, status: HcallStatus) {
        var made = 0
        while made < count {
            let run = min(injected.isEmpty ? Self.runMax : 1, count - made)
            var event = Self.event(TCE_EVENT_PUT, cpu, ioba &+ UInt64(made) << UInt64(pageShift))
            event.value = first.rawValue &+ UInt64(made) &* step
            buffers.setPuts(event, run, ioba: 1 << UInt64(pageShift), value: step)
            let status = try hcall(TraceEvent.Hcall.Kind.put, liobn, count: run, tces: 1)
            made += run
            if status == .notEnoughResources { return (made, status) }
        }
        return (made, .success)
    }

    mutating func stuffTCE(cpu: Int, _ liobn: LIOBN, _ ioba: IOBA, _ tce: TCE, npages: Int) throws -> HcallStatus {
        var event = Self.event(TCE_EVENT_STUFF, cpu, ioba)
        event.value = tce.rawValue
        event.count = UInt32(clamping: npages)
        buffers.events[0] = event
        return try hcall(TraceEvent.Hcall.Kind.stuff, liobn, count: 1, tces: npages)
    }

    /// H_PUT_TCE_INDIRECT of a list of TCEs, each a `step` above the one before, which the guest stores at `list`
    /// first.
    mutating func putTCEIndirect(
        cpu: Int, _ liobn: LIOBN, _ ioba: IOBA, list: RealAddress, from first: TCE, step: UInt64, count: Int
    ) throws -> HcallStatus {
        var event = Self.event(TCE_EVENT_INDIRECT, cpu, ioba)
        event.count = UInt32(clamping: count)
        event.flags = UInt8(TCE_EVENT_SIDE)
        buffers.events[0] = event
        buffers.setList(at: list, from: first.rawValue, step: step, count: count)
        return try hcall(TraceEvent.Hcall.Kind.putIndirect, liobn, count: 1, tces: count)
    }

    private static func event(_ kind: Int, _ cpu: Int, _ address: UInt64) -> tce_event {
        tce_event(
            kind: UInt8(kind), flags: 0, cpu: UInt16(truncatingIfNeeded: cpu), stream: 0, address: address, value: 0,
            count: 0, status: 0)
    }

    /// Carries out the events in the buffers, hcalls of one kind on one table; the status of the last.
    private mutating func hcall(
        _ kind: TraceEvent.Hcall.Kind, _ liobn: LIOBN, count: Int, tces: Int
    ) throws -> HcallStatus {
        let before = cycles
        var status: HcallStatus
        var errors = 0
        if let answer = injected[hcallCount] {
            status = answer
            errors = 1
        } else {
            try run(count, liobn: liobn)
            status = HcallStatus(rawValue: buffers.results[count - 1].status)
            errors = buffers.errors(among: count)
        }
        hcallCount += count
        // In place: a boot makes hundreds of thousands of calls, and a copy of the counts would be made by each.
        let made = GuestCalls.Hcalls(calls: UInt64(count), tces: UInt64(count * tces), errors: UInt64(errors))
        calls[phase, default: GuestCalls()].add(made, kind.hcallName, liobn, cycles: cycles - before)
        return status
    }

    // MARK: Other calls

    /// An RTAS call; of its answer the status and, of one that makes a window, its LIOBN.
    mutating func rtas(
        cpu: Int, _ call: RTASCall, _ arguments: [UInt32], returns: Int
    ) throws -> (status: RTASStatus, liobn: LIOBN) {
        var event = Self.event(TCE_EVENT_RTAS, cpu, UInt64(call.rawValue))
        event.flags = UInt8(TCE_EVENT_SIDE)
        event.count = UInt32(returns)
        buffers.events[0] = event
        buffers.side = [UInt64(arguments.count), 0] + arguments.map(UInt64.init)
        let before = cycles
        try run(1, liobn: .max)
        calls[phase, default: GuestCalls()].rtas[call.description, default: 0] += 1
        calls[phase, default: GuestCalls()].cycles += cycles - before
        let result = buffers.results[0]
        return (RTASStatus(rawValue: Int32(truncatingIfNeeded: result.status)), result.value)
    }

    @discardableResult
    mutating func ultracall(cpu: Int, _ call: Ultracall, _ arguments: [UInt64] = []) throws -> UltracallStatus {
        var event = Self.event(TCE_EVENT_ULTRACALL, cpu, call.rawValue)
        event.flags = UInt8(TCE_EVENT_SIDE)
        buffers.events[0] = event
        buffers.side = [UInt64(arguments.count), 0] + arguments
        let before = cycles
        try run(1, liobn: .max)
        calls[phase, default: GuestCalls()].ultracalls[call.description, default: 0] += 1
        if call == .sharePage { calls[phase, default: GuestCalls()].sharedFrames += arguments[1] }
        calls[phase, default: GuestCalls()].cycles += cycles - before
        return UltracallStatus(rawValue: buffers.results[0].status)
    }

    private mutating func run(_ count: Int, liobn: LIOBN) throws {
        let stamp = cycles
        var counters = tce_counters()
        var stream = tce_stream(liobn: liobn, buid: 0, requester: .max, device: 0)
        let err = unsafe buffers.withBatch(count, stream: &stream) { batch, results in
            var options = unsafe tce_run_options()
            unsafe options.results = results
            unsafe options.time = time
            return unsafe tce_run(machine.handle, &batch, &counters, &options, nil)
        }
        try MachineError.check(err)
        guard let recorder else { return }
        try recorder.record(buffers, count: count, liobn: liobn, nanoseconds: nanoseconds(stamp))
    }

    /// The platform changes something: a PHB or a window comes. It is recorded, not timed.
    mutating func note(_ body: TraceEvent.Body) throws {
        try recorder?.append(body, nanoseconds: nanoseconds(cycles))
    }
}

extension TraceEvent.Hcall.Kind {
    /// The PAPR name.
    var hcallName: String {
        switch self {
        case .get: "H_GET_TCE"
        case .put: "H_PUT_TCE"
        case .stuff: "H_STUFF_TCE"
        case .putIndirect: "H_PUT_TCE_INDIRECT"
        }
    }
}

/// Events that are about to be carried out, and their results.
@safe final class EventBuffers {
    var events: [tce_event]
    fileprivate(set) var results: [tce_result]
    /// Of the one event that has side words.
    var side: [UInt64] = []

    init(capacity: Int) {
        events = Array(repeating: tce_event(), count: capacity)
        results = Array(repeating: tce_result(), count: capacity)
    }

    fileprivate func errors(among count: Int) -> Int {
        unsafe results.withUnsafeBufferPointer { results in
            var errors = 0
            var index = 0
            while index < count {
                if unsafe results[index].status != 0 { errors += 1 }
                index += 1
            }
            return errors
        }
    }

    /// So many events, each after the first with address and value a step above.
    fileprivate func setPuts(_ first: tce_event, _ count: Int, ioba: UInt64, value: UInt64) {
        var event = first
        unsafe events.withUnsafeMutableBufferPointer { events in
            var index = 0
            while index < count {
                unsafe events[index] = event
                event.address &+= ioba
                event.value &+= value
                index += 1
            }
        }
    }

    /// The side words of a list call.
    fileprivate func setList(at list: RealAddress, from first: UInt64, step: UInt64, count: Int) {
        let words = Int(TCE_HCALL_WORDS)
        side = unsafe [UInt64](unsafeUninitializedCapacity: words + count) { buffer, written in
            unsafe buffer[0] = UInt64(count)
            unsafe buffer[1] = .max
            unsafe buffer[2] = list
            unsafe buffer[3] = UInt64(count)
            var tce = first
            var index = words
            while index < words + count {
                unsafe buffer[index] = tce
                tce &+= step
                index += 1
            }
            written = words + count
        }
    }

    fileprivate func withBatch(
        _ count: Int, stream: inout tce_stream,
        _ body: (inout tce_batch, UnsafeMutablePointer<tce_result>?) -> Int32
    ) -> Int32 {
        unsafe events.withUnsafeBufferPointer { events in
            unsafe side.withUnsafeBufferPointer { side in
                unsafe withUnsafePointer(to: &stream) { stream in
                    unsafe results.withUnsafeMutableBufferPointer { results in
                        var batch = unsafe tce_batch(
                            events: events.baseAddress, times: nil, count: count, side: side.baseAddress,
                            side_count: side.count, streams: stream, stream_count: 1)
                        return unsafe body(&batch, results.baseAddress)
                    }
                }
            }
        }
    }
}
