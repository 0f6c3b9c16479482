// SPDX-License-Identifier: Apache-2.0
import CTce

// The bytes of a replay's snapshot (docs/snapshot.md): a head, a text of one `key value` a line, the events that
// differed as the payload of a trace chunk, the machine, a CRC-32.

extension ReplaySnapshot {
    static let magic: [UInt8] = Array("TCER".utf8)
    static let versionMajor: UInt64 = 1
    static let headBytes = 24
    static let mismatchesMax = 20

    /// The snapshot as bytes.
    public var bytes: [UInt8] {
        get throws(SnapshotError) {
            let text = Array(self.text.utf8)
            let events = try mismatchPayload()
            var bytes = Self.magic
            bytes.append(Self.versionMajor, count: 2)
            bytes.append(0, count: 2)
            bytes.append(UInt64(text.count), count: 4)
            bytes.append(UInt64(events.count), count: 4)
            bytes.append(UInt64(machine.count), count: 8)
            bytes += text
            bytes += events
            bytes += machine
            bytes.append(UInt64(crc32(bytes)), count: 4)
            return bytes
        }
    }

    /// Takes bytes apart, whoever wrote them. The machine in them is checked when the replay goes on.
    public init(_ bytes: [UInt8]) throws(SnapshotError) {
        func damaged(_ reason: String, at offset: Int) -> SnapshotError {
            SnapshotError(.damaged, reason, offset: UInt64(offset))
        }
        guard bytes.count >= Self.headBytes + 4, bytes.starts(with: Self.magic) else {
            throw damaged("expected a replay's snapshot, which begins with TCER, found another file", at: 0)
        }
        let major = bytes.number(at: 4, count: 2)
        guard major == Self.versionMajor else {
            throw SnapshotError(
                major > Self.versionMajor ? .version : .damaged,
                "expected major version \(Self.versionMajor) of the format, found \(major)", offset: 4)
        }
        let text = Int(bytes.number(at: 8, count: 4))
        let events = Int(bytes.number(at: 12, count: 4))
        let machine = bytes.number(at: 16, count: 8)
        let rest = UInt64(bytes.count - Self.headBytes - 4)
        guard UInt64(text + events) <= rest, machine == rest - UInt64(text + events) else {
            throw damaged(
                "expected \(text), \(events) and \(machine) bytes of text, events and machine, found \(rest)", at: 8)
        }
        let crc = crc32(bytes.dropLast(4))
        guard UInt64(crc) == bytes.number(at: bytes.count - 4, count: 4) else {
            throw damaged("expected the CRC-32 of the bytes before, \(crc), found another", at: bytes.count - 4)
        }
        self.init()
        let textEnd = Self.headBytes + text
        try parse(Array(bytes[Self.headBytes..<textEnd]))
        try parse(mismatchPayload: Array(bytes[textEnd..<(textEnd + events)]), at: textEnd)
        machineOffset = textEnd + events
        self.machine = Array(bytes[machineOffset..<(bytes.count - 4)])
    }

    /// The events that differed, as a chunk holds them; nothing where none did.
    private func mismatchPayload() throws(SnapshotError) -> [UInt8] {
        guard !mismatches.isEmpty else { return [] }
        do {
            let batch = try EventBatch()
            for mismatch in mismatches { try batch.append(mismatch.traceEvent) }
            return unsafe try batch.encode(sequence: 0) { (payload) throws(TraceError) in unsafe Array(payload) }
        } catch {
            throw SnapshotError(.host, "the events that differed cannot be kept: \(error.reason)")
        }
    }

    /// Bytes that the events of the differences may take in memory: few, of a list of 512 each.
    private static let mismatchMemory = 1 << 20

    private mutating func parse(mismatchPayload bytes: [UInt8], at offset: Int) throws(SnapshotError) {
        let fault: String
        do {
            guard !bytes.isEmpty || !mismatches.isEmpty else { return }
            let batch = try EventBatch()
            let decoded: Result<Bool, TraceError> = unsafe bytes.withUnsafeBytes { payload in
                Result { () throws(TraceError) in unsafe try batch.decode(payload, within: Self.mismatchMemory) }
            }
            if try decoded.get(), batch.count == mismatches.count {
                for index in mismatches.indices { mismatches[index].traceEvent = batch[index] }
                return
            }
            fault = "expected \(mismatches.count) events that differed, found \(batch.count)"
        } catch {
            fault = "the events that differed: \(error.reason)"
        }
        throw SnapshotError(.damaged, fault, offset: UInt64(offset))
    }
}

extension [UInt8] {
    /// A little-endian number.
    mutating func append(_ number: UInt64, count: Int) {
        for index in 0..<count { append(UInt8(truncatingIfNeeded: number >> (8 * UInt64(index)))) }
    }

    func number(at offset: Int, count: Int) -> UInt64 {
        (0..<count).reduce(0) { $0 | UInt64(self[offset + $1]) << (8 * UInt64($1)) }
    }
}

func crc32(_ bytes: some Collection<UInt8>) -> UInt32 {
    bytes.withContiguousStorageIfAvailable { unsafe tce_crc32(0, $0.baseAddress, $0.count) }
        ?? crc32(Array(bytes))
}
