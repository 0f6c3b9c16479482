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
