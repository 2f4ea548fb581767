package import Logging
package import NIOCore

/// Waits a second when connections cannot be accepted, as when no file descriptors are left, and logs it: at most one
/// line a minute, and one when connections are accepted again.
///
/// NIO is meant to wait, too, but does not: a failed accept leaves the socket registered, and the event loop finds it
/// ready again and again. Goes into the pipeline of a listening channel, one handler per channel.
package final class AcceptFailures: ChannelInboundHandler {
    package typealias InboundIn = any Channel

    private let logger: Logger
    private var lastLine: NIODeadline?
    private var failures = 0
    private var isReported = false

    package init(logger: Logger) { self.logger = logger }

    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if isReported {
            logger.info("connections are taken again", metadata: ["failures": .stringConvertible(failures)])
            isReported = false
            failures = 0
        }
        context.fireChannelRead(data)
    }

    package func errorCaught(context: ChannelHandlerContext, error: any Error) {
        failures += 1
        let now = NIODeadline.now()
        if lastLine.map({ now - $0 > .minutes(1) }) ?? true {
            lastLine = now
            isReported = true
            logger.error(
                "a connection could not be taken, trying again in a second", metadata: ["error": .string("\(error)")])
        }
        let channel = context.channel
        channel.setOption(.autoRead, value: false).whenComplete { _ in }
        context.eventLoop.scheduleTask(in: .seconds(1)) {
            channel.setOption(.autoRead, value: true).whenComplete { _ in }
        }
        context.fireErrorCaught(error)
    }
}
