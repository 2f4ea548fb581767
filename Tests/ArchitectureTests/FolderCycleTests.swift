import Foundation
import Testing

/// The folders of a module have an order: what one needs of another never leads back to it, so that each can be read
/// without those above it.
///
/// A plain scan of texts: a file needs a folder where it names a type that is declared there, outside of any other.
/// Files that stand directly in a module are its face and count for nothing here: they and the folders may need each
/// other. What extensions add is not seen.
struct FolderCycleTests {
    @Test(arguments: ModuleTableTests.allowed.keys.sorted())
    func foldersNeedEachOtherInOneDirection(module: String) throws {
        let needs = try Self.needs(of: module)
        for (folder, others) in needs {
            for (other, reason) in others where Self.reachable(from: other, needs).contains(folder) {
                Issue.record("\(module): \(folder) needs \(other) (\(reason)), which leads back to \(folder)")
            }
        }
    }

    @Test
    func aCycleIsFound() throws {
        let needs = Self.needs(between: [
            ("A", "One.swift", "struct One { var two: Two }"),
            ("B", "Two.swift", "/// Like One.\npackage struct Two { let three = Three(\"One\") }"),
            ("C", "Three.swift", "final class Three { init(_ text: String) { _ = One.self } }"),
            ("", "Face.swift", "enum Face { case one(One) }"),
        ])
        #expect(needs["A"]?.keys.sorted() == ["B"] && needs["B"]?.keys.sorted() == ["C"])
        #expect(Self.reachable(from: "A", needs) == ["A", "B", "C"])
        #expect(needs[""] == nil)
    }

    /// Which folders each folder needs, with an example of why.
    typealias Needs = [String: [String: String]]

    private static func needs(of module: String) throws -> Needs {
        let base = ModuleTableTests.root.appending(path: "Sources/\(module)").path + "/"
        return needs(
            between: try ModuleTableTests.swiftFiles(of: module).map { file in
                let parts = file.path.dropFirst(base.count).split(separator: "/")
                return (
                    parts.count > 1 ? String(parts[0]) : "", file.lastPathComponent,
                    try String(contentsOf: file, encoding: .utf8)
                )
            })
    }

    private static func needs(between files: [(folder: String, name: String, text: String)]) -> Needs {
        let scanned = files.map { (folder: $0.folder, name: $0.name, scan: Scan($0.text)) }
        var owners: [String: Set<String>] = [:]
        for file in scanned { for name in file.scan.declared { owners[name, default: []].insert(file.folder) } }
        var needs: Needs = [:]
        for file in scanned where !file.folder.isEmpty {
            for word in file.scan.words {
                guard let found = owners[word], !found.contains(file.folder) else { continue }
                for owner in found where !owner.isEmpty {
                    needs[file.folder, default: [:]][owner] = "\(file.name) names \(word)"
                }
            }
        }
        return needs
    }

    private static func reachable(from start: String, _ needs: Needs) -> Set<String> {
        var found: Set<String> = []
        var open = [start]
        while let folder = open.popLast() {
            for next in (needs[folder] ?? [:]).keys where found.insert(next).inserted { open.append(next) }
        }
        return found
    }
}

/// The words of a source file that begin with a capital, without comments and what stands between quotes, and the types
/// that the whole module knows by it.
private struct Scan {
    private(set) var words: Set<String> = []
    private(set) var declared: Set<String> = []

    private static let modifiers: Set<String> = ["package", "public", "internal", "final", "indirect"]
    private static let kinds: Set<String> = ["struct", "class", "enum", "protocol", "actor", "typealias"]

    init(_ source: String) {
        var isText = false
        for line in source.utf8.split(separator: UInt8(ascii: "\n")) {
            let quotes = String(decoding: line, as: UTF8.self).components(separatedBy: "\"\"\"").count - 1
            defer { if quotes % 2 == 1 { isText.toggle() } }
            if isText { continue }
            let words = Self.words(of: line)
            self.words.formUnion(words.filter { $0.first?.isUppercase == true })
            let declaration = words.drop { Self.modifiers.contains($0) }
            if line.first != UInt8(ascii: " "), let kind = declaration.first, Self.kinds.contains(kind),
                let name = declaration.dropFirst().first
            {
                declared.insert(name)
            }
        }
    }

    private static func words(of line: Substring.UTF8View) -> [String] {
        var words: [String] = []
        var word: [UInt8] = []
        var isQuoted = false
        var previous: UInt8 = 0
        for byte in line + [UInt8(ascii: " ")] {
            if byte == UInt8(ascii: "\""), previous != UInt8(ascii: "\\") { isQuoted.toggle() }
            if byte == UInt8(ascii: "/"), previous == byte, !isQuoted { break }
            previous = byte
            let isPart = (65...90).contains(byte) || (97...122).contains(byte) || (48...57).contains(byte) || byte == 95
            if isPart, !isQuoted {
                word.append(byte)
            } else if !word.isEmpty {
                words.append(String(decoding: word, as: UTF8.self))
                word = []
            }
        }
        return words
    }
}
