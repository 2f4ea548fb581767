import NIOCore
import NIOEmbedded
import Testing

@testable import FairleadHTTP

/// Streams that write in one turn of the loop share a flush.
@Suite struct SharedFlushTests {
    /// Counts what reaches the socket.
    private final class Counter: ChannelOutboundHandler {
        typealias OutboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        var flushes = 0

        func flush(context: ChannelHandlerContext) {
            flushes += 1
            context.flush()
        }
    }

    private func channel() throws -> (EmbeddedChannel, Counter) {
        let (channel, counter) = (EmbeddedChannel(), Counter())
        try channel.pipeline.syncOperations.addHandlers([counter, SharedFlush()])
        return (channel, counter)
    }

    @Test func manyFlushesOfOneTurnAreOne() throws {
        let (channel, counter) = try channel()
        for turn in 1...2 {
            for number in 0..<100 { channel.writeAndFlush(ByteBuffer(integer: UInt8(number)), promise: nil) }
            #expect(counter.flushes == turn - 1)
            channel.embeddedEventLoop.run()
            #expect(counter.flushes == turn)
            for number in 0..<100 {
                #expect(try channel.readOutbound(as: ByteBuffer.self) == ByteBuffer(integer: UInt8(number)))
            }
        }
        _ = try channel.finish()
    }

    @Test func whatWasFlushedIsSentBeforeTheEnd() throws {
        let (channel, counter) = try channel()
        channel.writeAndFlush(ByteBuffer(string: "last"), promise: nil)
        channel.close(promise: nil)
        #expect(counter.flushes == 1)
        #expect(try channel.readOutbound(as: ByteBuffer.self) == ByteBuffer(string: "last"))
        channel.embeddedEventLoop.run()
        #expect(counter.flushes == 1)
    }
}
