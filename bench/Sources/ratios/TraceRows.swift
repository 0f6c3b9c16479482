// SPDX-License-Identifier: Apache-2.0
import CTce
import Foundation
import TceEmu

/// A trace file in memory, with the place of each member.
struct LoadedTrace {
    var bytes: [UInt8]
    var members: [(offset: Int, member: tce_member)] = []

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        var offset = 0
        bytes.withUnsafeBufferPointer { all in
            while offset < all.count {
                var member = tce_member()
                guard let base = all.baseAddress,
                    tce_member_parse(base + offset, all.count - offset, &member) == 0
                else { return }
                members.append((offset, member))
                offset += Int(member.member_bytes)
            }
        }
    }

    /// Inflates every member with one thread and hands each payload on.
    func inflate(_ body: (UnsafePointer<UInt8>, Int, tce_member) -> Void) {
        guard let inflater = tce_inflater_create() else { return }
        let payload = UnsafeMutablePointer<UInt8>.allocate(capacity: Int(TCE_PAYLOAD_BYTES_MAX))
        bytes.withUnsafeBufferPointer { all in
            guard let base = all.baseAddress else { return }
            for (offset, member) in members {
                var member = member
                precondition(tce_inflate_member(inflater, base + offset, &member, payload) == 0)
                body(payload, Int(member.inflated_bytes), member)
            }
        }
        payload.deallocate()
        tce_inflater_destroy(inflater)
    }
}

func traceRows(events: UInt64) throws {
    let output = MemoryStream()
    let totals = try Workload.nic.generate(events: events, seed: 1, to: output)
    let trace = LoadedTrace(output.bytes)
    let count = Double(totals.events)
    print(
        "# nic trace: \(totals.events) events, "
            + String(format: "%.2f bytes an event in the file", Double(output.bytes.count) / count))
    func inflateAlone() { trace.inflate { payload, bytes, _ in sink &+= UInt64(payload[bytes - 1]) } }

    guard let chunk = tce_chunk_create() else { return }
    compare("trace decode, one thread / inflate", items: count) {
        trace.inflate { payload, bytes, member in
            if member.count > 0 { precondition(tce_chunk_decode(chunk, payload, bytes) == 0) }
        }
    } against: {
        inflateAlone()
    }
    tce_chunk_destroy(chunk)

    compare("functional replay / inflate, one thread", items: count) {
        do {
            var replay = try Replay(TraceReader(MemoryStream(trace.bytes)), options: .functional)
            sink &+= try replay.run().dma.transactions
        } catch {
            print("replay failed: \(error)")
        }
    } against: {
        inflateAlone()
    }
}
