import FairleadClientTesting
import FairleadModel
import Testing

@testable import FairleadClient

@Suite(.timeLimit(.minutes(1)))
struct InformerTests {
    private func pod(_ name: String, _ label: String = "x", namespace: String = "ns") -> Value {
        [
            "apiVersion": "v1", "kind": "Pod",
            "metadata": ["name": .string(name), "namespace": .string(namespace), "labels": ["app": .string(label)]],
        ]
    }

    /// What a change looks like: `+a` added, `~a` changed, `-a` deleted.
    private static func mark(_ change: ObjectChange) -> String {
        (change.isAddition ? "+" : change.isDeletion ? "-" : "~") + change.name.name
    }

    private func with(
        _ client: InMemoryClient, _ body: (Informer, Sightings<String>) async throws -> Void
    ) async rethrows {
        let informers = InformerSet(client: client, clock: ManualClock())
        let informer = informers.informer(.pods)
        let seen = Sightings<String>()
        informer.addHandler { seen.see(Self.mark($0)) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await informers.run() }
            await informers.waitForSync()
            try await body(informer, seen)
            group.cancelAll()
        }
    }

    @Test func handlersSeeTheListAndThenEachChangeInOrder() async throws {
        let client = InMemoryClient()
        client.put(.pods, pod("a"))
        try await with(client) { informer, seen in
            #expect(informer.lister.hasSynced)
            client.put(.pods, pod("b"))
            client.put(.pods, pod("a", "y"))
            try await client.delete(.pods, namespace: "ns", name: "b")
            #expect(await seen.next(4) == ["+a", "+b", "~a", "-b"])
            #expect(informer.lister.list().map(\.key.name) == ["a"])
            #expect(informer.lister.get(namespace: "ns", name: "a")?.labels == ["app": "y"])
        }
    }

    @Test func aHandlerThatComesLateIsToldWhatIsThere() async throws {
        let client = InMemoryClient()
        client.put(.pods, pod("a"))
        await with(client) { informer, _ in
            let late = Sightings<String>()
            informer.addHandler { late.see(Self.mark($0)) }
            client.put(.pods, pod("b"))
            #expect(await late.next(2) == ["+a", "+b"])
        }
    }

    @Test func indexesFollowChangesAndDeletions() async throws {
        let client = InMemoryClient()
        client.put(.pods, pod("a", "x"))
        try await with(client) { informer, seen in
            informer.addIndex("app") { Array($0.labels.values) }
            #expect(informer.lister.indexed("app", "x").map(\.key.name) == ["a"])
            client.put(.pods, pod("a", "y"))
            _ = await seen.next(2)
            #expect(informer.lister.indexed("app", "x").isEmpty)
            #expect(informer.lister.indexed("app", "y").count == 1)
            try await client.delete(.pods, namespace: "ns", name: "a")
            _ = await seen.next(1)
            #expect(informer.lister.indexed("app", "y").isEmpty)
        }
    }

    @Test func anEndedWatchGoesOnWhereItStoppedWithoutANewList() async {
        let client = InMemoryClient()
        await with(client) { _, seen in
            client.put(.pods, pod("a"))
            #expect(await seen.next(1) == ["+a"])
            client.endWatches()
            client.put(.pods, pod("b"))
            #expect(await seen.next(1) == ["+b"])
            #expect(client.actions.filter { $0.hasPrefix("list") }.count == 1)
        }
    }

    @Test func lostHistoryMakesItListAgainAndTellWhatItMissed() async {
        let client = InMemoryClient()
        client.put(.pods, pod("a"))
        client.put(.pods, pod("b"))
        client.failNext("watch pods", .expired("too old"))
        await with(client) { informer, seen in
            #expect(await seen.next(2).sorted() == ["+a", "+b"])
            client.put(.pods, pod("b", "new"))
            #expect(await seen.next(1) == ["~b"])
            #expect(client.actions.filter { $0.hasPrefix("list") }.count == 2)
            #expect(informer.lister.count == 2)
        }
    }

    @Test func aWatchThatFailsTwiceIsBegunAfreshWithANewList() async {
        let client = InMemoryClient()
        let clock = ManualClock()
        let failure = APIStatus(code: 500, reason: "InternalError", message: "broken")
        for _ in 0..<2 { client.failNext("watch pods", failure) }
        let informer = Informer(client: client, resource: .pods, clock: clock)
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await informer.run() }
            await informer.waitForSync()
            client.put(.pods, pod("a"))
            let isFollowing = await eventually {
                clock.advance(by: .seconds(1))
                return informer.lister.count == 1
            }
            #expect(isFollowing)
            #expect(client.actions.filter { $0.hasPrefix("list") }.count == 2)
            group.cancelAll()
        }
    }

    @Test func connectionsThatBreakAfterTheyHaveWorkedNeedNoNewList() async {
        let client = InMemoryClient()
        let clock = ManualClock()
        let informer = Informer(client: client, resource: .pods, clock: clock)
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await informer.run() }
            await informer.waitForSync()
            for count in 1...3 {
                client.put(.pods, pod("p\(count)"))
                let isFollowing = await eventually {
                    clock.advance(by: .seconds(1))
                    return informer.lister.count == count
                }
                #expect(isFollowing)
                client.breakWatches(APIStatus(code: 500, reason: "InternalError", message: "broken"))
            }
            #expect(client.actions.filter { $0.hasPrefix("list") }.count == 1)
            group.cancelAll()
        }
    }

    @Test func aReplacedPictureTellsDeletions() {
        var cache = InformerCacheProbe()
        #expect(cache.replace(["a": 1, "b": 2]) == ["+a", "+b"])
        #expect(cache.replace(["b": 2, "c": 3]) == ["-a", "+c"])
        #expect(cache.replace(["b": 5, "c": 3]) == ["~b"])
        // A server that has been restored from a backup is right as well.
        #expect(cache.replace(["b": 4, "c": 3]) == ["~b"])
        #expect(cache.replace(["b": 4, "c": 3]).isEmpty)
    }

    /// Lists through an informer's reflector sink.
    private struct InformerCacheProbe {
        private var cache = InformerCache()

        mutating func replace(_ revisions: [String: Int64]) -> [String] {
            let objects = revisions.sorted { $0.key < $1.key }.map { name, revision in
                StoredObject(
                    key: ObjectKey(GroupVersionResource.pods.groupResource, namespace: "ns", name: name),
                    document: Document(["metadata": ["name": .string(name)]]), revision: revision, createRevision: 1)
            }
            return cache.replace(objects).map(InformerTests.mark)
        }
    }
}
