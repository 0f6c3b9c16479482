// SPDX-License-Identifier: Apache-2.0
import TceEmu

/// Why a platform does not do as qemu does with one call: a row of docs/platforms.md.
struct Explanation {
    let row: String
    /// The status differs. Else it is what the call leaves behind that may differ.
    let isVisible: Bool

    init(_ row: String, visible: Bool = true) {
        self.row = row
        isVisible = visible
    }
}

/// The rows as predicates of a call's arguments and of the state before it.
struct ExplanationRules {
    let platform: Platform
    /// Bytes of memory of the machine that scripts run on.
    let memory: UInt64 = 256 << 20
    /// Whether create made the window on the default LIOBN.
    var createdDefault = false

    /// Takes notice of an RTAS call: whose window the default LIOBN has.
    mutating func follow(_ call: ExplainedCall, succeeded: Bool, _ before: [DMAWindow], _ after: [DMAWindow]) {
        guard succeeded, case .rtas(let call, _, let arguments) = call else { return }
        let liobn: LIOBN = 0x8000_0000
        let isNew = !before.contains { $0.liobn == liobn } && after.contains { $0.liobn == liobn }
        switch call {
        case .createPEDMAWindow where isNew: createdDefault = true
        case .removePEDMAWindow where isNew || arguments == [0x8000_0000]: createdDefault = false
        case .resetPEDMAWindow, .resetPEDMAWindows: createdDefault = false
        default: break
        }
    }

    /// The row of a call, or nil where the platform does as qemu does.
    func row(of call: ExplainedCall, on machine: inout Machine) -> Explanation? {
        switch call {
        case .hcall(let opcode):
            let isUltravisors = [0xef00, 0xef04, 0xef08, 0xef0c, 0xef14].contains(opcode)
            return platform == .kvm && isUltravisors ? Explanation("P14") : nil
        case .rtas(let call, let returns, let arguments):
            return platform == .papr ? ddw(call, returns, arguments, machine) : nil
        case .memory: return nil
        case .indirect(let liobn, _, _, _) where platform == .papr && liobn >> 63 == 1: return Explanation("P13")
        case .indirect(_, _, _, 513...): return nil
        case .indirect(_, _, let list, _) where list % 4096 != 0: return nil
        default: break
        }
        guard let (window, pages) = call.pages(of: machine) else { return nil }
        return platform == .kvm ? kvm(call, window, pages, &machine) : papr(call, window, pages, &machine)
    }

    private func isOwned(_ tce: UInt64, _ window: DMAWindow) -> Bool {
        tce & 3 == 0 || tce / window.pageBytes < memory / window.pageBytes
    }

    private func entries(_ list: RealAddress, _ count: UInt64, _ machine: inout Machine) -> [UInt64] {
        var entries: [UInt64] = []
        for index in 0..<count { entries.append(machine.loadDoubleword(at: list &+ 8 * index)) }
        return entries
    }

    private func kvm(
        _ call: ExplainedCall, _ window: DMAWindow, _ pages: Range<UInt64>, _ machine: inout Machine
    ) -> Explanation? {
        func isInside(_ ioba: IOBA) -> Bool { (ioba &- window.start) % window.pageBytes != 0 }
        let fits = UInt64(pages.count)
        switch call {
        case .get(_, let ioba), .put(_, let ioba, _): return isInside(ioba) ? Explanation("P1") : nil
        case .stuff(_, let ioba, let tce, let count):
            if count > window.pageCount { return nil }
            if count == 0 { return isInside(ioba) || tce & 3 != 0 ? nil : Explanation("P8") }
            if isInside(ioba) { return Explanation("P1", visible: count == fits) }
            if count > fits { return Explanation("P11", visible: false) }
            return tce & 3 != 0 ? Explanation("P10") : nil
        case .indirect(_, let ioba, let list, let count):
            if count == 0 { return isInside(ioba) || list >= memory ? nil : Explanation("P7") }
            if isInside(ioba) { return Explanation("P1", visible: count == fits) }
            if count > fits { return Explanation("P11", visible: false) }
            if list >= memory { return nil }
            let entries = entries(list, count, &machine)
            let isQEMUs = entries.contains { tce in
                tce & 3 != 0 && (tce % window.pageBytes > 3 || tce >= memory)
            }
            return !isQEMUs && entries.contains { $0 >= memory } ? Explanation("P6") : nil
        default: return nil
        }
    }

    private func papr(
        _ call: ExplainedCall, _ window: DMAWindow, _ pages: Range<UInt64>, _ machine: inout Machine
    ) -> Explanation? {
        let fits = UInt64(pages.count)
        switch call {
        case .get(let liobn, let ioba):
            let tce = machine.getTCE(liobn, ioba).tce ?? .empty
            return isOwned(tce.rawValue, window) ? nil : Explanation("P5")
        case .put(_, _, let tce): return isOwned(tce, window) ? nil : Explanation("P2")
        case .stuff(_, _, let tce, let count):
            if count > 512 { return Explanation("P9") }
            if count == 0 { return isOwned(tce, window) ? Explanation("P8") : nil }
            if count > window.pageCount { return nil }
            if count > fits { return Explanation("P11", visible: false) }
            return isOwned(tce, window) ? nil : Explanation("P3")
        case .indirect(_, _, let list, let count):
            if count > fits { return Explanation("P11", visible: false) }
            if list >= memory { return count == 0 ? nil : Explanation("P12") }
            if count == 0 { return Explanation("P7") }
            return entries(list, count, &machine).contains { !isOwned($0, window) } ? Explanation("P4") : nil
        default: return nil
        }
    }

    private func ddw(
        _ call: RTASCall, _ returns: Int, _ arguments: [UInt32], _ machine: borrowing Machine
    ) -> Explanation? {
        let isBridges = arguments.count >= 3 && arguments[1] == 0x800_0000 && arguments[2] == 0x2000_0000
        let windows = machine.windows
        switch (call, arguments.count, returns) {
        case (.queryPEDMAWindow, 3, 6) where isBridges: return Explanation("P17")
        case (.createPEDMAWindow, 5, 4) where isBridges:
            let (page, window) = (arguments[3], arguments[4])
            guard [12, 16, 21, 24].contains(page), window >= page else { return nil }
            if windows.count == 2 { return Explanation("P15") }
            return window - page > 31 ? Explanation("P16") : nil
        case (.removePEDMAWindow, 1, 1):
            let isLast = arguments[0] == 0x8000_0000 && windows.map(\.liobn) == [0x8000_0000]
            return isLast && createdDefault ? Explanation("P18", visible: false) : nil
        case (.resetPEDMAWindows, 3, 1) where isBridges: return Explanation("P19")
        default: return nil
        }
    }
}
