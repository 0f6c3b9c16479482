// SPDX-License-Identifier: Apache-2.0
import TceEmu

/// A run in which the model and the machine do not agree, as short as it could be made.
struct StepFailure: CustomStringConvertible, Sendable {
    var setup: NaiveSetup
    var steps: [Step]
    var difference: StepDifference
    var seed: UInt64

    /// A script for `tce-emu exec`.
    var script: String {
        let steps = steps + (difference.probe.map { [$0] } ?? [])
        var lines = ["# tce-emu exec \(setup.options) FILE"]
        if let memory = setup.memoryBytes, memory != NaiveSetup().memoryBytes { lines.append("memory \(memory)") }
        lines += steps.map(\.description)
        lines += ["# the model:   \(difference.expected)", "# the machine: \(difference.answered)"]
        return lines.joined(separator: "\n") + "\n"
    }

    var description: String { "seed \(seed), \(setup):\n\(script)" }
}

extension NaiveSetup {
    /// The options of `tce-emu exec`, and in words what it has none for.
    var options: String {
        var options = "--platform \(platform.rawValue)"
        if !hasMultiTCE { options += " --multitce off" }
        if eeh { options += " --eeh freeze" }
        var others: [String] = []
        if memoryBytes == nil { others.append("unknown memory") }
        if phbCount != 1 { others.append("\(phbCount) PHBs") }
        if windowBytes != NaiveSetup().windowBytes { others.append("a default window of \(windowBytes) bytes") }
        if hasVIO { others.append("a virtual I/O window") }
        if !hasPEF { others.append("no PEF") }
        return others.isEmpty ? options : options + " (with \(others.joined(separator: ", ")))"
    }

    /// Machines that differ less from the one that `tce-emu exec` has.
    fileprivate var simpler: [NaiveSetup] {
        var setups = [NaiveSetup(platform: platform)]
        func add(_ change: (inout NaiveSetup) -> Void) {
            var setup = self
            change(&setup)
            if setup != self { setups.append(setup) }
        }
        add { $0.phbCount = 1 }
        add { $0.hasVIO = false }
        add { $0.windowBytes = NaiveSetup().windowBytes }
        add { $0.hasMultiTCE = true }
        add { $0.hasPEF = true }
        add { $0.eeh = false }
        add { $0.memoryBytes = NaiveSetup().memoryBytes }
        return setups.filter { $0 != self }
    }
}

/// Delta debugging: steps are left out as long as what is left fails.
struct StepShrinker<Other: SteppedMachine & ~Copyable> {
    let make: (NaiveSetup) throws -> Other

    /// Runs steps on new machines, up to the first difference; its step is the last.
    func play(_ setup: NaiveSetup, _ steps: [Step]) throws -> (steps: [Step], difference: StepDifference)? {
        var pair = StepPair(model: NaiveMachine(setup), other: try make(setup))
        for (index, step) in steps.enumerated() {
            if let difference = pair.take(step) { return (Array(steps[...index]), difference) }
        }
        return pair.compareState().map { (steps, $0) }
    }

    /// The shortest failing run that can be found. The steps given must fail.
    func shrink(_ setup: NaiveSetup, _ steps: [Step], seed: UInt64) throws -> StepFailure? {
        guard var best = try play(setup, steps) else { return nil }
        var setup = setup
        var last = 0
        // Simpler arguments and a simpler machine let more steps go.
        repeat {
            last = best.steps.count
            try removeSteps(setup, &best)
            for simpler in setup.simpler {
                if let found = try play(simpler, best.steps) { (setup, best) = (simpler, found) }
            }
            try simplifySteps(setup, &best)
        } while best.steps.count < last
        return StepFailure(setup: setup, steps: best.steps, difference: best.difference, seed: seed)
    }

    /// Leaves out runs of steps: halves, then quarters, down to single ones.
    private func removeSteps(
        _ setup: NaiveSetup, _ best: inout (steps: [Step], difference: StepDifference)
    ) throws {
        var length = max(1, best.steps.count / 2)
        while true {
            var start = max(0, best.steps.count - length)
            while true {
                var steps = best.steps
                let end = min(start + length, steps.count)
                if start < end {
                    steps.removeSubrange(start..<end)
                    if let found = try play(setup, steps) { best = found }
                }
                if start == 0 { break }
                start = max(0, start - length)
            }
            if length == 1 { return }
            length /= 2
        }
    }

    /// Puts simpler steps in the place of steps.
    private func simplifySteps(
        _ setup: NaiveSetup, _ best: inout (steps: [Step], difference: StepDifference)
    ) throws {
        for index in best.steps.indices.reversed() {
            var isSimpler = true
            while isSimpler, index < best.steps.count {
                isSimpler = false
                for step in best.steps[index].simpler {
                    var steps = best.steps
                    steps[index] = step
                    if let found = try play(setup, steps) {
                        best = found
                        isSimpler = true
                        break
                    }
                }
            }
        }
    }
}

extension Step {
    /// The same step with smaller numbers and shorter lists. None leads back to a step before it.
    fileprivate var simpler: [Step] {
        switch self {
        case .store(let address, let values): Self.shorter(values).map { .store(address, $0) }
        case .hostStore(let address, let values): Self.shorter(values).map { .hostStore(address, $0) }
        case .dmaWrite(let liobn, let ioba, let values): Self.shorter(values).map { .dmaWrite(liobn, ioba, $0) }
        case .dmaRead(let liobn, let ioba, let bytes): Self.smaller(bytes).map { .dmaRead(liobn, ioba, bytes: $0) }
        case .stuffTCE(let liobn, let ioba, let tce, let npages):
            Self.smaller(npages).map { .stuffTCE(liobn, ioba, tce, $0) }
        case .putTCEIndirect(let liobn, let ioba, let list, let npages):
            Self.smaller(npages).map { .putTCEIndirect(liobn, ioba, list: list, $0) }
        case .ultracall(let number, let arguments):
            arguments.indices.flatMap { index in
                Self.smaller(arguments[index]).map { value in
                    var simpler = arguments
                    simpler[index] = value
                    return .ultracall(number, simpler)
                }
            }
        case .putTCE(let liobn, let ioba, let tce): Self.smaller(tce).map { .putTCE(liobn, ioba, $0) }
        default: []
        }
    }

    private static func smaller(_ number: UInt64) -> [UInt64] {
        [0, 1, 2, 3, 8, 512, number % 4096].filter { $0 < number }
    }

    private static func shorter(_ values: [UInt64]) -> [[UInt64]] {
        var shorter: [[UInt64]] = values.count > 1 ? [Array(values.dropLast()), Array(values.dropFirst())] : []
        if let first = values.first, values.count == 1 { shorter += smaller(first).map { [$0] } }
        return shorter
    }
}
