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
        let reader = Task {
            var cursor = try store.watch(.services, after: start)
            var revisions: [Int64] = []
            var bookmark = start
            while revisions.count < total {
                let batch = try cursor.next(maximum: 5)
                // Bookmarkable: nothing comes after a bookmark that lies at or before it, and bookmarks only grow.
                guard batch.events.allSatisfy({ $0.revision > bookmark }), batch.upTo >= bookmark else { return [Int64(-1)] }
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

    @Test func atomicBatchOfOneRevisionIsNotBookmarkedBeforeItsLastEvent() async throws {
        let store = try store()
        let start = store.current.revision
        let result = try await store.commit(
            Transaction(conditions: [], operations: (0..<5).map { .put(key("\($0)"), document("")) }))
        var cursor = try store.watch(.services, after: start)
        for _ in 0..<2 {
            let batch = try cursor.next(maximum: 2)
            #expect(batch.events.count == 2 && !batch.atEnd && batch.upTo == start)
        }
        let last = try cursor.next(maximum: 2)
        #expect(last.events.count == 1 && last.atEnd && last.upTo == result.revision)
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
        var slow = try store.watch(.services, after: 2)
        #expect(store.forget(through: 4, limit: 100) == 4)
        guard case .expired(3, 4) = await storageError({ _ = try store.watch(.services, after: 3) }) else {
            return Issue.record("3 is in history")
        }
        guard case .future(7, 6) = await storageError({ _ = try store.watch(.services, after: 7) }) else {
            return Issue.record("7 is not in the future")
        }
        guard case .expired = await storageError({ _ = try slow.next(maximum: 1) }) else {
            return Issue.record("the slow reader has missed nothing")
        }
        guard case .expired = await storageError({ _ = try store.snapshot(at: 3) }) else {
            return Issue.record("3 can be read")
        }
        #expect(try store.events(after: 4).map(\.revision) == [5, 6])
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
}
