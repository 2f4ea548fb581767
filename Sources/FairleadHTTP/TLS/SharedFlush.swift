import NIOCore

/// Flushes a connection once for all of its streams that write in one turn of the event loop: a change of an object that
/// hundreds of streams watch is one write to the socket and few records of TLS instead of hundreds.
final class SharedFlush: ChannelOutboundHandler {
    typealias OutboundIn = IOData
    typealias OutboundOut = IOData

    private var isDue = false

    func flush(context: ChannelHandlerContext) {
        guard !isDue else { return }
        isDue = true
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        // After what this turn of the loop still has to do.
        context.eventLoop.execute {
            let (handler, context) = bound.value
            handler.flushNow(context)
        }
    }

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        // Only what has been flushed is sent before the end.
        flushNow(context)
        context.close(mode: mode, promise: promise)
    }

    func handlerRemoved(context: ChannelHandlerContext) { flushNow(context) }

    private func flushNow(_ context: ChannelHandlerContext) {
        guard isDue else { return }
        isDue = false
        context.flush()
    }
}
