// SPDX-License-Identifier: Apache-2.0
import CTce

/// The core's time model of one replay. It watches the machine's runs and never changes an answer.
///
/// One replay owns it; calls on it must not overlap.
@safe final class TimeModel {
    /// The core's model, from `init` to `deinit`.
    let handle: OpaquePointer
    let timing: ReplayTiming
    private let config: tce_time_config
    let clockMHz: UInt64
    let unitNanoseconds: UInt64

    /// - Parameter unitNanoseconds: nanoseconds in one unit of the trace's time stamps.
    init(_ timing: ReplayTiming, unitNanoseconds: UInt64) throws {
        var config = try timing.profile.lowered()
        var handle: OpaquePointer?
        let error = unsafe tce_time_create(&config, timing.arrival.lowered, unitNanoseconds, &handle)
        guard let handle = unsafe handle else { throw MachineError(rawValue: error) }
        unsafe self.handle = handle
        self.timing = timing
        self.config = config
        self.unitNanoseconds = unitNanoseconds
        clockMHz = timing.profile.clockMHz
        if let interval = timing.intervalNanoseconds {
            let cycles = (UInt128(interval) * UInt128(clockMHz) + 500) / 1000
            unsafe tce_time_set_interval(handle, max(1, UInt64(min(UInt128(UInt64.max), cycles))))
        }
        if timing.keepsEvents { unsafe tce_time_keep_records(handle, true) }
    }

    deinit {
        unsafe tce_time_destroy(handle)
    }

    /// No more events come: what is under way is brought to its end.
    func finish() throws(MachineError) {
        try unsafe MachineError.check(tce_time_finish(handle))
    }

    /// Cycles of each TCE hcall so far, in the order of `TraceEvent.Hcall.Kind`.
    var hcallCycles: [UInt64] {
        [TCE_TIME_GET, TCE_TIME_PUT, TCE_TIME_STUFF, TCE_TIME_LIST].map {
            unsafe tce_time_calls_of(handle, tce_time_call_kind(UInt32($0))).cycles
        }
    }

    /// The next transactions and calls whose end is known, at most `records.count`; how many.
    func takeRecords(_ records: inout [tce_time_record]) -> Int {
        unsafe records.withUnsafeMutableBufferPointer { buffer in
            unsafe tce_time_take_records(handle, buffer.baseAddress, buffer.count)
        }
    }

    /// Whole cycles of a TCE hcall of one TCE, known by its opcode: entry, exit and handler; nil of any other hcall.
    func cyclesOfCall(opcode: UInt64) -> UInt64? {
        let handler: UInt64
        switch TCEHcall(rawValue: opcode) {
        case .get: handler = config.hcall_get
        case .put: handler = config.hcall_put
        case .stuff: handler = config.hcall_stuff + config.hcall_stuff_entry
        case .putIndirect: handler = config.hcall_list + config.hcall_list_entry
        case nil: return nil
        }
        let millionths = TimingParameter.millionths
        return max(1, (config.hcall_entry + handler + millionths / 2) / millionths)
    }

    /// The cycle of a time stamp, counted from the first event that takes part in time. (The page's rule [unit].)
    func stamp(_ time: UInt64, first: UInt64) -> UInt64 {
        guard time > first else { return 0 }
        let nanoseconds = UInt128(time - first) * UInt128(unitNanoseconds)
        let most = UInt64(1) << 60
        return UInt64(min(UInt128(most), nanoseconds * UInt128(clockMHz) / 1000))
    }
}
