// SPDX-License-Identifier: Apache-2.0

/// A replay that was left at an event: the machine, the place in the trace, what was counted, how it is replayed.
///
/// ```swift
/// let saved = try ReplaySnapshot(first.save())
/// var readerOptions = TraceReader.Options()
/// readerOptions.firstChunk = saved.firstChunk     // the chunks before are not inflated
/// var rest = try Replay(TraceReader(input, options: readerOptions), resuming: saved)
/// ```
public struct ReplaySnapshot: Sendable {
    /// Where the next event lies.
    struct Position: Hashable, Sendable {
        /// Chunk of events, and the events of it that have been applied; the first chunk is 1.
        var chunk: UInt64 = 1
        var index = 0
        /// Events of the trace before.
        var events: UInt64 = 0
        /// The chunk is one of those that were counted.
        var isCounted = false
    }

    /// Of which trace it is: what is checked when it goes on.
    struct Identity: Hashable, Sendable {
        /// Of the header's text.
        var headerCRC: UInt32 = 0
        /// Of the first event; nil: none was seen yet.
        var firstTime: UInt64?
    }

    /// Whose answers the emulator gives.
    public var platform = Platform.qemu
    /// Whether the machine has the multi-TCE hcalls.
    public var hasMultiTCE = true
    /// Whether a PE is frozen at its first fault.
    public var eeh = false
    /// Whether recorded answers are compared.
    public var check = false
    /// Where the replay began.
    public var from: TracePosition?

    /// Nothing was lost so far. After a loss nothing is compared, and the chunks before are read again.
    public internal(set) var isIntact = true

    var identity = Identity()
    var position = Position()
    var chunks: UInt64 = 0
    var replayedTimes: (first: UInt64, last: UInt64)?
    var sharingBefore = SharingCounters()
    var work: UInt64 = 0
    var counters: [String: UInt64] = [:]
    var mismatches: [Mismatch] = []

    /// The machine's snapshot, and where it begins in the replay's.
    var machine: [UInt8] = []
    var machineOffset = 0
    /// What restoring may take of the host's memory; nil: no limit but the format's.
    var memoryLimit: UInt64?

    /// Events of the trace that lie before the place.
    public var events: UInt64 { position.events }

    /// What `TraceReader.Options.firstChunk` may be, so that chunks that are done with are not inflated.
    public var firstChunk: UInt64 { isIntact ? position.chunk : 1 }

    init() {}
}

extension SharingCounters {
    /// The counters by the names that a snapshot gives them.
    static var named: [(name: String, path: WritableKeyPath<SharingCounters, UInt64>)] {
        [
            ("ultracalls", \.ultracalls), ("share_calls", \.shareCalls), ("unshare_calls", \.unshareCalls),
            ("shared_pages", \.sharedPages), ("peak_shared_pages", \.peakSharedPages), ("page_outs", \.pageOuts),
            ("page_ins", \.pageIns), ("remaps", \.remaps), ("damaged_pages", \.damagedPages),
            ("lost_pages", \.lostPages),
        ]
    }
}
