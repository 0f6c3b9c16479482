// SPDX-License-Identifier: Apache-2.0

/// One statement of an hcall script: something that a guest does; and, beyond the form that is run on other machines,
/// something that its ultravisor, its hypervisor or a device does.
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

    /// `uv NAME [ARG ...]`: an ultracall by name or number, at most nine registers.
    case ultracall(Ultracall, [UInt64])

    /// `svm NAME [GPA [FLAGS [ORDER]]]`: an hcall that the ultravisor makes, by name or number.
    case svm(SVMHcall, address: RealAddress, flags: UInt64, order: UInt64)

    /// `frame ADDR`: the state of the 64 KiB frame.
    case frame(RealAddress)

    /// `memory BYTES`: memory ends there from now on.
    case memory(UInt64)

    /// `dma read LIOBN IOBA BYTES`: at most 16 MiB.
    case dmaRead(LIOBN, IOBA, Int)

    /// `dma write LIOBN IOBA V [V ...]`: big-endian doublewords.
    case dmaWrite(LIOBN, IOBA, [UInt64])

    /// `host load ADDR`: the big-endian doubleword that the hypervisor sees there.
    case hostLoad(RealAddress)

    /// `host store ADDR V [V ...]`: as `store`, by the hypervisor.
    case hostStore(RealAddress, [UInt64])

    /// `thaw BUID`: the PHB's PE is thawed.
    case thaw(BUID)

    /// `reset`: the machine is reset.
    case reset
}
