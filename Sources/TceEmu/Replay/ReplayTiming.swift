// SPDX-License-Identifier: Apache-2.0

/// How a replay computes time: what everything costs, when transactions start, and what is kept beside the sums.
///
/// Time never changes an answer: a replay without it counts the same events, faults and differences.
public struct ReplayTiming: Hashable, Sendable {
    /// What everything costs. The default is `power9-kvm`.
    public var profile: TimingProfile

    /// When transactions and calls start. The default is at the trace's time stamps.
    public var arrival: TimingArrival

    /// Nanoseconds of the intervals in which throughput and faults are counted, too. The default is not to.
    public var intervalNanoseconds: UInt64?

    /// Whether `Replay.takeTimedEvents` has when each event began and ended. The default is no.
    public var keepsEvents = false

    public init(profile: TimingProfile = TimingProfile(), arrival: TimingArrival = .trace) {
        self.profile = profile
        self.arrival = arrival
    }
}
