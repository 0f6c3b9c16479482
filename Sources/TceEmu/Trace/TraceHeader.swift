// SPDX-License-Identifier: Apache-2.0

/// What is known of a trace before its first event.
public struct TraceHeader: Hashable, Sendable {
    /// Nanoseconds in one unit of the time stamps: 1, 1,000, 1,000,000 or 1,000,000,000.
    public var unitNanoseconds: UInt64 = 1

    /// The platform whose answers were recorded ("qemu"), where known.
    public var platform: String?

    /// Bytes of guest memory; nil: not known, and then no real address is outside it.
    public var memoryBytes: UInt64?

    /// Where the events come from: "QEMU log", "text", "generated: nic".
    public var source: String?

    /// The command line of the machine or tool that made the recording.
    public var command: String?

    /// What the importer had to infer, a sentence each.
    public var inferred: [String] = []

    /// Program and version that wrote the trace.
    public var writer: String?

    public init() {}

    /// Units that a trace can have, with the digits that a second has after the point.
    static let units: [UInt64: Int] = [1: 9, 1_000: 6, 1_000_000: 3, 1_000_000_000: 0]
}
