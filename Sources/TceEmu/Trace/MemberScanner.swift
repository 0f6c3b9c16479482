// SPDX-License-Identifier: Apache-2.0
import CTce

/// Goes through a trace file member by member without inflating, by the sizes in their extra fields.
@safe final class MemberScanner {
    enum Item {
        /// A whole member lies at the cursor.
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
    private(set) var offset: UInt64 = 0

    private static let readBytes = 1 << 16

    init(_ input: any ByteInput) {
        self.input = input
        unsafe buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 4 * Self.readBytes, alignment: 16)
    }

    deinit {
        unsafe buffer.deallocate()
    }

    private var bytes: UnsafePointer<UInt8>? {
        unsafe UnsafePointer(buffer.baseAddress?.assumingMemoryBound(to: UInt8.self)).map { unsafe $0 + start }
    }

    /// Reads until `count` bytes lie at the cursor; false if the input ends before.
    private func fill(_ count: Int) throws(TraceError) -> Bool {
        while end - start < count {
            if inputEnded { return false }
            if unsafe buffer.count - start < max(count, Self.readBytes) {
                let wanted = max(count, end - start + Self.readBytes)
                var target = unsafe buffer
                if unsafe wanted > buffer.count {
                    unsafe target = UnsafeMutableRawBufferPointer.allocate(byteCount: wanted, alignment: 16)
                }
                // May overlap: copyMemory allows it.
                unsafe target.copyMemory(from: UnsafeRawBufferPointer(rebasing: buffer[start..<end]))
                if unsafe target.baseAddress != buffer.baseAddress {
                    unsafe buffer.deallocate()
                    unsafe buffer = target
                }
                end -= start
                start = 0
            }
            let got = unsafe try input.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[end...]))
            if got == 0 { inputEnded = true }
            end += got
        }
        return true
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

    /// Copies the bytes of the member at the cursor.
    func copy(_ count: Int, to target: UnsafeMutableRawBufferPointer) {
        unsafe target.copyMemory(from: UnsafeRawBufferPointer(rebasing: buffer[start..<(start + count)]))
    }

    func advance(_ count: Int) {
        start += count
        offset += UInt64(count)
    }

    /// Moves the cursor past the byte that it is at, to what looks like the next member's beginning, or to the end.
    func search() throws(TraceError) {
        advance(1)
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
