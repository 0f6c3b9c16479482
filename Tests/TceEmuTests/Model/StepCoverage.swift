// SPDX-License-Identifier: Apache-2.0
import TceEmu

/// What a long random run must have seen: whatever can happen on its platform.
struct StepCoverage {
    let platform: NaivePlatform

    /// Whether the guest was a secure one.
    let isSecure: Bool

    var things: [NaiveCoverage.Thing] {
        hcalls + rtas + faults + rules.map(NaiveCoverage.Thing.rule) + (isSecure ? secure : normal)
    }

    private var hcalls: [NaiveCoverage.Thing] {
        var things = statuses([
            NaiveHcall.getTCE: [0, -4], NaiveHcall.putTCE: [0, -4], NaiveHcall.stuffTCE: [0, -4, -2],
            NaiveHcall.putTCEIndirect: [0, -4, -2], 0: [-2],
        ]).map(NaiveCoverage.Thing.hcall)
        switch platform {
        case .qemu: break
        case .kvm: things.append(.hcall(0, NaiveHcall.unsupported))
        case .papr:
            things += [
                .hcall(NaiveHcall.getTCE, NaiveHcall.partial), .hcall(NaiveHcall.stuffTCE, NaiveHcall.p4),
            ]
        }
        return things
    }

    private var rtas: [NaiveCoverage.Thing] {
        var things: [NaiveCoverage.Thing] = []
        for call in NaiveRTAS.allCases {
            things.append(.rtas(call.rawValue, -3))
            if call != .resetPlural || platform == .papr { things.append(.rtas(call.rawValue, 0)) }
        }
        if platform != .papr { things.append(.rtas(NaiveRTAS.create.rawValue, -1)) }
        return things
    }

    private var faults: [NaiveCoverage.Thing] {
        let faults: [DMAFault] = [.absent, .noWindow, .outsideWindow, .noRead, .noWrite, .notMemory, .frozen]
        return (faults + (isSecure ? [.notShared] : [])).map { .fault($0.rawValue) }
    }

    private var rules: [String] {
        let all = [
            "H_PUT_TCE: no window", "H_PUT_TCE: outside the window", "H_STUFF_TCE: no window",
            "H_STUFF_TCE: outside the window", "H_STUFF_TCE: too many pages", "H_STUFF_TCE: no pages",
            "H_PUT_TCE_INDIRECT: no window", "H_PUT_TCE_INDIRECT: too many pages",
            "H_PUT_TCE_INDIRECT: list inside a page", "H_PUT_TCE_INDIRECT: outside the window",
            "an ultravisor's hcall made by the guest", "cells", "BUID", "page shift", "window shift", "LIOBN", "window",
            "create: no LIOBN", "create: too many TCEs", "create: no other window",
            "create: beside the dynamic window", "remove: the default window is back", "remove: no window is left",
            "a PE freezes", "a PE thaws",
        ]
        let own =
            switch platform {
            case .qemu:
                [
                    "H_STUFF_TCE: head written", "H_PUT_TCE_INDIRECT: head written", "H_PUT_TCE_INDIRECT: no pages",
                    "H_PUT_TCE_INDIRECT: zeros of a list outside memory",
                ]
            case .kvm:
                [
                    "H_PUT_TCE: IOBA inside a page", "H_STUFF_TCE: IOBA inside a page", "H_STUFF_TCE: a permission bit",
                    "H_PUT_TCE_INDIRECT: IOBA inside a page", "H_PUT_TCE_INDIRECT: past the end",
                    "H_PUT_TCE_INDIRECT: the kernel gives up", "H_PUT_TCE_INDIRECT: no pages",
                    "H_PUT_TCE_INDIRECT: an address of no memory, head written",
                    "H_PUT_TCE_INDIRECT: zeros of a list outside memory",
                ]
            case .papr:
                [
                    "H_PUT_TCE: page not owned", "H_STUFF_TCE: page not owned", "H_PUT_TCE_INDIRECT: past the end",
                    "H_PUT_TCE_INDIRECT: list not owned", "H_PUT_TCE_INDIRECT: page not owned",
                    "remove: back, from its own LIOBN",
                ]
            }
        return all + own
    }

    /// Of a guest that never becomes a secure one; some machines have no PEF.
    private var normal: [NaiveCoverage.Thing] {
        let ultracalls = statuses([
            NaiveUltracall.esm: [-2, -4, -55], NaiveUltracall.sharePage: [-2, -10001],
            NaiveUltracall.unsharePage: [-2, -10001], NaiveUltracall.unshareAllPages: [-2, -10001],
            NaiveUltracall.pageIn: [-2, -4], NaiveUltracall.pageOut: [-2, -4], NaiveUltracall.pageInval: [-2, -4],
            NaiveUltracall.svmTerminate: [-2, -10001], 0: [-2],
        ]).map(NaiveCoverage.Thing.uv)
        let calls = statuses([
            NaiveSVMHcall.pageIn: [-2, -67], NaiveSVMHcall.pageOut: [-2, -67], NaiveSVMHcall.initDone: [-2, -67],
            NaiveSVMHcall.initAbort: [-2, -67], 0: [-2],
        ]).map(NaiveCoverage.Thing.svm)
        return ultracalls + calls
    }

    private var secure: [NaiveCoverage.Thing] {
        let ultracalls = statuses([
            NaiveUltracall.esm: [0, 1, -4, -55], NaiveUltracall.sharePage: [0, -4, -55, -10001],
            NaiveUltracall.unsharePage: [0, -4, -55, -10001], NaiveUltracall.unshareAllPages: [0, -10001],
            NaiveUltracall.pageIn: [0, -4, -56, -57, -58], NaiveUltracall.pageOut: [0, -4, -56, -57, -58],
            NaiveUltracall.pageInval: [0, -4, -55, -56], NaiveUltracall.svmTerminate: [0, -10001], 0: [-2],
        ]).map(NaiveCoverage.Thing.uv)
        let calls = statuses([
            NaiveSVMHcall.pageIn: [0, -4, -55, -56, -67], NaiveSVMHcall.pageOut: [0, -4, -55, -56, -67],
            NaiveSVMHcall.initStart: [0, -67], NaiveSVMHcall.initDone: [0, -67],
            NaiveSVMHcall.initAbort: [-4, -67, -75], 0: [-2],
        ]).map(NaiveCoverage.Thing.svm)
        let changes: [NaiveFrameState: [NaiveFrameState]] = [
            .normal: [.secureIn, .shared], .secureIn: [.normal, .secureOut, .shared],
            .secureOut: [.normal, .secureIn, .shared], .shared: [.normal, .secureIn, .sharedAbsent],
            .sharedAbsent: [.normal, .secureIn, .shared],
        ]
        let rules = [
            "a frame is damaged", "a shared frame is unplugged", "H_SVM_PAGE_IN: shared already",
            "the ultravisor's shared frame stays", "H_SVM_INIT_ABORT: a frame is lost", "UV_ESM: secure",
        ]
        return ultracalls + calls + changes.flatMap { old, new in new.map { .frame(old, $0) } }
            + rules.map(NaiveCoverage.Thing.rule)
    }

    /// Each number with each of its statuses.
    private func statuses(_ table: [UInt64: [Int64]]) -> [(UInt64, Int64)] {
        table.flatMap { number, statuses in statuses.map { (number, $0) } }
    }
}
