import FairleadAPI
import FairleadHTTP
import Testing

@Suite(.timeLimit(.minutes(1)))
struct RequestTests {
    @Test func connectionServesManyRequests() async throws {
        try await withServer { server, port in
            let client = try await TestClient.connect(port: port)
            for number in 0..<5 {
                try await client.send("GET /n/\(number)?a=1&b=x%20y+z&c HTTP/1.1\r\nHost: localhost:1\r\n\r\n")
                let response = try await client.readResponse()
                #expect(response.status == 200)
                #expect(response.text == "GET /n/\(number) [a=1,b=x y z,c=] ")
                #expect(response.header("Date")?.hasSuffix(" GMT") == true)
                #expect(response.header("Connection") == nil)
            }
            #expect(server.statistics.requests == 5)
            #expect(server.statistics.requestsInFlight == 0)
            #expect(server.statistics.connectionsAccepted == 1)
        }
    }

    @Test func pipelinedAnswersKeepTheirOrder() async throws {
        let handler: @Sendable (APIRequest) -> APIOutcome = { request in
            // Every third one has to wait; the others must not overtake it.
            guard request.path.hasSuffix("0") else { return echo(request) }
            return .deferred {
                for _ in 0..<20 { await Task.yield() }
                return echo(request)
            }
        }
        try await withServer(handler: handler) { server, port in
            let client = try await TestClient.connect(port: port)
            var text = ""
            for number in 0..<300 {
                text += "POST /\(number % 3)/\(number % 3) HTTP/1.1\r\nHost: localhost\r\n"
                text += "Content-Length: \("\(number)".utf8.count)\r\n\r\n\(number)"
            }
            try await client.send(text)
            for number in 0..<300 {
                let response = try await client.readResponse()
                #expect(response.text == "POST /\(number % 3)/\(number % 3) [] \(number)")
            }
        }
    }

    @Test func chunkedBodyMayComeByteByByte() async throws {
        try await withServer { _, port in
            let client = try await TestClient.connect(port: port)
            let request =
                "POST /a HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n"
                + "5;ext=1\r\nhello\r\n1\r\n \r\n5\r\nworld\r\n0\r\nTrailer: x\r\n\r\n"
            for byte in request.utf8 { try await client.send([byte]) }
            #expect(try await client.readResponse().text == "POST /a [] hello world")
            try await client.send("GET /b HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            #expect(try await client.readResponse().text == "GET /b [] ")
        }
    }

    @Test func expectingClientIsToldToGoOn() async throws {
        try await withServer { _, port in
            let client = try await TestClient.connect(port: port)
            try await client.send(
                "PUT /a HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
            #expect(try await client.readHead() == "HTTP/1.1 100 Continue\r\n\r\n")
            try await client.send("ok")
            #expect(try await client.readResponse().text == "PUT /a [] ok")
        }
    }

    @Test func bodyBeyondTheLimitIsRefusedAsByKubernetes() async throws {
        try await withServer { _, port in
            let text =
                #"{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","#
                + #""message":"Request entity too large: limit is 3145728",""#
                + #"reason":"RequestEntityTooLarge","code":413}"#
            let known = try await TestClient.connect(port: port)
            try await known.send("POST /a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3145729\r\n\r\n")
            let response = try await known.readResponse()
            #expect(response.status == 413)
            #expect(response.header("Content-Type") == "application/json")
            #expect(response.header("Connection") == "close")
            #expect(response.text == text + "\n")
            // The client may go on sending and still reads the answer.
            let chunked = try await TestClient.connect(port: port)
            try await chunked.send("POST /a HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n")
            let chunk = [UInt8](repeating: 97, count: 0x10000)
            for _ in 0..<49 { try await chunked.send(Array("10000\r\n".utf8) + chunk + [13, 10]) }
            #expect(try await chunked.readResponse().status == 413)
        }
    }

    @Test func bodyAtTheLimitIsTaken() async throws {
        let handler: @Sendable (APIRequest) -> APIOutcome = { .response(.text(200, "\($0.body.count)")) }
        try await withServer(handler: handler) { _, port in
            let client = try await TestClient.connect(port: port)
            try await client.send("POST /a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3145728\r\n\r\n")
            try await client.send([UInt8](repeating: 97, count: 3_145_728))
            #expect(try await client.readResponse().text == "3145728")
        }
    }

    @Test(arguments: [
        ("GARBAGE\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: localhost\r\nBad Header: x\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n", 400),
        ("GET /%zz HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: localhost\r\nExpect: tea\r\n\r\n", 417),
        ("GET / HTTP/3.7\r\nHost: localhost\r\n\r\n", 505),
    ])
    func malformedRequestIsRefusedAndTheConnectionEnds(request: String, status: Int) async throws {
        try await withServer { _, port in
            let client = try await TestClient.connect(port: port)
            try await client.send(request)
            let response = try await client.readResponse()
            #expect(response.status == status)
            #expect(response.header("Connection") == "close")
            #expect(try await client.readToEnd().isEmpty)
        }
    }

    @Test func headersBeyondTheLimitAreRefused() async throws {
        try await withServer({ $0.maximumHeaderBytes = 4096 }) { _, port in
            let client = try await TestClient.connect(port: port)
            let long = String(repeating: "a", count: 5000)
            try await client.send("GET / HTTP/1.1\r\nHost: localhost\r\nX: \(long)\r\n\r\n")
            #expect(try await client.readResponse().status == 431)
        }
    }

    @Test func anEarlierRequestIsAnsweredBeforeABadOne() async throws {
        let handler: @Sendable (APIRequest) -> APIOutcome = { request in .deferred { echo(request) } }
        try await withServer(handler: handler) { _, port in
            let client = try await TestClient.connect(port: port)
            try await client.send("GET /a HTTP/1.1\r\nHost: localhost\r\n\r\nnonsense\r\n\r\n")
            #expect(try await client.readResponse().text == "GET /a [] ")
            #expect(try await client.readResponse().status == 400)
        }
    }

    @Test func clientThatEndsItsSideStillGetsItsAnswer() async throws {
        let handler: @Sendable (APIRequest) -> APIOutcome = { request in
            .deferred {
                for _ in 0..<50 { await Task.yield() }
                return echo(request)
            }
        }
        try await withServer(handler: handler) { _, port in
            let client = try await TestClient.connect(port: port)
            try await client.send("GET /a HTTP/1.1\r\nHost: localhost\r\n\r\n")
            try await client.closeOutput()
            #expect(try await client.readToEnd().hasSuffix("GET /a [] "))
        }
    }

    @Test func halfSentHeadAndIdleConnectionAreClosedInTime() async throws {
        let configure: (inout HTTPServerConfiguration) -> Void = {
            $0.tick = .milliseconds(5)
            $0.headerTimeout = .milliseconds(20)
            $0.idleTimeout = .milliseconds(60)
        }
        try await withServer(configure) { _, port in
            let half = try await TestClient.connect(port: port)
            try await half.send("GET /a HTTP/1.1\r\nHo")
            #expect(try await half.readToEnd().isEmpty)
            let idle = try await TestClient.connect(port: port)
            #expect(try await idle.readToEnd().isEmpty)
        }
    }

    @Test(arguments: [
        ("HEAD /a HTTP/1.1\r\nHost: localhost\r\n\r\n", "11", false),
        ("GET /a HTTP/1.0\r\n\r\n", "10", true),
        ("GET /a HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", "10", true),
        ("GET http://localhost/a HTTP/1.1\r\nHost: other\r\nConnection: close\r\n\r\n", "10", true),
    ])
    func framingFollowsTheRequest(request: String, length: String, closes: Bool) async throws {
        try await withServer { _, port in
            let client = try await TestClient.connect(port: port)
            try await client.send(request)
            let response = try await client.readResponse(hasBody: !request.hasPrefix("HEAD"))
            #expect(response.header("Content-Length") == length)
            if closes {
                #expect(response.text == "GET /a [] ")
                #expect(response.header("Connection") == "close")
                #expect(try await client.readToEnd().isEmpty)
            } else {
                try await client.send("GET /b HTTP/1.1\r\nHost: localhost\r\n\r\n")
                #expect(try await client.readResponse().text == "GET /b [] ")
            }
        }
    }

    @Test(arguments: [
        ("Host: localhost:8080", 200), ("Host: 127.1.2.3", 200), ("Host: [::1]:443", 200), ("Host: LOCALHOST", 200),
        ("Host: evil.example", 403), ("Host: localhost.evil.example", 403), ("Host: 127.0.0.1.evil.example", 403),
        ("Host: 10.0.0.1:8080", 403), ("Host: [::2]", 403), ("Host: 127.0.0.1:80@evil", 403),
        ("Host: localhost\r\nOrigin: http://evil.example", 403), ("Host: localhost\r\nOrigin: null", 403),
        ("Host: localhost\r\nOrigin: http://localhost:3000", 200),
    ])
    func webPagesAreKeptAway(headers: String, status: Int) async throws {
        try await withServer { _, port in
            let client = try await TestClient.connect(port: port)
            try await client.send("GET /a HTTP/1.1\r\n\(headers)\r\n\r\n")
            let response = try await client.readResponse()
            #expect(response.status == status)
            if status == 403 { #expect(response.text.contains(#""reason":"Forbidden","code":403"#)) }
        }
    }

    @Test func remoteAddressMustBeAllowed() async throws {
        for (address, allows) in [("0.0.0.0:0", false), ("0.0.0.0:0", true), ("[::]:0", false)] {
            var configuration = HTTPServerConfiguration(addresses: [try #require(HTTPAddress(address))])
            configuration.allowsRemote = allows
            let server = HTTPServer(configuration: configuration, handler: echo, logger: .init(label: "test"))
            if allows {
                #expect(try await server.start()[0].port > 0)
            } else {
                await #expect(throws: HTTPServerError.self) { try await server.start() }
            }
            await server.shutdown()
        }
    }
}
