// SPDX-License-Identifier: Apache-2.0
import CTce
import Loads
import TceEmu

/// The hcalls by list length on each platform, against copying and filling as many bytes. Every call writes another
/// part of 128 KiB of table, so that both sides write what the caches hold.
func hcallCases() -> CaseGroup {
    let table = Words<UInt64>(16384, 0)
    let source = Words<UInt64>(512, 5)
    var cases: [Case] = []
    for platform in [Platform.qemu, .kvm, .papr] {
        let machine = Once { try RawMachine(platform) }
        cases += singleCases(platform, machine, table)
        for length in (0...9).map({ 1 << $0 }) {
            let calls = length <= 16 ? 20_000 : 4_000
            let items = Double(calls)
            func lengthCase(
                _ name: String, _ against: String, _ wanted: Wanted?, _ this: @escaping (OpaquePointer) -> UInt64,
                _ limit: @escaping () -> UInt64
            ) {
                cases.append(
                    Case(
                        "\(name), \(length) TCEs, \(platform)", item: "call", against: against,
                        wanted: length == 512 ? wanted : nil
                    ) {
                        let machine = try machine.value()
                        return Case.Bodies(items: items) {
                            sink &+= this(machine.handle)
                        } limit: {
                            sink &+= limit()
                        }
                    })
            }
            lengthCase(
                "H_PUT_TCE_INDIRECT", "memcpy",
                platform == .qemu ? .ratio(atLeast: 2, aim: 1.2) : .ratio(atLeast: 8, aim: 3),
                { load_lists($0, length, calls) },
                { load_copies(table.base, source.base, length, calls) })
            lengthCase(
                "H_STUFF_TCE of 0", "memset", platform == .qemu ? .ratio(atLeast: 2, aim: 1.2) : nil,
                { load_stuffs($0, 0, length, calls) },
                { load_fills(table.base, 0, length, calls) })
            // KVM takes no value with a permission.
            let other: UInt64 = platform == .kvm ? 0x5000 : 0x5003
            lengthCase(
                "H_STUFF_TCE of another value", "memset", platform == .qemu ? .ratio(atLeast: 3, aim: 1.5) : nil,
                { load_stuffs($0, other, length, calls) },
                { load_fills(table.base, 5, length, calls) })
        }
    }
    return CaseGroup(name: "hcalls", cases: cases)
}

/// The hcalls of one TCE.
private func singleCases(_ platform: Platform, _ machine: Once<RawMachine>, _ table: Words<UInt64>) -> [Case] {
    let calls = 200_000
    let indices = Words<UInt64>(calls, 0)
    for index in 0..<calls { indices.base[index] = UInt64(index % 16384) }
    return [
        Case(
            "H_PUT_TCE, one call, \(platform)", item: "call", against: "a bounds-checked store, one call",
            wanted: platform == .qemu ? .nanoseconds(atLeast: 10, aim: 4) : nil
        ) {
            let machine = try machine.value()
            return Case.Bodies(items: Double(calls)) {
                sink &+= load_puts(machine.handle, calls)
            } limit: {
                sink &+= load_stores_checked(table.base, UInt64(table.count), calls)
            }
        },
        Case("H_GET_TCE, one call, \(platform)", item: "call", against: "a bounds-checked load, one call") {
            let machine = try machine.value()
            return Case.Bodies(items: Double(calls)) {
                sink &+= load_gets(machine.handle, calls)
            } limit: {
                sink &+= load_entries_checked(table.base, UInt64(table.count), indices.base, calls)
            }
        },
    ]
}
