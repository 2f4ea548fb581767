// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("ExistentialAny"),
    .treatAllWarnings(as: .error),
]

let package = Package(
    name: "fairlead-benchmarks",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", from: "0.2.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        // Links to the sources of the program: what is measured without a server is compiled with the measurement.
        .target(
            name: "FairleadModel", dependencies: [.product(name: "Yams", package: "Yams")],
            path: "Sources/FairleadModel", swiftSettings: strict),
        .target(
            name: "FairleadRouting", dependencies: ["FairleadModel"], path: "Sources/FairleadRouting",
            swiftSettings: strict),
        .target(
            name: "FairleadExpressions", dependencies: ["FairleadModel"], path: "Sources/FairleadExpressions",
            swiftSettings: strict),
        .target(
            name: "FairleadAdmission", dependencies: ["FairleadModel", "FairleadExpressions"],
            path: "Sources/FairleadAdmission", swiftSettings: strict),
        .executableTarget(
            name: "fairlead-bench",
            dependencies: [
                "FairleadModel", "FairleadRouting", "FairleadExpressions", "FairleadAdmission",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Histogram", package: "hdrhistogram-swift"),
            ],
            path: "Sources/FairleadBench",
            swiftSettings: strict),
        // Only the yardstick needs the database: what the same rows cost without a server around it.
        .executableTarget(
            name: "grdb-yardstick",
            dependencies: [
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            path: "Sources/GRDBYardstick",
            swiftSettings: strict),
    ]
)
