import FairleadModel
import Synchronization
import Testing

@testable import FairleadStorage

/// A store that shares its engine, against an engine whose feed the test turns.
@Suite struct SharedStoreTests {
    /// Accepts everything whose conditions hold; delivers when it is told to.
    fileprivate final class HandEngine: SharedEngine {
        fileprivate struct State {
            var revision: Int64 = 2
            var versions: [ObjectKey: Int64] = [:]
            var undelivered: [EngineChange] = []
            var follower: EngineFollower?
            var begun = 0
            var hastened = 0
        }

        private let state = Mutex(State())

        var begun: Int { state.withLock { $0.begun } }
        var hastened: Int { state.withLock { $0.hastened } }

        func load() throws(StorageError) -> EngineState { EngineState(revision: 2, compactedRevision: 2) }
        func commit(_ batch: [Transaction]) throws(StorageError) -> [Result<Int64, StorageError>] { [] }
        func compact(through revision: Int64, limit: Int) throws(StorageError) -> Bool { false }
        func close() {}
        func follow(_ follower: EngineFollower) { state.withLock { $0.follower = follower } }
        func hastenFeed() { state.withLock { $0.hastened += 1 } }

        func begin(_ transaction: Transaction, completion: @escaping @Sendable (Result<Int64, SharedFailure>) -> Void) {
            completion(
                state.withLock { state in
                    state.begun += 1
                    for condition in transaction.conditions
                    where state.versions[condition.key, default: 0] != condition.revision {
                        return .failure(.conflict(condition.key, seenAt: state.revision))
                    }
                    state.revision += 1
                    for operation in transaction.operations { state.write(operation) }
                    return .success(state.revision)
                })
        }

        func askRevision(completion: @escaping @Sendable (Result<Int64, StorageError>) -> Void) {
            completion(.success(state.withLock { $0.revision }))
        }

        /// As if another process had written it.
        func write(_ operation: Transaction.Operation) {
            state.withLock { state in
                state.revision += 1
                state.write(operation)
            }
        }

        func deliver() {
            let (follower, changes, revision) = state.withLock { state in
                defer { state.undelivered = [] }
                return (state.follower, state.undelivered, state.revision)
            }
            follower?.advance(changes, revision)
        }

        /// Forgets what has not been delivered, and tells what there is.
        func reset(to objects: [(ObjectKey, Document)]) {
            let (follower, revision) = state.withLock { state in
                state.undelivered = []
                state.revision += 1
                return (state.follower, state.revision)
            }
            var now = EngineState(revision: revision, compactedRevision: revision)
            now.objects = objects.map { key, document in
                EngineVersion(
                    key: key, revision: revision, createRevision: revision, bytes: document.bytes,
                    revisionOffset: document.revisionOffset)
            }
            follower?.reset(now)
        }
    }

    private func open() throws -> (HandEngine, Store) {
        let engine = HandEngine()
        return (engine, try Store.open(engine: engine))
    }

    @Test func aWriteIsAnsweredWhenTheFeedHasDeliveredIt() async throws {
        let (engine, store) = try open()
        let isAnswered = Mutex(false)
        async let result = {
            let result = try await store.commit(
                Transaction(conditions: [], operations: [.put(key("a"), document("1"))]))
            isAnswered.withLock { $0 = true }
            return result
        }()
        while engine.begun < 1 { await Task.yield() }
        #expect(!isAnswered.withLock { $0 } && store.current.object(key("a")) == nil)
        engine.deliver()
        let object = try #require(try await result.objects.first)
        #expect(object.revision == 3 && object === store.current.object(key("a")))
    }

    @Test func transactionsThatNameTheSameKeyGoOneAfterTheOther() async throws {
        let (engine, store) = try open()
        async let first = store.put(key("a"), "1")
        while engine.begun < 1 { await Task.yield() }
        async let second = store.put(key("a"), "2", ifAt: 3)
        async let other = store.put(key("b"), "1")
        while engine.begun < 2 { await Task.yield() }
        // The second one waits until the first one can be seen.
        #expect(engine.begun == 2)
        engine.deliver()
        while engine.begun < 3 { await Task.yield() }
        engine.deliver()
        #expect(try await [first, other, second] == [3, 4, 5])
    }

    @Test func amendmentsAreMadeOnWhatOthersHaveWritten() async throws {
        let (engine, store) = try open()
        engine.write(.put(key("sum"), document("5")))
        engine.deliver()
        var transaction = Transaction(conditions: [], operations: [.put(key("a"), document(""))])
        transaction.amendments = [
            Amendment(key: key("sum")) { value in
                var value = value
                value.set(.string((value.at("data", "text")?.string ?? "") + "+1"), at: "data", "text")
                return value
            }
        ]
        // Written by another process, and not delivered yet: the amendment's condition does not hold.
        engine.write(.put(key("sum"), document("6")))
        async let failing = storageError { [transaction] in _ = try await store.commit(transaction) }
        while engine.begun < 1 { await Task.yield() }
        engine.deliver()
        guard case .conflict(let at, let current) = await failing else { return fail("no conflict") }
        #expect(at == key("sum") && current?.text == "6")
        async let result = store.commit(transaction)
        while engine.begun < 2 { await Task.yield() }
        engine.deliver()
        _ = try await result
        #expect(store.current.object(key("sum"))?.text == "6+1")
    }

    @Test func aReaderCatchesUpWithWhatOthersHaveWritten() async throws {
        let (engine, store) = try open()
        engine.write(.put(key("a"), document("1")))
        async let caughtUp: Void = store.catchUp(timeout: .seconds(20))
        // It asks for more than patience when nothing comes.
        while engine.hastened < 1 { await Task.yield() }
        #expect(store.current.object(key("a")) == nil)
        engine.deliver()
        try await caughtUp
        #expect(store.current.object(key("a"))?.text == "1")
        engine.write(.delete(key("a")))
        await #expect(throws: StorageError.self) { try await store.catchUp(timeout: .milliseconds(10)) }
    }

    /// Also those that have never seen an event: something may have happened to what they watch.
    @Test func afterMissedChangesEveryWatcherMustListAgain() async throws {
        let (engine, store) = try open()
        engine.write(.put(key("a"), document("1")))
        engine.deliver()
        var atEnd = try store.watch(.services, after: store.current.revision)
        var behind = try store.watch(.services, after: 2)
        var empty = try store.watch(.slices, after: store.current.revision)
        #expect(try atEnd.next(maximum: 10).events.isEmpty)
        let woken = Mutex(0)
        _ = store.subscribe(.services) { woken.withLock { $0 += 1 } }
        engine.reset(to: [(key("b"), document("2"))])
        #expect(woken.withLock { $0 } == 1)
        #expect(store.current.lines == ["\(store.current.revision) \(store.current.revision) \(key("b")) 2"])
        #expect(throws: StorageError.self) { try atEnd.next(maximum: 10) }
        #expect(throws: StorageError.self) { try behind.next(maximum: 10) }
        #expect(throws: StorageError.self) { try empty.next(maximum: 10) }
        #expect(throws: StorageError.self) { try store.watch(.services, after: 3) }
        #expect(throws: StorageError.self) { try store.snapshot(at: 3) }
        // Who lists again goes on.
        var new = try store.watch(.services, after: store.current.revision)
        var newEmpty = try store.watch(.slices, after: store.current.revision)
        engine.write(.put(key("b"), document("3")))
        engine.write(.put(key("s", .slices), document("4")))
        engine.deliver()
        #expect(try new.next(maximum: 10).events.map { $0.object.text } == ["3"])
        #expect(try newEmpty.next(maximum: 10).events.map { $0.object.text } == ["4"])
    }
}

extension SharedStoreTests.HandEngine.State {
    fileprivate mutating func write(_ operation: Transaction.Operation) {
        let key = operation.key
        switch operation {
        case .put(_, let document):
            versions[key] = revision
            let version = EngineVersion(
                key: key, revision: revision, createRevision: revision, bytes: document.bytes,
                revisionOffset: document.revisionOffset)
            undelivered.append(EngineChange(key: key, revision: revision, content: .version(version)))
        case .delete:
            versions[key] = nil
            undelivered.append(EngineChange(key: key, revision: revision, content: .deletion))
        }
    }
}
