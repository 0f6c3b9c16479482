// SPDX-License-Identifier: Apache-2.0
import CTce

@testable import TceEmu

/// A trace and a configuration, on which engine and reference have to agree.
struct TimedCase: Hashable, Sendable {
    var events: [TraceEvent]
    var configuration: ReferenceConfiguration

    // MARK: What either says

    func engine() throws -> TimedTrace.Outcome {
        let c = configuration
        var machine = MachineConfiguration()
        machine.platform = .qemu
        machine.memoryBytes = c.memoryBytes
        machine.eeh = c.eeh
        machine.hasMultiTCE = c.hasMultiTCE
        machine.phbCount = 0
        let made = try Machine(machine)
        let batch = try EventBatch()
        for event in events { try batch.append(event) }
        let arrival: TimingArrival = c.arrival == .trace ? .trace : .saturate
        let model = try TimedModel(c.lowered, arrival, unitNanoseconds: c.unitNanoseconds)
        var raw = unsafe tce_chunk_batch(batch.chunk)
        try unsafe model.run(&raw, on: made)
        try model.finish()
        return model.outcome(of: events.count)
    }

    func reference() -> ReferenceResult { Reference.run(events, configuration) }

    // MARK: For a person

    /// A text trace, with the options of `tce-emu replay` in a comment: it can be replayed as it is printed.
    var description: String {
        var header = TraceHeader()
        header.unitNanoseconds = configuration.unitNanoseconds
        header.memoryBytes = configuration.memoryBytes
        let printer = TextPrinter(header: header)
        var text: [UInt8] = []
        printer.appendHeader(to: &text)
        return "# tce-emu replay \(options.joined(separator: " "))\n" + String(decoding: text, as: UTF8.self)
            + events.map { printer.line($0) + "\n" }.joined()
    }

    /// The options of `tce-emu replay`: what differs from its defaults.
    var options: [String] {
        let c = configuration
        var options: [String] = []
        if c.arrival == .saturate { options += ["--arrival", "saturate"] }
        if c.eeh { options += ["--eeh", "freeze"] }
        if !c.hasMultiTCE { options += ["--multitce", "off"] }
        return options + c.settings.flatMap { ["--set", $0] }
    }
}

extension ReferenceConfiguration {
    /// What a replay has by default, profile power9-kvm, with this clock: of some parameters the default is in ns.
    static func standard(clockMHz: UInt64) throws -> ReferenceConfiguration {
        var profile = TimingProfile()
        try profile.set("clock_mhz=\(clockMHz)")
        return ReferenceConfiguration(try profile.lowered())
    }

    /// The values of the catalogue's parameters, in its order, as the core holds them.
    var values: [UInt64] {
        get {
            var config = lowered
            return unsafe withUnsafeBytes(of: &config) { unsafe Array($0.bindMemory(to: UInt64.self)) }
        }
        set {
            var config = lowered
            unsafe withUnsafeMutableBytes(of: &config) { bytes in
                for (index, value) in newValue.enumerated() {
                    unsafe bytes.storeBytes(of: value, toByteOffset: 8 * index, as: UInt64.self)
                }
            }
            let other = ReferenceConfiguration(config)
            let (machine, memory) = ((eeh, hasMultiTCE, arrival), (memoryBytes, unitNanoseconds))
            self = other
            (eeh, hasMultiTCE, arrival) = machine
            (memoryBytes, unitNanoseconds) = memory
        }
    }

    /// "tce_cache.ways=2" for each parameter that is not what a replay has by default.
    var settings: [String] {
        guard let standard = try? Self.standard(clockMHz: clockMHz) else { return [] }
        let ownClock = clockMHz == ReferenceConfiguration().clockMHz ? [] : ["clock_mhz=\(clockMHz)"]
        return ownClock
            + zip(TimingParameter.all, zip(values, standard.values)).compactMap { parameter, value in
                value.0 == value.1 ? nil : "\(parameter.key)=\(parameter.written(value.0))"
            }
    }
}

extension TimingParameter {
    /// A value that the core holds, as a person writes it, without the unit.
    fileprivate func written(_ value: UInt64) -> String {
        func decimal(_ places: Int) -> String {
            var digits = String(repeating: "0", count: places) + String(value)
            var fraction = ""
            for _ in 0..<places { fraction = String(digits.removeLast()) + fraction }
            while fraction.last == "0" { fraction.removeLast() }
            let whole = UInt64(digits) ?? 0
            return fraction.isEmpty ? "\(whole)" : "\(whole).\(fraction)"
        }
        switch kind {
        case .cost: return decimal(6)
        case .share: return decimal(2)
        case .choice: return choices[Int(value)]
        default: return String(value)
        }
    }
}
