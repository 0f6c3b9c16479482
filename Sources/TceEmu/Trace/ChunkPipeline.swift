// SPDX-License-Identifier: Apache-2.0
import Foundation

/// Inflates and decodes chunks on several threads. The caller takes them in its own order and helps while it waits.
final class ChunkPipeline: @unchecked Sendable {
    private let condition = NSCondition()
    private var queue: [ChunkSlot] = []
    private var stopped = false

    /// `threads`: those that work, the caller's own included.
    init(threads: Int) {
        for _ in 1..<max(threads, 1) {
            // The thread holds the pipeline until it is stopped.
            let thread = Thread { self.serve() }
            thread.name = "tce chunk"
            thread.start()
        }
    }

    func stop() {
        condition.withLock {
            stopped = true
            condition.broadcast()
        }
    }

    func submit(_ slot: ChunkSlot) {
        condition.withLock {
            slot.state = .queued
            queue.append(slot)
            condition.signal()
        }
    }

    /// Returns when the slot's work is done; works on it, or on another one, meanwhile.
    func finish(_ slot: ChunkSlot) {
        condition.lock()
        while slot.state != .done {
            let index = queue.firstIndex { $0 === slot } ?? queue.indices.first
            if let index {
                run(queue.remove(at: index))
            } else {
                condition.wait()
            }
        }
        condition.unlock()
    }

    private func serve() {
        condition.lock()
        while !stopped {
            if queue.isEmpty {
                condition.wait()
            } else {
                run(queue.removeFirst())
            }
        }
        condition.unlock()
    }

    /// Under the lock, which is let go while the work is done.
    private func run(_ slot: ChunkSlot) {
        slot.state = .running
        condition.unlock()
        slot.work()
        condition.lock()
        slot.state = .done
        condition.broadcast()
    }
}
