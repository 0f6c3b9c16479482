// SPDX-License-Identifier: Apache-2.0

extension Workload {
    /// One receive or send queue: a ring of 16-byte descriptors, and a ring of 16-byte completions behind it.
    private struct Queue {
        static let entries: UInt64 = 1024
        /// First I/O page of the queue's rings.
        var ringPage: UInt64
        var sends: Bool
        var cpu: UInt16
        /// Buffers on the ring, oldest at `head`: I/O page of each.
        var posted = [UInt64](repeating: 0, count: 64)
        var head = 0
        var descriptor: UInt64 = 0

        var ring: IOBA { ringPage << 12 }
        var completions: IOBA { ring + Self.entries * 16 }
        static let ringPages: UInt64 = 8
    }

    /// Packet lengths of a mixed load: small ones, full ones and a few between.
    private static func packetLength(_ random: inout SplitMix64) -> UInt64 {
        switch random.below(10) {
        case 0..<3: 64
        case 3..<8: 1514
        default: 65 + random.below(1449)
        }
    }

    /// Two receive and two send queues. The pages of the packets take turns through the window as the guest's
    /// allocator gives them, 16 TCEs apart (Linux arch/powerpc/kernel/iommu.c, it_blocksize).
    func generateNIC(
        _ sink: inout EventSink, _ random: inout SplitMix64, _ progress: (UInt64) throws -> Void
    ) throws {
        let requester: UInt32 = 0x18
        var queues = (0..<4).map { (number: UInt64) in
            Queue(ringPage: 16 + number * 16, sends: number >= 2, cpu: UInt16(number))
        }
        let firstPage: UInt64 = 1024
        let lastPage = GeneratedMachine.windowPages * 3 / 4
        var nextPage = firstPage

        func post(_ queue: inout Queue, slot: Int, _ sink: inout EventSink, _ random: inout SplitMix64) throws {
            let page = nextPage
            nextPage = nextPage + 16 < lastPage ? nextPage + 16 : firstPage
            let real = TCE(random.below(GeneratedMachine.memoryPages) << 12, queue.sends ? .read : .readWrite)
            try sink.add(GeneratedMachine.put(queue.cpu, page: page, real), after: 120 + random.below(80))
            queue.posted[slot] = page
        }

        for index in queues.indices {
            try sink.add(
                GeneratedMachine.map(
                    queues[index].cpu, page: queues[index].ringPage, count: Queue.ringPages,
                    realPage: 0x8000 + UInt64(index) * 16, .readWrite), after: 3_000)
            for slot in queues[index].posted.indices { try post(&queues[index], slot: slot, &sink, &random) }
        }
        var nextProgress = progressStride
        while !sink.isFull {
            let index = Int(random.below(UInt64(queues.count)))
            let entry = queues[index].descriptor % Queue.entries
            let slot = queues[index].head
            let page = queues[index].posted[slot]
            let sends = queues[index].sends
            let length = Self.packetLength(&random)
            let gap = 60 + random.below(400)
            try sink.add(GeneratedMachine.dma(requester, queues[index].ring + entry * 16, 16, .read), after: gap)
            try sink.add(
                GeneratedMachine.dma(requester, page << 12 + 64, length, sends ? .read : .write),
                after: 20 + random.below(16))
            try sink.add(
                GeneratedMachine.dma(requester, queues[index].completions + entry * 16, 16, .write),
                after: 40 + random.below(16))
            try sink.add(
                GeneratedMachine.clear(queues[index].cpu, page: page, count: 1), after: 200 + random.below(100))
            try post(&queues[index], slot: slot, &sink, &random)
            queues[index].head = (slot + 1) % queues[index].posted.count
            queues[index].descriptor += 1
            if sink.count >= nextProgress {
                try progress(sink.count)
                nextProgress += progressStride
            }
        }
    }
}
