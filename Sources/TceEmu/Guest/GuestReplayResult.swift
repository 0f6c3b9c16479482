// SPDX-License-Identifier: Apache-2.0

/// What a guest made of a trace's DMA API calls.
public struct GuestReplayResult: Hashable, Sendable {
    /// Events that were looked at, and the time stamps of the first and the last.
    public var events: UInt64 = 0
    public var firstTime: UInt64?
    public var lastTime: UInt64 = 0
    public var maps: UInt64 = 0
    public var unmaps: UInt64 = 0
    /// Unmaps that are clears of a whole table: the guest makes its own when it boots.
    public var clears: UInt64 = 0
    public var syncs: UInt64 = 0
    public var allocations: UInt64 = 0
    public var frees: UInt64 = 0
    public var masks: UInt64 = 0
    /// Maps and allocations that this guest refuses, and masks.
    public var failures: UInt64 = 0
    public var refusals: UInt64 = 0
    /// Devices that the trace has calls of, none of which sets a mask.
    public var devicesWithoutMask: UInt64 = 0
    /// Unmaps, syncs and frees of what was not mapped.
    public var unknown: UInt64 = 0
    /// Calls that no guest makes, PHBs that no machine has: not carried out.
    public var impossible: UInt64 = 0
    /// Events of the platform layer.
    public var passedOver: UInt64 = 0
    /// Bus addresses compared with the recorded ones, and of these equal.
    public var compared: UInt64 = 0
    public var equal: UInt64 = 0
    /// Of those that differ: after so many the guest went on from the recorded entries.
    public var adopted: UInt64 = 0
    public var calls: [GuestPhase: GuestCalls] = [:]
    public var cycles: UInt64 = 0
    public var sharedBytes: UInt64 = 0
    public var peakSharedBytes: UInt64 = 0

    public init() {}
}
