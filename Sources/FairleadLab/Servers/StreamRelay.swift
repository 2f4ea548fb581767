import NIOCore
import NIOHTTP1

/// The other end of a relayed connection, whatever is spoken there.
private protocol RelayEnd: AnyObject {
    /// nil before and after the connection.
    var context: ChannelHandlerContext? { get }
    /// Whether the channel is connected: nothing is read for one that is not.
    var isConnected: Bool { get }
    func readAgain()
}

/// One side of a connection that is passed on: what it receives goes to the other side, as fast as that takes it. The
/// end of one direction is passed on, too; the end of a side ends the other.
final class StreamRelay<Received>: ChannelDuplexHandler, RelayEnd {
    typealias InboundIn = Received
    typealias OutboundIn = Never

    private let pass: (Received) -> NIOAny
    private var other: (any RelayEnd)?
    fileprivate private(set) var context: ChannelHandlerContext?
    fileprivate private(set) var isConnected = false
    private var wantsRead = false

    /// - Parameter pass: what the other side sends for something received.
    fileprivate init(_ pass: @escaping (Received) -> NIOAny) { self.pass = pass }

    fileprivate func join(_ other: any RelayEnd) { self.other = other }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        other = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        other?.context?.write(pass(unwrapInboundIn(data)), promise: nil)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        other?.context?.flush()
        context.fireChannelReadComplete()
    }

    func channelInactive(context: ChannelHandlerContext) {
        other?.context?.close(promise: nil)
        context.fireChannelInactive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed = event {
            other?.context?.flush()
            other?.context?.close(mode: .output, promise: nil)
        }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    // MARK: Back-pressure

    func read(context: ChannelHandlerContext) {
        if let other, other.isConnected, other.context?.channel.isWritable ?? false {
            context.read()
        } else {
            wantsRead = true
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { other?.readAgain() }
        context.fireChannelWritabilityChanged()
    }

    /// Called when the channel is connected: what has arrived on the other side comes here from now on.
    func connected() {
        isConnected = true
        other?.readAgain()
    }

    fileprivate func readAgain() {
        guard wantsRead, let context else { return }
        wantsRead = false
        context.read()
    }
}

/// The two sides of a relayed connection. Their channels must be on one event loop, to which this belongs.
struct RelayPair<Near, Far> {
    let near: StreamRelay<Near>
    let far: StreamRelay<Far>

    private init(_ near: StreamRelay<Near>, _ far: StreamRelay<Far>) {
        self.near = near
        self.far = far
        near.join(far)
        far.join(near)
    }
}

extension RelayPair where Near == ByteBuffer, Far == ByteBuffer {
    /// For any protocol: bytes are passed on as they are.
    static func bytes() -> RelayPair { RelayPair(StreamRelay { NIOAny($0) }, StreamRelay { NIOAny($0) }) }
}

extension RelayPair where Near == HTTPServerRequestPart, Far == HTTPClientResponsePart {
    /// For HTTP: the server is asked under the name that it has where it is. (It refuses others, because web pages could
    /// use them to get at it: docs/decisions/lab.md.)
    static func requests(host: String) -> RelayPair {
        RelayPair(
            StreamRelay { part in
                switch part {
                case .head(var head):
                    head.headers.replaceOrAdd(name: "Host", value: host)
                    return NIOAny(HTTPClientRequestPart.head(head))
                case .body(let bytes): return NIOAny(HTTPClientRequestPart.body(.byteBuffer(bytes)))
                case .end(let trailers): return NIOAny(HTTPClientRequestPart.end(trailers))
                }
            },
            StreamRelay { part in
                switch part {
                case .head(let head): NIOAny(HTTPServerResponsePart.head(head))
                case .body(let bytes): NIOAny(HTTPServerResponsePart.body(.byteBuffer(bytes)))
                case .end(let trailers): NIOAny(HTTPServerResponsePart.end(trailers))
                }
            })
    }
}
