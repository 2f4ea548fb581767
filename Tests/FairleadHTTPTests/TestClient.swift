import NIOCore
import NIOPosix
import Synchronization

/// A raw connection: sends the bytes it is told and shows the bytes that come.
final class TestClient: Sendable {
    struct State {
        var bytes: [UInt8] = []
        var isClosed = false
        var waiter: CheckedContinuation<Void, Never>?
    }

    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    private final class Collector: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        let change: @Sendable ((inout State) -> Void) -> Void

        init(change: @escaping @Sendable ((inout State) -> Void) -> Void) { self.change = change }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let buffer = unwrapInboundIn(data)
            change { $0.bytes.append(contentsOf: buffer.readableBytesView) }
        }

        func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
            if let event = event as? ChannelEvent, event == .inputClosed { change { $0.isClosed = true } }
        }

        func channelInactive(context: ChannelHandlerContext) { change { $0.isClosed = true } }
        func errorCaught(context: ChannelHandlerContext, error: any Error) { change { $0.isClosed = true } }
    }

    private let state = Mutex(State())
    private let channel = Mutex<(any Channel)?>(nil)

    private init() {}

    static func connect(port: Int, reads: Bool = true) async throws -> TestClient {
        let client = TestClient()
        let channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .channelOption(.autoRead, value: reads)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Collector { client.change($0) })
                }
            }
            .connect(host: "127.0.0.1", port: port).get()
        client.channel.withLock { $0 = channel }
        return client
    }

    private func change(_ body: (inout State) -> Void) {
        let waiter = state.withLock { state in
            body(&state)
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume()
    }

    func send(_ text: String) async throws { try await send(Array(text.utf8)) }

    func send(_ bytes: [UInt8]) async throws {
        guard let channel = channel.withLock({ $0 }) else { return }
        try await channel.writeAndFlush(ByteBuffer(bytes: bytes)).get()
    }

    func startReading() async throws {
        guard let channel = channel.withLock({ $0 }) else { return }
        try await channel.setOption(.autoRead, value: true).get()
    }

    func close() async throws { try await channel.withLock({ $0 })?.close().get() }

    func closeOutput() async throws { try await channel.withLock({ $0 })?.close(mode: .output).get() }

    /// Waits until `find` finds something in what has come, and removes as many bytes as it says.
    func take<Found>(_ find: (State) -> (Found, used: Int)?) async throws -> Found {
        while true {
            var found: Found?
            let seen = state.withLock { state in
                if let (result, used) = find(state) {
                    state.bytes.removeFirst(used)
                    found = result
                }
                return (count: state.bytes.count, isClosed: state.isClosed)
            }
            if let found { return found }
            if seen.isClosed { throw Failure(description: "closed by the server with \(seen.count) bytes unread") }
            await withCheckedContinuation { continuation in
                let hasChanged = state.withLock { state in
                    if state.bytes.count != seen.count || state.isClosed { return true }
                    state.waiter = continuation
                    return false
                }
                if hasChanged { continuation.resume() }
            }
        }
    }

    /// Everything up to the server's end of the connection.
    func readToEnd() async throws -> String {
        try await take { state in
            state.isClosed ? (String(decoding: state.bytes, as: UTF8.self), state.bytes.count) : nil
        }
    }

    /// The head of the next answer, with its empty line.
    func readHead() async throws -> String {
        try await take { state in
            guard let end = state.bytes.firstRange(of: Array("\r\n\r\n".utf8)) else { return nil }
            return (String(decoding: state.bytes[..<end.upperBound], as: UTF8.self), end.upperBound)
        }
    }

    func readBytes(_ count: Int) async throws -> [UInt8] {
        try await take { state in
            state.bytes.count >= count ? (Array(state.bytes[..<count]), count) : nil
        }
    }

    /// The next answer, whose head says how long its body is.
    func readResponse(hasBody: Bool = true) async throws -> TestResponse {
        let head = try await readHead()
        var response = TestResponse(head: head)
        if hasBody, let length = response.header("Content-Length").flatMap(Int.init) {
            response.body = try await readBytes(length)
        }
        return response
    }

    /// One chunk of a chunked body; empty at its end.
    func readChunk() async throws -> String { String(decoding: try await readChunkBytes() ?? [], as: UTF8.self) }

    /// The same as bytes; nil at the end.
    func readChunkBytes() async throws -> [UInt8]? {
        let size: Int = try await take { state in
            guard let end = state.bytes.firstRange(of: [13, 10]),
                let size = Int(String(decoding: state.bytes[..<end.lowerBound], as: UTF8.self), radix: 16)
            else { return nil }
            return (size, end.upperBound)
        }
        let bytes = Array(try await readBytes(size + 2).dropLast(2))
        return bytes.isEmpty ? nil : bytes
    }
}

struct TestResponse {
    var head: String
    var body: [UInt8] = []

    init(head: String) { self.head = head }

    var status: Int { head.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0 }
    var text: String { String(decoding: body, as: UTF8.self) }

    func header(_ name: String) -> String? {
        for line in head.split(separator: "\r\n") where line.lowercased().hasPrefix(name.lowercased() + ":") {
            return String(line.dropFirst(name.count + 1).drop { $0 == " " })
        }
        return nil
    }
}
