// SPDX-License-Identifier: Apache-2.0
import CTce

/// The TCE hcalls by their opcodes (LoPAR 14.5.4.2; the core's `TCE_H_PUT_TCE` and so on).
enum TCEHcall: UInt64 {
    case get = 0x1c
    case put = 0x20
    case stuff = 0x138
    case putIndirect = 0x13c

    var name: String {
        switch self {
        case .get: "H_GET_TCE"
        case .put: "H_PUT_TCE"
        case .stuff: "H_STUFF_TCE"
        case .putIndirect: "H_PUT_TCE_INDIRECT"
        }
    }
}

/// What was recorded of hcalls of which only the opcode is known.
@safe struct ObservedHcalls {
    struct Calls {
        var calls: UInt64 = 0
        /// Of these, answered with another status than H_SUCCESS.
        var errors: UInt64 = 0
        /// Of these, those whose duration was recorded, and the sum of these durations in units of the trace.
        var timed: UInt64 = 0
        var duration: UInt64 = 0
    }

    private(set) var byOpcode: [UInt64: Calls] = [:]
    /// All of them.
    private(set) var count: UInt64 = 0

    /// Adds the events of a batch that are such hcalls.
    mutating func add(_ batch: EventBatch, range: Range<Int>) {
        let raw = unsafe tce_chunk_batch(batch.chunk)
        for index in range {
            let event = unsafe raw.events[index]
            guard event.kind == UInt8(TCE_EVENT_OBSERVED) else { continue }
            count += 1
            var calls = byOpcode[event.address] ?? Calls()
            calls.calls += 1
            if event.flags & UInt8(TCE_EVENT_RECORDED) != 0, event.status != 0 { calls.errors += 1 }
            if event.value != .max {
                calls.timed += 1
                let (sum, overflow) = calls.duration.addingReportingOverflow(event.value)
                calls.duration = overflow ? .max : sum
            }
            byOpcode[event.address] = calls
        }
    }
}

extension ObservedHcalls {
    /// The same by name, beside what the profile says of such a call.
    func statistics(_ model: TimeModel) -> [String: TimeStatistics.ObservedHcall] {
        var result: [String: TimeStatistics.ObservedHcall] = [:]
        for (opcode, calls) in byOpcode {
            let (sum, overflow) = calls.duration.multipliedReportingOverflow(by: model.unitNanoseconds)
            result[TCEHcall(rawValue: opcode)?.name ?? opcode.hex] = TimeStatistics.ObservedHcall(
                opcode: opcode.hex, calls: calls.calls, errors: calls.errors, recorded: calls.timed,
                recordedNanoseconds: overflow ? .max : sum, modelCyclesPerCall: model.cyclesOfCall(opcode: opcode))
        }
        return result
    }
}
