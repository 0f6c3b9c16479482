// SPDX-License-Identifier: Apache-2.0
import CTce

/// One member on its way from compressed bytes to events; its memory is used again for later ones.
@safe final class ChunkSlot: @unchecked Sendable {
    enum State {
        case queued
        case running
        case done
    }

    /// Under the pipeline's lock.
    var state = State.done

    var member = tce_member()
    /// Where the member began in the file.
    var offset: UInt64 = 0
    /// Bytes that the decoded events may take; 0: as many as the format allows.
    var allowance = 0
    /// Counts the events of each kind, and finds the windows made.
    var counts = false
    /// Its bytes were copied for another thread, and the file's cursor is past them.
    var wasSubmitted = false

    private var compressed = unsafe UnsafeMutableRawBufferPointer(start: nil, count: 0)
    private var payload = unsafe UnsafeMutableRawBufferPointer(start: nil, count: 0)
    private let inflater: OpaquePointer?

    // What the work has made of it.
    var error: TraceError?
    /// The bytes are one whole gzip member, whatever its payload is worth.
    private(set) var isWhole = false
    /// Inflated, but the events need more memory than `allowance`: `decode` has to be called once more.
    private(set) var isDeferred = false
    /// Bytes that inflating took and made.
    private(set) var inflated = (used: 0, made: 0)
    var prologue = tce_prologue()
    /// The CRC-32 of the payload, once it is inflated.
    private(set) var payloadCRC: UInt32 = 0
    let batch: EventBatch
    private(set) var totals = TraceTotals()

    init() throws(TraceError) {
        batch = try EventBatch()
        unsafe inflater = tce_inflater_create()
    }

    deinit {
        unsafe tce_inflater_destroy(inflater)
        unsafe compressed.deallocate()
        unsafe payload.deallocate()
    }

    /// Bytes of memory that the slot holds.
    var memory: Int { unsafe compressed.count + payload.count + batch.memory }

    /// Gives back the memory that an ordinary chunk does not need.
    func trim() {
        if unsafe compressed.count > Self.keptBytes { unsafe Self.release(&compressed) }
        if unsafe payload.count > Self.keptBytes { unsafe Self.release(&payload) }
        if batch.memory > 2 * Self.keptBytes { batch.release() }
    }

    private static let keptBytes = 5 << 19

    private static func release(_ buffer: inout UnsafeMutableRawBufferPointer) {
        unsafe buffer.deallocate()
        unsafe buffer = UnsafeMutableRawBufferPointer(start: nil, count: 0)
    }

    private static func grow(_ buffer: inout UnsafeMutableRawBufferPointer, to count: Int) {
        guard buffer.count < count else { return }
        unsafe buffer.deallocate()
        // Of a large one no more than is needed: memory is bounded for those.
        let slack = count > keptBytes ? 0 : count / 4
        unsafe buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: count + slack, alignment: 16)
    }

    /// Begins with another member.
    func begin(_ member: tce_member, offset: UInt64) {
        self.member = member
        self.offset = offset
        error = nil
        isWhole = false
        isDeferred = false
        inflated = (0, 0)
        prologue = tce_prologue()
    }

    /// Room for the compressed bytes of a member.
    func reserve(_ count: Int) -> UnsafeMutableRawBufferPointer {
        unsafe Self.grow(&compressed, to: count)
        return unsafe UnsafeMutableRawBufferPointer(rebasing: compressed[..<count])
    }

    /// The member's compressed bytes, as `reserve` took them.
    var compressedBytes: [UInt8] { unsafe Array(compressed[..<Int(member.member_bytes)]) }

    /// Kind of the member.
    var kind: Int { Int(prologue.kind) }

    /// The text after the prologue of a header or end member.
    func text() throws(TraceError) -> String {
        let body = Int(TCE_PROLOGUE_BYTES)..<Int(member.inflated_bytes)
        guard let text = unsafe String(validating: payload[body], as: UTF8.self) else {
            throw TraceError(.damaged, "its text is not UTF-8", chunk: UInt64(member.sequence), offset: offset)
        }
        return text
    }

    /// The CRC-32 of the payload, from the member's last bytes: they have been compared with it.
    private static func trailerCRC(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> UInt32 {
        guard let bytes = unsafe bytes, count >= 8 else { return 0 }
        return (0..<4).reduce(0) { crc, i in unsafe crc | UInt32(bytes[count - 8 + i]) << (8 * i) }
    }

    /// Inflates and decodes the bytes that were copied. Nothing outside the slot is touched.
    func work() {
        unsafe inflate(compressed.baseAddress?.assumingMemoryBound(to: UInt8.self))
        decode()
    }

    /// Inflates the member's bytes, and compares what both its head and its payload say.
    func inflate(_ bytes: UnsafePointer<UInt8>?) {
        do throws(TraceError) {
            guard let inflater = unsafe inflater else { throw TraceError(.host, "no memory to inflate") }
            unsafe Self.grow(&payload, to: max(Int(member.inflated_bytes), 1))
            let fault = unsafe tce_inflate_member(
                inflater, bytes, &member, payload.baseAddress?.assumingMemoryBound(to: UInt8.self))
            var (used, made) = (0, 0)
            unsafe tce_inflate_work(inflater, &used, &made)
            inflated = (used, made)
            guard fault == 0 else {
                // The file goes on; it is the member that does not.
                throw Int(fault) == Int(TCE_GZIP_CUT)
                    ? TraceError(.damaged, "its data go on behind the size that the trace field gives")
                    : TraceError(gzip: fault)
            }
            isWhole = true
            payloadCRC = unsafe Self.trailerCRC(bytes, Int(member.member_bytes))
            let prologueFault = unsafe tce_prologue_read(
                payload.baseAddress?.assumingMemoryBound(to: UInt8.self), Int(member.inflated_bytes), &prologue)
            if Int(prologueFault) == Int(TCE_CHUNK_VERSION) {
                throw TraceError(
                    .version,
                    "it is of format version \(prologue.major).\(prologue.minor); "
                        + "this program reads version \(TCE_TRACE_VERSION_MAJOR)")
            }
            guard prologueFault == 0 else { throw TraceError(chunk: prologueFault) }
            guard prologue.sequence == member.sequence, prologue.count == member.count,
                prologue.first_time == member.first_time
            else {
                throw TraceError(
                    .damaged,
                    "the gzip field and the payload differ: sequence \(member.sequence) and \(prologue.sequence), "
                        + "events \(member.count) and \(prologue.count), "
                        + "first time \(member.first_time) and \(prologue.first_time)")
            }
            guard kind == Int(TCE_MEMBER_EVENTS) || member.inflated_bytes <= TCE_TEXT_BYTES_MAX else {
                throw TraceError(.damaged, "its text is larger than \(TCE_TEXT_BYTES_MAX) bytes")
            }
        } catch {
            self.error = error.at(chunk: UInt64(member.sequence), offset: offset)
        }
    }

    /// Makes the events of what has been inflated.
    func decode() {
        guard error == nil, kind == Int(TCE_MEMBER_EVENTS) else { return }
        do throws(TraceError) {
            let whole = unsafe UnsafeRawBufferPointer(rebasing: payload[..<Int(member.inflated_bytes)])
            isDeferred = !(unsafe try batch.decode(whole, within: isDeferred ? 0 : allowance))
            if isDeferred {
                batch.release()
            } else if counts {
                totals = TraceTotals()
                batch.addTotals(to: &totals)
            }
        } catch {
            self.error = error.at(chunk: UInt64(member.sequence), offset: offset)
        }
    }
}
