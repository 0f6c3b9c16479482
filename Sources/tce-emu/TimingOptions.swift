// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import TceEmu

/// What every command that computes time is asked.
struct TimingOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "What everything costs: \(TimingProfile.builtInNames.joined(separator: ", ")), or a YAML file. "
                + "The default is \(TimingProfile.builtInNames[0]).",
            valueName: "name|file"))
    var profile: String?

    @OptionGroup var changes: ProfileChanges

    @Option(
        help: ArgumentHelp(
            "When transactions start: at their time stamps (trace, the default), or as early as those before let them "
                + "(saturate).", valueName: "trace|saturate"),
        transform: parseArrival)
    var arrival: TimingArrival?

    /// The options that were given, as a person types them.
    var given: [String] {
        var names: [String] = []
        if profile != nil { names.append("--profile") }
        if !changes.assignments.isEmpty { names.append("--set") }
        if arrival != nil { names.append("--arrival") }
        return names
    }

    /// The profile with its changes.
    func effectiveProfile() throws -> TimingProfile {
        try changes.apply(to: TimingProfile(fileOrName: profile ?? TimingProfile.builtInNames[0]))
    }

    func timing() throws -> ReplayTiming {
        ReplayTiming(profile: try effectiveProfile(), arrival: arrival ?? .trace)
    }
}

struct ProfileChanges: ParsableArguments {
    @Option(
        name: .customLong("set"),
        help: ArgumentHelp(
            "Change a parameter, such as tce_cache.ways=8; may be given several times. `tce-emu profiles` lists them.",
            valueName: "key=value"))
    var assignments: [String] = []

    /// The profile with the changes made, in their order.
    func apply(to profile: TimingProfile) throws -> TimingProfile {
        var profile = profile
        for assignment in assignments { try profile.set(assignment) }
        do {
            // It was sound before: what is wrong now, the changes have done.
            try profile.validate()
        } catch {
            var error = error
            error.place = .assignment("--set")
            throw error
        }
        return profile
    }
}

private func parseArrival(_ argument: String) throws -> TimingArrival {
    guard let arrival = TimingArrival(rawValue: argument) else {
        throw ValidationError(
            "--arrival is \(argument); expected \(TimingArrival.allCases.map(\.rawValue).joined(separator: " or "))")
    }
    return arrival
}
