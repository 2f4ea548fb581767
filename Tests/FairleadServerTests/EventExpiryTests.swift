import FairleadClient
import FairleadClientTesting
import FairleadModel
import FairleadStorage
import Testing

@testable import FairleadServer

/// How long Events live, on a clock that is turned by hand.
struct EventExpiryTests {
    private static let start = Timestamp(seconds: 1_800_000_000)

    private final class Fixture: Sendable {
        let store: Store
        let clock = ManualClock()

        init() throws { store = try Store.open(engine: MemoryEngine()) }

        var expiry: EventExpiry {
            let clock = clock
            return EventExpiry(store: store, timeToLive: .seconds(3600), clock: clock) {
                EventExpiryTests.start.adding(seconds: clock.now.inSeconds)
            }
        }

        /// - Parameter age: how long ago the server noted the write, beside a creation a day before.
        func write(_ name: String, age: Double = 0, finalizers: Value = []) async throws {
            let now = EventExpiryTests.start.adding(seconds: clock.now.inSeconds)
            let document = Document([
                "kind": "Event",
                "metadata": [
                    "name": .string(name), "finalizers": finalizers,
                    "creationTimestamp": .string(now.adding(seconds: -86_400).rfc3339),
                    "managedFields": [["time": .string(now.adding(seconds: -age).rfc3339)]],
                ],
            ])
            _ = try await store.commit(Transaction(conditions: [], operations: [.put(key(name), document)]))
        }

        func key(_ name: String) -> ObjectKey { ObjectKey(EventExpiry.resource, namespace: "default", name: name) }

        var names: [String] { store.current.objects(EventExpiry.resource, namespace: nil).map(\.key.name) }

        /// Returns when the expiry has done what there was to do.
        func settle() async { #expect(await eventually { clock.sleeperCount > 0 }) }

        /// Turns the clock on in steps, each of which the expiry sees.
        func pass(seconds: Int) async {
            for _ in 0..<(seconds / 10) {
                clock.advance(by: .seconds(10))
                await settle()
            }
        }
    }

    @Test func anEventGoesAnHourAfterItsLastWriteAndWatchersSeeIt() async throws {
        let fixture = try Fixture()
        let run = Task { [expiry = fixture.expiry] in await expiry.run() }
        await fixture.settle()
        try await fixture.write("once", finalizers: ["example.com/stays"])
        try await fixture.write("again")
        var watch = try fixture.store.watch(EventExpiry.resource, after: fixture.store.current.revision)
        await fixture.pass(seconds: 1800)
        try await fixture.write("again")
        await fixture.pass(seconds: 1700)
        #expect(fixture.names == ["again", "once"])
        await fixture.pass(seconds: 120)
        #expect(fixture.names == ["again"])
        await fixture.pass(seconds: 1600)
        #expect(fixture.names == ["again"])
        await fixture.pass(seconds: 220)
        #expect(fixture.names == [])
        let events = try watch.next(maximum: 10).events
        #expect(events.map { "\($0.object.key.name) \($0.isDeletion)" } == ["again false", "once true", "again true"])
        run.cancel()
        await run.value
    }

    @Test func aRestartGoesOnWhereItWas() async throws {
        let fixture = try Fixture()
        // Written long ago, a while ago, and in the future.
        try await fixture.write("long", age: 7200)
        try await fixture.write("while", age: 1800)
        try await fixture.write("future", age: -999_999)
        let run = Task { [expiry = fixture.expiry] in await expiry.run() }
        await fixture.settle()
        #expect(fixture.names == ["future", "while"])
        await fixture.pass(seconds: 1750)
        #expect(fixture.names == ["future", "while"])
        await fixture.pass(seconds: 100)
        #expect(fixture.names == ["future"])
        await fixture.pass(seconds: 1800)
        #expect(fixture.names == [])
        run.cancel()
        await run.value
    }

    @Test func manyGoInFewTransactions() async throws {
        let fixture = try Fixture()
        for number in 0..<500 { try await fixture.write("e\(number)", age: 7200) }
        let before = fixture.store.current.revision
        let run = Task { [expiry = fixture.expiry] in await expiry.run() }
        await fixture.settle()
        #expect(fixture.names == [])
        #expect(fixture.store.current.revision - before == 8)
        run.cancel()
        await run.value
    }

    @Test func aQueueForgetsVersionsThatWereReplaced() {
        let key = ObjectKey(EventExpiry.resource, namespace: "default", name: "busy")
        var queue = ExpiryQueue()
        for revision in 1...5000 {
            queue.append(.init(deadline: .seconds(revision), version: .init(key: key, revision: Int64(revision))))
            queue.dropStale(beyond: 1024) { $0.revision == Int64(revision) }
            #expect(queue.count <= 1024)
        }
        #expect(queue.due(at: .seconds(5000), limit: 10_000).last?.revision == 5000)
    }
}
