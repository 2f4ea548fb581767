import FairleadAPI
import FairleadContainers
import FairleadHTTP
import Synchronization
import Testing

/// Connections that leave HTTP.
@Suite(.timeLimit(.minutes(1)))
struct SessionTests {
    private static let request =
        "GET /exec HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: v5.channel.k8s.io\r\n\r\n"

    /// Serves sessions with one command at `/exec`, and echoes everything else.
    private static func serving(
        _ run: @escaping @Sendable (ClientStreams) async -> CommandEnd
    ) -> @Sendable (APIRequest) -> APIOutcome {
        { request in
            guard request.path == "/exec" else { return echo(request) }
            let session = CommandSession(hasInput: true, hasOutput: true, run: run)
            return .session(.command(session), request, headers: [(name: "Audit-Id", value: "a")])
        }
    }

    private static let echoing = serving { streams in
        while let bytes = await streams.input?.read(upTo: 1 << 16) { try? await streams.output?.write(bytes) }
        return .success
    }

    /// A frame as clients send it: masked.
    private static func frame(_ opcode: UInt8, _ bytes: [UInt8], isLast: Bool = true) -> [UInt8] {
        let mask: [UInt8] = [1, 2, 3, 4]
        let length: [UInt8] =
            bytes.count < 126
            ? [0x80 | UInt8(bytes.count)] : [0x80 | 126, UInt8(bytes.count >> 8 & 255), UInt8(bytes.count & 255)]
        let head: [UInt8] = [(isLast ? 0x80 : 0) | opcode] + length + mask
        return head + bytes.enumerated().map { $1 ^ mask[$0 % 4] }
    }

    private static func connect(_ port: Int, reads: Bool = true, more: [UInt8] = []) async throws -> TestClient {
        let client = try await TestClient.connect(port: port, reads: reads)
        try await client.send(Array(request.utf8) + more)
        return client
    }

    /// The next frame: its opcode and what it carries.
    private static func next(_ client: TestClient) async throws -> (opcode: UInt8, bytes: [UInt8]) {
        let head = try await client.readBytes(2)
        var length = Int(head[1])
        if length == 126 {
            let more = try await client.readBytes(2)
            length = Int(more[0]) << 8 | Int(more[1])
        }
        return (head[0] & 0x0F, try await client.readBytes(length))
    }

    @Test func aCommandIsTalkedTo() async throws {
        try await withServer(handler: Self.echoing) { server, port in
            let client = try await Self.connect(port)
            let head = try await client.readHead()
            #expect(head.hasPrefix("HTTP/1.1 101 Switching Protocols\r\n"))
            #expect(head.contains("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"))
            #expect(head.contains("Sec-WebSocket-Protocol: v5.channel.k8s.io\r\n") && head.contains("Audit-Id: a\r\n"))
            #expect(try await Self.next(client) == (2, [1]))
            #expect(server.statistics.longRunning == 1)
            try await client.send(Self.frame(2, [0] + Array("hello".utf8)))
            #expect(try await Self.next(client) == (2, [1] + Array("hello".utf8)))
            // In three frames, with a ping between them.
            try await client.send(
                Self.frame(2, [0, 65], isLast: false) + Self.frame(9, [7]) + Self.frame(0, [66], isLast: false)
                    + Self.frame(0, [67]))
            #expect(try await Self.next(client) == (10, [7]))
            #expect(try await Self.next(client) == (2, [1, 65, 66, 67]))
            try await client.send(Self.frame(2, [255, 0]))
            #expect(try await Self.next(client) == (2, [3] + Array(#"{"metadata":{},"status":"Success"}"#.utf8)))
            #expect(try await Self.next(client) == (8, [3, 232]))
            #expect(try await client.readToEnd().isEmpty)
            #expect(server.statistics.longRunning == 0 && server.statistics.requestsInFlight == 0)
        }
    }

    @Test func whatComesRightBehindTheRequestIsNotLost() async throws {
        try await withServer(handler: Self.echoing) { _, port in
            let client = try await Self.connect(port, more: Self.frame(2, [0, 65]) + Self.frame(2, [255, 0]))
            _ = try await client.readHead()
            #expect(try await Self.next(client) == (2, [1]))
            #expect(try await Self.next(client) == (2, [1, 65]))
        }
    }

    @Test(
        arguments: [
            ([0x82, 1, 0], UInt8(234)), (frame(0, [1]), 234), (frame(3, [1]), 234),
            (frame(2, [0], isLast: false) + frame(2, [0]), 234), ([0xC2, 0x81, 0, 0, 0, 0, 0], 234),
            // A frame of 2 MiB, and one of 2^63 bytes.
            ([0x82, 0xFF, 0, 0, 0, 0, 0, 0x20, 0, 0, 1, 2, 3, 4], 241),
            ([0x82, 0xFF, 0x80, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4], 241), ([0x89, 0xFE, 1, 0, 1, 2, 3, 4], 234),
        ] as [([UInt8], UInt8)])
    func framesThatBreakTheRulesEndTheSession(bytes: [UInt8], code: UInt8) async throws {
        try await withServer(handler: Self.echoing) { server, port in
            let client = try await Self.connect(port, more: bytes)
            _ = try await client.readHead()
            var frame = try await Self.next(client)
            if frame.opcode == 2 { frame = try await Self.next(client) }
            #expect(frame == (8, [3, code]))
            _ = try await client.readToEnd()
            await until { server.statistics.longRunning == 0 }
        }
    }

    @Test func aMessageOfManyFramesIsBounded() async throws {
        try await withServer(handler: Self.echoing) { _, port in
            let client = try await Self.connect(port)
            _ = try await client.readHead()
            #expect(try await Self.next(client) == (2, [1]))
            try await client.send(Self.frame(2, [0], isLast: false))
            for _ in 0..<17 {
                try await client.send(Self.frame(0, [UInt8](repeating: 1, count: 65_000), isLast: false))
            }
            #expect(try await Self.next(client) == (8, [3, 241]))
        }
    }

    @Test func aClientThatSaysGoodbyeIsAnswered() async throws {
        try await withServer(
            handler: Self.serving { _ in
                await StreamTests.forever()
                return .success
            }
        ) { server, port in
            let client = try await Self.connect(port)
            _ = try await client.readHead()
            #expect(try await Self.next(client) == (2, [1]))
            try await client.send(Self.frame(8, [3, 232]))
            #expect(try await Self.next(client) == (8, [3, 232]))
            #expect(try await client.readToEnd().isEmpty)
            await until { server.statistics.longRunning == 0 }
        }
    }

    @Test func aSlowReaderHoldsUpItsCommandOnly() async throws {
        let written = Mutex(0)
        let isOver = Mutex(false)
        try await withServer(
            handler: Self.serving { streams in
                let piece = [UInt8](repeating: 120, count: 16 << 10)
                while let output = streams.output, (try? await output.write(piece)) != nil {
                    written.withLock { $0 += piece.count }
                }
                isOver.withLock { $0 = true }
                return .success
            }
        ) { server, port in
            let slow = try await Self.connect(port, reads: false)
            for _ in 0..<4 {
                let other = try await TestClient.connect(port: port)
                for _ in 0..<100 {
                    try await other.send("GET /a HTTP/1.1\r\nHost: localhost\r\n\r\n")
                    #expect(try await other.readResponse().status == 200)
                }
            }
            let count = written.withLock { $0 }
            #expect(count < 32 << 20)
            try await slow.startReading()
            await until { written.withLock { $0 } > count }
            try await slow.close()
            await until { isOver.withLock { $0 } }
            await until { server.statistics.longRunning == 0 }
        }
    }

    @Test func endlessInputIsNotRead() async throws {
        try await withServer(
            handler: Self.serving { _ in
                await StreamTests.forever()
                return .success
            }
        ) { _, port in
            let client = try await Self.connect(port)
            _ = try await client.readHead()
            let sent = Tally()
            let piece = Self.frame(2, [0] + [UInt8](repeating: 1, count: 60_000))
            await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    while true {
                        try await client.send(piece)
                        sent.count.withLock { $0 += piece.count }
                    }
                }
                var last = -1
                // What is sent comes to a stop.
                while last != sent.count.withLock({ $0 }) {
                    last = sent.count.withLock { $0 }
                    try? await Task.sleep(for: .milliseconds(300), clock: .suspending)
                }
                #expect(last < 32 << 20)
                try? await client.close()
                group.cancelAll()
            }
        }
    }

    private final class Tally: Sendable {
        let count = Mutex(0)
    }

    /// It has closed its side, and much of what it sent was never taken.
    @Test func aClientThatHasGoneIsNoticedBehindItsInput() async throws {
        try await withServer {
            $0.tick = .milliseconds(10)
            $0.lingerTimeout = .milliseconds(50)
        } handler: {
            Self.serving { _ in
                await StreamTests.forever()
                return .success
            }($0)
        } _: { server, port in
            let client = try await Self.connect(port)
            _ = try await client.readHead()
            #expect(try await Self.next(client) == (2, [1]))
            let piece = Self.frame(2, [0] + [UInt8](repeating: 1, count: 60_000))
            for _ in 0..<9 { try await client.send(piece) }
            try await client.closeOutput()
            await until { server.statistics.longRunning == 0 }
        }
    }

    @Test func shutdownSaysGoodbye() async throws {
        let wasCancelled = Mutex(false)
        try await withServer(
            handler: Self.serving { _ in
                await StreamTests.forever()
                wasCancelled.withLock { $0 = true }
                return .success
            }
        ) { server, port in
            let client = try await Self.connect(port)
            _ = try await client.readHead()
            #expect(try await Self.next(client) == (2, [1]))
            async let stopped: Void = server.shutdown()
            #expect(try await Self.next(client) == (8, [3, 233]))
            #expect(try await client.readToEnd().isEmpty)
            await stopped
            await until { wasCancelled.withLock { $0 } }
        }
    }

    @Test func aSessionInWhichNothingHappensEnds() async throws {
        try await withServer { configuration in
            configuration.tick = .milliseconds(10)
            configuration.sessionIdleTimeout = .milliseconds(100)
        } handler: {
            Self.serving { _ in
                await StreamTests.forever()
                return .success
            }($0)
        } _: { _, port in
            let client = try await Self.connect(port)
            _ = try await client.readHead()
            var frame = try await Self.next(client)
            if frame.opcode == 2 { frame = try await Self.next(client) }
            #expect(frame == (8, [3, 232]))
            #expect(try await client.readToEnd().isEmpty)
        }
    }

    @Test func theServerPings() async throws {
        try await withServer {
            $0.pingInterval = .milliseconds(20)
        } handler: {
            Self.echoing($0)
        } _: { _, port in
            let client = try await Self.connect(port)
            _ = try await client.readHead()
            var pings = 0
            while pings < 3 {
                let frame = try await Self.next(client)
                #expect(frame == (9, []) || frame == (2, [1]))
                pings += frame.opcode == 9 ? 1 : 0
            }
        }
    }

    @Test func thereAreOnlySoManySessions() async throws {
        try await withServer {
            $0.maximumSessions = 1
        } handler: {
            Self.echoing($0)
        } _: { _, port in
            let first = try await Self.connect(port)
            _ = try await first.readHead()
            let second = try await Self.connect(port)
            #expect(try await second.readResponse().status == 429)
        }
    }

    @Test func whoSpeaksNoCommonProtocolStaysWithHTTP() async throws {
        try await withServer(handler: Self.echoing) { _, port in
            let client = try await TestClient.connect(port: port)
            try await client.send(
                "POST /exec HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n"
                    + "X-Stream-Protocol-Version: v8\r\n\r\n")
            let answer = try await client.readResponse()
            #expect(answer.status == 403)
            #expect(answer.text.hasPrefix("unable to upgrade: unable to negotiate protocol"))
            #expect(try await client.readToEnd().isEmpty)
        }
    }

    @Test func SPDYIsSpoken() async throws {
        try await withServer(handler: Self.echoing) { _, port in
            let client = try await TestClient.connect(port: port)
            try await client.send(
                "POST /exec HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n"
                    + "X-Stream-Protocol-Version: v4.channel.k8s.io\r\nContent-Length: 0\r\n\r\n")
            try await client.send([0x80, 3, 0, 6, 0, 0, 0, 4, 0, 0, 0, 9])
            let head = try await client.readHead()
            #expect(head.hasPrefix("HTTP/1.1 101 Switching Protocols\r\n"))
            #expect(head.contains("X-Stream-Protocol-Version: v4.channel.k8s.io\r\n"))
            #expect(try await client.readBytes(12) == [0x80, 3, 0, 6, 0, 0, 0, 4, 0, 0, 0, 9])
            try await client.send([0x80, 9, 0, 6, 0, 0, 0, 0])
            // GOAWAY, and the end.
            #expect(try await client.readBytes(16).prefix(8) == [0x80, 3, 0, 7, 0, 0, 0, 8])
            let rest = try await client.readToEnd()
            #expect(rest.isEmpty, "\(rest)")
        }
    }

    /// Looks now and then, without keeping a core from what it waits for.
    private func until(_ isSo: () -> Bool) async {
        while !isSo() {
            // Cancellation ends the test anyway.
            try? await Task.sleep(for: .milliseconds(2), clock: .suspending)
        }
    }

    // MARK: - requests that wait for programs

    @Test func aRequestThatIsPassedOnHasNoDeadline() async throws {
        let gate = ScriptedStream()
        try await withServer { configuration in
            configuration.tick = .milliseconds(10)
            configuration.requestTimeout = .milliseconds(20)
        } handler: { request in
            .longRunning {
                await gate.untilCancelled()
                return echo(request)
            }
        } _: { server, port in
            let client = try await TestClient.connect(port: port)
            try await client.send("GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n")
            try await Task.sleep(for: .milliseconds(200), clock: .suspending)
            #expect(server.statistics.requestsInFlight == 1)
            gate.cancel()
            #expect(try await client.readResponse().text == "GET /slow [] ")
        }
    }

    @Test(arguments: ["GET", "POST"])
    func aRequestThatIsPassedOnEndsWithItsClient(method: String) async throws {
        let wasCancelled = Mutex(false)
        try await withServer {
            $0.tick = .milliseconds(10)
        } handler: { _ in
            .longRunning {
                await StreamTests.forever()
                wasCancelled.withLock { $0 = true }
                return .response(.text(200, ""))
            }
        } _: { server, port in
            let client = try await TestClient.connect(port: port)
            try await client.send("\(method) /slow HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n")
            await until { server.statistics.requestsInFlight > 0 }
            try await client.close()
            await until { wasCancelled.withLock { $0 } }
            await until { server.statistics.requestsInFlight == 0 }
        }
    }
}

extension StreamTests {
    /// Returns when the task is cancelled.
    static func forever() async {
        let signal = AsyncStream<Void>.makeStream()
        for await _ in signal.stream {}
    }
}
