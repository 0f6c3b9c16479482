// SPDX-License-Identifier: Apache-2.0
import CTce

/// The few intact chunks ahead that a lenient reader looks at, to see which of them belong where. docs/trace-format.md
/// has the rule.
struct ReorderWindow {
    private struct Entry {
        var slot: ChunkSlot
        /// Chunks behind it in the file that were taken before it.
        var overtaken = 0
    }

    /// In the order of the file.
    private var entries: [Entry] = []

    /// Chunks held at most, and bytes of their events.
    static let chunksMax = 4
    static let weightMax = 6 << 20
    /// A chunk overtaken by so many stands in a wrong place.
    static let overtakenMax = 8

    var isEmpty: Bool { entries.isEmpty }
    var count: Int { entries.count }

    var isFull: Bool {
        entries.count >= Self.chunksMax || entries.reduce(0) { $0 + $1.slot.batch.weight } > Self.weightMax
    }

    /// The lowest number held.
    var lowest: UInt64? { entries.map(\.slot.number).min() }

    func holds(_ number: UInt64) -> Bool { entries.contains { $0.slot.number == number } }

    func offset(of number: UInt64) -> UInt64? { entries.first { $0.slot.number == number }?.slot.offset }

    mutating func insert(_ slot: ChunkSlot) {
        entries.append(Entry(slot: slot))
    }

    /// How many chunks that follow this one closely, in number and in the file, begin before it ends, but not before
    /// `time`.
    func contradictions(of number: UInt64, notBefore time: UInt64) -> Int {
        guard let index = entries.firstIndex(where: { $0.slot.number == number }) else { return 0 }
        let slot = entries[index].slot
        guard slot.kind == Int(TCE_MEMBER_EVENTS) else { return 0 }
        return entries[(index + 1)...].count { entry in
            let other = entry.slot
            return other.kind == Int(TCE_MEMBER_EVENTS) && other.number > number
                && other.number < number + UInt64(Self.chunksMax) && other.prologue.first_time >= time
                && other.prologue.first_time < slot.prologue.last_time
        }
    }

    /// Does the chunk of this number stand before one that was taken?
    func isOvertaken(_ number: UInt64) -> Bool {
        entries.contains { $0.slot.number == number && $0.overtaken > 0 }
    }

    /// Takes out the chunk of a number.
    mutating func remove(_ number: UInt64) -> ChunkSlot? {
        guard let index = entries.firstIndex(where: { $0.slot.number == number }) else { return nil }
        let slot = entries.remove(at: index).slot
        for earlier in entries.indices.prefix(index) { entries[earlier].overtaken += 1 }
        return slot
    }

    /// Takes out the chunks that too many have overtaken.
    mutating func removeStrays() -> [ChunkSlot] {
        let strays = entries.filter { $0.overtaken >= Self.overtakenMax }.map(\.slot)
        entries.removeAll { $0.overtaken >= Self.overtakenMax }
        return strays
    }
}

extension ChunkSlot {
    /// The member's number, as its field says.
    var number: UInt64 { UInt64(member.sequence) }
}
