// SPDX-License-Identifier: Apache-2.0
import CTce

// EEH: a PE, which is a whole PHB, is frozen at its first fault (LoPAR 3.2.2).

extension Machine {
    /// Is the PHB's PE frozen? Its devices' accesses are dropped then. False for a BUID that no PHB has.
    public func isFrozen(phb buid: BUID) -> Bool {
        unsafe tce_pe_frozen(handle, buid)
    }

    /// Thaws the PHB's PE, frozen or not. Throws `noPHB`.
    public mutating func thaw(phb buid: BUID) throws(MachineError) {
        try unsafe MachineError.check(tce_pe_thaw(handle, buid))
    }
}
