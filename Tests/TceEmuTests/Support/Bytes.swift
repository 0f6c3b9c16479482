// SPDX-License-Identifier: Apache-2.0

extension Sequence where Element == [UInt8] {
    /// The parts one after another, each copied whole: `joined()` goes from byte to byte, and tests are not optimised.
    var concatenated: [UInt8] {
        var bytes: [UInt8] = []
        for part in self { bytes += part }
        return bytes
    }
}
