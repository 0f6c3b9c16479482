// SPDX-License-Identifier: Apache-2.0
import CTce

/// Writes what a guest does into a trace.
final class GuestRecorder {
    private let emit: (TraceEvent) throws -> Void

    /// `emit` takes the events in order; their times are in nanoseconds.
    init(_ emit: @escaping (TraceEvent) throws -> Void) {
        self.emit = emit
    }

    func append(_ body: TraceEvent.Body, nanoseconds: UInt64) throws {
        try emit(TraceEvent(time: nanoseconds, body: body))
    }

    /// The calls of a batch that has been carried out, with their answers.
    func record(
        _ buffers: EventBuffers, count: Int, liobn: LIOBN, nanoseconds: UInt64
    ) throws {
        let stream = tce_stream(liobn: liobn, buid: 0, requester: .max, device: 0)
        for index in 0..<count {
            var body = unsafe buffers.side.withUnsafeBufferPointer { side in
                unsafe TraceEvent.Body(buffers.events[index], stream: stream, side: side)
            }
            let result = buffers.results[index]
            switch body {
            case .hcall(var call):
                call.status = Int32(truncatingIfNeeded: result.status)
                if call.kind == .get { call.value = result.value }
                body = .hcall(call)
            case .rtas(var call):
                call.status = Int32(truncatingIfNeeded: result.status)
                body = .rtas(call)
            case .ultracall(var call):
                call.status = Int32(truncatingIfNeeded: result.status)
                body = .ultracall(call)
            default:
                break
            }
            try emit(TraceEvent(time: nanoseconds, body: body))
        }
    }
}

extension GuestKernel {
    /// A call of the DMA API goes into the record. Its device's number is the LIOBN of its table, as in traces of real
    /// guests.
    mutating func note(
        _ kind: TraceEvent.Guest.Kind, _ address: UInt64, device: Int, value: UInt64 = 0, bytes: UInt64 = 0,
        _ access: DMAAccess = [], more: Bool = false, cpuSide: Bool = false, failed: Bool = false
    ) throws {
        guard platform.recorder != nil else { return }
        // -EIO, and -ENOMEM.
        let failure: Int32 = kind == .setMask ? -5 : -12
        let liobn = UInt32(truncatingIfNeeded: nodes[devices[device].node].defaultWindow.liobn)
        try platform.note(
            .guest(
                TraceEvent.Guest(
                    kind, device: liobn, cpu: 0, address: address, value: value, length: bytes, access: access,
                    more: more, cpuSide: cpuSide, status: failed ? failure : 0)))
    }

    /// A driver sets one of its masks, and that goes into the record.
    mutating func setAndNoteMask(_ device: Int, _ mask: UInt64, coherent: Bool) throws -> GuestFailure? {
        let failure = try setMask(device, mask, coherent: coherent)
        try note(.setMask, mask, device: device, cpuSide: coherent, failed: failure != nil)
        return failure
    }
}
