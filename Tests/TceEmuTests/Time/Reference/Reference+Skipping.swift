// SPDX-License-Identifier: Apache-2.0

/// Cycles in which nothing happens.
extension Reference {
    /// Where nothing has changed in a cycle, nothing will before the first of these comes.
    var nextCycle: UInt64 {
        var next = UInt64.max
        func may(_ time: UInt64) {
            if time > cycle && time < next { next = time }
        }
        if stampsPassed < stampsInOrder.count { may(stampsInOrder[stampsPassed]) }
        for vCPU in vCPUs {
            if let call = vCPU.running { may((callStarts[call] ?? 0) + plan.calls[call].cost) }
        }
        for issuer in issuers {
            may(issuer.turn)
            may(issuer.deviceDone)
        }
        // From the cycle after it on, an access is over.
        for done in deviceDones { may(done + 1) }
        for phb in phbs {
            may(phb.up.freeCycle)
            may(phb.down.freeCycle)
            if let first = phb.coming.first { may(first.arrival) }
            for due in phb.due { may(due.cycle) }
            for fetch in phb.fetching { may(fetch.end) }
            if let first = phb.port.first { may(phb.lookupCycle(of: first, configuration)) }
            for flight in phb.open {
                if let translated = flight.memoryStart ?? flight.translated {
                    may(translated + configuration.memoryLatency)
                }
                if let done = flight.done { may(done) }
            }
        }
        return next == .max ? cycle + 1 : next
    }
}
