// SPDX-License-Identifier: Apache-2.0
import CTce
import Loads

/// A window whose TCEs all have a page, a table of the same size, and where look-ups go in it.
private final class Lookups {
    let machine: RawMachine
    let table: Words<UInt64>
    let pages: UInt64

    init(tableBytes: UInt64) throws {
        pages = tableBytes / 8
        machine = try RawMachine(windowBytes: pages << 12)
        load_fill_window(machine.handle, pages)
        table = Words(Int(pages), 3)
    }
}

private enum Order: String, CaseIterable {
    case sequential, strided, random

    /// The page of each look-up. Strided: 512 TCEs apart, so that each is in another page of the table.
    func pages(_ count: Int, of all: UInt64) -> [UInt64] {
        var state: UInt64 = 1
        return (0..<UInt64(count)).map { index in
            switch self {
            case .sequential: return index % all
            case .strided: return (index * 512 + index * 512 / all) % all
            case .random:
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return (state >> 32) % all
            }
        }
    }
}

/// Translation of one byte's page: tables of 2 MiB (a 1 GiB window) and 512 MiB, three orders, by call and by batch.
func lookupCases() -> CaseGroup {
    var cases: [Case] = []
    let count = 1 << 18
    for (tableBytes, tableName) in [(UInt64(2) << 20, "2 MiB"), (UInt64(512) << 20, "512 MiB")] {
        let lookups = Once { try Lookups(tableBytes: tableBytes) }
        for order in Order.allCases {
            let places = Once {
                let lookups = try lookups.value()
                let indices = Words<UInt64>(count, 0)
                let iobas = Words<UInt64>(count, 0)
                for (place, page) in order.pages(count, of: lookups.pages).enumerated() {
                    indices.base[place] = page
                    iobas.base[place] = page << 12 | UInt64(place & 0xfff)
                }
                return (indices: indices, iobas: iobas)
            }
            let isRow = order == .random && tableBytes == 2 << 20
            cases.append(
                Case(
                    "batch translate, \(order.rawValue) pages, table of \(tableName)", item: "page",
                    against: "independent loads with prefetch", wanted: isRow ? .ratio(atLeast: 2.5, aim: 1.5) : nil
                ) {
                    let lookups = try lookups.value(), places = try places.value()
                    return Case.Bodies(items: Double(count)) {
                        sink &+= load_translation_batches(lookups.machine.handle, places.iobas.base, count)
                    } limit: {
                        sink &+= load_entries(lookups.table.base, places.indices.base, count)
                    }
                })
            cases.append(
                Case(
                    "translate, one call, \(order.rawValue) pages, table of \(tableName)", item: "page",
                    against: "a bounds-checked load, one call"
                ) {
                    let lookups = try lookups.value(), places = try places.value()
                    return Case.Bodies(items: Double(count)) {
                        sink &+= load_translations(lookups.machine.handle, places.iobas.base, count)
                    } limit: {
                        sink &+= load_entries_checked(lookups.table.base, lookups.pages, places.indices.base, count)
                    }
                })
        }
    }
    return CaseGroup(name: "look-ups", cases: cases)
}
