import FairleadClient
import FairleadClientTesting
import FairleadModel
import InMemoryLogging
import Logging
import Testing

struct FailureLogTests {
    private let clock = ManualClock()
    private let handler = InMemoryLogHandler()

    private func log(_ level: Logger.Level = .info) -> FailureLog {
        var logger = Logger(label: "test") { _ in handler }
        logger.logLevel = level
        return FailureLog(logger: logger, clock: clock)
    }

    private func failure(_ key: String, _ why: String = "no", retries: Int = 1) -> ReconcileFailure {
        ReconcileFailure(
            controller: "c", key: key, error: APIStatus(code: 500, reason: "InternalError", message: why),
            retries: retries,
            retryAfter: .milliseconds(10))
    }

    @Test func aFailureHasControllerKeyErrorAndRetries() {
        log().failed(failure("ns/web", "disk full", retries: 3))
        #expect(handler.entries.map(\.level) == [.error])
        let wanted: Logger.Metadata = [
            "controller": "c", "key": "ns/web", "error": "disk full", "retries": "3", "retryAfter": "0.01s",
        ]
        #expect(handler.entries.first?.metadata.mapValues(\.description) == wanted.mapValues(\.description))
    }

    @Test func anObjectThatFailsForeverHasALineInTenSeconds() {
        let log = log()
        for _ in 0..<1000 {
            log.failed(failure("a"))
            clock.advance(by: .milliseconds(10))
        }
        #expect(handler.entries.count == 1)
        log.failed(failure("a"))
        #expect(handler.entries.count == 2)
        #expect(handler.entries.last?.metadata["repeated"]?.description == "999")
    }

    @Test func anotherErrorOfTheSameObjectHasItsOwnLine() {
        let log = log()
        log.failed(failure("a", "one"))
        log.failed(failure("a", "two"))
        #expect(handler.entries.count == 2)
    }

    @Test func tenThousandObjectsThatFailDoNotFlood() {
        let log = log()
        for number in 0..<10_000 { log.failed(failure("a\(number)")) }
        #expect(handler.entries.count == 20)
        clock.advance(by: .seconds(11))
        log.failed(failure("b"))
        #expect(handler.entries.last?.metadata["leftOut"]?.description == "9980")
    }

    @Test func whatHasComeRightIsSaidOnceAndOnlyIfItsFailureWas() {
        let log = log()
        log.failed(failure("a"))
        log.recovered(controller: "c", key: "a", retries: 4)
        log.recovered(controller: "c", key: "a", retries: 4)
        log.recovered(controller: "c", key: "b", retries: 1)
        #expect(handler.entries.map(\.message) == ["reconcile failed", "reconcile recovered"])
    }

    @Test func aLostRaceIsForDebuggingOnly() {
        let race = ReconcileFailure(
            controller: "c", key: "a", error: APIStatus(code: 409, reason: "Conflict", message: "changed"), retries: 1,
            retryAfter: .milliseconds(5))
        log().failed(race)
        #expect(handler.entries.isEmpty)
        log(.debug).failed(race)
        #expect(handler.entries.map(\.level) == [.debug])
    }
}
