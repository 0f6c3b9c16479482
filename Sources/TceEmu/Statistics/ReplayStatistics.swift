// SPDX-License-Identifier: Apache-2.0

/// What a replay counted. A value: a snapshot of the moment it was taken.
///
/// As JSON its keys are stable; more may be added beside them.
public struct ReplayStatistics: Hashable, Sendable {
    public struct Trace: Codable, Hashable, Sendable {
        /// Events and chunks of events that were replayed.
        public var events: UInt64 = 0
        public var chunks: UInt64 = 0
        /// From the first event to the last.
        public var spanNanoseconds: UInt64 = 0
        /// Every event of the trace (or of the part that was asked for) was replayed.
        public var complete = true
        public var lostChunks: UInt64 = 0
        public var lostEvents: UInt64 = 0

        enum CodingKeys: String, CodingKey {
            case events, chunks, complete
            case spanNanoseconds = "span_ns"
            case lostChunks = "lost_chunks"
            case lostEvents = "lost_events"
        }
    }

    public struct Calls: Codable, Hashable, Sendable {
        public var calls: UInt64 = 0
        /// TCEs that the calls named, whatever came of it.
        public var tces: UInt64 = 0
        /// Calls whose status was not success.
        public var errors: UInt64 = 0
        /// What they took the guest; nil without time.
        public var cycles: UInt64?
    }

    public struct RTASCalls: Codable, Hashable, Sendable {
        public var calls: UInt64 = 0
        public var errors: UInt64 = 0
    }

    public struct DMA: Codable, Hashable, Sendable {
        public var transactions: UInt64 = 0
        public var reads: UInt64 = 0
        public var writes: UInt64 = 0
        /// Accesses whose length or direction the recording does not tell; not in reads, writes or bytes.
        public var unknown: UInt64 = 0
        public var bytes: UInt64 = 0
        /// TCEs looked up.
        public var translations: UInt64 = 0
        /// From time stamp to start, summed: until the calls had ended that wrote the TCEs. Nil without time.
        public var waitCycles: UInt64?
        /// Accesses that were not done when an hcall took their TCE away; none without time.
        public var overtaken: UInt64 = 0
        public var faults = Faults()

        enum CodingKeys: String, CodingKey {
            case transactions, reads, writes, unknown, bytes, translations, overtaken, faults
            case waitCycles = "wait_cycles"
        }
    }

    /// Transactions that faulted, by the first fault of each.
    public struct Faults: Codable, Hashable, Sendable {
        public var total: UInt64 = 0
        public var noWindow: UInt64 = 0
        public var outsideWindow: UInt64 = 0
        public var noRead: UInt64 = 0
        public var noWrite: UInt64 = 0
        public var notMemory: UInt64 = 0
        public var notShared: UInt64 = 0
        public var peFrozen: UInt64 = 0

        enum CodingKeys: String, CodingKey {
            case total
            case noWindow = "no_window"
            case outsideWindow = "outside_window"
            case noRead = "no_read"
            case noWrite = "no_write"
            case notMemory = "not_memory"
            case notShared = "not_shared"
            case peFrozen = "pe_frozen"
        }
    }

    /// 64 KiB frames shared with the hypervisor. A guest that is not secure shares none.
    public struct Sharing: Codable, Hashable, Sendable {
        public var sharedPages: UInt64 = 0
        public var peakSharedPages: UInt64 = 0
        public var shareCalls: UInt64 = 0
        public var unshareCalls: UInt64 = 0
        /// Frames that the hypervisor or a device made leave secure memory, and that came back.
        public var pageOuts: UInt64 = 0
        public var pageIns: UInt64 = 0
        /// Paged-out frames into which a device wrote, and of these those whose content the guest missed.
        public var damagedPages: UInt64 = 0
        public var lostPages: UInt64 = 0

        enum CodingKeys: String, CodingKey {
            case sharedPages = "shared_pages"
            case peakSharedPages = "peak_shared_pages"
            case shareCalls = "share_calls"
            case unshareCalls = "unshare_calls"
            case pageOuts = "page_outs"
            case pageIns = "page_ins"
            case damagedPages = "damaged_pages"
            case lostPages = "lost_pages"
        }
    }

    /// Recorded answers against the emulator's own.
    public struct Check: Codable, Hashable, Sendable {
        /// Were they compared at all?
        public var enabled = false
        /// Hcall statuses, H_GET_TCE values and translations: one a recorded event.
        public var compared: UInt64 = 0
        public var mismatches: UInt64 = 0
        /// Answers of RTAS calls.
        public var rtasCompared: UInt64 = 0
        public var rtasMismatches: UInt64 = 0

        enum CodingKeys: String, CodingKey {
            case enabled, compared, mismatches
            case rtasCompared = "rtas_compared"
            case rtasMismatches = "rtas_mismatches"
        }
    }

    /// Events that are neither TCE hcalls, RTAS calls nor accesses of devices.
    public struct Others: Codable, Hashable, Sendable {
        /// Hcalls of which only the opcode is known: not carried out.
        public var observedHcalls: UInt64 = 0
        public var ultracalls: UInt64 = 0
        /// Of these, not answered with U_SUCCESS.
        public var ultracallErrors: UInt64 = 0
        /// Calls of the guest's DMA API: not carried out.
        public var guestCalls: UInt64 = 0
        /// PHBs, windows, resets and thaws.
        public var platformEvents: UInt64 = 0
        /// Platform events that this machine refused: a limit, an LIOBN that is taken.
        public var refused: UInt64 = 0

        enum CodingKeys: String, CodingKey {
            case refused
            case observedHcalls = "observed_hcalls"
            case ultracalls
            case ultracallErrors = "ultracall_errors"
            case guestCalls = "guest_calls"
            case platformEvents = "platform_events"
        }
    }

    /// How the figures were made: "functional" is without time, "cycle-level" with it.
    public var model = "functional"
    public var platform = "qemu"
    public var trace = Trace()
    /// By the hcall's name; those that occurred.
    public var hcalls: [String: Calls] = [:]
    /// By the RTAS call's name; those that occurred.
    public var rtas: [String: RTASCalls] = [:]
    public var dma = DMA()
    public var sharing = Sharing()
    public var others = Others()
    public var check = Check()
    /// What was computed of time; nil of a functional replay.
    public var timing: TimeStatistics?

    public init() {}
}

extension ReplayStatistics.Sharing {
    /// What was counted after a moment. What is shared, and the most that was, are of the whole trace.
    init(_ counters: SharingCounters, since before: SharingCounters) {
        sharedPages = counters.sharedPages
        peakSharedPages = counters.peakSharedPages
        shareCalls = counters.shareCalls - before.shareCalls
        unshareCalls = counters.unshareCalls - before.unshareCalls
        pageOuts = counters.pageOuts - before.pageOuts
        pageIns = counters.pageIns - before.pageIns
        damagedPages = counters.damagedPages - before.damagedPages
        lostPages = counters.lostPages - before.lostPages
    }
}
