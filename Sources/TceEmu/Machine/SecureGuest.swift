// SPDX-License-Identifier: Apache-2.0
import CTce

// The states of a secure guest (PEF, SVM) and its counters. What changes them is in Machine+SecureGuest.swift.

/// How far a guest is on its way to being secure.
public enum SVMState: UInt32, Hashable, Sendable {
    case normal
    /// Between H_SVM_INIT_START and H_SVM_INIT_DONE; it does not run.
    case transition
    case secure
}

/// What a 64 KiB frame of guest memory is, and so what the hypervisor and its devices see there.
public enum FrameState: UInt32, Hashable, Sendable {
    /// Of a guest that is not secure: its bytes.
    case normal
    /// In secure memory: touching it pages it out.
    case secureIn
    /// Paged out: ciphertext. The guest's next touch pages it in.
    case secureOut
    /// Shared: its bytes.
    case shared
    /// Shared, but the hypervisor has unmapped it; the guest's next touch brings it back.
    case sharedAbsent
}

extension FrameState: CustomStringConvertible {
    /// "normal", "secure-in", "secure-out", "shared", "shared-absent".
    public var description: String {
        unsafe tce_frame_state_name(rawValue).map { unsafe String(cString: $0) } ?? String(rawValue)
    }
}

/// What page sharing did, since the machine was made. Frames are of 64 KiB.
public struct SharingCounters: Hashable, Sendable {
    /// Ultracalls made, whatever came of them.
    public var ultracalls: UInt64 = 0
    /// Of these, UV_SHARE_PAGE.
    public var shareCalls: UInt64 = 0
    /// Of these, UV_UNSHARE_PAGE and UV_UNSHARE_ALL_PAGES.
    public var unshareCalls: UInt64 = 0
    /// Frames that are shared.
    public var sharedPages: UInt64 = 0
    /// The most that there were at once.
    public var peakSharedPages: UInt64 = 0
    /// Secure frames that were encrypted and given to the hypervisor.
    public var pageOuts: UInt64 = 0
    /// Frames that the ultravisor took into secure memory again.
    public var pageIns: UInt64 = 0
    /// Shared frames that the hypervisor had unmapped and mapped again.
    public var remaps: UInt64 = 0
    /// Paged-out frames into which the hypervisor or a device wrote.
    public var damagedPages: UInt64 = 0
    /// Of these, frames that the guest wanted back: their content was gone.
    public var lostPages: UInt64 = 0

    init(_ raw: tce_sharing) {
        ultracalls = raw.ultracalls
        shareCalls = raw.share_calls
        unshareCalls = raw.unshare_calls
        sharedPages = raw.shared_pages
        peakSharedPages = raw.peak_shared_pages
        pageOuts = raw.page_outs
        pageIns = raw.page_ins
        remaps = raw.remaps
        damagedPages = raw.damaged_pages
        lostPages = raw.lost_pages
    }

    public init() {}
}
