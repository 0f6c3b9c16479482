// SPDX-License-Identifier: Apache-2.0
import CTce

/// The events of a replay in the trace's order, each until it is known when it ended: no more than are under way at once.
@safe final class EventLog {
    private let model: TimeModel
    /// Events that were not taken yet, from `head` on. The model's number of `entries[head]` is `firstNumber`.
    private var entries: [TimedEvent] = []
    private var head = 0
    private var firstNumber: UInt64 = 0
    /// Whether the end of an event is still to come, in the same order.
    private var isWaiting: [Bool] = []
    private var records = [tce_time_record](repeating: tce_time_record(), count: 1024)
    /// Time stamp of the first event.
    private var firstTime: UInt64?

    init(_ model: TimeModel) {
        self.model = model
    }

    /// Adds the events of a batch that were given to the model: number of the first one, and what came of each.
    func append(_ batch: EventBatch, range: Range<Int>, firstEvent: UInt64, results: [tce_result]) {
        let raw = unsafe tce_chunk_batch(batch.chunk)
        for index in range {
            let event = unsafe raw.events[index]
            let stream = unsafe raw.streams[Int(event.stream)]
            let time = unsafe raw.times[index]
            let first = firstTime ?? time
            firstTime = first
            let outcome = TimedEvent.Outcome(event, results[index - range.lowerBound])
            let takesTime = Self.takesTime(event.kind)
            let stamp = takesTime ? model.stamp(time, first: first) : 0
            entries.append(
                TimedEvent(
                    number: firstEvent + UInt64(index), kind: EventKind(rawValue: event.kind),
                    cpu: event.cpu == UInt16(TCE_CPU_UNKNOWN) ? nil : event.cpu,
                    buid: stream.buid == 0 ? nil : stream.buid,
                    liobn: stream.liobn == .max ? nil : stream.liobn,
                    requester: stream.requester == .max ? nil : stream.requester,
                    outcome: outcome,
                    span: takesTime ? TimedEvent.Span(stamp: stamp, issue: 0, completion: 0, tlps: 0) : nil))
            isWaiting.append(takesTime)
        }
    }

    /// The events from the first one on whose ends are known, and that were not taken yet.
    func take() -> [TimedEvent] {
        while true {
            let count = model.takeRecords(&records)
            for record in records.prefix(count) {
                let index = head + Int(record.event - firstNumber)
                // The host failed behind an event that was given to the model.
                guard index < entries.count else { continue }
                entries[index].span?.issue = record.start
                entries[index].span?.completion = record.done
                entries[index].span?.tlps = record.tlps
                isWaiting[index] = false
            }
            if count < records.count { break }
        }
        let end = isWaiting[head...].firstIndex(of: true) ?? isWaiting.endIndex
        let taken = Array(entries[head..<end])
        firstNumber += UInt64(taken.count)
        head = end
        // Room is made when half of it is behind us.
        if head > entries.count / 2 {
            entries.removeFirst(head)
            isWaiting.removeFirst(head)
            head = 0
        }
        return taken
    }

    private static func takesTime(_ kind: UInt8) -> Bool {
        switch Int(kind) {
        case TCE_EVENT_GET, TCE_EVENT_PUT, TCE_EVENT_STUFF, TCE_EVENT_INDIRECT, TCE_EVENT_RTAS, TCE_EVENT_ULTRACALL,
            TCE_EVENT_DMA:
            true
        default: false
        }
    }
}

extension TimedEvent.Outcome {
    fileprivate init(_ event: tce_event, _ result: tce_result) {
        switch Int(event.kind) {
        case TCE_EVENT_GET, TCE_EVENT_PUT, TCE_EVENT_STUFF, TCE_EVENT_INDIRECT:
            self = .hcall(HcallStatus(rawValue: result.status))
        case TCE_EVENT_RTAS: self = .rtas(result.status)
        case TCE_EVENT_ULTRACALL: self = .ultracall(UltracallStatus(rawValue: result.status))
        case TCE_EVENT_DMA: self = .access(DMAFault(rawValue: UInt8(truncatingIfNeeded: result.status)))
        case TCE_EVENT_OBSERVED where event.flags & UInt8(TCE_EVENT_RECORDED) != 0:
            self = .hcall(HcallStatus(rawValue: Int64(event.status)))
        default: self = .none
        }
    }
}
