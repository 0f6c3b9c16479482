// SPDX-License-Identifier: Apache-2.0
import CTce

/// Makes H_PUT_TCE of the multi-TCE hcalls: as a guest does that has none, one for each TCE, in their order.
struct CallSplitter {
    /// What the trace may still ask for, in TCEs: as of a replay (tce_run.h), with which only calls that are refused
    /// can be at odds.
    private var work = UInt64(TCE_RUN_WORK)

    /// An event of the trace goes by.
    mutating func grow() {
        let (sum, overflow) = work.addingReportingOverflow(UInt64(TCE_RUN_WORK_PER_EVENT))
        work = overflow ? .max : sum
    }

    /// How many H_PUT_TCE stand in the place of a call; nil: it stays as it is, because it is none of the two or its
    /// list is not known.
    ///
    /// One for each TCE that it names. Of a call of more than 512, those in the window, and one behind them if it goes
    /// on there: a guest's loop ends, or fails for ever, where the first is refused.
    static func count(_ call: TraceEvent.Hcall, in window: DMAWindow?) -> UInt64? {
        switch call.kind {
        case .get, .put: return nil
        case .putIndirect: return UInt64(call.entries.count) == call.npages ? call.npages : nil
        case .stuff:
            guard call.npages > UInt64(TCE_LIST_ENTRIES_MAX) else { return call.npages }
            let inside = window.flatMap { window in window.page(of: call.ioba).map { window.pageCount - $0 } } ?? 0
            return call.npages <= inside ? call.npages : inside + 1
        }
    }

    /// Takes the work of so many; false: no trace may ask for so much.
    mutating func spend(_ count: UInt64) -> Bool {
        guard count > UInt64(TCE_LIST_ENTRIES_MAX) else { return true }
        guard count <= work else { return false }
        work -= count
        return true
    }

    /// The n-th H_PUT_TCE in the place of a call.
    static func put(_ index: UInt64, of call: TraceEvent.Hcall, in window: DMAWindow?) -> TraceEvent.Hcall {
        let shift = UInt64(window?.pageShift ?? UInt32(TCE_PAGE_SHIFT_4K))
        return TraceEvent.Hcall(
            .put, cpu: call.cpu, liobn: call.liobn, ioba: call.ioba &+ index << shift,
            value: call.kind == .stuff ? call.value : call.entries[Int(index)])
    }
}
