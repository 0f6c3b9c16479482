// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import TceEmu

/// A trace whose machine is reset, through the guest layer.
@Suite("Guest: replay over a reset")
struct GuestReplayResetTests {
    private static let life = """
        map cpu=0 device=0x80000000 ra=0x1000000 length=0x10000 both -> 0 dma=0x30000000
        map cpu=0 device=0x80000000 ra=0x2000000 length=0x1000 both -> 0 dma=0x1000

        """
    private static let bridge = "phb buid=0x800000020000000 liobn=0x80000000\n"
    private static let window = "window liobn=0x80000000 buid=0x800000020000000 tces=262144\n"

    private func replay(_ text: String, secure: Bool = false) throws -> (result: GuestReplayResult, made: [TraceEvent])
    {
        var guest = secure ? GuestConfiguration.secure(try #require(DMAPolicy(named: "P1"))) : GuestConfiguration()
        guest.memoryBytes = 2 << 30
        var made: [TraceEvent] = []
        var replay = try GuestReplay(guest, profile: TimingProfile()) { made.append($0) }
        for event in try importText(Self.bridge + text).events { try replay.apply(event) }
        return (replay.snapshot(), made)
    }

    @Test(
        "After a reset nothing is mapped, and the guest boots again before its next call",
        arguments: ["reset\n", window, window + window, "reset\n" + window], [false, true])
    func reset(_ reset: String, secure: Bool) throws {
        let once = try replay(Self.life, secure: secure).result
        let twice = try replay(Self.life + reset + Self.life, secure: secure)
        #expect(twice.result.compared == 4 && twice.result.equal == 2 * once.equal)
        #expect(twice.result.failures == 0 && twice.result.unknown == 0)
        #expect(
            twice.result.calls[.clear]?.hcall("H_STUFF_TCE").calls
                == 2 * (once.calls[.clear]?.hcall("H_STUFF_TCE").calls ?? 0))
        #expect(twice.result.devicesWithoutMask == once.devicesWithoutMask)
        #expect(twice.made.filter { $0.body == .reset }.count == 1)
        // What it recorded is a trace that replays with the answers in it.
        var options = ReplayOptions()
        options.check = true
        var check = try Replay(
            TraceReader(MemoryStream(TraceFileTests.write(twice.made, header: TraceHeader()))), options: options)
        #expect(try check.run().check.mismatches == 0)
    }

    @Test("A default window that the kernel asked for anew is no reset, nor is a dynamic one")
    func noReset() throws {
        let rtas = "rtas ibm,reset-pe-dma-window cpu=0 args=0,0x8000000,0x20000000 returns=1 -> 0\n"
        for event in [Self.window + rtas, "window liobn=0x80000001 buid=0x800000020000000 tces=128\n"] {
            let result = try replay(Self.life + event + "unmap cpu=0 device=0x80000000 dma=0x1000 length=0x1000 both\n")
            #expect(result.result.unknown == 0 && result.made.allSatisfy { $0.body != .reset })
        }
    }

    private static let rtas = "rtas ibm,reset-pe-dma-window cpu=0 args=0,0x8000000,0x20000000 returns=1 -> 0\n"

    @Test("A reset before a default window that is asked for is one all the same")
    func resetThenAsked() throws {
        let result = try replay(Self.life + "reset\n" + Self.window + Self.rtas + Self.life)
        #expect(result.made.filter { $0.body == .reset }.count == 1)
        #expect(result.result.unknown == 0 && result.result.compared == 4)
    }

    @Test("A trace that ends after a reset has no boot behind it")
    func endsAfterReset() throws {
        var made: [TraceEvent] = []
        var replay = try GuestReplay(GuestConfiguration(), profile: TimingProfile()) { made.append($0) }
        for event in try importText(Self.bridge + Self.life + "reset\n").events { try replay.apply(event) }
        try replay.boot()
        #expect(made.allSatisfy { $0.body != .reset })
    }

    @Test("A trace has 16 boots after resets, and another for each 1,000 events")
    func boots() throws {
        let one = "reset\n" + Self.life
        let many = try replay(String(repeating: one, count: 20))
        // The first life boots as such, and its reset is none.
        #expect(many.made.filter { $0.body == .reset }.count == 16)
        #expect(many.result.impossible == 2 * 3)
        let passedOver = String(repeating: "hcall cpu=0 opcode=0x138 -> 0\n", count: 1000)
        #expect(
            try replay(passedOver + String(repeating: one, count: 20)).made.filter { $0.body == .reset }.count == 17)
    }
}
