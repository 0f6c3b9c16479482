// SPDX-License-Identifier: Apache-2.0

/// Why a snapshot cannot be made, or nothing can be made of one, and where.
public struct SnapshotError: Error, Hashable, Sendable {
    public enum Kind: Hashable, Sendable {
        /// The bytes are no snapshot of what can be.
        case damaged
        /// It is of a later version of the format.
        case version
        /// It would need more of the host's memory than it may.
        case memory
        /// It belongs to another trace.
        case otherTrace
        /// The replay cannot be saved: it ended inside an event.
        case unfinished
        /// The replay cannot be saved: it computes time.
        case timed
        /// The host could not (memory).
        case host
    }

    public var kind: Kind
    /// What was expected and what was found.
    public var reason: String
    /// Offset in the snapshot, in bytes, where it is known. Of a file: after inflating.
    public var offset: UInt64?

    public init(_ kind: Kind, _ reason: String, offset: UInt64? = nil) {
        self.kind = kind
        self.reason = reason
        self.offset = offset
    }
}

extension SnapshotError: CustomStringConvertible {
    public var description: String { (offset.map { "offset \($0): " } ?? "") + reason }
}
