// SPDX-License-Identifier: Apache-2.0

/// The latencies of a replay's transactions in cycles, each in full: all, by direction, by requester.
public struct LatencyDistributions: Sendable {
    public private(set) var all = LatencyHistogram()
    /// "read", "write", "unknown".
    public private(set) var byDirection: [String: LatencyHistogram] = [:]
    /// By the requester's name.
    public private(set) var byRequester: [String: LatencyHistogram] = [:]
    private var clockMHz: UInt64 = 0

    /// What has ended so far; nothing of a functional replay.
    public init(_ replay: borrowing Replay) {
        guard let model = replay.model else { return }
        clockMHz = model.clockMHz
        model.forEachGroup { group in
            all.add(group.latencies)
            byDirection[group.direction, default: LatencyHistogram()].add(group.latencies)
            byRequester[group.requester, default: LatencyHistogram()].add(group.latencies)
        }
    }

    /// Each with a name that a file can have: "all", "read", "liobn-0x80000000".
    public var named: [(name: String, histogram: LatencyHistogram)] {
        var list = [(name: "all", histogram: all)]
        for (name, histogram) in byDirection.sorted(by: { $0.key < $1.key }) { list.append((name, histogram)) }
        for (name, histogram) in byRequester.sorted(by: { $0.key < $1.key }) {
            let clean = name.lowercased().map { $0.isLetter || $0.isNumber || $0 == "." ? $0 : "-" }
            list.append((String(clean), histogram))
        }
        return list
    }

    /// A distribution as the text of a `.hgrm` file. Its last line says what a value is.
    public func text(_ histogram: LatencyHistogram) -> String {
        histogram.hgrm() + "#[Unit    = cycles at \(clockMHz) MHz]\n"
    }
}
