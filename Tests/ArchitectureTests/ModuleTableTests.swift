import Foundation
import Testing

/// The table of modules in `README.md` and the design, held to what the sources really import.
struct ModuleTableTests {
    /// What each module may import, of this package and of others. The standard library, Foundation and the like are
    /// free; FoundationEssentials, Dispatch and Synchronization too.
    static let allowed: [String: Set<String>] = [
        "FairleadModel": ["Yams", "CYaml"],
        "FairleadExpressions": ["FairleadModel"],
        "FairleadSchema": ["FairleadModel", "FairleadExpressions", "CFairleadAssets"],
        "FairleadMerge": ["FairleadModel", "FairleadSchema"],
        "FairleadMetrics": ["CoreMetrics"],
        "FairleadStorage": [
            "FairleadMetrics", "FairleadModel", "CFairleadAssets", "GRDB", "GRDBSQLite", "DequeModule", "CoreMetrics",
        ],
        "FairleadRules": ["FairleadModel", "FairleadExpressions", "FairleadSchema"],
        "FairleadKindRules": ["FairleadModel", "FairleadExpressions", "FairleadSchema", "FairleadRules"],
        "FairleadKinds": [
            "FairleadModel", "FairleadExpressions", "FairleadSchema", "FairleadStorage", "FairleadRules",
            "FairleadKindRules",
        ],
        "FairleadAPI": [
            "FairleadMetrics", "FairleadModel", "FairleadSchema", "FairleadMerge", "FairleadStorage", "FairleadRules",
            "FairleadKindRules", "FairleadKinds", "CoreMetrics", "HTTPTypes",
        ],
        "FairleadNet": ["NIOCore", "Logging"],
        "FairleadHTTP": [
            "FairleadAPI", "FairleadNet", "CFairleadZlib", "NIOCore", "NIOPosix", "NIOHTTP1", "NIOConcurrencyHelpers",
            "Logging", "HTTPTypes",
        ],
        "FairleadClient": ["FairleadModel", "DequeModule", "HeapModule", "Logging"],
        "FairleadControllers": ["FairleadModel", "FairleadClient"],
        "FairleadClusterControllers": ["FairleadModel", "FairleadClient"],
        "FairleadBatch": ["FairleadModel", "FairleadClient", "FairleadControllers"],
        "FairleadExplanation": ["FairleadModel", "FairleadClient"],
        "FairleadRouting": ["FairleadModel"],
        "FairleadSimulation": ["FairleadModel", "FairleadClient"],
        "FairleadRemote": [
            "FairleadModel", "FairleadClient", "AsyncHTTPClient", "NIOCore", "NIOHTTP1", "NIOPosix", "NIOSSL",
            "Logging",
        ],
        "FairleadProxy": [
            "FairleadModel", "FairleadClient", "FairleadRouting", "FairleadMetrics", "FairleadNet", "CFairleadMemory",
            "CoreMetrics", "NIOCore", "NIOHTTP1", "NIOPosix", "Logging",
        ],
        "FairleadLab": [
            "FairleadModel", "FairleadClient", "FairleadNet", "CFairleadNamespaces", "NIOCore", "NIOHTTP1", "NIOPosix",
            "Logging",
        ],
        "FairleadDNS": [
            "FairleadMetrics", "FairleadModel", "FairleadClient", "FairleadNet", "NIOCore", "NIOPosix", "Logging",
            "CoreMetrics",
        ],
        "FairleadServer": [
            "FairleadModel", "FairleadSchema", "FairleadStorage", "FairleadKinds", "FairleadAPI", "FairleadHTTP",
            "FairleadClient", "FairleadControllers", "FairleadBatch", "FairleadClusterControllers",
            "FairleadExplanation",
            "FairleadSimulation", "FairleadDNS",
            "CFairleadCrash", "CFairleadMemory", "ServiceLifecycle", "Logging", "FairleadMetrics", "CoreMetrics",
            "FairleadRouting",
        ],
        "fairlead": [
            "FairleadServer", "FairleadHTTP", "FairleadModel", "FairleadClient", "FairleadControllers", "FairleadDNS",
            "FairleadRemote", "FairleadProxy", "FairleadLab", "FairleadRouting", "FairleadMetrics", "FairleadNet",
            "ArgumentParser", "Logging",
        ],
    ]
    static let free: Set<String> = [
        "Foundation", "FoundationEssentials", "Dispatch", "Synchronization", "Glibc", "Darwin", "Musl",
    ]

    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    @Test(arguments: allowed.keys.sorted())
    func importsOnlyWhatTheTableAllows(module: String) throws {
        let permitted = try #require(Self.allowed[module]).union(Self.free)
        for file in try Self.swiftFiles(of: module) {
            for name in try Self.imports(of: file) where !permitted.contains(name) {
                Issue.record("\(module)/\(file.lastPathComponent) imports \(name)")
            }
        }
    }

    @Test
    func everyModuleIsInTheTable() throws {
        let folders = try FileManager.default.contentsOfDirectory(atPath: Self.root.appending(path: "Sources").path)
        let modules = Set(folders.filter { !$0.hasPrefix("C") && !$0.hasPrefix(".") })
        #expect(modules == Set(Self.allowed.keys))
    }

    @Test
    func eachFrameworkLivesInOnePlace() throws {
        let owners: [String: String] = ["Yams": "FairleadModel", "GRDB": "FairleadStorage"]
        for (framework, owner) in owners {
            let users = try Self.allowed.keys.filter { module in
                try Self.swiftFiles(of: module).contains { try Self.imports(of: $0).contains(framework) }
            }
            #expect(users == [owner], "\(framework)")
        }
    }

    @Test
    func noFileIsLongerThan600Lines() throws {
        for module in Self.allowed.keys {
            for file in try Self.swiftFiles(of: module) {
                let lines = try String(contentsOf: file, encoding: .utf8).split(
                    separator: "\n", omittingEmptySubsequences: false)
                #expect(lines.count <= 601, "\(module)/\(file.lastPathComponent)")
            }
        }
    }

    @Test
    func noModuleIsLongerThan8000Lines() throws {
        for module in Self.allowed.keys {
            let lines = try Self.swiftFiles(of: module).reduce(0) { sum, file in
                try sum + String(contentsOf: file, encoding: .utf8).utf8.count { $0 == UInt8(ascii: "\n") }
            }
            #expect(lines <= 8000, "\(module)")
        }
    }

    static func swiftFiles(of module: String) throws -> [URL] {
        let folder = root.appending(path: "Sources/\(module)")
        let files = try #require(FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil))
        return files.compactMap { $0 as? URL }.filter { $0.pathExtension == "swift" }
    }

    private static func imports(of file: URL) throws -> [String] {
        let words: Set<Substring> = ["package", "internal", "private", "public", "fileprivate"]
        return try String(contentsOf: file, encoding: .utf8).split(separator: "\n").compactMap { line in
            let parts = line.trimmingCharacters(in: .whitespaces).split(separator: " ").drop { words.contains($0) }
            guard parts.first == "import", let name = parts.dropFirst().first else { return nil }
            return String(name.prefix { $0 != "." })
        }
    }
}
