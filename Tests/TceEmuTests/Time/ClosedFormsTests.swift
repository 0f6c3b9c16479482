// SPDX-License-Identifier: Apache-2.0
import CTce
import Testing

@testable import TceEmu

/// Each stage of a transaction's path alone, on both sides of each boundary, against a formula of the parameters.
@Suite("Time: closed forms of the path")
struct ClosedFormsTests {
    // MARK: One TLP

    @Test("A write of one TLP: link, port, fetch or hit, memory", arguments: ParameterSet.all)
    func oneWrite(_ set: ParameterSet) throws {
        for length in [0, 1, 64, 255, 256] as [UInt64] {
            var t = try StageTrace(set)
            t.map(1)
            let cold = t.write(10, 0, length)
            let warm = t.write(20, 0, length)
            let f = t.form
            let before = f.link(f.write(length)) + f.port
            try t.expect(cold, before + f.fetch + f.memory, after: 10)
            try t.expect(warm, before + f.hit + f.memory, after: 20)
        }
    }

    @Test("A read of one request and one completion: the same, and down", arguments: ParameterSet.all)
    func oneRead(_ set: ParameterSet) throws {
        for length in [0, 1, 64, 256] as [UInt64] {
            var t = try StageTrace(set)
            t.map(1)
            let cold = t.read(10, 0, length)
            let warm = t.read(20, 0, length)
            let f = t.form
            let before = f.link(f.request) + f.port
            let after = f.memory + f.link(f.completion(length)) + f.c.pcie_latency
            try t.expect(cold, before + f.fetch + after, after: 10)
            try t.expect(warm, before + f.hit + after, after: 20)
        }
    }

    @Test("A fetch takes max(1, levels x memory), for 1 to 5 levels", arguments: ParameterSet.all)
    func levels(_ set: ParameterSet) throws {
        for levels in 1...5 as ClosedRange<UInt64> {
            for memory in ["0", "1", "684"] {
                var t = try StageTrace(set, "walk_levels=\(levels)", "memory_latency=\(memory)")
                t.map(1)
                let place = t.write(10, 0, 64)
                let f = t.form
                let fetch = max(1, levels * f.memory)
                try t.expect(place, f.link(f.write(64)) + f.port + fetch + f.memory, after: 10)
            }
        }
    }

    @Test("A hit takes hit_cycles, also none; the window's look-up tve_cycles", arguments: ParameterSet.all)
    func hits(_ set: ParameterSet) throws {
        for (hit, tve) in [(0, 0), (1, 0), (0, 1), (8, 5)] as [(UInt64, UInt64)] {
            var t = try StageTrace(set, "hit_cycles=\(hit)", "tve_cycles=\(tve)")
            t.map(1)
            t.write(10, 0, 64)
            let place = t.write(20, 0, 64)
            let f = t.form
            try t.expect(place, f.link(f.write(64)) + f.c.pcie_latency + tve + hit + f.memory, after: 20)
        }
    }

    @Test(
        "In a window that is not translated the port is passed: link, tve_cycles, memory", arguments: ParameterSet.all)
    func bypass(_ set: ParameterSet) throws {
        var t = try StageTrace(set)
        t.add(0, .window(.init(liobn: 9, start: 1 << 59, pageShift: 24, tces: 4, buid: StageTrace.buid, bypass: true)))
        let place = t.write(10, 1 << 59, 64, liobn: 9)
        let f = t.form
        try t.expect(place, f.link(f.write(64)) + f.port + f.memory, after: 10)
    }

    // MARK: Cuts

    @Test("max_payload and a byte more: the second TLP's lookup decides", arguments: ParameterSet.all)
    func payload(_ set: ParameterSet) throws {
        for payload in [128, 256, 512] as [UInt64] {
            var t = try StageTrace(set, "max_payload=\(payload)")
            t.map(1)
            t.write(10, 0, 1)
            let whole = t.write(20, 0, payload)
            let more = t.write(30, 0, payload + 1)
            let f = t.form
            let one = f.lookups([f.write(payload)])
            let two = f.lookups([f.write(payload), f.write(1)])
            try t.expect(whole, one[0] + f.hit + f.memory, after: 20)
            try t.expect(more, two[1] + f.hit + f.memory, after: 30)
        }
    }

    @Test("max_read_request and a byte more: 512 is two completions, 513 a second request", arguments: ParameterSet.all)
    func readRequest(_ set: ParameterSet) throws {
        var t = try StageTrace(set, "max_payload=256", "max_read_request=512")
        t.map(1)
        t.write(10, 0, 1)
        let whole = t.read(20, 0, 512)
        let more = t.read(30, 0, 513)
        let f = t.form
        let one = f.lookups([f.request])
        let two = f.lookups([f.request, f.request])
        let data = f.hit + f.memory
        try t.expect(whole, f.arrival([(one[0] + data, [256, 256])]), after: 20)
        try t.expect(more, f.arrival([(two[0] + data, [256, 256]), (two[1] + data, [1])]), after: 30)
    }

    @Test("Completions are cut at address multiples of max_payload", arguments: ParameterSet.all)
    func completionCut(_ set: ParameterSet) throws {
        for (ioba, payloads) in [(256, [256]), (128, [128, 128]), (255, [1, 255])] as [(UInt64, [UInt64])] {
            var t = try StageTrace(set, "max_payload=256", "max_read_request=512")
            t.map(1)
            t.write(10, 0, 1)
            let place = t.read(20, ioba, 256)
            let f = t.form
            let data = f.lookups([f.request])[0] + f.hit + f.memory
            try t.expect(place, f.arrival([(data, payloads)]), after: 20)
        }
    }

    @Test("4 KiB: two bytes before it are one TLP, two bytes over it two", arguments: ParameterSet.all)
    func crossing(_ set: ParameterSet) throws {
        var t = try StageTrace(set)
        t.map(2)
        t.write(10, 0, 1)
        t.write(11, 4096, 1)
        let inside = t.write(20, 4094, 2)
        let over = t.write(30, 4095, 2)
        let f = t.form
        let one = f.lookups([f.write(2)])
        let two = f.lookups([f.write(1), f.write(1)])
        try t.expect(inside, one[0] + f.hit + f.memory, after: 20)
        try t.expect(over, two[1] + f.hit + f.memory, after: 30)
    }

    // MARK: Link and port

    @Test(
        "A requester alone loses no part of a cycle: TLP k has left at ceil(k x bytes x q)", arguments: ParameterSet.all
    )
    func fractions(_ set: ParameterSet) throws {
        for length in [1, 3, 64] as [UInt64] {
            var t = try StageTrace(set)
            t.map(1)
            t.write(10, 0, 1)
            let places = (0..<40).map { _ in t.write(20, 0, length) }
            let f = t.form
            let lookups = f.lookups(Array(repeating: f.write(length), count: 40))
            try t.expect(zip(places, lookups).map { ($0, $1 + f.hit + f.memory) }, after: 20)
        }
    }

    @Test("The port serves one TLP each lookup_interval", arguments: ParameterSet.all)
    func interval(_ set: ParameterSet) throws {
        for interval in [0, 1, 2, 50] {
            var t = try StageTrace(set, "lookup_interval=\(interval)")
            t.map(1)
            t.write(10, 0, 1)
            let places = (0..<4).map { _ in t.write(20, 0, 64) }
            let f = t.form
            let lookups = f.lookups(Array(repeating: f.write(64), count: 4))
            try t.expect(zip(places, lookups).map { ($0, $1 + f.hit + f.memory) }, after: 20)
        }
    }

    @Test(
        "As many reads as tags go at once; one more waits for the first's end, and a cycle", arguments: ParameterSet.all
    )
    func tags(_ set: ParameterSet) throws {
        for tags in 1...3 {
            var t = try StageTrace(set, "tags_per_device=\(tags)")
            t.map(1)
            t.write(10, 0, 1)
            let places = (0...tags).map { _ in t.read(20, 0, 64) }
            let f = t.form
            let data = f.lookups(Array(repeating: f.request, count: tags)).map { $0 + f.hit + f.memory }
            let ends = (1...tags).map { count in f.arrival(data.prefix(count).map { ($0, [64]) }) }
            let turn = f.parts(Array(repeating: f.request, count: tags)) / 65_536
            let ready = max(turn, ends[0] + 1)
            // Where the link is free by then, it begins in a whole cycle.
            try #require(ready << 16 >= f.parts(Array(repeating: f.request, count: tags)))
            let last = ready + f.lookups([f.request])[0] + f.hit + f.memory
            let all = data.map { ($0, [64 as UInt64]) } + [(last, [64])]
            try t.expect(Array(zip(places, ends + [f.arrival(all)])), after: 20)
        }
    }

    // MARK: Order

    @Test("A write that hits is done no earlier than one before it that misses; a read starts behind both")
    func order() throws {
        for set in ParameterSet.all {
            var t = try StageTrace(set, "memory_latency=5000")
            t.map(2)
            t.write(10, 4096, 1)
            let slow = t.write(20, 0, 64, id: 1)
            let fast = t.write(20, 4096, 64, id: 2)
            let read = t.read(20, 4096, 64, id: 3)
            let f = t.form
            let done = f.link(f.write(64)) + f.port + f.fetch + f.memory
            let arrival = f.arrival([(done + f.memory, [64])])
            try t.expect([(slow, done), (fast, done), (read, arrival)], after: 20)
        }
    }

    // MARK: Faults, virtual devices, what is assumed

    @Test("A fault is known at the translation; outside the window at the lookup", arguments: ParameterSet.all)
    func faults(_ set: ParameterSet) throws {
        var t = try StageTrace(set)
        t.map(1)
        let write = t.write(10, 4096, 64)
        let read = t.read(20, 8192, 64)
        let outside = t.write(30, 1 << 30, 64)
        let f = t.form
        try t.expect(write, f.link(f.write(64)) + f.port + f.fetch, after: 10)
        try t.expect(read, f.arrival([(f.link(f.request) + f.port + f.fetch, [0])]), after: 20)
        try t.expect(outside, f.link(f.write(64)) + f.port, after: 30)
    }

    @Test("A virtual device: memory for each TCE, for the data, and the copy", arguments: ParameterSet.all)
    func virtual(_ set: ParameterSet) throws {
        let liobn: LIOBN = 0x7100_0000
        for (ioba, bytes, tces) in [(0, 0, 1), (0, 1, 1), (0, 4096, 1), (0, 4097, 2), (4095, 2, 2)]
            as [(UInt64, UInt64, UInt64)]
        {
            var t = try StageTrace(set)
            t.add(0, .window(.init(liobn: liobn, tces: 256)))
            t.map(2, liobn: liobn)
            let place = t.write(10, ioba, bytes, liobn: liobn)
            let f = t.form
            let copy = (bytes * f.c.vio_copy + 500_000) / 1_000_000
            try t.expect(place, tces * f.memory + f.memory + copy, after: 10)
        }
    }

    @Test("An access of unknown length has assumed_bytes, to the page's end", arguments: ParameterSet.all)
    func assumed(_ set: ParameterSet) throws {
        for (ioba, length) in [(0, 64), (4032, 64), (4033, 63), (4095, 1)] as [(UInt64, UInt64)] {
            var t = try StageTrace(set)
            t.map(1)
            let place = t.write(10, ioba, nil)
            let f = t.form
            try t.expect(place, f.link(f.write(length)) + f.port + f.fetch + f.memory, after: 10)
        }
    }
}
