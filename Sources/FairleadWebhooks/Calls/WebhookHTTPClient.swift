import AsyncHTTPClient
import FairleadModel
package import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// HTTPS to webhooks outside of the simulation, with connections that are kept.
package final class WebhookHTTPClient: Sendable {
    private let clients: KeptClients

    /// - Parameter group: whose loops the connections live on; it is there for longer than this.
    package init(on group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton) {
        clients = KeptClients(on: group, maximumConnections: 64)
    }

    /// Whether this runs on one of the loops.
    var isOnEventLoop: Bool { clients.isOnEventLoop }

    /// Closes all connections. Calls fail from then on.
    package func shutdown() async { await clients.shutdown() }

    /// - Parameter host: `host:port` to connect to instead of the host of the URL, whose name stays that of the
    ///   certificate.
    /// - Throws: with the reason as Go's HTTP client gives it.
    func post(
        _ body: [UInt8], _ headers: [(name: String, value: String)], to url: String, _ target: WebhookTarget,
        connectingTo host: String?, within time: Duration
    ) async throws(WebhookFailure) -> WebhookAnswer {
        let deadline = NIODeadline.now() + TimeAmount(time)
        let (actual, override) = Self.way(url, target, host)
        let lease = try await clients.client(override, KeptClients.Trust(authorities: target.authorities)) {
            () throws(WebhookFailure) in
            try KeptClients.settings(trusting: target.authorities, code: 0)
        }
        let collector = AnswerCollector(limit: WebhookCaller.answerLimit)
        do {
            let request = try HTTPClient.Request(
                url: actual, method: .POST, headers: HTTPHeaders(headers.map { ($0.name, $0.value) }),
                body: .byteBuffer(ByteBuffer(bytes: body)))
            // The client has only one loop. To ask for it would be to ask for a connection that is not kept.
            let task = lease.client.execute(request: request, delegate: collector, deadline: deadline)
            return try await withTaskCancellationHandler {
                try await task.futureResult.get()
            } onCancel: {
                task.cancel()
            }
        } catch let error as NIOTooManyBytesError {
            throw WebhookFailure(CallFailureText.reason(error, url: url))
        } catch {
            let reason = CallFailureText.reason(error, url: url)
            guard collector.hasBegun else { throw WebhookFailure(reason) }
            throw WebhookFailure(
                "unexpected error when reading response body. Please retry. Original error: \(reason)",
                namesCall: false)
        }
    }

    /// The URL to ask, and where its host is if that has been found already.
    private static func way(
        _ url: String, _ target: WebhookTarget, _ host: String?
    ) -> (url: String, override: KeptClients.Override?) {
        guard let host, let name = target.serverName else { return (url, nil) }
        // The connection goes to the endpoint's port; the name is asked for and checked as if it were there.
        let (address, port) = parts(of: host, url: url)
        let path = url.drop { $0 != "/" }.dropFirst(2).drop { $0 != "/" }
        return ("https://\(name):\(port)\(path)", KeptClients.Override(name: name, address: address))
    }

    private static func parts(of host: String, url: String) -> (address: String, port: String) {
        guard let colon = host.lastIndex(of: ":"), !host[colon...].contains("]") else {
            // An external name is reached at the port of the Service.
            let port = url.drop { $0 != "/" }.dropFirst(2).prefix { $0 != "/" }.drop { $0 != ":" }.dropFirst()
            return (host, String(port))
        }
        let address = host[..<colon].filter { $0 != "[" && $0 != "]" }
        return (String(address), String(host[host.index(after: colon)...]))
    }
}

/// Puts an answer together, up to a limit, on the event loop that reads it.
private final class AnswerCollector: HTTPClientResponseDelegate {
    typealias Response = WebhookAnswer

    private let limit: Int
    private let answer = Mutex<WebhookAnswer?>(nil)

    init(limit: Int) { self.limit = limit }

    /// Whether the head of the answer has come.
    var hasBegun: Bool { answer.withLock { $0 != nil } }

    func didReceiveHead(task: HTTPClient.Task<WebhookAnswer>, _ head: HTTPResponseHead) -> EventLoopFuture<Void> {
        let length = head.headers.first(name: "Content-Length").flatMap { Int($0) } ?? 0
        answer.withLock { answer in
            var body: [UInt8] = []
            body.reserveCapacity(min(max(length, 0), 64 << 10))
            answer = WebhookAnswer(
                status: Int(head.status.code), contentType: head.headers.first(name: "Content-Type") ?? "", body: body)
        }
        if length > limit { return task.eventLoop.makeFailedFuture(NIOTooManyBytesError(maxBytes: limit)) }
        return task.eventLoop.makeSucceededVoidFuture()
    }

    func didReceiveBodyPart(task: HTTPClient.Task<WebhookAnswer>, _ part: ByteBuffer) -> EventLoopFuture<Void> {
        let isInTheLimit = answer.withLock { answer in
            guard let count = answer?.body.count, part.readableBytes <= limit - count else { return false }
            answer?.body.append(contentsOf: part.readableBytesView)
            return true
        }
        if isInTheLimit { return task.eventLoop.makeSucceededVoidFuture() }
        return task.eventLoop.makeFailedFuture(NIOTooManyBytesError(maxBytes: limit))
    }

    func didFinishRequest(task: HTTPClient.Task<WebhookAnswer>) throws -> WebhookAnswer {
        guard let answer = answer.withLock({ $0 }) else { throw HTTPClientError.remoteConnectionClosed }
        return answer
    }
}
