// SPDX-License-Identifier: Apache-2.0
import CTce

/// Joins runs of H_PUT_TCE into one H_STUFF_TCE or H_PUT_TCE_INDIRECT, event by event.
///
/// A run is a longest row of H_PUT_TCE, all in one phase, that
/// * one vCPU makes on one LIOBN, with no other TCE hcall of that vCPU on that LIOBN between; where a kernel clears or fills
///   a table another vCPU may go on with it, as the scheduler may move the loop;
/// * name one I/O page after another, ascending;
/// * are all of 0 (and become one H_STUFF_TCE) or all not (and become one list);
/// * are at most 512, and are each accepted;
/// * have no access to their TCEs between the first of them and the last: by a device, by a call of another vCPU, by
///   what makes or takes windows.
///
/// One alone becomes what Linux makes of it where it has multi-TCE hcalls: H_STUFF_TCE clears whatever the number of pages, and
/// a window is filled with lists alone.
///
/// The call stands where the first of them stood, made by the same vCPU, and they are gone: nothing that looks at a TCE gets
/// another answer. To know how a run ends, what follows its first call has to wait; a run ends where too much does.
struct CallJoiner {
    /// Events with their phases; they leave in the order in which they came.
    typealias Item = (event: TraceEvent, phase: CallPhase?)

    private struct Slot {
        /// Nil: the call that was here is part of one that stands before.
        var event: TraceEvent?
        var phase: CallPhase?
        /// Whose run begins here, until it ends.
        var opens: Key?
        var weight: Int
    }

    private struct Key: Hashable {
        var liobn: LIOBN
        var cpu: UInt16?
    }

    private struct Run {
        /// Place of its first call, counted from the first event of all.
        var place: Int
        var values: [UInt64]
        var first: IOBA
        var window: DMAWindow
        var phase: CallPhase?
        /// Calls that it may have: what would be the next one's TCE has been used since the first.
        var limit = CallJoiner.callMax

        var isClear: Bool { values[0] == 0 }
        /// Does Linux make an H_PUT_TCE of a single page here, where it has multi-TCE hcalls? (SLOF has none of them.)
        var mayBePut: Bool { phase == .firmware || !isClear && phase != .population }
        /// Bus address of the page behind its last one.
        var next: IOBA { first &+ UInt64(values.count) << UInt64(window.pageShift) }

        /// The first of its pages, or of those that may still come, that an access uses; nil: it uses none.
        func page(usedFrom address: IOBA, _ bytes: UInt64) -> Int? {
            let (sum, overflow) = address.addingReportingOverflow(max(bytes, 1) - 1)
            guard (overflow ? .max : sum) >= first else { return nil }
            let page = address <= first ? 0 : (address - first) >> UInt64(window.pageShift)
            return page < UInt64(limit) ? Int(page) : nil
        }
    }

    private var slots: [Slot] = []
    /// Of `slots`: the first that has not left. And the place that `slots[0]` is.
    private var head = 0
    private var base = 0
    private var runs: [LIOBN: [UInt16?: Run]] = [:]
    private var weight = 0
    private let reach: Int

    static let callMax = Int(TCE_LIST_ENTRIES_MAX)
    /// TCEs of a list that weigh as much as an event.
    private static let entriesPerWeight = 16

    /// - Parameter reach: events that wait at most.
    init(reach: Int = 16_384) {
        self.reach = reach
    }

    /// Adds an event.
    ///
    /// - Parameter window: of an H_PUT_TCE that may be joined; else nil.
    mutating func add(_ event: TraceEvent, _ phase: CallPhase?, joinableIn window: DMAWindow?) {
        var key: Key?
        switch event.body {
        case .hcall(let call):
            let own = Key(liobn: call.liobn, cpu: call.cpu)
            let continued = window == nil ? nil : run(thatGoesOnWith: call, phase)
            endRuns(touchedBy: call, but: continued)
            if let continued {
                if continued != own { end(own) }
                runs[continued.liobn]?[continued.cpu]?.values.append(call.value)
                append(event, phase, opens: nil, isGone: true)
                return
            }
            end(own)
            if let window {
                key = own
                runs[call.liobn, default: [:]][call.cpu] = Run(
                    place: base + slots.count, values: [call.value], first: call.ioba, window: window, phase: phase)
            }
        case .dma(let access): endRuns(touchedBy: access)
        case .observed(let call) where TCEHcall(rawValue: call.opcode) != nil:
            // Its table is not known.
            for liobn in runs.keys { end(Key(liobn: liobn, cpu: call.cpu)) }
        default: break
        }
        append(event, phase, opens: key, isGone: false)
    }

    private mutating func append(_ event: TraceEvent, _ phase: CallPhase?, opens key: Key?, isGone: Bool) {
        var slot = Slot(event: isGone ? nil : event, phase: phase, opens: key, weight: 1)
        if case .hcall(let call) = event.body { slot.weight += call.entries.count / Self.entriesPerWeight }
        slots.append(slot)
        weight += slot.weight
    }

    /// Takes the events that wait for nothing, in order. Where too many wait, the run for which they do ends.
    mutating func takeReady(_ body: (Item) throws -> Void) rethrows {
        while head < slots.count {
            if let key = slots[head].opens {
                guard weight > reach else { break }
                end(key)
            }
            weight -= slots[head].weight
            if let event = slots[head].event { try body((event, slots[head].phase)) }
            slots[head].event = nil
            head += 1
        }
        guard head > 1024, head > slots.count / 2 else { return }
        base += head
        slots.removeFirst(head)
        head = 0
    }

    // MARK: Runs

    /// The run that an H_PUT_TCE goes on with; nil: none.
    private func run(thatGoesOnWith call: TraceEvent.Hcall, _ phase: CallPhase?) -> Key? {
        guard let open = runs[call.liobn] else { return nil }
        func goesOn(_ run: Run) -> Bool {
            run.values.count < run.limit && call.ioba == run.next && call.ioba != 0
                && (call.value == 0) == run.isClear && run.phase == phase
        }
        if let run = open[call.cpu], goesOn(run) { return Key(liobn: call.liobn, cpu: call.cpu) }
        guard phase == .bootClear || phase == .population else { return nil }
        // No two runs end at one page: the second to come to it would have ended the first, or barred it.
        return open.first { goesOn($0.value) }.map { Key(liobn: call.liobn, cpu: $0.key) }
    }

    /// Ends a run: its call is known.
    private mutating func end(_ key: Key) {
        guard let run = runs[key.liobn]?.removeValue(forKey: key.cpu) else { return }
        if runs[key.liobn]?.isEmpty == true { runs[key.liobn] = nil }
        let place = run.place - base
        slots[place].opens = nil
        guard run.values.count > 1 || !run.mayBePut, let first = slots[place].event else { return }
        let isClear = run.isClear
        slots[place].event = TraceEvent(
            time: first.time,
            body: .hcall(
                TraceEvent.Hcall(
                    isClear ? .stuff : .putIndirect, cpu: key.cpu, liobn: key.liobn, ioba: run.first, value: 0,
                    npages: UInt64(run.values.count), entries: isClear ? [] : run.values)))
    }

    /// Ends all runs: nothing follows.
    mutating func endAll() {
        for (liobn, runs) in runs { for cpu in runs.keys { end(Key(liobn: liobn, cpu: cpu)) } }
    }

    /// Ends the runs on windows that change.
    mutating func end(_ change: WindowTracker.Change) {
        guard case .these(let liobns) = change.tables else { return endAll() }
        for liobn in liobns {
            guard let open = runs[liobn] else { continue }
            for cpu in open.keys { end(Key(liobn: liobn, cpu: cpu)) }
        }
    }

    /// A call may use TCEs of other vCPUs' runs; of one it is a part.
    private mutating func endRuns(touchedBy call: TraceEvent.Hcall, but continued: Key?) {
        guard let open = runs[call.liobn] else { return }
        let count = call.kind == .get || call.kind == .put ? 1 : call.npages
        for (cpu, run) in open where cpu != call.cpu {
            let key = Key(liobn: call.liobn, cpu: cpu)
            guard key != continued else { continue }
            let (bytes, overflow) = count.multipliedReportingOverflow(by: run.window.pageBytes)
            use(key, run, call.ioba, overflow ? .max : bytes)
        }
    }

    /// An access may use TCEs of runs. Where its table is not known, of any whose addresses are its own.
    private mutating func endRuns(touchedBy access: TraceEvent.DMA) {
        let bytes = access.length ?? 1
        if let liobn = access.liobn {
            guard let open = runs[liobn] else { return }
            for (cpu, run) in open { use(Key(liobn: liobn, cpu: cpu), run, access.ioba, bytes) }
            return
        }
        for (liobn, open) in runs {
            for (cpu, run) in open where access.buid == nil || access.buid == run.window.buid {
                use(Key(liobn: liobn, cpu: cpu), run, access.ioba, bytes)
            }
        }
    }

    /// Pages are used: a run ends with that, or may not come to them.
    private mutating func use(_ key: Key, _ run: Run, _ first: IOBA, _ bytes: UInt64) {
        guard let page = run.page(usedFrom: first, bytes) else { return }
        if page < run.values.count { end(key) } else { runs[key.liobn]?[key.cpu]?.limit = page }
    }
}
