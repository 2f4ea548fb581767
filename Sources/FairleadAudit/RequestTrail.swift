import FairleadAPI
import FairleadAuthorization
import FairleadContainers
import FairleadModel
import Synchronization

/// Follows one request to its end, and adds its events to the log.
///
/// Its answer may be given up at any point (the client goes, the time is up, a session ends): what is left of the request
/// then lets go of this object, which writes the last event.
final class RequestTrail: AuditTrail {
    private struct State {
        var event: AuditEvent
        /// What was sent, until it is known that the user may send it.
        var body: AuditBody?
        var isOver = false
    }

    private let state: Mutex<State>
    private let notes: AdmissionNotes?
    private let log: AuditLog
    private let now: @Sendable () -> Timestamp
    /// Requests that go on after the answer has begun have an event for that, too; those of unknown users only that.
    private let isLongRunning: Bool
    /// Why nobody was identified; nil for a request whose user is known.
    private let refusal: String?

    /// Answers up to this size are looked at for how a request has ended.
    private static let largestStatus = 64 << 10

    /// - Parameter body: what was sent. It is part of the event only if the request is allowed, as in Kubernetes:
    ///   whoever may do nothing shall not fill the log.
    init(
        _ event: AuditEvent, body: AuditBody? = nil, notes: AdmissionNotes?, log: AuditLog,
        now: @escaping @Sendable () -> Timestamp,
        refusal: String? = nil
    ) {
        isLongRunning = Self.isLongRunning(event)
        state = Mutex(State(event: event, body: body))
        self.notes = notes
        self.log = log
        self.now = now
        self.refusal = refusal
    }

    deinit {
        let status = APIStatus(
            code: 504, reason: "Timeout", message: "the time was up, or the client did not wait for the answer")
        complete(.init(status.code, value: status.value), response: nil)
    }

    private static func isLongRunning(_ event: AuditEvent) -> Bool {
        event.verb == "watch" || LastingSubresources.names.contains(event.resource?.subresource ?? "")
    }

    // MARK: - Stages

    func wasReceived() { add(.requestReceived) { _ in } }

    func isImpersonated(as user: UserInfo) { state.withLock { $0.event.impersonated = user } }

    func isDecided(_ decision: AccessDecision) {
        state.withLock { state in
            state.event.annotations["authorization.k8s.io/decision"] = decision.isAllowed ? "allow" : "forbid"
            state.event.annotations["authorization.k8s.io/reason"] = decision.reason
            if decision.isAllowed { state.event.request = state.body }
            state.body = nil
        }
    }

    private func starts(_ code: Int) {
        guard isLongRunning else { return }
        add(.responseStarted) { $0.status = .init(code) }
    }

    /// Only the first end counts.
    fileprivate func complete(_ status: AuditEvent.Status, response: AuditBody?) {
        let isFirst = state.withLock { state in
            defer { state.isOver = true }
            return !state.isOver
        }
        guard isFirst else { return }
        let annotations = notes?.annotations ?? [:]
        add(refusal != nil ? .responseStarted : .responseComplete) { event in
            event.status = status
            event.response = response
            event.annotations.merge(annotations) { first, _ in first }
        }
    }

    private func add(_ stage: AuditStage, _ change: (inout AuditEvent) -> Void) {
        let event: AuditEvent? = state.withLock { state in
            change(&state.event)
            guard !state.event.verdict.omittedStages.contains(stage) else { return nil }
            state.event.stage = stage
            state.event.at = stage == .requestReceived ? state.event.received : now()
            var event = state.event
            // What is sent belongs to the events of the end.
            if stage == .requestReceived { event.request = nil }
            return event
        }
        if let event { log.add(event) }
    }

    // MARK: - Outcomes

    func follow(_ outcome: APIOutcome) -> APIOutcome {
        switch outcome {
        case .response(let response):
            if let refusal {
                complete(.init(response.status, message: refusal), response: nil)
            } else {
                starts(response.status)
                complete(.init(response.status), response: kept(response))
            }
            return log.isBehind ? .deferred { [log] in await log.whenNoLongerBehind(outcome) } : outcome
        case .stream(let stream, let contentType, let headers):
            starts(200)
            return .stream(AuditedStream(stream, self), contentType: contentType, headers: headers)
        case .deferred(let work): return .deferred { self.follow(await work()) }
        case .computed(let work): return .computed { self.follow(await work()) }
        case .longRunning(let work): return .longRunning { self.follow(await work()) }
        case .session(let session, let request, let headers):
            starts(101)
            return .session(followed(session), request, headers: headers)
        }
    }

    /// The session, holding on to this until it has ended.
    private func followed(_ session: PodSession) -> PodSession {
        let end: @Sendable () -> Void = { self.complete(.init(101), response: nil) }
        switch session {
        case .command(var command):
            let run = command.run
            command.run = { streams in
                defer { end() }
                return await run(streams)
            }
            return .command(command)
        case .log(var log):
            let write = log.write
            log.write = { sink in
                await write(sink)
                end()
            }
            return .log(log)
        case .ports(var ports):
            let connect = ports.connect
            let keeper = SessionKeeper(end)
            ports.connect = { port throws(NetworkError) in
                defer { withExtendedLifetime(keeper) {} }
                return try await connect(port)
            }
            return .ports(ports)
        case .relay(var relay):
            let run = relay.run
            relay.run = { source, sink in
                defer { end() }
                return await run(source, sink)
            }
            return .relay(relay)
        }
    }

    /// The body of an answer, as far as an event may need it: to say how the request ended, or as the level wants it.
    private func kept(_ response: APIResponse) -> AuditBody? {
        let wantsObjects = state.withLock { $0.event.verdict.level >= .requestResponse && $0.event.resource != nil }
        let size = response.body.reduce(0) { $0 + $1.count }
        let mayBeStatus = response.status >= 400 || ["delete", "deletecollection"].contains(verb)
        guard wantsObjects || mayBeStatus && size <= Self.largestStatus else { return nil }
        return .bytes(response.body, type: Auditor.mediaType(response.contentType))
    }

    private var verb: String { state.withLock { $0.event.verb } }

    // MARK: - Without HTTP

    func end(_ code: Int, _ object: Value?) { complete(.init(code), response: object.map { .value($0) }) }

    func end(_ refusal: APIStatus) { complete(.init(refusal.code, value: refusal.value), response: nil) }

    /// A stream has ended, or its client has left.
    fileprivate func streamEnded() { complete(.init(200), response: nil) }
}

/// Calls back when nobody holds it any more.
private final class SessionKeeper: Sendable {
    private let end: @Sendable () -> Void

    init(_ end: @escaping @Sendable () -> Void) { self.end = end }

    deinit { end() }
}

/// A stream of which the end is written down.
private final class AuditedStream: EventStream {
    private let stream: any EventStream
    private let trail: RequestTrail

    init(_ stream: any EventStream, _ trail: RequestTrail) {
        self.stream = stream
        self.trail = trail
    }

    var deadline: SuspendingClock.Instant? { stream.deadline }
    var computes: Bool { stream.computes }
    var isLongAnswer: Bool { stream.isLongAnswer }

    func onWake(_ wake: @escaping @Sendable () -> Void) { stream.onWake(wake) }

    func pull(maximumBytes: Int) -> StreamStep {
        let step = stream.pull(maximumBytes: maximumBytes)
        if case .end = step { trail.streamEnded() }
        return step
    }

    func cancel() {
        stream.cancel()
        trail.streamEnded()
    }
}
