// SPDX-License-Identifier: Apache-2.0

extension Workload {
    private struct Command {
        var page: UInt64
        var pages: UInt64
        var done: UInt64 = 0
        var writesMemory: Bool
        var cpu: UInt16
    }

    /// One controller with a submission and a completion queue a CPU. A command's pages are accessed in order, those of
    /// different commands in between one another.
    func generateNVMe(
        _ sink: inout EventSink, _ random: inout SplitMix64, _ progress: (UInt64) throws -> Void
    ) throws {
        let requester: UInt32 = 0x20
        let queueEntries: UInt64 = 1024
        // 64-byte submissions and 16-byte completions of two CPUs: 16 and 4 pages each.
        let submissions: [IOBA] = [0x1_0000, 0x3_0000]
        let completions: [IOBA] = [0x2_0000, 0x4_0000]
        for cpu in 0..<2 {
            try sink.add(
                GeneratedMachine.map(
                    UInt16(cpu), page: submissions[cpu] >> 12, count: 16, realPage: 0x8000 + UInt64(cpu) * 32,
                    .readWrite), after: 3_000)
            try sink.add(
                GeneratedMachine.map(
                    UInt16(cpu), page: completions[cpu] >> 12, count: 4, realPage: 0x8010 + UInt64(cpu) * 32,
                    .readWrite), after: 3_000)
        }
        let firstPage: UInt64 = 1024
        let lastPage = GeneratedMachine.windowPages - 64
        var nextPage = firstPage
        var submitted: [UInt64] = [0, 0]
        var completed: [UInt64] = [0, 0]
        var flying: [Command] = []
        var nextProgress = progressStride
        while !sink.isFull {
            if flying.isEmpty || (flying.count < 32 && random.below(8) == 0) {
                // 4 to 128 KiB, small ones more often.
                let pages: UInt64 = 1 << random.below(6)
                let cpu = Int(random.below(2))
                let command = Command(
                    page: nextPage, pages: pages, writesMemory: random.below(10) < 7, cpu: UInt16(cpu))
                let advance = (pages + 15) & ~15
                nextPage = nextPage + 2 * advance < lastPage ? nextPage + advance : firstPage
                let realPage = random.below(GeneratedMachine.memoryPages - 64)
                try sink.add(
                    GeneratedMachine.map(
                        command.cpu, page: command.page, count: pages, realPage: realPage,
                        command.writesMemory ? .readWrite : .read), after: 500 + random.below(500))
                try sink.add(
                    GeneratedMachine.dma(
                        requester, submissions[cpu] + submitted[cpu] % queueEntries * 64, 64, .read),
                    after: 800 + random.below(200))
                submitted[cpu] += 1
                flying.append(command)
            } else {
                let index = Int(random.below(UInt64(flying.count)))
                let command = flying[index]
                try sink.add(
                    GeneratedMachine.dma(
                        requester, (command.page + command.done) << 12, 4096, command.writesMemory ? .write : .read),
                    after: 500 + random.below(64))
                flying[index].done += 1
                if flying[index].done == command.pages {
                    let cpu = Int(command.cpu)
                    try sink.add(
                        GeneratedMachine.dma(
                            requester, completions[cpu] + completed[cpu] % queueEntries * 16, 16, .write),
                        after: 100)
                    completed[cpu] += 1
                    try sink.add(
                        GeneratedMachine.clear(command.cpu, page: command.page, count: command.pages),
                        after: 2_000 + random.below(500))
                    flying.swapAt(index, flying.count - 1)
                    flying.removeLast()
                }
            }
            if sink.count >= nextProgress {
                try progress(sink.count)
                nextProgress += progressStride
            }
        }
    }
}
