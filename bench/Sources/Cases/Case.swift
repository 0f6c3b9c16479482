// SPDX-License-Identifier: Apache-2.0

/// Something that is measured, and beside it the least that it could cost.
public struct Case {
    /// One run of each, and of how many items it is.
    public struct Bodies {
        public let items: Double
        public let this: () throws -> Void
        public let limit: () throws -> Void
    }

    /// What is measured of a run: the processor's time, which others on the machine change little, or, of what uses
    /// several threads, the wall's.
    public enum Clock: Sendable {
        case processor, wall
    }

    public let name: String
    /// What an item is: "TCE", "event".
    public let item: String
    /// What the limit is: "memcpy".
    public let against: String
    public let wanted: Wanted?
    public let clock: Clock
    /// Makes what the bodies need. It is kept as long as the bodies are, and shared with the other cases of the group.
    public let prepare: () throws -> Bodies

    init(
        _ name: String, item: String, against: String, wanted: Wanted? = nil, clock: Clock = .processor,
        prepare: @escaping () throws -> Bodies
    ) {
        self.name = name
        self.item = item
        self.against = against
        self.wanted = wanted
        self.clock = clock
        self.prepare = prepare
    }
}

/// What a row of the performance table must reach, and what it should.
public enum Wanted: Sendable {
    /// Of the median of the pairs' ratios.
    case ratio(atLeast: Double, aim: Double)
    /// Of the median of this side alone, in nanoseconds an item.
    case nanoseconds(atLeast: Double, aim: Double)
    /// Of the best run of this side alone.
    case bestNanoseconds(atLeast: Double, aim: Double)
}

/// Cases that share what they need.
public struct CaseGroup {
    public let name: String
    public let cases: [Case]
}

/// What the groups are of.
public struct CaseOptions {
    /// Events of the `nic` trace.
    public var events: UInt64
    /// Recordings that are replayed, too: paths of trace files.
    public var traces: [String]
    /// QEMU logs, each compressed by gzip: paths.
    public var logs: [String]

    public init(events: UInt64 = 20_000_000, traces: [String] = [], logs: [String] = []) {
        self.events = events
        self.traces = traces
        self.logs = logs
    }
}

/// The groups, each made when it is its turn: some hold a gigabyte.
public func caseGroups(_ options: CaseOptions) -> [() -> CaseGroup] {
    [
        { traceCases(events: options.events) },
        { recordingCases(options.traces) },
        { lookupCases() },
        { hcallCases() },
        { sharingCases() },
        { batchCases() },
        { guestCases() },
        { importCases(options.logs) },
    ]
}

/// A result that the optimiser may not drop.
public nonisolated(unsafe) var sink: UInt64 = 0

/// Something that is made once, when it is first needed.
final class Once<Value> {
    private let make: () throws -> Value
    private var made: Value?

    init(_ make: @escaping () throws -> Value) { self.make = make }

    func value() throws -> Value {
        if let made { return made }
        let value = try make()
        made = value
        return value
    }
}

/// The host could not make what a case needs.
struct NoFixture: Error, CustomStringConvertible {
    let description: String
}
