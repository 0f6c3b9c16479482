// SPDX-License-Identifier: Apache-2.0
import CTce

// What a device can reach, and what it would get.

extension PolicyRun {
    mutating func expose(_ result: inout PolicyResult) {
        let (reach, _) = reach()
        result.shared = kernel.platform.machine.sharing.sharedPages << GuestKernel.frameShift
        result.reachable = reach.reduce(0) { $0 + $1.bytes }
        result.plain = reach.reduce(0) { $0 + sharedBytes($1) }
        result.latent = result.reachable - result.plain
    }

    /// Memory that the device can reach, ascending and without overlap, and I/O pages of its windows that lead nowhere.
    private func reach() -> (memory: [DMASegment], faults: UInt64) {
        guard device.isBehindIOMMU else { return ([DMASegment(address: 0, bytes: options.memoryBytes)], 0) }
        var memory: [DMASegment] = []
        var faults: UInt64 = 0
        for window in kernel.platform.machine.windows
        where device.buid.map({ $0 == window.buid }) ?? (window.liobn == device.liobn) {
            var page: UInt64 = 0
            while page < window.pageCount {
                var tce: UInt64 = 0
                let count = unsafe tce_window_run(kernel.platform.machine.handle, window.liobn, page, &tce)
                page += count
                let address = tce & ~(window.pageBytes - 1)
                guard TCE(rawValue: tce).access != [], address < options.memoryBytes else {
                    faults += count
                    continue
                }
                memory.append(DMASegment(address: address, bytes: count * window.pageBytes))
            }
        }
        return (Self.union(memory, below: options.memoryBytes), faults)
    }

    private static func union(_ segments: [DMASegment], below end: RealAddress) -> [DMASegment] {
        var union: [DMASegment] = []
        for segment in segments.sorted(by: { $0.address < $1.address }) {
            let last = union.last.map { $0.address + $0.bytes } ?? 0
            let start = max(segment.address, last), stop = min(segment.address + segment.bytes, end)
            guard start < stop else { continue }
            if !union.isEmpty, start == last {
                union[union.count - 1].bytes += stop - start
            } else {
                union.append(DMASegment(address: start, bytes: stop - start))
            }
        }
        return union
    }

    private func sharedBytes(_ segment: DMASegment) -> UInt64 {
        var bytes: UInt64 = 0
        forEachRun(of: segment) { part, isShared in
            if isShared { bytes += part }
        }
        return bytes
    }

    private func forEachRun(of segment: DMASegment, _ body: (_ bytes: UInt64, _ isShared: Bool) -> Void) {
        var at = segment.address
        let end = segment.address + segment.bytes
        while at < end {
            var state: UInt32 = 0
            let bytes = unsafe tce_frame_run(kernel.platform.machine.handle, at, end, &state)
            guard bytes > 0 else { return }
            let kind = FrameState(rawValue: state)
            body(bytes, kind == .shared || kind == .sharedAbsent)
            at += bytes
        }
    }

    /// The guest shares a page by mistake, and a device reads every address of its windows.
    mutating func readEverything(afterSharing page: RealAddress) throws -> PolicyResult.Leak {
        let start = page & ~0xffff, end = start + 0x10000
        try kernel.share(start, bytes: end - start, cpu: 0)
        let (memory, faults) = reach()
        var leak = PolicyResult.Leak(leakedBytes: 0, ciphertextPages: 0, faults: faults)
        for segment in memory {
            let first = max(segment.address, start), last = min(segment.address + segment.bytes, end)
            if first < last { leak.leakedBytes += last - first }
            forEachRun(of: segment) { bytes, isShared in
                if !isShared { leak.ciphertextPages += (bytes + 0xffff) >> 16 }
            }
        }
        return leak
    }
}
