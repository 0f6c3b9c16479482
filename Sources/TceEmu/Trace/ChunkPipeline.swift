// SPDX-License-Identifier: Apache-2.0
import CTce
import Foundation

/// One chunk on its way from compressed bytes to events; its memory is used again for later ones.
@safe final class ChunkSlot: @unchecked Sendable {
    enum State {
        case queued
        case running
        case done
    }

    /// Under the pipeline's lock.
    var state = State.done

    var member = tce_member()
    /// Where the member began in the file.
    var offset: UInt64 = 0
    private var compressed = unsafe UnsafeMutableRawBufferPointer(start: nil, count: 0)
    private var payload = unsafe UnsafeMutableRawBufferPointer(start: nil, count: 0)
    private let inflater: OpaquePointer?

    // What the work has made of it.
    var error: TraceError?
    var prologue = tce_prologue()
    let batch: EventBatch

    init() throws(TraceError) {
        batch = try EventBatch()
        unsafe inflater = tce_inflater_create()
    }

    deinit {
        unsafe tce_inflater_destroy(inflater)
        unsafe compressed.deallocate()
        unsafe payload.deallocate()
    }

    /// Room for the compressed bytes of a member.
    func reserve(_ count: Int) -> UnsafeMutableRawBufferPointer {
        unsafe Self.grow(&compressed, to: count)
        return unsafe UnsafeMutableRawBufferPointer(rebasing: compressed[..<count])
    }

    private static func grow(_ buffer: inout UnsafeMutableRawBufferPointer, to count: Int) {
        guard buffer.count < count else { return }
        unsafe buffer.deallocate()
        unsafe buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: count + count / 4, alignment: 16)
    }

    /// The text after the prologue of a header or end member.
    var text: String {
        let body = Int(TCE_PROLOGUE_BYTES)..<Int(member.inflated_bytes)
        return unsafe String(decoding: payload[body], as: UTF8.self)
    }

    /// Inflates and decodes. Nothing outside the slot is touched.
    func work() {
        do throws(TraceError) {
            error = nil
            guard let inflater = unsafe inflater else { throw TraceError(.host, "no memory to inflate") }
            unsafe Self.grow(&payload, to: max(Int(member.inflated_bytes), 1))
            let fault = unsafe tce_inflate_member(
                inflater, compressed.baseAddress?.assumingMemoryBound(to: UInt8.self), &member,
                payload.baseAddress?.assumingMemoryBound(to: UInt8.self))
            guard fault == 0 else { throw TraceError(gzip: fault) }
            let whole = unsafe UnsafeRawBufferPointer(rebasing: payload[..<Int(member.inflated_bytes)])
            let prologueFault = unsafe tce_prologue_read(
                whole.baseAddress?.assumingMemoryBound(to: UInt8.self), whole.count, &prologue)
            guard prologueFault == 0 else { throw TraceError(chunk: prologueFault) }
            guard prologue.sequence == member.sequence, prologue.count == member.count,
                prologue.first_time == member.first_time
            else {
                throw TraceError(
                    .damaged,
                    "the gzip field and the payload differ: sequence \(member.sequence) and \(prologue.sequence), "
                        + "events \(member.count) and \(prologue.count), "
                        + "first time \(member.first_time) and \(prologue.first_time)")
            }
            if Int(prologue.kind) == Int(TCE_MEMBER_EVENTS) { unsafe try batch.decode(whole) }
        } catch {
            self.error = error.at(chunk: UInt64(member.sequence), offset: offset)
        }
    }
}

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
