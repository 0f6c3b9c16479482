// SPDX-License-Identifier: Apache-2.0
import CTce

// The file of a replay's snapshot: its bytes, cut into gzip members. `gzip -t` accepts it.

extension ReplaySnapshot {
    /// Bytes in a member before they are compressed.
    private static let pieceBytes = 1 << 20

    /// Writes the file. A `SnapshotError` after it was written: it compresses so well that no reader would take it.
    public func write(to output: any ByteOutput) throws {
        let bytes = try self.bytes
        guard let deflater = unsafe tce_deflater_create(6) else {
            throw SnapshotError(.host, "no memory for a compressor")
        }
        defer { unsafe tce_deflater_destroy(deflater) }
        var fileBytes: UInt64 = 0
        for (sequence, start) in stride(from: 0, to: bytes.count, by: Self.pieceBytes).enumerated() {
            let count = min(Self.pieceBytes, bytes.count - start)
            var member = tce_member(
                sequence: UInt32(truncatingIfNeeded: sequence), count: 0, first_time: 0, member_bytes: 0,
                inflated_bytes: 0)
            var made: UnsafePointer<UInt8>?
            let fault = unsafe bytes.withUnsafeBufferPointer { bytes in
                unsafe tce_deflate_member(deflater, bytes.baseAddress.map { unsafe $0 + start }, count, &member, &made)
            }
            guard fault == 0 else { throw TraceError(gzip: fault) }
            unsafe try output.write(UnsafeRawBufferPointer(start: made, count: Int(member.member_bytes)))
            fileBytes += UInt64(member.member_bytes)
        }
        guard UInt64(bytes.count) <= Self.inflatedMax(fileBytes: fileBytes) else {
            throw SnapshotError(.memory, "\(bytes.count) bytes in a file of \(fileBytes): no reader takes that many")
        }
    }

    /// What a file of this size may inflate to: more is refused before it is in memory.
    static func inflatedMax(fileBytes: UInt64) -> UInt64 { 256 << 20 + 64 * fileBytes }

    /// What restoring a file of this size may take of the host's memory.
    static func memoryMax(fileBytes: UInt64) -> UInt64 { 1 << 30 + 1024 * fileBytes }

    /// Reads a file, whoever wrote it: it inflates to at most 256 MiB and 64 times its size, and the machine in it takes
    /// at most 1 GiB and 1,024 times its size.
    public init(reading input: any ByteInput) throws {
        let inflater = try Inflater()
        var packed = [UInt8](repeating: 0, count: 1 << 16)
        var room = [UInt8](repeating: 0, count: 1 << 18)
        var bytes: [UInt8] = []
        var fileBytes: UInt64 = 0
        while true {
            let count = unsafe try packed.withUnsafeMutableBytes { unsafe try input.read(into: $0) }
            fileBytes += UInt64(count)
            var start = 0
            while true {
                let (used, made, fault) = inflater.inflate(packed, start..<count, into: &room, 0..<room.count)
                start += used
                guard fault == 0 else {
                    let offset = fileBytes - UInt64(count - start)
                    throw SnapshotError(.damaged, "offset \(offset) of the file: \(TraceError(gzip: fault).reason)")
                }
                guard UInt64(bytes.count + made) <= Self.inflatedMax(fileBytes: fileBytes) else {
                    throw SnapshotError(
                        .memory, "expected at most 256 MiB and 64 times the file's size when inflated, found more")
                }
                bytes += room[..<made]
                if start == count, made < room.count { break }
            }
            if count == 0 { break }
        }
        guard inflater.isAtEnd, !bytes.isEmpty else {
            throw SnapshotError(.damaged, "expected whole gzip members, found the file's end after \(fileBytes) bytes")
        }
        try self.init(bytes)
        memoryLimit = Self.memoryMax(fileBytes: fileBytes)
    }
}
