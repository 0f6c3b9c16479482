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
final class ReferenceTransaction: Sendable {
    enum Path: Hashable, Sendable {
        case link(BUID)
        /// A virtual device's: so many cycles behind the one before it.
        case software(UInt64)
        /// It fails where it starts.
        case nowhere
    }

    let place: Int
    let requester: ReferenceRequester
    let path: Path
    let isWrite: Bool
    let tlps: [ReferenceTLP]
    let fault: ReferenceFault?
    let uses: Set<ReferenceTCE>
    /// Numbers of the calls that were the last before it to write a TCE that it uses. [ready]
    let waitsFor: [Int]

    init(_ access: ReferenceAccess, _ place: Int, waitsFor: Set<Int>) {
        let dma = access.dma
        let name: ReferenceRequester.Name =
            if let id = dma.requester { .id(id) } else if let liobn = dma.liobn { .liobn(liobn) } else { .phb }
        self.place = place
        requester = ReferenceRequester(phb: access.phb ?? (dma.liobn == nil ? dma.buid : nil), name: name)
        isWrite = access.isWrite
        fault = access.fault
        uses = Set(access.uses)
        self.waitsFor = Array(waitsFor)
        tlps = access.phb == nil ? [] : access.tlps
        if let phb = access.phb {
            path = .link(phb)
        } else {
            path = access.window == nil ? .nowhere : .software(access.softwareCycles)
        }
    }
}

/// A call, with all that does not depend on time.
final class ReferenceCall: Sendable {
    let place: Int
    /// -1: not known.
    let cpu: Int
    /// Cycles. [round] Half up, once; and a call takes a cycle at least.
    let cost: UInt64
    let isRTAS: Bool
    let writes: Set<ReferenceTCE>
    let clears: Set<ReferenceTCE>
    let kills: [ReferenceKill]

    init(_ effect: ReferenceGuest.Effect, _ cpu: UInt16?, _ place: Int, isRTAS: Bool) {
        self.place = place
        self.cpu = cpu.map { Int($0) } ?? -1
        cost = max(1, ReferenceConfiguration.rounded(effect.cost))
        self.isRTAS = isRTAS
        writes = Set(effect.writes)
        clears = Set(effect.clears)
        kills = effect.kills
    }
}

/// [order] The trace without time: what each event does, finds and waits for, from its place in the trace.
struct ReferencePlan {
    struct PlatformEvent: Sendable {
        var place: Int
        var kills: [ReferenceKill]
    }

    /// What an event is, with its number among those.
    enum Event: Sendable {
        case transaction(Int)
        case call(Int)
        case platform(Int)
        /// It takes no time.
        case nothing
    }

    /// By place in the trace.
    private(set) var events: [Event] = []
    private(set) var transactions: [ReferenceTransaction] = []
    private(set) var calls: [ReferenceCall] = []
    private(set) var platformEvents: [PlatformEvent] = []
    /// Places of events of the platform and RTAS calls. [saturate]
    private(set) var barriers: [Int] = []
    private(set) var rules: [ReferenceRule] = []

    private(set) var guest: ReferenceGuest
    private var lastWriter: [ReferenceTCE: Int] = [:]

    init(_ events: [TraceEvent], _ configuration: ReferenceConfiguration) {
        guest = ReferenceGuest(configuration)
        for (place, event) in events.enumerated() { add(event.body, place) }
    }

    private mutating func add(_ body: TraceEvent.Body, _ place: Int) {
        switch body {
        case .phb(let phb): addPlatform(guest.tables.plug(phb), place)
        case .window(let window): addPlatform(guest.tables.make(window), place, .windowMade)
        case .unwindow(let liobn): addPlatform(guest.tables.remove(liobn), place, .windowRemoved)
        case .reset: addPlatform(guest.reset(), place, .machineReset)
        case .thaw(let buid, _):
            guest.tables.thaw(buid)
            addPlatform([], place, .thaw)
        case .hcall(let call): addCall(guest.hcall(call), call.cpu, place)
        case .rtas(let call): addCall(guest.rtas(call), call.cpu, place, isRTAS: true)
        case .ultracall(let call): addCall(guest.ultracall(call), call.cpu, place)
        case .dma(let dma): addTransaction(dma, place)
        case .observed, .guest: events.append(.nothing)
        }
    }

    private mutating func addPlatform(_ kills: [ReferenceKill], _ place: Int, _ rule: ReferenceRule? = nil) {
        events.append(.platform(platformEvents.count))
        barriers.append(place)
        platformEvents.append(PlatformEvent(place: place, kills: kills))
        if let rule, rule == .thaw || !kills.isEmpty { rules.append(rule) }
    }

    private mutating func addCall(_ effect: ReferenceGuest.Effect, _ cpu: UInt16?, _ place: Int, isRTAS: Bool = false) {
        if effect.cost % ReferenceConfiguration.cycle != 0 { rules.append(.round) }
        for tce in effect.writes { lastWriter[tce] = calls.count }
        events.append(.call(calls.count))
        if isRTAS { barriers.append(place) }
        calls.append(ReferenceCall(effect, cpu, place, isRTAS: isRTAS))
        rules += effect.rules
    }

    private mutating func addTransaction(_ dma: TraceEvent.DMA, _ place: Int) {
        let access = ReferenceAccess(dma, guest.tables, guest.configuration)
        events.append(.transaction(transactions.count))
        transactions.append(
            ReferenceTransaction(access, place, waitsFor: Set(access.uses.compactMap { lastWriter[$0] })))
        if access.phb == nil && access.window != nil { rules += access.fault == nil ? [.vio] : [.vio, .vioFault] }
        if access.isAssumed { rules.append(.assumed) }
        if access.fault == .frozen { rules.append(.freeze) }
        // [freeze] From the next transaction in the trace on.
        if let phb = access.phb, access.fault != nil, guest.configuration.eeh { guest.tables.freeze(phb) }
    }
}
