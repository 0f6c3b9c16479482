// SPDX-License-Identifier: Apache-2.0
import TceEmu
import Testing

@Suite("Platforms: edge cases, row by row")
struct PlatformTests {
    private static let hcalls =
        EdgeRow.windowRows + EdgeRow.valueRows + EdgeRow.countRows + EdgeRow.listRows + EdgeRow.otherRows
    private static let rows = hcalls + EdgeRow.ddwRows

    @Test("an hcall answers as its row says", arguments: EdgeCase.all(hcalls))
    func hcall(_ edge: EdgeCase) throws {
        #expect(try edge.run() == [])
    }

    @Test("a DDW call answers as its row says", arguments: EdgeCase.all(EdgeRow.ddwRows))
    func ddw(_ edge: EdgeCase) throws {
        #expect(try edge.run() == [])
    }

    @Test("where the platforms differ, and only there, a row of docs/platforms.md says why")
    func sources() throws {
        let documented = Set(try PlatformsDocument.read().differences.map(\.id))
        for row in Self.rows {
            #expect(row.differs == !row.sources.isEmpty, "\(row.name)")
            #expect(documented.isSuperset(of: row.sources), "\(row.name)")
        }
        #expect(documented == Set(Self.rows.flatMap(\.sources)))
    }

    @Test("the columns of the tables are these platforms")
    func columns() {
        #expect(Platform.all == [.qemu, .kvm, .papr])
    }

    @Test("H_PARTIAL gives the TCE with all its address bits 1, and only on papr")
    func partial() throws {
        for platform in Platform.all {
            var configuration = MachineConfiguration.pseries
            configuration.platform = platform
            var machine = try Machine(configuration)
            #expect(machine.putTCE(0x8000_0000, 0, 0x800_0ab3) == .success)
            #expect(machine.putTCE(0x8000_0000, 0x1000, 0x800_0ab0) == .success)
            try machine.setMemoryBytes(0x800_0fff)
            let answer = machine.getTCE(0x8000_0000, 0)
            #expect(answer.status == (platform == .papr ? .partial : .success))
            #expect(answer.tce == (platform == .papr ? 0xffff_ffff_ffff_fab3 : 0x800_0ab3))
            #expect(machine.getTCE(0x8000_0000, 0x1000).tce == 0x800_0ab0)
            #expect(machine.hcall(0x1c, [0x8000_0000, 0]).r4 == answer.tce?.rawValue)
            try machine.setMemoryBytes(0x800_1000)
            #expect(machine.getTCE(0x8000_0000, 0).status == .success)
        }
    }

    @Test("with memory of unknown size papr takes every address")
    func unknownMemory() throws {
        var configuration = MachineConfiguration.pseries
        configuration.platform = .papr
        configuration.memoryBytes = nil
        var machine = try Machine(configuration)
        #expect(machine.putTCE(0x8000_0000, 0, 0xffff_ffff_ffff_ffff) == .success)
        #expect(machine.stuffTCE(0x8000_0000, 0x1000, 0xffff_ffff_ffff_f003, npages: 2) == .success)
        #expect(machine.putTCEIndirect(0x8000_0000, 0, [0x1_0000_0000_0003]) == .success)
        #expect(machine.getTCE(0x8000_0000, 0x1000).status == .success)
    }

    @Test("a list given as values is looked at as one in memory is", arguments: [Platform.kvm, .papr])
    func listAsValues(_ platform: Platform) throws {
        var configuration = MachineConfiguration.pseries
        configuration.platform = platform
        let lists: [[UInt64]] = [
            [], [0x1003], [0x1003, 0x1000_0003], [0x1003, 0x1000_0000, 3], [0x1007, 0x1000_0000],
        ]
        for list in lists {
            var first = try Machine(configuration)
            var second = try Machine(configuration)
            for (index, value) in list.enumerated() {
                try second.storeDoubleword(value, at: 0x400_0000 + 8 * UInt64(index))
            }
            let count = UInt64(list.count)
            #expect(
                first.putTCEIndirect(0x8000_0000, 0, list.map(TCE.init(rawValue:)))
                    == second.putTCEIndirect(0x8000_0000, 0, list: 0x400_0000, npages: count))
            for page in 0..<3 as Range<UInt64> {
                #expect(first.getTCE(0x8000_0000, page << 12).tce == second.getTCE(0x8000_0000, page << 12).tce)
            }
        }
    }
}
