// SPDX-License-Identifier: Apache-2.0
import CTce

/// When the transactions and calls of a trace start.
public enum TimingArrival: String, Hashable, Sendable, CaseIterable {
    /// No earlier than their time stamps.
    case trace
    /// As early as the ones before them let them: the time stamps are ignored.
    case saturate

    /// The core's number of it.
    var lowered: tce_arrival {
        switch self {
        case .trace: tce_arrival(TCE_ARRIVAL_TRACE)
        case .saturate: tce_arrival(TCE_ARRIVAL_SATURATE)
        }
    }
}
