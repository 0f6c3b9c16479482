// SPDX-License-Identifier: Apache-2.0
import TceEmu

/// The time model, one cycle after another: docs/time-model.md as plainly as it can be written down.
///
/// It knows nothing of the engine, has no queue of events and takes its time.
struct Reference {
    /// How far a transaction has come.
    struct Progress {
        var start: UInt64?
        var done: UInt64?
        var grantedTLPs = 0
        var openTLPs = 0
        /// All of its TLPs are granted or withdrawn.
        var isIssued = false
        var knownFault: UInt64?
        /// The last granted of its TLPs that are done. Only to count.
        var lastDone = -1
    }

    let configuration: ReferenceConfiguration
    let plan: ReferencePlan
    var result = ReferenceResult()
    var cycle: UInt64 = 0

    var phbs: [ReferencePHB] = []
    /// In the order in which the trace shows them. [tie]
    var issuers: [ReferenceIssuer] = []

    /// By place in the trace.
    let stamps: [UInt64]
    /// The stamps once, in their order; how many of them have come.
    let stampsInOrder: [UInt64]
    var stampsPassed = 0

    /// By transaction.
    var progress: [Progress]
    var issuerOf: [ReferenceIssuer] = []
    /// Transactions that have not started, in the trace's order.
    var waiting: [Int]

    /// By call.
    var callStarts: [UInt64?]
    var callEnds: [UInt64?]
    /// By vCPU: its calls, how many of them have started, and the one under way.
    var vCPUs: [ReferenceVCPU] = []

    /// By event of the platform: the cycle in which it acted.
    var acted: [UInt64?]
    /// Place of the first event that is not over. [window]
    var firstOpen = 0
    /// Barriers that are over; in the trace's order. [saturate]
    var barriersPassed = 0
    /// Places of what had to wait for that alone. [window]
    var heldByWindow: Set<Int> = []

    /// When accesses of virtual devices are done.
    var deviceDones: [UInt64] = []

    /// Whether in this cycle a stamp has come, a call has ended or an event of the trace is over for the first time.
    /// Else nothing starts that has not started before.
    var hasNews = false
    /// Whether anything has changed in this cycle.
    var isBusy = false

    /// Runs a trace. Nothing is left out but cycles in which nothing can happen, and those only with `skipping`.
    static func run(
        _ events: [TraceEvent], _ configuration: ReferenceConfiguration, skipping: Bool = true
    ) -> ReferenceResult {
        var reference = Reference(events, configuration)
        while reference.firstOpen < events.count {
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
        stampsInOrder = Set(stamps).sorted()
        progress = Array(repeating: Progress(), count: plan.transactions.count)
        waiting = Array(plan.transactions.indices)
        callStarts = Array(repeating: nil, count: plan.calls.count)
        callEnds = Array(repeating: nil, count: plan.calls.count)
        acted = Array(repeating: nil, count: plan.platformEvents.count)
        addIssuers()
        for (number, call) in plan.calls.enumerated() {
            if let vCPU = vCPUs.firstIndex(where: { $0.cpu == call.cpu }) {
                vCPUs[vCPU].calls.append(number)
            } else {
                vCPUs.append(ReferenceVCPU(cpu: call.cpu, calls: [number]))
            }
        }
        for rule in plan.rules { result.fired(rule) }
        result.fired(isSaturated ? .arrivalSaturate : .arrivalTrace)
        let isPartial = events.contains { event in
            (event.time - min(event.time, first)) * configuration.unitNanoseconds * configuration.clockMHz % 1_000 != 0
        }
        result.fired(.unit, isPartial ? 1 : 0)
    }

    private mutating func addIssuers() {
        var seen: [ReferenceRequester: ReferenceIssuer] = [:]
        for (number, transaction) in plan.transactions.enumerated() {
            let requester = transaction.requester
            if case .link(let buid) = transaction.path, !phbs.contains(where: { $0.buid == buid }) {
                phbs.append(ReferencePHB(buid, configuration))
            }
            let issuer = seen[requester] ?? ReferenceIssuer(phb: requester.phb, tags: configuration.tagsPerDevice)
            if seen.updateValue(issuer, forKey: requester) == nil {
                issuers.append(issuer)
                phbs.first { $0.buid == requester.phb }?.issuers.append(issuer)
            }
            issuer.waiting.append(number)
            issuerOf.append(issuer)
        }
    }

    /// [cycle-order]
    private mutating func step() {
        hasNews = cycle == 0
        while stampsPassed < stampsInOrder.count && stampsInOrder[stampsPassed] <= cycle {
            stampsPassed += 1
            hasNews = true
        }
        endCallsAndKill()
        startTransactions()
        for phb in phbs { grantUpLink(phb) }
        for phb in phbs where !phb.coming.isEmpty { arrive(phb) }
        for phb in phbs { endFetches(phb) }
        for phb in phbs { lookUp(phb) }
        for phb in phbs where !phb.queue.isEmpty { phb.grantSlots(cycle, configuration, &result) }
        for phb in phbs where !phb.open.isEmpty { accessMemory(phb) }
        for phb in phbs { grantDownLink(phb) }
        for phb in phbs { finish(phb) }
    }

    // MARK: Grants of the up link, arrivals

    /// [issue] [tag] [arbitrate] [tie]
    private mutating func grantUpLink(_ phb: ReferencePHB) {
        var candidates: [ReferenceIssuer] = []
        for issuer in phb.issuers where !issuer.started.isEmpty {
            makeReady(issuer)
            if issuer.ready != nil { candidates.append(issuer) }
        }
        guard !candidates.isEmpty, phb.up.freeCycle <= cycle else { return }
        guard let longest = candidates.compactMap(\.ready).min() else { return }
        let equals = candidates.filter { $0.ready == longest }
        if equals.count < candidates.count { result.fired(.arbitrate) }
        if equals.count > 1 { result.fired(.tie) }
        grant(phb, equals[0], longest)
    }

    /// Is the next TLP of a requester ready from this cycle on?
    private mutating func makeReady(_ issuer: ReferenceIssuer) {
        guard issuer.ready == nil, issuer.turn <= cycle else { return }
        if !plan.transactions[issuer.started[0]].isWrite && issuer.freeTags == 0 {
            issuer.waitsForTag = true
            return
        }
        if issuer.waitsForTag { result.fired(.tag) }
        issuer.waitsForTag = false
        issuer.ready = cycle
        isBusy = true
    }

    private mutating func grant(_ phb: ReferencePHB, _ issuer: ReferenceIssuer, _ ready: UInt64) {
        let number = issuer.started[0]
        let transaction = plan.transactions[number]
        let tlp = transaction.tlps[issuer.nextTLP]
        let isWrite = transaction.isWrite
        let c = configuration
        if phb.up.free > ready * 65_536 { result.fired(.link) }
        phb.up.take(bytes: isWrite ? c.writeOverhead + tlp.bytes : c.readOverhead, ready: ready, byte: c.linkByte)
        let flight = ReferenceFlight(
            number: phb.granted, writesBefore: phb.writeDones.count, transaction: number, issuer: issuer,
            isWrite: isWrite, tlp: tlp, arrival: phb.up.left + c.pcieLatency)
        phb.granted += 1
        phb.open.append(flight)
        phb.coming.append(flight)
        if isWrite { phb.writeDones.append(nil) } else { issuer.freeTags -= 1 }
        progress[number].grantedTLPs += 1
        progress[number].openTLPs += 1
        // [issue] It is not the only one that waits for the link.
        if issuer.nextTLP == 0 && issuer.started.count > 1 { result.fired(.issue) }
        issuer.turn = phb.up.freeCycle
        issuer.ready = nil
        issuer.nextTLP += 1
        if issuer.nextTLP == transaction.tlps.count { issued(issuer) }
        isBusy = true
    }

    /// The rest of a requester's transaction is granted or withdrawn.
    private mutating func issued(_ issuer: ReferenceIssuer) {
        progress[issuer.started.removeFirst()].isIssued = true
        issuer.nextTLP = 0
        issuer.ready = nil
        issuer.waitsForTag = false
    }

    /// [lookup] [bypass]
    private mutating func arrive(_ phb: ReferencePHB) {
        // In link order: those on the link have not arrived.
        while let flight = phb.coming.first, flight.arrival <= cycle {
            phb.coming.removeFirst()
            if flight.tlp.way == .bypass {
                phb.due.append((cycle + configuration.tveCycles, flight))
                result.fired(.bypass)
            } else {
                phb.port.append(flight)
            }
            isBusy = true
        }
    }

    // MARK: Translation

    /// [fill] [hit] Fetches that end; all that is translated in this cycle but by a lookup.
    private mutating func endFetches(_ phb: ReferencePHB) {
        var translated: [ReferenceFlight] = []
        if !phb.fetching.isEmpty { translated = phb.endFetches(cycle, &result) }
        if !phb.due.isEmpty {
            translated += phb.due.filter { $0.cycle == cycle }.map(\.flight)
            phb.due.removeAll { $0.cycle == cycle }
        }
        for flight in translated.sorted(by: { $0.number < $1.number }) { translate(flight) }
    }

    /// A TLP has its translation in this cycle. In a window that is not translated this is its lookup.
    private mutating func translate(_ flight: ReferenceFlight) {
        if flight.tlp.way == .bypass && progress[flight.transaction].knownFault != nil {
            drop(flight)
        } else if flight.tlp.fault != nil {
            fault(flight)
        } else {
            flight.translated = cycle
        }
        isBusy = true
    }

    /// [lookup]
    private mutating func lookUp(_ phb: ReferencePHB) {
        while let flight = phb.port.first, phb.lookupCycle(of: flight, configuration) <= cycle {
            if flight.arrival + configuration.tveCycles < cycle { result.fired(.lookup) }
            phb.port.removeFirst()
            phb.lastLookupCycle = cycle
            if progress[flight.transaction].knownFault != nil {
                drop(flight)
            } else if case .cache(let line) = flight.tlp.way {
                if phb.lookUp(flight, line, cycle, configuration, &result) { translate(flight) }
            } else {
                fault(flight)
            }
            isBusy = true
        }
    }

    // MARK: Faults

    /// [fault] A TLP's fault is known in this cycle.
    private mutating func fault(_ flight: ReferenceFlight) {
        let number = flight.transaction
        if flight.tlp.fault == .frozen { result.dropped += 1 }
        result.fired(progress[number].knownFault == nil ? .fault : .faultItself)
        if progress[number].knownFault == nil {
            progress[number].knownFault = cycle
            if flight.issuer.started.first == number {
                issued(flight.issuer)
                flight.issuer.turn = max(flight.issuer.turn, cycle + 1)
                result.fired(.withdrawn)
            }
        }
        fail(flight)
    }

    /// [fault] Its transaction has a fault that is known.
    private mutating func drop(_ flight: ReferenceFlight) {
        result.fired(.dropped)
        result.dropped += 1
        fail(flight)
    }

    private func fail(_ flight: ReferenceFlight) {
        flight.hasFailed = true
        if flight.isWrite {
            flight.done = cycle
        } else {
            phbs.first { $0.buid == flight.issuer.phb }?.newData.append(flight)
        }
    }

    // MARK: Memory, completions, done

    /// [write] [write-order] [read] [read-behind-write]
    private mutating func accessMemory(_ phb: ReferencePHB) {
        let latency = configuration.memoryLatency
        // In link order: are all writes before this TLP done?
        var writesAreDone = true
        for flight in phb.open {
            if writesAreDone, let translated = flight.translated, flight.done == nil {
                if flight.isWrite {
                    if translated + latency <= cycle {
                        flight.done = cycle
                        countWrite(phb, flight, isLate: translated + latency < cycle)
                    }
                } else {
                    if flight.memoryStart == nil {
                        flight.memoryStart = cycle
                        result.fired(translated < cycle ? .readBehindWrite : .read)
                        isBusy = true
                    }
                    if let start = flight.memoryStart, start + latency == cycle { phb.newData.append(flight) }
                }
            }
            if flight.isWrite && flight.done == nil { writesAreDone = false }
        }
    }

    private mutating func countWrite(_ phb: ReferencePHB, _ flight: ReferenceFlight, isLate: Bool) {
        result.fired(isLate ? .writeOrder : .write)
        // The write just before it was done earlier: it is not the last one but the latest that held this one up.
        if isLate, let last = phb.writeDones[flight.writesBefore - 1], last < cycle { result.fired(.writeOrderLatest) }
    }

    /// [completion]
    private mutating func grantDownLink(_ phb: ReferencePHB) {
        if !phb.newData.isEmpty {
            for flight in phb.newData.sorted(by: { $0.number < $1.number }) {
                let completions = phb.completions(of: flight, ready: cycle, configuration)
                if completions.count > 1 { result.fired(.completion) }
                phb.completions += completions
            }
            phb.newData = []
            isBusy = true
        }
        guard !phb.completions.isEmpty, phb.down.freeCycle <= cycle else { return }
        let completion = phb.completions.removeFirst()
        phb.down.take(bytes: completion.bytes, ready: completion.ready, byte: configuration.linkByte)
        if completion.isLast { completion.flight.done = phb.down.left + configuration.pcieLatency }
        isBusy = true
    }

    /// [latency] What is done in this cycle. Slots and tags that are free now serve from the next cycle on.
    private mutating func finish(_ phb: ReferencePHB) {
        var isAnyDone = false
        for flight in phb.open where flight.done == cycle {
            finish(flight)
            if flight.isWrite { phb.writeDones[flight.writesBefore] = cycle }
            isAnyDone = true
        }
        if isAnyDone {
            phb.open.removeAll { $0.done == cycle }
            isBusy = true
        }
        phb.freeSlots += phb.freedSlots
        phb.freedSlots = 0
        if !phb.killsNow.isEmpty { phb.killsNow = [] }
    }

    private mutating func finish(_ flight: ReferenceFlight) {
        if !flight.isWrite {
            if flight.issuer.waitsForTag { result.fired(.cycleOrderTag) }
            flight.issuer.freeTags += 1
        }
        let number = flight.transaction
        progress[number].openTLPs -= 1
        if progress[number].openTLPs == 0 && progress[number].isIssued {
            progress[number].done = cycle
            if progress[number].grantedTLPs > 1 { result.fired(.latency) }
            if progress[number].lastDone > flight.number { result.fired(.latencyNotLast) }
        }
        progress[number].lastDone = max(progress[number].lastDone, flight.number)
    }
}
