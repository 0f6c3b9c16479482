// SPDX-License-Identifier: Apache-2.0

// A replay that is cut in two: what is saved at an event, and how it goes on from there.

extension Replay {
    /// The replay as it stands between two events: after a step, an interrupt, the trace's end or a damaged chunk.
    ///
    /// Going on from it gives the state, answers and statistics of a replay that was never cut. Throws `unfinished`
    /// after a `ReplayError`: part of an event has been applied. Throws `timed` where time is computed: what is under
    /// way in time is not part of a snapshot.
    public func save() throws -> ReplaySnapshot {
        guard model == nil else {
            throw SnapshotError(.timed, "a snapshot holds the machine, not what is under way in time")
        }
        guard !hasFailed else {
            throw SnapshotError(.unfinished, "the replay ended inside an event: it cannot be saved")
        }
        // A saved replay whose place was not reached stands where it stood.
        if var saved = resuming {
            saved.machine = try machine.snapshot()
            return saved
        }
        var saved = ReplaySnapshot()
        saved.platform = machine.platform
        saved.hasMultiTCE = machine.configuration.hasMultiTCE
        saved.eeh = machine.configuration.eeh
        saved.check = options.check
        saved.from = options.from
        saved.isIntact = reader.isIntact
        saved.identity = ReplaySnapshot.Identity(
            headerCRC: crc32(Array(reader.header.text.utf8)), firstTime: reader.firstTime)
        saved.position = position
        saved.chunks = statistics.trace.chunks
        saved.replayedTimes = replayedTimes
        saved.sharingBefore = sharingBefore
        saved.work = counters.work
        saved.counters = counters.byName
        saved.mismatches = counters.mismatches
        saved.machine = try machine.snapshot()
        return saved
    }

    /// Goes on where a replay was saved. Everything but where to end, and what the host allows, is as it was then:
    /// platform, switches, `check`, `from`. It is functional, as every replay is that can be saved.
    ///
    /// The reader is a new one of the same trace; with `firstChunk` of the snapshot in its options it does not inflate
    /// what is done with. A snapshot of another trace is an error, here or when its place is reached.
    public init(
        _ reader: TraceReader, resuming saved: ReplaySnapshot, to: TracePosition? = nil,
        machineBytesMax: UInt64? = nil
    ) throws {
        var options = ReplayOptions()
        options.timing = nil
        options.platform = saved.platform
        options.hasMultiTCE = saved.hasMultiTCE
        options.eeh = saved.eeh
        options.check = saved.check
        options.from = saved.from
        options.to = to
        options.machineBytesMax = machineBytesMax
        guard crc32(Array(reader.header.text.utf8)) == saved.identity.headerCRC else {
            throw saved.otherTrace("the header differs")
        }
        // A noncopyable value cannot be half made: what can throw comes first.
        let counters = RunCounters()
        try counters.restore(saved)
        self.init(reader, try saved.restoredMachine(), options, counters)
        statistics.trace.chunks = saved.chunks
        replayedTimes = saved.replayedTimes
        sharingBefore = saved.sharingBefore
        position = saved.position
        resuming = saved
        resuming?.machine = []
    }
}

extension ReplaySnapshot {
    /// The machine, which must be the one that the text speaks of.
    func restoredMachine() throws(SnapshotError) -> Machine {
        let machine = try Machine(snapshot: self.machine, at: machineOffset, memoryLimit: memoryLimit)
        guard machine.platform == platform, machine.configuration.hasMultiTCE == hasMultiTCE,
            machine.configuration.eeh == eeh
        else {
            throw SnapshotError(
                .damaged, "expected the machine's platform and switches in the text, found others",
                offset: UInt64(Self.headBytes))
        }
        let sharing = machine.sharing
        for (name, path) in SharingCounters.named where sharing[keyPath: path] < sharingBefore[keyPath: path] {
            // Frames that are shared may become fewer; what is counted does not.
            if name == "shared_pages" { continue }
            throw SnapshotError(
                .damaged, "expected sharing_before \(name) of at most \(sharing[keyPath: path]), found more",
                offset: UInt64(Self.headBytes))
        }
        return machine
    }

    func otherTrace(_ what: String) -> SnapshotError {
        SnapshotError(.otherTrace, "this snapshot is of another trace: \(what)")
    }

    /// `events`: how many lie before the place where the replay goes on.
    func checkIdentity(of reader: TraceReader, events: UInt64) throws(SnapshotError) {
        guard identity.firstTime == nil || reader.firstTime == identity.firstTime else {
            throw otherTrace("the first event has another time stamp")
        }
        // Where chunks were lost, their events may not be known.
        guard !isIntact || !reader.isIntact || events == position.events else {
            throw otherTrace("\(events) events lie before the place, not \(position.events)")
        }
    }
}
