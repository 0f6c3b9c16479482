// SPDX-License-Identifier: Apache-2.0
import CTce
import Foundation

@testable import TceEmu

/// The published figures, and what the engine makes of them.
///
/// `make test` looks at some points of each curve. With TCE_PUBLISHED=all in the environment, as scripts/published.sh
/// sets it, it is all of them, and each is printed.
enum Published {
    static let isWhole = ProcessInfo.processInfo.environment["TCE_PUBLISHED"] == "all"

    /// A line of the script's report.
    static func report(_ line: String) {
        guard isWhole else { return }
        print("published: \(line)")
        fflush(nil)
    }

    static func percent(_ deviation: Double) -> String {
        (deviation < 0 ? "-" : "+") + fixed(abs(deviation) * 100, 2) + " %"
    }

    static func fixed(_ value: Double, _ places: Int) -> String {
        String(format: "%.\(places)f", value)
    }

    static func left(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }

    static func right(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }

    /// The largest of some deviations, with what it is of.
    struct Worst {
        private(set) var deviation = 0.0
        private(set) var place = ""

        mutating func note(_ deviation: Double, _ place: @autoclosure () -> String) {
            guard self.place.isEmpty || abs(deviation) > abs(self.deviation) else { return }
            self.deviation = deviation
            self.place = place()
        }
    }
}

/// Throughput in closed form: docs/time-model.md, [goodput] and [cliff].
struct PublishedForm {
    let c: tce_time_config

    /// Bytes that a link moves in a cycle.
    var rate: Double {
        Double(c.pcie_rate) * (1 - Double(c.dllp_share) / 10_000) / Double(c.clock_mhz)
    }

    /// Bytes in a cycle as GB/s.
    func gigabytes(_ bytes: Double) -> Double { bytes * Double(c.clock_mhz) / 1_000 }

    /// The parts of a length at a page's start.
    private func pieces(_ length: UInt64, _ size: UInt64) -> [UInt64] {
        stride(from: 0, to: length, by: Int(size)).map { min(size, length - $0) }
    }

    /// From a request's way up to its last completion's end, once its TCE is in the cache.
    private func roundTrip(_ completions: Double) -> Double {
        (Double(c.read_overhead) + completions) / rate
            + Double(2 * c.pcie_latency + c.tve_cycles + c.memory_latency + c.hit_cycles) + 1
    }

    /// [goodput] Bytes per cycle of one requester's accesses of a length at a page's start, all of them hits.
    func goodput(_ length: UInt64, write: Bool) -> Double {
        let bytes = Double(length)
        if write {
            let all = pieces(length, c.max_payload).map { Double(c.write_overhead + $0) }.reduce(0, +)
            return rate * bytes / all
        }
        let requests = pieces(length, c.max_read_request)
        let completions = requests.flatMap { pieces($0, c.max_payload) }
        let down = completions.map { Double(c.completion_overhead + $0) }.reduce(0, +)
        let k = Double(requests.count)
        return min(
            rate * bytes / down, rate * bytes / (Double(c.read_overhead) * k),
            Double(c.tags_per_device) * bytes / (k * roundTrip(down / k)))
    }

    /// [cliff] What the tags alone allow, with reads that join a fetch: those wait for less than all of it.
    func tagsWithJoins(pages: Double, length: UInt64) -> Double {
        let fetch = Double(max(1, c.walk_levels * c.memory_latency))
        let trip = roundTrip(Double(c.completion_overhead + length)) / fetch
        let absent = max(0, pages - Double(c.cache_entries))
        let tags = Double(c.tags_per_device)
        let square = 2 * pages * trip + absent
        let half = pages * (pages * trip + absent - tags)
        return ((half * half + 2 * square * pages * pages * tags).squareRoot() - half) / square / fetch
    }

    /// What binds reads at random in so many pages.
    enum Bound: String { case link, tags, slots }

    /// [cliff] Reads per cycle of one TLP each, at random in W pages.
    func cliff(pages: Double, length: UInt64) -> (reads: Double, bound: Bound) {
        let completion = Double(c.completion_overhead + length)
        let trip = roundTrip(completion)
        let fetch = Double(max(1, c.walk_levels * c.memory_latency))
        let tags = Double(c.tags_per_device)
        let absent = max(0, pages - Double(c.cache_entries))
        let slots = Double(c.fetch_slots)
        var best = (reads: rate / max(completion, Double(c.read_overhead)), bound: Bound.link)
        let byTags = tags / (trip + absent / pages * fetch)
        if byTags < best.reads { best = (byTags, .tags) }
        if absent > 0 {
            let under = (tags * tags + absent * absent + 2 * slots * pages * trip / fetch).squareRoot() - tags
            let bySlots = slots / fetch * pages / min(under, absent)
            if bySlots < best.reads { best = (bySlots, .slots) }
        }
        return best
    }
}

/// One requester's accesses on a saturated link.
struct PublishedLoad: ~Copyable {
    private let machine: Machine
    private static let liobn: LIOBN = 0x8000_0000

    /// The window's first pages are mapped.
    init(pages: UInt64) throws {
        var machine = try Machine(.pseries)
        for page in 0..<pages {
            guard machine.putTCE(Self.liobn, page << 12, TCE(rawValue: page << 12 | 3)) == .success else {
                throw MachineError(rawValue: Int32(TCE_ERR_CONFIG))
            }
        }
        self.machine = machine
    }

    /// How many cycles the last `count` accesses of `warm + count` take, each at the start of a page that `next` names.
    func cycles(
        _ profile: TimingProfile, write: Bool, length: UInt64, warm: Int, count: Int, next: () -> UInt64
    ) throws -> UInt64 {
        let model = try TimedModel(profile, .saturate)
        var last: UInt64 = 0
        var seen = 0
        var first: UInt64 = 0
        func look() {
            while case let records = model.takeRecords(4_096), !records.isEmpty {
                for record in records {
                    last = max(last, record.done)
                    seen += 1
                    if seen == warm { first = last }
                }
            }
        }
        // The first access alone: nothing piles up behind its fetch.
        try run([access(next(), length, write), thaw], model)
        var left = warm + count - 1
        while left > 0 {
            let events = (0..<min(4_096, left)).map { _ in access(next(), length, write) }
            try run(events, model)
            left -= events.count
            look()
        }
        try model.finish()
        look()
        return last - first
    }

    private func access(_ page: UInt64, _ length: UInt64, _ write: Bool) -> tce_event {
        var event = tce_event()
        event.kind = UInt8(TCE_EVENT_DMA)
        event.flags = UInt8(TCE_EVENT_LENGTH) | UInt8(write ? TCE_EVENT_WRITE : TCE_EVENT_READ)
        event.cpu = .max
        event.address = page << 12
        event.count = UInt32(length)
        return event
    }

    /// A barrier.
    private var thaw: tce_event {
        var event = tce_event()
        event.kind = UInt8(TCE_EVENT_THAW)
        event.cpu = .max
        event.address = 0x800_0000_2000_0000
        return event
    }

    private func run(_ events: [tce_event], _ model: TimedModel) throws {
        var streams = [tce_stream(liobn: Self.liobn, buid: 0, requester: 1, device: 0)]
        try unsafe events.withUnsafeBufferPointer { events in
            try unsafe streams.withUnsafeMutableBufferPointer { streams in
                var batch = unsafe tce_batch(
                    events: events.baseAddress, times: nil, count: events.count, side: nil, side_count: 0,
                    streams: streams.baseAddress, stream_count: 1)
                try unsafe model.run(&batch, on: machine)
            }
        }
    }
}
