// SPDX-License-Identifier: Apache-2.0
import TceEmu

/// A vCPU and its calls, by number.
struct ReferenceVCPU: Sendable {
    let cpu: Int
    var calls: [Int]
    /// How many of them have started.
    var started = 0
    var running: Int?
}

/// The first two steps of a cycle: what the guest and the platform do, and which transactions start.
extension Reference {
    var isSaturated: Bool { configuration.arrival == .saturate }

    // MARK: Ends of calls and kills

    /// [vcpu] Calls that end in this cycle, those that start in it, and events of the platform that act in it, until
    /// none lets another one go on.
    mutating func endCallsAndKill() {
        var goesOn = true
        while goesOn {
            passOver()
            goesOn = false
            for number in acted.indices where acted[number] == nil && mayAct(plan.platformEvents[number].place) {
                acted[number] = cycle
                kill(plan.platformEvents[number].kills, .windowKill)
                countWindow(plan.platformEvents[number].place, .windowPlatform)
                goesOn = true
            }
            for index in vCPUs.indices {
                if endCall(index) { goesOn = true }
                if startCall(index) { goesOn = true }
            }
            isBusy = isBusy || goesOn
            hasNews = hasNews || goesOn
        }
    }

    private mutating func endCall(_ index: Int) -> Bool {
        guard let number = vCPUs[index].running, let start = callStarts[number] else { return false }
        let call = plan.calls[number]
        guard start + call.cost == cycle else { return false }
        vCPUs[index].running = nil
        callEnds[number] = cycle
        kill(call.kills, call.isRTAS ? .windowKill : .kill)
        return true
    }

    private mutating func startCall(_ index: Int) -> Bool {
        let vCPU = vCPUs[index]
        guard vCPU.running == nil, vCPU.started < vCPU.calls.count else { return false }
        let number = vCPU.calls[vCPU.started]
        let call = plan.calls[number]
        guard mayStart(call) else { return false }
        callStarts[number] = cycle
        vCPUs[index].running = number
        vCPUs[index].started += 1
        countWindow(call.place, .windowCall)
        if !isSaturated && vCPU.started > 0 && callEnds[vCPU.calls[vCPU.started - 1]] == cycle
            && stamps[call.place] < cycle
        {
            result.fired(.vcpu)
        }
        return true
    }

    private mutating func mayAct(_ place: Int) -> Bool {
        if isSaturated { return firstOpen >= place }
        return stamps[place] <= cycle && isInWindow(place)
    }

    private mutating func mayStart(_ call: ReferenceCall) -> Bool {
        if !isSaturated { return stamps[call.place] <= cycle && isInWindow(call.place) }
        if call.isRTAS { return firstOpen >= call.place }
        return !isBehindBarrier(call.place) && !isHeldUp(call) && isInWindow(call.place)
    }

    /// [saturate] A transaction before it in the trace uses a TCE that it clears, and is not done.
    private func isHeldUp(_ call: ReferenceCall) -> Bool {
        guard !call.clears.isEmpty else { return false }
        for place in firstOpen..<max(firstOpen, call.place) {
            guard case .transaction(let number) = plan.events[place], !isDone(number) else { continue }
            if !plan.transactions[number].uses.isDisjoint(with: call.clears) { return true }
        }
        return false
    }

    // MARK: What is over

    /// From the cycle after its end on, a transaction is waited for no more.
    private func isDone(_ number: Int) -> Bool {
        guard let done = progress[number].done else { return false }
        return done < cycle
    }

    /// [window] What takes no time is over at once.
    private func isOver(_ place: Int) -> Bool {
        switch plan.events[place] {
        case .transaction(let number): isDone(number)
        case .call(let number): callEnds[number] != nil
        case .platform(let number): acted[number] != nil
        case .nothing: true
        }
    }

    private mutating func passOver() {
        while firstOpen < plan.events.count && isOver(firstOpen) {
            firstOpen += 1
            hasNews = true
        }
        while barriersPassed < plan.barriers.count && isOver(plan.barriers[barriersPassed]) { barriersPassed += 1 }
    }

    /// [saturate] A barrier before this place is not over.
    private func isBehindBarrier(_ place: Int) -> Bool {
        barriersPassed < plan.barriers.count && plan.barriers[barriersPassed] < place
    }

    /// [window] All events that stand too far before it in the trace are over. Asked last.
    private mutating func isInWindow(_ place: Int) -> Bool {
        if place - firstOpen <= configuration.eventsUnderWay { return true }
        heldByWindow.insert(place)
        return false
    }

    private mutating func countWindow(_ place: Int, _ rule: ReferenceRule) {
        guard heldByWindow.contains(place) else { return }
        result.fired(.window)
        result.fired(rule)
    }

    private mutating func kill(_ kills: [ReferenceKill], _ rule: ReferenceRule) {
        guard !kills.isEmpty else { return }
        let size = configuration.tcesPerLine
        var killed = 0
        for phb in phbs {
            let dies = { (line: ReferenceLine) in
                kills.contains { kill in
                    switch kill {
                    case .everything: true
                    case .phb(let buid): phb.buid == buid
                    case .window(let liobn): line.liobn == liobn
                    case .tce(let liobn, let index): line == ReferenceLine(liobn: liobn, number: index / size)
                    }
                }
            }
            killed += phb.kill(where: dies, &result)
        }
        if killed > 0 { result.fired(rule) }
    }

    // MARK: Starts

    /// [ready] [saturate]
    mutating func startTransactions() {
        if isSaturated {
            for issuer in issuers {
                while let number = nextOfSaturated(issuer) { start(number) }
            }
            return
        }
        guard hasNews else { return }
        // In the trace's order, so that those that start together issue in it. Time stamps never go back.
        var isAnyStarted = false
        for number in waiting {
            let transaction = plan.transactions[number]
            guard stamps[transaction.place] <= cycle else { break }
            guard isReady(transaction), isInWindow(transaction.place) else { continue }
            start(number)
            isAnyStarted = true
            if transaction.waitsFor.contains(where: { callEnds[$0] == cycle }) && stamps[transaction.place] < cycle {
                result.fired(.ready)
            }
        }
        if isAnyStarted { waiting.removeAll { progress[$0].start != nil } }
    }

    private func isReady(_ transaction: ReferenceTransaction) -> Bool {
        transaction.waitsFor.allSatisfy { callEnds[$0] != nil }
    }

    /// The transaction that a requester starts in this cycle.
    private mutating func nextOfSaturated(_ issuer: ReferenceIssuer) -> Int? {
        guard issuer.started.isEmpty, issuer.turn <= cycle, issuer.deviceDone <= cycle else { return nil }
        for (index, number) in issuer.waiting.enumerated() {
            let transaction = plan.transactions[number]
            guard !isBehindBarrier(transaction.place) else { return nil }
            guard isReady(transaction) else { continue }
            guard isInWindow(transaction.place) else { return nil }
            if index > 0 { result.fired(.saturate) }
            issuer.waiting.remove(at: index)
            return number
        }
        return nil
    }

    private mutating func start(_ number: Int) {
        isBusy = true
        progress[number].start = cycle
        let transaction = plan.transactions[number]
        let issuer = issuerOf[number]
        countWindow(transaction.place, .windowTransaction)
        switch transaction.path {
        case .link:
            if let last = issuer.started.last, last > number { result.fired(.issueOrder) }
            issuer.started.append(number)
            if transaction.tlps.count > 1 { result.fired(.cut) }
        case .software(let cycles):
            if issuer.deviceDone > cycle { result.fired(.vioWait) }
            issuer.deviceDone = max(cycle, issuer.deviceDone) + cycles
            progress[number].done = issuer.deviceDone
            deviceDones.append(issuer.deviceDone)
        case .nowhere:
            progress[number].done = cycle
        }
    }
}
