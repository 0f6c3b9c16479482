// SPDX-License-Identifier: Apache-2.0
import TceEmu

// The secure guest: ultracalls of the guest and of the hypervisor, and the hypervisor calls that the ultravisor makes.

struct NaiveSharing: Equatable {
    var sharedPages: UInt64 = 0
    var peakSharedPages: UInt64 = 0
    var shareCalls: UInt64 = 0
    var unshareCalls: UInt64 = 0
    var pageOuts: UInt64 = 0
    var pageIns: UInt64 = 0
    var remaps: UInt64 = 0
    var damagedPages: UInt64 = 0
    var lostPages: UInt64 = 0
    var ultracalls: UInt64 = 0
}

enum NaiveUltracall {
    static let esm: UInt64 = 0xF110
    static let pageIn: UInt64 = 0xF128
    static let pageOut: UInt64 = 0xF12C
    static let sharePage: UInt64 = 0xF130
    static let unsharePage: UInt64 = 0xF134
    static let pageInval: UInt64 = 0xF138
    static let svmTerminate: UInt64 = 0xF13C
    static let unshareAllPages: UInt64 = 0xF140

    static let success: Int64 = 0
    static let busy: Int64 = 1
    static let function: Int64 = -2
    static let parameter: Int64 = -4
    static let p2: Int64 = -55
    static let p3: Int64 = -56
    static let p4: Int64 = -57
    static let p5: Int64 = -58
    static let invalid: Int64 = -10001
}

enum NaiveSVMHcall {
    static let pageIn: UInt64 = 0xEF00
    static let pageOut: UInt64 = 0xEF04
    static let initStart: UInt64 = 0xEF08
    static let initDone: UInt64 = 0xEF0C
    static let initAbort: UInt64 = 0xEF14
}

extension NaiveMachine {
    mutating func ultracall(_ number: UInt64, _ given: [UInt64]) -> Int64 {
        sharing.ultracalls += 1
        let status = setup.hasPEF ? answer(number, given + Array(repeating: 0, count: 9 - given.count)) : -2
        let isNamed = 0xF110...0xF140 ~= number
        seen.note(.uv(isNamed ? number : 0, status))
        return status
    }

    private mutating func answer(_ number: UInt64, _ r: [UInt64]) -> Int64 {
        switch number {
        case NaiveUltracall.esm: return esm(blob: r[0], fdt: r[1])
        case NaiveUltracall.sharePage:
            sharing.shareCalls += 1
            if let status = refusal(gfn: r[0], count: r[1]) { return status }
            for gfn in r[0]..<(r[0] + r[1]) {
                change(gfn, to: .shared)
                words[gfn] = nil
            }
            return NaiveUltracall.success
        case NaiveUltracall.unsharePage:
            sharing.unshareCalls += 1
            if let status = refusal(gfn: r[0], count: r[1]) { return status }
            for gfn in r[0]..<(r[0] + r[1]) where frame(gfn).state.isShared {
                change(gfn, to: .secureIn)
                words[gfn] = nil
            }
            return NaiveUltracall.success
        case NaiveUltracall.unshareAllPages:
            sharing.unshareCalls += 1
            guard vm == .secure else { return NaiveUltracall.invalid }
            for (gfn, frame) in frames where frame.state.isShared {
                if frame.byUltravisor {
                    seen.note("the ultravisor's shared frame stays")
                } else {
                    change(gfn, to: .secureIn)
                    words[gfn] = nil
                }
            }
            return NaiveUltracall.success
        case NaiveUltracall.pageOut: return pageOut(gpa: r[2], flags: r[3], order: r[4])
        case NaiveUltracall.pageIn: return pageIn(gpa: r[2], flags: r[3], order: r[4])
        case NaiveUltracall.pageInval: return pageInval(gpa: r[1], order: r[2])
        case NaiveUltracall.svmTerminate:
            guard vm != .normal else { return NaiveUltracall.invalid }
            terminate()
            return NaiveUltracall.success
        default: return NaiveUltracall.function
        }
    }

    // MARK: The guest's

    private mutating func esm(blob: UInt64, fdt: UInt64) -> Int64 {
        guard isMemory(blob) else { return NaiveUltracall.parameter }
        guard isMemory(fdt) else { return NaiveUltracall.p2 }
        switch vm {
        case .secure: return NaiveUltracall.success
        case .transition: return NaiveUltracall.busy
        case .normal:
            vm = .secure
            frames = [:]
            seen.note("UV_ESM: secure")
            return NaiveUltracall.success
        }
    }

    /// What is wrong with a range of frames to share or unshare.
    private func refusal(gfn: UInt64, count: UInt64) -> Int64? {
        guard vm == .secure else { return NaiveUltracall.invalid }
        guard gfn < frameCount else { return NaiveUltracall.parameter }
        guard count > 0, count <= frameCount - gfn else { return NaiveUltracall.p2 }
        return nil
    }

    // MARK: The hypervisor's

    private func isFrame(_ gpa: UInt64) -> Bool { isMemory(gpa) && gpa % Self.frameBytes == 0 }

    /// What is wrong with a page-out or page-in.
    private func refusal(gpa: UInt64, flags: UInt64, order: UInt64) -> Int64? {
        guard vm != .normal else { return NaiveUltracall.parameter }
        guard isFrame(gpa) else { return NaiveUltracall.p3 }
        guard flags == 0 else { return NaiveUltracall.p4 }
        guard order == 16 else { return NaiveUltracall.p5 }
        return nil
    }

    private mutating func pageOut(gpa: UInt64, flags: UInt64, order: UInt64) -> Int64 {
        if let status = refusal(gpa: gpa, flags: flags, order: order) { return status }
        hostTouches(Self.gfn(gpa))
        return NaiveUltracall.success
    }

    private mutating func pageIn(gpa: UInt64, flags: UInt64, order: UInt64) -> Int64 {
        if let status = refusal(gpa: gpa, flags: flags, order: order) { return status }
        let gfn = Self.gfn(gpa)
        if frame(gfn).state == .normal {
            change(gfn, to: .secureIn)
            sharing.pageIns += 1
        } else {
            guestTouches(gfn)
        }
        return NaiveUltracall.success
    }

    private mutating func pageInval(gpa: UInt64, order: UInt64) -> Int64 {
        guard vm != .normal else { return NaiveUltracall.parameter }
        guard isFrame(gpa) else { return NaiveUltracall.p2 }
        guard order == 16 else { return NaiveUltracall.p3 }
        let frame = frame(Self.gfn(gpa))
        guard frame.state.isShared else { return NaiveUltracall.p2 }
        change(Self.gfn(gpa), to: .sharedAbsent, byUltravisor: frame.byUltravisor)
        return NaiveUltracall.success
    }

    /// The secure VM ends: what was not shared is lost.
    mutating func terminate() {
        for gfn in words.keys where !frame(gfn).state.isShared { words[gfn] = nil }
        becomeNormal()
    }

    private mutating func becomeNormal() {
        for (gfn, _) in frames { change(gfn, to: .normal) }
        frames = [:]
        vm = .normal
    }

    // MARK: Hypervisor calls that the ultravisor makes

    mutating func svmHcall(_ opcode: UInt64, gpa: UInt64, flags: UInt64, order: UInt64) -> Int64 {
        let status = setup.hasPEF ? svmAnswer(opcode, gpa, flags, order) : NaiveHcall.function
        let isNamed = [0xEF00, 0xEF04, 0xEF08, 0xEF0C, 0xEF14].contains(opcode)
        seen.note(.svm(isNamed ? opcode : 0, status))
        return status
    }

    private mutating func svmAnswer(_ opcode: UInt64, _ gpa: UInt64, _ flags: UInt64, _ order: UInt64) -> Int64 {
        switch opcode {
        case NaiveSVMHcall.initStart:
            guard vm == .normal else { return NaiveHcall.unsupported }
            vm = .transition
            return NaiveHcall.success
        case NaiveSVMHcall.initDone:
            guard vm == .transition else { return NaiveHcall.unsupported }
            vm = .secure
            // What has no entry is secureIn by default.
            for (gfn, frame) in frames where frame.state == .normal { change(gfn, to: .secureIn) }
            return NaiveHcall.success
        case NaiveSVMHcall.initAbort:
            guard vm != .normal else { return NaiveHcall.unsupported }
            guard vm == .transition else { return NaiveHcall.state }
            for (gfn, frame) in frames where frame.isDamaged {
                words[gfn] = nil
                sharing.lostPages += 1
                seen.note("H_SVM_INIT_ABORT: a frame is lost")
            }
            becomeNormal()
            return NaiveHcall.parameter
        case NaiveSVMHcall.pageIn, NaiveSVMHcall.pageOut:
            guard vm != .normal else { return NaiveHcall.unsupported }
            guard order == 16 else { return NaiveHcall.p3 }
            guard flags == 0 || (flags == 1 && opcode == NaiveSVMHcall.pageIn) else { return NaiveHcall.p2 }
            guard isFrame(gpa) else { return NaiveHcall.parameter }
            let gfn = Self.gfn(gpa)
            if opcode == NaiveSVMHcall.pageOut {
                hostTouches(gfn)
                return NaiveHcall.success
            }
            return flags == 1 ? svmShare(gfn) : svmPageIn(gfn)
        default: return NaiveHcall.function
        }
    }

    private mutating func svmShare(_ gfn: UInt64) -> Int64 {
        if frame(gfn).state.isShared {
            // As if the guest touched it: a frame that is absent is there again.
            guestTouches(gfn)
            seen.note("H_SVM_PAGE_IN: shared already")
        } else {
            change(gfn, to: .shared, byUltravisor: true)
            words[gfn] = nil
        }
        return NaiveHcall.success
    }

    private mutating func svmPageIn(_ gfn: UInt64) -> Int64 {
        switch frame(gfn).state {
        case .normal:
            change(gfn, to: .secureIn)
            sharing.pageIns += 1
        case .secureOut: guestTouches(gfn)
        case .shared, .sharedAbsent:
            change(gfn, to: .secureIn)
            words[gfn] = nil
        case .secureIn: return NaiveHcall.parameter
        }
        return NaiveHcall.success
    }
}
