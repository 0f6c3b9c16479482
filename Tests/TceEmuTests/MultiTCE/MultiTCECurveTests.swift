// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import TceEmu

/// Measured costs against what docs/time-model.md gives: [cost], [kill], [ultracall].
struct MultiTCECurveTests {
    private func profile(_ name: String = "power9-kvm", _ assignments: String...) throws -> TimingProfile {
        var profile = try TimingProfile(named: name)
        for assignment in assignments { try profile.set(assignment) }
        return profile
    }

    @Test("power9-kvm: entry 4,700; put 300, 80 a TCE of a list, 12 of a run", arguments: Platform.all)
    func power9(platform: Platform) throws {
        let curve = try MultiTCECurve(profile(), platform: platform)
        #expect(curve.points.map(\.n) == Array(1...512))
        for point in curve.points {
            let n = UInt64(point.n)
            #expect(point.list == 4_700 + 80 * n)
            #expect(point.single == 5_000 * n)
            #expect(point.stuff == 4_700 + 12 * n)
            #expect(point.singleClear == 5_000 * n)
        }
        #expect(curve.crossover == 1)
        #expect(curve.stuffCrossover == 1)
    }

    @Test("With pass-through every TCE and every kill is paid for: once a call, so that single calls pay it n times")
    func passthrough() throws {
        // 250 a TCE, 950 for the kill of a PE and 4,750 until it is done.
        let curve = try MultiTCECurve(profile("power9-kvm", "passthrough=yes"), platform: .qemu)
        for point in curve.points {
            let n = UInt64(point.n)
            #expect(point.list == 4_700 + 330 * n + 5_700)
            #expect(point.single == (5_000 + 250 + 5_700) * n)
            #expect(point.stuff == 4_700 + 262 * n + 5_700)
        }
    }

    @Test("Where a call costs the same whatever it does, two TCEs pay; where a list's TCE is dearer, none")
    func crossovers() throws {
        let flat = try MultiTCECurve(profile("secure-2019"), platform: .qemu)
        #expect(flat.points[0].list == flat.points[0].single)
        #expect(flat.crossover == 2 && flat.stuffCrossover == 2)
        #expect(try MultiTCECurve(profile("ideal"), platform: .qemu).crossover == 2)
        let dear = try MultiTCECurve(profile("power9-kvm", "hcall.list_entry=5000"), platform: .qemu)
        #expect(dear.crossover == nil && dear.stuffCrossover == 1)
    }

    @Test("The crossover is the length from which on it stays so")
    func crossoverOfCosts() {
        #expect(MultiTCECurve.crossover([(1, 2), (1, 2)]) == 1)
        #expect(MultiTCECurve.crossover([(2, 2), (1, 2)]) == 2)
        #expect(MultiTCECurve.crossover([(1, 2), (3, 2), (1, 2)]) == 3)
        #expect(MultiTCECurve.crossover([(1, 2), (2, 2)]) == nil)
    }

    @Test("A secure guest pays 4,000 for reflection, 45,000 to share a page, 45,000 to unshare it")
    func sharing() throws {
        let secure = try ListSharingCurve(profile(), platform: .qemu)
        #expect(secure.share == 45_000)
        for point in secure.points {
            let n = UInt64(point.n)
            #expect(point.life == 8_700 + 80 * n)
            #expect(point.call == 8_700 + 80 * n + 90_000)
            #expect(point.split == 9_000 * n)
            // The page is paged out and in, and what it holds then goes to user space.
            #expect(point.unshared == 8_700 + 80 * n + 150_000 + 12_000)
        }
        #expect(secure.lifeCrossover == 1)
        // 98,700 + 80 n < 9,000 n.
        #expect(secure.callCrossover == 12)
        #expect(secure.mapsToPayShare(secure.points[15]) == 1)
        let maps: UInt64 = (45_000 + 9_139) / 9_140
        #expect(secure.mapsToPayShare(secure.points[1]) == maps)
        let dear = try ListSharingCurve(profile("power9-kvm", "hcall.list_entry=9000"), platform: .qemu)
        #expect(dear.lifeCrossover == nil && dear.callCrossover == nil)
        #expect(dear.mapsToPayShare(dear.points[0]) == nil)
    }
}
