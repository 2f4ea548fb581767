import AsyncHTTPClient
import FairleadModel
import NIOCore
import NIOSSL
import Synchronization

/// HTTPS to webhooks outside of the simulation, with connections that are kept.
package final class WebhookHTTPClient: Sendable {
    private struct State {
        /// By the address that the name of a Service stands for; "" for what is found by its own name.
        var clients: [String: HTTPClient] = [:]
        /// In the order in which they were made.
        var order: [String] = []
        var settings: [[UInt8]: TLSConfiguration] = [:]
        var isShutDown = false
    }

    /// Clients that connect to something else than their URL says, and certificate authorities.
    private static let maximumClients = 32
    private static let maximumAuthorities = 256

    private let state = Mutex(State())

    package init() {}

    /// Closes all connections. Calls fail from then on.
    package func shutdown() async {
        let clients = state.withLock { state in
            state.isShutDown = true
            defer { state.clients = [:] }
            return Array(state.clients.values)
        }
        for client in clients {
            // It fails only if it has been shut down already.
            try? await client.shutdown()
        }
    }

    /// - Parameter host: `host:port` to connect to instead of the host of the URL, whose name stays that of the
    ///   certificate.
    /// - Throws: with the reason as Go's HTTP client gives it.
    func post(
        _ body: [UInt8], _ headers: [(name: String, value: String)], to url: String, _ target: WebhookTarget,
        connectingTo host: String?, within time: Duration
    ) async throws(WebhookFailure) -> WebhookAnswer {
        var (request, evicted) = try prepared(url, target, host)
        if let client = evicted {
            // Its connections are idle, or their calls fail: there are too many Services to keep them all.
            try? await client.shutdown()
        }
        request.head.method = .POST
        for (name, value) in headers { request.head.headers.add(name: name, value: value) }
        request.head.body = .bytes(body)
        let deadline = NIODeadline.now() + TimeAmount(time)
        let answer: HTTPClientResponse
        do {
            answer = try await request.client.execute(request.head, deadline: deadline)
        } catch {
            throw WebhookFailure(CallFailureText.reason(error, url: url))
        }
        do {
            return WebhookAnswer(
                status: Int(answer.status.code), contentType: answer.headers.first(name: "Content-Type") ?? "",
                body: Array(try await Self.collected(answer.body, until: deadline).readableBytesView))
        } catch let error as NIOTooManyBytesError {
            throw WebhookFailure(CallFailureText.reason(error, url: url))
        } catch {
            let reason = CallFailureText.reason(error, url: url)
            throw WebhookFailure(
                "unexpected error when reading response body. Please retry. Original error: \(reason)",
                namesCall: false)
        }
    }

    /// The client keeps its deadline only until the head of the answer has come: a body may drip for ever.
    private static func collected(
        _ body: HTTPClientResponse.Body, until deadline: NIODeadline
    ) async throws -> ByteBuffer {
        try await withThrowingTaskGroup(of: ByteBuffer.self) { group in
            group.addTask { try await body.collect(upTo: WebhookCaller.answerLimit) }
            group.addTask {
                try await Task.sleep(for: .nanoseconds((deadline - .now()).nanoseconds), clock: .suspending)
                throw HTTPClientError.deadlineExceeded
            }
            defer { group.cancelAll() }
            guard let first = try await group.next() else { throw CancellationError() }
            return first
        }
    }

    private struct Prepared {
        var client: HTTPClient
        var head: HTTPClientRequest
    }

    private func prepared(
        _ url: String, _ target: WebhookTarget, _ host: String?
    ) throws(WebhookFailure) -> (Prepared, evicted: HTTPClient?) {
        var head: HTTPClientRequest
        var override: [String: String] = [:]
        if let host, let name = target.serverName {
            // The connection goes to the endpoint's port; the name is asked for and checked as if it were there.
            let (address, port) = Self.parts(of: host, url: url)
            override = [name: address]
            let path = url.drop { $0 != "/" }.dropFirst(2).drop { $0 != "/" }
            head = HTTPClientRequest(url: "https://\(name):\(port)\(path)")
        } else {
            head = HTTPClientRequest(url: url)
        }
        let settings = try tls(target.authorities)
        head.tlsConfiguration = settings
        let key = override.first.map { "\($0.key)=\($0.value)" } ?? ""
        return try state.withLock { state throws(WebhookFailure) in
            guard !state.isShutDown else { throw WebhookFailure("the server is shutting down") }
            if let client = state.clients[key] { return (Prepared(client: client, head: head), nil) }
            let client = HTTPClient(
                eventLoopGroupProvider: .singleton, configuration: Self.configuration(override))
            state.clients[key] = client
            state.order.append(key)
            var evicted: HTTPClient?
            if state.order.count > Self.maximumClients {
                evicted = state.clients.removeValue(forKey: state.order.removeFirst())
            }
            return (Prepared(client: client, head: head), evicted)
        }
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

    private static func configuration(_ override: [String: String]) -> HTTPClient.Configuration {
        var configuration = HTTPClient.Configuration(
            redirectConfiguration: .disallow, timeout: .init(connect: .seconds(30)), decompression: .disabled)
        configuration.dnsOverride = override
        configuration.httpVersion = .http1Only
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 64
        configuration.connectionPool.retryConnectionEstablishment = false
        return configuration
    }

    private func tls(_ authorities: [UInt8]?) throws(WebhookFailure) -> TLSConfiguration {
        let key = authorities ?? []
        if let known = state.withLock({ $0.settings[key] }) { return known }
        var settings = TLSConfiguration.makeClientConfiguration()
        if let authorities {
            // What cannot be read is refused in Go's words, whatever NIO says about it.
            guard let certificates = try? NIOSSLCertificate.fromPEMBytes(authorities), !certificates.isEmpty else {
                throw WebhookFailure("unable to load root certificates: unable to parse bytes as PEM block", code: 0)
            }
            settings.trustRoots = .certificates(certificates)
        }
        state.withLock { state in
            if state.settings.count >= Self.maximumAuthorities { state.settings = [:] }
            state.settings[key] = settings
        }
        return settings
    }
}
