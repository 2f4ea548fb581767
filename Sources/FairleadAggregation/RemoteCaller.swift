import AsyncHTTPClient
import FairleadContainers
import FairleadModel
import FairleadStorage
import FairleadWebhooks
import NIOCore
import NIOHTTP1

/// Sends requests to the servers behind APIServices.
struct RemoteCaller: Sendable {
    /// Of an answer that does not last, in bytes.
    static let answerLimit = 16 << 20

    struct Request: Sendable {
        var method: String
        /// With the query.
        var target: String
        var headers: [(name: String, value: String)]
        var body: [UInt8] = []
    }

    struct Answer: Sendable {
        enum Body: Sendable {
            case whole([UInt8])
            /// The lease is to be kept until the end.
            case flowing(HTTPClientResponse.Body, KeptClients.Lease)
        }

        var status: Int
        var headers: [(name: String, value: String)]
        var body: Body

        func header(_ name: String) -> String? {
            headers.first { $0.name.lowercased() == name.lowercased() }?.value
        }
    }

    let connections: RemoteConnections
    /// Where endpoints that are simulated pods are; nil if there are none.
    let pods: (any PodAccess)?

    /// - Parameters:
    ///   - flows: whether a good answer is passed on as it comes, for as long as it lasts.
    ///   - time: for the whole answer, or for its beginning.
    /// - Throws: with the reason as Go's HTTP client gives it.
    func send(
        _ request: Request, to service: RemoteService, flows: Bool, within time: Duration, _ snapshot: Snapshot
    ) async throws(WebhookFailure) -> Answer {
        let clock = SystemDelayClock()
        let result = await clock.first(by: clock.now + time) { () -> Result<Answer, WebhookFailure> in
            do throws(WebhookFailure) {
                switch try Route(service, snapshot) {
                case .outside(let host, let port):
                    return .success(try await outside(request, service, host, port, flows: flows, within: time))
                case .pod(let address, let port):
                    return .success(try await inPod(request, NetworkAddress(address, port)))
                }
            } catch {
                return .failure(error)
            }
        }
        guard let result else { throw WebhookFailure("context deadline exceeded", code: 504) }
        return try result.get()
    }

    private func outside(
        _ request: Request, _ service: RemoteService, _ host: String, _ port: Int, flows: Bool, within time: Duration
    ) async throws(WebhookFailure) -> Answer {
        let name = service.target.serverName ?? host
        let url = "https://\(name):\(port)\(request.target)"
        var head = HTTPClientRequest(url: url)
        head.method = HTTPMethod(rawValue: request.method)
        for (name, value) in request.headers { head.headers.add(name: name, value: value) }
        if !request.body.isEmpty { head.body = .bytes(request.body) }
        let lease = try await connections.client(for: service, name, at: host)
        do {
            let answer = try await lease.client.execute(head, deadline: .now() + TimeAmount(time))
            let headers = answer.headers.map { (name: $0.name, value: $0.value) }
            let status = Int(answer.status.code)
            if flows, status == 200 {
                return Answer(status: status, headers: headers, body: .flowing(answer.body, lease))
            }
            let body = try await answer.body.collect(upTo: Self.answerLimit)
            return Answer(status: status, headers: headers, body: .whole(Array(body.readableBytesView)))
        } catch is NIOTooManyBytesError {
            throw WebhookFailure("the answer is larger than \(Self.answerLimit) bytes")
        } catch {
            throw WebhookFailure(CallFailureText.reason(error, url: "https://\(host):\(port)"))
        }
    }

    /// TLS ends in the network of the simulation: both sides speak plain HTTP there, and answers come as a whole.
    private func inPod(_ request: Request, _ destination: NetworkAddress) async throws(WebhookFailure) -> Answer {
        let connection = try await connect(destination)
        defer { connection.close() }
        do throws(WebError) {
            let answer = try await WebClient.send(web(request), over: connection, limit: Self.answerLimit)
            return Answer(status: answer.status, headers: answer.headers, body: .whole(answer.body))
        } catch {
            throw WebhookFailure(Self.reason(error))
        }
    }

    private func web(_ request: Request) -> WebRequest {
        var result = WebRequest(request.method, request.target, headers: request.headers, body: request.body)
        result.headers.append((name: "Host", value: "localhost"))
        return result
    }

    private func connect(_ destination: NetworkAddress) async throws(WebhookFailure) -> Connection {
        guard let pods else { throw WebhookFailure("dial tcp \(destination): connect: connection refused") }
        do throws(NetworkError) {
            return try await pods.connect(fromNode: nil, to: destination, within: .seconds(30))
        } catch {
            let why = error == .timedOut ? "i/o timeout" : "connect: \(error.goDescription)"
            throw WebhookFailure("dial tcp \(destination): \(why)")
        }
    }

    private static func reason(_ error: WebError) -> String {
        switch error {
        case .ended, .empty: "EOF"
        case .malformed: "net/http: HTTP/1.x transport connection broken: malformed HTTP response"
        case .tooLarge: "the answer is larger than \(answerLimit) bytes"
        }
    }

    // MARK: - other protocols

    /// A request for another protocol, and what came of it.
    enum Upgrade: Sendable {
        /// The server goes on in the other protocol.
        case agreed(RelaySession)
        case refused(Answer)
    }

    /// - Throws: with the reason, if there is no answer in time.
    func upgrade(
        _ request: Request, to service: RemoteService, within time: Duration, _ snapshot: Snapshot
    ) async throws(WebhookFailure) -> Upgrade {
        switch try Route(service, snapshot) {
        case .outside(let host, let port):
            let name = service.target.serverName ?? host
            var request = request
            request.headers.append((name: "Host", value: "\(name):\(port)"))
            let tunnel = RemoteTunnel()
            let settings = try connections.settings(of: service)
            do {
                let answer = try await tunnel.open(
                    request, host: host, port: port, serverName: name, settings, within: TimeAmount(time))
                guard answer.status == 101 else { return .refused(answer) }
                return .agreed(
                    RelaySession(headers: answer.headers) { source, sink in
                        await Self.relay(source, sink, (tunnel, tunnel))
                        tunnel.close()
                    })
            } catch {
                tunnel.close()
                throw WebhookFailure(CallFailureText.reason(error, url: "https://\(host):\(port)"))
            }
        case .pod(let address, let port):
            return try await upgradeInPod(web(request), NetworkAddress(address, port))
        }
    }

    private func upgradeInPod(
        _ request: WebRequest, _ destination: NetworkAddress
    ) async throws(WebhookFailure) -> Upgrade {
        let connection = try await connect(destination)
        var reader = WebReader(connection.input, limit: Self.answerLimit)
        do throws(WebError) {
            do { try await connection.output.write(request.bytes) } catch { throw .ended }
            let answer = try await reader.response()
            guard answer.status == 101 else {
                connection.close()
                return .refused(Answer(status: answer.status, headers: answer.headers, body: .whole(answer.body)))
            }
            let rest = reader.rest
            let end = ClosedWithRelay(connection.close)
            return .agreed(
                RelaySession(headers: answer.headers) { source, sink in
                    defer { withExtendedLifetime(end) {} }
                    // Nobody reads any more: that ends the relay too.
                    if !rest.isEmpty { do { try await sink.write(rest) } catch { return } }
                    await Self.relay(source, sink, (connection.input, connection.output))
                })
        } catch {
            connection.close()
            throw WebhookFailure(Self.reason(error))
        }
    }

    /// Passes bytes on until the server has ended, or the client has gone.
    private static func relay(
        _ source: any ByteSource, _ sink: any ByteSink, _ server: (input: any ByteSource, output: any ByteSink)
    ) async {
        await withTaskGroup(of: Bool.self) { group in
            group.addTask {
                await copy(source, server.output)
                server.output.end()
                return false
            }
            group.addTask {
                await copy(server.input, sink)
                return true
            }
            for await isServer in group where isServer {
                group.cancelAll()
                break
            }
        }
    }

    private static func copy(_ source: any ByteSource, _ sink: any ByteSink) async {
        while let bytes = await source.read(upTo: 32 << 10) {
            do { try await sink.write(bytes) } catch { return }
        }
    }
}

/// Closes a connection when the last who may relay it has gone.
private final class ClosedWithRelay: Sendable {
    private let close: @Sendable () -> Void

    init(_ close: @escaping @Sendable () -> Void) { self.close = close }

    deinit { close() }
}

/// Where the Service of an APIService leads.
private enum Route {
    case outside(host: String, port: Int)
    case pod(IPAddress, UInt16)

    init(_ service: RemoteService, _ snapshot: Snapshot) throws(WebhookFailure) {
        switch try WebhookAddress.find(service.target, snapshot) {
        case .url: throw WebhookFailure("no Service is named")
        case .pod(let address, let port): self = .pod(address, port)
        case .outside(let text):
            var port = 443
            if case .service(_, _, _, let number) = service.target.place { port = number }
            guard let colon = text.lastIndex(of: ":"), !text[colon...].contains("]") else {
                // An external name is reached at the port of the Service.
                self = .outside(host: text, port: port)
                return
            }
            let host = text[..<colon].filter { $0 != "[" && $0 != "]" }
            self = .outside(host: host, port: Int(text[text.index(after: colon)...]) ?? port)
        }
    }
}
