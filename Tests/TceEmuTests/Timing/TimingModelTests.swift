// SPDX-License-Identifier: Apache-2.0
import CTce
import Testing

@testable import TceEmu

/// A profile's own checks against those of the model that it is for.
struct TimingModelTests {
    /// Does the model take the configuration?
    private func isTaken(_ config: tce_time_config, _ arrival: TimingArrival) -> Bool {
        var config = config
        var model: OpaquePointer?
        let err = unsafe tce_time_create(&config, arrival.lowered, 1, &model)
        unsafe tce_time_destroy(model)
        return err == TCE_OK
    }

    @Test("The model takes every profile that is built in", arguments: TimingProfile.builtInNames)
    func builtIn(_ name: String) throws {
        let config = try TimingProfile(named: name).lowered()
        for arrival in TimingArrival.allCases { #expect(isTaken(config, arrival)) }
    }

    @Test("The model takes both limits of every parameter", arguments: TimingParameter.all)
    func limits(_ parameter: TimingParameter) throws {
        let texts = parameter.kind == .choice ? parameter.choices : ["\(parameter.least)", "\(parameter.most)"]
        for text in texts {
            var profile = TimingProfile()
            // Of the cache the other two follow.
            if TimingProfile.cacheKeys.contains(parameter.key) {
                try profile.set("tce_cache.ways=1")
                if parameter.key != "tce_cache.entries" { try profile.set("tce_cache.entries=65536") }
            }
            try profile.set(parameter.key, to: text)
            #expect(isTaken(try profile.lowered(), .trace), "\(text)")
        }
    }

    @Test("A profile and the model agree on which caches are whole sets")
    func caches() throws {
        for entries in [1, 2, 6, 8, 12, 16, 24, 256] {
            for ways in 1...9 {
                for line in [1, 2, 4, 8] {
                    var profile = TimingProfile()
                    try profile.set("tce_cache.entries=\(entries)")
                    try profile.set("tce_cache.ways=\(ways)")
                    try profile.set("tce_cache.tces_per_line=\(line)")
                    var config = try TimingProfile().lowered()
                    config.cache_entries = UInt64(entries)
                    config.cache_ways = UInt64(ways)
                    config.tces_per_line = UInt64(line)
                    let isSound = (try? profile.validate()) != nil
                    #expect(isTaken(config, .trace) == isSound, "\(entries) \(ways) \(line)")
                }
            }
        }
    }
}
