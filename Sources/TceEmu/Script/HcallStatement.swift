// SPDX-License-Identifier: Apache-2.0

/// One statement of an hcall script: something that a guest does.
public enum HcallStatement: Hashable, Sendable {
    /// `store ADDR V [V ...]`: big-endian doublewords at ADDR, ADDR + 8, ..., mod 2^64.
    case store(RealAddress, [UInt64])

    /// `load ADDR`: the big-endian doubleword there.
    case load(RealAddress)

    /// `H_GET_TCE LIOBN IOBA`.
    case getTCE(LIOBN, IOBA)

    /// `H_PUT_TCE LIOBN IOBA TCE`.
    case putTCE(LIOBN, IOBA, TCE)

    /// `H_PUT_TCE_INDIRECT LIOBN IOBA LIST NPAGES`.
    case putTCEIndirect(LIOBN, IOBA, list: RealAddress, npages: UInt64)

    /// `H_STUFF_TCE LIOBN IOBA TCE NPAGES`.
    case stuffTCE(LIOBN, IOBA, TCE, npages: UInt64)

    /// `hcall OPCODE [R4 ... R9]`: at most six registers.
    case hcall(UInt64, [UInt64])

    /// `rtas NAME NRET [ARG ...]`: 1...16 return cells, at most 16 argument cells.
    case rtas(RTASCall, returns: Int, [UInt32])
}
