import FairleadModel
import Synchronization
import Testing

@testable import FairleadStorage

/// Watches that are told apart by a field: the events, and what history may do to them.
@Suite struct WatchTopicTests {
    private func options() -> StoreOptions {
        var options = StoreOptions()
        options.topics = [.services: WatchTopic(field: "data.text") { $0.text ?? "" }]
        return options
    }

    private func store() throws -> Store { try Store.open(engine: MemoryEngine(), options: options()) }

    /// Revisions of what there is for the cursor.
    private func revisions(_ cursor: inout WatchCursor, maximum: Int = 100) throws -> [Int64] {
        var found: [Int64] = []
        while true {
            let batch = try cursor.next(maximum: maximum)
            found += batch.events.map(\.revision)
            if batch.atEnd { return found }
        }
    }

    @Test func onlyEventsOfTheValueAreReadAndOthersMoveTheBookmark() async throws {
        let store = try store()
        var cursor = try store.watch(.services, topic: "n1", after: store.current.revision)
        let first = try await store.put(key("a"), "n1")
        try await store.put(key("b"), "n2")
        let second = try await store.put(key("c"), "n1")
        let last = try await store.put(key("d"), "n2")
        var batch = try cursor.next(maximum: 1)
        #expect(batch.events.map(\.revision) == [first] && !batch.atEnd && batch.upTo == first)
        batch = try cursor.next(maximum: 1)
        #expect(batch.events.map(\.revision) == [second] && batch.atEnd && batch.upTo == last)
        #expect(try cursor.next(maximum: 1).events.isEmpty)
        var all = try store.watch(.services, after: first - 1)
        #expect(try revisions(&all).count == 4)
    }

    @Test func anObjectThatMovesIsSeenByBoth() async throws {
        let store = try store()
        let start = store.current.revision
        try await store.put(key("a"))
        let moved = try await store.put(key("a"), "n1")
        let gone = try await store.put(key("a"), "n2")
        try await store.delete(key("a"))
        var none = try store.watch(.services, topic: "", after: start)
        var one = try store.watch(.services, topic: "n1", after: start)
        var two = try store.watch(.services, topic: "n2", after: start)
        #expect(try revisions(&none) == [start + 1, moved])
        #expect(try revisions(&one) == [moved, gone])
        #expect(try revisions(&two) == [gone, gone + 1])
    }

    @Test func aTransactionIsOneBatch() async throws {
        let store = try store()
        var cursor = try store.watch(.services, topic: "n1", after: store.current.revision)
        _ = try await store.commit(
            Transaction(
                conditions: [], operations: (0..<4).map { .put(key("\($0)"), document($0 == 2 ? "n2" : "n1")) }))
        try await store.put(key("later"), "n1")
        #expect(try cursor.next(maximum: 1).events.map(\.object.key.name) == ["0", "1", "3"])
        #expect(try cursor.next(maximum: 1).events.map(\.object.key.name) == ["later"])
    }

    @Test func onlyItsOwnEventsWakeAWatch() async throws {
        let store = try store()
        let wakes = Mutex<[String: Int]>([:])
        let subscriptions = ["n1", "n2", nil].map { topic in
            store.subscribe(.services, topic: topic) { wakes.withLock { $0[topic ?? "all", default: 0] += 1 } }
        }
        try await store.put(key("a"), "n1")
        try await store.put(key("b"), "n3")
        #expect(wakes.withLock { $0 } == ["n1": 1, "all": 2])
        try await store.put(key("a"), "n2")
        #expect(wakes.withLock { $0 } == ["n1": 2, "n2": 1, "all": 3])
        for subscription in subscriptions { subscription.cancel() }
        try await store.put(key("a"), "n1")
        #expect(wakes.withLock { $0 } == ["n1": 2, "n2": 1, "all": 3])
        #expect(store.statistics.watchers == 0)
    }

    @Test func forgottenEventsOfOthersDoNotMakeAFollowedWatchTooOld() async throws {
        let store = try store()
        let start = store.current.revision
        var quiet = try store.watch(.services, topic: "n1", after: start)
        let late = try store.watch(.services, topic: "n2", after: start)
        let unfollowed = try store.watch(.services, topic: "n3", after: start)
        let subscriptions = ["n1", "n2"].map { store.subscribe(.services, topic: $0) {} }
        for round in 0..<5 { try await store.put(key("b"), round == 1 ? "n2" : "n4") }
        #expect(store.forget(through: start + 4, limit: 100) == start + 4)
        let mine = try await store.put(key("a"), "n1")
        #expect(try revisions(&quiet) == [mine])
        for cursor in [late, unfollowed] {
            var cursor = cursor
            let error = await storageError { _ = try cursor.next(maximum: 10) }
            guard case .expired = error else { return fail("a watch has lost events without a word") }
        }
        for subscription in subscriptions { subscription.cancel() }
        // Nobody follows it any more, so nobody knows what of it is gone.
        quiet = try store.watch(.services, topic: "n1", after: mine - 1)
        try await store.put(key("b"), "n4")
        #expect(store.forget(through: mine + 1, limit: 100) == mine + 1)
        let error = await storageError { _ = try quiet.next(maximum: 10) }
        guard case .expired = error else { return fail("a watch that nobody follows has lost events") }
    }

    @Test func restoredHistoryIsReadWhole() async throws {
        let scratch = try Scratch()
        defer { scratch.remove() }
        var store = try scratch.open(options: options())
        let start = store.current.revision
        for text in ["n1", "n2", "n1"] { try await store.put(key("a"), text) }
        await store.close()
        store = try scratch.open(options: options())
        var cursor = try store.watch(.services, topic: "n1", after: start)
        try await store.put(key("b"), "n2")
        let last = try await store.put(key("b"), "n1")
        // What was in the file is not indexed: the watch's own filter sees to it.
        #expect(try revisions(&cursor, maximum: 3) == [start + 1, start + 2, start + 3, last])
        try await store.put(key("c"), "n2")
        #expect(try revisions(&cursor).isEmpty)
        await store.close()
    }
}
