// SPDX-License-Identifier: Apache-2.0
import CTce

/// The lines of a text, plain or gzip, in constant memory.
///
/// What begins with gzip's magic (1f 8b) is inflated, also where it is several members one after the other.
public final class LineSource {
    /// The longest line that is handed on whole. Of a longer one come this many bytes and one more.
    public static let maximumLineBytes = 65_536

    /// How many bytes of the input were read so far; for gzip, compressed ones.
    public private(set) var bytesRead: UInt64 = 0

    private static let blockBytes = 65_536

    private let input: any ByteInput
    private var inflater: Inflater?
    /// Bytes of the input before they are inflated: `packed[packedStart..<packedEnd]`.
    private var packed: [UInt8] = []
    private var packedStart = 0
    private var packedEnd = 0
    /// The text that is in memory: `text[start..<end]`, room for a longest line and a block.
    private var text = [UInt8](repeating: 0, count: 4 * LineSource.blockBytes)
    private var start = 0
    private var end = 0
    private var begun = false
    private var ended = false
    /// What keeps the rest from being read, told once the lines before it are delivered.
    private var failure: TraceError?

    public init(_ input: any ByteInput) {
        self.input = input
    }

    /// Hands on every line, without its newline, and its number, counted from 1.
    ///
    /// A last line without a newline counts. Where the input is cut or damaged, this is an error with the offset in the
    /// input, after all lines that are whole.
    public func forEachLine(_ body: (Span<UInt8>, UInt64) throws -> Void) throws {
        var number: UInt64 = 0
        var searched = 0
        while true {
            searched = try deliver(&number, searched, body)
            if end - start > Self.maximumLineBytes {
                number += 1
                try deliverTooLong(number, body)
                searched = 0
            } else if ended {
                break
            } else {
                fill()
            }
        }
        if let failure { throw failure }
        if end > start {
            let rest = text
            try body(rest.span.extracting(start..<end), number + 1)
            start = end
        }
    }

    /// Hands on the whole lines in memory. `searched`: bytes after `start` that hold no newline, as is the result.
    private func deliver(
        _ number: inout UInt64, _ searched: Int, _ body: (Span<UInt8>, UInt64) throws -> Void
    ) throws -> Int {
        let bytes = text
        var from = start + searched
        while let newline = bytes.firstNewline(from: from, to: end) {
            number += 1
            if newline - start > Self.maximumLineBytes {
                try body(bytes.span.extracting(start..<(start + Self.maximumLineBytes + 1)), number)
            } else {
                try body(bytes.span.extracting(start..<newline), number)
            }
            start = newline + 1
            from = start
        }
        return end - start
    }

    /// Hands on the first bytes of a line that has no end in memory, and drops the rest of it.
    private func deliverTooLong(_ number: UInt64, _ body: (Span<UInt8>, UInt64) throws -> Void) throws {
        do {
            let bytes = text
            try body(bytes.span.extracting(start..<(start + Self.maximumLineBytes + 1)), number)
        }
        while true {
            if let newline = text.firstNewline(from: start, to: end) {
                start = newline + 1
                return
            }
            start = end
            if ended { return }
            fill()
        }
    }

    /// Reads more text behind what is there.
    private func fill() {
        if start > 0 {
            text.moveToFront(start..<end)
            end -= start
            start = 0
        }
        do throws(TraceError) {
            if !begun { try begin() }
            if inflater != nil {
                try inflate()
            } else if packedEnd > packedStart {
                // The bytes that were read to tell gzip from text.
                for byte in packed[packedStart..<packedEnd] {
                    text[end] = byte
                    end += 1
                }
                packedStart = packedEnd
            } else {
                let count = try read(into: &text, at: end)
                end += count
                ended = count == 0
            }
        } catch {
            failure = error
            ended = true
        }
    }

    /// Tells gzip from plain text by the first two bytes.
    private func begin() throws(TraceError) {
        begun = true
        packed = [UInt8](repeating: 0, count: Self.blockBytes)
        while packedEnd < 2 {
            let count = try read(into: &packed, at: packedEnd)
            if count == 0 { break }
            packedEnd += count
        }
        if packedEnd >= 2, packed[0] == 0x1f, packed[1] == 0x8b { inflater = try Inflater() }
    }

    private func inflate() throws(TraceError) {
        guard let inflater else { return }
        while true {
            if packedStart == packedEnd {
                packedEnd = try read(into: &packed, at: 0)
                packedStart = 0
            }
            let room = min(text.count - end, Self.blockBytes)
            let (used, made, fault) = inflater.inflate(packed, packedStart..<packedEnd, into: &text, end..<(end + room))
            packedStart += used
            end += made
            if fault != 0 {
                throw TraceError(gzip: fault).at(chunk: nil, offset: bytesRead - UInt64(packedEnd - packedStart))
            }
            if made > 0 { return }
            if packedEnd == 0 {
                ended = true
                if inflater.isAtEnd { return }
                throw TraceError(gzip: tce_gzip_fault(TCE_GZIP_CUT)).at(chunk: nil, offset: bytesRead)
            }
        }
    }

    private func read(into bytes: inout [UInt8], at offset: Int) throws(TraceError) -> Int {
        var failed: TraceError?
        let count = unsafe bytes.withUnsafeMutableBytes { buffer in
            do throws(TraceError) {
                let room = offset..<min(buffer.count, offset + Self.blockBytes)
                return unsafe try input.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[room]))
            } catch {
                failed = error
                return 0
            }
        }
        if let failed { throw failed.at(chunk: nil, offset: bytesRead) }
        bytesRead += UInt64(count)
        return count
    }
}

/// The core's streaming inflate.
@safe final class Inflater {
    private let inflater: OpaquePointer

    init() throws(TraceError) {
        guard let inflater = unsafe tce_inflater_create() else {
            throw TraceError(gzip: tce_gzip_fault(TCE_GZIP_NO_MEMORY))
        }
        unsafe self.inflater = inflater
    }

    deinit {
        unsafe tce_inflater_destroy(inflater)
    }

    /// Whether the input so far ended between members.
    var isAtEnd: Bool { unsafe tce_inflater_at_end(inflater) }

    func inflate(
        _ packed: [UInt8], _ from: Range<Int>, into text: inout [UInt8], _ room: Range<Int>
    ) -> (used: Int, made: Int, fault: tce_gzip_fault) {
        var used = 0
        var made = 0
        let fault = unsafe packed.withUnsafeBufferPointer { packed in
            unsafe text.withUnsafeMutableBufferPointer { text in
                unsafe tce_inflate_some(
                    inflater, packed.baseAddress.map { unsafe $0 + from.lowerBound }, from.count, &used,
                    text.baseAddress.map { unsafe $0 + room.lowerBound }, room.count, &made)
            }
        }
        return (used, made, fault)
    }
}

extension [UInt8] {
    /// Where the first newline in a range is. Eight bytes a step.
    fileprivate func firstNewline(from: Int, to end: Int) -> Int? {
        precondition(from >= 0 && end <= count)
        return unsafe withUnsafeBytes { bytes in
            let ones: UInt64 = 0x0101_0101_0101_0101
            let newlines = ones &* 0x0a
            var index = from
            while index + 8 <= end {
                // A byte of `other` is 0 where the text has a newline; the lowest such byte sets its top bit first.
                let other =
                    unsafe UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)) ^ newlines
                let zero = (other &- ones) & ~other & (ones &* 0x80)
                if zero != 0 { return index + zero.trailingZeroBitCount / 8 }
                index += 8
            }
            while index < end {
                if unsafe bytes[index] == 0x0a { return index }
                index += 1
            }
            return nil
        }
    }

    fileprivate mutating func moveToFront(_ range: Range<Int>) {
        unsafe withUnsafeMutableBytes { bytes in
            let source = unsafe UnsafeRawBufferPointer(rebasing: bytes[range])
            unsafe bytes.copyMemory(from: source)
        }
    }
}
