import FairleadModel
import Testing

@testable import FairleadStorage

/// Many transactions that change one object together.
struct AmendmentTests {
    private static let counter = key("counter")

    private static func key(_ name: String) -> ObjectKey {
        ObjectKey(GroupResource(group: "", resource: "configmaps"), namespace: "ns", name: name)
    }

    private static func object(_ name: String, count: Int64 = 0) -> Document {
        Document(["metadata": ["name": .string(name), "namespace": "ns"], "count": .int(count)])
    }

    private func store() async throws -> Store {
        let store = try Store.open(engine: MemoryEngine())
        _ = try await store.commit(
            Transaction(conditions: [], operations: [.put(Self.counter, Self.object("counter"))]))
        return store
    }

    private func creation(_ name: String, limit: Int64 = .max) -> Transaction {
        var transaction = Transaction(
            conditions: [.init(key: Self.key(name), revision: 0)],
            operations: [.put(Self.key(name), Self.object(name))])
        transaction.amendments = [
            Amendment(key: Self.counter) { value in
                guard let count = value["count"]?.int, count < limit else { return nil }
                var changed = value
                changed["count"] = .int(count + 1)
                return changed
            }
        ]
        return transaction
    }

    private func count(_ store: Store) -> Int64? { store.current.object(Self.counter)?.value["count"]?.int }

    @Test func thoseOfOneBatchMakeOneVersion() async throws {
        let store = try await store()
        let batch = AmendedBatch((0..<20).map { creation("a\($0)") }, on: store.current)
        #expect(batch.conflicts.isEmpty)
        let writing = batch.transactions.indices.filter { batch.transactions[$0].operations.count == 2 }
        #expect(writing == [19])
        guard case .put(Self.counter, let document)? = batch.transactions[19].operations.last else {
            Issue.record("the last one does not write the counter")
            return
        }
        #expect(document.value["count"] == 20)
    }

    @Test func whatCannotBeAmendedAnyMoreIsAConflict() async throws {
        let store = try await store()
        let batch = AmendedBatch((0..<5).map { creation("a\($0)", limit: 3) }, on: store.current)
        #expect(batch.conflicts.keys.sorted() == [3, 4])
        _ = try await store.commit(creation("b", limit: 1))
        await #expect(throws: StorageError.self) { try await store.commit(creation("c", limit: 1)) }
        #expect(store.current.object(Self.key("c")) == nil)
        #expect(count(store) == 1)
    }

    @Test func whoDoesNotHappenDoesNotAmend() async throws {
        let store = try await store()
        _ = try await store.commit(creation("a"))
        let batch = AmendedBatch([creation("a"), creation("b"), creation("b"), creation("c")], on: store.current)
        #expect(batch.conflicts.keys.sorted() == [2])
        #expect(batch.transactions[0].operations.count == 1)
        guard case .put(Self.counter, let document)? = batch.transactions[3].operations.last else {
            Issue.record("the last one does not write the counter")
            return
        }
        #expect(document.value["count"] == 3)
    }

    @Test func whoWritesTheObjectItselfComesAfterThoseBefore() async throws {
        let store = try await store()
        let revision = store.current.object(Self.counter)?.revision ?? 0
        let reset = Transaction(
            conditions: [.init(key: Self.counter, revision: revision)],
            operations: [.put(Self.counter, Self.object("counter", count: 100))])
        let batch = AmendedBatch([creation("a"), reset, creation("b")], on: store.current)
        #expect(batch.transactions[0].operations.count == 2)
        #expect(batch.conflicts.keys.sorted() == [2])
    }

    /// Who is too late learns what the object has become, even if that happened in the same commit.
    @Test func aConflictShowsTheObjectAsItIsAfterTheBatch() async throws {
        let store = try await store()
        let before = store.current.object(Self.counter)?.revision
        let conflicts = await withTaskGroup(of: (Int64?, Int64?)?.self) { group in
            for number in 0..<40 {
                group.addTask {
                    do throws(StorageError) {
                        _ = try await store.commit(creation("a\(number)", limit: 3))
                        return nil
                    } catch {
                        guard case .conflict(_, let current) = error else { return (nil, nil) }
                        return (current?.revision, current?.value["count"]?.int)
                    }
                }
            }
            return await group.reduce(into: [(Int64?, Int64?)]()) { found, one in if let one { found.append(one) } }
        }
        #expect(conflicts.count == 37)
        #expect(conflicts.allSatisfy { $0.0 != before && $0.1 == 3 })
    }

    @Test func ofManyAtOnceNoneIsLost() async throws {
        let store = try await store()
        let conflicts = try await withThrowingTaskGroup(of: Int.self) { group in
            for writer in 0..<8 {
                group.addTask {
                    var conflicts = 0
                    for number in 0..<50 {
                        // Every fifth is there already.
                        let name = number % 5 == 4 ? "a\(writer)-\(number - 1)" : "a\(writer)-\(number)"
                        do {
                            _ = try await store.commit(creation(name))
                        } catch StorageError.conflict {
                            conflicts += 1
                        }
                    }
                    return conflicts
                }
            }
            return try await group.reduce(0, +)
        }
        #expect(conflicts == 80)
        #expect(count(store) == 320)
    }
}
