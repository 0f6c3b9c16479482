// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import TceEmu

/// Where the default window begins on the bus: 0 with QEMU, anywhere on other platforms.
@Suite("Policies: the default window's start")
struct WindowStartTests {
    /// A start, devices, and what comes of each of them.
    struct Row: Sendable, CustomTestStringConvertible {
        var policy: String
        var devices: String
        var start: IOBA
        var outcome: PolicyOutcome
        var place: RealAddress = 0x0400_0000
        var window: UInt64 = 1 << 30

        init(
            _ policy: String, _ devices: String, _ start: IOBA, _ outcome: PolicyOutcome,
            place: RealAddress = 0x0400_0000, window: UInt64 = 1 << 30
        ) {
            self.policy = policy
            self.devices = devices
            self.start = start
            self.outcome = outcome
            self.place = place
            self.window = window
        }

        var testDescription: String { "\(policy) \(devices) from \(start.hex), buffer at \(place.hex)" }
    }

    private static let bits32: IOBA = 1 << 32
    /// 64 KiB and a buffer of 64 MiB fit below.
    private static let lastFor32Bits = bits32 - (64 << 20) - (64 << 10)
    private static let all = "D64 D40 D32 Dnone D64/32 D32/64 V+"

    static let rows: [Row] = [
        // Through the table: masks that do not reach its start are refused, and who sets none gets no address.
        Row("P1 P3 U56", "D32 D64/32 D32/64", bits32 - (192 << 10), .silent),
        // Of 32 entries below the mask the last is never used: room for the ring alone, or not even that.
        Row("P1 P3", "D32 Dnone", bits32 - (128 << 10), .mapError),
        Row("P1 P3", "D32 Dnone", bits32 - (64 << 10), .mapError),
        Row("P1 P3 U56", "D32 D64/32 D32/64", bits32, .maskRefused),
        Row("P1 P3", "Dnone", bits32, .mapError),
        Row("P1 P3 P5 U56", "D64 V+", bits32, .ok),
        Row("P1 P3", "D40", bits32, .silent),
        Row("P1 P3", "D40", 1 << 40, .maskRefused),
        Row("P1 P3 P4 P5", "D64", 1 << 40, .ok),
        // The bounce buffer in the window, a page after its start: as far as the mask reaches its end.
        Row("P2 P4", all, lastFor32Bits, .ok),
        Row("P2 P4", "D32 D64/32 D32/64", lastFor32Bits + 0x10000, .maskRefused),
        // Who sets no mask is told nothing, and the first slots are below it.
        Row("P2 P4", "Dnone", lastFor32Bits + 0x10000, .ok),
        Row("P2 P4", "Dnone", bits32, .mapError),
        Row("P2 P4", "D64 D40 V+", lastFor32Bits + 0x10000, .ok),
        Row("P2", "V-f", bits32, .wrongPage),
        // Beyond memory: no other page is hit.
        Row("P2", "V-f", 32 << 30, .deviceFault),
        // At its own address: where the window is over it.
        Row("P2i", all + " V-f", 0x0400_0000, .ok),
        Row("P2i", "D64 D32 Dnone V-f", 0x0401_0000, .initFailed),
        Row("P2i", "D64 D32 V-f", 0x6400_0000, .ok, place: 0xa000_0000),
        Row("P2i", "D64 D32 V-f", 0x63ff_0000, .initFailed, place: 0xa000_0000),
        Row("P2i", "D64 D40 V-f", bits32, .ok, place: 0x1_4000_0000, window: 2 << 30),
        Row("P2i", "D32", bits32, .maskRefused, place: 0x1_4000_0000, window: 2 << 30),
        Row("P2i", "Dnone", bits32, .mapError, place: 0x1_4000_0000, window: 2 << 30),
        // A lone window takes the default window's place: only at 0 are bus and real addresses the same.
        Row("P5", "D64 V+ V-f", 0, .ok),
        Row("P5", "D64 V+", 1 << 30, .ok),
        // The ring is at the top of memory, and so beyond it.
        Row("P5", "V-f", 0x10000, .deviceFault),
        Row("P5", "D40 D32", 1 << 30, .maskRefused),
        Row("P0", "V-f", bits32, .ok),
        Row("P0 P1 P2 P5", "VIO", bits32, .silent),
    ]

    @Test("What a start changes, on both sides of each boundary", arguments: rows)
    func outcome(_ row: Row) throws {
        var options = PolicyOptions()
        options.windowStart = row.start
        for name in row.policy.split(separator: " ") {
            for device in row.devices.split(separator: " ") {
                let result = try PolicyRun.run(
                    PolicyCell(
                        policy: try #require(DMAPolicy(named: String(name))),
                        multiTCE: name == "U56" ? .split : .call,
                        device: try #require(DeviceClass(rawValue: String(device))), windowBytes: row.window,
                        bufferStart: row.place), options)
                #expect(result.outcome == row.outcome, "\(name) \(device): \(result.outcome.rawValue), \(result.why)")
            }
        }
    }

    @Test("Without its default window a device outside the IOMMU is off by the window's start")
    func lone() throws {
        for (start, expected) in [(0, .ok), (1 << 30, .wrongPage), (32 << 30, .deviceFault)]
            as [(
                IOBA, PolicyOutcome
            )]
        {
            var options = PolicyOptions()
            options.windowStart = start
            options.coherentPlace = .low
            let result = try PolicyRun.run(
                PolicyCell(
                    policy: try #require(DMAPolicy(named: "P5")), multiTCE: .call, device: .virtioForced,
                    windowBytes: 1 << 30, bufferStart: 0x0400_0000), options)
            #expect(result.outcome == expected, "\(result.why)")
        }
    }

    @Test("Without dynamic windows a device outside the IOMMU takes the window's addresses for memory's")
    func withoutDDW() throws {
        for (start, expected) in [(0, .wrongPage), (32 << 30, .deviceFault)] as [(IOBA, PolicyOutcome)] {
            var options = PolicyOptions()
            options.windowStart = start
            options.usesDDW = false
            let result = try PolicyRun.run(
                PolicyCell(
                    policy: try #require(DMAPolicy(named: "P1")), multiTCE: .call, device: .virtioForced,
                    windowBytes: 1 << 30, bufferStart: 0x0400_0000), options)
            #expect(result.outcome == expected, "\(result.why)")
        }
    }
}
