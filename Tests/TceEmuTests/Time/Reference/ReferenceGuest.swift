// SPDX-License-Identifier: Apache-2.0
import TceEmu

/// What the guest's calls do to the tables and what they cost: the functional side, in the trace's order. [order]
struct ReferenceGuest: Sendable {
    /// What one call did.
    struct Effect: Sendable {
        /// In millionths of a cycle.
        var cost: UInt64 = 0
        /// TCEs stored into, whatever the value.
        var writes: [ReferenceTCE] = []
        /// Those of them whose permission went from not 0 to 0.
        var clears: [ReferenceTCE] = []
        /// What leaves the TCE cache when the call ends.
        var kills: [ReferenceKill] = []
        var rules: [ReferenceRule] = []
    }

    let configuration: ReferenceConfiguration
    var tables = ReferenceTables()
    var ultravisor: ReferenceUltravisor

    init(_ configuration: ReferenceConfiguration) {
        self.configuration = configuration
        ultravisor = ReferenceUltravisor(configuration)
    }

    /// The machine is reset: the guest is not secure any more.
    mutating func reset() -> [ReferenceKill] {
        ultravisor = ReferenceUltravisor(configuration)
        return tables.resetMachine()
    }

    mutating func rtas(_ call: TraceEvent.Call) -> Effect {
        let rules: [UInt64: ReferenceRule] = [
            0x2026: .rtasQuery, 0x2027: .rtasCreate, 0x2028: .rtasRemove, 0x2029: .rtasReset,
        ]
        var effect = Effect(cost: configuration.rtasDDW, kills: tables.rtas(call), rules: [.rtas])
        if let rule = rules[call.number] { effect.rules.append(rule) }
        return effect
    }

    mutating func ultracall(_ call: TraceEvent.Call) -> Effect {
        Effect(cost: ultravisor.call(call.number, call.arguments), rules: [.ultracall])
    }

    // MARK: TCE hcalls

    mutating func hcall(_ call: TraceEvent.Hcall) -> Effect {
        var effect = Effect()
        let list = listAsRead(call)
        let exit = exit(call, list)
        let written = store(call, list)
        let c = configuration
        effect.cost += c.hcallEntry
        if ultravisor.isSecure {
            effect.cost += c.hcallReflection
            effect.rules.append(.reflection)
        }
        if let exit {
            effect.cost += c.hcallExit
            effect.rules += [.exit, exit]
        } else {
            effect.rules.append(c.exitToUser == .never ? .exitNever : .exitRefused)
        }
        if !isThere(call) { effect.rules.append(.noMultitce) }
        let n = UInt64(written.count)
        switch call.kind {
        case .get: effect.cost += c.hcallGet
        case .put: effect.cost += c.hcallPut
        case .stuff: effect.cost += c.hcallStuff + n * c.hcallStuffEntry
        case .putIndirect: effect.cost += c.hcallList + n * c.hcallListEntry
        }
        if isListPagedOut(call) {
            effect.cost += c.uvPageOut + c.uvPageIn
            effect.rules.append(.pageOut)
        }
        charge(written, of: call.liobn, to: &effect)
        effect.rules.append(.cost)
        return effect
    }

    /// First touch, pass-through and kills, and what the call wrote, cleared and changed.
    private mutating func charge(
        _ written: [(index: UInt64, old: UInt64, new: UInt64)], of liobn: LIOBN,
        to effect: inout Effect
    ) {
        guard let window = tables.windows[liobn] else { return }
        let c = configuration
        for (index, old, new) in written {
            let tce = ReferenceTCE(life: window.life, index: index)
            effect.writes.append(tce)
            if old & 3 != 0 && new & 3 == 0 { effect.clears.append(tce) }
            if old != new { effect.kills.append(.tce(liobn, index: index)) }
            if tables.windows[liobn]?.touched.insert(index / 8_192).inserted == true {
                effect.cost += c.hcallFirstTouch
                effect.rules.append(.firstTouch)
            }
        }
        guard c.isPassthrough else { return }
        effect.cost += UInt64(written.count) * c.passthroughEntry
        let changed = UInt64(effect.kills.count)
        guard changed > 0 else { return }
        effect.cost += c.killCompletion
        switch c.killScope {
        case .page:
            effect.cost += changed * c.killIssue
            effect.rules.append(.killScopePage)
        case .pe:
            effect.cost += c.killIssue
            if let buid = window.phb { effect.kills.append(.phb(buid)) }
            effect.rules.append(.killScopePe)
        }
    }

    /// Stores what the call stores on QEMU's machine; the TCEs with their value before and after.
    private mutating func store(_ call: TraceEvent.Hcall, _ list: [UInt64]) -> [(
        index: UInt64, old: UInt64, new: UInt64
    )] {
        guard isThere(call), let window = tables.windows[call.liobn], window.contains(call.ioba) else { return [] }
        let values: [UInt64]
        switch call.kind {
        case .get:
            values = []
        case .put:
            values = [call.value]
        case .stuff:
            values = call.npages > window.tces ? [] : Array(repeating: call.value, count: Int(call.npages))
        case .putIndirect:
            values = call.npages > 512 || call.value % 4096 != 0 ? [] : list
        }
        var written: [(index: UInt64, old: UInt64, new: UInt64)] = []
        for (index, value) in zip(window.index(call.ioba)..<window.tces, values) {
            written.append((index, window.value(index), value))
            tables.windows[call.liobn]?.values[index] = value == 0 ? nil : value
        }
        return written
    }

    // MARK: The list of H_PUT_TCE_INDIRECT

    /// The list's TCEs as the hypervisor sees them.
    private func listAsRead(_ call: TraceEvent.Hcall) -> [UInt64] {
        guard call.kind == .putIndirect, call.npages <= 512 else { return [] }
        let known = call.entries + Array(repeating: 0, count: max(0, Int(call.npages) - call.entries.count))
        guard ultravisor.isSecure else { return known }
        guard configuration.isMemory(call.value) else { return known.map { _ in 0 } }
        guard !ultravisor.isShared(call.value) else { return known }
        return known.enumerated().map { ReferenceUltravisor.encrypted($1, at: call.value + 8 * UInt64($0)) }
    }

    /// Whether the hypervisor had to page the list's frame out to read it. The guest has just stored the list there.
    private func isListPagedOut(_ call: TraceEvent.Hcall) -> Bool {
        guard call.kind == .putIndirect, isThere(call), ultravisor.isSecure, configuration.isMemory(call.value),
            let window = tables.windows[call.liobn], window.contains(call.ioba)
        else { return false }
        return 1...512 ~= call.npages && call.value % 4096 == 0 && !ultravisor.isShared(call.value)
    }

    // MARK: [exit]

    /// Why a call goes to user space; nil: it does not.
    private func exit(_ call: TraceEvent.Hcall, _ list: [UInt64]) -> ReferenceRule? {
        switch configuration.exitToUser {
        case .never: nil
        case .always: .exitAlways
        case .kvm: isThere(call) ? exitOfKernel(call, list) : nil
        }
    }

    /// Why the in-kernel handler leaves a call to user space.
    private func exitOfKernel(_ call: TraceEvent.Hcall, _ list: [UInt64]) -> ReferenceRule? {
        guard let window = tables.windows[call.liobn] else { return .exitNoWindow }
        // What the kernel refuses before it looks at values.
        if call.kind == .putIndirect && (call.npages > 512 || call.value % 4096 != 0) { return nil }
        if window.offset(call.ioba) % (1 << window.shift) != 0 || !window.contains(call.ioba) { return nil }
        switch call.kind {
        case .get, .stuff: return nil
        case .put: return isBad(call.value, window) ? .exitValue : nil
        case .putIndirect:
            if !configuration.isMemory(call.value) { return .exitList }
            return list.contains { isBad($0, window) } ? .exitListEntry : nil
        }
    }

    /// Without multi-TCE the machine has two of the calls not.
    private func isThere(_ call: TraceEvent.Hcall) -> Bool {
        configuration.hasMultiTCE || call.kind == .get || call.kind == .put
    }

    private func isBad(_ value: UInt64, _ window: ReferenceWindow) -> Bool {
        let address = value & ~3
        return value & 3 != 0 && (address % (1 << window.shift) != 0 || !configuration.isMemory(address))
    }
}

/// The frames of a secure guest, as far as costs depend on them.
struct ReferenceUltravisor: Sendable {
    let configuration: ReferenceConfiguration
    private(set) var isSecure = false
    private var sharedFrames: Set<UInt64> = []

    init(_ configuration: ReferenceConfiguration) {
        self.configuration = configuration
    }

    func isShared(_ address: UInt64) -> Bool { sharedFrames.contains(address >> 16) }

    /// What an ultracall does, and costs in millionths of a cycle.
    mutating func call(_ number: UInt64, _ given: [UInt64]) -> UInt64 {
        let c = configuration
        let args = given + Array(repeating: 0, count: 8)
        switch number {
        case 0xf110:  // UV_ESM
            if c.isMemory(args[0]) && c.isMemory(args[1]) { isSecure = true }
        case 0xf130 where isSecure && areFrames(args[0], args[1]):  // UV_SHARE_PAGE
            sharedFrames.formUnion(args[0]..<(args[0] + args[1]))
            return args[1] * c.uvShare
        case 0xf134 where isSecure && areFrames(args[0], args[1]):  // UV_UNSHARE_PAGE
            sharedFrames.subtract(args[0]..<(args[0] + args[1]))
            return args[1] * c.uvUnshare
        case 0xf140 where isSecure:  // UV_UNSHARE_ALL_PAGES
            defer { sharedFrames = [] }
            return UInt64(sharedFrames.count) * c.uvUnshare
        case 0xf12c where isPageCall(args):  // UV_PAGE_OUT
            return c.uvPageOut
        case 0xf128 where isPageCall(args):  // UV_PAGE_IN
            return c.uvPageIn
        case 0xf13c:  // UV_SVM_TERMINATE
            isSecure = false
            sharedFrames = []
        default:
            break
        }
        return c.uvCall
    }

    private func areFrames(_ first: UInt64, _ count: UInt64) -> Bool {
        let frames = configuration.memoryBytes.map { $0 / 65_536 + ($0 % 65_536 == 0 ? 0 : 1) } ?? 1 << 48
        return first < frames && 1...(frames - first) ~= count
    }

    /// lpid, host address, guest address, flags, order.
    private func isPageCall(_ args: [UInt64]) -> Bool {
        isSecure && configuration.isMemory(args[2]) && args[2] % 65_536 == 0 && args[3] == 0 && args[4] == 16
    }

    /// What the hypervisor sees of a doubleword in a secure frame.
    static func encrypted(_ value: UInt64, at address: UInt64) -> UInt64 {
        mixed(value ^ mixed(address &+ 0x9e37_79b9_7f4a_7c15))
    }

    private static func mixed(_ word: UInt64) -> UInt64 {
        var z = word
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}
