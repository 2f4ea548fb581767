import CoreMetrics
import FairleadAPI
import FairleadAuthorization
import FairleadModel
import FairleadSchema
import Foundation
import Logging
import Testing

@testable import FairleadAudit

/// Every request that is begun is ended in the log, however its answer is given up.
struct RequestTrailTests {
    private static let types = Result { try TypeRegistry.builtIn() }

    private func event(verb: String = "get", omitted: Set<AuditStage> = []) -> AuditEvent {
        var event = AuditEvent(
            verdict: .init(level: .metadata, omittedStages: omitted), auditID: "id", uri: "/", verb: verb,
            received: Timestamp(seconds: 0), at: Timestamp(seconds: 0))
        event.resource = AccessAttributes.Resource(version: "v1", resource: "pods", namespace: "a")
        return event
    }

    /// The stage and the code of each event that the body leaves in the log.
    private func stages(_ body: (AuditLog) async -> Void) async throws -> [String] {
        let path = NSTemporaryDirectory() + "fairlead-audit-\(UUID().uuidString).log"
        let log = try AuditLog(
            AuditSettings(path: path), types: try Self.types.get(), now: { Timestamp(seconds: 1) },
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, metrics: NOOPMetricsHandler.instance)
        await body(log)
        await log.close()
        let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
        try FileManager.default.removeItem(atPath: path)
        return try lines.map { line in
            let event = try JSON.parse(Array(line.utf8)).value
            let code = event.at("responseStatus", "code")?.int.map { " \($0)" } ?? ""
            return (event["stage"]?.string ?? "") + code
        }
    }

    private func trail(_ event: AuditEvent, _ log: AuditLog, refusal: String? = nil) -> RequestTrail {
        RequestTrail(event, notes: nil, log: log, now: { Timestamp(seconds: 1) }, refusal: refusal)
    }

    @Test func anAnswerEndsARequest() async throws {
        let stages = try await stages { log in
            let trail = trail(event(), log)
            trail.wasReceived()
            guard case .deferred(let work) = trail.follow(.deferred { .response(.text(201, "")) }) else { return }
            _ = await work()
        }
        #expect(stages == ["RequestReceived", "ResponseComplete 201"])
    }

    /// What was sent is nobody's business, and no work, before the request is allowed.
    @Test(arguments: [true, false])
    func aBodyIsPartOfTheEventOfAnAllowedRequestOnly(isAllowed: Bool) async throws {
        let path = NSTemporaryDirectory() + "fairlead-audit-\(UUID().uuidString).log"
        let log = try AuditLog(
            AuditSettings(path: path), types: try Self.types.get(), now: { Timestamp(seconds: 1) },
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, metrics: NOOPMetricsHandler.instance)
        var event = event(verb: "create")
        event.verdict = .init(level: .request)
        let body = AuditBody.value(["kind": "Pod", "metadata": ["name": "p"]])
        let trail = RequestTrail(event, body: body, notes: nil, log: log, now: { Timestamp(seconds: 1) })
        trail.isDecided(AccessDecision(isAllowed: isAllowed))
        _ = trail.follow(.response(.text(isAllowed ? 201 : 403, "")))
        await log.close()
        let written = try JSON.parse(Array(try Data(contentsOf: URL(fileURLWithPath: path)))).value
        try FileManager.default.removeItem(atPath: path)
        #expect((written["requestObject"] != nil) == isAllowed)
        #expect((written.at("objectRef", "name") == "p") == isAllowed)
    }

    @Test func anAnswerThatIsGivenUpEndsItToo() async throws {
        let stages = try await stages { log in
            let trail = trail(event(), log)
            trail.wasReceived()
            _ = trail.follow(.computed { .response(.text(200, "")) })
        }
        #expect(stages == ["RequestReceived", "ResponseComplete 504"])
    }

    @Test(arguments: [true, false])
    func aWatchBeginsAndEnds(byItself: Bool) async throws {
        let stages = try await stages { log in
            let trail = trail(event(verb: "watch"), log)
            trail.wasReceived()
            let outcome = trail.follow(.stream(EndedStream(), contentType: "", headers: []))
            guard case .stream(let stream, _, _) = outcome else { return }
            if byItself { _ = stream.pull(maximumBytes: 1) }
            stream.cancel()
        }
        #expect(stages == ["RequestReceived", "ResponseStarted 200", "ResponseComplete 200"])
    }

    @Test func aLongListIsNoWatch() async throws {
        let stages = try await stages { log in
            let trail = trail(event(verb: "list"), log)
            let outcome = trail.follow(.stream(EndedStream(), contentType: "", headers: []))
            if case .stream(let stream, _, _) = outcome { _ = stream.pull(maximumBytes: 1) }
        }
        #expect(stages == ["ResponseComplete 200"])
    }

    @Test func whoeverIsNotKnownHasOneEvent() async throws {
        let stages = try await stages { log in
            _ = trail(event(verb: "watch"), log, refusal: "Authentication failed").follow(.response(.text(401, "")))
        }
        #expect(stages == ["ResponseStarted 401"])
    }

    @Test func stagesThatAreOmittedAreNotWritten() async throws {
        let stages = try await stages { log in
            let trail = trail(event(verb: "watch", omitted: [.requestReceived, .responseStarted]), log)
            trail.wasReceived()
            _ = trail.follow(.stream(EndedStream(), contentType: "", headers: []))
        }
        #expect(stages == ["ResponseComplete 504"])
    }

    @Test func requestsOfComponentsEndWithTheirAnswerOrRefusal() async throws {
        let stages = try await stages { log in
            trail(event(), log).end(200, ["kind": "Pod"])
            trail(event(), log).end(APIStatus.badRequest("no"))
        }
        #expect(stages == ["ResponseComplete 200", "ResponseComplete 400"])
    }
}

private struct EndedStream: EventStream {
    var deadline: SuspendingClock.Instant? { nil }
    func onWake(_ wake: @escaping @Sendable () -> Void) {}
    func pull(maximumBytes: Int) -> StreamStep { .end([]) }
    func cancel() {}
}
