// SPDX-License-Identifier: Apache-2.0
import TceEmu

/// The first two steps of a cycle: what the guest and the platform do, and which transactions start.
extension Reference {
    var isSaturated: Bool { configuration.arrival == .saturate }

    // MARK: Ends of calls and kills

    /// [vcpu] Calls that end in this cycle, and those that start in it, until neither lets another one go on.
    mutating func endCallsAndKill() {
        var goesOn = true
        while goesOn {
            goesOn = false
            for event in plan.platformEvents where acted[event.place] == nil && mayAct(event.place) {
                acted[event.place] = cycle
                kill(event.kills, "window-kill")
                goesOn = true
            }
            for call in running.values.sorted(by: { $0.place < $1.place })
            where (callStarts[call.place] ?? 0) + call.cost == cycle {
                running[call.cpu] = nil
                callEnds[call.place] = cycle
                kill(call.kills, call.isRTAS ? "window-kill" : "kill")
                goesOn = true
            }
            var waiting: Set<Int> = []
            for call in plan.calls where callStarts[call.place] == nil {
                // The next call of its vCPU is the first that has not started.
                guard waiting.insert(call.cpu).inserted, running[call.cpu] == nil else { continue }
                guard mayStart(call) else { continue }
                callStarts[call.place] = cycle
                running[call.cpu] = call
                if !isSaturated && stamps[call.place] < cycle { result.fired("vcpu") }
                goesOn = true
            }
            isBusy = isBusy || goesOn
        }
    }

    private func mayAct(_ place: Int) -> Bool {
        isSaturated ? isAllOver(before: place) : stamps[place] <= cycle
    }

    private func mayStart(_ call: ReferenceCall) -> Bool {
        if !isSaturated { return stamps[call.place] <= cycle }
        if call.isRTAS { return isAllOver(before: call.place) }
        return !isBehindBarrier(call.place) && !isHeldUp(call)
    }

    /// [saturate] A transaction before it in the trace uses a TCE that it clears, and is not done.
    private func isHeldUp(_ call: ReferenceCall) -> Bool {
        plan.transactions.indices.contains { number in
            plan.transactions[number].place < call.place && !isDone(number)
                && !plan.transactions[number].uses.isDisjoint(with: call.clears)
        }
    }

    /// [saturate] From the cycle after its end on, a transaction is waited for no more.
    private func isDone(_ number: Int) -> Bool {
        dones[number].map { $0 < cycle } ?? false
    }

    /// [saturate] All that stands before a barrier is done.
    private func isAllOver(before place: Int) -> Bool {
        plan.calls.allSatisfy { $0.place >= place || callEnds[$0.place] != nil }
            && plan.platformEvents.allSatisfy { $0.place >= place || acted[$0.place] != nil }
            && plan.transactions.indices.allSatisfy { plan.transactions[$0].place >= place || isDone($0) }
    }

    /// [saturate] A barrier before this place has not acted.
    private func isBehindBarrier(_ place: Int) -> Bool {
        plan.platformEvents.contains { $0.place < place && acted[$0.place] == nil }
            || plan.calls.contains { $0.isRTAS && $0.place < place && callEnds[$0.place] == nil }
    }

    private mutating func kill(_ kills: [ReferenceKill], _ rule: String) {
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
            for index in issuers.indices {
                while let number = nextOfSaturated(index) { start(number) }
            }
        } else {
            // In the trace's order, so that those that start together issue in it.
            for number in starts.indices where starts[number] == nil {
                let transaction = plan.transactions[number]
                guard stamps[transaction.place] <= cycle, isReady(transaction) else { continue }
                start(number)
                if stamps[transaction.place] < cycle { result.fired("ready") }
            }
        }
    }

    private func isReady(_ transaction: ReferenceTransaction) -> Bool {
        transaction.waitsFor.allSatisfy { callEnds[$0] != nil }
    }

    /// The transaction that a requester starts in this cycle.
    private mutating func nextOfSaturated(_ index: Int) -> Int? {
        guard issuers[index].started.isEmpty, issuers[index].turn <= cycle, issuers[index].deviceDone <= cycle
        else { return nil }
        var isFirst = true
        for number in starts.indices where starts[number] == nil && issuerOf[number] == index {
            let transaction = plan.transactions[number]
            if isReady(transaction) && !isBehindBarrier(transaction.place) {
                if !isFirst { result.fired("saturate") }
                return number
            }
            isFirst = false
        }
        return nil
    }

    private mutating func start(_ number: Int) {
        isBusy = true
        starts[number] = cycle
        let index = issuerOf[number]
        switch plan.transactions[number].path {
        case .link:
            issuers[index].started.append(number)
            if plan.transactions[number].tlps.count > 1 { result.fired("cut") }
        case .software(let cycles):
            if issuers[index].deviceDone > cycle { result.fired("vio-wait") }
            issuers[index].deviceDone = max(cycle, issuers[index].deviceDone) + cycles
            dones[number] = issuers[index].deviceDone
        case .nowhere:
            dones[number] = cycle
        }
    }
}
