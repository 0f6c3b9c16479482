// SPDX-License-Identifier: Apache-2.0

extension Machine {
    /// Runs one statement of an hcall script. The answer is nil for one that returns nothing.
    ///
    /// Throws where the host has no memory for what the statement does.
    public mutating func run(_ statement: HcallStatement) throws(MachineError) -> Transcript? {
        switch statement {
        case .store(let address, let values):
            var next = address
            for value in values {
                // What lies outside memory is dropped, as on the real machine.
                try storeDoubleword(value, at: next)
                next &+= UInt64(MemoryLayout<UInt64>.size)
            }
            return nil
        case .load(let address):
            return .load(address, loadDoubleword(at: address))
        case .getTCE(let liobn, let ioba):
            let (status, tce) = getTCE(liobn, ioba)
            // The form shows a TCE on success alone.
            return .getTCE(status, status == .success ? tce : nil)
        case .putTCE(let liobn, let ioba, let tce):
            return .putTCE(putTCE(liobn, ioba, tce))
        case .putTCEIndirect(let liobn, let ioba, let list, let npages):
            return .putTCEIndirect(putTCEIndirect(liobn, ioba, list: list, npages: npages))
        case .stuffTCE(let liobn, let ioba, let tce, let npages):
            return .stuffTCE(stuffTCE(liobn, ioba, tce, npages: npages))
        case .hcall(let opcode, let registers):
            return .hcall(opcode, hcall(opcode, registers).status)
        case .rtas(let call, let returns, let arguments):
            return .rtas(call, try rtas(call, arguments, returns: returns))
        default:
            return try runOwn(statement)
        }
    }

    /// The statements beyond the fixed form.
    private mutating func runOwn(_ statement: HcallStatement) throws(MachineError) -> Transcript? {
        switch statement {
        case .ultracall(let call, let arguments):
            return .ultracall(call, try ultracall(call, arguments))
        case .svm(let call, let address, let flags, let order):
            return .svm(call, try svmHcall(call.rawValue, address: address, flags: flags, order: order))
        case .frame(let address):
            return .frame(address, frameState(at: address))
        case .memory(let bytes):
            try setMemoryBytes(bytes)
        case .dmaRead(let liobn, let ioba, let count):
            var bytes = [UInt8](repeating: 0, count: count)
            var span = bytes.mutableSpan
            let transfer = dmaRead(liobn, ioba, into: &span)
            return .dmaRead(transfer, Self.fingerprint(bytes.prefix(Int(transfer.bytes))))
        case .dmaWrite(let liobn, let ioba, let values):
            return .dmaWrite(dmaWrite(liobn, ioba, values.flatMap(Self.bigEndian)))
        case .hostLoad(let address):
            let value = hostReadMemory(at: address, count: 8).reduce(0) { $0 << 8 | UInt64($1) }
            return .hostLoad(address, value)
        case .hostStore(let address, let values):
            var next = address
            for value in values {
                try hostWriteMemory(at: next, Self.bigEndian(value))
                next &+= UInt64(MemoryLayout<UInt64>.size)
            }
        case .thaw(let buid):
            try thaw(phb: buid)
        case .reset:
            try reset()
        default:
            // The fixed form; `run` has it.
            break
        }
        return nil
    }

    private static func bigEndian(_ value: UInt64) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: value >> (56 - 8 * $0)) }
    }

    /// FNV-1a, 64 bits: what a device read, in one word.
    private static func fingerprint(_ bytes: some Sequence<UInt8>) -> UInt64 {
        bytes.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }
}
