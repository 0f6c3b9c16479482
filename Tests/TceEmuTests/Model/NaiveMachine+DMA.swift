// SPDX-License-Identifier: Apache-2.0
import TceEmu

// A device's accesses through the IOMMU, and the PE (here: the PHB) that an error freezes.

/// What a device moved. `data` is what it read.
struct NaiveTransfer: Equatable {
    var fault = DMAFault.absent
    var bytes: UInt64 = 0
    var data: [UInt8] = []
}

extension NaiveMachine {
    mutating func dmaRead(_ liobn: UInt64, _ ioba: UInt64, _ bytes: UInt64) -> NaiveTransfer {
        access(liobn, ioba, bytes, permission: 1) { machine, transfer, address, count in
            transfer.data += machine.hostRead(address, count)
        }
    }

    mutating func dmaWrite(_ liobn: UInt64, _ ioba: UInt64, _ data: [UInt8]) -> NaiveTransfer {
        access(liobn, ioba, UInt64(data.count), permission: 2) { machine, transfer, address, count in
            let first = Int(transfer.bytes)
            machine.hostWrite(address, Array(data[first..<(first + Int(count))]))
        }
    }

    /// The real address of a piece of a page, or why the device may not have it.
    ///
    /// - Parameter permission: 1 to read, 2 to write.
    func translate(_ liobn: UInt64, _ ioba: UInt64, _ bytes: UInt64 = 1, permission: UInt64) -> Translation {
        if let phb = phbIndex(ofLIOBN: liobn), phbs[phb].isFrozen { return .failure(.frozen) }
        guard let window = windows[liobn] else { return .failure(.noWindow) }
        guard window.has(ioba) else { return .failure(.outsideWindow) }
        let tce = window.tces[window.page(ioba)] ?? 0
        if tce & permission == 0 { return .failure(permission == 1 ? .noRead : .noWrite) }
        let address = window.realPage(tce) + window.offset(ioba)
        return isMemory(address + (max(bytes, 1) - 1)) ? .success(address) : .failure(.notMemory)
    }

    private mutating func access(
        _ liobn: UInt64, _ ioba: UInt64, _ bytes: UInt64, permission: UInt64,
        _ move: (inout Self, inout NaiveTransfer, _ address: UInt64, _ count: UInt64) -> Void
    ) -> NaiveTransfer {
        var transfer = NaiveTransfer()
        transfer.fault = walk(&transfer, liobn, ioba, bytes, permission, move)
        let isError = ![.absent, .notShared, .frozen].contains(transfer.fault)
        if setup.eeh, isError, let phb = phbIndex(ofLIOBN: liobn) {
            phbs[phb].isFrozen = true
            seen.note("a PE freezes")
        }
        seen.note(.fault(transfer.fault.rawValue))
        return transfer
    }

    /// Page by page: its checks, then its bytes.
    private mutating func walk(
        _ transfer: inout NaiveTransfer, _ liobn: UInt64, _ ioba: UInt64, _ bytes: UInt64, _ permission: UInt64,
        _ move: (inout Self, inout NaiveTransfer, _ address: UInt64, _ count: UInt64) -> Void
    ) -> DMAFault {
        var isOpen = true
        repeat {
            let (next, passes) = ioba.addingReportingOverflow(transfer.bytes)
            if passes { return .outsideWindow }
            var count = bytes - transfer.bytes
            if let window = windows[liobn] { count = min(count, window.pageBytes - window.offset(next)) }
            switch translate(liobn, next, count, permission: permission) {
            case .failure(let fault): return fault
            case .success(let address):
                for gfn in framesTouched(address, count) where !frame(gfn).state.isOpen { isOpen = false }
                move(&self, &transfer, address, count)
                transfer.bytes += count
            }
        } while transfer.bytes < bytes
        return isOpen ? .absent : .notShared
    }

    /// Whether there is such a PHB.
    mutating func thaw(_ buid: UInt64) -> Bool {
        guard let index = phbs.firstIndex(where: { $0.buid == buid }) else { return false }
        if phbs[index].isFrozen { seen.note("a PE thaws") }
        phbs[index].isFrozen = false
        return true
    }
}
