// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import TceEmu

/// Outcomes that were derived from Linux's code before anything ran, against what comes of running each cell.
@Suite("Policies: outcomes")
struct PolicyOutcomeTests {
    /// A bounce buffer that ends below 1 GiB, lies between 2 and 4 GiB, starts above 4 GiB.
    static let places: [RealAddress] = [0x0400_0000, 0xa000_0000, 0x1_4000_0000]
    static let windows: [UInt64] = [1 << 30, 2 << 30]

    /// Policy, devices, condition; the outcomes with a window of 1 GiB at the three places, then with one of 2 GiB.
    struct Row: Sendable, CustomTestStringConvertible {
        var policy: String
        var devices: String
        var condition = ""
        var outcomes: String

        init(_ policy: String, _ devices: String, _ outcomes: String) {
            self.init(policy, devices, "", outcomes)
        }

        init(_ policy: String, _ devices: String, _ condition: String, _ outcomes: String) {
            self.policy = policy
            self.devices = devices
            self.condition = condition
            self.outcomes = outcomes
        }

        var testDescription: String { "\(policy) \(devices) \(condition)" }
    }

    static let rows: [Row] = [
        Row("P0", "D64 D40 V+", "DF DF DF DF DF DF"),
        Row("P0", "D32 Dnone D64/32 D32/64", "ME ME ME ME ME ME"),
        Row("P0", "D32 Dnone", "low", "DF DF ME DF DF ME"),
        Row("P0", "D64/32 D32/64", "low", "DF DF DF DF DF DF"),
        Row("P0", "V-f", "OK OK OK OK OK OK"),
        Row("P0", "V-", "SM SM SM SM SM SM"),
        Row("P1 U56", "D64 V+", "OK OK OK OK OK OK"),
        Row("P1 U56", "D40 D32 Dnone D64/32 D32/64", "SM SM SM SM SM SM"),
        Row("P1 U56", "V-f", "DF DF DF DF DF DF"),
        Row("P1 U56", "V-", "SM SM SM SM SM SM"),
        Row("P1c", "D64 V+", "OK OK OK OK OK OK"),
        Row("P1c", "D40 D32 D64/32 D32/64", "GF GF GF GF GF GF"),
        Row("P1c", "D64/32 D32/64", "ignored", "SM SM SM SM SM SM"),
        Row("P1c", "Dnone", "SM SM SM SM SM SM"),
        Row("P1c", "V-f", "DF DF DF DF DF DF"),
        Row("P1c", "V-", "SM SM SM SM SM SM"),
        Row("P2n", "D64 D40 V+", "DF DF DF DF DF DF"),
        Row("P2n", "D32 Dnone D64/32 D32/64", "ME ME ME ME ME ME"),
        Row("P2n", "D64 V+", "low", "DF DF DF DF DF DF"),
        Row("P2n", "D40 D32 Dnone D64/32 D32/64", "low", "DF DF ME DF DF ME"),
        Row("P2n", "V-f", "WP WP WP WP WP WP"),
        Row("P2n", "V-", "SM SM SM SM SM SM"),
        Row("P2", "D64 D40 D32 Dnone D64/32 D32/64 V+", "OK OK OK OK OK OK"),
        Row("P2", "V-f", "WP WP WP WP WP WP"),
        Row("P2", "V-", "SM SM SM SM SM SM"),
        Row("P2i", "D64 D40 D32 Dnone D64/32 D32/64 V+ V-f", "OK IF IF OK IF IF"),
        Row("P2i", "V-", "SM SM SM SM SM SM"),
        Row("P3n", "D64 V+ V-f", "DF DF DF DF DF DF"),
        Row("P3n", "D40 D32 Dnone D64/32 D32/64", "SM SM SM SM SM SM"),
        Row("P3n", "V-", "SM SM SM SM SM SM"),
        Row("P3", "D64 V+", "OK OK OK OK OK OK"),
        Row("P3", "D40 D32 Dnone D64/32 D32/64", "SM SM SM SM SM SM"),
        Row("P3", "D40 D32 D64/32 D32/64", "check", "GF GF GF GF GF GF"),
        Row("P3", "Dnone", "check", "SM SM SM SM SM SM"),
        Row("P3", "V-f", "DF DF DF DF DF DF"),
        Row("P3", "V-", "SM SM SM SM SM SM"),
        Row("P4", "D64 D40 D32 Dnone D64/32 D32/64 V+", "OK OK OK OK OK OK"),
        Row("P4", "V-f", "DF DF DF DF DF DF"),
        Row("P4", "V-", "SM SM SM SM SM SM"),
        Row("P5", "D64 V+ V-f", "OK OK OK OK OK OK"),
        Row("P5", "D40 D32 D64/32 D32/64", "GF GF GF GF GF GF"),
        Row("P5", "Dnone", "ME ME ME ME ME ME"),
        Row("P5", "V-", "SM SM SM SM SM SM"),
        Row("P0 P1 P1c P2n P2 P2i P3n P3 P4 P5 U56", "VIO", "SM SM SM SM SM SM"),
    ]

    static func options(_ condition: String) -> PolicyOptions {
        var options = PolicyOptions()
        switch condition {
        case "low": options.coherentPlace = .low
        case "ignored": options.heedsRefusals = false
        case "check": options.maskCheck = .on
        default: break
        }
        return options
    }

    static func cells(_ row: Row) throws -> [PolicyCell] {
        try row.policy.split(separator: " ").flatMap { name in
            try row.devices.split(separator: " ").flatMap { device in
                try windows.flatMap { window in
                    try places.map { place in
                        PolicyCell(
                            policy: try #require(DMAPolicy(named: String(name))),
                            multiTCE: name == "U56" ? .split : .call,
                            device: try #require(DeviceClass(rawValue: String(device))), windowBytes: window,
                            bufferStart: place)
                    }
                }
            }
        }
    }

    @Test("Every cell comes out of a run as Linux's code says", arguments: rows)
    func outcome(_ row: Row) throws {
        let expected = row.outcomes.split(separator: " ").map(String.init)
        for (number, cell) in try Self.cells(row).prefix(Amount.policyCells).enumerated() {
            let result = try PolicyRun.run(cell, Self.options(row.condition))
            #expect(
                result.outcome.rawValue == expected[number % 6],
                """
                \(cell.policy.name) \(cell.device.rawValue) window \(cell.windowBytes.hex) \
                buffer \(cell.bufferStart.hex): \(result.why)
                """
            )
        }
    }

    @Test("There are so many cells as were derived")
    func count() throws {
        #expect(try Self.rows.reduce(0) { try $0 + Self.cells($1).count } == 768)
    }
}
