import FairleadClient
import FairleadClientTesting
import FairleadModel
import FairleadRemote
import Testing

/// Watches: what the events say, wherever they are torn, and how a watch ends.
struct RemoteWatchTests {
    /// A server whose watches a test writes itself, and a watch of it after revision 5.
    private func withWatch(
        limits: RemoteLimits = .patient, clock: any DelayClock = SystemDelayClock(),
        _ body: (any ObjectWatch, Answers, TestAPIServer) async throws -> Void
    ) async throws {
        let answers = Answers()
        try await withServer(limits: limits, clock: clock) { _, answer in
            answer.begin()
            answers.add(answer)
        } _: { server, client in
            let watch = try await client.watch(.services, after: 5)
            try await body(watch, answers, server)
            watch.cancel()
        }
    }

    private func next(_ watch: any ObjectWatch) async throws -> [WatchEvent] {
        try await patiently { try await watch.next() }
    }

    /// Reads until that many events have come.
    private func read(_ count: Int, of watch: any ObjectWatch) async throws -> [WatchEvent] {
        var events: [WatchEvent] = []
        while events.count < count {
            let more = try await next(watch)
            try #require(!more.isEmpty, "the watch ended")
            events += more
        }
        return events
    }

    @Test func theRequestAsksForBookmarksAndAnEnd() async throws {
        try await withWatch { _, _, server in
            let request = try #require(server.requests.first)
            #expect(request.path == "/api/v1/services")
            #expect(request.query("watch") == "true" && request.query("allowWatchBookmarks") == "true")
            #expect(request.query("resourceVersion") == "5")
            #expect(300...600 ~= Int(request.query("timeoutSeconds") ?? "") ?? 0)
        }
    }

    @Test func eventsComeInOrderWhereverTheyAreTorn() async throws {
        let text =
            Wire.event("ADDED", Wire.service("a", revision: 6)) + "\n"
            + Wire.event("MODIFIED", Wire.service("a", revision: 7)) + Wire.bookmark(9)
            + Wire.event("DELETED", Wire.service("a", revision: 10))
        try await withWatch { watch, answers, _ in
            let answer = try await answers.next(0)
            async let events = read(4, of: watch)
            for character in text { answer.write(String(character)) }
            let texts = try await events.texts
            #expect(texts == ["added a 6", "modified a 7", "bookmark - 9", "deleted a 10"])
        }
        try await withWatch { watch, answers, _ in
            try await answers.next(0).write(text)
            let events = try await read(4, of: watch)
            #expect(events.texts == ["added a 6", "modified a 7", "bookmark - 9", "deleted a 10"])
            let value = try #require(events[0].object?.value)
            #expect(value.kind == "Service" && value.resourceVersion == 6)
            #expect(value.at("metadata", "managedFields") == nil)
        }
    }

    @Test(arguments: [true, false])
    func anErrorComesAfterTheEventsBeforeIt(isTogether: Bool) async throws {
        try await withWatch { watch, answers, _ in
            let answer = try await answers.next(0)
            let event = Wire.event("ADDED", Wire.service("a", revision: 6))
            let error = Wire.event("ERROR", Wire.status(410, "Expired", "too old resource version: 5 (9)"))
            if isTogether {
                answer.write(event + error)
            } else {
                answer.write(event)
            }
            #expect(try await read(1, of: watch).texts == ["added a 6"])
            if !isTogether { answer.write(error) }
            let failure = try await failure { _ = try await watch.next() }
            #expect(failure.code == 410 && failure.reason == "Expired")
            #expect(failure.message == "too old resource version: 5 (9)")
            try await wait { answer.isClosed }
        }
    }

    private static let faults: [(text: String, complaint: String)] = [
        ("nonsense", "no JSON"), (#"{"type":"ADDED"}"#, "without an object"),
        (#"{"type":"RENAMED","object":{}}"#, "unknown type \"RENAMED\""),
        (#"{"type":"ADDED","object":{"metadata":{"name":"a"}}}"#, "no resourceVersion"),
        (#"{"type":"ADDED","object":{"metadata":{"name":"a","resourceVersion":"z"}}}"#, "\"z\""),
        (#"{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"z"}}}"#, "\"z\""),
        (#"{"type":"ERROR","object":{"kind":"Pod"}}"#, "no Status"),
        (String(repeating: "x", count: 1001), "more than 1000 bytes"),
    ]

    @Test(arguments: faults)
    func whatIsNoEventIsToldAndEndsTheWatch(text: String, complaint: String) async throws {
        var limits = RemoteLimits.patient
        limits.eventBytes = 1000
        try await withWatch(limits: limits) { watch, answers, _ in
            let answer = try await answers.next(0)
            answer.write(Wire.bookmark(6))
            // Of a line that is too long, nobody waits for the end.
            answer.write(text.count > 1000 ? text : text + "\n")
            #expect(try await read(1, of: watch).texts == ["bookmark - 6"])
            let failure = try await failure { _ = try await watch.next() }
            #expect(failure.code == 500 && failure.message.contains(complaint), "\(failure.message)")
            try await wait { answer.isClosed }
        }
    }

    @Test func aRefusalIsThrownAtOnce() async throws {
        try await withServer { _, answer in
            answer.send(410, Wire.status(410, "Expired", "too old"))
        } _: { _, client in
            let error = try await failure { _ = try await client.watch(.services, after: 1) }
            #expect(error.code == 410 && error.message == "too old")
        }
    }

    @Test func whatWasSeenEndsWithTheServersTime() async throws {
        try await withWatch { watch, answers, server in
            let answer = try await answers.next(0)
            answer.write(Wire.bookmark(6))
            #expect(try await read(1, of: watch).texts == ["bookmark - 6"])
            answer.write(#"{"type":"ADDED","obj"#)
            answer.end()
            #expect(try await next(watch).isEmpty)
            #expect(server.requests.count == 1)
        }
    }

    /// A reflector would take it for a failure, and wait.
    @Test func aQuietWatchGoesOn() async throws {
        let clock = ManualClock()
        try await withWatch(clock: clock) { watch, answers, server in
            async let events = read(1, of: watch)
            for index in 0..<3 {
                let answer = try await answers.next(index)
                clock.advance(by: .seconds(2))
                // The beginning of a line is not continued by another connection.
                if index == 1 { answer.write(#"{"type":"ADDED","obj"#) }
                answer.end()
            }
            try await answers.next(3).write(Wire.event("ADDED", Wire.service("a", revision: 6)))
            let texts = try await events.texts
            #expect(texts == ["added a 6"])
            #expect(server.requests.map { $0.query("resourceVersion") } == ["5", "5", "5", "5"])
        }
    }

    @Test func aWatchThatEndsAtOnceIsNotOpenedAgain() async throws {
        try await withWatch(clock: ManualClock()) { watch, answers, server in
            try await answers.next(0).end()
            #expect(try await next(watch).isEmpty)
            #expect(server.requests.count == 1)
        }
    }

    @Test func afterFiveMinutesOfSilenceTheWatchIsOpenedAgain() async throws {
        let clock = ManualClock()
        try await withWatch(clock: clock) { watch, answers, server in
            async let events = read(1, of: watch)
            let silent = try await answers.next(0)
            try await wait { clock.sleeperCount == 1 }
            clock.advance(by: .seconds(299))
            #expect(clock.sleeperCount == 1 && server.requests.count == 1)
            clock.advance(by: .seconds(1))
            try await answers.next(1).write(Wire.bookmark(7))
            let texts = try await events.texts
            #expect(texts == ["bookmark - 7"])
            try await wait { silent.isClosed }
        }
    }

    @Test func eachByteIsASignOfLife() async throws {
        let clock = ManualClock()
        try await withWatch(clock: clock) { watch, answers, server in
            clock.advance(by: .seconds(200))
            try await answers.next(0).write(Wire.bookmark(7))
            _ = try await read(1, of: watch)
            async let end = next(watch)
            try await wait { clock.sleeperCount == 1 }
            clock.advance(by: .seconds(299))
            #expect(clock.sleeperCount == 1)
            clock.advance(by: .seconds(1))
            let count = try await end.count
            #expect(count == 0 && server.requests.count == 1)
        }
    }

    @Test(arguments: [true, false])
    func aBrokenConnectionIsTold(hasEvent: Bool) async throws {
        try await withWatch { watch, answers, _ in
            let answer = try await answers.next(0)
            if hasEvent {
                answer.write(Wire.bookmark(6) + "{\"type\":")
                _ = try await read(1, of: watch)
            }
            answer.cut()
            let failure = try await failure { _ = try await watch.next() }
            #expect(failure.code == 503 && failure.message.contains("it closed the connection"), "\(failure.message)")
        }
    }

    @Test func cancellingWakesWhoWaits() async throws {
        try await withWatch { watch, answers, server in
            async let events = next(watch)
            let answer = try await answers.next(0)
            watch.cancel()
            watch.cancel()
            let count = try await events.count
            #expect(count == 0)
            try await wait { answer.isClosed }
            #expect(try await next(watch).isEmpty)
            #expect(server.requests.count == 1)
        }
    }

    @Test func cancellingEndsAnAttemptToGoOn() async throws {
        let clock = ManualClock()
        let answers = Answers()
        try await withServer(clock: clock) { _, answer in
            answers.add(answer)
            if answers.count == 1 { answer.begin() }
        } _: { _, client in
            let watch = try await client.watch(.services, after: 5)
            async let events = next(watch)
            clock.advance(by: .seconds(2))
            answers.all[0].end()
            // The second request gets no answer.
            _ = try await answers.next(1)
            watch.cancel()
            let count = try await events.count
            #expect(count == 0)
            try await wait { answers.all[1].isClosed }
        }
    }

    @Test func aForgottenWatchIsClosed() async throws {
        let answers = Answers()
        try await withServer { _, answer in
            answer.begin()
            answers.add(answer)
        } _: { _, client in
            _ = try await client.watch(.services, after: 5)
            let answer = try await answers.next(0)
            try await wait { answer.isClosed }
        }
    }
}
