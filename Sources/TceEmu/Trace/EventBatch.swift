// SPDX-License-Identifier: Apache-2.0
import CTce

/// Thousands of events as they lie in memory: what a trace's chunk holds and what a replay takes in one call.
///
/// It has one owner at a time: whoever appends to it or decodes into it must be the only one who uses it.
@safe public final class EventBatch: @unchecked Sendable {
    /// The core's chunk, from `init` to `deinit`.
    let chunk: OpaquePointer

    public init() throws(TraceError) {
        guard let chunk = unsafe tce_chunk_create() else { throw TraceError(.host, "no memory for a chunk") }
        unsafe self.chunk = chunk
    }

    deinit {
        unsafe tce_chunk_destroy(chunk)
    }

    /// Number of events.
    public var count: Int { unsafe tce_chunk_batch(chunk).count }

    public var isEmpty: Bool { count == 0 }

    /// Words beside the events: lists, cells. Bounds the batch's memory together with `count`.
    var sideCount: Int { unsafe tce_chunk_batch(chunk).side_count }

    /// Time stamp of an event, in the trace's unit.
    public func time(at index: Int) -> UInt64 {
        let batch = unsafe tce_chunk_batch(chunk)
        precondition(unsafe (0..<batch.count).contains(index))
        return unsafe batch.times[index]
    }

    /// Forgets the events and keeps the memory.
    public func removeAll() {
        unsafe tce_chunk_clear(chunk)
    }

    /// Adds an event. Its time must not be before that of the last.
    public func append(_ event: TraceEvent) throws(TraceError) {
        var raw = tce_event()
        var stream = tce_stream(
            liobn: .max, buid: 0, requester: .max, device: 0)
        var side: [UInt64] = []
        event.body.lower(to: &raw, &stream, &side)
        raw.stream = unsafe tce_chunk_stream(chunk, &stream)
        guard raw.stream != .max else { throw TraceError(.full, "the chunk has no room for another stream") }
        if !side.isEmpty { raw.flags |= UInt8(TCE_EVENT_SIDE) }
        let fault = unsafe side.withUnsafeBufferPointer { words in
            unsafe tce_chunk_append(chunk, &raw, event.time, words.baseAddress, words.count)
        }
        guard fault == 0 else { throw TraceError(chunk: fault) }
    }

    /// The event at an index, as a value.
    public subscript(index: Int) -> TraceEvent {
        let batch = unsafe tce_chunk_batch(chunk)
        precondition(unsafe (0..<batch.count).contains(index))
        let raw = unsafe batch.events[index]
        let side = unsafe UnsafeBufferPointer(start: batch.side, count: batch.side_count)
        return unsafe TraceEvent(
            time: batch.times[index],
            body: TraceEvent.Body(raw, stream: batch.streams[Int(raw.stream)], side: side))
    }

    /// The kind of an event, as reports name it ("H_PUT_TCE", "dma").
    public func kindName(at index: Int) -> String {
        let batch = unsafe tce_chunk_batch(chunk)
        precondition(unsafe (0..<batch.count).contains(index))
        return EventKind(rawValue: unsafe batch.events[index].kind).name
    }

    /// How many events of each kind there are, by kind number.
    func addCounts(to counts: inout [UInt64]) {
        let batch = unsafe tce_chunk_batch(chunk)
        unsafe counts.withUnsafeMutableBufferPointer { counts in
            for index in 0..<(unsafe batch.count) {
                unsafe counts[Int(batch.events[index].kind)] += 1
            }
        }
    }

    /// Makes the payload of an events member and hands it on.
    func encode<Result>(
        sequence: UInt32, _ body: (UnsafeRawBufferPointer) throws(TraceError) -> Result
    ) throws(TraceError) -> Result {
        var payload: UnsafePointer<UInt8>?
        var bytes = 0
        let fault = unsafe tce_chunk_encode(chunk, sequence, &payload, &bytes)
        guard fault == 0 else { throw TraceError(chunk: fault) }
        return unsafe try body(UnsafeRawBufferPointer(start: payload, count: bytes))
    }

    /// Takes the events of a payload in place of its own. False, and none taken, if they need more than `memory` bytes;
    /// 0: as many as the format allows.
    func decode(_ payload: UnsafeRawBufferPointer, within memory: Int) throws(TraceError) -> Bool {
        let fault = unsafe tce_chunk_decode_within(
            chunk, payload.baseAddress?.assumingMemoryBound(to: UInt8.self), payload.count, memory)
        if Int(fault) == Int(TCE_CHUNK_LARGE) { return false }
        guard fault == 0 else { throw TraceError(chunk: fault) }
        return true
    }

    /// Bytes of memory that it holds.
    var memory: Int { unsafe tce_chunk_memory(chunk) }

    /// Bytes that its events are, whatever memory it holds for them.
    var weight: Int { count * 40 + sideCount * 8 }

    /// Forgets the events and gives the memory back.
    func release() {
        unsafe tce_chunk_release(chunk)
    }

    /// Counts its events by kind, and notes the windows that they make.
    func addTotals(to totals: inout TraceTotals) {
        var counts = [UInt64](repeating: 0, count: Int(TCE_EVENT_KIND_LIMIT))
        addCounts(to: &counts)
        for (kind, count) in counts.enumerated() where count > 0 {
            totals.kinds[EventKind(rawValue: UInt8(kind)), default: 0] += count
        }
        let makers = [TCE_EVENT_PHB, TCE_EVENT_WINDOW, TCE_EVENT_RTAS].map { Int($0) }
        guard makers.contains(where: { counts[$0] > 0 }) else { return }
        let batch = unsafe tce_chunk_batch(chunk)
        var seen: Set<TraceTotals.Window> = []
        for index in 0..<(unsafe batch.count) where makers.contains(Int(unsafe batch.events[index].kind)) {
            guard let window = TraceTotals.Window(madeBy: self[index].body) else { continue }
            if seen.insert(window).inserted { totals.note(window) }
        }
    }
}

/// A kind of event, by its number in the trace format.
public struct EventKind: RawRepresentable, Hashable, Sendable {
    public var rawValue: UInt8

    public init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    /// The kind with a name ("H_PUT_TCE", "dma").
    public init?(name: String) {
        guard let kind = Self.all.first(where: { $0.name == name }) else { return nil }
        self = kind
    }

    /// The name in text and reports.
    public var name: String {
        unsafe tce_event_kind_name(rawValue).map { unsafe String(cString: $0) } ?? "kind\(rawValue)"
    }

    /// Every kind that the format has.
    public static let all: [EventKind] = (0..<UInt8(TCE_EVENT_KIND_LIMIT)).lazy
        .filter { unsafe tce_event_kind_name($0) != nil }
        .map(EventKind.init(rawValue:))
}
