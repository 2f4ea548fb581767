import NIOCore
import NIOPosix

@testable import FairleadDNS

/// A client's end of a TCP connection: bytes out, messages in.
struct TCPConnection {
    private let channel: NIOAsyncChannel<ByteBuffer, ByteBuffer>
    private let messages: AsyncThrowingStream<[UInt8], any Error>
    private let feed: Task<Void, Never>

    struct Closed: Error {}

    init(_ address: SocketAddress) async throws {
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(to: address) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(ByteToMessageHandler(StreamDecoder()))
                    return try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        self.channel = channel
        let (stream, continuation) = AsyncThrowingStream<[UInt8], any Error>.makeStream()
        messages = stream
        let outbound = channel.channel
        feed = Task {
            do {
                try await channel.executeThenClose { inbound, _ in
                    for try await message in inbound { continuation.yield(Array(message.readableBytesView)) }
                }
                continuation.finish(throwing: Closed())
            } catch {
                continuation.finish(throwing: error)
            }
            _ = outbound
        }
    }

    func send(_ bytes: [UInt8]) async throws {
        try await channel.channel.writeAndFlush(ByteBuffer(bytes: bytes)).get()
    }

    /// - Throws: when the connection has ended.
    func receive() async throws -> [UInt8] {
        var iterator = messages.makeAsyncIterator()
        guard let next = try await iterator.next() else { throw Closed() }
        return next
    }

    func close() async {
        try? await channel.channel.close()
        await feed.value
    }
}
