import FairleadModel
import FairleadStorage
import Synchronization
import Testing

@testable import FairleadAPI
@testable import FairleadKinds
@testable import FairleadStorage

struct WatchTests {
    /// The type, name and revision of what a watch has been sent, one line each, until it has nothing more.
    private func take(_ stream: any EventStream, maximumBytes: Int = 1 << 20) throws -> [String] {
        var bytes: [UInt8] = []
        var hasEnded = false
        loop: while true {
            switch stream.pull(maximumBytes: maximumBytes) {
            case .data(let pieces): bytes += pieces.flatMap { $0 }
            case .wait: break loop
            case .end(let pieces):
                bytes += pieces.flatMap { $0 }
                hasEnded = true
                break loop
            }
        }
        let lines = try bytes.split(separator: 10).map { try JSON.parse(Array($0)).value }.map { frame in
            let object = frame["object"] ?? .null
            let isLast = object.at("metadata", "annotations", "k8s.io/initial-events-end") == "true"
            let what = object["code"]?.int.map { String($0) } ?? "\(object.name)@\(object.resourceVersion ?? 0)"
            return "\(frame["type"]?.string ?? "") \(what)\(isLast ? " end" : "")"
        }
        return hasEnded ? lines + ["over"] : lines
    }

    private func open(_ fixture: APIFixture, _ query: String, path: String = APIFixture.configMaps) async throws
        -> any EventStream
    {
        var outcome = fixture.pipeline.handle(APIFixture.request("GET", path, "watch=1&" + query))
        if case .computed(let work) = outcome { outcome = await work() }
        guard case .stream(let stream, _, _) = outcome else { throw APIFixture.Unanswered() }
        return stream
    }

    @Test func aWatchOfAStateThatIsStillToComeWaitsForIt() async throws {
        let fixture = try await APIFixture()
        let future = fixture.store.current.revision + 1
        let query =
            "watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true"
            + "&resourceVersion=\(future)"
        let outcome = fixture.pipeline.handle(APIFixture.request("GET", APIFixture.configMaps, query))
        guard case .deferred(let work) = outcome else { throw APIFixture.Unanswered() }
        async let late = work()
        try await fixture.createConfigMap("a")
        guard case .stream(let stream, _, _) = await late else { throw APIFixture.Unanswered() }
        let lines = try take(stream)
        #expect(lines.first == "ADDED a@\(future)" && lines.last == "BOOKMARK @\(future) end", "\(lines)")
    }

    @Test func objectsThatComeIntoTheSelectionAreAddedAndThoseThatLeaveAreDeleted() async throws {
        let fixture = try await APIFixture()
        let path = APIFixture.configMaps + "/a"
        let stream = try await open(fixture, "labelSelector=x%3Dy&resourceVersion=\(fixture.store.current.revision)")
        func patch(_ body: Value) async throws -> Int64 { try await fixture.send("PATCH", path, body: body).revision }
        try await fixture.createConfigMap("a")
        let entered = try await patch(["metadata": ["labels": ["x": "y"]]])
        let changed = try await patch(["data": ["k": "v"]])
        let left = try await patch(["metadata": ["labels": ["x": "z"]]])
        _ = try await patch(["data": ["k": "w"]])
        let back = try await patch(["metadata": ["labels": ["x": "y"]]])
        try await fixture.send("DELETE", path)
        let gone = fixture.store.current.revision
        #expect(
            try take(stream) == [
                "ADDED a@\(entered)", "MODIFIED a@\(changed)", "DELETED a@\(left)", "ADDED a@\(back)",
                "DELETED a@\(gone)",
            ])
        #expect(try take(stream) == [])
    }

    @Test func theStateComesFirstAndABookmarkSaysThatItIsComplete() async throws {
        let fixture = try await APIFixture()
        let a = try await fixture.createConfigMap("a").revision
        let b = try await fixture.createConfigMap("b").revision
        let all = "sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true"
        let stream = try await open(fixture, all)
        let c = try await fixture.createConfigMap("c").revision
        #expect(try take(stream) == ["ADDED a@\(a)", "ADDED b@\(b)", "BOOKMARK @\(b) end", "ADDED c@\(c)"])
        // However little is taken at a time, the order is the same.
        let small = try await open(fixture, all)
        #expect(
            try take(small, maximumBytes: 1) == ["ADDED a@\(a)", "ADDED b@\(b)", "ADDED c@\(c)", "BOOKMARK @\(c) end"])
        #expect(try await take(open(fixture, "")) == ["ADDED a@\(a)", "ADDED b@\(b)", "ADDED c@\(c)"])
        #expect(try await take(open(fixture, "resourceVersion=\(b)")) == ["ADDED c@\(c)"])
    }

    @Test func aRevisionThatIsForgottenGivesOneErrorEventAndTheEnd() async throws {
        let fixture = try await APIFixture()
        let stream = try await open(fixture, "resourceVersion=1")
        #expect(try take(stream) == ["ERROR 410", "over"])
        #expect(try take(stream) == ["over"])
    }

    @Test func aSlowReaderFallsBehindAlone() async throws {
        let fixture = try await APIFixture()
        let start = fixture.store.current.revision
        let slow = try await open(fixture, "resourceVersion=\(start)")
        let quick = try await open(fixture, "resourceVersion=\(start)")
        let idle = try await open(fixture, "resourceVersion=\(start)", path: APIFixture.pods)
        let a = try await fixture.createConfigMap("a").revision
        #expect(try take(quick) == ["ADDED a@\(a)"])
        #expect(try take(idle) == [])
        _ = fixture.store.forget(through: a, limit: .max)
        let b = try await fixture.createConfigMap("b").revision
        #expect(try take(quick) == ["ADDED b@\(b)"])
        #expect(try take(slow) == ["ERROR 410", "over"])
        #expect(try take(idle) == [])
    }

    @Test func aLongHistoryOfWhichNothingIsChosenIsReadInTurns() async throws {
        let fixture = try await APIFixture()
        let start = fixture.store.current.revision
        let stream = try await open(fixture, "labelSelector=x&resourceVersion=\(start)")
        for round in 0..<20 {
            let operations = (0..<100).map { number -> Transaction.Operation in
                let name = "m\(1000 + round * 100 + number)"
                let object: Value = [
                    "kind": "ConfigMap", "apiVersion": "v1", "metadata": ["name": .string(name), "namespace": "ns"],
                ]
                return .put(fixture.key(name), Document(object))
            }
            _ = try await fixture.store.commit(Transaction(conditions: [], operations: operations))
        }
        var turns = 0
        while case .data(let pieces) = stream.pull(maximumBytes: 65536) {
            #expect(pieces.isEmpty)
            turns += 1
        }
        #expect(turns > 1)
        let last = try await fixture.createConfigMap("z", labels: ["x": "y"]).revision
        #expect(try take(stream) == ["ADDED z@\(last)"])
    }

    // MARK: - time

    private final class Clock: Sendable {
        private let time: Mutex<SuspendingClock.Instant>
        init(_ start: SuspendingClock.Instant) { time = Mutex(start) }
        var now: SuspendingClock.Instant { time.withLock { $0 } }
        func advance(seconds: Int) { time.withLock { $0 += .seconds(seconds) } }
    }

    private func openTimed(
        _ fixture: APIFixture, _ clock: Clock, bookmarks: Bool, timeout: Int64?
    ) throws -> WatchStream {
        let kind = try fixture.kind("configmaps")
        let revision = fixture.store.current.revision
        let encoder = ObjectEncoder(
            kind: kind, format: .json, includeObject: .metadata, environment: fixture.api.environment,
            types: fixture.api.types)
        return WatchStream(
            start: .init(after: revision, ignoringUpTo: 0),
            cursor: try fixture.store.watch(kind.info.storage, after: revision),
            selection: try Selection(kind, namespace: "ns", options: ListOptions()), encoder: encoder,
            bookmark: ["kind": "ConfigMap", "apiVersion": "v1", "metadata": [:]], sendsBookmarks: bookmarks,
            timeout: WatchStream.timeout(asked: timeout, fraction: 0.25),
            subscribe: { [fixture.store.subscribe(kind.info.storage, wake: $0)] }, now: { clock.now })
    }

    @Test func aWatchWithoutATimeoutEndsAfterHalfAnHourToAnHour() async throws {
        #expect(WatchStream.timeout(asked: nil, fraction: 0) == .seconds(1800))
        #expect(WatchStream.timeout(asked: 0, fraction: 0.999) < .seconds(3600))
        #expect(WatchStream.timeout(asked: 7, fraction: 0.5) == .seconds(7))
        // However long a client wants it, there is such a moment.
        #expect(WatchStream.timeout(asked: .max, fraction: 0) > .seconds(86_400))
        let fixture = try await APIFixture()
        let clock = Clock(SuspendingClock.now)
        let stream = try openTimed(fixture, clock, bookmarks: false, timeout: nil)
        clock.advance(seconds: 2249)
        #expect(try take(stream) == [])
        clock.advance(seconds: 1)
        #expect(try take(stream) == ["over"])
    }

    @Test func aWatchEndsAtItsTimeoutWithABookmarkShortlyBefore() async throws {
        let fixture = try await APIFixture()
        let start = SuspendingClock.now
        let clock = Clock(start)
        let stream = try openTimed(fixture, clock, bookmarks: true, timeout: 100)
        #expect(stream.deadline == start + .seconds(60))
        // Nothing of the resource has happened, and the bookmark is of now all the same.
        try await fixture.createPod("p")
        let now = fixture.store.current.revision
        clock.advance(seconds: 59)
        #expect(try take(stream) == [])
        clock.advance(seconds: 1)
        #expect(try take(stream) == ["BOOKMARK @\(now)"])
        #expect(stream.deadline == start + .seconds(98))
        clock.advance(seconds: 38)
        let a = try await fixture.createConfigMap("a").revision
        #expect(try take(stream) == ["ADDED a@\(a)", "BOOKMARK @\(a)"])
        #expect(stream.deadline == start + .seconds(100))
        clock.advance(seconds: 2)
        #expect(try take(stream) == ["over"])
    }

    @Test func aWatchThatAskedForNoBookmarksGetsNone() async throws {
        let fixture = try await APIFixture()
        let clock = Clock(.now)
        let stream = try openTimed(fixture, clock, bookmarks: false, timeout: 7200)
        #expect(stream.deadline == clock.now + .seconds(7200))
        clock.advance(seconds: 3600)
        #expect(try take(stream) == [])
    }

    // MARK: - subscriptions

    @Test func aWatchWakesItsReaderAndHoldsNothingOnceItIsCancelled() async throws {
        let fixture = try await APIFixture()
        let stream = try await open(fixture, "")
        let tally = Tally()
        stream.onWake { tally.raise() }
        #expect(fixture.store.statistics.watchers == 1)
        try await fixture.createConfigMap("a")
        #expect(tally.value == 1)
        try await fixture.createPod("p")
        #expect(tally.value == 1)
        stream.cancel()
        stream.cancel()
        #expect(fixture.store.statistics.watchers == 0)
        #expect(try take(stream) == ["over"])
    }

    @Test(arguments: ["watch", "log"])
    func aStreamThatIsCancelledBeforeItIsHeardLeavesNoSubscription(_ what: String) async throws {
        let fixture = try await APIFixture()
        try await fixture.createNode("n1")
        try await fixture.createPod("p", node: "n1")
        let path = what == "log" ? APIFixture.pods + "/p/log" : APIFixture.pods
        let stream = try await open(fixture, "follow=1", path: path)
        stream.cancel()
        stream.onWake {}
        #expect(fixture.store.statistics.watchers == 0)
    }

    @Test func aFollowedLogEndsWithItsPodAndNotWithTheNextOfTheName() async throws {
        let fixture = try await APIFixture()
        try await fixture.createNode("n1")
        try await fixture.createPod("p", node: "n1")
        let stream = try await open(fixture, "follow=1", path: APIFixture.pods + "/p/log")
        guard case .data(let pieces) = stream.pull(maximumBytes: 1 << 16) else { throw APIFixture.Unanswered() }
        #expect(String(decoding: pieces.flatMap { $0 }, as: UTF8.self) == "first\nsecond\n")
        guard case .wait = stream.pull(maximumBytes: 1 << 16) else { throw APIFixture.Unanswered() }
        try await fixture.send("DELETE", APIFixture.pods + "/p", "gracePeriodSeconds=0")
        try await fixture.createPod("p", node: "n1")
        guard case .end = stream.pull(maximumBytes: 1 << 16) else { throw APIFixture.Unanswered() }
        let short = try await fixture.send("GET", APIFixture.pods + "/p/log", "limitBytes=8")
        #expect(short.text == "first\nse")
    }
}
