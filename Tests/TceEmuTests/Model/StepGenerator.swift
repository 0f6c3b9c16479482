// SPDX-License-Identifier: Apache-2.0
import TceEmu

/// Random steps that meet: few windows, pages and frames, and the values at both sides of each boundary.
///
/// It looks at the model to aim, so a seed makes the same steps as long as the model answers the same.
struct StepGenerator {
    private var state: UInt64
    let setup: NaiveSetup

    /// Whether the guest is to be a secure one most of the time; else it never becomes one.
    let isSecure: Bool

    /// The frames that steps meet in: this one and some after it.
    let firstFrame: UInt64

    init(seed: UInt64, setup: NaiveSetup, isSecure: Bool) {
        state = seed
        self.setup = setup
        self.isSecure = isSecure
        firstFrame = (setup.memoryBytes ?? .max) > 80 << 20 ? 0x400 : 0x10
    }

    // MARK: Chance

    /// SplitMix64.
    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ z >> 30) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ z >> 27) &* 0x94d0_49bb_1331_11eb
        return z ^ z >> 31
    }

    mutating func below(_ limit: UInt64) -> UInt64 { next() % limit }

    mutating func oneIn(_ count: UInt64) -> Bool { below(count) == 0 }

    mutating func one<T>(of choices: [T]) -> T { choices[Int(below(UInt64(choices.count)))] }

    // MARK: Steps

    mutating func step(_ machine: NaiveMachine) -> Step {
        if let step = turn(machine) { return step }
        switch below(100) {
        case 0..<7: return .store(address(machine), values(machine))
        case 7..<12: return .load(address(machine))
        case 12..<17:
            let liobn = liobn(machine)
            return .getTCE(liobn, ioba(liobn, machine))
        case 17..<34:
            let liobn = liobn(machine)
            return .putTCE(liobn, ioba(liobn, machine), tce(machine.windows[liobn], machine))
        case 34..<41: return stuff(machine)
        case 41..<49: return indirect(machine)
        case 49..<51: return hcall(machine)
        case 51..<55: return rtas(machine)
        case 55..<68: return isSecure || oneIn(4) ? ultracall(machine) : step(machine)
        case 68..<73: return isSecure || oneIn(4) ? svm(machine) : step(machine)
        case 73..<81:
            let (liobn, ioba) = dmaAddress(machine)
            return .dmaRead(liobn, ioba, bytes: dmaBytes())
        case 81..<89:
            let (liobn, ioba) = dmaAddress(machine)
            // A script's statement has no write of no bytes.
            let count = max(1, (dmaBytes() + 7) / 8)
            return .dmaWrite(liobn, ioba, (0..<count).map { _ in tce(nil, machine) })
        case 89..<93: return .hostLoad(address(machine))
        case 93..<96: return .hostStore(address(machine), values(machine))
        default: return .frame(address(machine))
        }
    }

    /// What must happen now and then, and soon again after it has.
    private mutating func turn(_ machine: NaiveMachine) -> Step? {
        if machine.phbs.contains(where: \.isFrozen), oneIn(4) {
            return .thaw(oneIn(20) ? 0 : one(of: machine.phbs).buid)
        }
        if let bytes = machine.memoryBytes, let whole = setup.memoryBytes, oneIn(bytes == whole ? 250 : 40) {
            return .memory(memorySize(whole))
        }
        if oneIn(2000) { return .reset }
        guard isSecure else { return nil }
        switch machine.vm {
        case .normal where oneIn(8):
            return oneIn(3)
                ? .ultracall(NaiveUltracall.esm, [address(machine), address(machine)])
                : .svm(NaiveSVMHcall.initStart, gpa: 0, flags: 0, order: 16)
        case .transition where oneIn(50):
            return .svm(
                oneIn(2) ? NaiveSVMHcall.initAbort : NaiveSVMHcall.initDone, gpa: 0, flags: 0, order: 16)
        case .transition where oneIn(300), .secure where oneIn(1000):
            return .ultracall(NaiveUltracall.svmTerminate, [0])
        default:
            return nil
        }
    }

    private mutating func memorySize(_ whole: UInt64) -> UInt64 {
        switch below(20) {
        case 0: 0
        case 1: whole + 0x10_0000
        case 2: whole - 0x8000
        case 3...8: firstFrame << 16 + below(9) << 16 + one(of: [0, 0, 0x8000, 0x1000, 0x804, 4])
        default: whole
        }
    }

    private mutating func stuff(_ machine: NaiveMachine) -> Step {
        let liobn = liobn(machine)
        let ioba = ioba(liobn, machine)
        let window = machine.windows[liobn]
        let value = oneIn(2) ? 0 : setup.platform == .kvm && !oneIn(4) ? next() & ~3 : tce(window, machine)
        var npages: UInt64
        let count = window?.count ?? 1
        let left = window.map { $0.has(ioba) ? $0.count - $0.page(ioba) : 0 } ?? 0
        switch below(16) {
        case 0: npages = one(of: [0, 511, 512, 513])
        case 1: npages = count
        case 2: npages = count + 1
        case 3: npages = left
        case 4: npages = left + 1
        case 5: npages = oneIn(4) ? one(of: [.max, 1 << 32, 1 << 63]) : 0
        default: npages = 1 + below(4)
        }
        // Long runs are slow and show little.
        let written = min(npages, left)
        if written > 1 << 18 || (written > 1024 && !oneIn(400)) { npages = 2 }
        return .stuffTCE(liobn, ioba, value, npages)
    }

    private mutating func indirect(_ machine: NaiveMachine) -> Step {
        let liobn = liobn(machine)
        let ioba = ioba(liobn, machine)
        let left = machine.windows[liobn].map { $0.has(ioba) ? $0.count - $0.page(ioba) : 0 } ?? 0
        let npages: UInt64
        switch below(32) {
        case 0: npages = oneIn(4) ? one(of: [511, 512]) : 0
        case 1: npages = 513
        case 2: npages = one(of: [.max, 1 << 32])
        case 3: npages = min(left, 16)
        case 4: npages = left < 512 ? left + 1 : 1
        case 5: npages = 0
        default: npages = 1 + below(4)
        }
        return .putTCEIndirect(liobn, ioba, list: list(machine), npages)
    }

    private mutating func hcall(_ machine: NaiveMachine) -> Step {
        let liobn = liobn(machine)
        switch below(8) {
        case 0:
            return .hcall(NaiveHcall.getTCE, [liobn, ioba(liobn, machine)])
        case 1:
            return .hcall(NaiveHcall.putTCE, [liobn, ioba(liobn, machine), tce(nil, machine), 7, 8, 9])
        case 2:
            return .hcall(NaiveHcall.putTCEIndirect, [liobn, ioba(liobn, machine), list(machine), below(3)])
        case 3:
            return .hcall(NaiveHcall.stuffTCE, [liobn, ioba(liobn, machine), tce(nil, machine), below(3)])
        case 4:
            return .hcall(one(of: [0xEF00, 0xEF04, 0xEF08, 0xEF0C, 0xEF14]), [address(machine), below(2), 16])
        case 5:
            return .hcall(one(of: [NaiveHcall.getTCE, NaiveHcall.putTCE, NaiveHcall.stuffTCE]), [])
        case 6:
            return .hcall(one(of: [0x1D, 0x1_001C, 0x1_0000_001C, 0x78, 0x10C, 0x140, 0x240, 0x24C, 0x324]), [liobn])
        default:
            return .hcall(one(of: [0xEF10, 0x1_0000_EF00, 0xF110, .max, 0, 4, 0xEF18]), [])
        }
    }

    private mutating func rtas(_ machine: NaiveMachine) -> Step {
        let phb = one(of: machine.phbs)
        var buid = phb.buid
        if oneIn(12) { buid = one(of: [0, phb.buid + 0x100, phb.buid + 1 << 32, NaiveMachine.firstBUID + 1]) }
        var cells = [UInt32(below(3)) << 16, UInt32(buid >> 32), UInt32(truncatingIfNeeded: buid)]
        var call: NaiveRTAS
        var returns: Int
        switch below(24) {
        case 0..<8: (call, returns) = (.query, 5 + Int(below(2)))
        case 8..<18:
            (call, returns) = (.create, 4)
            let pageShift: UInt32 = oneIn(10) ? one(of: [0, 11, 13, 25, 63, 64, 76, .max]) : one(of: [12, 16, 21, 24])
            let tces: UInt32 = oneIn(3) ? one(of: [10, 12, 31, 32, 33]) : UInt32(below(4))
            let windowShift = oneIn(10) ? UInt32(below(UInt64(pageShift) + 1)) : pageShift &+ tces
            cells += [pageShift, min(windowShift, 255)]
        case 18..<22:
            (call, returns) = (.remove, 1)
            let liobn = oneIn(8) ? one(of: [phb.liobn + 2, 0x7100_0000, 0]) : phb.liobn + below(2)
            cells = [UInt32(liobn)]
        default: (call, returns) = (.reset, 1)
        }
        if call == .reset, oneIn(2) { call = .resetPlural }
        switch below(40) {
        case 0: cells.append(0)
        case 1: cells.removeLast()
        case 2: returns += 1
        case 3: returns = max(1, returns - 1)
        default: break
        }
        return .rtas(call, returns: returns, cells)
    }
}
