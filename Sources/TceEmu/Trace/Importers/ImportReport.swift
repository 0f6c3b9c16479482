// SPDX-License-Identifier: Apache-2.0

/// What an import took, what it left, and what it had to assume.
public struct ImportReport: Hashable, Sendable {
    /// Lines of one kind that should have been understood and were not.
    public struct Problem: Hashable, Sendable {
        /// The event's name.
        public var kind: String
        public var reason: String
        public var count: UInt64
        /// Number and text of the first of them, counted from 1. A long text is cut.
        public var firstLine: UInt64
        public var firstText: String
    }

    public var lines: UInt64 = 0
    public var events: UInt64 = 0
    /// Lines that were understood, by the event's name.
    public var understood: [String: UInt64] = [:]
    /// Lines of other programs or parts of the machine, by the event's name; "text" is what looks like no event.
    public var foreign: [String: UInt64] = [:]
    /// By kind and reason, in the order of their first lines; of many kinds, the first.
    public var notUnderstood: [Problem] = []
    /// All of them, also those that `notUnderstood` has no room for.
    public var notUnderstoodLines: UInt64 = 0
    /// Events whose time stamp was before that of the event before them, and was raised to it.
    public var clampedTimes: UInt64 = 0
    /// What was ambiguous, a sentence each.
    public var notes: [String] = []

    public init() {}

    static let problemsMax = 64
    static let namesMax = 256
    static let textMax = 200

    mutating func refuse(_ kind: String, _ reason: String, line number: UInt64, _ line: Span<UInt8>) {
        notUnderstoodLines += 1
        if let index = notUnderstood.firstIndex(where: { $0.kind == kind && $0.reason == reason }) {
            notUnderstood[index].count += 1
        } else if notUnderstood.count < Self.problemsMax {
            notUnderstood.append(
                Problem(
                    kind: kind, reason: reason, count: 1, firstLine: number,
                    firstText: line.shown(0..<line.trimmedEnd, max: Self.textMax)))
        }
    }

    mutating func addForeign(_ name: String) {
        if foreign[name] == nil, foreign.count >= Self.namesMax {
            foreign["(other names)", default: 0] += 1
        } else {
            foreign[name, default: 0] += 1
        }
    }
}
