// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0
import PackageDescription

let settings: [SwiftSetting] = [.swiftLanguageMode(.v6)]
let core: [Target.Dependency] = [
    .product(name: "TceEmu", package: "TceEmu"), .product(name: "CTce", package: "TceEmu"),
]

// A package of its own, so that users of TceEmu never build it.
let package = Package(
    name: "bench",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(name: "TceEmu", path: ".."),
        .package(url: "https://github.com/ordo-one/benchmark", from: "1.38.1", traits: []),
    ],
    targets: [
        // What is measured, in C: calls, events, runs, and limits.
        .target(
            name: "Loads", dependencies: [.product(name: "CTce", package: "TceEmu")],
            linkerSettings: [.linkedLibrary("z")]),
        // The same as cases: each thing measured, with its limit and what is wanted of it.
        .target(name: "Cases", dependencies: core + ["Loads"], swiftSettings: settings),
        // Pairs in turn: the ratio of each case to its limit, and the table of docs/performance.md.
        .executableTarget(name: "ratios", dependencies: core + ["Cases"], swiftSettings: settings),
        // The cases one by one under the harness: distribution and, where the processor counts them, instructions.
        .executableTarget(
            name: "Alone",
            dependencies: ["Cases", .product(name: "Benchmark", package: "benchmark")],
            path: "Benchmarks/Alone",
            swiftSettings: settings,
            plugins: [.plugin(name: "BenchmarkPlugin", package: "benchmark")]
        ),
    ],
    cLanguageStandard: .c11
)
