// SPDX-License-Identifier: Apache-2.0
import TceEmu

/// Draws the trace of a scenario: one or two PHBs, virtual I/O, a few hot pages, and all that may happen to them.
struct ReferenceTraceGenerator: Sendable {
    private(set) var events: [TraceEvent] = []
    private var random: ReferenceRandom
    private let kind: ReferenceScenario.Kind
    private let configuration: ReferenceConfiguration
    private var time: UInt64 = 0
    /// Windows as the trace began with them; accesses go there also when they are gone.
    private var windows: [TraceEvent.Window] = []
    private var phbs: [TraceEvent.PHB] = []

    private let vio: LIOBN = 0x7100_0000
    private let hotPages: UInt64
    /// Of the default windows; not 0: they are so long that their tables have 64 KiB twice. [cost]
    private let firstHotPage: UInt64
    private let isAllMapped: Bool
    private let callPercent: UInt64

    init(random: ReferenceRandom, kind: ReferenceScenario.Kind, configuration: ReferenceConfiguration) {
        var random = random
        self.kind = kind
        self.configuration = configuration
        hotPages = random.chance(6) ? 40 : random.within(2...8)
        firstHotPage = random.chance(6) ? 8_192 - hotPages / 2 : 0
        isAllMapped = kind != .wide || random.chance(40)
        callPercent = kind == .kills ? random.within(30...50) : kind == .wide ? random.within(5...40) : 4
        self.random = random
    }

    mutating func generate() {
        time = random.below(1_000)
        makeMachine()
        mapAtFirst()
        // What happens to windows and PEs is rare, so that caches get warm.
        for _ in 0..<random.within(random.chance(2) ? 300...500 : 15...50) {
            if random.chance(random.pick([30, 60])) { time += random.below(kind == .wide ? 60 : 8) }
            let draw = random.below(1_000)
            switch draw {
            case 0..<(callPercent * 10): addHcall()
            case 970...: addPlatformEvent()
            case 955...: addOtherCall()
            case 935...: addWithoutTime()
            default: addAccess()
            }
        }
    }

    private mutating func add(_ body: TraceEvent.Body) {
        events.append(TraceEvent(time: time, body: body))
    }

    // MARK: The machine

    private mutating func makeMachine() {
        let count: UInt64 = random.chance(kind == .wide ? 50 : 20) ? 2 : 1
        for n in 0..<count {
            let phb = TraceEvent.PHB(
                buid: 0x8_0000 + n, liobn: UInt32(0x8000_0000 + 0x100 * n), windowStart: random.pick([0, 0, 0x1_0000]),
                windowBytes: (firstHotPage + random.within(hotPages...(hotPages + 4))) << 12, dma64Start: 1 << 32)
            phbs.append(phb)
            add(.phb(phb))
            windows.append(
                TraceEvent.Window(
                    liobn: LIOBN(phb.liobn), start: phb.windowStart, tces: phb.windowBytes >> 12, buid: phb.buid))
            if random.chance(kind == .wide ? 50 : 15) { makeWindow(secondWindow(phb)) }
        }
        if random.chance(25) { makeWindow(virtualWindow()) }
        if random.chance(12) {
            add(.ultracall(.init(0xf110, cpu: 0)))
            add(.ultracall(.init(0xf130, cpu: 1, arguments: [random.below(3), random.within(0...2)])))
        }
    }

    private mutating func makeWindow(_ window: TraceEvent.Window) {
        windows.append(window)
        add(.window(window))
    }

    private mutating func secondWindow(_ phb: TraceEvent.PHB) -> TraceEvent.Window {
        .init(
            liobn: LIOBN(phb.liobn) + 1, start: random.pick([1 << 32, 1 << 32, (1 << 32) + 0x800]),
            pageShift: random.pick([12, 12, 16]), tces: random.within(2...9), buid: phb.buid, bypass: random.chance(45))
    }

    private mutating func virtualWindow() -> TraceEvent.Window {
        .init(
            liobn: vio + random.below(2), start: 0, pageShift: 12, tces: random.within(4...12),
            bypass: random.chance(15))
    }

    /// The first of the pages of a window that are accessed, and how many they are.
    private func hot(_ window: TraceEvent.Window) -> (first: UInt64, count: UInt64) {
        window.tces > firstHotPage ? (firstHotPage, window.tces - firstHotPage) : (0, window.tces)
    }

    /// Every page of every window, by lists where there are such.
    private mutating func mapAtFirst() {
        for window in windows { map(window, sure: isAllMapped) }
    }

    private mutating func map(_ window: TraceEvent.Window, sure: Bool) {
        guard sure || random.chance(80) else { return }
        let (first, count) = hot(window)
        guard configuration.hasMultiTCE else {
            for page in first..<(first + count) {
                let ioba = window.start &+ page << window.pageShift
                let value = value(window, mayRefuse: !sure)
                add(.hcall(.init(.put, cpu: cpu(), liobn: window.liobn, ioba: ioba, value: value)))
            }
            return
        }
        let entries = (0..<count).map { _ in value(window, mayRefuse: !sure) }
        add(
            .hcall(
                .init(
                    .putIndirect, cpu: cpu(), liobn: window.liobn, ioba: window.start &+ first << window.pageShift,
                    value: list(), npages: count, entries: entries)))
    }

    // MARK: Calls

    private mutating func cpu() -> UInt16? { random.pick([nil, 0, 0, 1, 2]) }

    private mutating func list() -> UInt64 {
        random.chance(4) ? 0x7fff_0000_0000 : random.below(4) << 15 | (random.chance(1) ? 8 : 0)
    }

    /// A TCE: mostly a page of memory, with both permissions.
    private mutating func value(_ window: TraceEvent.Window, mayRefuse: Bool) -> UInt64 {
        let page = random.below(12) << window.pageShift
        if !mayRefuse && random.chance(93) { return page | 3 }
        switch random.below(8) {
        case 0...3: return page | 3
        case 4: return page | 1
        case 5: return page | 2
        case 6: return random.chance(50) ? 0 : page | 0x803
        // The first page that is no memory, or of which only a part is; one far beyond.
        default: return random.pick([1 << 20 | 3, 0xff << 12 | 3, 1 << 40 | 3])
        }
    }

    private mutating func addHcall() {
        let window = random.pick(windows)
        let hot = hot(window)
        let pages = min(hotPages, hot.count)
        var page = hot.first + random.below(pages)
        if random.chance(3) { page = window.tces }
        // All hot pages at once, so that what is in flight is met.
        let isWhole = kind == .kills && random.chance(30)
        if isWhole { page = hot.first }
        let ioba = window.start &+ page << window.pageShift | (random.chance(2) ? 0x10 : 0)
        let liobn = random.chance(2) ? 0x666 : window.liobn
        let few = random.within(random.chance(4) ? 0...14 : 1...3)
        // The most that a list has, and one more.
        let count = isWhole ? pages : firstHotPage > 0 && random.chance(2) ? random.within(512...513) : few
        let unmaps = random.chance(45)
        switch isWhole ? random.within(7...8) : random.below(10) {
        case 0...5:
            let value = unmaps ? 0 : value(window, mayRefuse: !isAllMapped)
            add(.hcall(.init(.put, cpu: cpu(), liobn: liobn, ioba: ioba, value: value)))
        case 6, 7:
            add(
                .hcall(
                    .init(
                        .stuff, cpu: cpu(), liobn: liobn, ioba: ioba, value: random.chance(10) ? 0x1003 : 0,
                        npages: count)))
        case 8:
            // A list that is too long is refused unread, and a trace has none of its entries.
            let known = count > 512 ? 0 : count
            let entries = (0..<known).map { _ in value(window, mayRefuse: !isAllMapped) }
            add(
                .hcall(
                    .init(
                        .putIndirect, cpu: cpu(), liobn: liobn, ioba: ioba, value: list(), npages: count,
                        entries: entries)))
        default:
            add(.hcall(.init(.get, cpu: cpu(), liobn: liobn, ioba: ioba)))
        }
    }

    /// RTAS calls and ultracalls.
    private mutating func addOtherCall() {
        let phb = random.pick(phbs)
        let window = random.pick(windows)
        let named = [0, phb.buid >> 32, phb.buid & 0xffff_ffff]
        switch random.below(8) {
        case 0, 1:
            let arguments = named + [random.pick([12, 12, 16, 13]), random.within(12...19)]
            add(.rtas(.init(0x2027, cpu: cpu(), arguments: arguments, returns: 4)))
        case 2, 3:
            add(
                .rtas(
                    .init(
                        0x2028, cpu: cpu(), arguments: [random.pick([window.liobn, LIOBN(phb.liobn) + 1])], returns: 1))
            )
        case 4:
            add(.rtas(.init(0x2029, cpu: cpu(), arguments: named, returns: 1)))
            mapAgain()
        case 5:
            add(.rtas(.init(0x2026, cpu: cpu(), arguments: named, returns: 5)))
        default:
            let number = random.pick([0xf130, 0xf130, 0xf134, 0xf140, 0xf12c, 0xf128, 0xf138, 0xf13c] as [UInt64])
            let page: [UInt64] = number >= 0xf130 ? [random.below(4), random.below(3)] : [0, 0, 0x1_0000, 0, 16]
            add(.ultracall(.init(number, cpu: cpu(), arguments: page)))
        }
    }

    /// What takes no time, but counts as an event. [window]
    private mutating func addWithoutTime() {
        if random.chance(50) {
            add(.observed(.init(opcode: 0x20, cpu: cpu(), duration: random.below(50))))
        } else {
            add(.guest(.init(.map, device: 1, address: 0x1000, value: 0x1000, length: 64)))
        }
    }

    // MARK: The platform

    private mutating func addPlatformEvent() {
        let phb = random.pick(phbs)
        switch random.below(10) {
        case 0: add(.unwindow(liobn: random.pick(windows).liobn))
        case 1, 2:
            let window = random.chance(70) ? secondWindow(phb) : virtualWindow()
            makeWindow(window)
            map(window, sure: isAllMapped)
        case 3, 4:
            add(.window(windows[0]))
            map(windows[0], sure: isAllMapped)
        case 5:
            add(random.chance(75) ? .reset : .phb(phb))
            mapAgain()
        default: add(.thaw(buid: phb.buid, configAddress: 0))
        }
    }

    private mutating func mapAgain() {
        guard random.chance(80) else { return }
        for window in windows { map(window, sure: isAllMapped) }
    }

    // MARK: Accesses

    private mutating func addAccess() {
        let window = random.pick(random.chance(60) ? [windows[0]] : windows)
        let liobn = random.chance(1) ? random.pick([0x666, LIOBN(phbs[0].liobn) + 1, vio]) : window.liobn
        // By PHB and address alone, as a recording of a device model gives it.
        let isByPHB = window.buid != 0 && random.chance(5)
        let id: UInt32? = random.pick([1, 1, 2, 2, 3, nil])
        add(
            .dma(
                TraceEvent.DMA(
                    liobn: isByPHB ? nil : liobn,
                    buid: isByPHB ? (random.chance(5) ? 0x999 : window.buid) : nil, requester: id,
                    ioba: address(window), length: random.chance(4) ? nil : length(),
                    access: access())))
    }

    private mutating func access() -> DMAAccess {
        random.chance(90) ? random.pick([.read, .write]) : random.pick([[], .write, [.read, .write]])
    }

    private mutating func length() -> UInt64 {
        if random.chance(kind == .wide ? 40 : 80) { return random.pick([64, 256]) }
        return random.pick([
            0, 1, 63, 65, 127, 129, 255, 257, 512, 513, 600, 1_000, 2_048, 4_096, 4_097, random.below(3_000),
        ])
    }

    private mutating func address(_ window: TraceEvent.Window) -> IOBA {
        let size: UInt64 = 1 << window.pageShift
        let (first, count) = hot(window)
        let page = window.start &+ (first + random.below(min(hotPages, count))) * size
        let draw = random.below(100)
        if draw < 2 { return window.start &+ window.tces * size &- random.pick([0, 1, 64, 100, 300]) }
        if draw < 3 { return window.start &- random.pick([1, 64, 300]) }
        if draw < 50 { return page }
        if draw < 60 { return page + size - random.pick([1, 32, 64, 200]) }
        return page + random.below(size / 64) * 64 + (random.chance(20) ? random.below(64) : 0)
    }
}
