import NIOCore
import NIOPosix

/// One keep-alive connection for sequential requests: for setting up, and for single measurements.
enum Probe {
    struct Answer {
        var status: Int
        var body: ByteBuffer
    }

    /// Connects, runs the body with a session for sending requests, and closes the connection.
    static func with<Result: Sendable>(
        _ target: Target, _ body: (inout Session) async throws -> Result
    ) async throws -> Result {
        let channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .connect(host: target.host, port: target.port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        return try await channel.executeThenClose { inbound, outbound in
            var session = Session(target: target, inbound: inbound.makeAsyncIterator(), outbound: outbound)
            return try await body(&session)
        }
    }

    struct Session {
        let target: Target
        fileprivate var inbound: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
        fileprivate let outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
        private var reader = ResponseReader()

        fileprivate init(
            target: Target, inbound: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator,
            outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
        ) {
            self.target = target
            self.inbound = inbound
            self.outbound = outbound
        }

        mutating func send(_ request: ByteBuffer) async throws { try await outbound.write(request) }

        mutating func nextEvent() async throws -> ResponseReader.Event {
            while true {
                if let event = try reader.next() { return event }
                guard var more = try await inbound.next() else {
                    throw BenchError("the server closed the connection")
                }
                reader.add(&more)
            }
        }

        mutating func ask(
            _ method: String, _ path: String, contentType: String = "application/json", body: String? = nil
        ) async throws -> Answer {
            try await send(Request.make(method, path, to: target, contentType: contentType, body: body))
            var answer = Answer(status: 0, body: ByteBuffer())
            while true {
                switch try await nextEvent() {
                case .head(let status): answer.status = status
                case .body(var part): answer.body.writeBuffer(&part)
                case .end: return answer
                }
            }
        }

        /// Creates an object; it is fine if it already exists.
        mutating func create(_ path: String, _ body: String) async throws {
            let answer = try await ask("POST", path, body: body)
            guard answer.status == 201 || answer.status == 409 else {
                throw BenchError("POST \(path): \(answer.status) \(String(buffer: answer.body))")
            }
        }
    }
}
