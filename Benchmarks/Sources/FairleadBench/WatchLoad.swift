import NIOCore
import NIOPosix
import Synchronization

/// Many clients of HTTP/1.1 that each hold one watch open and count what comes: an event is a line that ends with `}`,
/// whatever pieces it comes in.
struct WatchLoad {
    var connections: Int
    var target: Target
    /// What each of them asks.
    var request: @Sendable (Int) -> ByteBuffer
    /// How long to wait for what is missing.
    var patience: Duration

    /// More requests at once of one client are refused while the processors are busy (429).
    private static let openedAtOnce = 32

    struct Counts {
        var events: Int
        var bytes: Int
        var elapsed: Duration

        var summary: String {
            "events=\(events) bytes=\(bytes) ms=\(Int(elapsed / .milliseconds(1)))"
        }
    }

    /// Opens all watches, waits for so many events of each, reports that, then waits for so many more in total.
    func run(initial: Int, more: Int, report: (String) -> Void) async throws {
        let tally = WatchTally()
        let group = MultiThreadedEventLoopGroup.singleton
        let start = ContinuousClock.now
        var channels: [any Channel] = []
        var number = 0
        while number < connections {
            var some: [EventLoopFuture<any Channel>] = []
            for each in number..<min(connections, number + Self.openedAtOnce) {
                let request = request(each)
                some.append(
                    ClientBootstrap(group: group)
                        .channelInitializer { channel in
                            channel.eventLoop.makeCompletedFuture {
                                try channel.pipeline.syncOperations.addHandler(
                                    WatchConnection(request: request, tally: tally))
                            }
                        }
                        .connect(host: target.host, port: target.port))
            }
            for future in some { channels.append(try await future.get()) }
            number += some.count
            let opened = number
            try await tally.wait(for: patience, what: "answers") { $0.heads >= opened }
        }
        try await tally.wait(for: patience, what: "answers and first events") {
            $0.heads == connections && $0.events >= initial * connections
        }
        report(
            "watching connections=\(connections) "
                + Counts(events: tally.events, bytes: tally.bytes, elapsed: ContinuousClock.now - start).summary)
        let (events, bytes, began) = (initial * connections, tally.bytes, ContinuousClock.now)
        try await tally.wait(for: patience, what: "events") { $0.events >= events + more }
        let counts = Counts(
            events: tally.events - events, bytes: tally.bytes - bytes, elapsed: ContinuousClock.now - began)
        report("delivered \(counts.summary)")
        for channel in channels { channel.close(promise: nil) }
    }
}

/// What all watches have received.
final class WatchTally: Sendable {
    private let headCount = Atomic<Int>(0)
    private let eventCount = Atomic<Int>(0)
    private let byteCount = Atomic<Int>(0)
    private let failure = Mutex<BenchError?>(nil)

    var heads: Int { headCount.load(ordering: .relaxed) }
    var events: Int { eventCount.load(ordering: .relaxed) }
    var bytes: Int { byteCount.load(ordering: .relaxed) }

    func addHead() { headCount.wrappingAdd(1, ordering: .relaxed) }

    func add(events: Int, bytes: Int) {
        eventCount.wrappingAdd(events, ordering: .relaxed)
        byteCount.wrappingAdd(bytes, ordering: .relaxed)
    }

    func fail(_ reason: String) { failure.withLock { $0 = $0 ?? BenchError(reason) } }

    func wait(for patience: Duration, what: String, until condition: (WatchTally) -> Bool) async throws {
        let deadline = ContinuousClock.now + patience
        while !condition(self) {
            if let failure = failure.withLock({ $0 }) { throw failure }
            guard ContinuousClock.now < deadline else {
                throw BenchError("timed out waiting for \(what): \(heads) answers, \(events) events, \(bytes) bytes")
            }
            try await Task.sleep(for: .milliseconds(1))
        }
    }
}

private final class WatchConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let request: ByteBuffer
    private let tally: WatchTally
    /// The first bytes, until the head is complete.
    private var head: ByteBuffer?
    private var isHeadRead = false
    private var last: UInt8 = 0

    init(request: ByteBuffer, tally: WatchTally) {
        self.request = request
        self.tally = tally
    }

    func channelActive(context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(request), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        if !isHeadRead {
            head.setOrWriteBuffer(&bytes)
            guard var all = head, let end = Self.endOfHead(all) else { return }
            guard all.readableBytesView.dropFirst(9).starts(with: "200".utf8) else {
                tally.fail("a watch was refused: \(String(buffer: all))")
                return context.close(promise: nil)
            }
            all.moveReaderIndex(forwardBy: end)
            (head, isHeadRead, bytes) = (nil, true, all)
            tally.addHead()
        }
        let events = bytes.withUnsafeReadableBytes { count($0) }
        tally.add(events: events, bytes: bytes.readableBytes)
    }

    func channelInactive(context: ChannelHandlerContext) { tally.fail("the server closed a watch") }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        tally.fail("a watch failed: \(error)")
        context.close(promise: nil)
    }

    private func count(_ bytes: UnsafeRawBufferPointer) -> Int {
        var events = 0
        var rest = bytes[...]
        while let line = rest.firstIndex(of: UInt8(ascii: "\n")) {
            let before = line > bytes.startIndex ? bytes[line - 1] : last
            if before == UInt8(ascii: "}") { events += 1 }
            rest = rest[(line + 1)...]
        }
        last = bytes.last ?? last
        return events
    }

    private static func endOfHead(_ buffer: ByteBuffer) -> Int? {
        var matched = 0
        for (index, byte) in buffer.readableBytesView.enumerated() {
            matched = byte == Array("\r\n\r\n".utf8)[matched] ? matched + 1 : byte == 13 ? 1 : 0
            if matched == 4 { return index + 1 }
        }
        return nil
    }
}
