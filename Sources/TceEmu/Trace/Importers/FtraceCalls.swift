// SPDX-License-Identifier: Apache-2.0

/// Calls that have begun and not yet ended, and the events that wait for them: an event stands at its call's beginning,
/// but what the call answered and how long it took stand on a later line.
///
/// Calls of one owner end in the opposite order of their beginnings: an interrupt's calls, which ftrace prints with the
/// interrupted task's PID, are over before the task goes on. Memory is bounded: where too many calls are open in one
/// owner, or too many events wait, the oldest call is given up, and its event goes on without an answer.
struct FtraceCalls {
    /// Who makes a call. An hcall stays on its CPU; a function may begin on one CPU and return on another, where its
    /// task has moved. The idle tasks of all CPUs have PID 0.
    enum Owner: Hashable {
        case cpu(UInt16)
        case task(UInt64)
        case idle(UInt16)
    }

    enum Kind: Hashable {
        case hcall(opcode: UInt64)
        case buildmulti
        case freemulti
    }

    struct Call {
        var kind: Kind
        var owner: Owner
        /// The CPU, time and line of the beginning.
        var cpu: UInt16
        var time: UInt64
        var line: UInt64
        /// What a function was asked to write.
        var range: FtraceRange?
        /// Number of the event that waits for the call.
        fileprivate var sequence: UInt64 = 0

        init(_ kind: Kind, _ owner: Owner, cpu: UInt16, time: UInt64, line: UInt64, range: FtraceRange? = nil) {
            self.kind = kind
            self.owner = owner
            self.cpu = cpu
            self.time = time
            self.line = line
            self.range = range
        }
    }

    private struct Waiting {
        var event: TraceEvent
        /// Whose call has to end first.
        var owner: Owner?
    }

    /// Calls that may be open at once in one owner.
    static let depthMax = 64
    /// Events that may wait.
    static let waitingMax = 16_384

    private var open: [Owner: [Call]] = [:]
    /// Owners with an open call that began on a CPU.
    private var ownersOnCPU: [UInt16: Set<Owner>] = [:]
    private var waiting: [Waiting] = []
    /// Where in `waiting` the oldest event is, and its number.
    private var first = 0
    private var firstSequence: UInt64 = 0
    /// Lines of the last losses, by CPU.
    private var losses: [UInt16: UInt64] = [:]
    /// Calls whose end was not seen, in the order in which that was known.
    private(set) var unended: [Call] = []

    /// The calls that were given up since this was last asked.
    mutating func takeUnended() -> [Call] {
        guard !unended.isEmpty else { return [] }
        defer { unended.removeAll() }
        return unended
    }

    /// The calls of an owner that are open, the innermost last.
    func calls(of owner: Owner) -> [Call] { open[owner] ?? [] }

    /// Takes an event that waits for nothing but those before it.
    mutating func append(_ event: TraceEvent) {
        waiting.append(Waiting(event: event))
    }

    /// Takes an event that waits for its call's end.
    mutating func begin(_ call: Call, _ event: TraceEvent) {
        var call = call
        call.sequence = firstSequence + UInt64(waiting.count - first)
        waiting.append(Waiting(event: event, owner: call.owner))
        open[call.owner, default: []].append(call)
        ownersOnCPU[call.cpu, default: []].insert(call.owner)
        if calls(of: call.owner).count > Self.depthMax { giveUp(0, of: call.owner) }
    }

    /// Ends the innermost call of a kind, and lets its event be completed. Calls inside it that have not ended will not.
    /// The result is the call, or nil where none is open.
    mutating func end(
        _ kind: Kind, of owner: Owner, on cpu: UInt16, complete: (Call, inout TraceEvent) -> Void
    ) -> Call? {
        guard let index = open[owner]?.lastIndex(where: { $0.kind == kind }) else { return nil }
        while let count = open[owner]?.count, count > index + 1 { giveUp(count - 1, of: owner) }
        guard let call = open[owner]?[index] else { return nil }
        // What was lost on the CPU of the end may have been this call's end and another one's beginning.
        if let loss = losses[cpu], loss > call.line {
            giveUp(index, of: owner)
            return nil
        }
        remove(index, of: owner)
        complete(call, &waiting[position(call.sequence)].event)
        return call
    }

    /// Events of a CPU were lost: none of its calls can be told to end.
    mutating func lose(on cpu: UInt16, line: UInt64) {
        losses[cpu] = line
        let owners = ownersOnCPU[cpu] ?? []
        for owner in owners.sorted(by: { firstLine($0) < firstLine($1) }) {
            for (index, call) in calls(of: owner).enumerated().reversed() where call.cpu == cpu {
                giveUp(index, of: owner)
            }
        }
    }

    /// Gives up every call.
    mutating func loseAll() {
        for owner in open.keys.sorted(by: { firstLine($0) < firstLine($1) }) {
            for index in calls(of: owner).indices.reversed() { giveUp(index, of: owner) }
        }
    }

    /// Hands on the events that wait no longer, in order.
    mutating func flush(_ emit: (TraceEvent) throws -> Void) throws {
        while first < waiting.count {
            if let owner = waiting[first].owner {
                guard waiting.count - first > Self.waitingMax else { break }
                if let index = calls(of: owner).firstIndex(where: { $0.sequence == firstSequence }) {
                    giveUp(index, of: owner)
                }
            }
            let event = waiting[first].event
            first += 1
            firstSequence += 1
            if first == waiting.count || first >= Self.waitingMax {
                waiting.removeSubrange(..<first)
                first = 0
            }
            try emit(event)
        }
    }

    private func firstLine(_ owner: Owner) -> UInt64 { open[owner]?.first?.line ?? 0 }

    private func position(_ sequence: UInt64) -> Int { first + Int(sequence - firstSequence) }

    /// A call's end will not be seen: its event need not wait.
    private mutating func giveUp(_ index: Int, of owner: Owner) {
        guard let call = open[owner]?[index] else { return }
        remove(index, of: owner)
        unended.append(call)
    }

    private mutating func remove(_ index: Int, of owner: Owner) {
        guard let call = open[owner]?.remove(at: index) else { return }
        if open[owner]?.isEmpty == true { open[owner] = nil }
        if open[owner]?.contains(where: { $0.cpu == call.cpu }) != true { ownersOnCPU[call.cpu]?.remove(owner) }
        waiting[position(call.sequence)].owner = nil
    }
}
