// SPDX-License-Identifier: Apache-2.0
import TceEmu

// The TCE hcalls: the checks of each platform in their order; the first that fails is the answer.

enum NaiveHcall {
    static let getTCE: UInt64 = 0x1C
    static let putTCE: UInt64 = 0x20
    static let stuffTCE: UInt64 = 0x138
    static let putTCEIndirect: UInt64 = 0x13C

    static let success: Int64 = 0
    static let partial: Int64 = 5
    static let function: Int64 = -2
    static let parameter: Int64 = -4
    static let p2: Int64 = -55
    static let p3: Int64 = -56
    static let p4: Int64 = -57
    static let unsupported: Int64 = -67
    static let state: Int64 = -75
}

extension NaiveMachine {
    /// Any hcall by number. The answer is R3, and R4 where the hcall has an output.
    mutating func hcall(_ opcode: UInt64, _ given: [UInt64]) -> (status: Int64, r4: UInt64) {
        let r = given + Array(repeating: 0, count: 6 - given.count)
        var r4: UInt64 = 0
        let status: Int64
        switch opcode {
        case NaiveHcall.getTCE: (status, r4) = getTCE(r[0], r[1])
        case NaiveHcall.putTCE: status = putTCE(r[0], r[1], r[2])
        case NaiveHcall.stuffTCE: status = stuffTCE(r[0], r[1], r[2], r[3])
        case NaiveHcall.putTCEIndirect: status = putTCEIndirect(r[0], r[1], list: r[2], r[3])
        case 0xEF00, 0xEF04, 0xEF08, 0xEF0C, 0xEF14:
            // KVM has them, for the ultravisor alone.
            status = setup.platform == .kvm ? NaiveHcall.unsupported : NaiveHcall.function
            seen.note("an ultravisor's hcall made by the guest")
        default: status = NaiveHcall.function
        }
        seen.note(.hcall(opcode <= NaiveHcall.putTCEIndirect ? opcode : 0, status))
        return (status, r4)
    }

    func getTCE(_ liobn: UInt64, _ ioba: UInt64) -> (status: Int64, tce: UInt64) {
        guard let window = windows[liobn] else { return (NaiveHcall.parameter, 0) }
        if setup.platform == .kvm, !window.isAligned(ioba) { return (NaiveHcall.parameter, 0) }
        guard window.has(ioba) else { return (NaiveHcall.parameter, 0) }
        let tce = window.tces[window.page(ioba)] ?? 0
        if setup.platform == .papr, tce & 3 != 0, !owns(tce, window) {
            return (NaiveHcall.partial, tce | 0xffff_ffff_ffff_f000)
        }
        return (NaiveHcall.success, tce)
    }

    mutating func putTCE(_ liobn: UInt64, _ ioba: UInt64, _ tce: UInt64) -> Int64 {
        guard let window = windows[liobn] else { return refuse("H_PUT_TCE: no window") }
        if setup.platform == .kvm, !window.isAligned(ioba) { return refuse("H_PUT_TCE: IOBA inside a page") }
        guard window.has(ioba) else { return refuse("H_PUT_TCE: outside the window") }
        if setup.platform == .papr, tce & 3 != 0, !owns(tce, window) { return refuse("H_PUT_TCE: page not owned") }
        windows[liobn]?.tces[window.page(ioba)] = tce
        return NaiveHcall.success
    }

    mutating func stuffTCE(_ liobn: UInt64, _ ioba: UInt64, _ tce: UInt64, _ npages: UInt64) -> Int64 {
        guard setup.hasMultiTCE else { return NaiveHcall.function }
        guard let window = windows[liobn] else { return refuse("H_STUFF_TCE: no window") }
        if setup.platform == .kvm, !window.isAligned(ioba) { return refuse("H_STUFF_TCE: IOBA inside a page") }
        guard window.has(ioba) else { return refuse("H_STUFF_TCE: outside the window") }
        let first = window.page(ioba)
        if setup.platform == .papr, npages > 512 { return NaiveHcall.p4 }
        if npages > (setup.platform == .qemu ? window.count : window.count - first) {
            return refuse("H_STUFF_TCE: too many pages")
        }
        if setup.platform == .kvm, tce & 3 != 0 { return refuse("H_STUFF_TCE: a permission bit") }
        if setup.platform == .papr, tce & 3 != 0, !owns(tce, window) { return refuse("H_STUFF_TCE: page not owned") }
        if npages == 0 {
            seen.note("H_STUFF_TCE: no pages")
            return setup.platform == .qemu ? NaiveHcall.parameter : NaiveHcall.success
        }
        windows[liobn]?.store(tce, from: first, npages)
        return npages <= window.count - first ? NaiveHcall.success : refuse("H_STUFF_TCE: head written")
    }

    mutating func putTCEIndirect(_ liobn: UInt64, _ ioba: UInt64, list: UInt64, _ npages: UInt64) -> Int64 {
        guard setup.hasMultiTCE else { return NaiveHcall.function }
        if setup.platform == .papr, liobn >> 63 == 1 { return NaiveHcall.function }
        guard let window = windows[liobn] else { return refuse("H_PUT_TCE_INDIRECT: no window") }
        if npages > 512 { return refuse("H_PUT_TCE_INDIRECT: too many pages") }
        if list % 4096 != 0 { return refuse("H_PUT_TCE_INDIRECT: list inside a page") }
        if setup.platform == .kvm, !window.isAligned(ioba) { return refuse("H_PUT_TCE_INDIRECT: IOBA inside a page") }
        guard window.has(ioba) else { return refuse("H_PUT_TCE_INDIRECT: outside the window") }
        let first = window.page(ioba)
        if setup.platform != .qemu, npages > window.count - first { return refuse("H_PUT_TCE_INDIRECT: past the end") }
        switch setup.platform {
        case .qemu: return putListAsQEMU(window, first, list, npages)
        case .kvm: return putListAsKVM(window, first, list, npages)
        case .papr: return putListAsPAPR(window, first, list, npages)
        }
    }

    /// Nothing is looked at; where there is no memory the list is zeros.
    private mutating func putListAsQEMU(
        _ window: NaiveWindow, _ first: UInt64, _ list: UInt64, _ npages: UInt64
    ) -> Int64 {
        if npages == 0 { return refuse("H_PUT_TCE_INDIRECT: no pages") }
        if !isMemory(list) { seen.note("H_PUT_TCE_INDIRECT: zeros of a list outside memory") }
        for (page, tce) in zip(first..., hostLoad(list, npages)) {
            guard page < window.count else { return refuse("H_PUT_TCE_INDIRECT: head written") }
            windows[window.liobn]?.tces[page] = tce
        }
        return NaiveHcall.success
    }

    /// Where the kernel gives up, QEMU takes over.
    private mutating func putListAsKVM(
        _ window: NaiveWindow, _ first: UInt64, _ list: UInt64, _ npages: UInt64
    ) -> Int64 {
        guard isMemory(list) else { return putListAsQEMU(window, first, list, npages) }
        if npages == 0 { return NaiveHcall.success }
        let entries = hostLoad(list, npages)
        for tce in entries where tce & 3 != 0 {
            let address = tce - tce % 4
            if address % window.pageBytes != 0 || !isMemory(address) {
                seen.note("H_PUT_TCE_INDIRECT: the kernel gives up")
                return putListAsQEMU(window, first, list, npages)
            }
        }
        for (page, tce) in zip(first..., entries) {
            guard isMemory(tce - tce % 4) else {
                return refuse("H_PUT_TCE_INDIRECT: an address of no memory, head written")
            }
            windows[window.liobn]?.tces[page] = tce
        }
        return NaiveHcall.success
    }

    /// All or nothing.
    private mutating func putListAsPAPR(
        _ window: NaiveWindow, _ first: UInt64, _ list: UInt64, _ npages: UInt64
    ) -> Int64 {
        guard isMemory(list + 4095) else { return refuse("H_PUT_TCE_INDIRECT: list not owned") }
        if npages == 0 { return NaiveHcall.success }
        let entries = hostLoad(list, npages)
        for tce in entries where tce & 3 != 0 && !owns(tce, window) {
            return refuse("H_PUT_TCE_INDIRECT: page not owned")
        }
        for (page, tce) in zip(first..., entries) { windows[window.liobn]?.tces[page] = tce }
        return NaiveHcall.success
    }

    private mutating func refuse(_ rule: String) -> Int64 {
        seen.note(rule)
        return NaiveHcall.parameter
    }
}
