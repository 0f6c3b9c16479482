// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import TceEmu

/// The bounce buffer mapped for ever: in the default window, or alone in a dynamic one.
@Suite("Guest: the bounce buffer in a window")
struct BufferWindowTests {
    @Test("Its entries in the default window are given to nobody else, and the others are")
    func reserved() throws {
        let kernel = try GuestKernel.booted("P2")
        let taken = [0, 1, 15, 16, 16 + 16383, 16 + 16384].map { kernel.tables[0].taken[$0] }
        #expect(taken == [true, false, false, true, true, false])
        let identity = try GuestKernel.booted("P2i") { $0.bufferStart = 0x0400_0000 }
        let there = [16383, 16384, 32767, 32768].map { identity.tables[0].taken[$0] }
        #expect(there == [false, true, true, false])
    }

    /// Policy, bytes of the window, where the buffer of 64 MiB is, and whether it fits.
    static let rooms: [(String, UInt64, RealAddress, Bool)] = [
        ("P2", (64 << 20) + 0x20000, 0xa000_0000, true), ("P2", (64 << 20) + 0x1f000, 0xa000_0000, false),
        ("P2i", 128 << 20, 0x0400_0000, true), ("P2i", (128 << 20) - 4096, 0x0400_0000, false),
    ]

    @Test(
        "It needs a page before it and one for coherent memory; at its own address it needs none",
        arguments: rooms.indices)
    func room(_ index: Int) throws {
        let (policy, window, start, fits) = Self.rooms[index]
        let kernel = try GuestKernel.booted(policy) {
            $0.phbs[0].windowBytes = window
            $0.bufferStart = start
        }
        #expect((kernel.nodes[0].bufferAt != nil) == fits && (kernel.nodes[0].refusal == nil) == fits)
    }

    @Test("Alone in a dynamic window, its end has a TCE only where the fill is rounded outward")
    func fill() throws {
        for (policy, call) in [
            ("P3n", "list 0x800000003000000 4 0x3000003"), ("P3", "list 0x800000003000000 5 0x3000003"),
        ] {
            var kernel = try GuestKernel.booted(policy) {
                $0.bufferStart = 0x0350_0000
                $0.multiTCE = .life
            }
            let calls = try kernel.calls { _ = try $0.setMasks(0, .max) }
            #expect(calls.last == call)
        }
    }
}
