// SPDX-License-Identifier: Apache-2.0
import TceEmu

/// What is known only when nothing goes on any more.
extension Reference {
    /// All that the reference has to say.
    func finished() -> ReferenceResult {
        var result = result
        for call in plan.calls {
            result.calls.append(
                ReferenceResult.Call(
                    place: call.place, start: callStarts[call.place] ?? 0, end: callEnds[call.place] ?? 0,
                    cost: call.cost))
        }
        for number in plan.transactions.indices { result.transactions.append(transaction(number, &result)) }
        if isSaturated { countSaturated(&result) }
        return result
    }

    private func transaction(_ number: Int, _ result: inout ReferenceResult) -> ReferenceResult.Transaction {
        let transaction = plan.transactions[number]
        let start = starts[number] ?? 0
        let done = dones[number] ?? 0
        // [overtaken] Done in the same cycle is not done yet.
        let later = plan.calls.filter { $0.place > transaction.place && (callEnds[$0.place] ?? 0) <= done }
        let clearing = later.filter { !$0.clears.isDisjoint(with: transaction.uses) }
        let isOvertaken = !isSaturated && !clearing.isEmpty
        if isOvertaken {
            result.fired("overtaken")
            if clearing.allSatisfy({ callEnds[$0.place] == done }) { result.fired("overtaken-tie") }
        }
        // [order] It uses TCEs that a later call wrote before it was done.
        if later.contains(where: { !$0.writes.isDisjoint(with: transaction.uses) }) { result.fired("order") }
        return ReferenceResult.Transaction(
            place: transaction.place, start: start, done: done, fault: transaction.fault?.rawValue,
            tlps: transaction.tlps.count, grantedTLPs: granted[number],
            waited: isSaturated ? 0 : start - stamps[transaction.place], isOvertaken: isOvertaken)
    }

    /// [saturate] Calls that waited for a transaction, and barriers that waited for anything.
    private func countSaturated(_ result: inout ReferenceResult) {
        for call in plan.calls {
            let start = callStarts[call.place] ?? 0
            let releases = plan.transactions.indices.contains { number in
                plan.transactions[number].place < call.place && start == (dones[number] ?? 0) + 1
                    && !plan.transactions[number].uses.isDisjoint(with: call.clears)
            }
            if releases { result.fired("saturate-clear") }
            if call.isRTAS && start > 0 { result.fired("saturate-barrier") }
        }
        result.fired("saturate-barrier", acted.values.count { $0 > 0 })
    }
}
