// SPDX-License-Identifier: Apache-2.0
import CTce
import Foundation
import TceEmu

/// Random pages of a 1 GiB window, against as many independent loads of a table of that size.
func translateRows() {
    do {
        var machine = try Machine(.pseries)
        let window = machine.defaultWindow
        var config = tce_config_pseries()
        var raw: OpaquePointer?
        precondition(tce_machine_create(&config, &raw) == 0)
        guard let raw else { return }
        for page in 0..<window.pageCount {
            let tce = (page * 0x9e37 % 65536) << 12 | 3
            _ = machine.putTCE(window.liobn, window.ioba(page: page), TCE(rawValue: tce))
            tce_h_put_tce(raw, window.liobn, page << 12, tce)
        }
        var state: UInt64 = 1
        let count = 4096
        let batches = 200
        let iobas = (0..<count * batches).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return (state >> 32) % (1 << 30)
        }
        let table = [UInt64](repeating: 3, count: 1 << 18)
        var addresses = [UInt64](repeating: 0, count: count)
        let items = Double(count * batches)
        compare("batch translate, C API / random loads", items: items) {
            iobas.withUnsafeBufferPointer { iobas in
                addresses.withUnsafeMutableBufferPointer { addresses in
                    guard let first = iobas.baseAddress, let target = addresses.baseAddress else { return }
                    for batch in 0..<batches {
                        sink &+= UInt64(
                            tce_translate_batch(raw, window.liobn, first + batch * count, count, 1, target, nil))
                    }
                }
            }
        } against: {
            // Independent loads: the processor overlaps them as far as it can, as prefetching would.
            iobas.withUnsafeBufferPointer { iobas in
                table.withUnsafeBufferPointer { table in
                    var sum: UInt64 = 0
                    for ioba in iobas { sum &+= table[Int(ioba >> 12)] }
                    sink &+= sum
                }
            }
        }
        tce_machine_destroy(raw)
    } catch {
        print("no machine: \(error)")
    }
}
