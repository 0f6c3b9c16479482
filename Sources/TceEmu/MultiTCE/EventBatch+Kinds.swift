// SPDX-License-Identifier: Apache-2.0
import CTce

// What an event of a batch is, at a glance: most are accesses by devices, and few of these are looked at.

extension EventBatch {
    /// Number of the event's kind (tce_event.h).
    func kind(at index: Int) -> Int {
        let batch = unsafe tce_chunk_batch(chunk)
        precondition(unsafe (0..<batch.count).contains(index))
        return unsafe Int(batch.events[index].kind)
    }

    /// The LIOBN that an event names, `.max` where it names none.
    func liobn(at index: Int) -> LIOBN {
        let batch = unsafe tce_chunk_batch(chunk)
        precondition(unsafe (0..<batch.count).contains(index))
        return unsafe batch.streams[Int(batch.events[index].stream)].liobn
    }

    static func isHcall(_ kind: Int) -> Bool { (TCE_EVENT_GET...TCE_EVENT_INDIRECT).contains(kind) }
    static func isMulti(_ kind: Int) -> Bool { kind == TCE_EVENT_STUFF || kind == TCE_EVENT_INDIRECT }
    static func isAccess(_ kind: Int) -> Bool { kind == TCE_EVENT_DMA }
    static func isGuestCall(_ kind: Int) -> Bool { (TCE_EVENT_MAP...TCE_EVENT_SET_MASK).contains(kind) }
}
