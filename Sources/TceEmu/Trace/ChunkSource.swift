// SPDX-License-Identifier: Apache-2.0
import CTce

/// Hands out a file's members in the order of the file, inflated and decoded, or with what is wrong with them. Several
/// are in work at a time; which come, and in what order, does not depend on how many.
///
/// Memory is bounded, whatever the file claims: ordinary chunks fly as many at a time as `flightBytes` holds; one whose
/// sizes are large flies alone; one whose events turn out to need more than its share waits and is decoded at its turn.
/// Time is bounded: see `failedWorkLimit`.
final class ChunkSource {
    enum Item {
        case slot(ChunkSlot)
        /// The next one is large, and has to wait until the caller holds no other.
        case alone
        case end
    }

    private let scanner: MemberScanner
    private let pipeline: ChunkPipeline
    private let threads: Int
    private let lenient: Bool
    private let counts: Bool
    private var flying: [ChunkSlot] = []
    private var idle: [ChunkSlot] = []
    /// Bytes that each slot not idle holds or may come to hold.
    private var charges: [ObjectIdentifier: Int] = [:]
    private var returned: [ChunkSlot] = []
    private var scanEnded = false
    /// Searches the bytes of a member that was not whole: its size may have lied.
    private var inner: MemberScanner?

    /// Bytes taken and made by inflating what then was no whole member.
    private(set) var failedWork: UInt64 = 0

    /// The most memory that slots and window have held, as far as it is accounted.
    private(set) var peakMemory = 0

    /// Chunks that needed more memory than their share.
    private(set) var deferredCount = 0

    static let flightBytes = 16 << 20
    /// Members beyond this, compressed and inflated together, fly alone.
    static let largeBytes = 5 << 19

    init(_ scanner: MemberScanner, threads: Int, lenient: Bool, counts: Bool) {
        self.scanner = scanner
        self.threads = threads
        self.lenient = lenient
        self.counts = counts
        pipeline = ChunkPipeline(threads: threads)
    }

    deinit {
        // Slots in work are the pipeline's as well and end with it.
        pipeline.stop()
    }

    var offset: UInt64 { scanner.offset }

    /// Bytes copied, inflated in vain or made by that: bounded by a small multiple of the file.
    var wastedBytes: UInt64 { scanner.bytesMoved + failedWork }

    /// The next member. `holding`: the caller keeps slots, and does not want one that has to be alone.
    func next(holding: Bool = false) throws(TraceError) -> Item {
        if !returned.isEmpty { return .slot(returned.removeFirst()) }
        if let slot = try nextInner() { return .slot(slot) }
        if try launch(mayFlyAlone: !holding) { return .alone }
        guard !flying.isEmpty else { return .end }
        let slot = flying.removeFirst()
        pipeline.finish(slot)
        if slot.isDeferred {
            deferredCount += 1
            slot.decode()
        }
        charges[ObjectIdentifier(slot)] = slot.memory
        notePeak()
        if lenient, slot.error?.kind == .damaged, !slot.isWhole, slot.wasSubmitted {
            failedWork += UInt64(slot.inflated.used + slot.inflated.made)
            let inside = MemberScanner(MemoryStream(slot.compressedBytes), offset: slot.offset)
            try inside.search()
            inner = inside
        }
        return .slot(slot)
    }

    /// Gives slots back to come first again.
    func putBack(_ slots: [ChunkSlot]) {
        returned.insert(contentsOf: slots, at: 0)
    }

    /// Takes a slot that is no longer used.
    func recycle(_ slot: ChunkSlot) {
        charges[ObjectIdentifier(slot)] = nil
        slot.trim()
        idle.append(slot)
    }

    /// Goes past chunks of these numbers as far as they lie in order at the cursor, at most `limit` of them.
    func skip(from first: UInt64, below end: UInt64, limit: Int, _ body: (tce_member) -> Void) throws(TraceError) {
        guard flying.isEmpty, returned.isEmpty, inner == nil, !scanEnded else { return }
        var number = first
        while number < end, number - first < UInt64(limit) {
            guard case .member(let member) = try scanner.peek(), UInt64(member.sequence) == number, member.count > 0,
                try scanner.isFollowed(after: Int(member.member_bytes))
            else { return }
            body(member)
            scanner.advance(Int(member.member_bytes))
            number += 1
        }
    }

    // MARK: Scheduling

    /// Keeps one chunk more in work than there are threads, so that none of them waits while the caller works on one.
    /// True if nothing is in work and the next one has to wait until it is alone.
    private func launch(mayFlyAlone: Bool) throws(TraceError) -> Bool {
        while !scanEnded, flying.count <= threads {
            let item: MemberScanner.Item
            do throws(TraceError) {
                item = try scanner.peek()
                if case .member(let member) = item, isLarge(member) {
                    if flying.isEmpty, mayFlyAlone { try launchAlone(member) } else { return flying.isEmpty }
                    return false
                }
                guard try launch(item) else { break }
            } catch {
                // The chunks before are returned first: the error takes its turn behind them.
                let slot = try take(tce_member())
                slot.error = error.at(chunk: nil, offset: scanner.offset)
                flying.append(slot)
                scanEnded = true
            }
        }
        return false
    }

    /// False if there is no memory for one more now.
    private func launch(_ item: MemberScanner.Item) throws(TraceError) -> Bool {
        switch item {
        case .end:
            scanEnded = true
        case .bad(let error, let member):
            let slot = try take(member ?? tce_member())
            slot.error = error.at(chunk: nil, offset: scanner.offset)
            flying.append(slot)
            if lenient { try scanner.search() } else { scanEnded = true }
        case .member(let member):
            guard makeRoom(for: member) else { return false }
            let isFollowed = try scanner.isFollowed(after: Int(member.member_bytes))
            let slot = try takeCharged(member)
            flying.append(slot)
            if isFollowed {
                unsafe scanner.copy(Int(member.member_bytes), to: slot.reserve(Int(member.member_bytes)))
                scanner.advance(Int(member.member_bytes))
                slot.wasSubmitted = true
                pipeline.submit(slot)
            } else {
                // Is the size wrong, or what follows damaged? Whether this member is whole tells.
                try verify(slot, scanner)
                slot.decode()
            }
        }
        return true
    }

    private func launchAlone(_ member: tce_member) throws(TraceError) {
        idle.removeAll()
        let slot = try take(member)
        slot.allowance = 0
        flying.append(slot)
        try verify(slot, scanner)
        charges[ObjectIdentifier(slot)] = slot.memory
        notePeak()
        // The compressed bytes are not needed any more: there is room for the events.
        scanner.shrink()
        slot.decode()
    }

    /// Inflates from the scanner's window without a copy, and moves the cursor past the member if it is whole.
    private func verify(_ slot: ChunkSlot, _ scanner: MemberScanner) throws(TraceError) {
        unsafe slot.inflate(scanner.bytes)
        if slot.isWhole {
            scanner.advance(Int(slot.member.member_bytes))
            return
        }
        guard lenient else {
            scanEnded = true
            return
        }
        failedWork += UInt64(slot.inflated.used + slot.inflated.made)
        // Heads can be forged so that each of them inflates for long, one inside the other. Where that has taken far
        // more work than the file is long, bytes that were taken once as deflate data are not looked at again.
        let isOverLimit = failedWork > failedWorkLimit
        try scanner.search(past: isOverLimit ? max(slot.inflated.used, 1) : 1)
    }

    private var failedWorkLimit: UInt64 { 64 << 20 + 16 * offset }

    /// The next whole member inside the bytes of one that was not.
    private func nextInner() throws(TraceError) -> ChunkSlot? {
        guard let scanner = inner else { return nil }
        let slot = try take(tce_member())
        while true {
            switch try scanner.peek() {
            case .end:
                inner = nil
                recycle(slot)
                return nil
            case .bad:
                try scanner.search()
            case .member(let member):
                slot.begin(member, offset: scanner.offset)
                try verify(slot, scanner)
                guard slot.isWhole else { continue }
                slot.allowance = 0
                slot.decode()
                charges[ObjectIdentifier(slot)] = slot.memory
                return slot
            }
        }
    }

    // MARK: Memory

    private func isLarge(_ member: tce_member) -> Bool {
        Int(member.member_bytes) + Int(member.inflated_bytes) > Self.largeBytes
    }

    /// Bytes that the events of an ordinary chunk take: those that its field promises, the decoder's columns, a few
    /// lists. One that needs more is decoded at its turn.
    private func allowance(_ member: tce_member) -> Int {
        var capacity = 256
        while capacity < Int(member.count) { capacity *= 2 }
        return capacity * (40 + 24) + 5 << 17
    }

    private func charge(_ member: tce_member) -> Int {
        (Int(member.member_bytes) + Int(member.inflated_bytes)) * 5 / 4 + allowance(member)
    }

    private func makeRoom(for member: tce_member) -> Bool {
        var used = charges.values.reduce(0, +)
        let idleBytes = idle.reduce(0) { $0 + $1.memory }
        let needed = max(charge(member), idle.last?.memory ?? 0)
        if used + idleBytes + needed > Self.flightBytes {
            idle.removeFirst(max(idle.count - 1, 0))
        }
        used += needed
        return flying.isEmpty || used <= Self.flightBytes
    }

    private func take(_ member: tce_member) throws(TraceError) -> ChunkSlot {
        let slot: ChunkSlot
        if let used = idle.popLast() { slot = used } else { slot = try ChunkSlot() }
        slot.begin(member, offset: scanner.offset)
        slot.wasSubmitted = false
        slot.counts = counts
        slot.allowance = max(allowance(member), slot.batch.memory)
        charges[ObjectIdentifier(slot)] = slot.memory
        return slot
    }

    /// Takes a slot that will come to hold a member and its events.
    private func takeCharged(_ member: tce_member) throws(TraceError) -> ChunkSlot {
        let slot = try take(member)
        charges[ObjectIdentifier(slot)] = max(charge(member), slot.memory)
        notePeak()
        return slot
    }

    private func notePeak() {
        let used = charges.values.reduce(0, +) + idle.reduce(0) { $0 + $1.memory }
        peakMemory = max(peakMemory, used + scanner.windowMemory)
    }
}
