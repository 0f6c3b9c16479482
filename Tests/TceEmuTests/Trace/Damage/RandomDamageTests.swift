// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import TceEmu

/// Cuts and flipped bits at random places: reported with their place, and all that is intact comes out.
struct RandomDamageTests {
    static let trace = SampleTrace.whole
    static let all = Array(UInt64(1)...8)

    private func member(at place: Int) -> Int { Self.trace.starts.lastIndex { $0 <= place } ?? 0 }

    @Test("A trace cut at any of 300 places is read up to there, and says where it is cut", arguments: [UInt64(71)])
    func cuts(seed: UInt64) {
        let trace = Self.trace
        let (bytes, starts) = (trace.bytes, trace.starts)
        var random = SplitMix64(seed: seed)
        // The ends of members and of heads too, which few random places hit.
        var places = starts + starts.map { $0 + 48 } + starts.map { $0 + 1 }
        while places.count < 330 { places.append(Int(random.below(UInt64(bytes.count)))) }
        for place in places {
            let index = member(at: place)
            let before = index == 0 ? [] : Array(Self.all[..<(index - 1)])
            let what: Comment = "seed \(seed), cut at \(place) in member \(index)"
            let strict = Reading(Array(bytes[..<place]))
            #expect(strict.isTruthful(trace) && strict.numbers == before, what)
            #expect(strict.error?.kind == .cut, what)
            #expect(strict.error?.offset == UInt64(starts[index]), what)
            #expect(place == 0 || strict.error?.chunk == UInt64(index), what)
            let lenient = Reading(Array(bytes[..<place]), lenient: true)
            #expect(lenient.isTruthful(trace) && lenient.numbers == before, what)
            #expect(!lenient.isIntact && (before.isEmpty || lenient.loss.faults.contains { $0.kind == .cut }), what)
            guard index > 1 else { continue }
            let isHeadWhole = place >= starts[index] + 48 && index <= 8
            #expect(lenient.loss.chunks == (isHeadWhole ? 1 : 0), what)
            #expect(lenient.loss.events == (isHeadWhole ? UInt64(trace.chunks[index - 1].count) : 0), what)
        }
    }

    /// Where to flip: 400 in the heads, 100 in trailers, 500 anywhere.
    private static func flips(_ random: inout SplitMix64) -> [(place: Int, bit: UInt8)] {
        let (starts, size) = (trace.starts, trace.bytes.count)
        return (0..<1000).map { round in
            let start = starts[Int(random.below(UInt64(starts.count)))]
            let end = (starts.first { $0 > start } ?? size)
            let place =
                switch round {
                case ..<400: start + Int(random.below(64))
                case ..<500: end - 1 - Int(random.below(9))
                default: Int(random.below(UInt64(size)))
                }
            return (min(place, size - 1), 1 << UInt8(random.below(8)))
        }
    }

    @Test(
        "Each of 1,000 flipped bits is reported with its place or changes nothing; lenient reading loses one chunk",
        arguments: [UInt64(72)])
    func flippedBits(seed: UInt64) {
        let trace = Self.trace
        let (bytes, starts) = (trace.bytes, trace.starts)
        var random = SplitMix64(seed: seed)
        var harmless = 0
        for (place, bit) in Self.flips(&random) {
            let index = member(at: place)
            let what: Comment = "seed \(seed), bit \(bit) flipped at \(place), \(place - starts[index]) of \(index)"
            var changed = bytes
            changed[place] ^= bit
            let strict = Reading(changed)
            let lenient = Reading(changed, lenient: true)
            #expect(strict.isTruthful(trace) && lenient.isTruthful(trace), what)
            guard let error = strict.error else {
                // The bits between the last deflate code and the trailer mean nothing.
                harmless += 1
                #expect(strict.numbers == Self.all && strict.isIntact && strict.hasHeader, what)
                #expect(lenient.numbers == Self.all && lenient.isIntact && lenient.loss.faultCount == 0, what)
                continue
            }
            #expect(strict.numbers == (index == 0 ? [] : Array(Self.all[..<(min(index, 9) - 1)])), what)
            #expect(error.chunk == UInt64(index) && error.offset == UInt64(starts[index]), "\(what): \(error)")
            #expect(!error.reason.isEmpty && [.damaged, .cut, .version].contains(error.kind), "\(what): \(error)")
            #expect(lenient.error == nil, what)
            #expect(lenient.numbers == Self.all.filter { $0 != UInt64(index) }, what)
            #expect(!lenient.isIntact && lenient.loss.faultCount > 0, what)
            let isChunk = (1...8).contains(index)
            #expect(lenient.loss.chunks == (isChunk ? 1 : 0), what)
            #expect(lenient.loss.events == (isChunk ? UInt64(trace.chunks[index - 1].count) : 0), what)
        }
        #expect(harmless < 50)
    }

    @Test("What is read does not depend on the number of threads", arguments: [1, 3, 16, 64])
    func threads(threads: Int) {
        var random = SplitMix64(seed: 73)
        for _ in 0..<20 {
            var changed = Self.trace.bytes
            for _ in 0..<3 { changed[Int(random.below(UInt64(changed.count)))] ^= 0x10 }
            let one = Reading(changed, lenient: true, threads: 2)
            let other = Reading(changed, lenient: true, threads: threads)
            #expect(one.numbers == other.numbers && one.loss == other.loss && one.error == other.error)
            #expect(Reading(changed).error == Reading(changed, threads: threads).error)
        }
    }
}
