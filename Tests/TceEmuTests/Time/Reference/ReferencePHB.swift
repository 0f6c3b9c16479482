// SPDX-License-Identifier: Apache-2.0
import TceEmu

/// One direction of a PHB's link. [link]
struct ReferenceLink: Sendable {
    /// 1/65536 cycle.
    var free: UInt64 = 0

    /// The first cycle in which it takes a TLP.
    var freeCycle: UInt64 { free / 65_536 }
    /// The cycle in which the last TLP has left.
    var left: UInt64 { (free + 65_535) / 65_536 }

    mutating func take(bytes: UInt64, ready: UInt64, byte: UInt64) {
        free = max(ready * 65_536, free) + max(65_536, bytes * byte)
    }
}

/// A TLP that has been granted the up link.
final class ReferenceFlight {
    /// Its place in its PHB's link order.
    let number: Int
    let transaction: Int
    let issuer: ReferenceIssuer
    let isWrite: Bool
    let tlp: ReferenceTLP
    let arrival: UInt64
    /// Cycle of its translation without fault.
    var translated: UInt64?
    /// It faulted or was dropped.
    var hasFailed = false
    /// Of a read: from here on memory is read.
    var memoryStart: UInt64?
    var done: UInt64?
    /// Writes that were granted before it. Only to count.
    let writesBefore: Int

    init(
        number: Int, writesBefore: Int, transaction: Int, issuer: ReferenceIssuer, isWrite: Bool, tlp: ReferenceTLP,
        arrival: UInt64
    ) {
        self.number = number
        self.writesBefore = writesBefore
        self.transaction = transaction
        self.issuer = issuer
        self.isWrite = isWrite
        self.tlp = tlp
        self.arrival = arrival
    }
}

/// One fetch of a line, waiting for a slot or under way.
struct ReferenceFetch {
    let line: ReferenceLine
    /// Number of the last lookup that asked for it.
    var lastLookup: Int
    /// The flights that wait for it.
    var flights: [ReferenceFlight]
    /// The cycle of the lookup that began to wait.
    let queued: UInt64
    var end: UInt64 = 0
    var isKilled = false
}

/// Who issues TLPs: a requester.
final class ReferenceIssuer {
    let phb: BUID?
    /// Transactions that have started and have TLPs that are not granted; the first is on its way to the link.
    var started: [Int] = []
    var nextTLP = 0
    /// From here on its next TLP may be ready. [issue]
    var turn: UInt64 = 0
    /// Since when its next TLP is ready, if it is.
    var ready: UInt64?
    var freeTags: Int
    /// Of a virtual device: done of its last access. [vio]
    var deviceDone: UInt64 = 0
    /// Its transactions that have not started, in the trace's order. [saturate]
    var waiting: [Int] = []

    /// Only to count.
    var waitsForTag = false

    init(phb: BUID?, tags: Int) {
        self.phb = phb
        freeTags = tags
    }
}

/// A PHB: link, lookup port, fetch slots and TCE cache, and the TLPs that are inside.
final class ReferencePHB {
    struct Way {
        var line: ReferenceLine
        var lastLookup: Int
        /// The how-manieth fill it was, and in which cycle. Only to count.
        var fill: Int
        var filled: UInt64
    }

    struct Completion {
        let flight: ReferenceFlight
        let bytes: UInt64
        let ready: UInt64
        let isLast: Bool
    }

    let buid: BUID
    /// Its requesters, in the order in which the trace shows them. [tie]
    var issuers: [ReferenceIssuer] = []
    var up = ReferenceLink()
    var down = ReferenceLink()
    var granted = 0
    /// Flights that are not done, in link order.
    var open: [ReferenceFlight] = []
    /// Flights on the link, and those that have arrived and wait for the lookup port; in link order.
    var coming: [ReferenceFlight] = []
    var port: [ReferenceFlight] = []
    var lastLookupCycle: UInt64?
    var lookups = 0
    var fills = 0
    /// Translations that are due in a cycle without more ado: hits, bypass.
    var due: [(cycle: UInt64, flight: ReferenceFlight)] = []
    /// [set][way]
    var cache: [[Way?]]
    var queue: [ReferenceFetch] = []
    var fetching: [ReferenceFetch] = []
    /// Slots that nobody had at the end of the last cycle and nobody has taken since.
    var freeSlots: Int
    var freedSlots = 0
    /// Reads whose data has come in this cycle.
    var newData: [ReferenceFlight] = []
    var completions: [Completion] = []

    // Only to count: the kills of this cycle, and of each write that was granted when it is done.
    var killsNow: [(ReferenceLine) -> Bool] = []
    var writeDones: [UInt64?] = []

    init(_ buid: BUID, _ configuration: ReferenceConfiguration) {
        self.buid = buid
        cache = Array(
            repeating: Array(repeating: nil, count: Int(configuration.cacheWays)), count: Int(configuration.cacheSets))
        freeSlots = configuration.fetchSlots
    }

    func set(of line: ReferenceLine) -> Int { Int(line.number % UInt64(cache.count)) }

    func way(of line: ReferenceLine) -> Int? {
        cache[set(of: line)].firstIndex { $0?.line == line }
    }

    // MARK: Kills

    /// [kill] [window-kill] [kill-in-flight] Takes lines out of the cache. Fetches under way fill nothing any more;
    /// those that wait have read nothing yet.
    func kill(where dies: @escaping (ReferenceLine) -> Bool, _ result: inout ReferenceResult) -> Int {
        var killed = 0
        for set in cache.indices {
            for way in cache[set].indices {
                guard let line = cache[set][way]?.line, dies(line) else { continue }
                cache[set][way] = nil
                killed += 1
            }
        }
        for index in fetching.indices where !fetching[index].isKilled && dies(fetching[index].line) {
            fetching[index].isKilled = true
            result.fired(.killInFlight)
        }
        for fetch in queue where dies(fetch.line) { result.fired(.killQueued) }
        killsNow.append(dies)
        result.kills += killed
        return killed
    }

    // MARK: Lookup

    /// [lookup] When the port serves a flight that has arrived, if it is the next.
    func lookupCycle(of flight: ReferenceFlight, _ c: ReferenceConfiguration) -> UInt64 {
        max(flight.arrival + c.tveCycles, lastLookupCycle.map { $0 + c.lookupInterval } ?? 0)
    }

    /// What the cache says of a flight whose lookup is in this cycle; true where it is translated at once.
    func lookUp(
        _ flight: ReferenceFlight, _ line: ReferenceLine, _ cycle: UInt64, _ c: ReferenceConfiguration,
        _ result: inout ReferenceResult
    ) -> Bool {
        lookups += 1
        result.lookups += 1
        if killsNow.contains(where: { $0(line) }) { result.fired(.cycleOrderKill) }
        let set = set(of: line)
        if let way = way(of: line) {
            result.hits += 1
            result.fired(.hit)
            if cache[set][way]?.filled == cycle { result.fired(.cycleOrderFill) }
            cache[set][way]?.lastLookup = lookups
            if c.hitCycles == 0 { return true }
            due.append((cycle + c.hitCycles, flight))
        } else if let index = fetching.firstIndex(where: { $0.line == line && !$0.isKilled }) {
            result.joins += 1
            result.fired(.join)
            fetching[index].flights.append(flight)
            fetching[index].lastLookup = lookups
        } else if let index = queue.firstIndex(where: { $0.line == line }) {
            result.queuedJoins += 1
            result.fired(.joinQueued)
            queue[index].flights.append(flight)
            queue[index].lastLookup = lookups
        } else {
            result.misses += 1
            result.fired(.miss)
            if fetching.contains(where: { $0.line == line }) { result.fired(.refetch) }
            queue.append(ReferenceFetch(line: line, lastLookup: lookups, flights: [flight], queued: cycle))
        }
        return false
    }

    /// [slot-wait] Free slots take from the queue's front.
    func grantSlots(_ cycle: UInt64, _ c: ReferenceConfiguration, _ result: inout ReferenceResult) {
        while freeSlots > 0 && !queue.isEmpty {
            var fetch = queue.removeFirst()
            freeSlots -= 1
            fetch.end = cycle + c.fetchCycles
            if fetch.queued < cycle { result.fired(.slotWait) }
            if killsNow.contains(where: { $0(fetch.line) }) { result.fired(.killFetchTie) }
            fetching.append(fetch)
        }
        if freedSlots > 0 && !queue.isEmpty { result.fired(.cycleOrderSlot) }
    }

    /// [fill] [evict] Fetches that end, in the order in which they began; the flights that get their answer.
    func endFetches(_ cycle: UInt64, _ result: inout ReferenceResult) -> [ReferenceFlight] {
        var answered: [ReferenceFlight] = []
        for fetch in fetching where fetch.end == cycle {
            answered += fetch.flights
            freedSlots += 1
            if !fetch.isKilled { fill(fetch, cycle, &result) }
        }
        if freedSlots > 0 { fetching.removeAll { $0.end == cycle } }
        return answered
    }

    private func fill(_ fetch: ReferenceFetch, _ cycle: UInt64, _ result: inout ReferenceResult) {
        let set = set(of: fetch.line)
        let way: Int
        if let invalid = cache[set].firstIndex(where: { $0 == nil }) {
            way = invalid
        } else {
            let oldest = cache[set].compactMap { $0?.lastLookup }.min()
            way = cache[set].firstIndex { $0?.lastLookup == oldest } ?? 0
            result.evictions += 1
            result.fired(.evict)
            // Not the one that is longest in the cache.
            if cache[set].contains(where: { $0?.fill ?? 0 < cache[set][way]?.fill ?? 0 }) { result.fired(.evictUsed) }
        }
        fills += 1
        cache[set][way] = Way(line: fetch.line, lastLookup: fetch.lastLookup, fill: fills, filled: cycle)
        result.fills += 1
        result.fired(.fill)
    }

    // MARK: Reads

    /// [completion] What a read that has its data sends down, cut at multiples of the payload size.
    func completions(of flight: ReferenceFlight, ready: UInt64, _ c: ReferenceConfiguration) -> [Completion] {
        var payloads: [UInt64] = []
        var address = flight.tlp.address
        var left = flight.hasFailed ? 0 : flight.tlp.bytes
        repeat {
            let here = min(left, ReferenceAccess.rest(address, c.maxPayload))
            payloads.append(here)
            address &+= here
            left -= here
        } while left > 0
        return payloads.enumerated().map { index, payload in
            Completion(
                flight: flight, bytes: c.completionOverhead + payload, ready: ready,
                isLast: index == payloads.count - 1)
        }
    }
}
