// SPDX-License-Identifier: Apache-2.0
import CTce

// The TCE hcalls as a guest makes them (LoPAR 14.5.4.2). Every argument is a whole 64-bit register.

extension Machine {
    /// Reads one TCE, as `H_GET_TCE` does (LoPAR 14.5.4.2.1). The TCE is nil unless the status is `success`, or
    /// `partial`: then its address bits are all 1, because the partition has that page no more.
    public func getTCE(_ liobn: LIOBN, _ ioba: IOBA) -> (status: HcallStatus, tce: TCE?) {
        var tce: UInt64 = 0
        let status = unsafe HcallStatus(rawValue: tce_h_get_tce(handle, liobn, ioba, &tce))
        return (status, status == .success || status == .partial ? TCE(rawValue: tce) : nil)
    }

    /// Stores one TCE, as `H_PUT_TCE` does (LoPAR 14.5.4.2.2).
    public mutating func putTCE(_ liobn: LIOBN, _ ioba: IOBA, _ tce: TCE) -> HcallStatus {
        unsafe HcallStatus(rawValue: tce_h_put_tce(handle, liobn, ioba, tce.rawValue))
    }

    /// Stores one TCE for each of a number of pages, as `H_STUFF_TCE` does (LoPAR 14.5.4.2.3).
    ///
    /// On QEMU what was stored before a page outside the window stays, though the status is `parameter`.
    public mutating func stuffTCE(_ liobn: LIOBN, _ ioba: IOBA, _ tce: TCE, npages: UInt64) -> HcallStatus {
        unsafe HcallStatus(rawValue: tce_h_stuff_tce(handle, liobn, ioba, tce.rawValue, npages))
    }

    /// Stores a list of TCEs that stands in guest memory, as `H_PUT_TCE_INDIRECT` does (LoPAR 14.5.4.2.4).
    ///
    /// The list is at most 512 big-endian doublewords at a multiple of 4 KiB. Where there is no memory they are 0.
    public mutating func putTCEIndirect(
        _ liobn: LIOBN, _ ioba: IOBA, list: RealAddress, npages: UInt64
    ) -> HcallStatus {
        unsafe HcallStatus(rawValue: tce_h_put_tce_indirect(handle, liobn, ioba, list, npages))
    }

    /// The same call for a list that is known but stands nowhere: guest memory is not read.
    ///
    /// More than 512 TCEs are refused as the hcall refuses them.
    public mutating func putTCEIndirect(_ liobn: LIOBN, _ ioba: IOBA, _ tces: [TCE]) -> HcallStatus {
        let status = unsafe tces.withUnsafeBufferPointer { tces in
            // A TCE is one UInt64 and nothing else.
            unsafe tces.withMemoryRebound(to: UInt64.self) { entries in
                unsafe tce_h_put_tce_list(handle, liobn, ioba, 0, entries.baseAddress, UInt64(entries.count))
            }
        }
        return HcallStatus(rawValue: status)
    }

    /// Any hcall by number, with registers R4...R9. Those that are not given are 0.
    ///
    /// An opcode that the machine does not have answers `function`; all 64 bits of it count.
    ///
    /// - Parameter arguments: at most six.
    /// - Returns: R3, and R4 where the hcall has an output (`H_GET_TCE` alone), else 0.
    public mutating func hcall(_ opcode: UInt64, _ arguments: [UInt64]) -> (status: HcallStatus, r4: UInt64) {
        precondition(arguments.count <= Self.hcallArguments, "an hcall has at most six argument registers")
        let registers = arguments + Array(repeating: 0, count: Self.hcallArguments - arguments.count)
        var r4: UInt64 = 0
        let status = unsafe tce_hcall(handle, opcode, registers, &r4)
        return (HcallStatus(rawValue: status), r4)
    }

    /// R4...R9.
    static let hcallArguments = 6
}
