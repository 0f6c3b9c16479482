// SPDX-License-Identifier: Apache-2.0
import CTce

/// One number that the core's time model counts, as the core declares it: its name in reports, its unit, what it means.
public struct TimeCounter: Hashable, Sendable {
    /// What the numbers of a list are of.
    public enum Catalogue: UInt32, Hashable, Sendable, CaseIterable {
        /// All PHBs and calls: `counters`.
        case totals = 0
        /// Each PHB: `phbs`.
        case phb = 1
        /// Transactions of one requester, direction and outcome: `groups`.
        case group = 2
        /// Calls of one kind: `calls`.
        case call = 3
        /// Intervals of time: `intervals`.
        case interval = 4
        /// The kinds of calls.
        case callKinds = 5
        /// What calls cost: `parts`.
        case parts = 6
        /// What TLPs pass through: `stages`.
        case stages = 7
    }

    public let key: String
    /// "cycles", "TLPs"; of a kind of call, a part of its cost or a stage it is empty or that of what is summed.
    public let unit: String
    public let text: String
    /// Of a stage: it is spent waiting for others.
    public let waits: Bool

    /// The counters of a catalogue, in the core's order.
    public static func all(_ catalogue: Catalogue) -> [TimeCounter] {
        lists[Int(catalogue.rawValue)]
    }

    private static let lists: [[TimeCounter]] = Catalogue.allCases.map { catalogue in
        var list: [TimeCounter] = []
        while let raw = unsafe tce_time_counter_at(catalogue.rawValue, UInt32(list.count))?.pointee {
            list.append(
                TimeCounter(
                    key: unsafe String(cString: raw.key), unit: unsafe String(cString: raw.unit),
                    text: unsafe String(cString: raw.text), waits: unsafe raw.waits))
        }
        return list
    }

    /// The numbers of a structure of the core's whose first fields are the catalogue's counters, each 64 bits wide.
    static func numbers<Raw>(_ catalogue: Catalogue, of raw: Raw) -> [String: UInt64] {
        let words = unsafe withUnsafeBytes(of: raw) { bytes in
            unsafe Array(bytes.prefix(all(catalogue).count * 8).bindMemory(to: UInt64.self))
        }
        return Dictionary(uniqueKeysWithValues: zip(all(catalogue).map(\.key), words))
    }
}
