// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Synchronization
import TceEmu

struct Policies: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Runs the ways in which a secure guest can do DMA, with each kind of device, and judges them.",
        discussion: """
            Each cell boots a guest, sets a driver's masks, gives the device a ring and payload, and looks at where its \
            accesses land and at every byte that moves. docs/policies.md tells what the policies and devices are.

            Policies: \(DMAPolicy.all.map(\.name).joined(separator: ", "))
            Devices: \(DeviceClass.allCases.map(\.rawValue).joined(separator: ", "))

            Examples:
              tce-emu policies
              tce-emu policies --policy P2,P3 --device D32 --kernel 5.10 --format json
              tce-emu policies --swiotlb-start 0x3500000 --tce-size 16M --leak 0x12340000
            """)

    @Option(help: "Policies, with commas between. The default is all.")
    var policy: String?

    @Option(
        help: "Multi-TCE settings: life, call, unshared, off, split. The default is all, a policy's own shown first.")
    var multitce: String?

    @Option(help: "Devices. The default is all.")
    var device: String?

    @Option(help: "Sizes of the default window. The default is 1G,2G.")
    var window: String?

    @Option(help: "Bus address at which the default window begins.", transform: parseAddress)
    var windowStart: UInt64 = 0

    @Option(
        help: "Places of the bounce buffer: L1 (below 1 GiB), L4 (at 2.5 GiB), L5 (above 4 GiB). The default is all.")
    var swiotlb: String?

    @Option(help: "Address of the bounce buffer, instead of --swiotlb.")
    var swiotlbStart: String?

    @Option(help: "Size of the bounce buffer.", transform: parseBytes)
    var swiotlbSize: UInt64 = 64 << 20

    @Option(help: "Memory of the guest.", transform: parseBytes)
    var memory: UInt64 = 32 << 30

    @Option(
        help: "The largest TCE size that a dynamic window is offered, one that the kernel knows: 64K, 16M.",
        transform: parseBytes)
    var tceSize: UInt64 = 64 << 10

    @Option(help: "Host bridges (PEs), each with one such device.")
    var pe = 1

    @Option(help: "Processors.")
    var cpus = 2

    @Option(
        help: "Version of the guest's kernel. The default is the policy's: 5.6 for U56, 5.5 for the rest.",
        transform: parseKernel)
    var kernel: KernelLevel?

    @Option(help: "Whether there are dynamic windows.")
    var ddw = Switch.on

    @Option(help: "What a secure guest makes of a mask below 64 bits: off, on, closed. The default is the policy's.")
    var maskCheck: String?

    @Flag(help: "Drivers go on where a mask is refused.")
    var ignoreRefusals = false

    @Option(help: "Bytes of a request.", transform: parseBytes)
    var requestBytes: UInt64 = 64 << 10

    @Option(help: "Where coherent memory comes from: low, high.")
    var coherent: String?

    @Option(help: "Whose answers the machine gives.", transform: { try Platform(named: $0) })
    var platform: Platform?

    @Option(help: "A page that the guest shares by mistake.")
    var leak: String?

    @Option(help: "What everything costs: a built-in profile or a YAML file.")
    var profile = "secure-2019"

    @OptionGroup var changes: ProfileChanges
    @OptionGroup var format: FormatOption

    @Option(help: "A trace to write of the one cell that is chosen; - is the standard output.")
    var record: String?

    func validate() throws {
        if swiotlb != nil, swiotlbStart != nil {
            throw ValidationError("--swiotlb and --swiotlb-start both say where the bounce buffer is: give one of them")
        }
    }

    func run() throws {
        do {
            let comparison = try comparison()
            if let record { return try write(comparison, to: record) }
            let total = UInt64(comparison.cells.count)
            let progress = Mutex<ProgressBox>(ProgressBox("policies", total: total))
            let results = try comparison.run { done in
                progress.withLock { $0.update(UInt64(done)) }
            }
            progress.withLock { $0.end() }
            switch format.format {
            case .text: try printResult(PolicyReport(comparison, results).description)
            case .json: try printResult(jsonReport(results))
            case .csv: try printResult(PolicyReport.csv(results))
            }
        } catch {
            throw ExitStatus.describe(error)
        }
    }

    /// Runs the one cell there is and keeps what it did.
    private func write(_ comparison: PolicyComparison, to output: String) throws {
        let cells = comparison.cells
        guard cells.count == 1 else {
            throw ValidationError(
                "--record needs one cell, and these are \(cells.count): choose --policy, --multitce, --device, --window, "
                    + "--swiotlb")
        }
        let result = try writeTrace(to: output, source: "policies: \(cells[0].policy.name)", memory, platform) { emit in
            try comparison.record(cells[0], emit)
        }
        complain("\(output): \(result.outcome.rawValue), \(result.why)")
    }

    private func comparison() throws -> PolicyComparison {
        var comparison = PolicyComparison()
        if let policy {
            comparison.policies = try list(policy, "--policy", DMAPolicy.all.map(\.name), securePolicy)
        }
        if let multitce {
            comparison.settings = try list(multitce, "--multitce", comparison.settings.map(\.rawValue)) {
                MultiTCE(rawValue: $0).flatMap { $0 == .on ? nil : $0 }
            }
        }
        if let device {
            comparison.devices = try list(device, "--device", DeviceClass.allCases.map(\.rawValue)) {
                DeviceClass(rawValue: $0)
            }
        }
        if let window {
            comparison.windows = []
            for bytes in try words(window).map({ try parseBytes($0) }) where !comparison.windows.contains(bytes) {
                comparison.windows.append(bytes)
            }
        }
        if let swiotlb {
            comparison.buffers = try list(swiotlb, "--swiotlb", BufferPlace.allCases.map(\.rawValue)) {
                BufferPlace(rawValue: $0)?.start
            }
        }
        if let swiotlbStart { comparison.buffers = [try parseAddress(swiotlbStart)] }
        comparison.options = try options()
        return comparison
    }

    private func options() throws -> PolicyOptions {
        var options = PolicyOptions()
        options.level = kernel
        if let platform { options.platform = platform }
        options.memoryBytes = memory
        options.bufferBytes = swiotlbSize
        options.tceBytes = tceSize
        guard (1...64).contains(pe) else { throw ValidationError("--pe is \(pe); expected 1 to 64") }
        options.nodes = pe
        guard (1...2048).contains(cpus) else { throw ValidationError("--cpus is \(cpus); expected 1 to 2048") }
        options.cpus = cpus
        options.usesDDW = ddw == .on
        options.windowStart = windowStart
        if let maskCheck {
            options.maskCheck = try word(maskCheck, "--mask-check", DMAPolicy.MaskCheck.allCases.map(\.rawValue)) {
                DMAPolicy.MaskCheck(rawValue: $0)
            }
        }
        options.heedsRefusals = !ignoreRefusals
        guard requestBytes > 0, requestBytes <= 64 << 20 else {
            throw ValidationError("--request-bytes is \(requestBytes); expected 1 to 64M")
        }
        options.requestBytes = requestBytes
        if let coherent {
            let places = GuestConfiguration.PagePlace.allCases
            options.coherentPlace = try word(coherent, "--coherent", places.map(\.rawValue)) {
                GuestConfiguration.PagePlace(rawValue: $0)
            }
        }
        if let leak {
            let address = try parseAddress(leak)
            guard address < memory else { throw ValidationError("--leak is \(leak); expected an address in memory") }
            options.leak = address
        }
        // Levels before 5.17 know the same sizes.
        let shifts = (kernel ?? .v5_5).windowPageShifts
        guard shifts.contains(where: { UInt64(1) << UInt64($0) == tceSize }) else {
            let sizes = shifts.sorted().map { sizeOption(UInt64(1) << UInt64($0)) }
            throw ValidationError(
                "--tce-size is \(tceSize); expected a size that the kernel knows: " + sizes.joined(separator: ", "))
        }
        options.profile = try changes.apply(to: TimingProfile(fileOrName: profile))
        return options
    }
}

/// A policy of a secure guest, not the one of a plain guest.
func securePolicy(_ name: String) -> DMAPolicy? { DMAPolicy.all.first { $0.name == name } }

/// A size as an option takes it: "64K", "16G".
private func sizeOption(_ bytes: UInt64) -> String {
    let units: [(shift: UInt64, name: String)] = [(30, "G"), (20, "M"), (10, "K")]
    guard let unit = units.first(where: { bytes >> $0.shift > 0 }) else { return String(bytes) }
    return "\(bytes >> unit.shift)\(unit.name)"
}

/// Words of an option with commas between. None of them may be missing.
func words(_ text: String) -> [String] {
    text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
}

/// The same, where each is one of a few. One that is there twice is taken once.
func list<Value>(_ text: String, _ option: String, _ allowed: [String], _ make: (String) -> Value?) throws -> [Value] {
    var seen: Set<String> = []
    return try words(text).filter { seen.insert($0).inserted }.map { try word($0, option, allowed, make) }
}

/// One of a few words.
func word<Value>(_ text: String, _ option: String, _ allowed: [String], _ make: (String) -> Value?) throws -> Value {
    guard let value = make(text) else {
        throw ValidationError("\(option) has \"\(text)\"; expected \(allowed.joined(separator: ", "))")
    }
    return value
}

func parseKernel(_ text: String) throws -> KernelLevel {
    guard let level = KernelLevel(text) else {
        throw ValidationError(
            "--kernel is \(text); expected a version from \(KernelLevel.all[0]) on, such as "
                + KernelLevel.all.map(\.description).joined(separator: ", "))
    }
    return level
}

func parseAddress(_ text: String) throws -> UInt64 {
    let digits = text.hasPrefix("0x") ? UInt64(text.dropFirst(2), radix: 16) : UInt64(text)
    guard let address = digits else { throw ValidationError("\(text) is no address; expected one such as 0x3500000") }
    return address
}

/// Writes the trace of a guest of ours.
func writeTrace<Result>(
    to output: String, source: String, _ memory: UInt64, _ platform: Platform?,
    _ body: (@escaping (TraceEvent) throws -> Void) throws -> Result
) throws -> Result {
    var header = TraceHeader()
    header.memoryBytes = memory
    header.platform = (platform ?? .qemu).description
    header.source = source
    header.writer = TceEmuPackage.nameAndVersion
    let target = TraceTarget(try TraceWriter(header, to: openOutput(output)))
    let result = try body { try target.append($0) }
    try target.finish()
    return result
}

/// A writer that a closure can hold.
private final class TraceTarget {
    private var writer: TraceWriter?

    init(_ writer: consuming TraceWriter) {
        self.writer = consume writer
    }

    func append(_ event: TraceEvent) throws {
        try writer?.append(event)
    }

    func finish() throws {
        _ = try writer.take()?.finish()
    }
}

/// Progress that several threads tell.
struct ProgressBox: ~Copyable {
    private var progress: Progress

    init(_ what: String, total: UInt64) {
        progress = Progress(what, total: total)
    }

    mutating func update(_ done: UInt64) { progress.update(done: done, events: done) }
    mutating func end() { progress.end() }
}
