import FairleadModel
import Synchronization
import Testing

@testable import FairleadStorage

/// etcd's guarantees about watches, by name.
@Suite struct WatchGuaranteeTests {
    private func store() throws -> Store { try Store.open(engine: MemoryEngine()) }

    @Test func orderedUniqueReliableAndBookmarkableWhileManyWrite() async throws {
        let store = try store()
        let start = store.current.revision
        let total = 32 * 10
        let reader = Task { () throws -> [Int64] in
            var cursor = try store.watch(.services, after: start)
            var revisions: [Int64] = []
            var bookmark = start
            while revisions.count < total {
                let batch = try cursor.next(maximum: 5)
                // Bookmarkable: nothing comes after a bookmark that lies at or before it, and bookmarks only grow.
                guard batch.events.allSatisfy({ $0.revision > bookmark }), batch.upTo >= bookmark
                else { return [Int64]() }
                bookmark = batch.upTo
                revisions += batch.events.map(\.revision)
                if batch.atEnd { await Task.yield() }
            }
            return revisions
        }
        await withTaskGroup(of: Void.self) { group in
            for worker in 0..<32 {
                group.addTask { for round in 0..<10 { _ = try? await store.put(key("\(worker)"), "\(round)") } }
            }
        }
        // Ordered, unique, reliable: every revision once, ascending.
        #expect(try await reader.value == Array((start + 1)...(start + Int64(total))))
    }

    @Test func atomicEventsOfOneTransactionComeInOneBatch() async throws {
        let store = try store()
        let start = store.current.revision
        let result = try await store.commit(
            Transaction(conditions: [], operations: (0..<5).map { .put(key("\($0)"), document("")) }))
        _ = try await store.put(key("later"))
        var cursor = try store.watch(.services, after: start)
        let batch = try cursor.next(maximum: 2)
        #expect(batch.events.count == 5 && !batch.atEnd && batch.upTo == result.revision)
        let last = try cursor.next(maximum: 2)
        #expect(last.events.count == 1 && last.atEnd && last.upTo == result.revision + 1)
    }

    @Test func bookmarkAdvancesWithOtherResources() async throws {
        let store = try store()
        var cursor = try store.watch(.slices, after: store.current.revision)
        let revision = try await store.put(key("a"))
        let batch = try cursor.next(maximum: 10)
        #expect(batch.events.isEmpty && batch.atEnd && batch.upTo == revision)
        let later = try await store.put(key("s", .slices))
        #expect(try cursor.next(maximum: 10).events.map(\.revision) == [later])
    }

    @Test func resumableAcrossReopen() async throws {
        let scratch = try Scratch()
        defer { scratch.remove() }
        var store = try scratch.open()
        let start = store.current.revision
        for round in 0..<10 { try await store.put(key("\(round % 3)"), "\(round)") }
        try await store.delete(key("1"))
        let before = try store.events(after: start)
        await store.close()
        store = try scratch.open()
        #expect(try store.events(after: start).map(\.line) == before.map(\.line))
        #expect(try store.events(after: start + 4).map(\.line) == before.dropFirst(4).map(\.line))
        // Versions are shared, not loaded twice.
        let events = try store.events(after: start)
        #expect(events[3].previous === events[0].object)
        #expect(events[9].object === store.current.object(key("0")))
        await store.close()
    }

    @Test func watchesOutsideOfHistoryAreRefused() async throws {
        let store = try store()
        for round in 0..<5 { try await store.put(key("a"), "\(round)") }
        let last = store.current.revision
        var slow = try store.watch(.services, after: last - 4)
        #expect(store.forget(through: last - 2, limit: 100) == last - 2)
        let early = await storageError { _ = try store.watch(.services, after: last - 3) }
        guard case .expired(last - 3, last - 2) = early else { return fail("what was forgotten can be watched") }
        let late = await storageError { _ = try store.watch(.services, after: last + 1) }
        guard case .future(last + 1, last) = late else { return fail("the future can be watched") }
        guard case .expired = await storageError({ _ = try slow.next(maximum: 1) }) else {
            return fail("the slow reader has missed nothing")
        }
        guard case .expired = await storageError({ _ = try store.snapshot(at: last - 3) }) else {
            return fail("what was forgotten can be read")
        }
        #expect(try store.events(after: last - 2).map(\.revision) == [last - 1, last])
    }

    @Test func subscribersAreWokenUntilTheyCancel() async throws {
        let store = try store()
        let wakes = Mutex(0)
        let subscription = store.subscribe(.services) {
            // Publication comes first, and no lock is held.
            _ = store.current
            wakes.withLock { $0 += 1 }
        }
        try await store.put(key("a"))
        #expect(wakes.withLock { $0 } == 1)
        try await store.put(key("s", .slices))
        try await store.delete(key("none"))
        #expect(wakes.withLock { $0 } == 1)
        #expect(store.statistics.watchers == 1)
        subscription.cancel()
        subscription.cancel()
        try await store.put(key("a"))
        #expect(wakes.withLock { $0 } == 1)
        #expect(store.statistics.watchers == 0)
    }

    @Test func waitUntilReturnsOnceTheRevisionIsThereOrTheTimeIsUp() async throws {
        let store = try store()
        let next = store.current.revision + 1
        #expect(await store.waitUntil(revision: next - 1, timeout: .zero))
        #expect(await !store.waitUntil(revision: next, timeout: .milliseconds(1)))
        async let isThere = store.waitUntil(revision: next, timeout: .seconds(60))
        try await store.put(key("a"))
        #expect(await isThere)
    }

    @Test func treesOfReplacedVersionsAreFreedAndReadAgain() async throws {
        let store = try Store.open(engine: MemoryEngine())
        let start = store.current.revision
        for round in 0..<3 { try await store.put(key("a"), "\(round)") }
        try await store.put(key("gone"), "here")
        try await store.delete(key("gone"))
        let events = try store.events(after: start)
        let before = events.map { [$0.object.value, $0.previous?.value ?? .null] }
        while store.releaseTrees(through: start + 2, limit: 1) {}
        // The first version of `a` was replaced by then, the second not yet.
        #expect(events[..<3].map(\.object.isDecoded) == [false, true, true])
        while store.releaseTrees(through: store.current.revision, limit: 2) {}
        #expect(events.map(\.object.isDecoded) == [false, false, true, false, false])
        #expect(events.map { [$0.object.value, $0.previous?.value ?? .null] } == before)
        await store.close()
    }
}
