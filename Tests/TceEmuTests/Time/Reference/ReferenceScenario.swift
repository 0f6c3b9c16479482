// SPDX-License-Identifier: Apache-2.0
import TceEmu

/// Steele, Lea and Flood's SplitMix64: the same seed draws the same configuration and trace on every machine.
struct ReferenceRandom: Sendable {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }

    mutating func below(_ bound: UInt64) -> UInt64 { next() % bound }
    mutating func within(_ range: ClosedRange<UInt64>) -> UInt64 { range.lowerBound + below(range.count64) }
    mutating func chance(_ percent: UInt64) -> Bool { below(100) < percent }
    mutating func pick<T>(_ choices: [T]) -> T { choices[Int(below(UInt64(choices.count)))] }
}

extension ClosedRange where Bound == UInt64 {
    fileprivate var count64: UInt64 { upperBound - lowerBound + 1 }
}

/// A random configuration and a random trace for it, for the reference and for whatever is compared with it.
struct ReferenceScenario: Sendable {
    enum Kind: Sendable {
        /// Everything may be anything small.
        case wide
        /// Fetches that are long beside the gap between TLPs, on few slots and ways.
        case narrow
        /// The same with many calls, so that kills meet fetches.
        case kills
    }

    let seed: UInt64
    let kind: Kind
    var configuration = ReferenceConfiguration()
    var events: [TraceEvent] = []

    init(seed: UInt64) {
        self.seed = seed
        kind = [.wide, .narrow, .kills][Int(seed % 3)]
        // Neighbouring seeds draw unlike each other.
        var random = ReferenceRandom(seed: seed)
        random = ReferenceRandom(seed: random.next())
        configure(&random)
        var trace = ReferenceTraceGenerator(random: random, kind: kind, configuration: configuration)
        trace.generate()
        events = trace.events
        if kind == .kills && configuration.clockMHz == 1_000 && configuration.arrival == .trace { aim() }
    }

    /// Adds a call that clears a TCE and ends in the very cycle in which a transaction that uses it is done.
    private mutating func aim() {
        guard let first = events.first?.time, let last = events.last?.time else { return }
        for transaction in Reference.run(events, configuration).transactions.reversed()
        where !transaction.isOvertaken && first + transaction.done > last {
            guard case .dma(let dma) = events[transaction.place].body, let liobn = dma.liobn else { continue }
            var aimed = events
            let call = TraceEvent.Hcall(.put, cpu: 77, liobn: liobn, ioba: dma.ioba & ~0xfff)
            aimed.append(TraceEvent(time: last, body: .hcall(call)))
            let cost = ReferencePlan(aimed, configuration).calls.last?.cost ?? 0
            guard first + transaction.done >= last + cost else { continue }
            aimed[aimed.count - 1].time = first + transaction.done - cost
            events = aimed
            return
        }
    }

    // MARK: The configuration

    private mutating func configure(_ random: inout ReferenceRandom) {
        configuration.arrival = random.chance(30) ? .saturate : .trace
        configuration.clockMHz = random.pick([3_800, 3_500, 1_000])
        configuration.unitNanoseconds = kind == .wide && random.chance(5) ? 1_000 : 1
        configuration.memoryBytes = random.chance(80) ? 1 << 20 : random.chance(50) ? nil : (1 << 20) - 2_048
        configuration.eeh = random.chance(30)
        configuration.hasMultiTCE = random.chance(96)
        configuration.eventsUnderWay = random.chance(25) ? Int(random.within(1...8)) : 65_536
        configuration.isPassthrough = random.chance(30)
        configuration.killScope = random.chance(50) ? .pe : .page
        configuration.exitToUser = random.pick([.never, .always, .kvm, .kvm])
        configuration.assumedBytes = random.pick([0, 1, 64, 300, 5_000])
        configuration.assumedIsWrite = random.chance(50)
        configureCosts(&random)
        if kind == .wide { configureWide(&random) } else { configureNarrow(&random) }
        if kind == .kills && random.chance(70) { configureCoarse(&random) }
    }

    private mutating func configureCosts(_ random: inout ReferenceRandom) {
        let cycle = ReferenceConfiguration.cycle
        let costs: [WritableKeyPath<ReferenceConfiguration, UInt64> & Sendable] = [
            \.hcallEntry, \.hcallReflection, \.hcallExit, \.hcallGet, \.hcallPut, \.hcallStuff, \.hcallList,
            \.hcallFirstTouch, \.killCompletion, \.rtasDDW, \.uvCall, \.uvPageIn, \.uvPageOut, \.uvShare, \.uvUnshare,
        ]
        for cost in costs { configuration[keyPath: cost] = random.below(random.pick([1, 8, 21])) * cycle }
        if kind == .wide { configuration.hcallExit = random.below(300) * cycle }
        // In halves, and in thousandths that are just above or below one.
        for cost in [\.hcallStuffEntry, \.hcallListEntry, \.passthroughEntry, \.killIssue, \.vioCopy]
            as [WritableKeyPath<ReferenceConfiguration, UInt64> & Sendable]
        {
            configuration[keyPath: cost] = random.pick([0, 500_000, 1_500_000, 499_999, 166_667, 2 * cycle])
        }
    }

    private mutating func configureWide(_ random: inout ReferenceRandom) {
        configuration.maxPayload = random.pick([64, 128, 256, 512])
        configuration.maxReadRequest = random.pick([64, 128, 256, 512, 4_096])
        configuration.tagsPerDevice = Int(random.pick([1, 2, 4, 32]))
        configuration.pcieRate = random.pick([500, 1_969, 7_877, 31_508, 63_000])
        configuration.dllpShare = random.pick([0, 500, 800])
        configuration.writeOverhead = random.pick([0, 20, 24])
        configuration.readOverhead = random.pick([0, 24])
        configuration.completionOverhead = random.pick([0, 20])
        configuration.pcieLatency = random.pick([0, 0, 1, 7, 100])
        configuration.tveCycles = random.pick([0, 0, 1, 5])
        configuration.lookupInterval = random.pick([0, 1, 1, 2, 9, 40])
        configuration.hitCycles = random.pick([0, 1, 8, 30])
        configuration.memoryLatency = random.pick([0, 0, 1, 20, 200])
        configuration.walkLevels = random.within(1...3)
        configuration.fetchSlots = Int(random.pick([1, 2, 4, 64]))
        configuration.cacheWays = random.pick([1, 2, 4])
        configuration.tcesPerLine = random.pick([1, 2, 8])
        configuration.cacheEntries = configuration.cacheWays * configuration.tcesPerLine * random.pick([1, 2, 3, 4])
    }

    private mutating func configureNarrow(_ random: inout ReferenceRandom) {
        configuration.maxPayload = random.pick([128, 256])
        configuration.maxReadRequest = random.pick([128, 512])
        configuration.tagsPerDevice = Int(random.within(2...8))
        configuration.pcieRate = random.pick([31_508, 63_000, 120_000])
        configuration.pcieLatency = random.within(0...5)
        configuration.tveCycles = random.pick([0, 0, 2])
        configuration.lookupInterval = random.within(0...2)
        configuration.hitCycles = random.pick([0, 1, 8, 60])
        configuration.memoryLatency = configuration.cycles(nanoseconds: random.within(20...90))
        configuration.walkLevels = random.pick([1, 1, 2])
        configuration.fetchSlots = Int(random.within(1...4))
        configuration.cacheWays = random.within(1...3)
        configuration.tcesPerLine = random.within(1...2)
        configuration.cacheEntries = configuration.cacheWays * configuration.tcesPerLine * random.pick([1, 1, 2])
    }

    /// A TLP takes a cycle and all else a few, so that much falls into the same cycle.
    private mutating func configureCoarse(_ random: inout ReferenceRandom) {
        configuration.clockMHz = 1_000
        configuration.pcieRate = 1_000_000
        configuration.memoryLatency = random.within(2...9)
        configuration.pcieLatency = random.below(2)
        configuration.hitCycles = random.within(0...2)
        configuration.hcallEntry = ReferenceConfiguration.cycle
        configuration.hcallPut = random.within(0...2) * ReferenceConfiguration.cycle
        configuration.killCompletion = 0
        configuration.hcallStuffEntry = 0
        configuration.hcallListEntry = 0
        configuration.hcallExit = 0
        configuration.hcallFirstTouch = 0
    }
}
