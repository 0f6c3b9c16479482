// SPDX-License-Identifier: Apache-2.0
import CTce
import Loads
import TceEmu

/// The Swift machine, kept at one place.
private final class SwiftMachine {
    var machine: Machine

    init() throws {
        machine = try Machine(.pseries)
        fill()
    }

    private func fill() {
        let window = machine.defaultWindow
        for page in 0..<window.pageCount {
            _ = machine.putTCE(window.liobn, window.ioba(page: page), TCE(rawValue: (page * 0x9e37 % 65536) << 12 | 3))
        }
    }
}

/// The Swift API against the C API that it wraps: the same work on two machines alike.
func batchCases() -> CaseGroup {
    let count = 4096
    let batches = 100
    let pages: UInt64 = 1 << 18
    let swift = Once { try SwiftMachine() }
    let raw = Once {
        let raw = try RawMachine()
        load_fill_window(raw.handle, pages)
        return raw
    }
    let iobas = (0..<UInt64(count)).map { ($0 * 40503 % pages) << 12 }
    let entries = (0..<UInt64(512)).map { TCE(rawValue: $0 << 12 | 3) }
    let rawEntries = entries.map(\.rawValue)
    let wanted = Wanted.ratio(atLeast: 1.05, aim: 1.02)
    return CaseGroup(
        name: "Swift API",
        cases: [
            Case("batch translate, Swift API", item: "page", against: "the C API", wanted: wanted) {
                let swift = try swift.value(), raw = try raw.value()
                let window = swift.machine.defaultWindow
                var addresses = [UInt64](repeating: 0, count: count)
                let target = Words<UInt64>(count, 0)
                return Case.Bodies(items: Double(count * batches)) {
                    for _ in 0..<batches {
                        var span = addresses.mutableSpan
                        sink &+= UInt64(
                            swift.machine.translate(window.liobn, iobas.span, for: .read, into: &span))
                    }
                } limit: {
                    for _ in 0..<batches {
                        sink &+= UInt64(
                            tce_translate_batch(raw.handle, window.liobn, iobas, count, 1, target.base, nil))
                    }
                }
            },
            Case("H_PUT_TCE_INDIRECT, 512 TCEs, Swift API", item: "call", against: "the C API") {
                let swift = try swift.value(), raw = try raw.value()
                let window = swift.machine.defaultWindow
                return Case.Bodies(items: 4_000) {
                    for call in 0..<UInt64(4_000) {
                        let status = swift.machine.putTCEIndirect(window.liobn, (call % 32) << 21, entries)
                        sink &+= UInt64(bitPattern: status.rawValue)
                    }
                } limit: {
                    for call in 0..<UInt64(4_000) {
                        let status = tce_h_put_tce_list(raw.handle, window.liobn, (call % 32) << 21, 0, rawEntries, 512)
                        sink &+= UInt64(bitPattern: status)
                    }
                }
            },
            Case("H_PUT_TCE, one call, Swift API", item: "call", against: "the C API") {
                let swift = try swift.value(), raw = try raw.value()
                let window = swift.machine.defaultWindow
                return Case.Bodies(items: 200_000) {
                    for call in 0..<UInt64(200_000) {
                        let tce = TCE(rawValue: (call & 0xffff) << 12 | 3)
                        let status = swift.machine.putTCE(window.liobn, (call % 16384) << 12, tce)
                        sink &+= UInt64(bitPattern: status.rawValue)
                    }
                } limit: {
                    sink &+= load_puts(raw.handle, 200_000)
                }
            },
        ])
}
