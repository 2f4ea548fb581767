import NIOCore
import NIOPosix

/// Passes datagrams on to a server outside of the namespace, each client from a socket of its own, and the answers back.
///
/// A client's socket is closed when nothing has come back for some seconds. With more clients than allowed at a time,
/// datagrams of further ones are dropped, as a full socket does.
final class DatagramRelay: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>
    typealias OutboundOut = AddressedEnvelope<ByteBuffer>

    private static let patience = TimeAmount.seconds(10)
    /// Datagrams that wait for a client's socket.
    private static let mostWaiting = 16

    private final class Client {
        var channel: (any Channel)?
        var waiting: [ByteBuffer] = []
        var timer: Scheduled<Void>?
    }

    private let server: SocketAddress
    private let mostClients: Int
    private var clients: [SocketAddress: Client] = [:]

    init(to server: SocketAddress, mostClients: Int) {
        self.server = server
        self.mostClients = mostClients
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let envelope = unwrapInboundIn(data)
        let address = envelope.remoteAddress
        let client: Client
        if let known = clients[address] {
            client = known
        } else {
            guard clients.count < mostClients else { return }
            client = Client()
            clients[address] = client
            open(address, context)
        }
        watch(address, client, context)
        if let channel = client.channel {
            channel.writeAndFlush(AddressedEnvelope(remoteAddress: server, data: envelope.data), promise: nil)
        } else if client.waiting.count < Self.mostWaiting {
            client.waiting.append(envelope.data)
        }
    }

    private func open(_ address: SocketAddress, _ context: ChannelHandlerContext) {
        let answers = context.channel
        let any = server.protocol == .inet6 ? "::" : "0.0.0.0"
        let bound = NIOLoopBound((handler: self, context: context), eventLoop: context.eventLoop)
        DatagramBootstrap(group: context.eventLoop).channelInitializer { channel in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHandler(Answers(client: address, to: answers))
            }
        }.bind(host: any, port: 0).whenComplete { result in
            let (handler, _) = bound.value
            switch result {
            case .success(let channel): handler.opened(address, channel)
            case .failure: handler.forget(address)
            }
        }
    }

    private func opened(_ address: SocketAddress, _ channel: any Channel) {
        guard let client = clients[address] else { return channel.close(promise: nil) }
        client.channel = channel
        for data in client.waiting {
            channel.write(AddressedEnvelope(remoteAddress: server, data: data), promise: nil)
        }
        client.waiting = []
        channel.flush()
    }

    private func watch(_ address: SocketAddress, _ client: Client, _ context: ChannelHandlerContext) {
        client.timer?.cancel()
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        client.timer = context.eventLoop.scheduleTask(in: Self.patience) { bound.value.forget(address) }
    }

    private func forget(_ address: SocketAddress) {
        let client = clients.removeValue(forKey: address)
        client?.timer?.cancel()
        client?.channel?.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        for address in Array(clients.keys) { forget(address) }
        context.fireChannelInactive()
    }

    /// Errors of single datagrams: a client that has gone does not concern the others.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {}

    /// What comes back for a client.
    private final class Answers: ChannelInboundHandler {
        typealias InboundIn = AddressedEnvelope<ByteBuffer>

        private let client: SocketAddress
        private let channel: any Channel

        init(client: SocketAddress, to channel: any Channel) {
            self.client = client
            self.channel = channel
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let envelope = unwrapInboundIn(data)
            channel.writeAndFlush(AddressedEnvelope(remoteAddress: client, data: envelope.data), promise: nil)
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {}
    }
}
