// SPDX-License-Identifier: Apache-2.0
import TceEmu

/// What is known only when nothing goes on any more.
extension Reference {
    /// All that the reference has to say.
    func finished() -> ReferenceResult {
        var result = result
        for (number, call) in plan.calls.enumerated() {
            result.calls.append(
                ReferenceResult.Call(
                    place: call.place, start: callStarts[number] ?? 0, end: callEnds[number] ?? 0, cost: call.cost))
        }
        for number in plan.transactions.indices { result.transactions.append(transaction(number, &result)) }
        if isSaturated { countSaturated(&result) }
        for rule: ReferenceRule in [.cycleOrderFill, .cycleOrderKill, .cycleOrderSlot, .cycleOrderTag] {
            result.fired(.cycleOrder, result.counts[rule])
        }
        return result
    }

    private func transaction(_ number: Int, _ result: inout ReferenceResult) -> ReferenceResult.Transaction {
        let transaction = plan.transactions[number]
        let start = progress[number].start ?? 0
        let done = progress[number].done ?? 0
        // [overtaken] Done in the same cycle is not done yet.
        var isOvertaken = false
        var isTie = true
        var isWritten = false
        for (number, call) in plan.calls.enumerated() {
            guard call.place > transaction.place, let end = callEnds[number], end <= done else { continue }
            guard !call.writes.isDisjoint(with: transaction.uses) else { continue }
            isWritten = true
            guard !call.clears.isDisjoint(with: transaction.uses) else { continue }
            isOvertaken = !isSaturated
            if end != done { isTie = false }
        }
        // [order] It uses TCEs that a later call wrote before it was done.
        if isWritten { result.fired(.order) }
        if isOvertaken { result.fired(.overtaken) }
        if isOvertaken && isTie { result.fired(.overtakenTie) }
        return ReferenceResult.Transaction(
            place: transaction.place, start: start, done: done, fault: transaction.fault?.rawValue,
            tlps: transaction.tlps.count, grantedTLPs: progress[number].grantedTLPs,
            waited: isSaturated ? 0 : start - stamps[transaction.place], isOvertaken: isOvertaken)
    }

    /// [saturate] Calls that waited for a transaction, and barriers that waited for anything.
    private func countSaturated(_ result: inout ReferenceResult) {
        for (number, call) in plan.calls.enumerated() {
            let start = callStarts[number] ?? 0
            if call.isRTAS && start > 0 { result.fired(.saturateBarrier) }
            guard start > 0, !call.clears.isEmpty else { continue }
            let releases = plan.transactions.indices.contains { number in
                plan.transactions[number].place < call.place && start == (progress[number].done ?? 0) + 1
                    && !plan.transactions[number].uses.isDisjoint(with: call.clears)
            }
            if releases { result.fired(.saturateClear) }
        }
        result.fired(.saturateBarrier, acted.count { $0 ?? 0 > 0 })
    }
}
