// SPDX-License-Identifier: Apache-2.0
import TceEmu
import Testing

/// H_PUT_TCE_INDIRECT whose list the guest has not shared: the hypervisor reads ciphertext.
@Suite("Secure guest: a TCE list that is not shared")
struct UnsharedListTests {
    private let liobn: LIOBN = 0x8000_0000
    private let list = PageStates.frame

    /// A secure guest with a list of these entries.
    private func machine(_ platform: Platform, _ entries: [UInt64], memory: UInt64? = 256 << 20) throws -> Machine {
        var configuration = MachineConfiguration.pseries
        configuration.platform = platform
        configuration.memoryBytes = memory
        var machine = try Machine(configuration)
        try machine.ultracall(.esm)
        for (index, entry) in entries.enumerated() {
            try machine.storeDoubleword(entry, at: list + 8 * UInt64(index))
        }
        return machine
    }

    private func stored(_ machine: borrowing Machine, _ count: Int) -> [UInt64?] {
        (0..<count).map { machine.getTCE(liobn, UInt64($0) << 12).tce?.rawValue }
    }

    /// The entry whose ciphertext in the list's place `index` is `value`.
    private func entry(for value: UInt64, _ index: Int) throws -> UInt64 {
        let address = list + 8 * UInt64(index)
        // The cipher is mix(entry ^ key), and mix(key) is the ciphertext of 0.
        let entry = Self.unmix(value) ^ Self.unmix(PageStates.ciphertext(0, at: address))
        try #require(PageStates.ciphertext(entry, at: address) == value)
        return entry
    }

    /// The cipher backwards: each step has an inverse.
    private static func unmix(_ value: UInt64) -> UInt64 {
        func unshift(_ z: UInt64, _ n: UInt64) -> UInt64 { z ^ (z >> n) ^ (z >> (2 * n)) }
        func inverse(_ odd: UInt64) -> UInt64 {
            (0..<6).reduce(odd) { x, _ in x &* (2 &- odd &* x) }
        }
        var z = unshift(value, 31) &* inverse(0x94d0_49bb_1331_11eb)
        z = unshift(z, 27) &* inverse(0xbf58_476d_1ce4_e5b9)
        return unshift(z, 30)
    }

    @Test("QEMU stores what it reads: garbage, and H_SUCCESS", arguments: [1, 2, 512])
    func qemu(_ count: Int) throws {
        let entries = (0..<count).map { 0x400_0003 + UInt64($0) << 12 }
        var machine = try machine(.qemu, entries)
        #expect(machine.putTCEIndirect(liobn, 0, list: list, npages: UInt64(count)) == .success)
        let garbage = entries.enumerated().map { PageStates.ciphertext($0.element, at: list + 8 * UInt64($0.offset)) }
        #expect(stored(machine, count) == garbage)
        #expect(machine.getTCE(liobn, UInt64(count) << 12).tce == 0)
        // The guest's own data is intact.
        #expect(machine.frameState(at: list) == .secureOut)
        #expect(machine.loadDoubleword(at: list) == entries[0])
        #expect(machine.sharing.pageOuts == 1)
        #expect(machine.sharing.pageIns == 1)
    }

    @Test("One page-out for each call that found the page in, one page-in for each time the guest wrote the list")
    func counts() throws {
        var machine = try machine(.qemu, [0x5003])
        for call in 1...5 as ClosedRange<UInt64> {
            try machine.storeDoubleword(0x5003 + call << 12, at: list)
            #expect(machine.putTCEIndirect(liobn, 0, list: list, npages: 1) == .success)
            #expect(machine.sharing.pageOuts == call)
            #expect(machine.sharing.pageIns == call - 1)
        }
        // A second call without a touch in between finds it out already.
        #expect(machine.putTCEIndirect(liobn, 0, list: list, npages: 1) == .success)
        #expect(machine.sharing.pageOuts == 5)
        #expect(machine.sharing.damagedPages == 0)
    }

    @Test("KVM's first pass gives such a list up, and QEMU stores it", arguments: [2, 16, 512])
    func kvm(_ count: Int) throws {
        let entries = (0..<count).map { 0x400_0003 + UInt64($0) << 12 }
        var machine = try machine(.kvm, entries)
        #expect(machine.putTCEIndirect(liobn, 0, list: list, npages: UInt64(count)) == .success)
        let garbage = entries.enumerated().map { PageStates.ciphertext($0.element, at: list + 8 * UInt64($0.offset)) }
        try #require(garbage.contains { $0 & 3 != 0 && $0 & 0xffc != 0 })
        #expect(stored(machine, count) == garbage)
        #expect(machine.sharing.pageOuts == 1)
    }

    @Test("KVM: ciphertext that passes the first pass fails the second, as its address is no memory")
    func kvmSecondPass() throws {
        // A quarter of all ciphertexts has control bits 00: one is found soon.
        let found = (1...100 as ClosedRange<UInt64>).first {
            let cipher = PageStates.ciphertext($0 << 12 | 3, at: list)
            return cipher & 3 == 0 && cipher >= 256 << 20
        }
        let value = try #require(found) << 12 | 3
        var machine = try machine(.kvm, [value])
        _ = machine.putTCE(liobn, 0, 0x7003)
        #expect(machine.putTCEIndirect(liobn, 0, list: list, npages: 1) == .parameter)
        #expect(stored(machine, 1) == [0x7003])
        #expect(machine.sharing.pageOuts == 1)
        // Entries before it stay.
        var both = try self.machine(.kvm, [entry(for: 0x6000, 0), entry(for: 256 << 20, 1), entry(for: 0x8000, 2)])
        #expect(both.putTCEIndirect(liobn, 0, list: list, npages: 3) == .parameter)
        #expect(stored(both, 3) == [0x6000, 0, 0])
        // Where all is memory nothing fails.
        var all = try self.machine(.kvm, [value], memory: nil)
        #expect(all.putTCEIndirect(liobn, 0, list: list, npages: 1) == .success)
        #expect(stored(all, 1) == [PageStates.ciphertext(value, at: list)])
    }

    @Test("KVM: ciphertext that happens to be right is stored by the kernel itself")
    func kvmTaken() throws {
        var machine = try machine(.kvm, [entry(for: 0x6003, 0), entry(for: 0x7000, 1)])
        #expect(machine.putTCEIndirect(liobn, 0, list: list, npages: 2) == .success)
        #expect(stored(machine, 2) == [0x6003, 0x7000])
    }

    @Test("PAPR finds bad addresses and stores nothing", arguments: [16, 512])
    func papr(_ count: Int) throws {
        let entries = (0..<count).map { 0x400_0003 + UInt64($0) << 12 }
        var machine = try machine(.papr, entries)
        #expect(machine.putTCEIndirect(liobn, 0, list: list, npages: UInt64(count)) == .parameter)
        #expect(stored(machine, count).allSatisfy { $0 == 0 })
        #expect(machine.sharing.pageOuts == 1)
    }

    @Test("PAPR: ciphertext without permission is stored")
    func paprWithoutPermission() throws {
        let found = (1...100 as ClosedRange<UInt64>).first { PageStates.ciphertext($0 << 12 | 3, at: list) & 3 == 0 }
        let value = try #require(found) << 12 | 3
        var machine = try machine(.papr, [value])
        #expect(machine.putTCEIndirect(liobn, 0, list: list, npages: 1) == .success)
        #expect(stored(machine, 1) == [PageStates.ciphertext(value, at: list)])
    }

    @Test("A list of no entries, and one that is refused before, is never read", arguments: Platform.all)
    func notRead(_ platform: Platform) throws {
        var machine = try machine(platform, [0x5003])
        _ = machine.putTCEIndirect(liobn, 0, list: list, npages: 0)
        #expect(machine.putTCEIndirect(liobn, 0, list: list, npages: 513) == .parameter)
        #expect(machine.putTCEIndirect(liobn, 0, list: list + 8, npages: 1) == .parameter)
        #expect(machine.putTCEIndirect(liobn, 1 << 30, list: list, npages: 1) == .parameter)
        #expect(machine.putTCEIndirect(5, 0, list: list, npages: 1) == .parameter)
        #expect(machine.frameState(at: list) == .secureIn)
        #expect(machine.sharing.pageOuts == 0)
    }

    @Test("A shared list is read as in a normal guest", arguments: Platform.all)
    func shared(_ platform: Platform) throws {
        var machine = try machine(platform, [])
        try machine.ultracall(.sharePage, [PageStates.gfn, 1])
        try machine.storeDoubleword(0x5003, at: list)
        #expect(machine.putTCEIndirect(liobn, 0, list: list, npages: 2) == .success)
        #expect(stored(machine, 2) == [0x5003, 0])
        try machine.ultracall(.pageInval, [0, list, 16])
        #expect(machine.putTCEIndirect(liobn, 0x1000, list: list, npages: 1) == .success)
        #expect(stored(machine, 2) == [0x5003, 0x5003])
        #expect(machine.sharing.pageOuts == 0)
    }

    @Test("H_PUT_TCE and H_STUFF_TCE touch no frame: the address in a TCE is only a number", arguments: Platform.all)
    func numbers(_ platform: Platform) throws {
        var machine = try machine(platform, [0x5003])
        #expect(machine.putTCE(liobn, 0, TCE(list, .readWrite)) == .success)
        #expect(machine.getTCE(liobn, 0).tce == TCE(list, .readWrite))
        #expect(machine.stuffTCE(liobn, 0, 0, npages: 512) == .success)
        #expect(machine.frameState(at: list) == .secureIn)
    }
}
