import FairleadAPI
import FairleadHTTP
import Testing

@Suite(.timeLimit(.minutes(1)))
struct StreamTests {
    private static let watch = "GET /watch HTTP/1.1\r\nHost: localhost\r\n\r\n"

    private static func serving(_ stream: ScriptedStream) -> @Sendable (APIRequest) -> APIOutcome {
        { request in
            request.path == "/watch"
                ? .stream(stream, contentType: "application/json", headers: []) : echo(request)
        }
    }

    @Test func eventsComeInChunksAsTheyHappen() async throws {
        let stream = ScriptedStream()
        try await withServer(handler: StreamTests.serving(stream)) { server, port in
            let client = try await TestClient.connect(port: port)
            try await client.send(StreamTests.watch)
            let head = try await client.readHead()
            #expect(head.contains("Transfer-Encoding: chunked\r\n"))
            stream.give("one")
            #expect(try await client.readChunk() == "one")
            #expect(server.statistics.streamsOpen == 1)
            stream.give("two")
            #expect(try await client.readChunk() == "two")
            stream.give("three", ends: true)
            #expect(try await client.readChunk() == "three")
            #expect(try await client.readChunk() == "")
            await stream.untilCancelled()
            #expect(server.statistics.streamsOpen == 0)
            try await client.send("GET /next HTTP/1.1\r\nHost: localhost\r\n\r\n")
            #expect(try await client.readResponse().text == "GET /next [] ")
        }
    }

    @Test func oldClientGetsTheStreamWithoutChunks() async throws {
        let stream = ScriptedStream()
        stream.give("all", ends: true)
        try await withServer(handler: StreamTests.serving(stream)) { _, port in
            let client = try await TestClient.connect(port: port)
            try await client.send("GET /watch HTTP/1.0\r\n\r\n")
            #expect(try await client.readToEnd().hasSuffix("Connection: close\r\n\r\nall"))
        }
    }

    @Test func clientThatGoesAwayEndsItsStream() async throws {
        let stream = ScriptedStream()
        try await withServer(handler: StreamTests.serving(stream)) { server, port in
            let client = try await TestClient.connect(port: port)
            try await client.send(StreamTests.watch)
            _ = try await client.readHead()
            try await client.close()
            await stream.untilCancelled()
        }
    }

    @Test func slowClientIsNotPulledFor() async throws {
        let stream = ScriptedStream(endlessPiece: 256 * 1024)
        try await withServer(handler: StreamTests.serving(stream)) { _, port in
            let slow = try await TestClient.connect(port: port, reads: false)
            try await slow.send(StreamTests.watch)
            // Others, on the same loop too, are served; and what is pulled for the slow one stays bounded.
            for _ in 0..<4 {
                let other = try await TestClient.connect(port: port)
                for _ in 0..<100 {
                    try await other.send("GET /a HTTP/1.1\r\nHost: localhost\r\n\r\n")
                    #expect(try await other.readResponse().status == 200)
                }
            }
            let pulled = stream.state.withLock { $0.pulledBytes }
            #expect(pulled < 64 * 1024 * 1024)
            try await slow.startReading()
            _ = try await slow.readHead()
            for _ in 0..<(pulled / (256 * 1024) + 8) { _ = try await slow.readChunk() }
            #expect(stream.state.withLock { $0.pulledBytes } > pulled)
            try await slow.close()
            await stream.untilCancelled()
        }
    }

    @Test func shutdownEndsStreamsProperlyAndFinishesRequests() async throws {
        let streams = (0..<100).map { _ in ScriptedStream() }
        let gate = ScriptedStream()
        let handler: @Sendable (APIRequest) -> APIOutcome = { request in
            if let number = Int(request.path.dropFirst()) {
                return .stream(streams[number], contentType: "application/json", headers: [])
            }
            return .deferred {
                await gate.untilCancelled()
                return echo(request)
            }
        }
        try await withServer(handler: handler) { server, port in
            var clients: [TestClient] = []
            for number in streams.indices {
                let client = try await TestClient.connect(port: port)
                try await client.send("GET /\(number) HTTP/1.1\r\nHost: localhost\r\n\r\n")
                _ = try await client.readHead()
                clients.append(client)
            }
            let running = try await TestClient.connect(port: port)
            try await running.send("GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n")
            let idle = try await TestClient.connect(port: port)
            while server.statistics.requestsInFlight < 101 { await Task.yield() }
            async let stopped: Void = server.shutdown()
            for client in clients {
                #expect(try await client.readChunk() == "")
                #expect(try await client.readToEnd().isEmpty)
            }
            #expect(try await idle.readToEnd().isEmpty)
            gate.cancel()
            let response = try await running.readResponse()
            #expect(response.text == "GET /slow [] ")
            #expect(response.header("Connection") == "close")
            await stopped
            #expect(streams.allSatisfy { $0.state.withLock { $0.isCancelled } })
        }
    }
}
