// SPDX-License-Identifier: Apache-2.0
import CTce
import Testing

@testable import TceEmu

/// A trace in parts, so that a test can break it and knows what should come out of the rest.
struct SampleTrace {
    /// Header, chunks, end.
    var members: [[UInt8]]
    /// Events of the chunks; the first, of number 1, is at 0.
    let chunks: [[TraceEvent]]

    /// Eight chunks of 20 to 60 events of every kind.
    static let whole = make(seed: 5)
    /// Another, of the same kinds of events.
    static let other = make(seed: 6)

    static func make(seed: UInt64, chunks count: Int = 8) -> SampleTrace {
        do {
            return try build(seed: seed, chunks: count)
        } catch {
            Issue.record("cannot make a trace: \(error)")
            return SampleTrace(members: [], chunks: [])
        }
    }

    private static func build(seed: UInt64, chunks count: Int) throws -> SampleTrace {
        var generator = EventGenerator(seed: seed)
        var events: [[TraceEvent]] = []
        var header = TraceHeader()
        header.unitNanoseconds = 1000
        header.source = "sample \(seed)"
        var totals = TraceTotals()
        var members = [try member(number: 0, kind: TCE_MEMBER_HEADER, text: header.text)]
        for number in 1...count {
            let batch = try EventBatch()
            let chunk = (0..<(20 + number * 5)).map { _ in generator.event() }
            for event in chunk {
                try batch.append(event)
                if let window = TraceTotals.Window(madeBy: event.body) { totals.note(window) }
            }
            var kinds = TraceTotals()
            batch.addTotals(to: &kinds)
            totals.kinds.merge(kinds.kinds, uniquingKeysWith: +)
            totals.events += UInt64(chunk.count)
            totals.chunks += 1
            if number == 1 { totals.firstTime = chunk[0].time }
            totals.lastTime = chunk[chunk.count - 1].time
            events.append(chunk)
            members.append(try member(batch, number: UInt32(number)))
        }
        members.append(
            try member(
                number: UInt32(count + 1), kind: TCE_MEMBER_END, text: totals.text, time: totals.lastTime))
        return SampleTrace(members: members, chunks: events)
    }

    var bytes: [UInt8] { members.concatenated }

    /// Where each member begins.
    var starts: [Int] {
        var starts: [Int] = []
        var at = 0
        for member in members {
            starts.append(at)
            at += member.count
        }
        return starts
    }

    /// The members in another order, some left out, some twice.
    func file(_ order: [Int]) -> [UInt8] { order.map { members[$0] }.concatenated }

    static func member(_ batch: EventBatch, number: UInt32) throws -> [UInt8] {
        Forge.member(try payload(batch, number: number))
    }

    static func payload(_ batch: EventBatch, number: UInt32) throws -> [UInt8] {
        unsafe try batch.encode(sequence: number) { bytes in unsafe Array(bytes) }
    }

    static func member(number: UInt32, kind: Int, text: String, time: UInt64 = 0) throws -> [UInt8] {
        Forge.member(Forge.payload(number: number, kind: kind, body: Array(text.utf8), time: time))
    }
}

/// Members made by hand, with every checksum right, whatever they say.
enum Forge {
    static func payload(number: UInt32, kind: Int, body: [UInt8], time: UInt64 = 0) -> [UInt8] {
        var bytes = Array("TCET".utf8) + [UInt8(kind), 1, 0, 0]
        put(number, at: 8, in: &bytes)
        put(UInt32(0), at: 12, in: &bytes)
        put(time, at: 16, in: &bytes)
        put(time, at: 24, in: &bytes)
        return bytes + body
    }

    static func put<Number: FixedWidthInteger>(_ number: Number, at place: Int, in bytes: inout [UInt8]) {
        while bytes.count < place + Number.bitWidth / 8 { bytes.append(0) }
        for index in 0..<(Number.bitWidth / 8) {
            bytes[place + index] = UInt8(truncatingIfNeeded: number >> Number(8 * index))
        }
    }

    static func get32(_ bytes: [UInt8], at place: Int) -> UInt32 {
        (0..<4).reduce(0) { $0 | UInt32(bytes[place + $1]) << UInt32(8 * $1) }
    }

    static func get64(_ bytes: [UInt8], at place: Int) -> UInt64 {
        UInt64(get32(bytes, at: place)) | UInt64(get32(bytes, at: place + 4)) << 32
    }

    /// The member of a payload; its head says what the prologue says.
    static func member(_ payload: [UInt8], level: Int32 = 6) -> [UInt8] {
        var member = tce_member()
        member.sequence = get32(payload, at: 8)
        member.count = get32(payload, at: 12)
        member.first_time = get64(payload, at: 16)
        guard let deflater = unsafe tce_deflater_create(level) else { return [] }
        defer { unsafe tce_deflater_destroy(deflater) }
        var bytes: UnsafePointer<UInt8>?
        let fault = unsafe tce_deflate_member(deflater, payload, payload.count, &member, &bytes)
        guard fault == 0 else {
            Issue.record("a payload of \(payload.count) bytes was not compressed")
            return []
        }
        return unsafe Array(UnsafeBufferPointer(start: bytes, count: Int(member.member_bytes)))
    }

    static func payload(of member: [UInt8]) -> [UInt8] {
        var head = tce_member()
        guard unsafe tce_member_parse(member, member.count, &head) == 0,
            let inflater = unsafe tce_inflater_create()
        else { return [] }
        defer { unsafe tce_inflater_destroy(inflater) }
        var payload = [UInt8](repeating: 0, count: Int(head.inflated_bytes))
        let fault = unsafe tce_inflate_member(inflater, member, &head, &payload)
        return fault == 0 ? payload : []
    }

    /// A field of a member's head changed, and the head's CRC made right again.
    static func head<Number: FixedWidthInteger>(_ member: [UInt8], at place: Int, _ number: Number) -> [UInt8] {
        var bytes = member
        put(number, at: place, in: &bytes)
        return sealed(bytes)
    }

    static func sealed(_ member: [UInt8]) -> [UInt8] {
        var bytes = member
        put(crc32(bytes[12..<44]), at: 44, in: &bytes)
        return bytes
    }

    static func crc32(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        ~bytes.reduce(~0) { crc, byte in
            (0..<8).reduce(crc ^ UInt32(byte)) { value, _ in value >> 1 ^ (value & 1 == 1 ? 0xedb8_8320 : 0) }
        }
    }

    /// The same chunk under another number and later by some time, all checksums right.
    static func chunk(_ member: [UInt8], number: UInt32, later: UInt64 = 0) -> [UInt8] {
        var payload = payload(of: member)
        put(number, at: 8, in: &payload)
        put(get64(payload, at: 16) + later, at: 16, in: &payload)
        put(get64(payload, at: 24) + later, at: 24, in: &payload)
        return self.member(payload)
    }
}

/// What a reader gives of some bytes.
struct Reading {
    var chunks: [(number: UInt64, events: [TraceEvent])] = []
    var error: TraceError?
    var loss = TraceLoss()
    var isIntact = false
    var totals: TraceTotals?
    var hasHeader = false
    var wastedBytes: UInt64 = 0
    var peakMemory = 0
    var deferredCount = 0

    init(_ bytes: [UInt8], lenient: Bool = false, threads: Int = 2, keepsEvents: Bool = true) {
        var options = TraceReader.Options()
        options.lenient = lenient
        options.threads = threads
        do throws(TraceError) {
            let reader = try TraceReader(MemoryStream(bytes), options: options)
            hasHeader = reader.header.source != nil
            defer {
                loss = reader.loss
                isIntact = reader.isIntact
                totals = reader.totals
                wastedBytes = reader.wastedBytes
                peakMemory = reader.peakMemory
                deferredCount = reader.deferredCount
            }
            while let batch = try reader.next() {
                chunks.append((reader.chunkNumber, keepsEvents ? (0..<batch.count).map { batch[$0] } : []))
            }
        } catch {
            self.error = error
        }
    }

    var numbers: [UInt64] { chunks.map(\.number) }

    /// Every chunk that came out is that chunk of the trace: nothing else was made of the bytes.
    func isTruthful(_ trace: SampleTrace) -> Bool {
        chunks.allSatisfy {
            $0.number >= 1 && $0.number <= trace.chunks.count
                && $0.events == trace.chunks[Int($0.number) - 1]
        } && zip(numbers, numbers.dropFirst()).allSatisfy { $0 < $1 }
    }
}
