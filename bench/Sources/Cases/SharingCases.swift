// SPDX-License-Identifier: Apache-2.0
import CTce
import Loads

/// UV_SHARE_PAGE and UV_UNSHARE_PAGE by the number of frames, against a byte changed for each.
func sharingCases() -> CaseGroup {
    let machine = Once {
        let machine = try RawMachine()
        load_make_secure(machine.handle)
        return machine
    }
    let bytes = Words<UInt8>(4096, 0)
    let cases = [1, 16, 256, 4096].map { frames in
        let turns = max(1, 8192 / frames)
        return Case(
            "UV_SHARE_PAGE and UV_UNSHARE_PAGE, \(frames) frames", item: "frame and call",
            against: "a byte changed, twice"
        ) {
            let machine = try machine.value()
            guard load_shares(machine.handle, 1) == 0 else { throw NoFixture(description: "no secure guest") }
            return Case.Bodies(items: Double(2 * turns * frames)) {
                for _ in 0..<turns {
                    sink &+= load_shares(machine.handle, frames)
                    sink &+= load_unshares(machine.handle, frames)
                }
            } limit: {
                for _ in 0..<turns {
                    sink &+= load_bytes_set(bytes.base, frames, 3)
                    sink &+= load_bytes_set(bytes.base, frames, 1)
                }
            }
        }
    }
    return CaseGroup(name: "sharing", cases: cases)
}
