// SPDX-License-Identifier: Apache-2.0
import TceEmu

// What random steps are made of: LIOBNs, addresses, TCEs; and the steps of a secure guest.

extension StepGenerator {
    mutating func liobn(_ machine: NaiveMachine) -> UInt64 {
        let liobn = anyLIOBN()
        // Mostly one that has a window.
        return machine.windows[liobn] != nil || oneIn(4) ? liobn : anyLIOBN()
    }

    private mutating func anyLIOBN() -> UInt64 {
        switch below(24) {
        case 0..<11: NaiveMachine.firstLIOBN
        case 11..<18: NaiveMachine.firstLIOBN + 1
        case 18..<20: setup.phbCount > 1 ? NaiveMachine.firstLIOBN + 0x100 + below(2) : NaiveMachine.firstLIOBN
        case 20..<22: setup.hasVIO ? NaiveMachine.vioWindow.liobn : NaiveMachine.firstLIOBN + below(2)
        case 22: NaiveMachine.firstLIOBN
        default:
            one(of: [
                0x8000_0002, 0x7100_0000, 1 << 32 | 0x8000_0000, 1 << 63 | 0x8000_0000, .max, 0,
            ])
        }
    }

    mutating func ioba(_ liobn: UInt64, _ machine: NaiveMachine) -> UInt64 {
        // Where there is no window, one that there might be.
        let window = machine.windows[liobn] ?? NaiveMachine.vioWindow
        let page: UInt64
        switch below(32) {
        case 0..<20: page = below(4)
        case 20..<26: page = window.count &- 1 &- below(3)
        case 26: page = window.count
        case 27: page = window.count - min(window.count, 512)
        case 28: page = below(window.count)
        case 29: page = oneIn(2) ? .max : window.count * 2
        case 30: page = one(of: [511, 512, 1 << 31, 1 << 32])
        default: return one(of: [0, .max, window.start | 1 << 63, window.start &- 1, next()])
        }
        let ioba = window.start &+ page << window.shift
        return oneIn(8) ? ioba &+ below(window.pageBytes) : ioba
    }

    /// A window and an address whose pages may be mapped, at offsets where the frames are that steps meet in.
    mutating func dmaAddress(_ machine: NaiveMachine) -> (liobn: UInt64, ioba: UInt64) {
        let liobn = liobn(machine)
        if oneIn(16) { return (liobn, ioba(liobn, machine)) }
        let window = machine.windows[liobn] ?? NaiveMachine.vioWindow
        var page = oneIn(6) ? window.count - 1 - min(below(3), window.count - 1) : below(min(4, window.count))
        if window.tces[page, default: 0] & 3 == 0 { page = below(min(4, window.count)) }
        let offset = address(machine) % window.pageBytes
        return (liobn, window.start &+ page << window.shift &+ offset)
    }

    mutating func dmaBytes() -> UInt64 {
        switch below(16) {
        case 0: oneIn(100) ? one(of: [0x1000, 0x1008, 0x2010]) : 0
        case 1: 1 + below(7)
        case 2: 24
        case 3: 64
        default: 8
        }
    }

    /// A real address: few of them in few frames, and some at the end of memory and of the 64-bit space.
    mutating func address(_ machine: NaiveMachine) -> UInt64 {
        switch below(24) {
        case 0: return (machine.memoryBytes ?? 0) &- one(of: [8, 4, 1, 0, 0x1000, 0x1_0000] as [UInt64])
        case 1: return oneIn(3) ? one(of: [.max - 3, .max, 1 << 63, 0xffff_ffff_fffc]) : 0
        case 2: return frameAddress(machine)
        default:
            let offset: UInt64 = one(of: [0, 8, 0x10, 0x18, 0x1000, 0x1008, 0xff8, 0xf000, 0xf008, 0xfff8, 0x8000])
            let inside = oneIn(6) ? offset &+ one(of: [1, 4, 7, 0x10]) : offset
            return (firstFrame + below(6)) << 16 &+ inside
        }
    }

    /// The first byte of a frame.
    mutating func frameAddress(_ machine: NaiveMachine) -> UInt64 {
        if oneIn(16) {
            let end = machine.memoryBytes ?? 0
            let address = one(of: [end &- 1, end, end &- 0x1_0001, 1 << 60])
            return address - address % NaiveMachine.frameBytes
        }
        return (firstFrame + below(6)) << 16
    }

    /// The address of a TCE list.
    mutating func list(_ machine: NaiveMachine) -> UInt64 {
        switch below(24) {
        case 0: return one(of: [8, 0x800, 0xfff]) + frameAddress(machine)
        case 1: return one(of: [1 << 63, .max - 0xfff, 0x1000_0000])
        case 2:
            let address = (machine.memoryBytes ?? 0) &- one(of: [0, 1, 0x1000])
            return address - address % 4096
        default: return (firstFrame + below(6)) << 16 + one(of: [0, 0, 0x1000, 0xf000])
        }
    }

    mutating func tce(_ window: NaiveWindow?, _ machine: NaiveMachine) -> UInt64 {
        let pageBytes = window?.pageBytes ?? 4096
        var page: UInt64
        switch below(32) {
        case 0: return 0
        case 1: return next()
        case 2:
            let end = machine.memoryBytes ?? 0
            page = one(of: [end, end &- 4096, end &- pageBytes, end &+ pageBytes, end &- 1, 1 << 60])
        default:
            page = (firstFrame + below(6)) << 16 + one(of: [0, 0x1000, 0xf000])
        }
        // Else a page that is none of the window's, where its pages are large.
        if !oneIn(8) { page -= page % pageBytes }
        let inside: UInt64 = oneIn(16) ? 4 + below(1023) * 4 : 0
        return page &+ inside & ~3 | one(of: [3, 3, 3, 3, 3, 1, 2, 0])
    }

    /// Doublewords to store: TCEs mostly, since a list may be read where they are.
    mutating func values(_ machine: NaiveMachine) -> [UInt64] {
        var values: [UInt64] = []
        let window = machine.windows[liobn(machine)]
        for _ in 0..<(oneIn(3) ? 4 : 1) { values.append(oneIn(12) ? next() : tce(window, machine)) }
        return values
    }

    // MARK: A secure guest

    mutating func ultracall(_ machine: NaiveMachine) -> Step {
        let gfn = frameAddress(machine) >> 16
        let number: UInt64
        switch below(40) {
        case 0..<9: return .ultracall(NaiveUltracall.sharePage, [gfn, frameCount(gfn, machine)])
        case 9..<15: return .ultracall(NaiveUltracall.unsharePage, [gfn, frameCount(gfn, machine)])
        case 15: return .ultracall(NaiveUltracall.unshareAllPages, [])
        case 16..<23: number = NaiveUltracall.pageOut
        case 23..<29: number = NaiveUltracall.pageIn
        case 29..<37:
            return .ultracall(NaiveUltracall.pageInval, [1, gpa(machine), oneIn(12) ? below(20) : 16])
        case 37:
            // Good arguments would make the guest secure.
            var (blob, fdt) = (address(machine), address(machine))
            if !isSecure, setup.hasPEF {
                guard let nowhere = machine.memoryBytes else { return .ultracall(0, []) }
                if machine.isMemory(blob), oneIn(2) { fdt = nowhere } else { blob = nowhere }
            }
            return .ultracall(NaiveUltracall.esm, [blob, fdt])
        case 38:
            return .ultracall(one(of: [0xF104, 0xF11C, 0xF120, 0xF124, 0, 0xF130 | 1 << 32, 0xF111, .max]), [gfn, 1])
        default:
            return machine.vm == .normal
                ? .ultracall(NaiveUltracall.svmTerminate, [0]) : .ultracall(NaiveUltracall.sharePage, [gfn])
        }
        let flags = oneIn(16) ? 1 + below(3) : 0
        return .ultracall(number, [1, 0x5000, gpa(machine), flags, oneIn(16) ? below(20) : 16])
    }

    mutating func svm(_ machine: NaiveMachine) -> Step {
        let order = oneIn(16) ? below(20) : 16
        switch below(20) {
        case 0..<7: return .svm(NaiveSVMHcall.pageIn, gpa: gpa(machine), flags: 0, order: order)
        case 7..<12: return .svm(NaiveSVMHcall.pageIn, gpa: gpa(machine), flags: 1, order: order)
        case 12..<16:
            return .svm(NaiveSVMHcall.pageOut, gpa: gpa(machine), flags: oneIn(16) ? below(3) : 0, order: order)
        case 16 where oneIn(2): return .svm(NaiveSVMHcall.pageIn, gpa: gpa(machine), flags: 2 + below(3), order: order)
        case 16, 17, 18:
            let opcodes: [UInt64] = [
                0xEF10, 0xEF18, 0x1_0000_EF00, NaiveSVMHcall.initAbort, NaiveSVMHcall.initDone,
            ]
            let isQuiet = machine.vm != .transition
            return .svm(isQuiet ? one(of: opcodes) : 0xEF10, gpa: gpa(machine), flags: 0, order: order)
        default:
            // These change nothing but at their time.
            let mayStart = machine.vm != .normal || !setup.hasPEF
            return .svm(
                mayStart && machine.vm != .transition && oneIn(2) ? NaiveSVMHcall.initStart : NaiveSVMHcall.pageIn,
                gpa: gpa(machine), flags: 0, order: order)
        }
    }

    private mutating func gpa(_ machine: NaiveMachine) -> UInt64 {
        frameAddress(machine) + (oneIn(20) ? one(of: [1, 0x1000, 0x8000]) : 0)
    }

    /// How many frames to share or unshare.
    private mutating func frameCount(_ gfn: UInt64, _ machine: NaiveMachine) -> UInt64 {
        let left = machine.frameCount > gfn ? machine.frameCount - gfn : 0
        switch below(24) {
        case 0: return 0
        case 1: return left &+ 1
        case 2: return one(of: [.max, .max - gfn, 1 << 49, 0 &- gfn])
        case 3: return left < 8 || (left < 5000 && oneIn(50)) ? left : 1
        default: return 1 + below(3)
        }
    }
}
