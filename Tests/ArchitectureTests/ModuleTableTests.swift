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
        "FairleadEtcd": [
            "FairleadModel", "FairleadStorage", "GRPCCore", "GRPCNIOTransportHTTP2Posix", "NIOCore", "NIOSSL",
        ],
        "FairleadRules": ["FairleadModel", "FairleadExpressions", "FairleadSchema"],
        "FairleadKindRules": ["FairleadModel", "FairleadExpressions", "FairleadSchema", "FairleadRules"],
        "FairleadKinds": [
            "FairleadModel", "FairleadExpressions", "FairleadSchema", "FairleadStorage", "FairleadRules",
            "FairleadKindRules", "FairleadIdentity",
        ],
        "FairleadAPI": [
            "FairleadMetrics", "FairleadModel", "FairleadSchema", "FairleadMerge", "FairleadStorage", "FairleadRules",
            "FairleadKindRules", "FairleadKinds", "FairleadAuthorization", "FairleadContainers", "FairleadIdentity",
            "FairleadAdmission",
            "CoreMetrics", "HTTPTypes",
        ],
        "FairleadDiscovery": [
            "FairleadModel", "FairleadSchema", "FairleadKinds", "FairleadIdentity", "FairleadAPI",
        ],
        "FairleadAccess": [
            "FairleadModel", "FairleadStorage", "FairleadKinds", "FairleadIdentity", "FairleadAuthorization",
            "FairleadAPI",
        ],
        "FairleadAudit": [
            "FairleadModel", "FairleadSchema", "FairleadMetrics", "FairleadContainers", "FairleadAuthorization",
            "FairleadAPI", "CoreMetrics", "Logging",
        ],
        "FairleadFairness": [
            "FairleadMetrics", "FairleadModel", "FairleadStorage", "FairleadAuthorization", "FairleadAPI",
            "CoreMetrics", "DequeModule",
        ],
        "FairleadEncryption": ["FairleadModel", "FairleadStorage", "FairleadIdentity", "Crypto", "_CryptoExtras"],
        "FairleadNet": ["NIOCore", "NIOHTTP1", "Logging"],
        "FairleadHTTP": [
            "FairleadModel", "FairleadAPI", "FairleadNet", "FairleadContainers", "FairleadStreaming", "CFairleadZlib",
            "NIOCore", "NIOPosix", "NIOHTTP2", "NIOSSL", "NIOTLS",
            "NIOHTTP1", "NIOWebSocket", "NIOConcurrencyHelpers", "Logging", "HTTPTypes",
        ],
        "FairleadClient": ["FairleadModel", "DequeModule", "HeapModule", "Logging"],
        "FairleadControllers": ["FairleadModel", "FairleadClient"],
        "FairleadClusterControllers": ["FairleadModel", "FairleadClient", "FairleadIdentity"],
        "FairleadBatch": ["FairleadModel", "FairleadClient", "FairleadControllers"],
        "FairleadExplanation": ["FairleadModel", "FairleadClient"],
        "FairleadIdentity": ["FairleadModel", "Crypto", "_CryptoExtras", "X509", "SwiftASN1"],
        "FairleadAuthorization": ["FairleadModel", "FairleadStorage"],
        "FairleadAdmission": ["FairleadModel", "FairleadExpressions", "FairleadSchema"],
        "FairleadWebhooks": [
            "FairleadModel", "FairleadExpressions", "FairleadSchema", "FairleadMerge", "FairleadMetrics",
            "FairleadStorage", "FairleadKinds", "FairleadNet", "FairleadAPI", "CoreMetrics", "AsyncHTTPClient",
            "NIOCore", "NIOHTTP1",
            "NIOPosix", "NIOSSL", "Logging",
        ],
        "FairleadAggregation": [
            "FairleadModel", "FairleadStorage", "FairleadContainers", "FairleadIdentity", "FairleadAPI",
            "FairleadDiscovery", "FairleadWebhooks", "AsyncHTTPClient", "NIOCore", "NIOPosix", "NIOHTTP1", "NIOSSL",
        ],
        "FairleadScheduling": ["FairleadModel", "FairleadClient"],
        "FairleadRouting": ["FairleadModel"],
        "FairleadContainers": ["FairleadModel"],
        "FairleadApplets": ["FairleadModel", "FairleadContainers"],
        "FairleadShell": ["FairleadModel", "FairleadContainers", "FairleadApplets"],
        "FairleadPrograms": ["FairleadModel", "FairleadContainers", "FairleadShell"],
        "FairleadPodNetwork": ["FairleadModel", "FairleadContainers", "FairleadRouting"],
        "FairleadStreaming": ["FairleadModel", "FairleadContainers", "CFairleadZlib"],
        "FairleadSimulation": [
            "FairleadModel", "FairleadClient", "FairleadContainers", "FairleadPrograms", "FairleadScheduling",
        ],
        "FairleadRemote": [
            "FairleadModel", "FairleadClient", "FairleadNet", "AsyncHTTPClient", "NIOCore", "NIOHTTP1", "NIOPosix",
            "NIOSSL",
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
            "FairleadModel", "FairleadSchema", "FairleadStorage", "FairleadKinds", "FairleadAPI", "FairleadDiscovery",
            "FairleadAccess", "FairleadAudit", "FairleadFairness", "FairleadEncryption", "FairleadHTTP",
            "FairleadClient", "FairleadControllers", "FairleadBatch", "FairleadClusterControllers",
            "FairleadExplanation", "FairleadIdentity",
            "FairleadSimulation", "FairleadDNS", "FairleadContainers", "FairleadPrograms", "FairleadPodNetwork",
            "CFairleadCrash", "CFairleadMemory", "ServiceLifecycle", "Logging", "FairleadMetrics", "CoreMetrics",
            "FairleadRouting", "FairleadAuthorization", "FairleadWebhooks", "FairleadExpressions",
            "FairleadMerge", "FairleadAdmission", "FairleadAggregation", "FairleadKindRules", "FairleadRules",
            "FairleadEtcd",
        ],
        "fairlead": [
            "FairleadServer", "FairleadAudit", "FairleadAuthorization", "FairleadHTTP", "FairleadKindRules",
            "FairleadEtcd", "FairleadModel",
            "FairleadClient",
            "FairleadControllers", "FairleadDNS",
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
        let owners: [String: String] = [
            "Yams": "FairleadModel", "GRDB": "FairleadStorage", "GRPCCore": "FairleadEtcd",
        ]
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
