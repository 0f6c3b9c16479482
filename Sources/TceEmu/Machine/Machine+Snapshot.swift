// SPDX-License-Identifier: Apache-2.0
import CTce

extension Machine {
    /// The machine's whole state as bytes (docs/snapshot.md).
    ///
    /// Windows and their TCEs, PHBs, guest memory, the secure guest's frames, counters. Equal states give equal bytes,
    /// so that two machines can be compared by their snapshots.
    public func snapshot() throws(MachineError) -> [UInt8] {
        var count = 0
        try unsafe MachineError.check(tce_machine_save(handle, nil, 0, &count))
        var bytes = [UInt8](repeating: 0, count: count)
        let err = unsafe bytes.withUnsafeMutableBufferPointer { buffer in
            unsafe tce_machine_save(handle, buffer.baseAddress, buffer.count, &count)
        }
        try MachineError.check(err)
        return bytes
    }

    /// Makes a machine of a snapshot, which answers every call as the one that was saved would.
    ///
    /// Nothing is taken on trust: bytes that are no snapshot of a possible machine are a `SnapshotError`.
    ///
    /// - Parameter memoryLimit: bytes of the host's memory that tables, guest memory and states of frames may take; nil:
    ///   no limit but that of the format, 4,096 bytes for each byte of the snapshot and 512 KiB for each window.
    public init(snapshot: [UInt8], memoryLimit: UInt64? = nil) throws(SnapshotError) {
        try self.init(snapshot: snapshot, at: 0, memoryLimit: memoryLimit)
    }

    /// `offset`: of the snapshot in what holds it, for the error.
    init(snapshot: [UInt8], at offset: Int, memoryLimit: UInt64?) throws(SnapshotError) {
        var fault = unsafe tce_snapshot_fault(offset: 0, expected: nil, found: 0)
        var restored: OpaquePointer?
        let err = unsafe snapshot.withUnsafeBufferPointer { bytes in
            unsafe tce_machine_restore(bytes.baseAddress, bytes.count, memoryLimit ?? .max, &restored, &fault)
        }
        guard let restored = unsafe restored else {
            throw unsafe SnapshotError(MachineError(rawValue: err), fault, in: offset)
        }
        var raw = tce_config()
        unsafe tce_machine_config(restored, &raw)
        unsafe self.init(owning: restored, MachineConfiguration(raw))
    }
}

extension SnapshotError {
    init(_ error: MachineError, _ fault: tce_snapshot_fault, in start: Int) {
        let kind: Kind =
            switch Int(error.rawValue) {
            case Int(TCE_ERR_SNAPSHOT_VERSION): .version
            case Int(TCE_ERR_SNAPSHOT_MEMORY): .memory
            case Int(TCE_ERR_NO_MEMORY): .host
            default: .damaged
            }
        let expected = unsafe fault.expected.map { unsafe String(cString: $0) } ?? "a snapshot"
        let found = unsafe fault.found < 1 << 20 ? String(fault.found) : fault.found.hex
        self.init(
            kind, "\(error.description): expected \(expected), found \(found)",
            offset: unsafe UInt64(start + fault.offset))
    }
}
