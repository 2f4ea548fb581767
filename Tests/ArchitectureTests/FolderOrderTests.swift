import Foundation
import Testing

/// Folders of a module that build on each other do so in one direction.
struct FolderOrderTests {
    /// Each folder may name types of those before it.
    static let orders: [String: [String]] = ["FairleadDNS": ["Wire", "Zone", "Server"]]

    @Test(arguments: orders.keys.sorted())
    func noFolderNamesTypesOfALaterOne(module: String) throws {
        let folders = try #require(Self.orders[module])
        let files = try ModuleTableTests.swiftFiles(of: module)
        func sources(of folder: String) throws -> [(name: String, text: String)] {
            try files.filter { $0.deletingLastPathComponent().lastPathComponent == folder }.map {
                ("\(folder)/\($0.lastPathComponent)", try String(contentsOf: $0, encoding: .utf8))
            }
        }
        let declaration = try Regex(
            "^(package |private |fileprivate )*(final )?(class|struct|enum|protocol) ([A-Z]\\w+)"
        )
        .anchorsMatchLineEndings()
        for (place, folder) in folders.enumerated() {
            var later: [String] = []
            for other in folders[(place + 1)...] {
                for (_, text) in try sources(of: other) {
                    later += text.matches(of: declaration).compactMap { $0.output[4].substring.map(String.init) }
                }
            }
            #expect(later.isEmpty == (place == folders.count - 1))
            for (name, text) in try sources(of: folder) {
                for type in later where text.firstMatch(of: try Regex("\\b\(type)\\b")) != nil {
                    Issue.record("\(module)/\(name) names \(type), of a folder that builds on it")
                }
            }
        }
    }
}
