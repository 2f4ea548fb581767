import FairleadModel
import Foundation
import Testing

@testable import FairleadStorage

/// The file as others see it: who may read it, what deleted objects leave in it, whether it is still there.
@Suite struct DatabaseFileTests {
    private func modes(_ folder: String) throws -> [String: Int] {
        var modes: [String: Int] = [:]
        for name in try FileManager.default.contentsOfDirectory(atPath: folder) {
            modes[name] = try self.modes(of: folder + "/" + name)
        }
        return modes
    }

    private func modes(of path: String) throws -> Int? {
        (try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? NSNumber)?.intValue
    }

    @Test func filesAreTheOwnersAloneNewOnesAndOldOnes() async throws {
        let scratch = try Scratch()
        defer { scratch.remove() }
        let folder = scratch.file("a/b")
        try SQLiteEngine.makeFolder(of: folder + "/data.db")
        #expect(try modes(scratch.path)["a"] == 0o700 && modes(scratch.file("a"))["b"] == 0o700)
        // A folder that is there already is not changed, and made again without complaint.
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder)
        try SQLiteEngine.makeFolder(of: folder + "/data.db")
        #expect(try modes(scratch.file("a"))["b"] == 0o755)
        var store = try scratch.open("a/b/data.db")
        try await store.put(key("a"))
        #expect(try modes(folder).values.allSatisfy { $0 == 0o600 })
        #expect(try modes(folder)["data.db-wal"] == 0o600)
        await store.close()
        for name in ["data.db", "data.db-wal"] {
            if !FileManager.default.fileExists(atPath: folder + "/" + name) {
                #expect(FileManager.default.createFile(atPath: folder + "/" + name, contents: nil))
            }
            try FileManager.default.setAttributes([.posixPermissions: 0o666], ofItemAtPath: folder + "/" + name)
        }
        store = try scratch.open("a/b/data.db")
        try await store.put(key("b"))
        #expect(try modes(folder).values.allSatisfy { $0 == 0o600 })
        await store.close()
    }

    @Test func whatIsNoPlaceForADatabaseIsRefusedAndLeftAsItIs() async throws {
        let scratch = try Scratch()
        defer { scratch.remove() }
        let store = try scratch.open()
        await store.close()
        try FileManager.default.linkItem(atPath: scratch.file("data.db"), toPath: scratch.file("other.db"))
        for name in ["data.db", "other.db"] {
            guard case .io(let why) = await storageError({ _ = try scratch.open(name) }) else { return fail("opened") }
            #expect(why.contains("hard links"))
        }
        try FileManager.default.createDirectory(atPath: scratch.file("folder"), withIntermediateDirectories: false)
        let before = try modes(scratch.path)["folder"]
        guard case .io = await storageError({ _ = try scratch.open("folder") }) else { return fail("opened") }
        #expect(try modes(scratch.path)["folder"] == before)
        let mode = try modes(of: "/dev/null")
        let device = await storageError {
            _ = try SQLiteEngine(path: "/dev/null", migrations: SQLiteMigration.builtIn())
        }
        guard case .io(let why) = device else { return fail("opened") }
        #expect(why.contains("no regular file"))
        #expect(try modes(of: "/dev/null") == mode)
        guard case .io = await storageError({ _ = try SQLiteEngine(path: "", migrations: []) }) else {
            return fail("opened")
        }
    }

    @Test(arguments: ["hello\n", "SQLite format 3\u{0}broken broken broken broken"])
    func aFileThatIsNoDatabaseIsRefusedAndLeftAsItIs(content: String) async throws {
        let scratch = try Scratch()
        defer { scratch.remove() }
        let file = scratch.file("notes.txt")
        #expect(
            FileManager.default.createFile(
                atPath: file, contents: Data(content.utf8), attributes: [.posixPermissions: 0o644]))
        guard case .corrupted(let why) = await storageError({ _ = try scratch.open("notes.txt") }) else {
            return fail("opened")
        }
        #expect(why.contains("no database of Fairlead") && why.contains("notes.txt") && !why.contains("SQLite"))
        #expect(try modes(of: file) == 0o644)
        #expect(FileManager.default.contents(atPath: file) == Data(content.utf8))
    }

    @Test func aDatabaseThatWasCutOffIsNotAnEmptyOne() async throws {
        let scratch = try Scratch()
        defer { scratch.remove() }
        #expect(FileManager.default.createFile(atPath: scratch.file("data.db"), contents: nil))
        #expect(FileManager.default.createFile(atPath: scratch.file("data.db-wal"), contents: Data([1, 2, 3])))
        guard case .io(let why) = await storageError({ _ = try scratch.open() }) else { return fail("opened") }
        #expect(why.contains("has been cut off"))
        #expect(FileManager.default.contents(atPath: scratch.file("data.db-wal")) == Data([1, 2, 3]))
        try FileManager.default.removeItem(atPath: scratch.file("data.db-wal"))
        let store = try scratch.open()
        await store.close()
    }

    @Test func whatTheSystemSaysIsToldWithWhatWouldWork() async throws {
        let scratch = try Scratch()
        defer { scratch.remove() }
        #expect(FileManager.default.createFile(atPath: scratch.file("a"), contents: nil))
        let cases = [
            ("a/b.db", "one of the folders in the path is a file"), ("none/b.db", "there is no such folder"),
            (String(repeating: "x", count: 300), "the name is too long"),
        ]
        for (name, reason) in cases {
            guard case .io(let why) = await storageError({ _ = try scratch.open(name) }) else { return fail("opened") }
            #expect(why.contains(reason) && why.hasSuffix("choose another --data"), "\(why)")
        }
    }

    @Test func aSymbolicLinkLeadsToTheSameLock() async throws {
        let scratch = try Scratch()
        defer { scratch.remove() }
        let store = try scratch.open()
        try FileManager.default.createSymbolicLink(
            atPath: scratch.file("link.db"), withDestinationPath: scratch.file("data.db"))
        guard case .io(let why) = await storageError({ _ = try scratch.open("link.db") }) else { return fail("opened") }
        #expect(why.contains("open in another process"))
        try await store.put(key("a"))
        await store.close()
        let again = try scratch.open("link.db")
        #expect(again.current.object(key("a")) != nil)
        #expect(!FileManager.default.fileExists(atPath: scratch.file("link.db-wal")))
        await again.close()
    }

    @Test(arguments: ["", "-wal"])
    func writesAreRefusedWhileFileOrLogIsGone(suffix: String) async throws {
        let scratch = try Scratch()
        defer { scratch.remove() }
        let store = try scratch.open()
        try await store.put(key("kept"))
        let (file, aside) = (scratch.file("data.db" + suffix), scratch.file("aside"))
        try FileManager.default.moveItem(atPath: file, toPath: aside)
        guard case .io(let why) = await storageError({ try await store.put(key("lost")) }) else {
            return fail("written to a file that is gone")
        }
        #expect(why.contains("data.db"))
        #expect(store.faults[.file] == why)
        // Another file under the same name is no comfort.
        #expect(FileManager.default.createFile(atPath: file, contents: nil))
        guard case .io = await storageError({ try await store.put(key("lost")) }) else { return fail("written") }
        #expect(store.current.object(key("kept")) != nil && store.current.object(key("lost")) == nil)
        try FileManager.default.removeItem(atPath: file)
        try FileManager.default.moveItem(atPath: aside, toPath: file)
        try await store.put(key("later"))
        #expect(store.faults[.file] == nil)
        await store.close()
        let again = try scratch.open()
        #expect(again.current.object(key("later")) != nil)
        await again.close()
    }

    @Test func deletedContentIsNotLeftInFileOrLog() async throws {
        let scratch = try Scratch()
        defer { scratch.remove() }
        let engine = try SQLiteEngine(path: scratch.file("data.db"), migrations: SQLiteMigration.builtIn())
        let store = try Store.open(engine: engine)
        func holds(_ text: String) throws -> Bool {
            for name in try FileManager.default.contentsOfDirectory(atPath: scratch.path) {
                let content = try Data(contentsOf: URL(fileURLWithPath: scratch.file(name)))
                if content.range(of: Data(text.utf8)) != nil { return true }
            }
            return false
        }
        // Small ones among others on their page, and large ones on pages of their own.
        let large = String(repeating: "hunter2-large", count: 3000)
        for number in 0..<20 {
            try await store.put(key("s\(number)"), number % 5 == 0 ? large : "hunter2-small")
            try await store.put(key("other\(number)"), "stays")
        }
        for number in 0..<20 {
            try await store.put(key("s\(number)"), "harmless")
            try await store.delete(key("s\(number)"))
        }
        #expect(try holds("hunter2"))
        let last = store.current.revision
        #expect(store.forget(through: last, limit: 1_000_000) == last)
        while try engine.compact(through: last, limit: 100) {}
        try engine.tidy()
        #expect(try holds("stays") && !holds("hunter2"))
        await store.close()
    }

    @Test func whatIsConfidentialIsGoneWhenTheStoreIsClosed() async throws {
        let scratch = try Scratch()
        defer { scratch.remove() }
        var options = StoreOptions()
        options.confidential = [.slices]
        var store = try scratch.open(options: options)
        try await store.put(key("plain"), "one")
        try await store.put(key("a", namespace: "default", .slices), "hunter2-replaced")
        try await store.put(key("b", namespace: "default", .slices), "hunter2-deleted")
        try await store.put(key("a", namespace: "default", .slices), "stays")
        try await store.delete(key("b", namespace: "default", .slices))
        let purged = store.current.revision
        try await store.put(key("plain"), "two")
        let (lines, last) = (store.current.lines, store.current.revision)
        await store.close()
        for name in try FileManager.default.contentsOfDirectory(atPath: scratch.path) {
            let content = try Data(contentsOf: URL(fileURLWithPath: scratch.file(name)))
            #expect(content.range(of: Data("hunter2".utf8)) == nil, "\(name)")
        }
        // Everything current is there, and who watched before learns that events are missing.
        let engine = try SQLiteEngine(path: scratch.file("data.db"), migrations: SQLiteMigration.builtIn())
        store = try Store.open(engine: engine, options: options)
        #expect(store.current.lines == lines && store.current.revision == last)
        guard case .expired = await storageError({ _ = try store.events(.slices, after: purged - 1) }) else {
            return fail("watched across a gap")
        }
        let events = try store.events(after: purged)
        #expect(events.map(\.object.text) == ["two"] && events.map(\.revision) == [last])
        // What is left of it is compacted as ever.
        while try engine.compact(through: last, limit: 2) {}
        try await store.put(key("b", namespace: "default", .slices), "again")
        await store.close()
        store = try scratch.open()
        #expect(store.current.object(key("b", namespace: "default", .slices))?.text == "again")
        await store.close()
    }

    @Test func probingTellsWhetherWritingIsPossibleAndChangesNothing() async throws {
        let scratch = try Scratch()
        defer { scratch.remove() }
        let engine = try SQLiteEngine(path: scratch.file("data.db"), migrations: SQLiteMigration.builtIn())
        var store = try Store.open(engine: engine)
        try await store.put(key("a"))
        let (revision, lines) = (store.current.revision, store.current.lines)
        try engine.probe()
        await store.close()
        store = try scratch.open()
        #expect(store.current.revision == revision && store.current.lines == lines)
        await store.close()
    }
}
