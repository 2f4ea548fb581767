import FairleadContainers
import FairleadModel
import Synchronization
import Testing

@testable import FairleadStreaming

@Suite(.timeLimit(.minutes(1)))
struct StreamTests {
    private static func isGoAway(_ frame: SPDYFrame) -> Bool {
        if case .goAway = frame { return true }
        return false
    }

    private static func running(
        _ session: CommandSession, version: Int = 4, _ body: (SPDYClient) async throws -> Void
    ) async throws {
        let client = SPDYClient()
        let (there, back) = (client.toServer, client.fromServer)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                await StreamCommand(session, version: version, clock: StillClock()).run(there, SharedSink(back))
            }
            try await body(client)
            client.leave()
            try await group.waitForAll()
        }
    }

    private static let echo = CommandSession(hasInput: true, hasOutput: true, hasErrors: true) { streams in
        while let bytes = await streams.input?.read(upTo: 100) { try? await streams.output?.write(bytes) }
        try? await streams.errors?.write("done")
        return .success
    }

    @Test func aCommandHasItsStreams() async throws {
        try await Self.running(Self.echo) { client in
            for (id, type) in [(UInt32(1), "error"), (3, "stdin"), (5, "stdout"), (7, "stderr")] {
                try await client.open(id, ["streamtype": type])
            }
            try await client.send(.ping(1))
            try await client.send(.ping(2))
            try await client.send(.windowUpdate(stream: 5, delta: 1))
            try await client.send(.data(stream: 3, bytes: Array("some ".utf8), isLast: false))
            try await client.send(.data(stream: 3, bytes: Array("text".utf8), isLast: true))
            let frames = try await client.frames(until: Self.isGoAway)
            #expect(frames.text(5) == "some text")
            #expect(frames.text(7) == "done")
            #expect(frames.text(1) == #"{"metadata":{},"status":"Success"}"#)
            #expect(frames.contains(.ping(1)) && !frames.contains(.ping(2)))
            for id: UInt32 in [1, 5, 7] { #expect(frames.hasEnded(id)) }
            let replies = frames.filter { if case .synReply = $0 { true } else { false } }
            #expect(replies.count == 4)
        }
    }

    @Test func oldVersionsSayNothingOfSuccess() async throws {
        try await Self.running(CommandSession(hasOutput: true) { _ in .success }, version: 2) { client in
            try await client.open(1, ["streamtype": "error"])
            try await client.open(3, ["streamtype": "stdout"])
            let frames = try await client.frames(until: Self.isGoAway)
            #expect(frames.text(1).isEmpty && frames.hasEnded(1))
        }
    }

    @Test func streamsThatNobodyAskedForAreRefused() async throws {
        try await Self.running(CommandSession(hasOutput: true) { _ in .success }) { client in
            try await client.open(1, ["streamtype": "stdin"])
            try await client.open(3, ["port": "80"])
            try await client.open(4, ["streamtype": "stdout"])
            try await client.open(5, ["streamtype": "stdout"])
            try await client.open(5, ["streamtype": "error"])
            try await client.open(3, ["streamtype": "error"])
            try await client.open(7, ["streamtype": "stdout"])
            try await client.send(.data(stream: 99, bytes: [1], isLast: false))
            try await client.open(101, ["streamtype": "error"])
            let frames = try await client.frames(until: Self.isGoAway)
            let resets: [SPDYFrame] = frames.filter { if case .reset = $0 { true } else { false } }
            #expect(
                resets == [
                    .reset(stream: 1, status: .refusedStream), .reset(stream: 3, status: .refusedStream),
                    .reset(stream: 4, status: .protocolError), .reset(stream: 5, status: .streamInUse),
                    .reset(stream: 3, status: .protocolError), .reset(stream: 7, status: .refusedStream),
                    .reset(stream: 99, status: .invalidStream),
                ])
        }
    }

    @Test func whatIsNoSPDYEndsTheConnection() async throws {
        let client = SPDYClient()
        try await client.toServer.write(Array("GET / HTTP/1.1\r\n\r\n".utf8))
        try await client.toServer.write([0x80, 9, 0, 1, 0, 0, 0, 0])
        client.leave()
        await StreamCommand(Self.echo, version: 4, clock: StillClock())
            .run(client.toServer, SharedSink(client.fromServer))
        client.fromServer.end()
        _ = try await client.frames { _ in false }
    }

    @Test func aClientThatLeavesEndsTheCommand() async throws {
        let wasCancelled = Mutex(false)
        let began = Pipe()
        let session = CommandSession(hasOutput: true) { _ in
            began.end()
            await StillClock().sleep(until: .seconds(1))
            wasCancelled.withLock { $0 = Task.isCancelled }
            return .success
        }
        try await Self.running(session) { client in
            try await client.open(1, ["streamtype": "error"])
            try await client.open(3, ["streamtype": "stdout"])
            _ = await began.read(upTo: 1)
        }
        #expect(wasCancelled.withLock { $0 })
    }

    // MARK: - ports

    private static func forwarding(
        _ connect: @escaping @Sendable (UInt16) async throws(NetworkError) -> Connection,
        _ body: (SPDYClient) async throws -> Void
    ) async throws {
        let client = SPDYClient()
        let session = PortSession(ports: [], sandbox: "box", connect: connect)
        let (there, back) = (client.toServer, client.fromServer)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await StreamPorts(session, clock: StillClock()).run(there, SharedSink(back)) }
            try await body(client)
            client.leave()
            try await group.waitForAll()
        }
    }

    private static func pair(_ client: SPDYClient, _ id: UInt32, port: String, request: String) async throws {
        let headers = ["port": port, "requestid": request]
        try await client.open(id, headers.merging(["streamtype": "error"]) { $1 }, isLast: true)
        try await client.open(id + 2, headers.merging(["streamtype": "data"]) { $1 })
    }

    @Test func aConnectionIsCarriedBothWays() async throws {
        let (near, far) = connectionPair()
        try await Self.forwarding({ _ throws(NetworkError) in near }) { client in
            try await Self.pair(client, 1, port: "80", request: "0")
            try await client.send(.data(stream: 3, bytes: Array("GET".utf8), isLast: true))
            #expect(await far.input.all(limit: 10) == Array("GET".utf8))
            // The client has closed its half, and still gets the answer.
            try await far.output.write("200")
            far.output.end()
            let frames = try await client.frames { frame in
                if case .data(1, _, true) = frame { true } else { false }
            }
            #expect(frames.text(3) == "200")
            #expect(frames.hasEnded(3) && frames.text(1).isEmpty)
        }
    }

    @Test func aClosedPortIsToldOnTheErrorStream() async throws {
        try await Self.forwarding({ _ throws(NetworkError) in throw .refused }) { client in
            try await Self.pair(client, 1, port: "81", request: "0")
            let frames = try await client.frames { frame in
                if case .data(1, _, true) = frame { true } else { false }
            }
            #expect(
                frames.text(1).hasPrefix("error forwarding port 81 to pod box, uid : failed to execute portforward"))
            #expect(frames.text(1).contains("dial tcp4 127.0.0.1:81: connect: connection refused"))
            #expect(frames.hasEnded(3))
            // Another connection follows.
            try await Self.pair(client, 5, port: "82", request: "1")
            let next = try await client.frames { frame in if case .data(5, _, true) = frame { true } else { false } }
            #expect(next.text(5).contains("port 82"))
        }
    }

    @Test(arguments: [
        ["streamtype": "data"], ["streamtype": "data", "port": "0"], ["streamtype": "data", "port": "65536"],
        ["streamtype": "data", "port": "x"], ["streamtype": "other", "port": "80"], ["port": "80"],
    ])
    func streamsWithoutSenseAreRefused(headers: [String: String]) async throws {
        try await Self.forwarding({ _ throws(NetworkError) in throw .refused }) { client in
            try await client.open(1, headers)
            let frames = try await client.frames { _ in true }
            #expect(frames == [.reset(stream: 1, status: .refusedStream)])
        }
    }

    @Test func aClientThatBreaksOffClosesThePodsConnection() async throws {
        let (near, far) = connectionPair()
        try await Self.forwarding({ _ throws(NetworkError) in near }) { client in
            try await Self.pair(client, 1, port: "80", request: "0")
            try await far.output.write("hello")
            _ = try await client.frames { frame in if case .data(3, _, _) = frame { true } else { false } }
            try await client.send(.reset(stream: 3, status: .cancel))
            #expect(await far.input.read(upTo: 1) == nil)
        }
    }

    @Test func thereAreOnlySoManyConnections() async throws {
        try await Self.forwarding({ _ throws(NetworkError) in
            await StillClock().sleep(until: .seconds(1))
            throw .cancelled
        }) { client in
            let many = StreamPorts.maximumConnections
            for number in 0...UInt32(many) {
                try await client.open(2 * number + 1, ["streamtype": "data", "port": "80", "requestid": "\(number)"])
            }
            let refused = SPDYFrame.reset(stream: UInt32(2 * many + 1), status: .refusedStream)
            let frames = try await client.frames { $0 == refused }
            #expect(frames.count == many + 1)
        }
    }

    @Test func aTunnelCarriesTheSameInMessages() async throws {
        let messages = FakeMessages()
        let (near, far) = connectionPair()
        let session = PortSession(ports: [], sandbox: "box") { _ throws(NetworkError) in near }
        let stream = MessageStream(messages)
        async let running: Void = StreamPorts(session, clock: StillClock()).run(stream, stream)
        var blocks = HeaderBlockWriter()
        var bytes: [UInt8] = []
        for (id, type) in [(UInt32(1), "error"), (3, "data")] {
            let headers = [SPDYHeader("streamtype", type), SPDYHeader("port", "80"), SPDYHeader("requestid", "0")]
            bytes += SPDYFrame.synStream(stream: id, headers: headers, isLast: false).bytes(&blocks)
        }
        bytes += SPDYFrame.data(stream: 3, bytes: Array("through".utf8), isLast: false).bytes(&blocks)
        for start in stride(from: 0, to: bytes.count, by: 11) {
            messages.give(Array(bytes[start..<min(bytes.count, start + 11)]))
        }
        #expect(await far.input.read(upTo: 100) == Array("through".utf8))
        messages.leave()
        await running
        #expect(await far.input.read(upTo: 1) == nil)
    }
}
