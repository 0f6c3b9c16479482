// SPDX-License-Identifier: Apache-2.0
import TceEmu

/// The time model, one cycle after another: docs/time-model.md as plainly as it can be written down.
///
/// It knows nothing of the engine, has no queue of events and takes its time.
struct Reference {
    let configuration: ReferenceConfiguration
    let plan: ReferencePlan
    var result = ReferenceResult()
    var cycle: UInt64 = 0

    var phbs: [ReferencePHB] = []
    /// In the order in which the trace shows them. [tie]
    var issuers: [ReferenceIssuer] = []
    var issuerOf: [Int] = []

    /// By transaction.
    let stamps: [UInt64]
    var starts: [UInt64?]
    var dones: [UInt64?]
    var granted: [Int]
    var openTLPs: [Int]
    var lastDone: [UInt64]
    var knownFaults: [UInt64?]

    /// By place in the trace: a call's end, the cycle in which an event of the platform acted.
    var callStarts: [Int: UInt64] = [:]
    var callEnds: [Int: UInt64] = [:]
    var acted: [Int: UInt64] = [:]
    var running: [Int: ReferenceCall] = [:]

    /// Whether anything has changed in this cycle.
    var isBusy = false

    /// Runs a trace. Nothing is left out but cycles in which nothing can happen, and those only with `skipping`.
    static func run(
        _ events: [TraceEvent], _ configuration: ReferenceConfiguration, skipping: Bool = true
    ) -> ReferenceResult {
        var reference = Reference(events, configuration)
        while !reference.isOver {
            reference.isBusy = false
            reference.step()
            reference.cycle = skipping && !reference.isBusy ? reference.nextCycle : reference.cycle + 1
        }
        return reference.finished()
    }

    private init(_ events: [TraceEvent], _ configuration: ReferenceConfiguration) {
        self.configuration = configuration
        plan = ReferencePlan(events, configuration)
        let first = events.first?.time ?? 0
        stamps = events.map { configuration.stamp($0.time, first: first) }
        let count = plan.transactions.count
        starts = Array(repeating: nil, count: count)
        dones = Array(repeating: nil, count: count)
        granted = Array(repeating: 0, count: count)
        openTLPs = Array(repeating: 0, count: count)
        lastDone = Array(repeating: 0, count: count)
        knownFaults = Array(repeating: nil, count: count)
        var seen: [ReferenceRequester] = []
        for transaction in plan.transactions {
            if case .link(let buid) = transaction.path, !phbs.contains(where: { $0.buid == buid }) {
                phbs.append(ReferencePHB(buid, configuration))
            }
            if !seen.contains(transaction.requester) {
                seen.append(transaction.requester)
                issuers.append(
                    ReferenceIssuer(phb: transaction.requester.phb, freeTags: configuration.tagsPerDevice))
            }
            issuerOf.append(seen.firstIndex(of: transaction.requester) ?? 0)
        }
        for rule in plan.rules { result.fired(rule) }
        let isPartial = zip(events, stamps).contains { event, stamp in
            (event.time - min(event.time, first)) * configuration.unitNanoseconds * configuration.clockMHz % 1_000 != 0
        }
        result.fired("unit", isPartial ? 1 : 0)
    }

    private var isOver: Bool {
        dones.allSatisfy { $0 != nil } && callEnds.count == plan.calls.count
            && acted.count == plan.platformEvents.count
    }

    /// [cycle-order]
    private mutating func step() {
        endCallsAndKill()
        startTransactions()
        grantUpLinks()
        arrive()
        endFetches()
        lookUp()
        grantSlots()
        accessMemory()
        grantDownLinks()
        finish()
    }

    // MARK: Grants of the up link, arrivals

    /// [issue] [tag] [arbitrate] [tie]
    private mutating func grantUpLinks() {
        for phb in phbs {
            for index in issuers.indices where issuers[index].phb == phb.buid { makeReady(index) }
            guard phb.up.freeCycle <= cycle else { continue }
            let candidates = issuers.indices.filter { issuers[$0].phb == phb.buid && issuers[$0].ready != nil }
            guard let longest = candidates.compactMap({ issuers[$0].ready }).min() else { continue }
            let equals = candidates.filter { issuers[$0].ready == longest }
            if equals.count < candidates.count { result.fired("arbitrate") }
            if equals.count > 1 { result.fired("tie") }
            grant(phb, equals[0], longest)
        }
    }

    /// Is the next TLP of a requester ready from this cycle on?
    private mutating func makeReady(_ index: Int) {
        guard issuers[index].ready == nil, let transaction = issuers[index].started.first else { return }
        guard issuers[index].turn <= cycle else { return }
        if !plan.transactions[transaction].isWrite && issuers[index].freeTags == 0 {
            issuers[index].waitsForTag = true
            return
        }
        if issuers[index].waitsForTag { result.fired("tag") }
        issuers[index].waitsForTag = false
        issuers[index].ready = cycle
        isBusy = true
    }

    private mutating func grant(_ phb: ReferencePHB, _ index: Int, _ ready: UInt64) {
        let number = issuers[index].started[0]
        let transaction = plan.transactions[number]
        let tlp = transaction.tlps[issuers[index].nextTLP]
        let c = configuration
        if phb.up.free > ready * 65_536 { result.fired("link") }
        phb.up.take(
            bytes: transaction.isWrite ? c.writeOverhead + tlp.bytes : c.readOverhead, ready: ready, byte: c.linkByte)
        phb.open.append(phb.flights.count)
        phb.flights.append(
            ReferenceFlight(
                transaction: number, requester: index, isWrite: transaction.isWrite, tlp: tlp,
                arrival: phb.up.left + c.pcieLatency))
        granted[number] += 1
        openTLPs[number] += 1
        if !transaction.isWrite { issuers[index].freeTags -= 1 }
        issuers[index].turn = phb.up.freeCycle
        issuers[index].ready = nil
        issuers[index].nextTLP += 1
        if issuers[index].nextTLP == transaction.tlps.count {
            issuers[index].started.removeFirst()
            issuers[index].nextTLP = 0
        }
        isBusy = true
    }

    /// [lookup] [bypass]
    private mutating func arrive() {
        for phb in phbs {
            for flight in phb.open where phb.flights[flight].arrival == cycle {
                if phb.flights[flight].tlp.way == .bypass {
                    phb.due.append((cycle + configuration.tveCycles, flight))
                    result.fired("bypass")
                } else {
                    phb.port.append(flight)
                }
                isBusy = true
            }
        }
    }

    // MARK: Translation

    /// [fill] [hit] Fetches that end; all that is translated in this cycle but by a lookup.
    private mutating func endFetches() {
        for phb in phbs {
            let translated = phb.endFetches(cycle, &result) + phb.due.filter { $0.cycle == cycle }.map(\.flight)
            phb.due.removeAll { $0.cycle == cycle }
            for flight in translated.sorted() { translate(phb, flight) }
        }
    }

    /// A TLP has its translation in this cycle. In a window that is not translated this is its lookup.
    private mutating func translate(_ phb: ReferencePHB, _ flight: Int) {
        let tlp = phb.flights[flight].tlp
        if tlp.way == .bypass && knownFaults[phb.flights[flight].transaction] != nil {
            drop(phb, flight)
        } else if tlp.fault != nil {
            fault(phb, flight)
        } else {
            phb.flights[flight].translated = cycle
        }
        isBusy = true
    }

    /// [lookup]
    private mutating func lookUp() {
        for phb in phbs {
            while let flight = phb.port.first, phb.lookupCycle(of: flight, configuration) <= cycle {
                if phb.flights[flight].arrival + configuration.tveCycles < cycle { result.fired("lookup") }
                phb.port.removeFirst()
                phb.lastLookupCycle = cycle
                if knownFaults[phb.flights[flight].transaction] != nil {
                    drop(phb, flight)
                } else if case .cache(let line) = phb.flights[flight].tlp.way {
                    if phb.lookUp(flight, line, cycle, configuration, &result) { translate(phb, flight) }
                } else {
                    fault(phb, flight)
                }
                isBusy = true
            }
        }
    }

    /// [slot-wait]
    private mutating func grantSlots() {
        for phb in phbs { phb.grantSlots(cycle, configuration, &result) }
    }

    // MARK: Faults

    /// [fault] A TLP's fault is known in this cycle.
    private mutating func fault(_ phb: ReferencePHB, _ flight: Int) {
        let number = phb.flights[flight].transaction
        result.fired(knownFaults[number] == nil ? "fault" : "fault-itself")
        if knownFaults[number] == nil {
            knownFaults[number] = cycle
            let index = phb.flights[flight].requester
            if issuers[index].started.first == number {
                issuers[index].started.removeFirst()
                issuers[index].nextTLP = 0
                issuers[index].ready = nil
                issuers[index].waitsForTag = false
                issuers[index].turn = max(issuers[index].turn, cycle + 1)
                result.fired("withdrawn")
            }
        }
        fail(phb, flight)
    }

    /// [fault] Its transaction has a fault that is known.
    private mutating func drop(_ phb: ReferencePHB, _ flight: Int) {
        result.fired("dropped")
        fail(phb, flight)
    }

    private func fail(_ phb: ReferencePHB, _ flight: Int) {
        phb.flights[flight].hasFailed = true
        if phb.flights[flight].isWrite {
            phb.flights[flight].done = cycle
        } else {
            phb.flights[flight].data = cycle
            phb.newData.append(flight)
        }
    }

    // MARK: Memory, completions, done

    /// [write] [write-order] [read] [read-behind-write]
    private mutating func accessMemory() {
        let latency = configuration.memoryLatency
        for phb in phbs {
            // In link order: are all writes before this TLP done?
            var writesAreDone = true
            for index in phb.open {
                if let translated = phb.flights[index].translated, writesAreDone {
                    if phb.flights[index].isWrite {
                        if translated + latency <= cycle && phb.flights[index].done == nil {
                            phb.flights[index].done = cycle
                            countWrite(phb, index, isLate: translated + latency < cycle)
                            isBusy = true
                        }
                    } else {
                        let start = phb.flights[index].memoryStart ?? cycle
                        if phb.flights[index].memoryStart == nil {
                            result.fired(translated < cycle ? "read-behind-write" : "read")
                            isBusy = true
                        }
                        phb.flights[index].memoryStart = start
                        if start + latency == cycle {
                            phb.flights[index].data = cycle
                            phb.newData.append(index)
                            isBusy = true
                        }
                    }
                }
                if phb.flights[index].isWrite && phb.flights[index].done == nil { writesAreDone = false }
            }
        }
    }

    private mutating func countWrite(_ phb: ReferencePHB, _ index: Int, isLate: Bool) {
        result.fired(isLate ? "write-order" : "write")
        // The write just before it was done earlier: it is not the last one but the latest that held this one up.
        let last = phb.flights[..<index].last { $0.isWrite }
        if isLate, let done = last?.done, done < cycle { result.fired("write-order-latest") }
    }

    /// [completion]
    private mutating func grantDownLinks() {
        for phb in phbs {
            for flight in phb.newData.sorted() {
                let completions = phb.completions(of: flight, configuration)
                if completions.count > 1 { result.fired("completion") }
                phb.completions += completions.map { ($0, ready: cycle) }
            }
            phb.newData = []
            guard phb.down.freeCycle <= cycle, let (completion, ready) = phb.completions.first else { continue }
            phb.completions.removeFirst()
            phb.down.take(bytes: completion.bytes, ready: ready, byte: configuration.linkByte)
            if completion.isLast { phb.flights[completion.flight].done = phb.down.left + configuration.pcieLatency }
            isBusy = true
        }
    }

    /// [latency] What is done in this cycle. Slots and tags that are free now serve from the next cycle on.
    private mutating func finish() {
        for phb in phbs {
            for flight in phb.open.map({ phb.flights[$0] }) where flight.done == cycle {
                if !flight.isWrite { issuers[flight.requester].freeTags += 1 }
                openTLPs[flight.transaction] -= 1
                lastDone[flight.transaction] = cycle
                isBusy = true
            }
            phb.open.removeAll { phb.flights[$0].done == cycle }
            phb.freeSlots += phb.freedSlots
            phb.freedSlots = 0
            phb.killsNow = []
        }
        for number in starts.indices where starts[number] != nil && dones[number] == nil {
            let isIssuing = issuers[issuerOf[number]].started.contains(number)
            if !isIssuing && openTLPs[number] == 0 { dones[number] = lastDone[number] }
        }
    }

    // MARK: Cycles in which nothing happens

    /// Where nothing has changed in a cycle, nothing will before the first of these comes.
    private var nextCycle: UInt64 {
        let c = configuration
        var next = UInt64.max
        func may(_ time: UInt64) {
            if time > cycle { next = min(next, time) }
        }
        stamps.forEach(may)
        for done in dones { may((done ?? 0) + 1) }
        for call in running.values { may((callStarts[call.place] ?? 0) + call.cost) }
        for issuer in issuers {
            may(issuer.turn)
            may(issuer.deviceDone)
        }
        for phb in phbs {
            may(phb.up.freeCycle)
            may(phb.down.freeCycle)
            phb.due.forEach { may($0.cycle) }
            phb.fetching.forEach { may($0.end) }
            if let first = phb.port.first { may(phb.lookupCycle(of: first, c)) }
            for index in phb.open {
                let flight = phb.flights[index]
                may(flight.arrival)
                may((flight.memoryStart ?? flight.translated ?? 0) + c.memoryLatency)
                may(flight.done ?? 0)
            }
        }
        return next == .max ? cycle + 1 : next
    }
}
