import AsyncHTTPClient
import FairleadClient
import FairleadModel
import Logging
import NIOCore
import NIOHTTP1

/// Sends requests to one API server: who asks, how long to wait, when to ask again.
///
/// Answers are put together on the event loops and looked at by the callers' tasks. `shutdown` must have been called
/// before the last reference goes.
final class RemoteTransport: Sendable {
    /// A request, as far as it differs from others.
    struct Request: Sendable {
        var method = HTTPMethod.GET
        /// The path and the query, escaped.
        var target: String
        var body: [UInt8]?
        var contentType = "application/json"
        var accept = "application/json"
    }

    /// What came of one attempt.
    private enum Attempt<Success: Sendable>: Sendable {
        case done(Success)
        case refused(APIStatus, retryAfter: Duration?)
        case lost(APIStatus)
    }

    let limits: RemoteLimits
    let clock: any DelayClock
    let logger: Logger
    private let server: RemoteServer
    private let userAgent: String
    private let tokens: TokenSource
    private let http: HTTPClient

    /// - Throws: if a certificate or a key of the server cannot be used.
    init(
        _ server: RemoteServer, userAgent: String, limits: RemoteLimits, clock: any DelayClock, logger: Logger,
        group: any EventLoopGroup
    ) throws(RemoteServer.Refusal) {
        self.server = server
        self.userAgent = userAgent
        self.limits = limits
        self.clock = clock
        self.logger = logger
        tokens = TokenSource(server.credentials, clock: clock, logger: logger)
        http = HTTPClient(eventLoopGroup: group, configuration: try server.httpConfiguration(limits))
    }

    /// Ends all requests and watches. The first call counts.
    func shutdown() async {
        do {
            try await http.shutdown().get()
        } catch {
            logger.debug("shut down already", metadata: ["error": .string("\(error)")])
        }
    }

    /// The body of a successful answer.
    func call(_ request: Request) async throws(APIStatus) -> ByteBuffer {
        try await persistently(request) { [self] authorization in
            let answer = try await whole(request, authorization)
            let body = answer.body ?? ByteBuffer()
            if 200..<300 ~= answer.status.code { return .done(body) }
            return refusal(answer.status, answer.headers, Array(body.readableBytesView))
        }
    }

    /// The answer as it is, for people.
    func page(_ target: String) async throws(APIStatus) -> RemotePage {
        let request = Request(target: target, accept: "*/*")
        return try await persistently(request) { [self] authorization in
            let answer = try await whole(request, authorization)
            let body = String(decoding: (answer.body ?? ByteBuffer()).readableBytesView, as: UTF8.self)
            return .done(RemotePage(status: Int(answer.status.code), body: body))
        }
    }

    private func whole(_ request: Request, _ authorization: String?) async throws -> HTTPClient.Response {
        let prepared = try self.prepared(request, authorization)
        let task = http.execute(
            request: prepared,
            delegate: ResponseAccumulator(request: prepared, maxBodySize: limits.answerBytes),
            deadline: .now() + TimeAmount(limits.answering))
        return try await withTaskCancellationHandler {
            try await task.get()
        } onCancel: {
            task.cancel()
        }
    }

    /// Opens a stream and returns it when the server has agreed (200). Whoever has the handle cancels it in the end.
    func open(_ request: Request, _ handle: WatchHandle) async throws(APIStatus) -> WatchStream {
        try await persistently(request) { [self] authorization in
            let prepared = try self.prepared(request, authorization)
            let stream = WatchStream(signal: handle.signal, clock: clock, waitingBytes: limits.waitingBytes)
            try handle.hold(stream)
            stream.start(http.execute(request: prepared, delegate: stream))
            do {
                let head = try await stream.head(within: limits.answering)
                if 200..<300 ~= head.status.code { return .done(stream) }
                return refusal(head.status, head.headers, try await stream.rest(within: limits.answering))
            } catch {
                stream.cancel()
                throw error
            }
        }
    }

    // MARK: - one request, as often as it takes

    private func persistently<Success: Sendable>(
        _ request: Request, _ attempt: (_ authorization: String?) async throws -> Attempt<Success>
    ) async throws(APIStatus) -> Success {
        var repeats = limits.repeats
        var mayBeStale = request.method == .GET
        var authorization = try tokens.header()
        while true {
            switch await outcome(authorization, attempt) {
            case .done(let success): return success
            case .lost(let status):
                // Once: the second connection is a new one.
                guard mayBeStale, !Task.isCancelled else { throw status }
                mayBeStale = false
                logger.debug("asking again", metadata: ["request": .string(request.target)])
            case .refused(let status, let delay):
                if status.code == 401, tokens.refused(authorization), let newer = try tokens.header(),
                    newer != authorization
                {
                    authorization = newer
                    continue
                }
                guard repeats > 0, let delay, delay <= limits.longestRetryAfter else { throw status }
                repeats -= 1
                logger.debug(
                    "the server is busy; asking again",
                    metadata: ["request": .string(request.target), "after": .stringConvertible(delay)])
                await clock.sleep(for: delay)
                if Task.isCancelled { throw RemoteFailure.cancelled }
                authorization = try tokens.header()
            }
        }
    }

    private func outcome<Success>(
        _ authorization: String?, _ attempt: (_ authorization: String?) async throws -> Attempt<Success>
    ) async -> Attempt<Success> {
        do {
            return try await attempt(authorization)
        } catch {
            if Task.isCancelled { return .refused(RemoteFailure.cancelled, retryAfter: nil) }
            let status = failure(error)
            return RemoteFailure.isLostConnection(error) ? .lost(status) : .refused(status, retryAfter: nil)
        }
    }

    /// Why there was no answer, for the client.
    func failure(_ error: any Error) -> APIStatus { RemoteFailure.status(error, url: server.url, limits: limits) }

    private func refusal<Success>(
        _ code: HTTPResponseStatus, _ headers: HTTPHeaders, _ body: [UInt8]
    ) -> Attempt<Success> {
        let status = APIStatus(
            answer: body, code: Int(code.code), url: server.url, location: headers.first(name: "Location"))
        guard code.code == 429 || code.code == 503, let text = headers.first(name: "Retry-After"),
            let seconds = Int(text), seconds >= 0
        else { return .refused(status, retryAfter: nil) }
        return .refused(status, retryAfter: .seconds(saturating: Double(seconds)))
    }

    private func prepared(_ request: Request, _ authorization: String?) throws -> HTTPClient.Request {
        var url = server.url
        var headers: HTTPHeaders = ["Host": url.authority, "Accept": request.accept, "User-Agent": userAgent]
        if let authorization { headers.add(name: "Authorization", value: authorization) }
        if request.body != nil { headers.add(name: "Content-Type", value: request.contentType) }
        if let tlsServerName = server.tlsServerName { url.host = tlsServerName }
        return try HTTPClient.Request(
            url: url.description + request.target, method: request.method, headers: headers,
            body: request.body.map { .bytes($0) })
    }
}
