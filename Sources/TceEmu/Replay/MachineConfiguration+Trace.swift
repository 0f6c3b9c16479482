// SPDX-License-Identifier: Apache-2.0

extension MachineConfiguration {
    /// The machine that a trace's header describes: no window but those that the trace makes. Throws where the header
    /// names a platform that is none.
    ///
    /// - Parameter platform: whose answers it gives; nil: the trace's, else QEMU's.
    static func ofTrace(_ header: TraceHeader, _ platform: Platform?) throws -> MachineConfiguration {
        var configuration = MachineConfiguration()
        configuration.phbCount = 0
        configuration.memoryBytes = header.memoryBytes
        if let platform {
            configuration.platform = platform
        } else if let name = header.platform {
            configuration.platform = try Platform(named: name)
        }
        return configuration
    }
}
