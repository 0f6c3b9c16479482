// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

/// One run of the command that was built with the tests.
struct CommandRun {
    var status: Int32
    var output: String
    var errors: String

    /// The directory of the test's program, where SwiftPM also puts the command.
    static let binaries: URL = {
        let program = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()
        return program.deletingLastPathComponent()
    }()

    static let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// A directory of this process for the files that runs make.
    static let directory: URL = {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("tce-emu-tests-\(getpid())")
        try? FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        return url
    }()

    static func path(_ name: String) -> String { directory.appendingPathComponent(name).path }

    /// A file of the package, such as "traces/virtio-default.tcet".
    static func shipped(_ name: String) -> String { package.appendingPathComponent(name).path }

    /// Runs the command, with `input` on its standard input.
    init(_ arguments: String..., input: String = "") throws {
        try self.init(shell: "\"$TOOL\" \"$@\"", arguments: arguments, input: input)
    }

    /// Runs a line of shell, in which $TOOL is the command.
    init(shell: String, arguments: [String] = [], input: String = "") throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/bash")
        process.arguments = ["-c", shell, "bash"] + arguments
        process.currentDirectoryURL = Self.directory
        var environment = ProcessInfo.processInfo.environment
        environment["TOOL"] = Self.binaries.appendingPathComponent("tce-emu").path
        process.environment = environment
        // Files, not pipes: nothing waits for a buffer to be emptied.
        let name = UUID().uuidString
        let files = ["in", "out", "err"].map { Self.directory.appendingPathComponent("\(name).\($0)") }
        try Data(input.utf8).write(to: files[0])
        for file in files[1...] { try Data().write(to: file) }
        process.standardInput = try FileHandle(forReadingFrom: files[0])
        process.standardOutput = try FileHandle(forWritingTo: files[1])
        process.standardError = try FileHandle(forWritingTo: files[2])
        try process.run()
        process.waitUntilExit()
        status = process.terminationStatus
        output = String(decoding: try Data(contentsOf: files[1]), as: UTF8.self)
        errors = String(decoding: try Data(contentsOf: files[2]), as: UTF8.self)
        for file in files { try? FileManager.default.removeItem(at: file) }
    }

    /// The output as a JSON object.
    func json() throws -> [String: Any] {
        try #require(JSONSerialization.jsonObject(with: Data(output.utf8)) as? [String: Any])
    }
}

/// A value deep in a JSON object: "check.compared".
func value(_ object: [String: Any], _ path: String) -> Any? {
    var node: Any? = object
    for key in path.split(separator: ".") { node = (node as? [String: Any])?[String(key)] }
    return node
}

func number(_ object: [String: Any], _ path: String) -> Int? {
    (value(object, path) as? NSNumber)?.intValue
}
