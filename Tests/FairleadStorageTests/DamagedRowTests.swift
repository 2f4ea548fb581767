import FairleadModel
import FairleadRandomTesting
import Foundation
import GRDB
import Testing

@testable import FairleadStorage

/// Files that something else has written to, or that lost bits.
@Suite struct DamagedRowTests {
    /// Five objects, one of them in two versions, and the file closed.
    private func fill(_ scratch: Scratch) async throws {
        let store = try scratch.open()
        for name in ["c0", "c1", "c2", "c3", "c4"] { _ = try await store.put(named: name, "first of \(name)") }
        _ = try await store.put(named: "c2", "second of c2")
        await store.close()
    }

    @Test(arguments: [
        "document = x'7b7b7b7b', revision_offset = 1", "document = x'', revision_offset = 0", "document = NULL",
        "document = CAST(replace(CAST(document AS TEXT), 'first', 'worst') AS BLOB)", "revision = 9223372036854775806",
        "revision = -4", "revision = revision + 1", "create_revision = 1", "previous = 2", "revision_offset = 3",
        "namespace = 'elsewhere'", "resource = 'zzz.example.org'", "name = 'a' || char(0) || 'b'", "name = x'ff'",
        "checksum = checksum + 1", "id = 1000", "document = (SELECT document FROM versions WHERE name = 'c4')",
    ])
    func whateverIsWrongWithARowTheRestIsServed(change: String) async throws {
        let scratch = try Scratch()
        defer { scratch.remove() }
        try await fill(scratch)
        try scratch.execute("UPDATE versions SET \(change) WHERE name = 'c3'")
        let store = try scratch.open()
        let damaged = store.current.damaged
        #expect(!damaged.isEmpty)
        let served = store.current.objects(.services, namespace: nil).map { "\($0.key.name) \($0.text ?? "?")" }
        #expect(served == ["c0 first of c0", "c1 first of c1", "c2 second of c2", "c4 first of c4"])
        // Whoever has watched lists again.
        #expect(throws: StorageError.self) { try store.watch(.services, after: store.current.revision - 1) }
        // Deleted, forgotten, and nothing of it comes back.
        for damage in damaged.values {
            #expect(!store.current.isFree(damage.key))
            _ = try await store.commit(
                Transaction(
                    conditions: [.init(key: damage.key, revision: damage.revision)],
                    operations: [.delete(damage.key)]))
            #expect(store.current.isFree(damage.key))
        }
        try await store.put(named: "c3", "again", ifAt: 0)
        let lines = store.current.lines
        await store.close()
        let engine = try SQLiteEngine(path: scratch.file("data.db"), migrations: SQLiteMigration.builtIn())
        let state = try engine.load()
        while try engine.compact(through: state.revision, limit: 3) {}
        engine.close()
        let again = try scratch.open()
        #expect(again.current.lines == lines)
        await again.close()
    }

    @Test func damageOfAPastVersionCostsHistoryOnly() async throws {
        let scratch = try Scratch()
        defer { scratch.remove() }
        try await fill(scratch)
        try scratch.execute("UPDATE versions SET document = x'00' WHERE name = 'c2' AND previous IS NULL")
        let store = try scratch.open()
        #expect(store.current.damaged.isEmpty && store.damageFound.count == 1)
        #expect(store.current.object(key("c2"))?.text == "second of c2")
        #expect(store.statistics.historyEvents == 0)
        await store.close()
    }

    @Test func whatADamagedVersionHidDoesNotComeBackAfterItsDeletion() async throws {
        let scratch = try Scratch()
        defer { scratch.remove() }
        try await fill(scratch)
        try scratch.execute("UPDATE versions SET document = x'00' WHERE name = 'c2' AND previous IS NOT NULL")
        let store = try scratch.open()
        let damage = try #require(store.current.damaged[key("c2")])
        _ = try await store.commit(
            Transaction(
                conditions: [.init(key: damage.key, revision: damage.revision)], operations: [.delete(damage.key)]))
        await store.close()
        let engine = try SQLiteEngine(path: scratch.file("data.db"), migrations: SQLiteMigration.builtIn())
        let last = try engine.load().revision
        while try engine.compact(through: last, limit: 2) {}
        let rest = try engine.load()
        #expect(rest.damaged.isEmpty && !rest.objects.contains { $0.key.name == "c2" } && rest.objects.count == 4)
        engine.close()
    }

    @Test func aFileOfBeforeGetsChecksumsAndWhatDoesNotParseIsFound() async throws {
        let scratch = try Scratch()
        defer { scratch.remove() }
        try await fill(scratch)
        try scratch.execute("UPDATE versions SET checksum = NULL")
        try scratch.execute("UPDATE versions SET document = x'7b22' WHERE name = 'c3'")
        for _ in 0..<2 {
            let store = try scratch.open()
            #expect(Array(store.current.damaged.keys) == [key("c3")])
            await store.close()
        }
        let sums = try scratch.numbers("SELECT count(checksum) FROM versions")
        #expect(sums == [5])
    }

    @Test(arguments: [
        "UPDATE state SET revision = 9223372036854775807", "UPDATE state SET revision = -5", "DELETE FROM state",
        "UPDATE state SET compacted_revision = 1000000", "UPDATE state SET compacted_version = -1",
        "UPDATE versions SET id = 9223372036854775807 WHERE name = 'c4'", "DROP TABLE versions", "DROP TABLE state",
    ])
    func aFileThatCannotBeIsRefusedInWords(change: String) async throws {
        let scratch = try Scratch()
        defer { scratch.remove() }
        try await fill(scratch)
        try scratch.execute(change)
        guard case .corrupted(let why) = await storageError({ _ = try scratch.open() }) else { return fail(change) }
        #expect(why.contains("damaged"))
    }

    @Test func databasesOfOthersAreLeftAlone() async throws {
        let scratch = try Scratch()
        defer { scratch.remove() }
        try scratch.execute("CREATE TABLE notes(a)")
        let before = try Data(contentsOf: URL(fileURLWithPath: scratch.file("data.db")))
        guard case .io(let why) = await storageError({ _ = try scratch.open() }) else { return fail("opened") }
        #expect(why.contains("another program") && why.contains("notes"))
        #expect(try Data(contentsOf: URL(fileURLWithPath: scratch.file("data.db"))) == before)
        let later = try Scratch()
        defer { later.remove() }
        try await fill(later)
        try later.execute("INSERT INTO grdb_migrations VALUES ('Migrations/0999_later.sql')")
        guard case .io(let reason) = await storageError({ _ = try later.open() }) else { return fail("opened") }
        #expect(reason.contains("later version"))
    }

    /// A bit anywhere: refused, or everything that is served is as it was written.
    @Test func noFlippedBitChangesWhatIsServed() async throws {
        let scratch = try Scratch()
        defer { scratch.remove() }
        let store = try scratch.open()
        for number in 0..<60 { try await store.put(named: "c\(number)", String(repeating: "\(number) ", count: 200)) }
        let truth = Dictionary(
            store.current.objects(.services, namespace: nil).map { ($0.key, $0.bytes) }, uniquingKeysWith: { $1 })
        await store.close()
        let whole = try Data(contentsOf: URL(fileURLWithPath: scratch.file("data.db")))
        var numbers = SplitMix64(seed: 11)
        var found = 0
        for _ in 0..<150 {
            var bytes = whole
            bytes[Int.random(in: 0..<bytes.count, using: &numbers)] ^= 1 << UInt8.random(in: 0..<8, using: &numbers)
            try bytes.write(to: URL(fileURLWithPath: scratch.file("data.db")))
            do {
                let store = try scratch.open()
                let served = store.current.objects(.services, namespace: nil)
                for object in served { #expect(object.bytes == truth[object.key]) }
                #expect(served.count + store.current.damaged.count >= truth.count)
                found += store.current.damaged.isEmpty ? 0 : 1
                await store.close()
            } catch {
                found += 1
            }
            try? FileManager.default.removeItem(atPath: scratch.file("data.db-wal"))
        }
        #expect(found > 50)
    }
}

extension Store {
    /// An object whose document has its name, as real ones do.
    @discardableResult
    func put(named name: String, _ text: String, ifAt revision: Int64? = nil) async throws -> Int64 {
        try await put(named: name, ["text": .string(text)], ifAt: revision)
    }

    @discardableResult
    func put(named name: String, _ data: Value, ifAt revision: Int64? = nil) async throws -> Int64 {
        let key = key(name)
        let document = Document([
            "kind": "Thing", "apiVersion": "v1",
            "metadata": ["name": .string(name), "namespace": .string(key.namespace)], "data": data,
        ])
        return try await commit(
            Transaction(
                conditions: revision.map { [.init(key: key, revision: $0)] } ?? [], operations: [.put(key, document)])
        ).revision
    }
}

extension Scratch {
    /// Changes the file behind the program's back.
    func execute(_ sql: String) throws {
        let queue = try DatabaseQueue(path: file("data.db"))
        try queue.write { try $0.execute(sql: sql) }
        try queue.close()
    }

    func numbers(_ sql: String) throws -> [Int64] {
        let queue = try DatabaseQueue(path: file("data.db"))
        defer { try? queue.close() }
        return try queue.read { try Int64.fetchAll($0, sql: sql) }
    }
}
