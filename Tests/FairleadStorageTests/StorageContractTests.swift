import FairleadModel
import Testing

@testable import FairleadStorage

/// What every engine promises, seen through the store.
@Suite struct StorageContract {
    @Test(arguments: EngineKind.available)
    func transactionsAreAtomicAndShareOneRevision(_ kind: EngineKind) async throws {
        let scratch = try Scratch()
        defer { scratch.remove() }
        let store = try Store.open(engine: kind.open(scratch))
        let before = store.current
        let result = try await store.commit(
            Transaction(
                conditions: [.init(key: key("a"), revision: 0)],
                operations: [.put(key("a"), document("1")), .put(key("s", .slices), document("2"))]))
        #expect(result.revision == before.revision + 1)
        #expect(result.objects.map(\.revision) == [result.revision, result.revision])
        let snapshot = store.current
        #expect(snapshot.object(key("a"))?.text == "1")
        #expect(snapshot.object(key("s", .slices))?.createRevision == result.revision)
        #expect(snapshot.object(key("a"))?.value.at("metadata", "resourceVersion")?.string == "\(result.revision)")
        #expect(before.object(key("a")) == nil)
        await store.close()
    }

    @Test(.enabled(if: EngineKind.available.contains(.etcd), "there is no etcd on the PATH"))
    func etcdIsAmongTheEngines() { #expect(EngineKind.available == EngineKind.allCases) }

    @Test(arguments: EngineKind.available.filter(\.numbersOperations))
    func operationsNumberedOneByOneStayOneTransaction(_ kind: EngineKind) async throws {
        let scratch = try Scratch()
        defer { scratch.remove() }
        let store = try Store.open(engine: kind.open(scratch))
        let start = try await store.put(key("old"), "0")
        var transaction = Transaction(
            conditions: [],
            operations: [.put(key("a"), document("1")), .delete(key("old")), .put(key("b"), document("2"))])
        transaction.numbering = .oneByOne
        let result = try await store.commit(transaction)
        #expect(result.revision == start + 3)
        #expect(result.objects.map(\.revision) == [start + 1, start + 2, start + 3])
        #expect(store.current.revision == start + 3)
        #expect(try store.events(after: start).map(\.revision) == [start + 1, start + 2, start + 3])
        // Conditions on what it wrote hold, in every engine's own books.
        let change = Transaction(
            conditions: [.init(key: key("a"), revision: start + 1), .init(key: key("b"), revision: start + 3)],
            operations: [.put(key("a"), document("3"))])
        #expect(try await store.commit(change).revision == start + 4)
        await store.close()
        guard kind.keepsHistory else { return }
        let again = try Store.open(engine: kind.open(scratch))
        #expect(again.current.object(key("b"))?.revision == start + 3)
        #expect(again.current.object(key("a"))?.createRevision == start + 1)
        #expect(try again.events(after: start).map(\.revision) == [start + 1, start + 2, start + 3, start + 4])
        await again.close()
    }

    /// An engine whose transactions have one revision each gives it to all operations, whatever was asked for.
    @Test(arguments: EngineKind.available.filter { !$0.numbersOperations })
    func operationsShareTheRevisionWhereTheyCannotBeNumbered(_ kind: EngineKind) async throws {
        let scratch = try Scratch()
        defer { scratch.remove() }
        let store = try Store.open(engine: kind.open(scratch))
        let start = try await store.put(key("old"), "0")
        var transaction = Transaction(
            conditions: [],
            operations: [.put(key("a"), document("1")), .delete(key("old")), .put(key("b"), document("2"))])
        transaction.numbering = .oneByOne
        let result = try await store.commit(transaction)
        #expect(result.revision == start + 1)
        #expect(result.objects.map(\.revision) == [start + 1, start + 1, start + 1])
        #expect(result.objects.map(\.text) == ["1", "0", "2"])
        #expect(try store.events(after: start).map(\.revision) == [start + 1, start + 1, start + 1])
        await store.close()
    }

    @Test(arguments: EngineKind.available)
    func failedConditionChangesNothingAndTellsTheCurrentVersion(_ kind: EngineKind) async throws {
        let scratch = try Scratch()
        defer { scratch.remove() }
        let store = try Store.open(engine: kind.open(scratch))
        let first = try await store.put(key("a"), "1", ifAt: 0)
        let cases: [(ObjectKey, Int64)] = [(key("a"), 0), (key("a"), first + 1), (key("none"), first)]
        for (conditioned, revision) in cases {
            let error = await storageError {
                _ = try await store.commit(
                    Transaction(
                        conditions: [.init(key: conditioned, revision: revision)],
                        operations: [.put(key("b"), document("no")), .delete(key("a"))]))
            }
            guard case .conflict(let at, let current) = error else {
                Issue.record("no conflict but \(String(describing: error))")
                continue
            }
            #expect(at == conditioned)
            #expect(current?.text == (conditioned == key("a") ? "1" : nil))
        }
        #expect(store.current.revision == first)
        #expect(store.current.object(key("b")) == nil)
        let second = try await store.put(key("a"), "2", ifAt: first)
        #expect(second == first + 1)
        #expect(store.current.object(key("a"))?.createRevision == first)
        await store.close()
    }

    @Test(arguments: EngineKind.available)
    func deletionShowsTheLastContentUnderItsOwnRevision(_ kind: EngineKind) async throws {
        let scratch = try Scratch()
        defer { scratch.remove() }
        let store = try Store.open(engine: kind.open(scratch))
        let made = try await store.put(key("a"), "1")
        let result = try await store.delete(key("a"))
        let final = try #require(result.objects.first)
        #expect(final.revision == made + 1 && final.createRevision == made && final.text == "1")
        #expect(final.value.at("metadata", "resourceVersion")?.string == "\(made + 1)")
        #expect(String(decoding: final.bytes, as: UTF8.self).contains("\"resourceVersion\":\"\(made + 1)\""))
        let event = try #require(try store.events(after: made).first)
        #expect(event.isDeletion && event.object.revision == made + 1 && event.previous?.revision == made)
        #expect(try await store.delete(key("a")).objects.isEmpty)
        let again = try await store.put(key("a"), "2", ifAt: 0)
        #expect(store.current.object(key("a"))?.createRevision == again)
        await store.close()
    }

    @Test(arguments: EngineKind.available)
    func concurrentCommittersGetEachTheirOwnRevision(_ kind: EngineKind) async throws {
        let scratch = try Scratch()
        defer { scratch.remove() }
        let store = try Store.open(engine: kind.open(scratch))
        let start = store.current.revision
        let revisions = try await withThrowingTaskGroup(of: [Int64].self) { group in
            for worker in 0..<32 {
                group.addTask {
                    var mine: [Int64] = []
                    for round in 0..<8 {
                        let revision = try await store.put(key("\(worker)-\(round % 3)"), "\(round)")
                        // A commit that has returned is visible.
                        guard store.current.revision >= revision else { throw StorageError.closed }
                        mine.append(revision)
                    }
                    return mine
                }
            }
            var all: [Int64] = []
            for try await mine in group {
                #expect(mine == mine.sorted())
                all += mine
            }
            return all
        }
        #expect(revisions.sorted() == Array((start + 1)...(start + 256)))
        #expect(try store.events(after: start).map(\.revision) == revisions.sorted())
        await store.close()
    }

    @Test(arguments: EngineKind.available)
    func onlyOneOfManyWinsAKeyThatMustBeAbsent(_ kind: EngineKind) async throws {
        let scratch = try Scratch()
        defer { scratch.remove() }
        let store = try Store.open(engine: kind.open(scratch))
        let winners = await withTaskGroup(of: Bool.self) { group in
            for worker in 0..<32 {
                group.addTask { (try? await store.put(key("claim"), "\(worker)", ifAt: 0)) != nil }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(winners == 1)
        await store.close()
    }

    @Test(arguments: EngineKind.available)
    func keysOfAnyBytesAreKeptApartAndInByteOrder(_ kind: EngineKind) async throws {
        let scratch = try Scratch()
        defer { scratch.remove() }
        let store = try Store.open(engine: kind.open(scratch))
        let names: [String] = [
            "a", "a.b", "a-b", "a/b", "a b", "a\u{0}b", "A", "é", "e\u{301}", "日本", "\u{1F600}", "\u{FF5E}", "'\"%_;--",
            "a:b", String(repeating: "n", count: 300), "",
        ]
        for namespace in ["", "ns", "ns-1", "ns\u{1}"] {
            for name in names { try await store.put(key(name, namespace: namespace), namespace + "|" + name) }
        }
        for namespace in ["", "ns", "ns-1", "ns\u{1}"] {
            let listed = store.current.objects(.services, namespace: namespace).map(\.key.name)
            let expected = names.sorted { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) }
            #expect(listed.map { Array($0.utf8) } == expected.map { Array($0.utf8) })
            #expect(store.current.count(.services, namespace: namespace) == names.count)
            for name in names {
                #expect(store.current.object(key(name, namespace: namespace))?.text == namespace + "|" + name)
            }
        }
        let before = store.current.lines
        await store.close()
        if kind.isDurable {
            let reopened = try Store.open(engine: kind.open(scratch))
            #expect(reopened.current.lines == before)
            await reopened.close()
        }
    }

    @Test(arguments: EngineKind.available)
    func closeFinishesWhatWasSubmittedAndRefusesTheRest(_ kind: EngineKind) async throws {
        let scratch = try Scratch()
        defer { scratch.remove() }
        var options = StoreOptions()
        options.maximumBatch = 3
        let store = try Store.open(engine: kind.open(scratch), options: options)
        let stored = await withTaskGroup(of: Int64?.self) { group in
            for worker in 0..<40 { group.addTask { try? await store.put(key("\(worker)")) } }
            for _ in 0..<3 {
                group.addTask {
                    await store.close()
                    return nil
                }
            }
            return await group.reduce(into: 0) { count, revision in if revision != nil { count += 1 } }
        }
        #expect(store.current.count(.services, namespace: nil) == stored)
        let error = await storageError { try await store.put(key("late")) }
        guard case .closed = error else { return fail("not closed: \(String(describing: error))") }
        await store.close()
        if kind.isDurable {
            let reopened = try Store.open(engine: kind.open(scratch))
            #expect(reopened.current.count(.services, namespace: nil) == stored)
            await reopened.close()
        }
    }
}
