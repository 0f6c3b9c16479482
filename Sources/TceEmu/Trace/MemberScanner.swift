// SPDX-License-Identifier: Apache-2.0
import CTce

/// Goes through a trace file member by member without inflating, by the sizes in their extra fields.
///
/// It holds a window of the file from the cursor on: as much as the member there claims to take, so at most a little
/// more than 16 MiB, and a few hundred KiB otherwise.
@safe final class MemberScanner {
    enum Item {
        /// A member lies at the cursor, all of the bytes that it claims.
        case member(tce_member)
        /// What lies at the cursor is none, or not a whole one; then its head may be.
        case bad(TraceError, tce_member?)
        /// Nothing follows.
        case end
    }

    private let input: any ByteInput
    private var buffer: UnsafeMutableRawBufferPointer
    /// The bytes that are read and not taken: start..<end of the buffer.
    private var start = 0
    private var end = 0
    private var inputEnded = false

    /// Offset in the file of the byte at the cursor.
    private(set) var offset: UInt64

    /// Bytes that were moved within the window or to a larger one: what a test holds against the size of the file.
    private(set) var bytesMoved: UInt64 = 0

    /// Bytes of memory that the window has taken.
    var windowMemory: Int { unsafe buffer.count }

    private static let readBytes = 1 << 16
    private static let windowBytes = 4 * readBytes

    /// `offset`: where in the file the input's first byte stands.
    init(_ input: any ByteInput, offset: UInt64 = 0) {
        self.input = input
        self.offset = offset
        unsafe buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.windowBytes, alignment: 16)
    }

    deinit {
        unsafe buffer.deallocate()
    }

    /// The bytes at the cursor; they stand until the next call of the scanner.
    var bytes: UnsafePointer<UInt8>? {
        unsafe UnsafePointer(buffer.baseAddress?.assumingMemoryBound(to: UInt8.self)).map { unsafe $0 + start }
    }

    /// Reads until `count` bytes lie at the cursor; false if the input ends before.
    private func fill(_ count: Int) throws(TraceError) -> Bool {
        while end - start < count {
            if inputEnded { return false }
            if unsafe buffer.count - start < max(count, Self.readBytes) { makeRoom(count) }
            // Not much more than is asked for: a window that is large for one member is small again after it.
            let limit = unsafe min(max(start + count + Self.readBytes, Self.windowBytes), buffer.count)
            let room = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[end..<limit])
            let got = unsafe try input.read(into: room)
            if got == 0 { inputEnded = true }
            end += got
        }
        return true
    }

    /// Moves the held bytes to the buffer's start, or to a larger buffer. A quarter more than is asked for, so that a
    /// cursor that creeps on below a large claim moves each byte a few times and not for each step.
    private func makeRoom(_ count: Int) {
        let wanted = max(count + count / 4, Self.windowBytes)
        if unsafe buffer.count < max(count, end - start) + Self.readBytes {
            replaceBuffer(max(wanted, end - start) + Self.readBytes)
        } else {
            // May overlap: copyMemory allows it.
            unsafe buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: buffer[start..<end]))
            bytesMoved += UInt64(end - start)
            end -= start
            start = 0
        }
    }

    private func replaceBuffer(_ count: Int) {
        let target = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 16)
        unsafe target.copyMemory(from: UnsafeRawBufferPointer(rebasing: buffer[start..<end]))
        unsafe buffer.deallocate()
        unsafe buffer = target
        bytesMoved += UInt64(end - start)
        end -= start
        start = 0
    }

    /// Gives back what a large member needed.
    func shrink() {
        guard unsafe buffer.count > 8 * Self.windowBytes, end - start <= Self.windowBytes else { return }
        replaceBuffer(2 * Self.windowBytes)
    }

    /// What lies at the cursor. The cursor stays.
    func peek() throws(TraceError) -> Item {
        let whole = try fill(Int(TCE_MEMBER_HEAD_BYTES))
        if end == start { return .end }
        var member = tce_member()
        let fault = unsafe tce_member_parse(bytes, end - start, &member)
        if fault != 0 || !whole { return .bad(headError(fault), nil) }
        guard try fill(Int(member.member_bytes)) else {
            return .bad(
                TraceError(
                    .cut, "the file ends after \(end - start) of the chunk's \(member.member_bytes) bytes",
                    chunk: UInt64(member.sequence), offset: offset), member)
        }
        return .member(member)
    }

    private func headError(_ fault: tce_gzip_fault) -> TraceError {
        switch Int(fault) {
        case Int(TCE_GZIP_CUT), Int(TCE_GZIP_OK):
            TraceError(.cut, "the file ends inside a chunk's first \(TCE_MEMBER_HEAD_BYTES) bytes", offset: offset)
        case Int(TCE_GZIP_NOT_GZIP), Int(TCE_GZIP_NO_FIELD):
            // Behind the first member it is damage.
            TraceError(
                offset == 0 ? .notATrace : .damaged, unsafe String(cString: tce_gzip_fault_text(fault)),
                offset: offset)
        default:
            TraceError(gzip: fault).at(chunk: nil, offset: offset)
        }
    }

    /// Does a member's beginning, or the end of the file, lie `count` bytes after the cursor?
    func isFollowed(after count: Int) throws(TraceError) -> Bool {
        _ = try fill(count + Int(TCE_MEMBER_HEAD_BYTES))
        let left = min(end - start - count, Int(TCE_MEMBER_HEAD_BYTES))
        return unsafe left == 0 || tce_member_search(bytes.map { unsafe $0 + count }, left, 0) == 0
    }

    /// Does what could be a member's beginning lie among the bytes that are held, after the one at the cursor?
    var holdsAnotherMember: Bool {
        unsafe end - start > Int(TCE_MEMBER_HEAD_BYTES)
            && tce_member_search(bytes, end - start, 1) + Int(TCE_MEMBER_HEAD_BYTES) <= end - start
    }

    /// Copies the bytes of the member at the cursor.
    func copy(_ count: Int, to target: UnsafeMutableRawBufferPointer) {
        unsafe target.copyMemory(from: UnsafeRawBufferPointer(rebasing: buffer[start..<(start + count)]))
        bytesMoved += UInt64(count)
    }

    func advance(_ count: Int) {
        start += count
        offset += UInt64(count)
    }

    /// Moves the cursor on by `count` bytes at least, to what looks like a member's beginning, or to the end.
    func search(past count: Int = 1) throws(TraceError) {
        advance(min(count, end - start))
        while true {
            let held = end - start
            let found = unsafe tce_member_search(bytes, held, 0)
            advance(found)
            // A beginning that the end of the buffer cuts off is looked at again with more behind it.
            if try fill(Int(TCE_MEMBER_HEAD_BYTES)) {
                if unsafe tce_member_search(bytes, end - start, 0) == 0 { return }
            } else {
                return
            }
        }
    }
}
