// SPDX-License-Identifier: Apache-2.0
import TceEmu

/// Who issues transactions, one TLP at a time.
struct ReferenceRequester: Hashable, Sendable {
    enum Name: Hashable, Sendable {
        case id(UInt32)
        case liobn(LIOBN)
        case phb
    }

    /// Nil: no PHB's; a virtual device, or nothing.
    var phb: BUID?
    var name: Name
}

/// A line of a TCE cache.
struct ReferenceLine: Hashable, Sendable {
    var liobn: LIOBN
    var number: UInt64
}

/// One TLP, as it will be found by the lookup.
struct ReferenceTLP: Sendable {
    enum Way: Hashable, Sendable {
        /// A fault at its lookup, which leaves the cache alone.
        case refused
        case cache(ReferenceLine)
        case bypass
    }

    var address: IOBA
    var bytes: UInt64
    var way: Way
    var fault: ReferenceFault?
}

/// A transaction, with all that does not depend on time.
struct ReferenceTransaction: Sendable {
    enum Path: Hashable, Sendable {
        case link(BUID)
        /// A virtual device's: so many cycles behind the one before it.
        case software(UInt64)
        /// It fails where it starts.
        case nowhere
    }

    var place: Int
    var requester: ReferenceRequester
    var path: Path
    var isWrite: Bool
    var tlps: [ReferenceTLP] = []
    var fault: ReferenceFault?
    var uses: Set<ReferenceTCE> = []
    /// Places of the calls that were the last before it to write a TCE that it uses. [ready]
    var waitsFor: Set<Int> = []
}

/// A call, with all that does not depend on time.
struct ReferenceCall: Sendable {
    var place: Int
    /// -1: not known.
    var cpu: Int
    /// Cycles.
    var cost: UInt64
    var isRTAS: Bool
    var writes: Set<ReferenceTCE> = []
    var clears: Set<ReferenceTCE> = []
    var kills: [ReferenceKill] = []
}

/// [order] The trace without time: what each event does, finds and waits for, from its place in the trace.
struct ReferencePlan: Sendable {
    struct PlatformEvent: Sendable {
        var place: Int
        var kills: [ReferenceKill]
    }

    var transactions: [ReferenceTransaction] = []
    var calls: [ReferenceCall] = []
    var platformEvents: [PlatformEvent] = []
    var rules: [String] = []

    private(set) var guest: ReferenceGuest
    private var lastWriter: [ReferenceTCE: Int] = [:]

    init(_ events: [TraceEvent], _ configuration: ReferenceConfiguration) {
        guest = ReferenceGuest(configuration)
        for (place, event) in events.enumerated() { add(event.body, place) }
    }

    private mutating func add(_ body: TraceEvent.Body, _ place: Int) {
        switch body {
        case .phb(let phb): addPlatform(guest.tables.plug(phb), place)
        case .window(let window): addPlatform(guest.tables.make(window), place)
        case .unwindow(let liobn): addPlatform(guest.tables.remove(liobn), place)
        case .reset: addPlatform(guest.reset(), place)
        case .thaw(let buid, _):
            guest.tables.thaw(buid)
            addPlatform([], place)
        case .hcall(let call): addCall(guest.hcall(call), call.cpu, place)
        case .rtas(let call): addCall(guest.rtas(call), call.cpu, place, isRTAS: true)
        case .ultracall(let call): addCall(guest.ultracall(call), call.cpu, place)
        case .dma(let dma): addTransaction(dma, place)
        case .observed, .guest: break
        }
    }

    private mutating func addPlatform(_ kills: [ReferenceKill], _ place: Int) {
        platformEvents.append(PlatformEvent(place: place, kills: kills))
    }

    private mutating func addCall(_ effect: ReferenceGuest.Effect, _ cpu: UInt16?, _ place: Int, isRTAS: Bool = false) {
        // [round] half up, once; and a call takes a cycle at least.
        if effect.cost % ReferenceConfiguration.cycle != 0 { rules.append("round") }
        let cost = max(1, ReferenceConfiguration.rounded(effect.cost))
        calls.append(
            ReferenceCall(
                place: place, cpu: cpu.map { Int($0) } ?? -1, cost: cost, isRTAS: isRTAS,
                writes: Set(effect.writes), clears: Set(effect.clears), kills: effect.kills))
        for tce in effect.writes { lastWriter[tce] = place }
        rules += effect.rules
    }

    // MARK: Transactions

    private mutating func addTransaction(_ dma: TraceEvent.DMA, _ place: Int) {
        let access = ReferenceAccess(dma, guest.tables, guest.configuration)
        let name: ReferenceRequester.Name =
            if let id = dma.requester { .id(id) } else if let liobn = dma.liobn { .liobn(liobn) } else { .phb }
        var transaction = ReferenceTransaction(
            place: place,
            requester: ReferenceRequester(phb: access.phb ?? (dma.liobn == nil ? dma.buid : nil), name: name),
            path: .nowhere, isWrite: access.isWrite, fault: access.fault)
        transaction.uses = Set(access.uses)
        for tce in access.uses {
            if let writer = lastWriter[tce] { transaction.waitsFor.insert(writer) }
        }
        if let phb = access.phb {
            transaction.path = .link(phb)
            transaction.tlps = access.tlps
        } else if access.window != nil {
            transaction.path = .software(access.softwareCycles)
            rules.append("vio")
        }
        if access.isAssumed { rules.append("assumed") }
        if access.fault == .frozen { rules.append("freeze") }
        // [freeze] From the next transaction in the trace on.
        if let phb = access.phb, access.fault != nil, guest.configuration.eeh { guest.tables.freeze(phb) }
        transactions.append(transaction)
    }
}
