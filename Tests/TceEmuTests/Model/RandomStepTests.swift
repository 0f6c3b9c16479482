// SPDX-License-Identifier: Apache-2.0
import TceEmu
import Testing

@Suite("Random steps: the machine and its model")
struct RandomStepTests {
    @Test(
        "the machine answers what its model answers, and everything that can happen does",
        arguments: NaivePlatform.allCases, [false, true])
    func agrees(_ platform: NaivePlatform, isSecure: Bool) throws {
        var run = StepRun(platform, isSecure: isSecure, seed: 1) { try CoreMachine($0) }
        if let failure = try run.run(steps: Amount.steps) {
            Issue.record("the machine and its model differ; \(failure)")
            return
        }
        // A run that no longer meets a case would pass without testing it. A shorter one may miss some.
        guard Amount.steps >= Amount.wholeSteps else { return }
        let least = Amount.steps / 50_000
        for thing in StepCoverage(platform: platform, isSecure: isSecure).things {
            let count = run.seen[thing, default: 0]
            #expect(count >= least, "\(thing) happened \(count) times")
        }
    }

    @Test("a script says the same as the calls that it stands for", arguments: NaivePlatform.allCases)
    func scripts(_ platform: NaivePlatform) throws {
        for seed in 0..<20 as Range<UInt64> {
            var setup = NaiveSetup(platform: platform)
            setup.eeh = seed % 2 == 0
            var generator = StepGenerator(seed: seed, setup: setup, isSecure: true)
            var model = NaiveMachine(setup)
            var machine = try Machine(setup.configuration)
            for _ in 0..<200 {
                let step = generator.step(model)
                let statement = try #require(try HcallStatement.parse("\(step)"))
                let line = step.line(model.take(step))
                guard case .thaw(let buid) = step, buid == 0 else {
                    #expect(try machine.run(statement)?.description == line, "\(step)")
                    continue
                }
                #expect(throws: MachineError.noPHB) { try machine.thaw(phb: buid) }
            }
        }
    }
}
