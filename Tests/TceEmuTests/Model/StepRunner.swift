// SPDX-License-Identifier: Apache-2.0
import Foundation
import TceEmu

/// What the model and a machine do not agree on.
struct StepDifference: Sendable {
    /// What the model answered, as a line of a transcript where it is one.
    var expected: String
    var answered: String

    /// The step that shows it, where it is none of those that were taken: a look at the state.
    var probe: Step?
}

/// The model and another machine that take the same steps.
struct StepPair<Other: SteppedMachine & ~Copyable>: ~Copyable {
    var model: NaiveMachine
    var other: Other

    /// One step. The answers and the counters are compared.
    mutating func take(_ step: Step) -> StepDifference? {
        let expected = model.take(step)
        let answered = other.take(step)
        guard expected == answered else {
            return StepDifference(expected: step.text(of: expected), answered: step.text(of: answered))
        }
        let (counters, others) = (model.sharing, other.sharing)
        guard counters == others else {
            return StepDifference(expected: "\(counters)", answered: "\(others)")
        }
        return nil
    }

    /// The whole state, without changing it.
    mutating func compareState() -> StepDifference? {
        let (expected, answered) = (model.summary, other.summary)
        guard expected == answered else {
            return StepDifference(expected: "\(expected)", answered: "\(answered)")
        }
        return compareTables() ?? compareTranslations() ?? compareFrames() ?? compareMemory()
    }

    private mutating func probe(_ step: Step) -> StepDifference? {
        guard var difference = take(step) else { return nil }
        difference.probe = step
        return difference
    }

    /// Every TCE of small tables; of large ones those that are not 0, and of many of those some.
    private mutating func compareTables() -> StepDifference? {
        for window in model.windows.values {
            let pages =
                window.count <= 520
                ? Array(0..<window.count)
                : window.tces.keys.filter { window.tces.count <= 1000 || $0 % 64 == 0 }
            for page in pages {
                if let difference = probe(.getTCE(window.liobn, window.start &+ page << window.shift)) {
                    return difference
                }
            }
        }
        return nil
    }

    /// The first pages of each LIOBN that there may be a window of.
    private func compareTranslations() -> StepDifference? {
        for liobn in model.phbs.flatMap({ [$0.liobn, $0.liobn + 1] }) + [NaiveMachine.vioWindow.liobn] {
            let window = model.windows[liobn] ?? NaiveMachine.vioWindow
            for page in 0..<5 as Range<UInt64> {
                let ioba = window.start &+ page << window.shift &+ 0x10
                let isWrite = page % 2 == 0
                let expected = model.translate(liobn, ioba, write: isWrite)
                let answered = other.translate(liobn, ioba, write: isWrite)
                if expected != answered {
                    let what = "translate \(liobn) \(ioba) \(isWrite ? "write" : "read")"
                    return StepDifference(expected: "\(what) = \(expected)", answered: "\(what) = \(answered)")
                }
            }
        }
        return nil
    }

    /// Every frame that something happened to, those beside it, and around the end of memory; all of few.
    private mutating func compareFrames() -> StepDifference? {
        var shared: UInt64 = 0
        let last = model.frameCount &- 1
        var gfns = Set(model.frames.keys).union([0, last, last &+ 1, last &- 1])
        if gfns.count < 100 { gfns.formUnion(model.frames.keys.flatMap { [$0 &- 1, $0 + 1] }) }
        if model.frameCount < 300 { gfns.formUnion(0..<model.frameCount) }
        for gfn in gfns where gfn < 1 << 48 {
            if let difference = probe(.frame(gfn << 16)) { return difference }
            if model.frame(gfn).state.isShared { shared += 1 }
        }
        // The model itself: the counter is the number of frames.
        guard shared == model.sharing.sharedPages else {
            return StepDifference(expected: "\(shared) frames", answered: "\(model.sharing.sharedPages) counted")
        }
        return nil
    }

    /// Every frame that is not all zeros, by who can look at it without a touch.
    private mutating func compareMemory() -> StepDifference? {
        for gfn in Set(model.words.keys).union(model.frames.keys) {
            let state = model.frame(gfn).state
            let asHost = state == .secureOut || state == .sharedAbsent
            let base = gfn << 16
            if state == .secureOut {
                let written = Array(model.words[gfn, default: [:]].keys.prefix(16))
                let places = written + [base, base + 0x1000, base + 0xfff8]
                for place in places + model.frame(gfn).written.keys.prefix(16) {
                    if let difference = probe(.hostLoad(place)) { return difference }
                }
                continue
            }
            // All of memory may be shared.
            if model.frames.count > 100, (model.words[gfn] ?? [:]).isEmpty { continue }
            let count = Int(model.memoryBytes.map { min($0 - base, 1 << 16) } ?? 1 << 16)
            let (expected, answered) = (
                model.peek(base, count: count, asHost: asHost), other.peek(base, count: count, asHost: asHost)
            )
            if Data(expected) == Data(answered) { continue }
            let at = base + UInt64(zip(expected, answered).prefix { $0 == $1 }.count)
            let aligned = at - at % 8
            return probe(asHost ? .hostLoad(aligned) : .load(aligned))
                ?? StepDifference(expected: "memory at \(at)", answered: "other memory")
        }
        return nil
    }
}

extension Step {
    /// An answer for a message: its line where there is one.
    func text(of answer: StepAnswer) -> String { line(answer) ?? "\(answer)" }
}

/// A run of random steps on one machine after another, each with its own configuration.
struct StepRun<Other: SteppedMachine & ~Copyable> {
    let platform: NaivePlatform
    let isSecure: Bool
    let seed: UInt64
    let make: (NaiveSetup) throws -> Other

    /// Steps on one machine; a failure is shrunk from no more.
    var stepsPerMachine = 1000
    private(set) var seen: [NaiveCoverage.Thing: Int] = [:]

    init(
        _ platform: NaivePlatform, isSecure: Bool, seed: UInt64, make: @escaping (NaiveSetup) throws -> Other
    ) {
        self.platform = platform
        self.isSecure = isSecure
        self.seed = seed
        self.make = make
    }

    /// Takes that many steps. The failure that there is, shrunk; nil: none.
    mutating func run(steps: Int) throws -> StepFailure? {
        var taken = 0
        var machine: UInt64 = 0
        while taken < steps {
            let count = min(stepsPerMachine, steps - taken)
            if let failure = try runMachine(machine, steps: count) { return failure }
            taken += count
            machine += 1
        }
        return nil
    }

    private mutating func runMachine(_ number: UInt64, steps count: Int) throws -> StepFailure? {
        let machineSeed = seed << 32 &+ number
        let setup = NaiveSetup.random(platform, isSecure: isSecure, seed: machineSeed)
        var generator = StepGenerator(seed: machineSeed, setup: setup, isSecure: isSecure)
        var pair = StepPair(model: NaiveMachine(setup), other: try make(setup))
        var steps: [Step] = []
        for number in 1...count {
            let step = generator.step(pair.model)
            steps.append(step)
            var isDifferent = pair.take(step) != nil
            if !isDifferent, number % 500 == 0 || number == count { isDifferent = pair.compareState() != nil }
            if isDifferent {
                return try StepShrinker(make: make).shrink(setup, steps, seed: seed)
            }
        }
        seen.merge(pair.model.seen.counts) { $0 + $1 }
        return nil
    }
}

extension NaiveSetup {
    /// A machine for a random run: mostly the one that `tce-emu exec` has.
    static func random(_ platform: NaivePlatform, isSecure: Bool, seed: UInt64) -> NaiveSetup {
        var chance = StepGenerator(seed: seed &* 0xd134_2543_de82_ef95, setup: NaiveSetup(), isSecure: false)
        var setup = NaiveSetup(platform: platform)
        // 16 MiB and half a frame; 128 MiB and a 4 KiB page.
        let sizes: [UInt64?] = [0x100_8000, 0x100_8000, 0x800_1000, nil]
        if chance.oneIn(2) { setup.memoryBytes = chance.one(of: sizes) }
        if chance.oneIn(3) { setup.phbCount = 2 }
        if chance.oneIn(2) { setup.windowBytes = 513 << 12 }
        setup.hasVIO = chance.oneIn(2)
        setup.hasMultiTCE = !chance.oneIn(16)
        setup.hasPEF = isSecure || !chance.oneIn(4)
        setup.eeh = chance.oneIn(2)
        return setup
    }
}
