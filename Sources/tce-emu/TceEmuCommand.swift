// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Foundation
import TceEmu

@main
struct TceEmuCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tce-emu",
        abstract: "Emulates the TCE/IOMMU of IBM pseries and replays DMA traces through it.",
        discussion: """
            Example:
              tce-emu import qemu boot.log.gz -o boot.tcet
              tce-emu replay boot.tcet --check
            """,
        version: TceEmuPackage.nameAndVersion,
        subcommands: [
            Exec.self, Import.self, Info.self, Dump.self, ReplayCommand.self, Generate.self,
            MultiTCECommand.self, Policies.self, Boot.self, Profiles.self,
        ])

    static func main() {
        // Writing to a pipe that nobody reads gives an error to handle, not a signal that kills.
        signal(SIGPIPE, SIG_IGN)
        fillStandardError()
        var command: any ParsableCommand
        do {
            command = try parseAsRoot()
        } catch {
            exit(withError: error)
        }
        do {
            try command.run()
        } catch {
            exit(withError: ExitStatus.describe(error))
        }
    }
}
