import NIOCore

/// Asks an interactive nft (`nft -i`) one line after the other over pipes.
///
/// nft says nothing about a transaction that has been carried out. So each line is followed by a command that only
/// prints something: what comes before that is what nft has against the line.
final class NftDialogue: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = Question
    typealias OutboundOut = ByteBuffer

    struct Question: Sendable {
        let line: String
        /// What nft objects to; empty if it has carried out the line.
        let answer: EventLoopPromise<String>
    }

    /// Explains a data type: it changes nothing, and asks the kernel for nothing.
    private static let marking = "describe mark\n"
    /// The longest line that is waited for, in bytes.
    private static let longest = 1 << 20

    private var waiting: CircularBuffer<EventLoopPromise<String>> = []
    private var unread = ""
    private var objections: [String] = []
    /// The line that the marking command prints, which is another one in other versions.
    private var marker: String?
    private let ended: EventLoopPromise<String>

    init(ended: EventLoopPromise<String>) { self.ended = ended }

    /// Learns the marker.
    func channelActive(context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: Self.marking)), promise: nil)
        context.fireChannelActive()
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let question = unwrapOutboundIn(data)
        waiting.append(question.answer)
        context.write(wrapOutboundOut(ByteBuffer(string: question.line + "\n" + Self.marking)), promise: promise)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        unread += String(buffer: unwrapInboundIn(data))
        while let end = unread.firstIndex(where: \.isNewline) {
            let line = String(unread[..<end])
            unread.removeSubrange(...end)
            read(line)
        }
        // Whatever that is, it is not nft.
        if unread.utf8.count > Self.longest { context.close(promise: nil) }
    }

    private func read(_ line: String) {
        guard let marker else {
            marker = line
            return
        }
        guard line == marker else {
            if objections.count < 8 { objections.append(line) }
            return
        }
        waiting.popFirst()?.succeed(objections.joined(separator: "\n"))
        objections = []
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .inputClosed? = event as? ChannelEvent { context.close(promise: nil) }
    }

    func channelInactive(context: ChannelHandlerContext) {
        let why = KernelRefusal("nft has ended. " + objections.joined(separator: "\n"))
        for answer in waiting { answer.fail(why) }
        waiting = []
        ended.succeed("")
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
