import FairleadModel
import Foundation
import Testing

@testable import FairleadStorage

/// What only a file can get wrong.
@Suite struct SQLiteFileTests {
    private func copy(_ scratch: Scratch, to name: String) throws {
        for suffix in ["", "-wal"] where FileManager.default.fileExists(atPath: scratch.file("data.db" + suffix)) {
            try FileManager.default.copyItem(
                atPath: scratch.file("data.db" + suffix), toPath: scratch.file(name + suffix))
        }
    }

    @Test func acknowledgedWritesSurviveACrash() async throws {
        let scratch = try Scratch()
        defer { scratch.remove() }
        let store = try scratch.open()
        for round in 0..<50 { try await store.put(key("\(round % 7)"), "\(round)") }
        try await store.delete(key("3"))
        let before = (store.current.lines, try store.events(after: MemoryEngine.firstRevision).map(\.line))
        // Copied while open: what the disk would hold had the power failed now.
        try copy(scratch, to: "copy.db")
        let copy = try scratch.open("copy.db")
        #expect(copy.current.revision == store.current.revision)
        #expect(copy.current.lines == before.0)
        #expect(try copy.events(after: MemoryEngine.firstRevision).map(\.line) == before.1)
        #expect(try await copy.put(key("next")) == store.current.revision + 1)
        await copy.close()
        await store.close()
    }

    @Test func tornLogLosesWholeTransactionsOnly() async throws {
        let scratch = try Scratch()
        defer { scratch.remove() }
        let store = try scratch.open()
        for round in 0..<20 {
            _ = try await store.commit(
                Transaction(
                    conditions: [], operations: ["a", "b"].map { .put(key($0), document("\(round)")) }))
        }
        try copy(scratch, to: "torn.db")
        let log = try #require(FileHandle(forWritingAtPath: scratch.file("torn.db-wal")))
        try log.truncate(atOffset: try log.seekToEnd() - 5000)
        try log.close()
        let torn = try scratch.open("torn.db")
        #expect(torn.current.revision < store.current.revision && torn.current.revision > MemoryEngine.firstRevision)
        #expect(torn.current.object(key("a"))?.text == torn.current.object(key("b"))?.text)
        #expect(
            try torn.events(after: MemoryEngine.firstRevision).count == 2
                * Int(torn.current.revision - MemoryEngine.firstRevision))
        await torn.close()
        await store.close()
    }

    @Test func batchThatTheDatabaseRefusesLeavesNoTrace() throws {
        let refusal = """
            CREATE TRIGGER refusal BEFORE INSERT ON versions WHEN new.name = 'refused'
            BEGIN SELECT raise(ABORT, 'no'); END
            """
        let migrations = SQLiteMigration.builtIn() + [SQLiteMigration(name: "zz", sql: refusal)]
        let engine = try SQLiteEngine(path: nil, migrations: migrations)
        defer { engine.close() }
        func put(_ names: String...) throws -> [Result<Int64, StorageError>] {
            try engine.commit(
                names.map { name in
                    Transaction(
                        conditions: [.init(key: key(name), revision: 0)],
                        operations: [.put(key(name), document(name))])
                })
        }
        let first = try put("kept")[0].get()
        #expect(throws: StorageError.self) { try put("lost", "refused") }
        // The same keys are free, and no revision has been used up.
        let outcomes = try put("lost", "kept")
        #expect(try outcomes[0].get() == first + 1)
        guard case .failure(.conflict(key("kept"), _)) = outcomes[1] else { return fail("kept was forgotten") }
        let state = try engine.load()
        #expect(state.revision == first + 1)
        #expect(state.objects.map(\.key.name).sorted() == ["kept", "lost"])
    }

    @Test func secondOpenIsToldOfTheFirst() async throws {
        let scratch = try Scratch()
        defer { scratch.remove() }
        let store = try scratch.open()
        let error = await storageError { _ = try scratch.open() }
        guard case .io(let message) = error else { return fail("opened twice, or \(String(describing: error))") }
        #expect(message.contains("open in another process"))
        try await store.put(key("a"))
        await store.close()
        let again = try scratch.open()
        #expect(again.current.object(key("a")) != nil)
        await again.close()
    }

    @Test func fileThatIsNoDatabaseIsNamed() async throws {
        let scratch = try Scratch()
        defer { scratch.remove() }
        try Data(repeating: 65, count: 8192).write(to: URL(fileURLWithPath: scratch.file("data.db")))
        guard case .corrupted(let message) = await storageError({ _ = try scratch.open() }) else {
            return fail("opened")
        }
        #expect(message.contains("data.db"))
        guard case .io = await storageError({ _ = try scratch.open("no/such/place.db") }) else {
            return fail("opened")
        }
    }

    @Test func compactionInterruptedAnywhereKeepsWholeRevisions() async throws {
        let scratch = try Scratch()
        defer { scratch.remove() }
        let engine = try SQLiteEngine(path: scratch.file("data.db"), migrations: SQLiteMigration.builtIn())
        let store = try Store.open(engine: engine)
        for round in 0..<12 {
            let operations: [Transaction.Operation] = (0..<4).map { number in
                round % 4 == 3 ? .delete(key("\(number)")) : .put(key("\(number)"), document("\(round)"))
            }
            _ = try await store.commit(Transaction(conditions: [], operations: operations))
        }
        let last = store.current.revision
        let all = try store.events(after: MemoryEngine.firstRevision).map { ($0.revision, $0.line) }
        for slice in 0..<20 {
            let more = try engine.compact(through: last - 1, limit: 3)
            try copy(scratch, to: "copy\(slice).db")
            let copy = try scratch.open("copy\(slice).db")
            let oldest = copy.statistics.compactedRevision
            #expect(copy.current.lines == store.current.lines)
            #expect(try copy.events(after: oldest).map(\.line) == all.filter { $0.0 > oldest }.map(\.1))
            await copy.close()
            if !more { break }
        }
        await store.close()
    }

    @Test func compactionGivesSpaceBackAndRowsAreNotReused() async throws {
        let scratch = try Scratch()
        defer { scratch.remove() }
        let engine = try SQLiteEngine(path: scratch.file("data.db"), migrations: SQLiteMigration.builtIn())
        var store = try Store.open(engine: engine)
        let text = String(repeating: "0123456789", count: 1000)
        for round in 0..<60 {
            let operations: [Transaction.Operation] = (0..<10).map { .put(key("\($0)"), document("\(round)" + text)) }
            _ = try await store.commit(Transaction(conditions: [], operations: operations))
        }
        for number in 1..<10 { try await store.delete(key("\(number)")) }
        let last = store.current.revision
        #expect(store.forget(through: last, limit: 1_000_000) == last)
        while try engine.compact(through: last, limit: 100) {}
        // The last rows were deletions and are gone: their numbers must not come back.
        try await store.put(key("new"))
        while try engine.compact(through: last + 1, limit: 100) {}
        let before = store.current.lines
        await store.close()
        let size = try FileManager.default.attributesOfItem(atPath: scratch.file("data.db"))[.size] as? Int ?? .max
        #expect(size < 2_500_000)
        store = try scratch.open()
        #expect(store.current.lines == before)
        #expect(store.statistics.compactedRevision == last + 1)
        await store.close()
    }

    @Test func revisionOutlivesTheVersionsThatSaidIt() async throws {
        let scratch = try Scratch()
        defer { scratch.remove() }
        let engine = try SQLiteEngine(path: scratch.file("data.db"), migrations: SQLiteMigration.builtIn())
        var store = try Store.open(engine: engine)
        try await store.put(key("a"))
        try await store.delete(key("a"))
        var last = store.current.revision
        while try engine.compact(through: last, limit: 100) {}
        await store.close()
        store = try scratch.open()
        #expect(store.current.revision == last && store.current.lines.isEmpty)
        // A commit may have nothing to write and takes a revision all the same.
        last = try await store.commit(Transaction()).revision
        await store.close()
        store = try scratch.open()
        #expect(store.current.revision == last)
        #expect(try await store.put(key("b")) == last + 1)
        await store.close()
    }

    @Test func oldHistoryGoesByItself() async throws {
        var options = StoreOptions()
        options.maximumEvents = 10
        options.compactionInterval = .milliseconds(1)
        let store = try Store.open(engine: MemoryEngine(), options: options)
        for round in 0..<50 { try await store.put(key("a"), "\(round)") }
        while store.statistics.historyEvents > 10 { await Task.yield() }
        let oldest = store.statistics.compactedRevision
        #expect(try store.events(after: oldest).count == Int(store.current.revision - oldest))
        await store.close()
    }
}
