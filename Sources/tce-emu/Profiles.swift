// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import TceEmu

struct Profiles: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Lists the timing profiles and every parameter, or prints one profile.",
        discussion: """
            A profile is YAML; docs/profiles.md says how to write one. A profile that is built in is printed with the \
            reason of each value, a file (or one with --set) with all its values.

            Examples:
              tce-emu profiles
              tce-emu profiles power8-kvm > mine.yaml
              tce-emu profiles mine.yaml --set tce_cache.ways=4 --format json
            """)

    @Argument(help: "A profile that is built in, or a YAML file; - is the standard input.")
    var profile: String?

    @OptionGroup var changes: ProfileChanges
    @OptionGroup var format: FormatOption

    func validate() throws {
        if profile == nil, !changes.assignments.isEmpty { throw ValidationError("--set needs a profile to change") }
    }

    func run() throws {
        guard let name = profile else {
            let listing = try ProfileListing()
            switch format.format {
            case .text: try printResult(listing.description)
            case .json: try printResult(jsonReport(listing))
            case .csv: try printResult(listing.csv)
            }
            return
        }
        let effective = try changes.apply(to: TimingProfile(fileOrName: name))
        switch format.format {
        case .text:
            let text = changes.assignments.isEmpty ? TimingProfile.builtInYAML(named: name) : nil
            try printResult(text ?? effective.yaml)
        case .json: try printResult(jsonReport(effective))
        case .csv: try printResult(csvReport(effective))
        }
    }
}
