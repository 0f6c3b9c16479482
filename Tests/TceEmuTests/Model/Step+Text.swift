// SPDX-License-Identifier: Apache-2.0
import TceEmu

// A step as a statement of an hcall script, and its answer as the line that the script prints.

extension Step: CustomStringConvertible {
    var description: String {
        switch self {
        case .store(let address, let values): "store " + Self.words([address] + values)
        case .load(let address): "load " + Self.words([address])
        case .getTCE(let liobn, let ioba): "H_GET_TCE " + Self.words([liobn, ioba])
        case .putTCE(let liobn, let ioba, let tce): "H_PUT_TCE " + Self.words([liobn, ioba, tce])
        case .stuffTCE(let liobn, let ioba, let tce, let npages):
            "H_STUFF_TCE " + Self.words([liobn, ioba, tce]) + " \(npages)"
        case .putTCEIndirect(let liobn, let ioba, let list, let npages):
            "H_PUT_TCE_INDIRECT " + Self.words([liobn, ioba, list]) + " \(npages)"
        case .hcall(let opcode, let registers): "hcall " + Self.words([opcode] + registers)
        case .rtas(let call, let returns, let cells):
            "rtas \(call.name) \(returns)" + cells.map { " " + Self.hexadecimal(UInt64($0)) }.joined()
        case .ultracall(let number, let arguments):
            "uv \(Self.ultracalls[number] ?? Self.hexadecimal(number))" + Self.more(arguments)
        case .svm(let opcode, let gpa, let flags, let order):
            "svm \(Self.svmHcalls[opcode] ?? Self.hexadecimal(opcode)) " + Self.words([gpa, flags]) + " \(order)"
        case .memory(let bytes): "memory \(bytes)"
        case .dmaRead(let liobn, let ioba, let bytes): "dma read " + Self.words([liobn, ioba]) + " \(bytes)"
        case .dmaWrite(let liobn, let ioba, let values): "dma write " + Self.words([liobn, ioba] + values)
        case .hostLoad(let address): "host load " + Self.words([address])
        case .hostStore(let address, let values): "host store " + Self.words([address] + values)
        case .thaw(let buid): "thaw " + Self.words([buid])
        case .reset: "reset"
        case .frame(let address): "frame " + Self.words([address])
        }
    }

    /// The line of the transcript; nil for a statement that prints nothing.
    func line(_ answer: StepAnswer) -> String? {
        switch (self, answer) {
        case (.load(let address), .value(let value)): "load \(Self.full(address)) = \(Self.full(value))"
        case (.hostLoad(let address), .value(let value)): "host load \(Self.full(address)) = \(Self.full(value))"
        case (.getTCE, .hcall(let status, let tce)):
            "H_GET_TCE = \(HcallStatus(rawValue: status))"
                + (status == NaiveHcall.success || status == NaiveHcall.partial ? " " + Self.full(tce) : "")
        case (.putTCE, .hcall(let status, _)): "H_PUT_TCE = \(HcallStatus(rawValue: status))"
        case (.stuffTCE, .hcall(let status, _)): "H_STUFF_TCE = \(HcallStatus(rawValue: status))"
        case (.putTCEIndirect, .hcall(let status, _)): "H_PUT_TCE_INDIRECT = \(HcallStatus(rawValue: status))"
        case (.hcall(let opcode, _), .hcall(let status, _)):
            "hcall \(Self.full(opcode, digits: 4)) = \(HcallStatus(rawValue: status))"
        case (.svm(let opcode, _, _, _), .hcall(let status, _)):
            "svm \(Self.svmHcalls[opcode] ?? Self.full(opcode, digits: 4)) = \(HcallStatus(rawValue: status))"
        case (.rtas(let call, _, _), .rtas(let cells)):
            "rtas \(call.name) = \(Int32(bitPattern: cells[0]))"
                + (cells[0] == 0 ? cells.dropFirst().map { " " + Self.full(UInt64($0), digits: 8) }.joined() : "")
        case (.ultracall(let number, _), .ultracall(let status)):
            "uv \(Self.ultracalls[number] ?? Self.full(number, digits: 4)) = "
                + (Self.ultracallStatuses[status] ?? String(status))
        case (.dmaRead, .transfer(let fault, let bytes, let data)):
            "dma read = \(fault.key ?? "?") \(bytes) \(Self.full(Self.fnv1a(data)))"
        case (.dmaWrite, .transfer(let fault, let bytes, _)): "dma write = \(fault.key ?? "?") \(bytes)"
        case (.frame(let address), .frame(let state)): "frame \(Self.full(address)) = \(state?.rawValue ?? "none")"
        default: nil
        }
    }

    static let ultracalls: [UInt64: String] = [
        0xF104: "UV_WRITE_PATE", 0xF110: "UV_ESM", 0xF11C: "UV_RETURN", 0xF120: "UV_REGISTER_MEM_SLOT",
        0xF124: "UV_UNREGISTER_MEM_SLOT", 0xF128: "UV_PAGE_IN", 0xF12C: "UV_PAGE_OUT", 0xF130: "UV_SHARE_PAGE",
        0xF134: "UV_UNSHARE_PAGE", 0xF138: "UV_PAGE_INVAL", 0xF13C: "UV_SVM_TERMINATE",
        0xF140: "UV_UNSHARE_ALL_PAGES",
    ]

    static let svmHcalls: [UInt64: String] = [
        0xEF00: "H_SVM_PAGE_IN", 0xEF04: "H_SVM_PAGE_OUT", 0xEF08: "H_SVM_INIT_START", 0xEF0C: "H_SVM_INIT_DONE",
        0xEF14: "H_SVM_INIT_ABORT",
    ]

    private static let ultracallStatuses: [Int64: String] = [
        0: "U_SUCCESS", 1: "U_BUSY", -2: "U_FUNCTION", -4: "U_PARAMETER", -55: "U_P2", -56: "U_P3", -57: "U_P4",
        -58: "U_P5", -10001: "U_INVALID",
    ]

    private static func hexadecimal(_ value: UInt64) -> String { "0x" + String(value, radix: 16) }

    private static func words(_ values: [UInt64]) -> String { values.map(hexadecimal).joined(separator: " ") }

    private static func more(_ values: [UInt64]) -> String { values.map { " " + hexadecimal($0) }.joined() }

    /// A number as a transcript has it.
    private static func full(_ value: UInt64, digits: Int = 16) -> String {
        let text = String(value, radix: 16)
        return "0x" + String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
    }

    private static func fnv1a(_ bytes: [UInt8]) -> UInt64 {
        bytes.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }
}
