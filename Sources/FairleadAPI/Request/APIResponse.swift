package import FairleadContainers

/// An answer with its complete body.
package struct APIResponse: Sendable {
    package var status: Int
    package var contentType: String
    /// Additional headers (Warning, Location, Retry-After, Allow, ETag …), without Content-Type, Content-Length, Date.
    package var headers: [(name: String, value: String)]
    /// Headers besides these that other answers have, too.
    package var shared: HeaderBlock?
    /// Which request it answers: of visible ASCII characters, or empty.
    package var auditID = ""
    /// The body in pieces, so that a list can share the bytes of the objects it shows.
    package var body: [[UInt8]]

    package init(
        status: Int, contentType: String, headers: [(name: String, value: String)] = [], body: [[UInt8]]
    ) {
        self.status = status
        self.contentType = contentType
        self.headers = headers
        self.body = body
    }

    /// All headers, however they are kept.
    package var allHeaders: [(name: String, value: String)] {
        var all = headers + (shared?.fields ?? [])
        if !auditID.isEmpty { all.append((name: "Audit-Id", value: auditID)) }
        return all
    }

    package static func text(_ status: Int, _ text: String) -> APIResponse {
        // Like Go's http.Error: browsers must not sniff the type of an error.
        let headers = status >= 400 ? [(name: "X-Content-Type-Options", value: "nosniff")] : []
        return APIResponse(
            status: status, contentType: "text/plain; charset=utf-8", headers: headers, body: [Array(text.utf8)])
    }
}

/// How a request will be answered.
package enum APIOutcome: Sendable {
    /// Answered at once (reads, refusals), without waiting.
    case response(APIResponse)
    /// A watch or a followed log: HTTP 200 with this content type, then whatever the stream yields.
    case stream(any EventStream, contentType: String, headers: [(name: String, value: String)])
    /// Has to wait for a commit or a revision, and computes little: may run on the event loop. Answers once.
    case deferred(@Sendable () async -> APIOutcome)
    /// Computes for longer than an event loop can spare. Answers once. Its task is cancelled when the client has left
    /// or the time is up: reads then stop, writes are completed.
    case computed(@Sendable () async -> APIOutcome)
    /// Waits for a program, for as long as that takes: no deadline applies. Runs off the event loop, and is cancelled
    /// when the client leaves. Answers once.
    case longRunning(@Sendable () async -> APIOutcome)
    /// The connection leaves HTTP, if its client speaks a protocol that the session has, and belongs to the session.
    case session(PodSession, APIRequest, headers: [(name: String, value: String)])
}

/// A streaming body: the connection pulls whenever it can take more, so a slow client slows down only itself.
///
/// Methods are called by one thread at a time, `cancel` never during a `pull`; `wake` may come from any thread.
package protocol EventStream: Sendable {
    /// Sets the callback for when there may be more to pull. Called once, before the first `pull`.
    func onWake(_ wake: @escaping @Sendable () -> Void)
    /// Returns what is available, at most about `maximumBytes`, without waiting.
    func pull(maximumBytes: Int) -> StreamStep
    /// The time (on the monotonic `SuspendingClock`) at which `pull` should be called even if nothing woke it: for
    /// bookmarks and `timeoutSeconds`. nil if there is none.
    var deadline: SuspendingClock.Instant? { get }
    /// The client has left or the server is stopping: release what is held. May be called more than once.
    func cancel()
    /// Whether `pull` computes for longer than an event loop can spare.
    var computes: Bool { get }
    /// Whether this answer is finite, only too long to be held in memory: it may be compressed, and a connection that
    /// ends before it does has failed.
    var isLongAnswer: Bool { get }
}

extension EventStream {
    package var computes: Bool { false }
    package var isLongAnswer: Bool { false }
}

package enum StreamStep: Sendable {
    /// Send these pieces, then pull again when writable.
    case data([[UInt8]])
    /// Nothing yet; wait for `wake` or the deadline.
    case wait
    /// Send these pieces, then end the body.
    case end([[UInt8]])
}
