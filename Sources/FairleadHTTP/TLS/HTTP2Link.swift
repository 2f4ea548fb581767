import FairleadModel
import NIOCore
import NIOHTTP1
import NIOHTTP2

/// A connection of HTTP/2. Each of its streams is a `Connection` with one request.
///
/// Floods (resets, settings, pings, continuations, empty frames) are bounded by the library, which then closes the
/// connection.
final class HTTP2Link: ChannelInboundHandler, LoopMember {
    typealias InboundIn = HTTP2Frame
    typealias OutboundOut = HTTP2Frame

    private let loop: LoopContext
    private let peer: PeerIdentity
    private var context: ChannelHandlerContext?
    private var streams = 0
    private var isGoing = false
    private(set) var deadline = Int.max

    /// kube-apiserver's limit, of which client-go makes use: one connection carries hundreds of watches.
    private static let maximumStreams = 1000

    init(loop: LoopContext, peer: PeerIdentity) {
        self.loop = loop
        self.peer = peer
    }

    /// Splits the connection into streams.
    func handler(_ eventLoop: any EventLoop) -> NIOHTTP2Handler {
        var connection = NIOHTTP2Handler.ConnectionConfiguration()
        connection.initialSettings = [
            HTTP2Setting(parameter: .maxConcurrentStreams, value: Self.maximumStreams),
            HTTP2Setting(parameter: .maxHeaderListSize, value: loop.core.configuration.maximumHeaderBytes),
            HTTP2Setting(parameter: .initialWindowSize, value: 256 << 10),
        ]
        connection.targetWindowSize = 1 << 20
        // A head of 1 MiB takes 64 frames.
        connection.maximumSequentialContinuationFrames = 64
        var stream = NIOHTTP2Handler.StreamConfiguration()
        stream.targetWindowSize = 256 << 10
        stream.outboundBufferSizeHighWatermark = 128 << 10
        stream.outboundBufferSizeLowWatermark = 32 << 10
        // A client that stops all its watches resets each of them.
        stream.streamResetFrameRateLimit.maximumCount = 2 * Self.maximumStreams
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        return NIOHTTP2Handler(
            mode: .server, eventLoop: eventLoop, connectionConfiguration: connection, streamConfiguration: stream
        ) { channel in
            channel.eventLoop.makeCompletedFuture { try bound.value.open(channel, bound) }
        }
    }

    private func open(_ stream: any Channel, _ bound: NIOLoopBound<HTTP2Link>) throws {
        streams += 1
        deadline = .max
        stream.closeFuture.whenComplete { _ in bound.value.closed() }
        let answers = HTTP2Answers()
        let connection = Connection(loop: loop, entrance: Entrance(peer: peer, http2: answers))
        try stream.pipeline.syncOperations.addHandlers([
            answers.exit, HTTP2FramePayloadToHTTP1ServerCodec(), answers, connection,
        ])
    }

    private func closed() {
        streams -= 1
        guard streams == 0 else { return }
        if isGoing { close() } else { deadline = loop.tick + loop.core.timeouts.idle }
    }

    // MARK: Life

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        loop.add(self, isNew: false)
        deadline = loop.tick + loop.core.timeouts.idle
        if loop.isDraining { drain() }
    }

    func channelInactive(context: ChannelHandlerContext) {
        loop.remove(self)
        self.context = nil
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // Many clients end without TLS's farewell, which is no fault in what they sent.
        if error is any NIOHTTP2Error { loop.note(.malformed) }
        context.close(promise: nil)
    }

    var isAtWork: Bool { streams > 0 }

    /// Takes no more requests, and ends with the last stream.
    func drain() {
        guard !isGoing, let context else { return }
        isGoing = true
        let farewell = HTTP2Frame(
            streamID: .rootStream, payload: .goAway(lastStreamID: .maxID, errorCode: .noError, opaqueData: nil))
        context.writeAndFlush(wrapOutboundOut(farewell), promise: nil)
        if streams == 0 { close() }
    }

    func timeOut() { drain() }

    func close() { context?.close(promise: nil) }
}
