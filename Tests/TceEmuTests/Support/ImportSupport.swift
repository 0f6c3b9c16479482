// SPDX-License-Identifier: Apache-2.0
import TceEmu

/// What came of a text: its header, its events, the report.
struct Imported {
    var header = TraceHeader()
    var events: [TraceEvent] = []
    var report = ImportReport()

    var bodies: [TraceEvent.Body] { events.map(\.body) }
}

func importAll(_ text: String, with importer: some TraceImporter) throws -> Imported {
    var importer = importer
    var result = Imported()
    try importer.importAll(LineSource(MemoryStream(Array(text.utf8))), begin: { result.header = $0 }) {
        result.events.append($0)
    }
    result.report = importer.report
    return result
}

/// A QEMU log of these lines.
func importQEMU(_ lines: String...) throws -> Imported {
    try importAll(lines.joined(separator: "\n") + "\n", with: QEMULogImporter())
}

func importText(_ text: String) throws -> Imported {
    try importAll(text, with: TextImporter())
}

/// One gzip member of stored blocks (RFC 1951, 1952), as no compressor is needed to make one.
func storedGzip(_ bytes: [UInt8]) -> [UInt8] {
    var out: [UInt8] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]
    var rest = bytes[...]
    repeat {
        let block = rest.prefix(0xffff)
        rest = rest.dropFirst(block.count)
        let count = UInt16(block.count)
        out.append(rest.isEmpty ? 1 : 0)
        for half in [count, ~count] { out += [UInt8(half & 0xff), UInt8(half >> 8)] }
        out += block
    } while !rest.isEmpty
    var crc = ~UInt32(0)
    for byte in bytes {
        crc ^= UInt32(byte)
        for _ in 0..<8 { crc = crc & 1 != 0 ? crc >> 1 ^ 0xedb8_8320 : crc >> 1 }
    }
    for word in [~crc, UInt32(truncatingIfNeeded: bytes.count)] {
        for shift in stride(from: UInt32(0), to: 32, by: 8) { out.append(UInt8(word >> shift & 0xff)) }
    }
    return out
}

/// A stream that gives few bytes a time, as a pipe does.
final class Trickle: ByteInput {
    private let stream: MemoryStream
    private let step: Int

    init(_ bytes: [UInt8], step: Int) {
        stream = MemoryStream(bytes)
        self.step = step
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws(TraceError) -> Int {
        unsafe stream.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer.prefix(step)))
    }
}
