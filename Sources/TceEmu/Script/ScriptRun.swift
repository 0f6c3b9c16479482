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
            return .getTCE(status, tce)
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
        }
    }
}
