// SPDX-License-Identifier: Apache-2.0
import CTce
import Testing

@testable import TceEmu

/// Whole members in a wrong order: left out, doubled, swapped, strayed, joined from several files.
struct MemberOrderTests {
    static let trace = SampleTrace.whole
    static let all = Array(UInt64(1)...8)

    private func lenient(_ bytes: [UInt8], _ numbers: [UInt64], lost: UInt64, _ what: Comment) {
        let reading = Reading(bytes, lenient: true)
        #expect(reading.error == nil, what)
        #expect(reading.isTruthful(Self.trace), what)
        #expect(reading.numbers == numbers, what)
        #expect(reading.loss.chunks == lost, what)
        #expect(reading.loss.faultCount > 0, what)
        let missing = Self.all.filter { !numbers.contains($0) }
        let events = missing.reduce(0) { $0 + Self.trace.chunks[Int($1) - 1].count }
        if reading.totals != nil { #expect(reading.loss.events == UInt64(events), what) }
    }

    private func strict(_ bytes: [UInt8], chunk: UInt64, offset: Int, before count: Int, _ what: Comment) -> String {
        let reading = Reading(bytes)
        #expect(reading.isTruthful(Self.trace) && reading.numbers == Array(Self.all.prefix(count)), what)
        #expect(reading.error?.chunk == chunk && reading.error?.offset == UInt64(offset), what)
        return reading.error?.reason ?? ""
    }

    @Test("A member left out is missed by number; lenient reading has all others", arguments: 0...9)
    func dropped(index: Int) {
        let bytes = Self.trace.file((0...9).filter { $0 != index })
        let what: Comment = "without member \(index)"
        let place = Self.trace.starts[index]
        let reason = strict(
            bytes, chunk: index == 9 ? 9 : UInt64(index + 1), offset: place, before: max(index - 1, 0), what)
        #expect(
            reason
                == (index == 0
                    ? "the file begins with chunk 1, expected the header"
                    : index == 9
                        ? "the file ends without its end member, after 340 events"
                        : "chunk \(index) is missing: found chunk \(index + 1)"))
        lenient(bytes, Self.all.filter { $0 != UInt64(index) }, lost: (1...8).contains(index) ? 1 : 0, what)
    }

    @Test("A doubled member is passed over, wherever the copy stands", arguments: 0...9)
    func doubled(index: Int) {
        for place in (index + 1)...10 {
            var order = Array(0...9)
            order.insert(index, at: place)
            let what: Comment = "member \(index) again at \(place)"
            let reading = Reading(Self.trace.file(order))
            #expect(reading.isTruthful(Self.trace) && reading.error?.kind == .damaged, what)
            #expect(reading.numbers == Array(Self.all.prefix(place - 1)), what)
            #expect(
                reading.error?.offset == UInt64(order.prefix(place).reduce(0) { $0 + Self.trace.members[$1].count }),
                what)
            // The copy of an end is one too where it stands behind it.
            lenient(Self.trace.file(order), Self.all, lost: 0, what)
        }
    }

    @Test("Members swapped with a near one come out in order; of far ones the late one is lost", arguments: 0...8)
    func swapped(index: Int) {
        for other in (index + 1)...9 {
            var order = Array(0...9)
            order.swapAt(index, other)
            let bytes = Self.trace.file(order)
            let what: Comment = "members \(index) and \(other) swapped"
            #expect(Reading(bytes).error?.kind == .damaged, what)
            let reading = Reading(bytes, lenient: true)
            #expect(reading.error == nil && reading.isTruthful(Self.trace), what)
            guard index > 0 else { continue }
            // Four chunks are looked at: where the lower one is none of them, it is missing.
            let isNear = other - index < 4
            let lost = isNear ? [] : [UInt64(index)]
            #expect(reading.numbers == Self.all.filter { !lost.contains($0) }, what)
            #expect(reading.loss.chunks == UInt64(lost.count), what)
            #expect(reading.isIntact == isNear && reading.loss.faultCount > 0, what)
        }
        let header = Reading(Self.trace.file([1, 0] + Array(2...9)), lenient: true)
        #expect(header.numbers == Self.all && header.hasHeader && header.loss.faultCount > 0)
    }

    @Test("A chunk that claims a number far away loses no other", arguments: [UInt32(20), 900, .max])
    func strays(number: UInt32) {
        let trace = Self.trace
        for place in 1...9 {
            for copies in 1...3 {
                let strays = (0..<copies).map { Forge.chunk(trace.members[8], number: number - UInt32($0)) }
                let bytes = (trace.members[..<place] + strays + trace.members[place...]).concatenated
                let what: Comment = "\(copies) of number \(number) before member \(place)"
                let reason = strict(
                    bytes, chunk: UInt64(number), offset: trace.starts[place], before: place - 1, what)
                #expect(reason == "chunk \(place) is missing: found chunk \(number)")
                lenient(bytes, Self.all, lost: 0, what)
            }
            // In place of a chunk.
            var replaced = trace
            replaced.members[min(place, 8)] = Forge.chunk(trace.members[8], number: number)
            lenient(replaced.bytes, Self.all.filter { $0 != UInt64(min(place, 8)) }, lost: 1, "in place of \(place)")
        }
    }

    @Test("A chunk whose times run ahead of two that follow is the one passed over", arguments: 1...6)
    func timesAhead(index: Int) {
        var trace = Self.trace
        trace.members[index] = Forge.chunk(trace.members[index], number: UInt32(index), later: 1 << 50)
        lenient(trace.bytes, Self.all.filter { $0 != UInt64(index) }, lost: 1, "times of \(index)")
        let reading = Reading(trace.bytes)
        #expect(reading.error?.chunk == UInt64(index + 1))
        #expect(reading.error?.reason.contains("is before the last one") == true)
    }

    @Test("A chunk of an earlier time is refused", arguments: 2...8)
    func timesBack(index: Int) {
        var trace = Self.trace
        trace.members[index] = Forge.chunk(trace.members[1], number: UInt32(index))
        let reason = strict(
            trace.bytes, chunk: UInt64(index), offset: trace.starts[index], before: index - 1, "times of \(index)")
        #expect(reason.contains("is before the last one"))
        lenient(trace.bytes, Self.all.filter { $0 != UInt64(index) }, lost: 1, "times of \(index)")
    }

    @Test("Of joined files the first is read, and the second is named", arguments: [false, true])
    func joined(sameHeader: Bool) {
        let other = sameHeader ? SampleTrace.whole : SampleTrace.other
        let bytes = Self.trace.bytes + other.bytes
        let reading = Reading(bytes)
        #expect(reading.numbers == Self.all && reading.isTruthful(Self.trace))
        #expect(reading.error?.reason == "a second header: this file was joined from several traces")
        #expect(reading.error?.offset == UInt64(Self.trace.bytes.count))
        lenient(bytes, Self.all, lost: 0, "joined")
        // The first one cut: nothing of the second may be taken for its rest.
        for kept in 1...9 {
            let bytes = Self.trace.file(Array(0..<kept)) + other.bytes
            let reading = Reading(bytes, lenient: true)
            #expect(reading.isTruthful(Self.trace), "\(kept) members of the first")
            if !sameHeader || kept > 1 { #expect(reading.numbers == Array(Self.all.prefix(kept - 1))) }
            #expect(!(reading.isIntact && kept > 1) && reading.loss.faultCount > 0)
            #expect(Reading(bytes).error?.reason == "a second header: this file was joined from several traces")
        }
    }

    @Test("Nothing may follow the end, and what does is said")
    func trailing() {
        for junk: [UInt8] in [[0], [0x1f], [0x1f, 0x8b, 8, 4], Array(repeating: 0x41, count: 100_000)] {
            let reading = Reading(Self.trace.bytes + junk)
            #expect(reading.numbers == Self.all && reading.isTruthful(Self.trace))
            #expect(reading.error?.offset == UInt64(Self.trace.bytes.count))
            #expect(reading.error?.reason.isEmpty == false)
            lenient(Self.trace.bytes + junk, Self.all, lost: 0, "junk")
        }
    }

    @Test("Junk between members costs no chunk", arguments: 1...9)
    func junkBetween(index: Int) {
        for junk: [UInt8] in [[0], [0x1f, 0x8b, 8, 4], Array(Self.trace.members[2].prefix(48)), [7, 7, 7]] {
            var trace = Self.trace
            trace.members[index] = junk + trace.members[index]
            lenient(trace.bytes, Self.all, lost: 0, "junk before \(index)")
        }
    }

    @Test("Random orders of members, with strays and flipped bits among them, make no wrong events")
    func randomOrders() {
        let seed: UInt64 = 91
        var random = SplitMix64(seed: seed)
        for round in 0..<300 {
            var members = Self.trace.members
            for _ in 0..<(1 + random.below(4)) {
                let place = Int(random.below(UInt64(members.count)))
                let other = Int(random.below(UInt64(members.count)))
                switch random.below(6) {
                case 0: members.remove(at: place)
                case 1: members.insert(members[other], at: place)
                case 2: members.swapAt(place, other)
                case 3: members.insert(SampleTrace.other.members[0], at: place)
                case 4: members.insert(Forge.chunk(Self.trace.members[4], number: UInt32(50 + place)), at: place)
                default:
                    let at = Int(random.below(UInt64(members[place].count)))
                    members[place][at] ^= 4
                }
                if members.isEmpty { members.append([0]) }
            }
            let bytes = members.concatenated
            for lenient in [false, true] {
                let reading = Reading(bytes, lenient: lenient)
                let known = reading.chunks.filter { $0.number <= 8 }
                let isTrue = known.allSatisfy { $0.events == Self.trace.chunks[Int($0.number) - 1] }
                let what: Comment = "seed \(seed), round \(round), lenient \(lenient)"
                #expect(isTrue, what)
                #expect(zip(reading.numbers, reading.numbers.dropFirst()).allSatisfy { $0 < $1 }, what)
                #expect(reading.error != nil || lenient || reading.numbers == Self.all, what)
                #expect(!lenient || reading.isIntact == false || reading.numbers == Self.all, what)
            }
        }
    }
}
