// SPDX-License-Identifier: Apache-2.0
import CTce

/// Writes a trace, chunk by chunk, in constant memory.
///
/// Events go in with `append`; `finish` writes the last chunk and the end member. A trace that was not finished is a
/// cut one for every reader.
public struct TraceWriter: ~Copyable {
    private let members: MemberWriter
    private let batch: EventBatch
    private var lastTime: UInt64 = 0
    private var kindCounts = [UInt64](repeating: 0, count: Int(TCE_EVENT_KIND_LIMIT))

    /// What has been written so far.
    public private(set) var totals = TraceTotals()

    /// Bytes of the members written so far.
    public var bytesWritten: UInt64 { members.bytesWritten }

    /// Writes the header. `level` is zlib's, 1 (fast) to 9 (small).
    public init(_ header: TraceHeader, to output: any ByteOutput, level: Int = 6) throws(TraceError) {
        guard TraceHeader.units[header.unitNanoseconds] != nil else {
            throw TraceError(
                .event, "a time unit of \(header.unitNanoseconds) ns; expected 1, 1000, 1000000 or 1000000000")
        }
        let members = try MemberWriter(output, level: level)
        let batch = try EventBatch()
        try members.write(text: header.text, kind: TCE_MEMBER_HEADER, time: 0)
        self.members = members
        self.batch = batch
    }

    /// Adds an event. Its time must not be before that of the one before it.
    public mutating func append(_ event: TraceEvent) throws(TraceError) {
        guard event.time >= lastTime else {
            throw TraceError(.event, "time stamp \(event.time) is before the last one, \(lastTime)")
        }
        if batch.count >= Int(TCE_CHUNK_EVENTS) || batch.sideCount >= Int(TCE_CHUNK_SIDE) { try flush() }
        try batch.append(event)
        lastTime = event.time
        if let window = TraceTotals.Window(madeBy: event.body) { totals.note(window) }
    }

    /// Writes what is left, but no end member: a trace that is known to lack events is one that is cut.
    public consuming func abandon() throws(TraceError) {
        try flush()
    }

    private mutating func flush() throws(TraceError) {
        guard !batch.isEmpty else { return }
        if totals.chunks == 0 { totals.firstTime = batch.time(at: 0) }
        totals.lastTime = batch.time(at: batch.count - 1)
        totals.chunks += 1
        totals.events += UInt64(batch.count)
        batch.addCounts(to: &kindCounts)
        try members.write(batch)
        batch.removeAll()
    }

    /// Writes what is left and the end member.
    public consuming func finish() throws(TraceError) -> TraceTotals {
        try flush()
        for (kind, count) in kindCounts.enumerated() where count > 0 {
            totals.kinds[EventKind(rawValue: UInt8(kind))] = count
        }
        totals.digest = members.digest
        try members.write(text: totals.text, kind: TCE_MEMBER_END, time: totals.lastTime)
        return totals
    }
}

/// Writes the gzip members of a trace, numbering them.
@safe private final class MemberWriter {
    private let output: any ByteOutput
    private let deflater: OpaquePointer
    private var sequence: UInt32 = 0
    private(set) var bytesWritten: UInt64 = 0
    /// Over the payloads written so far.
    private(set) var digest: UInt32 = 0

    init(_ output: any ByteOutput, level: Int) throws(TraceError) {
        guard let deflater = unsafe tce_deflater_create(Int32(clamping: level)) else {
            throw TraceError(.host, "no compressor of level \(level): expected 1 to 9, and memory")
        }
        self.output = output
        unsafe self.deflater = deflater
    }

    deinit {
        unsafe tce_deflater_destroy(deflater)
    }

    func write(_ batch: EventBatch) throws(TraceError) {
        let member = tce_member(
            sequence: sequence, count: UInt32(batch.count), first_time: batch.time(at: 0), member_bytes: 0,
            inflated_bytes: 0)
        unsafe try batch.encode(sequence: sequence) { (payload) throws(TraceError) in
            unsafe try write(payload, member)
        }
    }

    /// Writes a header or end member.
    func write(text: String, kind: Int, time: UInt64) throws(TraceError) {
        var prologue = tce_prologue(
            kind: tce_member_kind(kind), major: 0, minor: 0, sequence: sequence, count: 0, first_time: time,
            last_time: time)
        var payload = [UInt8](repeating: 0, count: Int(TCE_PROLOGUE_BYTES))
        unsafe payload.withUnsafeMutableBufferPointer { unsafe tce_prologue_write(&prologue, $0.baseAddress) }
        payload += text.utf8
        guard payload.count <= Int(TCE_TEXT_BYTES_MAX) else {
            throw TraceError(.event, "\(payload.count) bytes of header; it holds at most \(TCE_TEXT_BYTES_MAX)")
        }
        let member = tce_member(sequence: sequence, count: 0, first_time: time, member_bytes: 0, inflated_bytes: 0)
        // withUnsafeBytes does not pass typed errors through in every language mode: a Result does.
        let written: Result<Void, TraceError> = unsafe payload.withUnsafeBytes { bytes in
            Result { () throws(TraceError) in unsafe try write(bytes, member) }
        }
        try written.get()
    }

    /// Compresses a payload into one gzip member and writes it.
    private func write(_ payload: UnsafeRawBufferPointer, _ member: tce_member) throws(TraceError) {
        guard sequence < .max else { throw TraceError(.full, "the trace has 2^32 chunks") }
        var member = member
        var bytes: UnsafePointer<UInt8>?
        let fault = unsafe tce_deflate_member(
            deflater, payload.baseAddress?.assumingMemoryBound(to: UInt8.self), payload.count, &member, &bytes)
        guard fault == 0 else { throw TraceError(gzip: fault) }
        unsafe try output.write(UnsafeRawBufferPointer(start: bytes, count: Int(member.member_bytes)))
        bytesWritten += UInt64(member.member_bytes)
        let crc = unsafe tce_crc32(0, payload.baseAddress?.assumingMemoryBound(to: UInt8.self), payload.count)
        digest = TraceTotals.digest(digest, crc)
        sequence += 1
    }
}
