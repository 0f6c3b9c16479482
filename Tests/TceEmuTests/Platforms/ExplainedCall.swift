// SPDX-License-Identifier: Apache-2.0
import TceEmu

/// A statement of a script as the rows of docs/platforms.md speak of it.
enum ExplainedCall {
    case get(LIOBN, IOBA)
    case put(LIOBN, IOBA, UInt64)
    case stuff(LIOBN, IOBA, UInt64, count: UInt64)
    case indirect(LIOBN, IOBA, list: RealAddress, count: UInt64)
    case hcall(UInt64)
    case rtas(RTASCall, returns: Int, [UInt32])
    /// Guest memory, in which the platforms do not differ.
    case memory

    init(_ statement: HcallStatement) {
        switch statement {
        case .getTCE(let liobn, let ioba): self = .get(liobn, ioba)
        case .putTCE(let liobn, let ioba, let tce): self = .put(liobn, ioba, tce.rawValue)
        case .stuffTCE(let liobn, let ioba, let tce, let count): self = .stuff(liobn, ioba, tce.rawValue, count: count)
        case .putTCEIndirect(let liobn, let ioba, let list, let count):
            self = .indirect(liobn, ioba, list: list, count: count)
        case .hcall(let opcode, let registers):
            let arguments = registers + Array(repeating: 0, count: 6 - registers.count)
            switch opcode {
            case 0x1c: self = .get(arguments[0], arguments[1])
            case 0x20: self = .put(arguments[0], arguments[1], arguments[2])
            case 0x138: self = .stuff(arguments[0], arguments[1], arguments[2], count: arguments[3])
            case 0x13c: self = .indirect(arguments[0], arguments[1], list: arguments[2], count: arguments[3])
            default: self = .hcall(opcode)
            }
        case .rtas(let call, let returns, let arguments): self = .rtas(call, returns: returns, arguments)
        default: self = .memory
        }
    }

    var isRTAS: Bool {
        if case .rtas = self { return true }
        return false
    }

    /// Whether it may write entries of a table.
    var writes: Bool {
        switch self {
        case .put, .stuff, .indirect: true
        default: false
        }
    }

    /// The window that it names, and those of its pages that may be looked at or written.
    func pages(of machine: borrowing Machine) -> (window: DMAWindow, pages: Range<UInt64>)? {
        let (liobn, ioba, count): (LIOBN, IOBA, UInt64)
        switch self {
        case .get(let l, let a), .put(let l, let a, _): (liobn, ioba, count) = (l, a, 1)
        case .stuff(let l, let a, _, let n), .indirect(let l, let a, _, let n): (liobn, ioba, count) = (l, a, n)
        default: return nil
        }
        guard let window = machine.window(liobn), let first = window.page(of: ioba) else { return nil }
        return (window, first..<first + min(count, window.pageCount - first))
    }
}
