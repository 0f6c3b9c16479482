// SPDX-License-Identifier: Apache-2.0
import CTce
import Foundation

/// The hcalls against copying and filling the same 4 KiB.
func hcallRows() {
    var config = tce_config_pseries()
    config.memory_bytes = 256 << 20
    var machine: OpaquePointer?
    precondition(tce_machine_create(&config, &machine) == 0)
    guard let machine else { return }
    let liobn: UInt64 = 0x8000_0000
    let list: UInt64 = 0x400_0000
    for entry in 0..<UInt64(512) { tce_memory_store64(machine, list + entry * 8, entry << 12 | 3) }
    let calls = 20_000
    let pages = 4096 * 4
    let source = UnsafeMutablePointer<UInt64>.allocate(capacity: 512)
    let target = UnsafeMutablePointer<UInt64>.allocate(capacity: pages)
    source.update(repeating: 5, count: 512)
    target.update(repeating: 0, count: pages)

    // Every call writes another part of 128 KiB of table, so that both sides write what the caches hold.
    compare("H_PUT_TCE_INDIRECT 512 / memcpy 4 KiB", items: Double(calls)) {
        for call in 0..<UInt64(calls) {
            sink &+= UInt64(bitPattern: tce_h_put_tce_indirect(machine, liobn, (call % 32) << 21, list, 512))
        }
    } against: {
        for call in 0..<calls { memcpy(target + (call % 32) * 512, source, 4096) }
    }
    compare("H_STUFF_TCE 512, value 0 / memset 4 KiB", items: Double(calls)) {
        for call in 0..<UInt64(calls) {
            sink &+= UInt64(bitPattern: tce_h_stuff_tce(machine, liobn, (call % 32) << 21, 0, 512))
        }
    } against: {
        for call in 0..<calls { memset(target + (call % 32) * 512, 0, 4096) }
    }
    compare("H_STUFF_TCE 512, other value / memset 4 KiB", items: Double(calls)) {
        for call in 0..<UInt64(calls) {
            sink &+= UInt64(bitPattern: tce_h_stuff_tce(machine, liobn, (call % 32) << 21, 0x5003, 512))
        }
    } against: {
        for call in 0..<calls { memset(target + (call % 32) * 512, 5, 4096) }
    }
    listRows(list)
    let puts = 1_000_000
    compare("H_PUT_TCE, one call / one checked store", items: Double(puts)) {
        for put in 0..<UInt64(puts) {
            sink &+= UInt64(bitPattern: tce_h_put_tce(machine, liobn, (put % 16384) << 12, put << 12 | 3))
        }
    } against: {
        for put in 0..<puts where put % 16384 < pages { target[put % 16384] = UInt64(put) }
    }
    sink &+= target[17]
    source.deallocate()
    target.deallocate()
    tce_machine_destroy(machine)
}

/// The list call on the platforms that look at every entry before they store it.
private func listRows(_ list: UInt64) {
    let calls = 20_000
    let source = UnsafeMutablePointer<UInt64>.allocate(capacity: 512)
    let target = UnsafeMutablePointer<UInt64>.allocate(capacity: 4096 * 4)
    source.update(repeating: 5, count: 512)
    target.update(repeating: 0, count: 4096 * 4)
    for platform in [TCE_PLATFORM_KVM, TCE_PLATFORM_PAPR] {
        var config = tce_config_pseries()
        config.platform = tce_platform(platform)
        var machine: OpaquePointer?
        precondition(tce_machine_create(&config, &machine) == 0)
        guard let machine else { return }
        for entry in 0..<UInt64(512) { tce_memory_store64(machine, list + entry * 8, entry << 12 | 3) }
        let name = String(cString: tce_platform_name(tce_platform(platform)))
        compare("H_PUT_TCE_INDIRECT 512, \(name) / memcpy 4 KiB", items: Double(calls)) {
            for call in 0..<UInt64(calls) {
                sink &+= UInt64(bitPattern: tce_h_put_tce_indirect(machine, 0x8000_0000, (call % 32) << 21, list, 512))
            }
        } against: {
            for call in 0..<calls { memcpy(target + (call % 32) * 512, source, 4096) }
        }
        tce_machine_destroy(machine)
    }
    sink &+= target[17]
    source.deallocate()
    target.deallocate()
}
