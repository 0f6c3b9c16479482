// SPDX-License-Identifier: Apache-2.0
import TceEmu
import Testing

/// Maps and unmaps, from probes on the guest's functions.
@Suite("ftrace: maps and unmaps")
struct FtraceProbeTests {
    private static let table = "liobn=0x80000000"
    private static let build = "buildmulti: (tce_buildmulti_pSeriesLP+0xc/0x3c0)"
    private static let built = "buildmulti_ret: (iommu_alloc+0xac/0x130 <- tce_buildmulti_pSeriesLP)"
    private static let clear = "freemulti: (tce_freemulti_pSeriesLP+0xc/0x170)"
    private static let cleared = "freemulti_ret: (__iommu_free+0xc8/0x1f0 <- tce_freemulti_pSeriesLP)"
    private static let free = "free: (tce_free_pSeriesLP+0xc/0x100)"

    private static func map(_ entry: Int, _ count: Int = 1) -> String {
        "\(build) \(table) tcenum=\(entry) npages=\(count) uaddr=0xc000000004d46000 dir=1"
    }

    private static func unmap(_ entry: Int, _ count: Int = 1) -> String {
        "\(clear) \(table) tcenum=\(entry) npages=\(count)"
    }

    private static func free(_ entry: Int, _ count: Int = 1, shift: Int = 12) -> String {
        "\(free) \(table) tcenum=\(entry) shift=\(shift) npages=\(count)"
    }

    /// A map of one page as the trace has it.
    private static func mapped(_ entry: UInt64, cpu: UInt16 = 0, status: Int32? = 0) -> TraceEvent.Guest {
        TraceEvent.Guest(
            .map, device: 0x8000_0000, cpu: cpu, address: 0x4d4_6000, value: status ?? 0 == 0 ? entry << 12 : 0,
            length: 4_096, access: .read, status: status)
    }

    private static func unmapped(_ entry: UInt64, _ count: UInt64 = 1, cpu: UInt16 = 0) -> TraceEvent.Guest {
        TraceEvent.Guest(.unmap, device: 0x8000_0000, cpu: cpu, address: entry << 12, length: count << 12)
    }

    @Test("A build and its return are one map at the build's time, before its hcalls")
    func map() throws {
        let imported = try importFtrace(
            ftraceLine(
                cpu: 1, "5.200620",
                "\(Self.build) \(Self.table) tcenum=0x30000 npages=16 uaddr=0xc00000000e300000 dir=0"),
            ftraceLine(cpu: 1, "5.202269", "hcall_entry: opcode=316"),
            ftraceLine(cpu: 1, "5.202425", "hcall_exit: opcode=316 retval=0"),
            ftraceLine(cpu: 1, "5.202860", "\(Self.built) ret=0"))
        let map = TraceEvent.Guest(
            .map, device: 0x8000_0000, cpu: 1, address: 0xe30_0000, value: 0x3000_0000, length: 0x10000,
            access: .readWrite, status: 0)
        #expect(
            imported.events == [
                TraceEvent(time: 5_200_620, body: .guest(map)),
                TraceEvent(time: 5_202_269, body: .observed(.init(opcode: 316, cpu: 1, status: 0, duration: 156))),
            ])
        #expect(imported.report.notes.isEmpty)
    }

    @Test(
        "The direction is the kernel's: 0 both, 1 to the device, which reads, 2 from it, which writes",
        arguments: [(0, .readWrite), (1, .read), (2, .write)] as [(Int, DMAAccess)])
    func directions(number: Int, access: DMAAccess) throws {
        let line = "\(Self.build) \(Self.table) tcenum=1 npages=1 uaddr=0xc000000000000000 dir=\(number)"
        #expect(try importFtrace(ftraceLine("1.0", line)).guest.map(\.access) == [access])
    }

    @Test("An address is the kernel's without its top four bits; entries and pages are counted in 4 KiB")
    func addresses() throws {
        let line = "\(Self.build) liobn=0xffffffff tcenum=0xffffffffffff0 npages=15 uaddr=0xffffffffffffffff dir=2"
        let map = try #require(try importFtrace(ftraceLine("1.0", line)).guest.first)
        #expect(map.device == 0xffff_ffff)
        #expect(map.address == 0x0fff_ffff_ffff_ffff)
        #expect(map.value == 0xffff_ffff_ffff_0000)
        #expect(map.length == 15 << 12)
    }

    @Test("Fields stand in any order, others among them, decimal or hexadecimal")
    func fields() throws {
        let line = "\(Self.build) dir=1 comm=\"dd\" uaddr=13835058055363190784 npages=0x1 x=0 tcenum=16 \(Self.table)"
        let imported = try importFtrace(ftraceLine("1.0", line), ftraceLine("1.1", "\(Self.built) ret=0x0 more=1"))
        #expect(imported.guest == [Self.mapped(16)])
    }

    @Test("An unmap is one event at the clear's time")
    func unmap() throws {
        let imported = try importFtrace(
            ftraceLine("1.000000", Self.unmap(0x20, 16)), ftraceLine("1.000001", "hcall_entry: opcode=312"),
            ftraceLine("1.000002", "hcall_exit: opcode=312 retval=0"), ftraceLine("1.000003", Self.cleared))
        #expect(imported.guest == [Self.unmapped(0x20, 16)])
        #expect(imported.events.map(\.time) == [1_000_000, 1_000_001])
        #expect(imported.report.notes.isEmpty)
    }

    @Test("An interrupt's unmap between a build and that build's own hcall does not come between them")
    func interrupt() throws {
        let imported = try importFtrace(
            ftraceLine("1.000000", Self.map(16)), ftraceLine("1.000001", Self.unmap(32)),
            ftraceLine("1.000002", "hcall_entry: opcode=312"),
            ftraceLine("1.000003", "hcall_exit: opcode=312 retval=0"),
            ftraceLine("1.000004", Self.cleared), ftraceLine("1.000005", "hcall_entry: opcode=32"),
            ftraceLine("1.000006", "hcall_exit: opcode=32 retval=0"), ftraceLine("1.000007", "\(Self.built) ret=0"))
        #expect(imported.guest == [Self.mapped(16), Self.unmapped(32)])
        #expect(imported.observed.map(\.duration) == [1, 1])
        #expect(imported.report.notes.isEmpty)
    }

    @Test("An interrupt's map inside a map returns first")
    func interruptMaps() throws {
        let imported = try importFtrace(
            ftraceLine("1.000000", Self.map(16)), ftraceLine("1.000001", Self.map(32)),
            ftraceLine("1.000002", "\(Self.built) ret=-44"), ftraceLine("1.000003", "\(Self.built) ret=0"))
        #expect(imported.guest == [Self.mapped(16), Self.mapped(32, status: -44)])
    }

    @Test("A task may return on another CPU; another task's return on the first one is not its own")
    func migration() throws {
        let imported = try importFtrace(
            ftraceLine(pid: 7, cpu: 0, "1.000000", Self.map(16)), ftraceLine(pid: 8, cpu: 0, "1.000001", Self.map(32)),
            ftraceLine(pid: 8, cpu: 0, "1.000002", "\(Self.built) ret=-44"),
            ftraceLine(pid: 7, cpu: 1, "1.000003", "\(Self.built) ret=0"))
        #expect(imported.guest == [Self.mapped(16), Self.mapped(32, status: -44)])
    }

    @Test("The idle tasks of two CPUs are two, though both have PID 0")
    func idleTasks() throws {
        let imported = try importFtrace(
            ftraceLine(task: "<idle>", pid: 0, cpu: 0, "1.000000", Self.map(16)),
            ftraceLine(task: "<idle>", pid: 0, cpu: 1, "1.000001", Self.map(32)),
            ftraceLine(task: "<idle>", pid: 0, cpu: 0, "1.000002", "\(Self.built) ret=-44"),
            ftraceLine(task: "<idle>", pid: 0, cpu: 1, "1.000003", "\(Self.built) ret=0"))
        #expect(imported.guest == [Self.mapped(16, status: -44), Self.mapped(32, cpu: 1)])
    }

    @Test("A map whose return is missing has a status not known; a return whose call is missing is left out")
    func alone() throws {
        let imported = try importFtrace(
            ftraceLine("1.000000", "\(Self.built) ret=0"), ftraceLine("1.000001", Self.cleared),
            ftraceLine("1.000002", Self.map(16)), ftraceLine("1.000003", Self.unmap(32)))
        var map = Self.mapped(16)
        map.status = nil
        #expect(imported.guest == [map, Self.unmapped(32)])
        #expect(
            imported.report.notes == [
                "The return of one map was not seen: its status is not known (line 3).",
                "The return of one unmap was not seen (line 4).",
                "2 returns of maps or unmaps were left out, as their calls were not seen (first: line 1).",
            ])
    }

    @Test(
        "No build is matched with a return across lost events of the CPU of either; those of a third do not matter",
        arguments: [0, 1, 2])
    func lost(cpu: Int) throws {
        let imported = try importFtrace(
            ftraceLine(cpu: 0, "1.000000", Self.map(16)), "CPU:\(cpu) [LOST 1 EVENTS]",
            ftraceLine(cpu: 1, "1.000003", "\(Self.built) ret=-44"))
        #expect(imported.guest.map(\.status) == [cpu == 2 ? -44 : nil])
        #expect(imported.report.notes.count == (cpu == 2 ? 1 : 3))
    }

    @Test("The clear of what a failed map had taken is no unmap; the next of the same entries is")
    func failedMap() throws {
        let imported = try importFtrace(
            ftraceLine("1.000000", Self.map(16)), ftraceLine("1.000001", "\(Self.built) ret=-44"),
            ftraceLine("1.000002", Self.unmap(32)), ftraceLine("1.000003", Self.cleared),
            ftraceLine("1.000004", Self.unmap(16)), ftraceLine("1.000005", Self.unmap(16)))
        #expect(imported.guest == [Self.mapped(16, status: -44), Self.unmapped(32), Self.unmapped(16)])
        #expect(imported.report.notes.contains { $0.hasPrefix("One clear of entries that a failed map had taken") })
    }

    @Test("A map of the same entries makes their next clear an unmap again")
    func failedAndMapped() throws {
        let imported = try importFtrace(
            ftraceLine("1.000000", Self.map(16)), ftraceLine("1.000001", "\(Self.built) ret=-44"),
            ftraceLine("1.000002", Self.map(16)), ftraceLine("1.000003", "\(Self.built) ret=0"),
            ftraceLine("1.000004", Self.unmap(16)))
        #expect(imported.guest == [Self.mapped(16, status: -44), Self.mapped(16), Self.unmapped(16)])
    }

    @Test("A free by itself is an unmap, in pages of its own size")
    func freeAlone() throws {
        let imported = try importFtrace(
            ftraceLine("1.000000", Self.free(16)), ftraceLine("1.000001", Self.free(16, 2, shift: 16)))
        #expect(
            imported.guest == [
                Self.unmapped(16),
                TraceEvent.Guest(.unmap, device: 0x8000_0000, cpu: 0, address: 0x10_0000, length: 0x20000),
            ])
    }

    @Test("A free inside an unmap or a map of its entries is a part of that; one of other entries is not")
    func freeInside() throws {
        for (outer, end) in [(Self.unmap(16, 4), Self.cleared), (Self.map(16, 4), "\(Self.built) ret=0")] {
            let imported = try importFtrace(
                ftraceLine("1.000000", outer), ftraceLine("1.000001", Self.free(16, 4)),
                ftraceLine("1.000002", Self.free(17, 3)), ftraceLine("1.000003", Self.free(15)),
                ftraceLine("1.000004", Self.free(19, 2)), ftraceLine(pid: 9, "1.000005", Self.free(16)),
                ftraceLine("1.000006", Self.free(16).replacing("80000000", with: "80000001")),
                ftraceLine("1.000007", end), ftraceLine("1.000008", Self.free(16, 4)))
            #expect(imported.guest.dropFirst().map(\.address) == [0xf000, 0x13000, 0x10000, 0x10000, 0x10000])
            #expect(imported.report.understood["free"] == 7)
            #expect(imported.report.notes.isEmpty)
        }
    }

    @Test("Without multi-TCE hcalls a build is still one map, and all of its H_PUT_TCE are seen")
    func singleHcalls() throws {
        var lines = [ftraceLine("1.000000", Self.map(16, 3))]
        for page in 1...3 {
            lines.append(ftraceLine("1.00000\(2 * page)", "hcall_entry: opcode=32"))
            lines.append(ftraceLine("1.00000\(2 * page + 1)", "hcall_exit: opcode=32 retval=0"))
        }
        lines.append(ftraceLine("1.000009", "\(Self.built) ret=0"))
        let imported = try importAll(lines.joined(separator: "\n"), with: FtraceImporter())
        #expect(imported.guest.map(\.length) == [3 << 12])
        #expect(imported.observed.count == 3)
        #expect(imported.report.notes.isEmpty)
    }
}
