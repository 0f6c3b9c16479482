// SPDX-License-Identifier: Apache-2.0
import CTce
import Loads
import TceEmu

/// A guest, kept at one place.
private final class Guest {
    var replay: GuestReplay

    init() throws {
        var configuration = GuestConfiguration()
        configuration.usesDDW = false
        replay = try GuestReplay(configuration, profile: TimingProfile())
    }
}

/// The guest's DMA layer: maps and unmaps through a table, against the hcalls that they make, through the C API.
func guestCases() -> CaseGroup {
    let guest = Once { try Guest() }
    let raw = Once { try RawMachine() }
    let cases = [1, 16].map { pages in
        Case(
            "guest map and unmap, \(pages) TCEs", item: "map or unmap",
            against: "the hcalls alone, through the C API"
        ) {
            let guest = try guest.value(), raw = try raw.value()
            let count = 2_000
            let bytes = UInt64(pages) << 12
            // What is mapped at once, and then unmapped: 64 mappings.
            let events = stride(from: 0, to: count, by: 64).flatMap { first in
                let turn = (0..<64).map { UInt64(first + $0) }
                return turn.map { event(.map, $0, bytes) } + turn.map { event(.unmap, $0, bytes) }
            }
            return Case.Bodies(items: Double(events.count)) {
                for event in events { try guest.replay.apply(event) }
            } limit: {
                let calls = events.count / 2
                if pages == 1 {
                    sink &+= load_puts(raw.handle, calls)
                } else {
                    sink &+= load_lists(raw.handle, pages, calls)
                }
                sink &+= load_stuffs(raw.handle, 0, pages, calls)
            }
        }
    }
    return CaseGroup(name: "guest", cases: cases)
}

/// The bus address is the recorded one, any that no other mapping has.
private func event(_ kind: TraceEvent.Guest.Kind, _ number: UInt64, _ bytes: UInt64) -> TraceEvent {
    let isMap = kind == .map
    return TraceEvent(
        time: 0,
        body: .guest(
            TraceEvent.Guest(
                kind, device: 0, cpu: 0, address: isMap ? number << 16 : number << 20,
                value: isMap ? number << 20 : 0, length: bytes, access: .write)))
}
