// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import TceEmu

struct Boot: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Counts and prices the calls that a Linux guest makes until its devices have their windows.",
        discussion: """
            Firmware is not modelled: the kernel's clear of each table, and the window that the first device with a mask \
            of 64 bits on each host bridge asks for.

            Examples:
              tce-emu boot --memory 32G --kernel 5.5 --multitce off
              tce-emu boot --kernel 6.1 --phb 2 --vio 1 --kdump --format json
              tce-emu boot --memory 2G --max-memory 8G --add-memory 2G
              tce-emu boot --secure --kernel 5.6 -o boot.tcet
            """)

    @Option(help: "Memory of the guest.", transform: parseBytes)
    var memory: UInt64 = 2 << 30

    @Option(help: "The most that memory may become. The default is --memory.", transform: parseBytes)
    var maxMemory: UInt64?

    @Option(help: "Size of the default window.", transform: parseBytes)
    var window: UInt64 = 1 << 30

    @Option(help: "Page sizes that DDW offers, with commas between. The default is 4k,64k,2m,16m.")
    var pageSizes = "4k,64k,2m,16m"

    @Option(
        help: "on, off, split, and in a secure guest life, call, unshared. The default is the policy's.")
    var multitce: String?

    @Option(help: "Whether there are dynamic windows; off is disable_ddw on the command line.")
    var ddw = Switch.on

    @Option(
        help: "Version of the kernel. The default is 6.1; with --policy the policy's: 5.6 for U56, 5.5 for the rest.",
        transform: parseKernel)
    var kernel: KernelLevel?

    @Flag(help: "The guest is secure.")
    var secure = false

    @Option(help: "What a secure guest's kernel does. The default is P0 before 5.6, then U56.")
    var policy: String?

    @Option(help: "Host bridges.")
    var phb = 1

    @Option(help: "Virtual I/O devices.")
    var vio = 0

    @Option(help: "Processors.")
    var cpus = 2

    @Flag(help: "Count the kernel that is started after a crash.")
    var kdump = false

    @Option(help: "Memory that comes when the guest has booted, up to --max-memory.", transform: parseBytes)
    var addMemory: UInt64 = 0

    @Flag(help: "The devices of each host bridge go again in the end.")
    var unplug = false

    @Option(help: "Whose answers the machine gives.", transform: { try Platform(named: $0) })
    var platform: Platform?

    @Option(help: "What everything costs: a built-in profile or a YAML file.")
    var profile = "power9-kvm"

    @OptionGroup var changes: ProfileChanges
    @OptionGroup var format: FormatOption

    @Option(name: .shortAndLong, help: "A trace of the boot to write; - is the standard output.")
    var output: String?

    func run() throws {
        do {
            let boot: GuestBoot
            let effective = try changes.apply(to: TimingProfile(fileOrName: profile))
            let guest = try guest()
            if let output {
                boot = try writeTrace(to: output, source: "boot of Linux \(guest.level)", memory + addMemory, platform)
                {
                    emit in
                    try GuestBoot(guest, profile: effective, unplugs: unplug, record: emit)
                }
            } else {
                boot = try GuestBoot(guest, profile: effective, unplugs: unplug)
            }
            guard output != "-" else { return }
            switch format.format {
            case .text: try printResult(boot.description)
            case .json: try printResult(jsonReport(boot))
            case .csv: try printResult(csvReport(boot))
            }
        } catch {
            throw ExitStatus.describe(error)
        }
    }

    func validate() throws {
        if policy != nil, !secure { throw ValidationError("--policy is a secure guest's: give --secure, too") }
        if let multitce, !secure, !["on", "off", "split"].contains(multitce) {
            throw ValidationError("--multitce \(multitce) is a secure guest's; expected on, off or split")
        }
    }

    private func guest() throws -> GuestConfiguration {
        var guest = GuestConfiguration()
        let names = DMAPolicy.all.map(\.name)
        let named = try policy.map { try word($0, "--policy", names, securePolicy) }
        guest.level = kernel ?? named?.level ?? guest.level
        if let platform { guest.platform = platform }
        guest.memoryBytes = memory
        guest.memoryBytesMax = maxMemory
        guest.addedMemoryBytes = addMemory
        guest.cpus = cpus
        guest.isSecure = secure
        guest.usesDDW = ddw == .on
        guest.isKdump = kdump
        guest.vioDevices = vio
        guard (0...1024).contains(phb), (0...1024).contains(vio), (1...2048).contains(cpus) else {
            throw ValidationError("--phb and --vio are 0 to 1024, --cpus 1 to 2048")
        }
        let shifts = try words(pageSizes).map(pageShift)
        guest.phbs = (0..<phb).map { number in
            var phb = PHBConfiguration()
            phb.buid += UInt64(number)
            phb.liobn += UInt32(number) << 8
            phb.windowBytes = window
            phb.pageShifts = shifts.reduce(0) { $0 | 1 << $1 }
            return phb
        }
        if secure {
            guest.policy = named ?? DMAPolicy(named: guest.level < .v5_6 ? "P0" : "U56") ?? .plain
        }
        guest.multiTCE = try setting(guest)
        return guest
    }

    /// Told to use lists, a secure guest's kernel has none from 5.6 on, and before that leaves their page as it is.
    private func setting(_ guest: GuestConfiguration) throws -> MultiTCE {
        guard let multitce else { return guest.policy.multiTCE }
        let setting = try word(multitce, "--multitce", MultiTCE.allCases.map(\.rawValue)) { MultiTCE(rawValue: $0) }
        guard secure, setting == .on else { return setting }
        return guest.level < .v5_6 ? .unshared : .split
    }

    private func pageShift(_ text: String) throws -> UInt64 {
        let bytes = try parseBytes(text)
        guard bytes.nonzeroBitCount == 1, (12...34).contains(bytes.trailingZeroBitCount) else {
            throw ValidationError("--page-sizes has \(text); expected powers of two from 4k to 16g")
        }
        return UInt64(bytes.trailingZeroBitCount)
    }
}
