// SPDX-License-Identifier: Apache-2.0

/// A device at work: it reads and writes bytes at the bus addresses that its driver gave it.
struct DeviceModel {
    /// Of its PHB; nil: a virtual device.
    let buid: BUID?
    /// The table of a virtual device.
    let liobn: LIOBN
    let isBehindIOMMU: Bool

    /// What became of an access, from where the device stands.
    enum Access: Hashable {
        case done([UInt8])
        /// There is no TCE, or no memory.
        case fault(String)
    }

    /// The window of the device that an address lies in.
    func window(_ address: IOBA, in machine: borrowing Machine) -> LIOBN? {
        guard let buid else { return liobn }
        return machine.windows.first { $0.buid == buid && $0.contains(address) }?.liobn
    }

    /// Where an access would land in memory; nil: it faults.
    func landing(_ address: IOBA, bytes: UInt64, _ access: DMAAccess, in machine: borrowing Machine) -> [DMASegment]? {
        guard isBehindIOMMU else {
            let (end, overflow) = address.addingReportingOverflow(bytes)
            guard !overflow, end <= machine.memoryBytes ?? .max else { return nil }
            return [DMASegment(address: address, bytes: bytes)]
        }
        guard let liobn = window(address, in: machine) else { return nil }
        let (segments, fault) = machine.segments(liobn, address, bytes: bytes, for: access)
        return fault == nil ? segments : nil
    }

    func read(_ address: IOBA, bytes: UInt64, from machine: inout Machine) -> Access {
        guard isBehindIOMMU else {
            guard landing(address, bytes: bytes, .read, in: machine) != nil else {
                return .fault("\(address.hex) is no memory")
            }
            return .done(machine.hostReadMemory(at: address, count: Int(bytes)))
        }
        guard let liobn = window(address, in: machine) else { return .fault("no window has \(address.hex)") }
        var content = [UInt8](repeating: 0, count: Int(bytes))
        var span = content.mutableSpan
        let transfer = machine.dmaRead(liobn, address, into: &span)
        if let fault = transfer.fault, fault != .notShared { return .fault("\(fault) at \(address.hex)") }
        return .done(content)
    }

    func write(_ address: IOBA, _ content: [UInt8], to machine: inout Machine) throws -> Access {
        guard isBehindIOMMU else {
            guard landing(address, bytes: UInt64(content.count), .write, in: machine) != nil else {
                return .fault("\(address.hex) is no memory")
            }
            try machine.hostWriteMemory(at: address, content)
            return .done(content)
        }
        guard let liobn = window(address, in: machine) else { return .fault("no window has \(address.hex)") }
        let transfer = machine.dmaWrite(liobn, address, content)
        if let fault = transfer.fault, fault != .notShared { return .fault("\(fault) at \(address.hex)") }
        return .done(content)
    }
}
