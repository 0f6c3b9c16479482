// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import TceEmu

/// Snapshots that are damaged, lie, or are of another trace.
struct SnapshotDamageTests {
    static let trace = try? EverythingTrace.make(events: 600, seed: 21)

    static func saved() throws -> [UInt8] {
        var replay = CutReplay(trace: try #require(trace))
        replay.options.check = true
        return try replay.snapshot(at: 300)
    }

    /// The snapshot with another text, its lengths and CRC-32 made to agree.
    static func with(text: String, _ bytes: [UInt8]) -> [UInt8] {
        let before = Int(bytes.number(at: 8, count: 4))
        var changed = Array(bytes[..<8])
        changed.append(UInt64(text.utf8.count), count: 4)
        changed += bytes[12..<24]
        changed += text.utf8
        changed += bytes[(24 + before)..<(bytes.count - 4)]
        changed.append(UInt64(crc32(changed)), count: 4)
        return changed
    }

    static func text(_ bytes: [UInt8]) -> String {
        String(decoding: bytes[24..<(24 + Int(bytes.number(at: 8, count: 4)))], as: UTF8.self)
    }

    /// Reads the snapshot and goes on to the end.
    static func goOn(_ bytes: [UInt8]) throws {
        let saved = try ReplaySnapshot(bytes)
        var options = TraceReader.Options()
        options.firstChunk = saved.firstChunk
        var replay = try Replay(TraceReader(MemoryStream(#require(trace)), options: options), resuming: saved)
        let statistics = try replay.run()
        _ = TextReport(statistics).description
        _ = try replay.save().bytes
    }

    static func error(_ bytes: [UInt8]) -> SnapshotError? {
        do {
            try goOn(bytes)
            return nil
        } catch {
            return error as? SnapshotError
        }
    }

    @Test("A snapshot that is cut, or of which any byte is changed, is an error")
    func damaged() throws {
        let bytes = try Self.saved()
        for count in Array(0..<40) + Array(stride(from: 40, to: bytes.count, by: 997)) {
            #expect(Self.error(Array(bytes[..<count]))?.kind == .damaged, "\(count) bytes")
        }
        for offset in Array(0..<40) + Array(stride(from: 40, to: bytes.count, by: 1_013)) {
            var changed = bytes
            changed[offset] ^= 0x10
            // The minor version is not looked at, and another major one is a later one.
            #expect(Self.error(changed) != nil, "offset \(offset)")
        }
        var later = bytes
        later[4] = 2
        #expect(Self.error(later)?.kind == .version)
    }

    @Test(
        "A line that lies is an error that says what was expected and where",
        arguments: [
            ("position 1 300 300", "position 1 300 301", SnapshotError.Kind.otherTrace),
            ("position 1 300 300", "position 1 601 601", .otherTrace),
            ("position 1 300 300", "position 0 300 300", .damaged),
            ("position 1 300 300", "position 1 70000 70000", .damaged),
            ("position 1 300 300", "position 1 300 299", .damaged),
            ("position 1 300 300", "position 5 0 300", .otherTrace),
            ("platform qemu", "platform vmware", .damaged), ("platform qemu", "platform papr", .damaged),
            ("eeh off", "eeh freeze", .damaged), ("multitce on", "multitce off", .damaged),
            ("eeh off", "eeh 1", .damaged),
            ("intact yes", "", .damaged), ("intact yes", "intact yes\nintact no", .damaged),
            ("trace_first_time 0", "trace_first_time 1", .otherTrace),
            ("counter events ", "counter happenings ", .damaged), ("counter events ", "counter events -", .damaged),
            ("counter events ", "counter events 99999999999999999", .damaged),
            ("counter reads ", "counter events ", .damaged), ("times 0 ", "times 99999999 ", .damaged),
            ("sharing_before share_calls 0", "sharing_before share_calls 9999", .damaged),
            ("mismatch ", "mismatch x", .damaged), ("mismatch ", "mismatch 1 2 colour 0 0 0\nmismatch ", .damaged),
            ("mismatch ", "mismatch 1 1 tce 0 0 0\nmismatch ", .damaged),
        ])
    func lies(line: String, becomes: String, kind: SnapshotError.Kind) throws {
        let bytes = try Self.saved()
        let text = Self.text(bytes)
        #expect(text.contains(line))
        let changed = Self.with(text: text.replacing(line, with: becomes, maxReplacements: 1), bytes)
        let error = try #require(Self.error(changed))
        #expect(error.kind == kind, "\(error)")
        if kind == .otherTrace { #expect(error.reason.contains("this snapshot is of another trace")) }
        if kind == .damaged { #expect(error.reason.contains("expected") && error.reason.contains("found")) }
    }

    @Test("A line that is not known is passed over")
    func unknownLine() throws {
        let bytes = try Self.saved()
        try Self.goOn(Self.with(text: Self.text(bytes) + "colour green\n", bytes))
    }

    @Test("Numbers changed at random are errors, or a replay that ends")
    func fuzz() throws {
        let bytes = try Self.saved()
        let lines = Self.text(bytes).split(separator: "\n").map(String.init)
        var random = SplitMix64(seed: 77)
        for _ in 0..<2_000 {
            var changed = lines
            for _ in 0...random.below(2) {
                let index = Int(random.below(UInt64(changed.count)))
                var words = changed[index].split(separator: " ").map(String.init)
                let values: [UInt64] = [
                    0, 1, random.below(1000), .max, .max - 1, 1 << 56, 1 << random.below(64), random.next(),
                ]
                words[Int(random.below(UInt64(words.count)))] = String(values[Int(random.below(8))])
                changed[index] = words.joined(separator: " ")
            }
            // No trap is what is asked for.
            try? Self.goOn(Self.with(text: changed.joined(separator: "\n") + "\n", bytes))
        }
    }

    @Test("A snapshot goes on with its own trace only")
    func otherTraces() throws {
        let bytes = try Self.saved()
        func resume(_ trace: [UInt8]) throws -> SnapshotError? {
            do {
                var replay = try Replay(TraceReader(MemoryStream(trace)), resuming: ReplaySnapshot(bytes))
                _ = try replay.run()
                return nil
            } catch {
                return error as? SnapshotError
            }
        }
        var header = TraceHeader()
        header.memoryBytes = 64 << 20
        let late = TraceEvent(time: 5, body: .reset)
        let early = TraceEvent(time: 0, body: .reset)
        #expect(try resume(TraceFileTests.write([late]))?.kind == .otherTrace)
        #expect(try resume(TraceFileTests.write([late], header: header))?.kind == .otherTrace)
        #expect(try resume(TraceFileTests.write([early], header: header))?.kind == .otherTrace)
        #expect(try resume(TraceFileTests.write([], header: header))?.kind == .otherTrace)
        #expect(try resume(#require(Self.trace)) == nil)
    }

    @Test("The file is gzip, comes back as it was, and inflates to no more than its size allows")
    func file() throws {
        let saved = try ReplaySnapshot(Self.saved())
        let output = MemoryStream()
        try saved.write(to: output)
        #expect(try ReplaySnapshot(reading: Trickle(output.bytes, step: 100)).bytes == saved.bytes)
        #expect(throws: SnapshotError.self) { try ReplaySnapshot(reading: MemoryStream([])) }
        #expect(throws: SnapshotError.self) { try ReplaySnapshot(reading: MemoryStream(Array("hello".utf8))) }
        for count in stride(from: 1, to: output.bytes.count, by: 499) {
            #expect(throws: SnapshotError.self, "\(count) bytes") {
                try ReplaySnapshot(reading: MemoryStream(Array(output.bytes[..<count])))
            }
        }
        // A gigabyte of zeros in a megabyte is refused on the way.
        let bomb = MemoryStream()
        let zeros = ReplaySnapshotZeros.member
        for _ in 0..<600 { unsafe zeros.withUnsafeBytes { unsafe bomb.write($0) } }
        do {
            _ = try ReplaySnapshot(reading: bomb)
            Issue.record("it was read")
        } catch let error as SnapshotError {
            #expect(error.kind == .memory, "\(error)")
        }
    }
}

/// One gzip member of a megabyte of zeros.
private enum ReplaySnapshotZeros {
    static let member: [UInt8] = {
        var saved = ReplaySnapshot()
        saved.machine = [UInt8](repeating: 0, count: 3 << 20)
        let output = MemoryStream()
        try? saved.write(to: output)
        // The second of its members holds nothing but zeros.
        let first = Int(output.bytes.number(at: 32, count: 4))
        return Array(output.bytes[first..<(first + Int(output.bytes.number(at: first + 32, count: 4)))])
    }()
}
