import GRPCCore
import GRPCNIOTransportHTTP2Posix
import NIOCore
import NIOSSL

/// The connection to one member of the cluster. It is made anew whenever it is lost.
struct EtcdMember: Sendable {
    let endpoint: EtcdOptions.Endpoint
    private let client: GRPCClient<HTTP2ClientTransport.Posix>

    /// The largest message that is taken from a member.
    private static let largestMessage = 1 << 30

    /// - Throws: for certificates that cannot be read.
    init(_ endpoint: EtcdOptions.Endpoint, _ options: EtcdOptions) throws {
        self.endpoint = endpoint
        var config = HTTP2ClientTransport.Posix.Config.defaults
        config.backoff = .init(
            initial: .milliseconds(100), max: .seconds(1), multiplier: 1.6, jitter: 0.2)
        // etcd takes a ping every five seconds, and closes the connection of who sends more.
        config.connection.keepalive = .init(
            time: .seconds(6), timeout: .seconds(2), allowWithoutCalls: false)
        config.channelDebuggingCallbacks.onCreateTCPConnection = { [isSecure = endpoint.isSecure] channel in
            channel.eventLoop.submit {
                let pipeline = channel.pipeline.syncOperations
                // Behind TLS, before HTTP/2.
                let place: ChannelPipeline.SynchronousOperations.Position =
                    isSecure ? .after(try pipeline.handler(type: NIOSSLClientHandler.self)) : .first
                try pipeline.addHandler(PingAnswerer(), position: place)
            }
        }
        client = GRPCClient(
            transport: try HTTP2ClientTransport.Posix(
                target: Self.target(endpoint), transportSecurity: Self.security(endpoint, options), config: config))
    }

    private static func target(_ endpoint: EtcdOptions.Endpoint) -> any ResolvableTarget {
        if endpoint.host.contains(":") { return .ipv6(address: endpoint.host, port: endpoint.port) }
        let isNumeric = endpoint.host.allSatisfy { $0.isNumber || $0 == "." }
        return isNumeric
            ? .ipv4(address: endpoint.host, port: endpoint.port) : .dns(host: endpoint.host, port: endpoint.port)
    }

    private static func security(
        _ endpoint: EtcdOptions.Endpoint, _ options: EtcdOptions
    ) -> HTTP2ClientTransport.Posix.TransportSecurity {
        guard endpoint.isSecure else { return .plaintext }
        return .tls { tls in
            if let file = options.authorityFile { tls.trustRoots = .certificates([.file(path: file, format: .pem)]) }
            if let certificate = options.certificateFile, let key = options.keyFile {
                tls.certificateChain = [.file(path: certificate, format: .pem)]
                tls.privateKey = .file(path: key, format: .pem)
            }
        }
    }

    /// Keeps the connection until the task is cancelled.
    func run() async {
        await withTaskCancellationHandler {
            // It ends when it is told to; what goes wrong with a connection is told to those who use it.
            try? await client.runConnections()
        } onCancel: {
            client.beginGracefulShutdown()
        }
    }

    /// Sends one request, and waits for the answer.
    func call<Response: EtcdResponse>(
        _ method: EtcdMethod, _ request: some EtcdRequest, _: Response.Type, timeout: Duration
    ) async throws(EtcdError) -> Response {
        var options = CallOptions.defaults
        options.timeout = timeout
        options.waitForReady = false
        options.maxRequestMessageBytes = Self.largestMessage
        options.maxResponseMessageBytes = Self.largestMessage
        do {
            return try await client.unary(
                request: ClientRequest(message: request.encoded.bytes), descriptor: method.descriptor,
                serializer: WholeBytes(), deserializer: WholeBytes(), options: options
            ) { response in
                try Response(decoding: try response.message[...])
            }
        } catch {
            throw EtcdError(error)
        }
    }

    /// Opens a watch, and hands over what it delivers until it ends.
    ///
    /// - Parameters:
    ///   - requests: the creation of the watch, and what is asked of it later.
    ///   - take: called with each response; false ends the watch.
    func watch(
        _ requests: AsyncStream<WatchRequest>, _ take: @escaping @Sendable (WatchResponse) throws -> Bool
    ) async throws(EtcdError) {
        var options = CallOptions.defaults
        options.waitForReady = false
        options.maxResponseMessageBytes = Self.largestMessage
        do {
            try await client.bidirectionalStreaming(
                // A member without a leader would go on silently.
                request: StreamingClientRequest(metadata: ["hasleader": "true"]) { writer in
                    for await request in requests { try await writer.write(request.encoded.bytes) }
                },
                descriptor: EtcdMethod.watch.descriptor, serializer: WholeBytes(), deserializer: WholeBytes(),
                options: options
            ) { response in
                for try await message in response.messages {
                    guard try take(WatchResponse(decoding: message[...])) else { return }
                }
            }
        } catch {
            throw EtcdError(error)
        }
    }
}

/// The methods of etcd's API v3 that this program calls.
enum EtcdMethod: Sendable {
    case range, put, deleteRange, txn, compact, watch, status

    var descriptor: MethodDescriptor {
        switch self {
        case .range: MethodDescriptor(fullyQualifiedService: "etcdserverpb.KV", method: "Range")
        case .put: MethodDescriptor(fullyQualifiedService: "etcdserverpb.KV", method: "Put")
        case .deleteRange: MethodDescriptor(fullyQualifiedService: "etcdserverpb.KV", method: "DeleteRange")
        case .txn: MethodDescriptor(fullyQualifiedService: "etcdserverpb.KV", method: "Txn")
        case .compact: MethodDescriptor(fullyQualifiedService: "etcdserverpb.KV", method: "Compact")
        case .watch: MethodDescriptor(fullyQualifiedService: "etcdserverpb.Watch", method: "Watch")
        case .status: MethodDescriptor(fullyQualifiedService: "etcdserverpb.Maintenance", method: "Status")
        }
    }
}

/// Messages are bytes for the transport: what they mean is known in `Wire/`.
private struct WholeBytes: MessageSerializer, MessageDeserializer {
    func serialize<Bytes: GRPCContiguousBytes>(_ message: [UInt8]) throws -> Bytes { Bytes(message) }

    func deserialize<Bytes: GRPCContiguousBytes>(_ bytes: Bytes) throws -> [UInt8] {
        bytes.withUnsafeBytes { Array($0) }
    }
}
