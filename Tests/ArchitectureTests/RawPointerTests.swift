import Foundation
import Testing

/// Handles and raw pointers stay inside the scope that keeps what they point to (the rule is in `CONTRIBUTING.md`).
struct RawPointerTests {
    /// Files that may name pointers at all, because they talk to C or read bytes in place. Whoever adds one reads the
    /// rule first.
    static let allowed: Set<String> = [
        "FairleadHTTP/Gzip.swift", "FairleadHTTP/GzipStream.swift", "FairleadModel/Value/String+bytes.swift",
        "FairleadModel/Value/JSONParser.swift",
        "FairleadModel/Value/JSONParser+scalars.swift", "FairleadModel/Value/JSONWriter.swift",
        "FairleadModel/YAML/YAMLEvents.swift", "FairleadSchema/Asset.swift",
        "FairleadModel/Value/Base64.swift", "FairleadServer/Observability/LogStream.swift",
        "FairleadServer/Observability/StandardStream.swift",
        "FairleadStorage/Engine/SQLite/SQLiteMigration.swift",
        "FairleadStorage/Engine/SQLite/SQLiteRowStatement.swift",
        "FairleadStorage/Engine/XXHash64.swift", "FairleadStreaming/SPDY/HeaderBlockReader.swift",
    ]
    /// Stored pointers: the parser of JSON, which lives inside of one `withUnsafeBufferPointer`.
    static let storing: Set<String> = ["FairleadModel/Value/JSONParser.swift"]

    private static let words = ["OpaquePointer", "Unmanaged", "Unsafe[A-Za-z]*Pointer", "unsafeBitCast"]

    @Test func pointersAreNamedInFewFiles() throws {
        let pattern = try Regex("\\b(" + Self.words.joined(separator: "|") + ")\\b")
        for (name, text) in try Self.sources() where !Self.allowed.contains(name) {
            for line in text.split(separator: "\n") where line.firstMatch(of: pattern) != nil {
                Issue.record("\(name) names a raw pointer: \(line.trimmingCharacters(in: .whitespaces))")
            }
        }
    }

    @Test func noTypeStoresAPointer() throws {
        // Properties stand at four or more spaces; parameters and results are not declared with let or var.
        let pattern = try Regex("\\b(let|var) [A-Za-z_]+: *(\\w*\\()?(" + Self.words.joined(separator: "|") + ")")
        for (name, text) in try Self.sources() where !Self.storing.contains(name) {
            for line in text.split(separator: "\n") where line.firstMatch(of: pattern) != nil {
                Issue.record("\(name) keeps a raw pointer: \(line.trimmingCharacters(in: .whitespaces))")
            }
        }
    }

    @Test func handlesOfGRDBAreOnlyBorrowed() throws {
        for (name, text) in try Self.sources() {
            for line in text.split(separator: "\n")
            where line.contains(".sqliteStatement") || line.contains(".sqliteConnection") {
                #expect(line.contains("withExtendedLifetime"), "\(name)")
            }
        }
    }

    private static func sources() throws -> [(name: String, text: String)] {
        let folder = ModuleTableTests.root.appending(path: "Sources")
        let files = try #require(FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil))
        return try files.compactMap { $0 as? URL }.filter { $0.pathExtension == "swift" }.map { file in
            (String(file.path.dropFirst(folder.path.count + 1)), try String(contentsOf: file, encoding: .utf8))
        }
    }
}
