// SPDX-License-Identifier: Apache-2.0
import TceEmu
import Testing

/// The model with one thing wrong.
struct WrongMachine: SteppedMachine {
    enum Fault: CaseIterable, Sendable {
        /// H_PUT_TCE past the window's end answers H_SUCCESS.
        case lenientPut

        /// A long H_STUFF_TCE forgets its last page.
        case shortStuff

        /// A frame that is unshared keeps its content.
        case unsharedKept

        /// A device's write into a page that is out does not damage it.
        case noDamage
    }

    let fault: Fault
    var model: NaiveMachine

    var sharing: NaiveSharing { model.sharing }
    var summary: StepSummary { model.summary }

    func peek(_ address: UInt64, count: Int, asHost: Bool) -> [UInt8] {
        model.peek(address, count: count, asHost: asHost)
    }

    func translate(_ liobn: UInt64, _ ioba: UInt64, write: Bool) -> Translation {
        model.translate(liobn, ioba, write: write)
    }

    mutating func take(_ step: Step) -> StepAnswer {
        let before = model
        let answer = model.take(step)
        switch (fault, step) {
        case (.lenientPut, .putTCE(let liobn, let ioba, _)):
            if let window = model.windows[liobn], window.page(ioba) == window.count { return .hcall(0, r4: 0) }
        case (.shortStuff, .stuffTCE(let liobn, let ioba, _, let npages)) where npages > 2:
            if let window = model.windows[liobn], answer == .hcall(0, r4: 0) {
                let page = window.page(ioba) + npages - 1
                model.windows[liobn]?.tces[page] = before.windows[liobn]?.tces[page]
            }
        case (.unsharedKept, .ultracall(NaiveUltracall.unsharePage, let arguments)) where answer == .ultracall(0):
            let gfn = arguments[0]
            if before.frame(gfn).state.isShared { model.words[gfn] = before.words[gfn] }
        case (.noDamage, .dmaWrite), (.noDamage, .hostStore):
            for gfn in model.frames.keys where model.frames[gfn]?.isDamaged == true {
                model.frames[gfn]?.isDamaged = false
            }
        default: break
        }
        return answer
    }
}

@Suite("Random steps: what fails is shrunk")
struct ShrinkerTests {
    @Test(
        "a machine with one thing wrong is found, and a few statements show it",
        arguments: WrongMachine.Fault.allCases)
    func shrinks(_ fault: WrongMachine.Fault) throws {
        let make = { (setup: NaiveSetup) in WrongMachine(fault: fault, model: NaiveMachine(setup)) }
        var run = StepRun(.qemu, isSecure: true, seed: 1, make: make)
        let failure = try #require(try run.run(steps: 50_000))
        #expect(failure.steps.count <= 6, "\(failure)")
        #expect(failure.setup == NaiveSetup(), "\(failure)")
        // The script's own statements fail again.
        #expect(try StepShrinker(make: make).play(failure.setup, failure.steps) != nil)
    }

    @Test("a machine that is right has no failure")
    func right() throws {
        var run = StepRun(.kvm, isSecure: false, seed: 2) { NaiveMachine($0) }
        #expect(try run.run(steps: 5_000) == nil)
    }
}
