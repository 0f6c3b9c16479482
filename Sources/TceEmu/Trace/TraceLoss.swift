// SPDX-License-Identifier: Apache-2.0

/// What could not be read of a trace.
public struct TraceLoss: Hashable, Sendable {
    /// Chunks of events; header and end are none.
    public internal(set) var chunks: UInt64 = 0
    /// Events in them, as far as the file still tells.
    public internal(set) var events: UInt64 = 0
    /// The first faults, at most 20.
    public internal(set) var faults: [TraceError] = []
    /// All of them.
    public internal(set) var faultCount: UInt64 = 0

    static let faultsMax = 20
    private static let claimsMax = 64

    /// What the heads of damaged chunks say that they held: number and events. A head may lie, so that it counts only
    /// where a chunk of that number turns out to be missing.
    private var claims: [UInt64: UInt64] = [:]

    mutating func note(_ fault: TraceError) {
        faultCount += 1
        if faults.count < Self.faultsMax { faults.append(fault) }
    }

    /// A chunk was not taken whose head says this.
    mutating func claim(number: UInt64, events: UInt64) {
        if events > 0, claims[number] != nil || claims.count < Self.claimsMax { claims[number] = events }
    }

    /// A chunk was taken: what was said before about it and those before it does not matter any more.
    mutating func settle(upTo number: UInt64) {
        if !claims.isEmpty { claims = claims.filter { $0.key > number } }
    }

    /// The chunks of these numbers are missing.
    mutating func lose(_ numbers: Range<UInt64>) {
        chunks += UInt64(numbers.count)
        for (number, count) in claims where numbers.contains(number) { events += count }
    }

    /// The file ends with damaged chunks: those that go on where the last one ended were of the trace.
    mutating func loseTail(from number: UInt64) {
        var end = number
        while claims[end] != nil { end += 1 }
        lose(number..<end)
    }
}
