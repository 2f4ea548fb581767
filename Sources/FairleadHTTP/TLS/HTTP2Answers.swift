import FairleadAPI
import FairleadModel
import NIOCore
import NIOHTTP2

/// The output of a `Connection` on a stream of HTTP/2: its bytes become frames, between a head and an end.
///
/// Frames pass by the codec, which is there for requests alone: it would send the end of every answer as a frame of its
/// own, and go through each head three times.
final class HTTP2Answers: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = HTTP2Frame.FramePayload

    /// Stands before the codec: what it writes goes to the stream as it is.
    final class Exit: ChannelOutboundHandler {
        typealias OutboundIn = HTTP2Frame.FramePayload
        fileprivate var context: ChannelHandlerContext?

        func handlerAdded(context: ChannelHandlerContext) { self.context = context }
        func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }
    }

    let exit = Exit()
    /// Whether a head waits for the first bytes behind it.
    private var isHeadWaiting = false

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        isHeadWaiting = false
        send(.data(.init(data: .byteBuffer(unwrapOutboundIn(data)))), promise)
    }

    /// - Parameters:
    ///   - length: of the body, where it is known.
    ///   - date: the Date header, as a line of HTTP/1.1.
    func writeHead(
        status: Int, contentType: String, headers: [(name: String, value: String)], shared: HeaderBlock?,
        auditID: String, length: Int?, date: [UInt8]
    ) {
        var head = HTTP2Frame.FramePayload.Headers(headers: [:])
        head.headers.reserveCapacity(headers.count + 4)
        head.headers.add(name: ":status", value: String(status))
        if !contentType.isEmpty { head.headers.add(name: "content-type", value: contentType.asFieldValue) }
        func add(_ fields: [(name: String, value: String)]) {
            for field in fields {
                let name = field.name.lowercased()
                guard !Self.ofConnections.contains(name) else { continue }
                // A value that does not come again would only drive others out of the table.
                head.headers.add(
                    name: name, value: field.value.asFieldValue,
                    indexing: name == "audit-id" ? .nonIndexable : .indexable)
            }
        }
        add(headers)
        if let shared { add(shared.fields) }
        if !auditID.isEmpty { head.headers.add(name: "audit-id", value: auditID, indexing: .nonIndexable) }
        head.headers.add(name: "date", value: String(decoding: date.dropFirst(6).dropLast(2), as: UTF8.self))
        if let length { head.headers.add(name: "content-length", value: String(length), indexing: .nonIndexable) }
        send(.headers(head))
        isHeadWaiting = true
    }

    /// Fields that HTTP/2 does not allow (RFC 9113, 8.2.2).
    private static let ofConnections: Set<String> = [
        "connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade",
    ]

    /// Sends a head behind which nothing comes for the time being.
    func flushHead() {
        guard isHeadWaiting else { return }
        isHeadWaiting = false
        exit.context?.flush()
    }

    /// Tells a client that waits for it to send the body.
    func writeContinue() {
        send(.headers(.init(headers: [":status": "100"])))
        exit.context?.flush()
    }

    /// Ends the answer, with its last bytes.
    func end(_ last: ByteBuffer) {
        send(.data(.init(data: .byteBuffer(last), endStream: true)))
        exit.context?.flush()
    }

    private func send(_ frame: HTTP2Frame.FramePayload, _ promise: EventLoopPromise<Void>? = nil) {
        guard let context = exit.context else {
            promise?.fail(ChannelError.ioOnClosedChannel)
            return
        }
        context.write(wrapOutboundOut(frame), promise: promise)
    }
}
