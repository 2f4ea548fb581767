import FairleadAPI
import NIOCore
import Synchronization
import Testing

@testable import FairleadHTTP

/// Work that is not for an event loop, and the limits that keep clients from each other.
@Suite(.timeLimit(.minutes(1)))
struct HeavyRequestTests {
    /// Computes, in the way of a computation, until it is released.
    final class Gate: Sendable {
        private let isOpen = Atomic<Bool>(false)
        let entered = Atomic<Int>(0)

        func open() { isOpen.store(true, ordering: .releasing) }

        func pass() {
            entered.add(1, ordering: .relaxed)
            while !isOpen.load(ordering: .acquiring) {}
        }
    }

    final class Order: Sendable {
        private let state = Mutex<[String]>([])
        func add(_ name: String) { state.withLock { $0.append(name) } }
        var names: [String] { state.withLock { $0 } }
    }

    private static func heavy(_ gate: Gate) -> @Sendable (APIRequest) -> APIOutcome {
        { request in
            guard request.path == "/heavy" else { return echo(request) }
            return .computed {
                gate.pass()
                return echo(request)
            }
        }
    }

    private static let get = " HTTP/1.1\r\nHost: localhost\r\n\r\n"

    @Test func lightRequestsAreAnsweredWhileAllThreadsCompute() async throws {
        let gate = Gate()
        try await withServer(handler: Self.heavy(gate)) { _, port in
            var heavy: [TestClient] = []
            for _ in 0..<8 {
                let client = try await TestClient.connect(port: port)
                try await client.send("GET /heavy" + Self.get)
                heavy.append(client)
            }
            while gate.entered.load(ordering: .relaxed) < 2 { await Task.yield() }
            for _ in 0..<8 {
                let light = try await TestClient.connect(port: port)
                try await light.send("GET /light" + Self.get)
                #expect(try await light.readResponse().text == "GET /light [] ")
            }
            gate.open()
            for client in heavy { #expect(try await client.readResponse().text == "GET /heavy [] ") }
        }
    }

    @Test func pipelinedRequestsOfOneConnectionLetOthersIn() async throws {
        let order = Order()
        let gate = Gate()
        let handler: @Sendable (APIRequest) -> APIOutcome = { request in
            order.add(request.path)
            if request.path == "/g" { gate.pass() }
            return echo(request)
        }
        try await withServer({ $0.eventLoops = 1 }, handler: handler) { _, port in
            let modest = try await TestClient.connect(port: port)
            try await modest.send("GET /first" + Self.get)
            _ = try await modest.readResponse()
            let greedy = try await TestClient.connect(port: port)
            let count = 1500
            async let sent: Void = greedy.send(String(repeating: "GET /g" + Self.get, count: count))
            while !order.names.contains("/g") { await Task.yield() }
            // What has been sent is in the server's socket before the loop goes on.
            try await modest.send("GET /modest" + Self.get)
            gate.open()
            #expect(try await modest.readResponse().status == 200)
            try await sent
            for _ in 0..<count { #expect(try await greedy.readResponse().status == 200) }
            let place = try #require(order.names.firstIndex(of: "/modest"))
            #expect(place < 200)
            #expect(order.names.count == count + 2)
        }
    }

    @Test func clientsTakeTurnsOnTheThreads() async throws {
        let pool = ComputePool(threads: 1, maximumRequests: 1000, maximumPerClient: 1000)
        let gate = Gate()
        let order = Order()
        let greedy = ComputeFlow(key: .init(place: "a", userAgent: ""), pool: pool)
        let modest = ComputeFlow(key: .init(place: "b", userAgent: ""), pool: pool)
        await withTaskGroup(of: Void.self) { group in
            group.addTask(executorPreference: greedy) { gate.pass() }
            while gate.entered.load(ordering: .relaxed) == 0 { await Task.yield() }
            for _ in 0..<50 { group.addTask(executorPreference: greedy) { order.add("a") } }
            group.addTask(executorPreference: modest) { order.add("b") }
            gate.open()
        }
        let place = try #require(order.names.firstIndex(of: "b"))
        #expect(place <= 1)
        pool.shutdown()
    }

    @Test func manyAgentsOfOneAddressTakeOneTurn() async throws {
        let pool = ComputePool(threads: 1, maximumRequests: 1000, maximumPerClient: 1000)
        let gate = Gate()
        let order = Order()
        func flow(_ address: String, _ agent: String) -> ComputeFlow {
            ComputeFlow(key: .init(place: address, userAgent: agent), pool: pool)
        }
        await withTaskGroup(of: Void.self) { group in
            group.addTask(executorPreference: flow("a", "")) { gate.pass() }
            while gate.entered.load(ordering: .relaxed) == 0 { await Task.yield() }
            for number in 0..<50 {
                group.addTask(executorPreference: flow("a", "many")) { order.add("many") }
                group.addTask(executorPreference: flow("a", "\(number)")) { order.add("\(number)") }
            }
            for name in ["b0", "b1"] { group.addTask(executorPreference: flow("b", name)) { order.add(name) } }
            gate.open()
        }
        let names = order.names
        #expect(names.count == 102)
        #expect(try #require(names.firstIndex(of: "b0")) <= 1)
        #expect(try #require(names.firstIndex(of: "b1")) <= 3)
        // Within the address, the agent with much to do waits for those with little.
        #expect(names.prefix(50).count { $0 == "many" } <= 3)
        pool.shutdown()
    }

    @Test func anotherAddressWaitsForNoJobToEnd() async {
        let pool = ComputePool(threads: 2, maximumRequests: 100, maximumPerClient: 100)
        let gate = Gate()
        let order = Order()
        func flow(_ address: String) -> ComputeFlow {
            ComputeFlow(key: .init(place: address, userAgent: ""), pool: pool)
        }
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<10 {
                group.addTask(executorPreference: flow("a")) {
                    gate.pass()
                    order.add("a")
                }
            }
            while gate.entered.load(ordering: .relaxed) < 2 { await Task.yield() }
            await withTaskGroup(of: Void.self) { others in
                for _ in 0..<10 { others.addTask(executorPreference: flow("b")) { order.add("b") } }
            }
            #expect(gate.entered.load(ordering: .relaxed) == 2)
            gate.open()
        }
        #expect(order.names == Array(repeating: "b", count: 10) + Array(repeating: "a", count: 10))
        pool.shutdown()
    }

    @Test func oneAddressLeavesRoomForAnother() {
        let pool = ComputePool(threads: 1, maximumRequests: 10, maximumPerClient: 3)
        var admitted: [ComputeFlow.Key] = []
        func enter(_ address: String, _ agent: Int) {
            let key = ComputeFlow.Key(place: address, userAgent: "\(agent)")
            if pool.enter(key) != nil { admitted.append(key) }
        }
        for agent in 0..<20 { enter("a", agent) }
        #expect(admitted.count == 7)
        for _ in 0..<20 { enter("b", 0) }
        #expect(admitted.count == 10)
        for key in admitted { pool.leave(key) }
        admitted = []
        for agent in 0..<20 { enter("a", agent) }
        #expect(admitted.count == 7)
        pool.shutdown()
    }

    @Test func tooManyHeavyRequestsOfOneClientAreRefused() async throws {
        let gate = Gate()
        try await withServer({ $0.maximumHeavyRequestsPerClient = 2 }, handler: Self.heavy(gate)) { _, port in
            var heavy: [TestClient] = []
            for _ in 0..<2 {
                let client = try await TestClient.connect(port: port)
                try await client.send("GET /heavy" + Self.get)
                heavy.append(client)
            }
            while gate.entered.load(ordering: .relaxed) < 2 { await Task.yield() }
            let third = try await TestClient.connect(port: port)
            try await third.send("GET /heavy" + Self.get)
            let refused = try await third.readResponse()
            #expect(refused.status == 429)
            #expect(refused.header("Retry-After") == "1")
            let other = try await TestClient.connect(port: port)
            try await other.send("GET /heavy HTTP/1.1\r\nHost: localhost\r\nUser-Agent: other\r\n\r\n")
            gate.open()
            #expect(try await other.readResponse().status == 200)
            for client in heavy { #expect(try await client.readResponse().status == 200) }
            try await third.send("GET /heavy" + Self.get)
            #expect(try await third.readResponse().status == 200)
        }
    }

    @Test(arguments: ["/slow?timeout=10ms", "/slow"])
    func whatTakesTooLongIsAnswered504(path: String) async throws {
        let gate = ScriptedStream()
        let handler: @Sendable (APIRequest) -> APIOutcome = { request in
            guard request.path == "/slow" else { return echo(request) }
            return .deferred {
                await gate.untilCancelled()
                return echo(request)
            }
        }
        try await withServer(
            {
                $0.tick = .milliseconds(10)
                if path == "/slow" { $0.requestTimeout = .milliseconds(20) }
            }, handler: handler
        ) { server, port in
            let client = try await TestClient.connect(port: port)
            try await client.send("GET \(path)" + Self.get)
            let response = try await client.readResponse()
            #expect(response.status == 504)
            #expect(response.text.contains(#""reason":"Timeout""#))
            gate.cancel()
            try await client.send("GET /next" + Self.get)
            #expect(try await client.readResponse().text == "GET /next [] ")
            #expect(server.statistics.requestsInFlight == 0)
        }
    }

    @Test func workOfAClientThatLeftIsCancelled() async throws {
        let gate = Gate()
        let wasCancelled = ScriptedStream()
        let handler: @Sendable (APIRequest) -> APIOutcome = { request in
            .computed {
                gate.entered.add(1, ordering: .relaxed)
                while !Task.isCancelled {}
                wasCancelled.cancel()
                return echo(request)
            }
        }
        try await withServer(handler: handler) { _, port in
            let client = try await TestClient.connect(port: port)
            try await client.send("GET /heavy" + Self.get)
            while gate.entered.load(ordering: .relaxed) == 0 { await Task.yield() }
            try await client.close()
            await wasCancelled.untilCancelled()
        }
    }

    @Test func bodyBelowTheMinimumRateIsRefused() async throws {
        try await withServer({
            $0.tick = .milliseconds(10)
            $0.headerTimeout = .milliseconds(20)
        }) { _, port in
            let client = try await TestClient.connect(port: port)
            try await client.send("POST /a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nx")
            let response = try await client.readResponse()
            #expect(response.status == 408)
        }
    }

    @Test func bodiesBeyondTheMemoryForThemAreRefused() async throws {
        try await withServer({ $0.bodyMemory = 1000 }) { _, port in
            let client = try await TestClient.connect(port: port)
            for _ in 0..<3 {
                try await client.send(
                    "POST /a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 600\r\n\r\n"
                        + String(repeating: "x", count: 600))
                #expect(try await client.readResponse().status == 200)
            }
            let large = try await TestClient.connect(port: port)
            try await large.send(
                "POST /a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1600\r\n\r\n"
                    + String(repeating: "x", count: 1600))
            #expect(try await large.readResponse().status == 429)
        }
    }

    @Test func readerOfAStreamThatTakesNothingIsLetGo() async throws {
        let stream = ScriptedStream(endlessPiece: 256 * 1024)
        // New events are no progress.
        let waking = Task {
            while !Task.isCancelled {
                stream.state.withLock { $0.wake }?()
                try await Task.sleep(for: .milliseconds(5))
            }
        }
        defer { waking.cancel() }
        try await withServer(
            {
                $0.tick = .milliseconds(10)
                $0.progressTimeout = .milliseconds(50)
            }, handler: { _ in .stream(stream, contentType: "application/json", headers: []) }
        ) { _, port in
            let client = try await TestClient.connect(port: port, reads: false)
            try await client.send("GET /a" + Self.get)
            await stream.untilCancelled()
        }
    }

    /// A long answer that never ends.
    final class EndlessAnswer: EventStream {
        let cancelled = ScriptedStream()
        var deadline: SuspendingClock.Instant? { nil }
        var computes: Bool { true }
        var isLongAnswer: Bool { true }
        func onWake(_ wake: @escaping @Sendable () -> Void) {}
        func cancel() { cancelled.cancel() }
        func pull(maximumBytes: Int) -> StreamStep { .data([[120]]) }
    }

    @Test func longAnswerIsCutOffWhenItsTimeIsUp() async throws {
        let answer = EndlessAnswer()
        try await withServer(
            { $0.tick = .milliseconds(10) },
            handler: { _ in .stream(answer, contentType: "application/json", headers: []) }
        ) { _, port in
            let client = try await TestClient.connect(port: port)
            try await client.send("GET /a?timeout=50ms" + Self.get)
            let text = try await client.readToEnd()
            // It must not look like a whole one.
            #expect(!text.hasSuffix("0\r\n\r\n"))
            await answer.cancelled.untilCancelled()
        }
    }

    @Test func clientThatEndsItsSideStillGetsAnAnswerThatComesSoon() async throws {
        try await withServer(handler: { request in .computed { echo(request) } }) { _, port in
            let client = try await TestClient.connect(port: port)
            try await client.send("GET /a" + Self.get)
            try await client.closeOutput()
            #expect(try await client.readResponse().text == "GET /a [] ")
        }
    }

    /// Gives numbered pieces, then ends.
    final class LongAnswer: EventStream {
        let next = Mutex(0)
        let count = 400
        var deadline: SuspendingClock.Instant? { nil }
        var computes: Bool { true }
        var isLongAnswer: Bool { true }
        func onWake(_ wake: @escaping @Sendable () -> Void) {}
        func cancel() {}

        func piece(_ number: Int) -> [UInt8] { Array(String(repeating: "piece \(number) ", count: 500).utf8) }

        func pull(maximumBytes: Int) -> StreamStep {
            next.withLock { next in
                next += 1
                return next == count ? .end([piece(next)]) : .data([piece(next), []])
            }
        }
    }

    @Test(arguments: [true, false])
    func longAnswerComesWholeWhileItIsMade(isCompressed: Bool) async throws {
        let handler: @Sendable (APIRequest) -> APIOutcome = { _ in
            .stream(LongAnswer(), contentType: "application/json", headers: [])
        }
        try await withServer(handler: handler) { server, port in
            let client = try await TestClient.connect(port: port)
            let accept = isCompressed ? "Accept-Encoding: gzip\r\n" : ""
            for _ in 0..<2 {
                try await client.send("GET /a HTTP/1.1\r\nHost: localhost\r\n\(accept)\r\n")
                let head = try await client.readHead()
                #expect(head.contains("Content-Encoding: gzip") == isCompressed)
                var body: [UInt8] = []
                while let chunk = try await client.readChunkBytes() { body += chunk }
                let answer = LongAnswer()
                let expected = (1...answer.count).flatMap { answer.piece($0) }
                #expect((isCompressed ? inflated(body, to: expected.count) : body) == expected)
            }
            #expect(server.statistics.requestsInFlight == 0)
            #expect(server.statistics.streamsOpen == 0)
        }
    }
}
