// SPDX-License-Identifier: Apache-2.0
import CTce
import Testing

@testable import TceEmu

/// Sizes, counts and contents that lie, with every checksum made right again.
struct LyingFieldTests {
    static let trace = SampleTrace.whole
    static let all = Array(UInt64(1)...8)

    @Test("A head whose sizes, count or time lie costs its own chunk alone", arguments: 1...9)
    func heads(index: Int) {
        let member = Self.trace.members[index]
        let size = UInt32(member.count)
        let inflated = UInt32(Forge.payload(of: member).count)
        let next = index < 9 ? UInt32(Self.trace.members[index + 1].count) : 0
        let lies: [(place: Int, value: UInt32)] = [
            (20, 1), (20, 0), (20, 65_536), (20, 65_537), (20, .max), (24, 12345),
            (32, 0), (32, 57), (32, 58), (32, size - 1), (32, size + 1), (32, size + next), (32, size + next + 1),
            (32, 16 << 20), (32, .max), (36, 0), (36, inflated - 1), (36, inflated + 1), (36, 16 << 20),
            (36, 16 << 20 + 1), (36, .max), (40, 1),
        ]
        for lie in lies where Forge.get32(member, at: lie.place) != lie.value {
            var trace = Self.trace
            trace.members[index] = Forge.head(member, at: lie.place, lie.value)
            let what: Comment = "member \(index), \(lie.value) at \(lie.place)"
            let strict = Reading(trace.bytes)
            #expect(strict.isTruthful(Self.trace) && strict.numbers == Array(Self.all.prefix(index - 1)), what)
            #expect(strict.error?.chunk == UInt64(index), "\(what) \(String(describing: strict.error))")
            #expect(strict.error?.offset == UInt64(Self.trace.starts[index]), what)
            #expect([.damaged, .cut].contains(strict.error?.kind), what)
            let lenient = Reading(trace.bytes, lenient: true)
            #expect(lenient.error == nil && lenient.isTruthful(Self.trace), what)
            #expect(lenient.numbers == Self.all.filter { $0 != UInt64(index) }, what)
            // An end that says it has events is counted as a chunk.
            let isCounted = index < 9 || (lie.place == 20 && lie.value <= 65_536)
            #expect(lenient.loss.chunks == (isCounted ? 1 : 0) && !lenient.isIntact, what)
        }
    }

    @Test("A field that names another number than the payload is no chunk of either", arguments: [UInt32(0), 3, 9, 77])
    func sequence(number: UInt32) {
        var trace = Self.trace
        trace.members[5] = Forge.head(trace.members[5], at: 16, number)
        let strict = Reading(trace.bytes)
        #expect(strict.numbers == [1, 2, 3, 4] && strict.isTruthful(Self.trace))
        #expect(strict.error?.offset == UInt64(Self.trace.starts[5]))
        #expect(strict.error?.reason.contains("the gzip field and the payload differ") == true)
        let lenient = Reading(trace.bytes, lenient: true)
        #expect(lenient.numbers == Self.all.filter { $0 != 5 } && lenient.isTruthful(Self.trace))
        #expect(lenient.loss.chunks == 1)
    }

    /// Values that are at an edge of something.
    private static let edges: [UInt64] = [
        0, 1, 2, 7, 8, 9, 0x7f, 0x80, 0xff, 0x100, 0xfff, 0xffff, 0x1_0000, 0x1_0001, 0x10_0000, 0x10_0001,
        0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 1 << 40, 1 << 63, .max,
    ]

    @Test("Payloads with hostile values are faults of their chunk, or chunks: never a crash", arguments: [UInt64(101)])
    func payloads(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let index = 5
        let payload = Forge.payload(of: Self.trace.members[index])
        let streams = Int(Forge.get32(payload, at: 32))
        let shapes = Int(Forge.get32(payload, at: 36))
        let tables = 112 + streams * 32 + shapes * 24
        var refused = 0
        for round in 0..<500 {
            var changed = payload
            for _ in 0..<(1 + random.below(3)) {
                let edge = Self.edges[Int(random.below(UInt64(Self.edges.count)))]
                switch random.below(8) {
                case 0: Forge.put(UInt32(truncatingIfNeeded: edge), at: 32 + 4 * Int(random.below(2)), in: &changed)
                case 1, 2: Forge.put(UInt32(truncatingIfNeeded: edge), at: 40 + 4 * Int(random.below(18)), in: &changed)
                case 3: Forge.put(edge, at: 112 + 8 * Int(random.below(UInt64(streams * 4))), in: &changed)
                case 4, 5:
                    let place = tables - shapes * 24 + Int(random.below(UInt64(shapes * 24)))
                    if place < changed.count { changed[place] = UInt8(truncatingIfNeeded: edge) }
                case 6:
                    let place = tables + Int(random.below(UInt64(max(changed.count - tables, 1))))
                    if place < changed.count { changed[place] = UInt8(truncatingIfNeeded: random.next()) }
                default:
                    let place = [12, 16, 24][Int(random.below(3))]
                    Forge.put(UInt32(truncatingIfNeeded: edge), at: place, in: &changed)
                }
                if random.below(16) == 0 { changed.removeLast(Int(random.below(UInt64(changed.count)))) }
                if random.below(16) == 0 { changed += [UInt8](repeating: 0xff, count: Int(random.below(64))) }
                if changed.count < 32 { changed = payload }
            }
            var trace = Self.trace
            trace.members[index] = Forge.member(changed)
            let what: Comment = "seed \(seed), round \(round)"
            let strict = Reading(trace.bytes, threads: 1 + round % 3)
            #expect(strict.numbers.prefix(4) == [1, 2, 3, 4], what)
            let isTrue = strict.chunks.allSatisfy {
                $0.number == 5 || $0.events == Self.trace.chunks[Int($0.number) - 1]
            }
            #expect(isTrue, what)
            if let error = strict.error {
                refused += 1
                // What decodes is another chunk than it was: its times and totals may be noticed later.
                #expect((error.chunk ?? 0) >= 5 && (error.offset ?? 0) >= UInt64(Self.trace.starts[5]), what)
                if strict.numbers == [1, 2, 3, 4], error.chunk == 5 {
                    #expect(error.offset == UInt64(Self.trace.starts[5]) && !error.reason.isEmpty, what)
                }
            }
            let lenient = Reading(trace.bytes, lenient: true)
            #expect(lenient.numbers.filter { $0 != 5 } == Self.all.filter { $0 != 5 }, what)
        }
        #expect(refused > 200)
    }

    @Test("The text of header and end is held to its form")
    func texts() throws {
        func header(_ text: [UInt8]) -> TraceError? {
            var trace = Self.trace
            trace.members[0] = Forge.member(Forge.payload(number: 0, kind: TCE_MEMBER_HEADER, body: text))
            return Reading(trace.bytes).error
        }
        func end(_ change: (String) -> String) -> TraceError? {
            let payload = Forge.payload(of: Self.trace.members[9])
            let text = change(String(decoding: payload[32...], as: UTF8.self))
            var trace = Self.trace
            trace.members[9] = Forge.member(Array(payload[..<32]) + Array(text.utf8))
            let reading = Reading(trace.bytes)
            #expect(reading.numbers == Self.all)
            let lenient = Reading(trace.bytes, lenient: true)
            #expect(lenient.numbers == Self.all && (reading.error == nil || !lenient.isIntact))
            return reading.error
        }
        #expect(header(Array("unit_ns 1\nunknown\nunknown 2\n\nno_newline".utf8)) == nil)
        #expect(header(Array("unit_ns 2\n".utf8))?.reason.contains("unit_ns is \"2\"") == true)
        #expect(header(Array("memory x\n".utf8))?.reason.contains("memory is \"x\"") == true)
        #expect(header(Array("memory 18446744073709551616\n".utf8)) != nil)
        #expect(header(Array("unit_ns 1\nunit_ns 1000\n".utf8))?.reason == "the header has unit_ns twice")
        #expect(header([0x73, 0x20, 0xff, 0xfe])?.reason == "its text is not UTF-8")
        #expect(header([0x73, 0x20, 0xff, 0xfe])?.chunk == 0)
        let long = [UInt8](repeating: 0x61, count: Int(TCE_TEXT_BYTES_MAX))
        #expect(header(long)?.reason == "the trace field's sizes or count are not possible")
        #expect(header(Array(String(repeating: "inferred x\n", count: 90_000).utf8)) == nil)
        #expect(end { $0 } == nil)
        #expect(end { $0 + "more 1\n" } == nil)
        for (old, new) in [
            ("events 340", "events 341"), ("chunks 8", "chunks 9"), ("chunks 8", "chunks 8 x\nchunks 8"),
            ("first 0", "first 1"), ("last ", "last 1"), ("kind ", "kind 300 0\nkind "),
            ("kind ", "kind 4294967296 1\nkind "), ("events 340", "events x"), ("events 340\n", ""),
            ("kind ", "kind 200 18446744073709551615\nkind 201 1\nkind "),
            ("kind ", String(repeating: "window 1 2 3 4\n", count: 4097) + "kind "), ("kind ", "window 1 2\nkind "),
        ] {
            let error = end { text in
                guard let range = text.firstRange(of: old) else { return text }
                return text[..<range.lowerBound] + new + text[range.upperBound...]
            }
            #expect(error?.chunk == 9 && error?.offset == UInt64(Self.trace.starts[9]), "\(old): \(new.prefix(60))")
        }
    }

    @Test("Totals that lie about kinds and windows are noticed when they are verified")
    func verifiedTotals() throws {
        func verify(_ change: (String) -> String) throws {
            let payload = Forge.payload(of: Self.trace.members[9])
            var trace = Self.trace
            let text = change(String(decoding: payload[32...], as: UTF8.self))
            trace.members[9] = Forge.member(Array(payload[..<32]) + Array(text.utf8))
            var options = TraceReader.Options()
            options.verifiesTotals = true
            let reader = try TraceReader(MemoryStream(trace.bytes), options: options)
            while try reader.next() != nil {}
        }
        try verify { $0 }
        #expect(throws: TraceError.self) { try verify { $0 + "window 1 2 12 4\n" } }
        #expect(throws: TraceError.self) {
            try verify { text in
                var lines = text.split(separator: "\n").map(String.init)
                let kinds = lines.indices.filter { lines[$0].hasPrefix("kind ") }
                let counts = kinds.map { lines[$0].split(separator: " ")[2] }
                for (line, count) in zip(kinds, counts.reversed()) {
                    lines[line] = lines[line].split(separator: " ").prefix(2).joined(separator: " ") + " \(count)"
                }
                return lines.joined(separator: "\n") + "\n"
            }
        }
    }

    @Test("Other versions, other byte orders and other files are refused by name")
    func foreign() {
        func start(_ member: [UInt8]) -> TraceError? {
            let bytes = member + Self.trace.bytes.dropFirst(Self.trace.members[0].count)
            // Lenient reading does not guess at what it does not know either.
            #expect(Reading(bytes, lenient: true).error?.kind == .version)
            return Reading(bytes).error
        }
        var payload = Forge.payload(of: Self.trace.members[0])
        payload[5] = 2
        payload[6] = 7
        let newer = start(Forge.member(payload))
        #expect(newer?.kind == .version && newer?.chunk == 0 && newer?.offset == 0)
        #expect(newer?.reason == "it is of format version 2.7; this program reads version 1")
        var swapped = Self.trace.members[0]
        for place in stride(from: 16, to: 44, by: 4) where place != 24 && place != 28 {
            swapped[place..<(place + 4)].reverse()
        }
        swapped = Forge.sealed(swapped)
        swapped[44..<48].reverse()
        #expect(start(swapped)?.reason == "the trace field's numbers are big-endian; a trace is little-endian")
        // A newer minor version may be read.
        payload[5] = 1
        let bytes = Forge.member(payload) + Self.trace.bytes.dropFirst(Self.trace.members[0].count)
        #expect(Reading(bytes).error == nil)
        // `printf hello | gzip`
        let gzip: [UInt8] = [
            0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0xcb, 0x48, 0xcd, 0xc9, 0xc9, 7, 0, 0x86, 0xa6, 0x10, 0x36, 5, 0, 0, 0,
        ]
        for other in [gzip, Array("#!/bin/sh\n".utf8) + [UInt8](repeating: 0x0a, count: 5000)] {
            let error = Reading(other).error
            #expect(error?.kind == .notATrace && error?.offset == 0)
            #expect(error?.reason.hasPrefix("this is not a trace file: ") == true)
            #expect(Reading(other, lenient: true).error?.kind == .notATrace)
        }
        #expect(Reading(gzip).error?.reason.contains("the gzip header has no trace field") == true)
        #expect(Reading([]).error?.reason == "the file is empty")
        #expect(Reading([], lenient: true).error?.reason == "the file is empty")
    }

    @Test("The summary of a damaged trace names the same fault as the reader, where heads and texts can tell")
    func summary() throws {
        let trace = Self.trace
        for index in 1...9 {
            let broken = [
                trace.file((0...9).filter { $0 != index }), trace.file(Array(0...index) + Array(index...9)),
                Array(trace.bytes.prefix(trace.starts[index] + 20)), trace.bytes + trace.bytes,
            ]
            for bytes in broken {
                let fault = try TraceSummary(MemoryStream(bytes)).fault
                let error = Reading(bytes).error
                #expect(fault?.offset == error?.offset && fault?.reason == error?.reason && fault != nil)
            }
        }
    }
}
