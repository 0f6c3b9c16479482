// SPDX-License-Identifier: Apache-2.0
import CTce
import Foundation
import Loads
import TceEmu

/// A trace read and replayed, against zlib's inflate of the same chunks in one thread.
func traceCases(events: UInt64) -> CaseGroup {
    let nic = Once { try LoadedTrace(.nic, events: events) }
    let nvme = Once { try LoadedTrace(.nvme, events: max(100_000, events / 20)) }
    return CaseGroup(
        name: "traces",
        cases: [
            inflateCase(nic), decodeCase(nic),
            Case(
                "trace decode, one thread", item: "event", against: "inflate alone",
                wanted: .ratio(atLeast: 1.15, aim: 1.08)
            ) {
                let trace = try nic.value(), chunk = try Chunk()
                return Case.Bodies(items: Double(trace.events)) {
                    try trace.inflate { payload, bytes, member in
                        if member.count > 0 { try chunk.decode(payload, bytes) }
                    }
                } limit: {
                    try trace.inflateAlone()
                }
            },
            replayCase("functional replay, nic", nic, .functional, wanted: .ratio(atLeast: 1.3, aim: 0.7)),
            replayCase("functional replay, nvme", nvme, .functional),
            replayCase("cycle-level replay, nic", nic, ReplayOptions(), wanted: .ratio(atLeast: 4, aim: 2)),
            replayCase("cycle-level replay, nvme", nvme, ReplayOptions()),
            tlpCase(nvme),
        ])
}

/// Real recordings: their bytes are fewer, and inflate is cheaper, than those of synthetic traces.
func recordingCases(_ paths: [String]) -> CaseGroup {
    let cases = paths.flatMap { path in
        let trace = Once { try LoadedTrace([UInt8](Data(contentsOf: URL(fileURLWithPath: path)))) }
        let name = URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent
        return [
            replayCase("functional replay, \(name)", trace, .functional),
            replayCase("cycle-level replay, \(name)", trace, ReplayOptions()),
        ]
    }
    return CaseGroup(name: "recordings", cases: cases)
}

private final class Chunk {
    let handle: OpaquePointer

    init() throws {
        guard let handle = tce_chunk_create() else { throw NoFixture(description: "no memory") }
        self.handle = handle
    }

    func decode(_ payload: UnsafePointer<UInt8>, _ bytes: Int) throws {
        guard tce_chunk_decode(handle, payload, bytes) == 0 else { throw NoFixture(description: "a chunk is damaged") }
    }

    deinit { tce_chunk_destroy(handle) }
}

private func inflateCase(_ trace: Once<LoadedTrace>) -> Case {
    Case("inflate of a trace's members", item: "event", against: "zlib's inflate of the file as gzip") {
        let trace = try trace.value()
        return Case.Bodies(items: Double(trace.events)) {
            try trace.inflateAlone()
        } limit: {
            trace.bytes.withUnsafeBufferPointer { bytes in
                sink &+= load_inflate(bytes.baseAddress, bytes.count, trace.payload.base, trace.payload.count)
            }
        }
    }
}

/// Payloads that are inflated already; an event is 32 bytes and a time stamp of 8.
private func decodeCase(_ trace: Once<LoadedTrace>) -> Case {
    let payloads = 16
    return Case("decode alone", item: "event", against: "memcpy of 40 bytes an event") {
        let trace = try trace.value(), chunk = try Chunk()
        var parts: [[UInt8]] = []
        var events = 0
        try trace.inflate { payload, bytes, member in
            guard member.count > 0, parts.count < payloads else { return }
            parts.append(Array(UnsafeBufferPointer(start: payload, count: bytes)))
            events += Int(member.count)
        }
        let words = Int(TCE_CHUNK_EVENTS_MAX) * 5
        let source = Words<UInt64>(words, 1), target = Words<UInt64>(words, 0)
        let each = events / max(1, parts.count)
        return Case.Bodies(items: Double(events)) {
            for part in parts {
                try part.withUnsafeBufferPointer { try chunk.decode($0.baseAddress.unsafelyUnwrapped, $0.count) }
            }
        } limit: {
            for _ in parts {
                sink &+= load_copies(target.base, source.base, each * 5, 1)
            }
        }
    }
}

private func replayed(_ trace: LoadedTrace, _ options: ReplayOptions) throws -> ReplayStatistics {
    var replay = try Replay(TraceReader(MemoryStream(trace.bytes)), options: options)
    return try replay.run()
}

private func replayCase(
    _ name: String, _ trace: Once<LoadedTrace>, _ options: ReplayOptions, wanted: Wanted? = nil
) -> Case {
    Case(name, item: "event", against: "inflate, one thread", wanted: wanted, clock: .wall) {
        let trace = try trace.value()
        return Case.Bodies(items: Double(trace.events)) {
            sink &+= try replayed(trace, options).dma.transactions
        } limit: {
            try trace.inflateAlone()
        }
    }
}

/// A 4 KiB transfer is 16 write TLPs, or 8 read requests.
private func tlpCase(_ trace: Once<LoadedTrace>) -> Case {
    Case(
        "cycle-level replay, nvme, each TLP", item: "TLP", against: "functional replay",
        wanted: .bestNanoseconds(atLeast: 60, aim: 35), clock: .wall
    ) {
        let trace = try trace.value()
        let requesters = try replayed(trace, ReplayOptions()).timing?.requesters ?? []
        return Case.Bodies(items: Double(requesters.reduce(0) { $0 + $1.tlps })) {
            sink &+= try replayed(trace, ReplayOptions()).dma.transactions
        } limit: {
            sink &+= try replayed(trace, .functional).dma.transactions
        }
    }
}
