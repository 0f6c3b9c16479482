// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import SystemPackage
import TceEmu

struct Exec: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run an hcall script and print its transcript.",
        discussion: """
            The machine is a pseries of 256 MiB with one PCI host bridge: BUID 0x800000020000000, a default DMA window \
            of 1 GiB at LIOBN 0x80000000. One statement a line, # starts a comment:

              store ADDR V [V ...]
              load ADDR
              H_GET_TCE LIOBN IOBA
              H_PUT_TCE LIOBN IOBA TCE
              H_PUT_TCE_INDIRECT LIOBN IOBA LIST NPAGES
              H_STUFF_TCE LIOBN IOBA TCE NPAGES
              hcall OPCODE [R4 ... R9]
              rtas NAME NRET [ARG ...]

            and, of the secure guest, its hypervisor and its devices:

              uv NAME [ARG ...]                          an ultracall
              svm NAME [GPA [FLAGS [ORDER]]]             an hcall of the ultravisor
              frame ADDR                                 the state of a 64 KiB frame
              memory BYTES                               memory is added or taken away
              dma read LIOBN IOBA BYTES
              dma write LIOBN IOBA V [V ...]
              host load ADDR, host store ADDR V [V ...]  as the hypervisor sees memory
              thaw BUID, reset                           a PE; the machine

            A line that is not of this form ends the run with status 65; what ran before it stays printed.

            Example:

              echo H_PUT_TCE 0x80000000 0x1000 0x4001003 | tce-emu exec -
            """
    )

    @Argument(help: "The script; - is standard input.", completion: .file(extensions: ["hc"]))
    var script: String

    @Option(
        help: "Whose answers the machine gives: \(Platform.all.map(\.description).joined(separator: ", ")).",
        transform: { try Platform(named: $0) })
    var platform: Platform = .qemu

    @Option(help: "Whether the machine has H_PUT_TCE_INDIRECT and H_STUFF_TCE: on or off.")
    var multitce = Switch.on

    @Option(help: "What a fault does to the device's PE: freeze it until it is thawed, or nothing (off).")
    var eeh = EEH.off

    /// What a message calls the script.
    private var name: String { script == "-" ? "<stdin>" : script }

    func run() throws {
        let input = try open()
        defer { if input != .standardInput { try? input.close() } }
        var output = StandardOutput()
        do {
            try run(input, &output)
        } catch let failure as Failure {
            // What ran before it stays printed.
            try output.flush()
            complain(failure.message)
            throw failure.status
        }
        try output.flush()
    }

    private func run(_ input: FileDescriptor, _ output: inout StandardOutput) throws {
        var configuration = MachineConfiguration.pseries
        configuration.platform = platform
        configuration.hasMultiTCE = multitce == .on
        configuration.eeh = eeh == .freeze
        var machine = try make(configuration)
        var reader = ScriptReader()
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        var isAtEnd = false
        while !isAtEnd {
            // Who writes statements one by one into a pipe sees the answer before the next.
            try output.flush()
            let count = try read(input, into: &piece)
            isAtEnd = count == 0
            reader.append(piece.prefix(count))
            if isAtEnd { reader.finish() }
            while let line = try next(&reader) {
                if let answer = try run(line, on: &machine) { try output.write("\(answer)\n") }
            }
        }
    }

    private func make(_ configuration: MachineConfiguration) throws(Failure) -> Machine {
        do {
            return try Machine(configuration)
        } catch {
            throw Failure(message: error.description, status: ExitStatus.software)
        }
    }

    private func next(_ reader: inout ScriptReader) throws(Failure) -> ScriptLine? {
        do {
            return try reader.next()
        } catch {
            throw Failure(message: "\(name):\(error)", status: ExitStatus.dataError)
        }
    }

    private func run(_ line: ScriptLine, on machine: inout Machine) throws(Failure) -> Transcript? {
        do {
            return try machine.run(line.statement)
        } catch {
            // What a statement names and the machine cannot have is the script's fault, not the host's.
            let isScript = [.noPHB, .configuration].contains(error)
            throw Failure(
                message: "\(name):\(line.number): \(error)",
                status: isScript ? ExitStatus.dataError : ExitStatus.software)
        }
    }

    private func open() throws -> FileDescriptor {
        guard script != "-" else { return .standardInput }
        do {
            return try FileDescriptor.open(FilePath(script), .readOnly)
        } catch let error as Errno {
            complain("\(name): \(error)")
            throw ExitStatus.noInput
        }
    }

    /// Bytes read; 0 at the end.
    private func read(_ input: FileDescriptor, into piece: inout [UInt8]) throws -> Int {
        do {
            return try unsafe piece.withUnsafeMutableBytes { try unsafe input.read(into: $0) }
        } catch let error as Errno {
            // A directory can be opened, and standard input can be closed, but neither is an input.
            let isInput = error != .isDirectory && error != .badFileDescriptor
            throw Failure(
                message: "\(name): \(error)", status: isInput ? ExitStatus.ioError : ExitStatus.noInput)
        }
    }

    /// What ends a run early.
    private struct Failure: Error {
        var message: String
        var status: ExitCode
    }
}
