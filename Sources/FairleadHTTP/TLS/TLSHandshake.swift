import FairleadModel
import NIOCore
import NIOHTTP2
import NIOSSL
import NIOTLS

/// Stands in a new connection until the handshake is over, for as long as a head may take, and then makes room for what
/// the client and the server have agreed on: HTTP/2, else HTTP/1.1.
final class TLSHandshake: ChannelDuplexHandler, RemovableChannelHandler, LoopMember {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let loop: LoopContext
    private let tls: NIOSSLServerHandler
    private let door: SecureDoor
    private var context: ChannelHandlerContext?
    private(set) var deadline = Int.max
    private var isOver = false
    /// In the loop's queue; nil before it is there.
    private var number: Int?
    /// What has come behind the handshake while it is still being found out who the client is.
    private var early: [NIOAny] = []
    private var isReadHeld = false
    private var isHTTP2 = false

    init(loop: LoopContext, tls: NIOSSLServerHandler, door: SecureDoor) {
        self.loop = loop
        self.tls = tls
        self.door = door
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    /// The context holds this handler: they would keep each other, and the session of TLS with them.
    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    var isAtWork: Bool { false }
    func drain() { close() }
    func close() { context?.close(promise: nil) }

    func timeOut() {
        loop.note(.handshake)
        close()
    }

    func channelActive(context: ChannelHandlerContext) {
        loop.add(self)
        guard !loop.isDraining else { return close() }
        guard loop.hasRoom else {
            loop.note(.tooManyConnections)
            return close()
        }
        deadline = loop.tick + loop.core.timeouts.header
        let (number, surplus) = loop.handshakes.add(self)
        self.number = number
        guard let surplus else { return }
        loop.note(.tooManyHandshakes)
        surplus.close()
    }

    func channelInactive(context: ChannelHandlerContext) {
        leave()
        context.fireChannelInactive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case .handshakeCompleted(let name) = event as? TLSUserEvent else {
            return context.fireUserInboundEventTriggered(event)
        }
        isHTTP2 = name == "h2"
        guard let certificates = try? certificates() else { return context.close(promise: nil) }  // they cannot be read
        guard !certificates.isEmpty else { return letIn(PeerIdentity(isOverTLS: true)) }
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        let (identify, eventLoop) = (door.identify, context.eventLoop)
        DeferredWork.run(on: loop.executor) {
            await identify(certificates)
        } deliver: { peer in
            eventLoop.execute { bound.value.letIn(peer) }
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        // The rest of it waits in the socket: nothing is read while `early` holds something.
        if isOver { context.fireChannelRead(data) } else { early.append(data) }
    }

    func read(context: ChannelHandlerContext) {
        if early.isEmpty { context.read() } else { isReadHeld = true }
    }

    /// Makes room for what speaks HTTP.
    private func letIn(_ peer: PeerIdentity) {
        guard let context, !isOver else { return }
        leave()
        do {
            let pipeline = context.pipeline.syncOperations
            if isHTTP2 {
                let link = HTTP2Link(loop: loop, peer: peer)
                try pipeline.addHandlers([SharedFlush(), link.handler(context.eventLoop), link])
            } else {
                try pipeline.addHandlers(Connection.overHTTP1(loop, Entrance(peer: peer)))
            }
        } catch {
            loop.note(.handshake)
            return context.close(promise: nil)
        }
        for data in early { context.fireChannelRead(data) }
        if !early.isEmpty { context.fireChannelReadComplete() }
        early = []
        if isReadHeld { context.read() }
        context.pipeline.syncOperations.removeHandler(self, promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if !isOver { loop.note(.handshake) }
        context.close(promise: nil)
    }

    /// What the client has shown, leaf first. A resumed session has only the leaf.
    private func certificates() throws -> [[UInt8]] {
        let chain = tls.peerValidatedCertificateChain.map { Array($0) } ?? []
        let shown = chain.isEmpty ? tls.peerCertificate.map { [$0] } ?? [] : chain
        return try shown.prefix(Self.longestChain).map { try $0.toDERBytes() }
    }

    private static let longestChain = 8

    private func leave() {
        guard !isOver else { return }
        isOver = true
        deadline = .max
        if let number { loop.handshakes.remove(number) }
        loop.remove(self)
    }
}
