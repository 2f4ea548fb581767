import FairleadClientTesting
import FairleadModel
import Synchronization
import Testing

@testable import FairleadClient

@Suite(.timeLimit(.minutes(1)))
struct EventRecorderTests {
    private static let service: Value = [
        "apiVersion": "v1", "kind": "Service",
        "metadata": ["name": "s", "namespace": "ns", "uid": "u", "resourceVersion": "7"],
    ]

    private static let environment = Environment(
        now: { Timestamp(seconds: 1_700_000_000) }, newUID: { "uid" }, randomSuffix: { _ in "xxxxx" })

    @Test func equalEventsCountUpInOneObject() async {
        let client = InMemoryClient()
        let recorder = EventRecorder(client: client, component: "test-controller", environment: Self.environment)
        let informer = Informer(client: client, resource: .events)
        let counts = Sightings<Int64>()
        informer.addHandler { counts.see($0.new?.value["count"]?.int ?? 0) }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await informer.run() }
            group.addTask { await recorder.run() }
            await informer.waitForSync()
            for _ in 0..<3 { recorder.event(about: Self.service, type: "Normal", reason: "Did", message: "it") }
            #expect(await counts.next(3) == [1, 2, 3])
            group.cancelAll()
        }
        let events = client.objects(.events)
        #expect(events.count == 1)
        let event = events.first ?? .null
        #expect(event.name == "s.17979cfe362a0000")
        #expect(event.at("involvedObject", "uid")?.string == "u")
        #expect(event.at("source", "component")?.string == "test-controller")
        #expect(event.text("firstTimestamp") == "2023-11-14T22:13:20Z")
    }

    @Test func aClockThatIsSetNeitherSilencesAnObjectNorTurnsASeriesRound() async {
        let client = InMemoryClient()
        let time = Mutex(Timestamp(seconds: 1_700_000_000))
        var environment = Self.environment
        environment.now = { time.withLock { $0 } }
        let clock = ManualClock()
        let recorder = EventRecorder(client: client, component: "c", environment: environment, clock: clock)
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await recorder.run() }
            func tell(_ message: String) {
                recorder.event(about: Self.service, type: "Normal", reason: "R", message: message)
            }
            tell("early")
            #expect(await eventually { client.objects(.events).count == 1 })
            // Twenty years ahead the budget is spent, then the clock is set right again.
            time.withLock { $0.seconds += 20 * 31_536_000 }
            for _ in 0..<30 { tell("spent") }
            time.withLock { $0.seconds -= 21 * 31_536_000 }
            clock.advance(by: .seconds(301))
            tell("early")
            let isCounted = await eventually { client.objects(.events).contains { $0["count"]?.int == 2 } }
            #expect(isCounted, "a token has come back")
            let early = client.objects(.events).first { $0.text("message") == "early" }
            #expect(early?.text("lastTimestamp") == early?.text("firstTimestamp"))
            group.cancelAll()
        }
    }

    @Test func longMessagesAreCut() async {
        let client = InMemoryClient()
        let recorder = EventRecorder(client: client, component: "c", environment: Self.environment)
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await recorder.run() }
            recorder.event(
                about: Self.service, type: "Normal", reason: "R", message: String(repeating: "x", count: 1_000_000))
            #expect(await eventually { client.objects(.events).count == 1 })
            group.cancelAll()
        }
        #expect(client.objects(.events).first?.text("message").count == 1024)
    }

    @Test func aFloodAboutOneObjectIsCut() {
        var correlator = EventCorrelator()
        let subject = EventCorrelator.Subject(kind: "Pod", namespace: "ns", name: "p", uid: "u", apiVersion: "v1")
        func decide(_ message: String, _ seconds: Int64) -> EventCorrelator.Decision {
            correlator.decide(about: subject, type: "Normal", reason: "R", message: message, seconds: seconds)
        }
        var kept = 0
        for index in 0..<100 { if case .drop = decide("m\(index)", 0) {} else { kept += 1 } }
        #expect(kept == 25)
        guard case .drop = decide("later", 299) else {
            Issue.record("a token came back too early")
            return
        }
        if case .drop = decide("later", 301) { Issue.record("no token came back") }
    }

    @Test func manyDifferentMessagesAreCombined() {
        var correlator = EventCorrelator()
        let subject = EventCorrelator.Subject(kind: "Pod", namespace: "ns", name: "p", uid: "u", apiVersion: "v1")
        var texts: [String] = []
        for index in 0..<12 {
            let decision = correlator.decide(
                about: subject, type: "Normal", reason: "R", message: "m\(index)", seconds: 0)
            if case .create(let message) = decision { texts.append(message) }
        }
        #expect(texts[9] == "m9")
        #expect(texts[10] == "(combined from similar events): m10")
    }

    @Test func aSeriesThatGoesOnIsNotForgottenForOthers() {
        var correlator = EventCorrelator()
        func subject(_ name: String) -> EventCorrelator.Subject {
            EventCorrelator.Subject(kind: "Pod", namespace: "ns", name: name, uid: name, apiVersion: "v1")
        }
        func happen(_ name: String, _ seconds: Int64) -> Int64 {
            switch correlator.decide(about: subject(name), type: "Normal", reason: "R", message: "m", seconds: seconds)
            {
            case .drop: return 0
            case .count(let known, _): return known.count
            case .create(let message):
                let known = EventCorrelator.Known(stamp: 1, count: 1, firstSeconds: 0)
                correlator.remember(known, about: subject(name), type: "Normal", reason: "R", message: message)
                return 1
            }
        }
        for round in 1...10 as ClosedRange<Int64> {
            #expect(happen("ours", round) == round)
            for index in 0..<1000 { #expect(happen("other-\(round)-\(index)", round) == 1) }
        }
        // What nobody asked about for 4,096 others is gone.
        #expect(happen("other-1-0", 20) == 1)
    }
}
