// SPDX-License-Identifier: Apache-2.0
import CTce
import Testing

@testable import TceEmu

/// Files that would like much memory or much time. Time is counted in bytes copied and inflated in vain, memory as the
/// reader accounts it: neither depends on the machine.
struct BombTests {
    static let memoryMost = 42 << 20
    static let header = SampleTrace.whole.members[0]

    /// A payload of `count` events that are lists of 512 entries, all of them from columns of no bytes.
    static func sideBomb(number: UInt32, lists: UInt32) -> [UInt8] {
        var payload = Forge.payload(number: number, kind: TCE_MEMBER_EVENTS, body: [])
        Forge.put(lists, at: 12, in: &payload)
        Forge.put(UInt32(1), at: 32, in: &payload)
        Forge.put(UInt32(1), at: 36, in: &payload)
        for (column, count) in [lists, lists, lists, 0, 0, 2 * lists].enumerated() {
            Forge.put(UInt32(0), at: 40 + 12 * column, in: &payload)
            Forge.put(count, at: 44 + 12 * column, in: &payload)
            Forge.put(UInt32(0), at: 48 + 12 * column, in: &payload)
        }
        payload += [UInt8](repeating: 0, count: 32)
        // Kind 8, SIDE, any cpu, stream 0, 512 entries, status 0; LINEAR.
        var shape = [UInt8](repeating: 0, count: 24)
        shape[0] = 8
        shape[1] = 2
        Forge.put(UInt32(512), at: 8, in: &shape)
        shape[16] = 16
        return payload + shape
    }

    /// The largest chunk: 65,536 events of as many streams and shapes, and lists of random words.
    static func largest(number: UInt32) throws -> [UInt8] {
        let batch = try EventBatch()
        var random = SplitMix64(seed: UInt64(number))
        for index in 0..<UInt64(65_536) {
            let entries = index < 1900 ? (0..<512).map { _ in random.next() } : []
            var call = TraceEvent.Hcall(
                index < 1900 ? .putIndirect : .put, liobn: index, ioba: random.next(), value: random.next())
            call.npages = UInt64(entries.count)
            call.entries = entries
            call.status = Int32(truncatingIfNeeded: index)
            try batch.append(TraceEvent(time: index, body: .hcall(call)))
        }
        return try SampleTrace.payload(batch, number: number)
    }

    @Test("Few bytes that make 8 MiB of lists are read within bounds", arguments: [1, 8, 64])
    func lists(threads: Int) {
        let chunks = (1...24).map { Forge.member(Self.sideBomb(number: $0, lists: 2032)) }
        #expect(chunks[0].count < 300)
        let bytes = Self.header + chunks.concatenated
        for lenient in [false, true] {
            let reading = Reading(bytes, lenient: lenient, threads: threads, keepsEvents: false)
            #expect(reading.numbers == Array(1...24))
            // Each is made at its turn, so that no two of them are in memory.
            #expect(reading.deferredCount == 24)
            #expect(reading.peakMemory < Self.memoryMost, "\(reading.peakMemory >> 20) MiB")
        }
        let over = Self.header + Forge.member(Self.sideBomb(number: 1, lists: 2033))
        #expect(Reading(over).error?.reason.contains("side words") == true)
    }

    @Test("The largest chunks that there can be are read within bounds, one at a time", arguments: [1, 64])
    func largest(threads: Int) throws {
        let chunk = try Self.largest(number: 1)
        #expect(chunk.count > 12_000_000)
        let small = SampleTrace.whole.members[2]
        let member = Forge.member(chunk, level: 1)
        let second = Forge.chunk(member, number: 2, later: 65_536)
        let third = Forge.chunk(small, number: 3, later: 1 << 40)
        let bytes = Self.header + member + second + third
        for lenient in [false, true] {
            let reading = Reading(bytes, lenient: lenient, threads: threads, keepsEvents: false)
            #expect(reading.numbers == [1, 2, 3])
            #expect(reading.peakMemory < Self.memoryMost, "\(reading.peakMemory >> 20) MiB")
        }
        // Damaged at its end: the chunk behind it is read.
        var damaged = member
        damaged[damaged.count - 20] ^= 1
        let reading = Reading(Self.header + damaged + second, lenient: true, threads: threads, keepsEvents: false)
        #expect(reading.numbers == [2] && reading.peakMemory < Self.memoryMost)
    }

    @Test("Deflate bombs are refused, whether or not they own up to their size", arguments: [1, 64])
    func deflate(threads: Int) {
        let zeros = [UInt8](repeating: 0, count: 16 << 20 - 32)
        var payload = Forge.payload(number: 1, kind: TCE_MEMBER_EVENTS, body: zeros)
        let few = Forge.member(payload)
        Forge.put(UInt32(1), at: 12, in: &payload)
        let one = Forge.member(payload)
        Forge.put(UInt32(65_536), at: 12, in: &payload)
        let honest = Forge.member(payload)
        let lying = Forge.head(honest, at: 36, UInt32(500))
        let text = Forge.member(Forge.payload(number: 1, kind: TCE_MEMBER_END, body: zeros))
        for member in [honest, lying, text, few, one] {
            let bytes = Self.header + Array(repeating: member, count: 6).concatenated
            let strict = Reading(bytes, threads: threads)
            #expect(strict.error?.chunk == 1 && strict.error?.offset == UInt64(Self.header.count))
            let lenient = Reading(bytes, lenient: true, threads: threads)
            #expect(lenient.error == nil && lenient.loss.faultCount >= 6 && lenient.numbers.isEmpty)
            #expect(max(strict.peakMemory, lenient.peakMemory) < Self.memoryMost)
        }
    }

    /// Heads of 16 MiB each, one every 53 bytes, the deflate data of each going on through all that follow.
    static func forgedHeads(bytes: Int) -> [UInt8] {
        var member = tce_member()
        member.sequence = 1
        var head = Forge.head(Self.header, at: 16, UInt32(1))
        head.removeLast(head.count - 48)
        Forge.put(UInt32(16 << 20), at: 32, in: &head)
        Forge.put(UInt32(16 << 20), at: 36, in: &head)
        Forge.put(UInt32(65_536), at: 20, in: &head)
        head = Forge.sealed(head)
        // A stored block of 48 bytes: the next head.
        let link = head + [0, 48, 0, 0xcf, 0xff]
        var all: [UInt8] = []
        all.reserveCapacity(bytes + 53)
        while all.count < bytes { all += link }
        return all
    }

    @Test("Heads forged by the hundred thousand cost work in proportion to the file, and no chunk")
    func heads() {
        let trace = SampleTrace.whole
        let forged = Self.forgedHeads(bytes: 18 << 20)
        let bytes = trace.file([0, 1]) + forged + trace.file(Array(2...9))
        let reading = Reading(bytes, lenient: true)
        #expect(reading.isTruthful(trace) && reading.numbers == Array(1...8))
        #expect(reading.loss.chunks == 0 && reading.loss.faultCount > 0)
        let share = reading.wastedBytes / UInt64(bytes.count)
        #expect(reading.wastedBytes < UInt64(64 << 20 + 60 * bytes.count), "\(share) for each byte")
        #expect(reading.peakMemory < Self.memoryMost)
        let strict = Reading(bytes)
        #expect(strict.numbers == [1] && strict.error?.chunk == 1)
    }

    @Test("A chunk inside the bytes that a forged head claims is found", arguments: [1, 4])
    func swallowed(threads: Int) {
        let trace = SampleTrace.whole
        var head = Array(Forge.head(trace.members[3], at: 16, UInt32(900)).prefix(48))
        let garbage = [UInt8](repeating: 0xee, count: 300)
        Forge.put(UInt32(348 + trace.members[4].count + trace.members[5].count), at: 32, in: &head)
        head = Forge.sealed(head)
        let bytes = trace.file([0, 1, 2, 3]) + head + garbage + trace.file(Array(4...9))
        let reading = Reading(bytes, lenient: true, threads: threads)
        #expect(reading.isTruthful(trace) && reading.numbers == Array(1...8))
        #expect(reading.loss.chunks == 0 && reading.loss.faultCount > 0 && reading.isIntact)
    }
}
