// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import TceEmu

/// The list page of a secure guest: when it is shared.
@Suite("Guest: sharing of the list page")
struct ListPageSharingTests {
    /// The calls of lists on CPU 0, again, and on CPU 1; `N` stands for the frame of the page of CPU 0, `M` for CPU 1.
    private func calls(_ setting: MultiTCE, npages: Int = 2) throws -> [String] {
        var kernel = try GuestKernel.booted("P0") {
            $0.multiTCE = setting
            $0.memoryBytes = 2 << 30
        }
        let lines = try kernel.calls { kernel in
            for cpu in [0, 0, 1] { _ = try kernel.build(0, entry: 16, npages: npages, 0x5000, .readWrite, cpu: cpu) }
        }
        let frames = [0, 1].map { (kernel.listPages[$0] ?? 0) >> 16 }
        return lines.map { line in
            var words = line.split(separator: " ").map(String.init)
            if words[0].hasSuffix("share") { words[1] = words[1] == frames[0].hex ? "N" : "M" }
            return words.joined(separator: " ")
        }
    }

    private let list = "list 0x10000 2 0x5003"

    @Test("For life: shared when it is taken, once a CPU")
    func life() throws {
        #expect(try calls(.life) == ["share N 1", list, list, "share M 1", list])
    }

    @Test("A call: shared before it is filled, unshared after the last list")
    func call() throws {
        #expect(
            try calls(.call) == [
                "share N 1", list, "unshare N 1", "share N 1", list, "unshare N 1", "share M 1", list, "unshare M 1",
            ])
        let one = ["share N 1", "list 0x10000 512 0x5003", "list 0x210000 1 0x205003", "unshare N 1"]
        #expect(try Array(calls(.call, npages: 513).prefix(4)) == one)
    }

    @Test("Not shared: the hypervisor reads ciphertext")
    func unshared() throws {
        #expect(try calls(.unshared) == [list, list, list])
    }

    @Test("No list, no page: one TCE, or none of the features", arguments: [MultiTCE.life, .call, .off, .split])
    func none(_ setting: MultiTCE) throws {
        #expect(try calls(setting, npages: 1) == Array(repeating: "put 0x10000 0x5003", count: 3))
    }

    @Test("A guest that is not secure shares nothing")
    func plain() throws {
        var kernel = try GuestKernel.booted { $0.multiTCE = .call }
        #expect(try kernel.calls { _ = try $0.build(0, entry: 16, npages: 2, 0x5000, .readWrite, cpu: 0) } == [list])
    }

    @Test("A list that lacks resources: the page is unshared before what stands is cleared")
    func failure() throws {
        var kernel = try GuestKernel.booted("P0") { $0.memoryBytes = 2 << 30 }
        let lines = try kernel.calls(refusing: 1, with: .notEnoughResources) {
            _ = try $0.build(0, entry: 16, npages: 1024, 0x5000, .readWrite, cpu: 0)
        }
        #expect(lines.map { $0.prefix { $0 != " " } } == ["share", "list", "unshare", "stuff"])
    }
}
