import FairleadContainers
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Synchronization

/// A connection to a server that may leave HTTP: then it is bytes in both directions.
///
/// Neither direction keeps more than its limit and one piece.
final class RemoteTunnel: ByteSource, ByteSink {
    private static let inputLimit = 256 << 10
    /// Of an answer that refuses the other protocol.
    fileprivate static let bodyLimit = 1 << 20

    private struct State {
        var channel: (any Channel)?
        var input = CircularBuffer<[UInt8]>()
        var inputBytes = 0
        var hasEnded = false
        var isReadHeld = false
        var reader: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())

    deinit { state.withLock { $0.channel }?.close(promise: nil) }

    /// Connects, asks, and returns the answer: with status 101 the rest of the connection is this tunnel's.
    func open(
        _ request: RemoteCaller.Request, host: String, port: Int, serverName: String, _ settings: TLSConfiguration,
        within time: TimeAmount
    ) async throws -> RemoteCaller.Answer {
        let context = try NIOSSLContext(configuration: settings)
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let promise = loop.makePromise(of: RemoteCaller.Answer.self)
        let timer = loop.scheduleTask(in: time) { promise.fail(ChannelError.connectTimeout(time)) }
        defer { timer.cancel() }
        let channel: any Channel
        do {
            channel = try await ClientBootstrap(group: loop).connectTimeout(min(time, .seconds(30)))
                .channelOption(.allowRemoteHalfClosure, value: true)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        let pipeline = channel.pipeline.syncOperations
                        try pipeline.addHandler(NIOSSLClientHandler(context: context, serverHostname: serverName))
                        let encoder = HTTPRequestEncoder()
                        let decoder = ByteToMessageHandler(HTTPResponseDecoder(leftOverBytesStrategy: .forwardBytes))
                        try pipeline.addHandlers([
                            encoder, decoder, TunnelHead(self, promise, encoder: encoder, decoder: decoder),
                        ])
                    }
                }.connect(host: host, port: port).get()
        } catch {
            promise.fail(error)
            throw error
        }
        state.withLock { $0.channel = channel }
        var head = HTTPRequestHead(
            version: .http1_1, method: HTTPMethod(rawValue: request.method), uri: request.target)
        for (name, value) in request.headers { head.headers.add(name: name, value: value) }
        channel.write(HTTPClientRequestPart.head(head), promise: nil)
        channel.writeAndFlush(HTTPClientRequestPart.end(nil), promise: nil)
        return try await promise.futureResult.get()
    }

    func close() { state.withLock { $0.channel }?.close(promise: nil) }

    // MARK: - for the relay

    func read(upTo limit: Int) async -> [UInt8]? {
        while !Task.isCancelled {
            let (bytes, hasEnded, waiting) = state.withLock { state -> ([UInt8]?, Bool, (any Channel)?) in
                guard let first = state.input.popFirst() else { return (nil, state.hasEnded, nil) }
                let part = Array(first.prefix(max(1, limit)))
                if part.count < first.count { state.input.prepend(Array(first.dropFirst(part.count))) }
                state.inputBytes -= part.count
                guard state.isReadHeld, state.inputBytes < Self.inputLimit / 2 else { return (part, false, nil) }
                state.isReadHeld = false
                return (part, false, state.channel)
            }
            waiting?.read()
            if let bytes { return bytes }
            if hasEnded { return nil }
            await waitForInput()
        }
        return nil
    }

    private func waitForInput() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let mayGo = state.withLock { state in
                    if Task.isCancelled || !state.input.isEmpty || state.hasEnded { return true }
                    state.reader = continuation
                    return false
                }
                if mayGo { continuation.resume() }
            }
        } onCancel: {
            wakeReader { _ in }
        }
    }

    func write(_ bytes: [UInt8]) async throws(BrokenPipe) {
        guard let channel = state.withLock({ $0.channel }), !Task.isCancelled else { throw BrokenPipe() }
        do { try await channel.writeAndFlush(ByteBuffer(bytes: bytes)) } catch { throw BrokenPipe() }
    }

    func end() { state.withLock { $0.channel }?.close(mode: .output, promise: nil) }

    // MARK: - for the channel

    fileprivate func deliver(_ bytes: [UInt8]) {
        wakeReader { state in
            state.input.append(bytes)
            state.inputBytes += bytes.count
        }
    }

    fileprivate func inputEnded() { wakeReader { $0.hasEnded = true } }

    /// Whether the socket may be read; if not, it is when the relay has taken enough.
    fileprivate func takesMore() -> Bool {
        state.withLock { state in
            if state.inputBytes < Self.inputLimit { return true }
            state.isReadHeld = true
            return false
        }
    }

    private func wakeReader(_ change: (inout State) -> Void) {
        let reader = state.withLock { state in
            change(&state)
            defer { state.reader = nil }
            return state.reader
        }
        reader?.resume()
    }
}

/// Reads the answer, and leaves the connection to bytes if the server agrees.
private final class TunnelHead: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPClientResponsePart

    private let tunnel: RemoteTunnel
    private let promise: EventLoopPromise<RemoteCaller.Answer>
    private let encoder: HTTPRequestEncoder
    private let decoder: ByteToMessageHandler<HTTPResponseDecoder>
    private var answer: RemoteCaller.Answer?
    private var body: [UInt8] = []

    init(
        _ tunnel: RemoteTunnel, _ promise: EventLoopPromise<RemoteCaller.Answer>, encoder: HTTPRequestEncoder,
        decoder: ByteToMessageHandler<HTTPResponseDecoder>
    ) {
        self.tunnel = tunnel
        self.promise = promise
        self.encoder = encoder
        self.decoder = decoder
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            if head.status == .continue { return }
            answer = RemoteCaller.Answer(
                status: Int(head.status.code), headers: head.headers.map { (name: $0.name, value: $0.value) },
                body: .whole([]))
        case .body(let part):
            guard body.count + part.readableBytes <= RemoteTunnel.bodyLimit else {
                return fail(context, NIOTooManyBytesError(maxBytes: RemoteTunnel.bodyLimit))
            }
            body += part.readableBytesView
        case .end:
            guard var answer else { return }
            guard answer.status == 101 else {
                answer.body = .whole(body)
                promise.succeed(answer)
                return context.close(promise: nil)
            }
            leaveHTTP(context, answer)
        }
    }

    private func leaveHTTP(_ context: ChannelHandlerContext, _ answer: RemoteCaller.Answer) {
        let pipeline = context.pipeline.syncOperations
        do {
            try pipeline.addHandler(TunnelBytes(tunnel))
        } catch { return fail(context, error) }
        pipeline.removeHandler(context: context).whenFailure { _ in }
        pipeline.removeHandler(encoder).whenFailure { _ in }
        // What has come behind the answer is passed on by the decoder as it goes.
        pipeline.removeHandler(decoder).whenFailure { _ in }
        promise.succeed(answer)
    }

    private func fail(_ context: ChannelHandlerContext, _ error: any Error) {
        promise.fail(error)
        context.close(promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { fail(context, error) }

    func channelInactive(context: ChannelHandlerContext) {
        promise.fail(ChannelError.eof)
        context.fireChannelInactive()
    }
}

private final class TunnelBytes: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer

    /// A tunnel that nobody relays any more closes its channel.
    private weak var tunnel: RemoteTunnel?

    init(_ tunnel: RemoteTunnel) { self.tunnel = tunnel }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        tunnel?.deliver(Array(unwrapInboundIn(data).readableBytesView))
    }

    func read(context: ChannelHandlerContext) { if tunnel?.takesMore() ?? true { context.read() } }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let event = event as? ChannelEvent, event == .inputClosed { tunnel?.inputEnded() }
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) { tunnel?.inputEnded() }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        tunnel?.inputEnded()
        context.close(promise: nil)
    }
}
