// SPDX-License-Identifier: Apache-2.0

/// What a statement of an hcall script returned; its description is the line of the transcript.
public enum Transcript: Hashable, Sendable {
    case load(RealAddress, UInt64)
    case getTCE(HcallStatus, TCE?)
    case putTCE(HcallStatus)
    case putTCEIndirect(HcallStatus)
    case stuffTCE(HcallStatus)
    case hcall(UInt64, HcallStatus)
    /// The return cells, the status first.
    case rtas(RTASCall, [UInt32])
    case ultracall(Ultracall, UltracallStatus)
    case svm(SVMHcall, HcallStatus)
    case frame(RealAddress, FrameState?)
    /// With a fingerprint (FNV-1a, 64 bits) of the bytes that were read.
    case dmaRead(DMATransfer, UInt64)
    case dmaWrite(DMATransfer)
    case hostLoad(RealAddress, UInt64)
}

extension Transcript: CustomStringConvertible {
    /// The line, without its line feed. Up to `rtas` the form is fixed.
    public var description: String {
        switch self {
        case .load(let address, let value):
            return "load \(Self.hexadecimal(address)) = \(Self.hexadecimal(value))"
        case .getTCE(let status, let tce):
            return "H_GET_TCE = \(status)" + (tce.map { " " + Self.hexadecimal($0.rawValue) } ?? "")
        case .putTCE(let status):
            return "H_PUT_TCE = \(status)"
        case .putTCEIndirect(let status):
            return "H_PUT_TCE_INDIRECT = \(status)"
        case .stuffTCE(let status):
            return "H_STUFF_TCE = \(status)"
        case .hcall(let opcode, let status):
            return "hcall \(Self.hexadecimal(opcode, digits: 4)) = \(status)"
        case .rtas(let call, let cells):
            let status = cells.first.map(RTASStatus.init(cell:)) ?? .parameter
            var line = "rtas \(call) = \(status.rawValue)"
            guard status == .success else { return line }
            for cell in cells.dropFirst() {
                line += " " + Self.hexadecimal(UInt64(cell), digits: 8)
            }
            return line
        case .ultracall(let call, let status):
            return "uv \(call.name ?? Self.hexadecimal(call.rawValue, digits: 4)) = \(status)"
        case .svm(let call, let status):
            return "svm \(call.name ?? Self.hexadecimal(call.rawValue, digits: 4)) = \(status)"
        case .frame(let address, let state):
            return "frame \(Self.hexadecimal(address)) = \(state?.description ?? "none")"
        case .dmaRead(let transfer, let fingerprint):
            return "dma read = \(Self.outcome(transfer)) \(Self.hexadecimal(fingerprint))"
        case .dmaWrite(let transfer):
            return "dma write = \(Self.outcome(transfer))"
        case .hostLoad(let address, let value):
            return "host load \(Self.hexadecimal(address)) = \(Self.hexadecimal(value))"
        }
    }

    /// The fault's key and the bytes moved.
    private static func outcome(_ transfer: DMATransfer) -> String {
        "\((transfer.fault ?? .absent).key ?? "fault") \(transfer.bytes)"
    }

    /// "0x" and at least so many lower-case digits.
    private static func hexadecimal(_ value: UInt64, digits: Int = 16) -> String {
        "0x" + Self.digits(value, atLeast: digits)
    }

    static func digits(_ value: UInt64, atLeast count: Int) -> String {
        let text = String(value, radix: 16)
        return String(repeating: "0", count: max(0, count - text.utf8.count)) + text
    }
}
