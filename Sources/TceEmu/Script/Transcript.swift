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
}

extension Transcript: CustomStringConvertible {
    /// The line, without its line feed. The form is fixed.
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
        }
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
