// SPDX-License-Identifier: Apache-2.0
import TceEmu
import Testing

/// The page state machine: every event against every state, from the guest's side and the hypervisor's.
@Suite("Secure guest: the page state machine")
struct PageStateTests {
    @Test("a machine is brought into every state", arguments: PageStart.allCases)
    func starts(_ start: PageStart) throws {
        var machine = try start.machine()
        #expect(machine.svmState == start.svm)
        #expect(machine.frameState(at: PageStates.frame) == start.state)
        let damaged = machine.sharing.damagedPages
        #expect(damaged == (start.isDamaged ? 1 : 0))
        expectOwner(start.isGuests, &machine)
    }

    @Test("every event has an outcome for every state", arguments: PageEvent.all)
    func tableIsWhole(_ event: PageEvent) throws {
        for start in PageStart.allCases {
            let text = try #require(event.outcome(from: start), "\(event) of \(start.rawValue)")
            #expect(PageOutcome(text, from: start) != nil, "\(event) of \(start.rawValue): \(text)")
        }
    }

    @Test("state, status, contents and counters", arguments: PageEvent.all, PageStart.allCases)
    func transition(_ event: PageEvent, _ start: PageStart) throws {
        let want = try #require(event.outcome(from: start).flatMap { PageOutcome($0, from: start) })
        var machine = try start.machine()
        let before = machine.sharing
        #expect(try event.run(&machine) == want.status)
        let after = machine.sharing
        #expect(machine.svmState == want.svm)
        #expect(machine.frameState(at: PageStates.frame) == want.state)
        for (name, value) in after.named {
            let change = Int(value) - Int(before.named[name] ?? 0)
            #expect(change == want.counters[name] ?? 0, "\(name)")
        }
        #expect(after.peakSharedPages == max(before.peakSharedPages, after.sharedPages))
        expectOwner(want.isGuests, &machine)

        // The same once more, looked at by the hypervisor.
        var seen = try start.machine()
        _ = try event.run(&seen)
        let isSecret = want.state == .secureIn || want.state == .secureOut
        for (offset, value) in PageStates.content {
            let address = PageStates.frame + offset
            let content = want.isZeroed ? 0 : value
            #expect(seen.hostLoad(address) == (isSecret ? PageStates.ciphertext(content, at: address) : content))
        }
        if start.isDamaged, want.isDamaged {
            #expect(seen.hostLoad(PageStates.frame + PageStates.damage.offset) == PageStates.damage.value)
        }

        // And by the guest: what is damaged is lost.
        var used = try start.machine()
        _ = try event.run(&used)
        let lost = used.sharing.lostPages
        for (offset, value) in PageStates.content {
            let content = want.isZeroed || want.isDamaged ? 0 : value
            #expect(used.loadDoubleword(at: PageStates.frame + offset) == content)
        }
        #expect(used.sharing.lostPages - lost == (want.isDamaged ? 1 : 0))
    }

    /// Who shared the frame, if it is shared: UV_UNSHARE_ALL_PAGES takes back what the guest did.
    private func expectOwner(_ isGuests: Bool, _ machine: inout Machine) {
        let state = machine.frameState(at: PageStates.frame)
        guard state == .shared || state == .sharedAbsent else { return }
        do {
            if machine.svmState == .transition { try machine.svmHcall(SVMHcall.initDone.rawValue) }
            #expect(try machine.ultracall(.unshareAllPages) == .success)
        } catch {
            Issue.record(error)
        }
        #expect(machine.frameState(at: PageStates.frame) == (isGuests ? .secureIn : state))
    }
}
