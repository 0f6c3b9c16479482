// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import TceEmu

/// Files that are not as they were written. Each is reported with its place, or read around when that was asked for.
struct TraceDamageTests {
    /// A trace of four chunks, with where its six members begin.
    static let whole: (bytes: [UInt8], members: [Int]) = {
        let output = MemoryStream()
        var starts: [Int] = []
        do {
            _ = try Workload.nic.generate(events: 100_000, seed: 3, to: output)
            let summary = try TraceSummary(MemoryStream(output.bytes))
            starts = [0] + summary.chunks.map { Int($0.offset) }
            if let last = summary.chunks.last { starts.append(Int(last.offset + last.bytes)) }
        } catch {
            Issue.record("cannot generate: \(error)")
        }
        return (output.bytes, starts)
    }()

    static func error(_ bytes: [UInt8]) -> (error: TraceError?, events: UInt64) {
        do {
            let reader = try TraceReader(MemoryStream(bytes))
            do {
                while try reader.next() != nil {}
                return (nil, reader.eventsRead)
            } catch {
                return (error, reader.eventsRead)
            }
        } catch {
            return (error, 0)
        }
    }

    @Test("A file that ends between two members is cut")
    func cutBetweenMembers() {
        let (bytes, members) = Self.whole
        #expect(members.count == 6)
        for index in 1..<members.count {
            let (error, events) = Self.error(Array(bytes[..<members[index]]))
            #expect(error?.kind == .cut)
            #expect(error?.chunk == UInt64(index))
            #expect(error?.offset == UInt64(members[index]))
            #expect(events == min(100_000, UInt64(index - 1) * 32_768))
        }
    }

    @Test("A file that ends inside a member is cut, and every chunk before is read")
    func cutInsideMember() {
        let (bytes, members) = Self.whole
        for (index, start) in members.enumerated() {
            for length in [1, 17, 47, 48, 60] {
                let (error, events) = Self.error(Array(bytes[..<(start + length)]))
                #expect(error?.kind == .cut, "member \(index), \(length) bytes of it: \(String(describing: error))")
                #expect(events == min(100_000, UInt64(max(index - 1, 0)) * 32_768))
            }
        }
    }

    @Test("An empty file is cut; a file of something else is not a trace")
    func notATrace() {
        #expect(Self.error([]).error?.kind == .cut)
        #expect(Self.error(Array("hello, world, this is not a trace at all, no".utf8)).error?.kind == .notATrace)
    }

    @Test("Chunks left out, doubled or swapped are reported by number")
    func wrongOrder() {
        let (bytes, members) = Self.whole
        func member(_ index: Int) -> ArraySlice<UInt8> {
            bytes[members[index]..<(index + 1 < members.count ? members[index + 1] : bytes.count)]
        }
        func file(_ order: [Int]) -> [UInt8] { order.map { Array(member($0)) }.concatenated }
        #expect(Self.error(file([0, 1, 2, 3, 4, 5])).error == nil)
        let missing = Self.error(file([0, 1, 3, 4, 5])).error
        #expect(missing?.reason == "chunk 2 is missing: found chunk 3")
        let doubled = Self.error(file([0, 1, 1, 2, 3, 4, 5])).error
        #expect(doubled?.reason == "chunk 1 again, expected chunk 2")
        #expect(Self.error(file([0, 2, 1, 3, 4, 5])).error?.kind == .damaged)
        let joined = Self.error(file([0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5])).error
        #expect(joined?.reason == "a second header: this file was joined from several traces")
        #expect(Self.error(file([1, 2, 3, 4, 5])).error?.kind == .damaged)
        #expect(Self.error(bytes + [0]).error?.kind == .damaged)
    }

    @Test("A flipped bit anywhere in a chunk is noticed, and what was before it is read")
    func flippedBits() {
        let (bytes, members) = Self.whole
        var random = SplitMix64(seed: 11)
        for _ in 0..<200 {
            let place = Int(random.below(UInt64(bytes.count)))
            var changed = bytes
            changed[place] ^= 1 << UInt8(random.below(8))
            let (error, events) = Self.error(changed)
            let index = (members.lastIndex { $0 <= place }) ?? 0
            #expect(error != nil, "a bit flipped at \(place) went unnoticed")
            #expect(
                events == min(100_000, UInt64(max(index - 1, 0)) * 32_768),
                "bit at \(place): \(String(describing: error))")
        }
    }

    @Test("Lenient reading passes over a damaged chunk and reads every other one")
    func lenient() throws {
        let (bytes, members) = Self.whole
        for index in 1...4 {
            for offset in [0, 13, 20, 45, 500] {
                var changed = bytes
                changed[members[index] + offset] ^= 0x10
                var options = TraceReader.Options()
                options.lenient = true
                let reader = try TraceReader(MemoryStream(changed), options: options)
                while try reader.next() != nil {}
                let lost: UInt64 = index == 4 ? 100_000 - 3 * 32_768 : 32_768
                #expect(reader.eventsRead == 100_000 - lost, "member \(index), byte \(offset)")
                #expect(reader.loss.chunks == 1)
                #expect(reader.loss.events == lost)
                #expect(!reader.loss.faults.isEmpty)
            }
        }
    }

    /// Gives its bytes up to a place, then an error of the system.
    private final class FailingInput: ByteInput {
        private let whole: MemoryStream
        private var left: Int

        init(_ bytes: [UInt8], failingAt place: Int) {
            whole = MemoryStream(bytes)
            left = place
        }

        func read(into buffer: UnsafeMutableRawBufferPointer) throws(TraceError) -> Int {
            guard left > 0 else { throw TraceError(.io, "cannot read: Input/output error") }
            let part = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer.prefix(left))
            let count = unsafe whole.read(into: part)
            left -= count
            return count
        }
    }

    @Test(
        "A read error comes after every chunk read before it, whatever the number of threads", arguments: [1, 2, 4, 16])
    func readError(threads: Int) throws {
        let (bytes, members) = Self.whole
        var options = TraceReader.Options()
        options.threads = threads
        let reader = try TraceReader(FailingInput(bytes, failingAt: members[4] - 100), options: options)
        var events = 0
        do {
            while let batch = try reader.next() { events += batch.count }
            Issue.record("the error was lost")
        } catch {
            #expect(error.kind == .io)
        }
        #expect(events == 2 * 32_768)
    }

    @Test("A chunk that is missing is lost, and the events after it are read")
    func lenientMissing() throws {
        let (bytes, members) = Self.whole
        let without = Array(bytes[..<members[2]] + bytes[members[3]...])
        var options = TraceReader.Options()
        options.lenient = true
        let reader = try TraceReader(MemoryStream(without), options: options)
        var intact: [Bool] = []
        while try reader.next() != nil { intact.append(reader.isIntact) }
        #expect(intact == [true, false, false])
        #expect(reader.loss.chunks == 1)
        #expect(reader.loss.events == 32_768)
        #expect(reader.loss.faults.map(\.reason) == ["chunk 2 is missing: found chunk 3"])
    }

    @Test("A chunk that comes twice is passed over, and nothing is lost")
    func lenientDoubled() throws {
        let (bytes, members) = Self.whole
        let doubled = Array(bytes[..<members[2]] + bytes[members[1]...])
        var options = TraceReader.Options()
        options.lenient = true
        let reader = try TraceReader(MemoryStream(doubled), options: options)
        while try reader.next() != nil {}
        #expect(reader.eventsRead == 100_000)
        #expect(reader.loss.chunks == 0)
        #expect(reader.loss.faults.count == 1)
    }

    @Test("Lenient reading of what has no chunk at all is an error")
    func lenientOfNoTrace() {
        var options = TraceReader.Options()
        options.lenient = true
        do {
            _ = try TraceReader(MemoryStream(Array(repeating: 0x41, count: 5000)), options: options)
            Issue.record("5,000 letters were taken for a trace")
        } catch {
            #expect(error.kind == .notATrace)
        }
    }

    @Test("Lenient reading of a cut file says how it ends")
    func lenientCut() throws {
        let (bytes, members) = Self.whole
        var options = TraceReader.Options()
        options.lenient = true
        let reader = try TraceReader(MemoryStream(Array(bytes[..<(members[3] + 100)])), options: options)
        while try reader.next() != nil {}
        #expect(reader.eventsRead == 2 * 32_768)
        #expect(reader.loss.chunks >= 1)
        #expect(reader.loss.faults.contains { $0.kind == .cut })
    }
}
