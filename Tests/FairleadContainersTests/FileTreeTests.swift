import FairleadModel
import Testing

@testable import FairleadContainers

struct FileTreeTests {
    private static let time = Timestamp(seconds: 1_796_000_000)

    private static func file(_ text: String) -> FileNode {
        FileNode(.file(Array(text.utf8)), mode: 0o644, modified: time)
    }

    private static func text(_ tree: FileTree, _ name: String, in directory: Int = FileTree.root) throws -> String? {
        guard let number = try tree.child(name, of: directory), case .file(let bytes)? = tree.node(number)?.content
        else {
            return nil
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test func allTreesTogetherTakeNoMoreThanTheirBudget() throws {
        let budget = StorageBudget(limit: 10_000)
        let image = FileTree(modified: Self.time, budget: budget)
        try image.add(Self.file("from the image"), named: "a", to: FileTree.root)
        let before = budget.used
        do {
            let first = image.copy()
            let second = image.copy()
            #expect(budget.used == before)
            let file = try first.add(Self.file(""), named: "big", to: FileTree.root)
            try first.append([UInt8](repeating: 1, count: 6_000), to: file, at: Self.time)
            let other = try second.add(Self.file(""), named: "big", to: FileTree.root)
            #expect(throws: FileError.noSpace) {
                try second.append([UInt8](repeating: 1, count: 6_000), to: other, at: Self.time)
            }
            try first.remove("big", from: FileTree.root, at: Self.time)
            try second.append([UInt8](repeating: 1, count: 6_000), to: other, at: Self.time)
            // What came from the image was never charged to the copy.
            try second.remove("a", from: FileTree.root, at: Self.time)
            #expect(budget.used >= before + 6_000 - 300)
        }
        #expect(budget.used == before)
    }

    @Test func copiesChangeOnTheirOwn() throws {
        let tree = FileTree(modified: Self.time)
        let a = try tree.add(Self.file("a"), named: "a", to: FileTree.root)
        try tree.add(Self.file("b"), named: "b", to: FileTree.root)
        let copy = tree.copy()
        let other = copy.copy()
        try copy.append(Array("+".utf8), to: a, at: Self.time)
        try copy.remove("b", from: FileTree.root, at: Self.time)
        try copy.add(Self.file("c"), named: "c", to: FileTree.root)
        try tree.update(a) { $0.mode = 0o600 }
        #expect(try Self.text(tree, "a") == "a" && Self.text(tree, "b") == "b" && Self.text(tree, "c") == nil)
        #expect(try Self.text(copy, "a") == "a+" && Self.text(copy, "b") == nil && Self.text(copy, "c") == "c")
        #expect(try Self.text(other, "a") == "a" && Self.text(other, "b") == "b" && Self.text(other, "c") == nil)
        #expect(tree.node(a)?.mode == 0o600 && copy.node(a)?.mode == 0o644)
        #expect(tree.used == 2 && copy.used == 3 && other.used == 2)
        let third = copy.copy()
        #expect(try Self.text(third, "a") == "a+" && Self.text(third, "b") == nil && Self.text(third, "c") == "c")
    }

    @Test func whatIsFullTakesNoMore() throws {
        let tree = FileTree(capacity: 10, modified: Self.time)
        let a = try tree.add(Self.file("12345678"), named: "a", to: FileTree.root)
        #expect(throws: FileError.noSpace) { try tree.append(Array("abc".utf8), to: a, at: Self.time) }
        #expect(throws: FileError.noSpace) { try tree.add(Self.file("abc"), named: "b", to: FileTree.root) }
        #expect(throws: FileError.noSpace) {
            try tree.update(a) { $0.content = .file([UInt8](repeating: 0, count: 11)) }
        }
        #expect(try Self.text(tree, "a") == "12345678" && tree.used == 8)
        try tree.append(Array("ab".utf8), to: a, at: Self.time)
        #expect(try Self.text(tree, "a") == "12345678ab")
        #expect(throws: FileError.exists) { try tree.add(Self.file(""), named: "a", to: FileTree.root) }
        #expect(throws: FileError.notFound) { try tree.remove("b", from: FileTree.root, at: Self.time) }
        try tree.remove("a", from: FileTree.root, at: Self.time)
        #expect(tree.used == 0)
    }

    /// A table with copies against plain dictionaries.
    @Test func tablesAreDictionaries() {
        var random = SplitMix64(seed: 3)
        var pairs: [(table: NodeTable, plain: [Int: UInt16])] = [(NodeTable([:]), [:])]
        for step in 0..<5000 {
            let index = Int(random.next() % UInt64(pairs.count))
            let number = Int(random.next() % 40)
            switch random.next() % 8 {
            case 0:
                pairs[index].table.settle()
                if pairs.count < 6 { pairs.append(pairs[index]) }
            case 1, 2:
                let removed = pairs[index].table.removeValue(forKey: number)
                #expect(removed?.mode == pairs[index].plain.removeValue(forKey: number))
            default:
                let mode = UInt16(step % 512)
                pairs[index].table[number] = FileNode(.null, mode: mode, modified: Self.time)
                pairs[index].plain[number] = mode
            }
            let (table, plain) = pairs[index]
            guard table.count == plain.count, (0..<40).allSatisfy({ table[$0]?.mode == plain[$0] }) else {
                Issue.record("step \(step)")
                return
            }
        }
    }

    @Test func directoriesWithManyFilesAreFilledInTime() throws {
        let tree = FileTree(modified: Self.time)
        for number in 0..<20_000 { try tree.add(Self.file(""), named: "f\(number)", to: FileTree.root) }
        for number in 0..<20_000 { try tree.remove("f\(number)", from: FileTree.root, at: Self.time) }
        #expect(try tree.child("f1", of: FileTree.root) == nil)
    }
}
