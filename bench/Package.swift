// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0
import PackageDescription

// A package of its own, so that users of TceEmu never build it.
let package = Package(
    name: "bench",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(name: "TceEmu", path: ".."),
        .package(url: "https://github.com/ordo-one/benchmark", from: "1.38.1", traits: []),
    ],
    targets: [
        .executableTarget(
            name: "ratios",
            dependencies: [.product(name: "TceEmu", package: "TceEmu"), .product(name: "CTce", package: "TceEmu")],
            swiftSettings: [.swiftLanguageMode(.v6)]
        ),
        .executableTarget(
            name: "Trace",
            dependencies: [
                .product(name: "TceEmu", package: "TceEmu"),
                .product(name: "Benchmark", package: "benchmark"),
            ],
            path: "Benchmarks/Trace",
            swiftSettings: [.swiftLanguageMode(.v6)],
            plugins: [.plugin(name: "BenchmarkPlugin", package: "benchmark")]
        ),
    ]
)
