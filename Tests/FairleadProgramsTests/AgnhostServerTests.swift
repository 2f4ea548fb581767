import FairleadContainers
import FairleadModel
import Testing

@testable import FairleadPrograms

/// The subcommands that serve.
struct AgnhostServerTests {
    private static let image = "registry.k8s.io/e2e-test-images/agnhost:2.63.0"
    private static let date = GoText.logDate(TestContainer.start)

    @Test func netexecAnswersByPath() async throws {
        let container = try TestContainer(Self.image)
        let running = try container.start(["/agnhost", "netexec", "--http-port=8083", "--udp-port=8081"])
        try await running.wait(for: "Started HTTP server on port 8083\n")
        let cases: [(target: String, status: Int, body: String, log: String)] = [
            ("/hostname", 200, "web-0", "GET /hostname"), ("/hostName", 200, "web-0", "GET /hostName"),
            ("/serverport", 200, "8083", "GET /serverport"),
            ("/header?key=user-agent", 200, "curl/8.5.0", "GET /header?key=user-agent"),
            ("/header", 200, #"{"Connection":["close"],"User-Agent":["curl/8.5.0"]}"#, "GET /header"),
            ("/echo?msg=poststart", 200, "poststart", "GET /echo?msg=poststart&code="),
            ("/echo?msg=no&code=503", 503, "no", "GET /echo?msg=no&code=503"),
            (
                "/echo?msg=a&code=b", 200, "argument 'code' must be an integer or empty, got \"b\"\n",
                "GET /echo?msg=a&code=b"
            ),
            ("/healthz", 200, "", "GET /healthz"), ("/readyz", 200, "ok", ""),
            (
                "/dial?request=hostname&protocol=http&host=10.1.2.3&port=8083&tries=2", 200,
                #"{"responses":["web-0","web-0"]}"#,
                "GET /dial?host=10.1.2.3&protocol=http&port=8083&request=hostname&tries=2"
            ),
            (
                "/dial?request=hostname&protocol=udp&host=web-0&port=8081&tries=1", 200, #"{"responses":["web-0"]}"#,
                "GET /dial?host=web-0&protocol=udp&port=8081&request=hostname&tries=1"
            ),
            (
                "/dial?request=echo%3Fmsg%3Dprestop&host=10.1.2.3&port=8083", 200, #"{"responses":["prestop"]}"#,
                "GET /echo?msg=prestop&code="
            ),
            (
                "/dial?request=hostname&host=10.1.2.3&port=99", 200,
                #"{"errors":["Get \"http://10.1.2.3:99/hostname\": dial tcp 10.1.2.3:99: connect: connection refused"]}"#,
                ""
            ),
            ("/dial?host=10.1.2.3&port=99", 400, "request parameter not specified. \n", ""),
            ("/dial?request=a&host=10.1.2.3&port=99&protocol=icmp", 400, "unsupported protocol. icmp\n", ""),
            ("/dial?request=a&host=10.1.2.3&port=x", 400, "host and/or port param are invalid. 10.1.2.3:x\n", ""),
            ("/dial?request=a&host=h&port=1&tries=x", 400, "tries parameter is invalid. x\n", ""),
        ]
        for (target, status, body, log) in cases {
            let answer = try await container.send(8083, target)
            #expect(answer.status == status && answer.text == body, "\(target): \(answer.status) \(answer.text)")
            if !log.isEmpty { #expect(running.lines.contains("\(Self.date) \(log)"), "\(target)") }
        }
        let page = try await container.send(8083, "/nowhere")
        #expect(page.status == 200 && page.text.hasPrefix("NOW: 2026-"))
        #expect(try await container.send(8083, "/clientip").text.hasPrefix("10.1.2.3:"))
        let moved = try await container.send(8083, "/redirect?location=/a&code=301")
        #expect(moved.status == 301 && moved.header("location") == "/a")
        #expect(page.header("content-type") == "text/plain; charset=utf-8")
    }

    @Test func netexecRefusesWhatIsNoHTTP() async throws {
        let container = try TestContainer(Self.image)
        let running = try container.start(["/agnhost", "netexec"])
        try await running.wait(for: "Started HTTP server")
        let answer = try await container.raw(8080, "hostName\n")
        #expect(answer.hasPrefix("HTTP/1.1 400 Bad Request\r\n") && answer.hasSuffix("\r\n\r\n400 Bad Request"))
    }

    @Test(arguments: [
        ("hostname\n", "web-0"), ("HostName", "web-0"), ("echo Hello  There\n", "hello there"), ("serverport", "8081"),
        ("dance", nil), ("", nil),
    ])
    func netexecAnswersDatagrams(text: String, expected: String?) async throws {
        let container = try TestContainer(Self.image)
        let running = try container.start(["/agnhost", "netexec"])
        try await running.wait(for: "Started HTTP server")
        #expect(try await container.datagram(8081, text) == expected)
        #expect(running.text.contains("Started UDP server on port"))
    }

    @Test func netexecIsUnwellWithoutDatagrams() async throws {
        let container = try TestContainer(Self.image)
        let running = try container.start([
            "/agnhost", "netexec", "--udp-port", "-1", "--http-override=/echo?msg=x&code=201",
        ])
        try await running.wait(for: "Started HTTP server")
        let answer = try await container.send("POST", 8080, "/healthz")
        #expect(answer.status == 201 && answer.text == "x")
        #expect(await running.end() == .success)
        let other = try container.start(["/agnhost", "netexec", "--udp-port=-1"])
        try await other.wait(for: "Started HTTP server")
        #expect(try await container.send(8080, "/healthz").status == 412)
        #expect(try await container.send(8080, "/readyz").status == 412)
    }

    @Test func netexecEndsWhenAsked() async throws {
        let container = try TestContainer(Self.image)
        let running = try container.start(["/agnhost", "netexec"])
        _ = try await container.send(8080, "/exit?code=7")
        #expect(await running.status() == ExitStatus(7))
        let other = try container.start(["/agnhost", "netexec"])
        _ = try await container.send(8080, "/shutdown")
        #expect(await other.status() == .success)
        let slow = try container.start(["/agnhost", "netexec", "--delay-shutdown=100"])
        try await slow.wait(for: "Started HTTP server")
        slow.signals.send(.terminate)
        try await slow.wait(for: "Sleeping 100 seconds")
        let answer = try await container.send(8080, "/readyz")
        #expect(answer.status == 503 && answer.text == "shutting down")
        #expect(try await container.send(8080, "/hostname").text == "web-0")
        container.clock.advance(by: .seconds(100))
        #expect(await slow.status() == .success)
    }

    @Test func netexecRunsCommandsAndTakesFiles() async throws {
        let container = try TestContainer(Self.image)
        let running = try container.start(["/agnhost", "netexec"])
        try await running.wait(for: "Started HTTP server")
        #expect(try await container.send(8080, "/shell?cmd=echo+hi").text == #"{"output":"hi\n"}"#)
        #expect(try await container.send(8080, "/shell?shellCommand=exit+3").text == #"{"error":"exit status 3"}"#)
        let form =
            "--B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\nhello\r\nthere\r\n--B--\r\n"
        let answer = try await container.send(
            "POST", 8080, "/upload", headers: [("Content-Type", "multipart/form-data; boundary=B")], body: form)
        #expect(answer.status == 201 && answer.text == #"{"output":"/uploads/upload000000001"}"#)
        #expect(try container.world.files.text("/uploads/upload000000001") == "hello\r\nthere")
        #expect(try await container.send("POST", 8080, "/upload", body: "x").text.contains("error"))
    }

    @Test func aSecondServerFindsThePortTaken() async throws {
        let container = try TestContainer(Self.image)
        let first = try container.start(["/agnhost", "netexec"])
        try await first.wait(for: "Started HTTP server")
        let second = try await container.run(["/agnhost", "netexec", "--udp-port=-1"])
        #expect(second.code == 1 && second.text.hasSuffix("listen tcp :8080: bind: address already in use\n"))
    }

    @Test func serveHostnameSpeaksOneProtocolOrTwo() async throws {
        let container = try TestContainer(Self.image)
        let web = try container.start(["/agnhost", "serve-hostname"])
        try await web.wait(for: "\(Self.date) Serving on port 9376.\n")
        #expect(try await container.send(9376, "/any/path").text == "web-0")
        try await web.wait(for: "HTTP request from 10.1.2.3:")
        #expect(try await container.raw(9376, "hostName\n").hasPrefix("HTTP/1.1 400 Bad Request"))
        web.signals.send(.terminate)
        try await web.wait(for: "terminating in 60 seconds")
        #expect(try await container.send(9376, "/").text == "web-0")
        container.clock.advance(by: .seconds(60))
        #expect(await web.status() == .success)
        let bare = try container.start(["/agnhost", "serve-hostname", "--http=false", "--tcp", "--udp"])
        try await bare.wait(for: "Serving on port")
        #expect(try await container.raw(9376, "x") == "web-0")
        #expect(try await container.datagram(9376, "x") == "web-0")
        #expect(try await container.run(["/agnhost", "serve-hostname", "--tcp"]).code == 1)
    }

    @Test func testWebServerServesAllFiles() async throws {
        let container = try TestContainer(Self.image, files: ["/results/a@b": "OK\n", "/www/index.html": "<html>hi"])
        let running = try container.start(["/agnhost", "test-webserver"])
        #expect(try await container.send(80, "/localhost.crt").status == 200)
        let file = try await container.send(80, "/results/a@b")
        #expect(file.status == 200 && file.text == "OK\n" && file.header("cache-control") == "private")
        let missing = try await container.send(80, "/no")
        #expect(missing.status == 404 && missing.text == "404 page not found\n")
        let list = try await container.send(80, "/results/")
        #expect(list.header("content-type") == "text/html; charset=utf-8")
        #expect(list.text.contains("<a href=\"a@b\">a@b</a>\n"))
        #expect(try await container.send(80, "/results").header("location") == "results/")
        #expect(try await container.send(80, "/www/").text == "<html>hi")
        #expect(try await container.send(80, "/www/index.html").header("location") == "./")
        #expect(try await container.send(80, "/../../localhost.key").status == 200)
        try container.world.files.move("/localhost.crt", to: "/tmp/localhost.crt", as: .root)
        #expect(try await container.send(80, "/localhost.crt").status == 404)
        #expect(running.text.isEmpty)
        #expect(await running.end() == ExitStatus(2))
    }

    @Test func porterServesItsEnvironment() async throws {
        let container = try TestContainer(Self.image)
        let environment = [
            ("SERVE_PORT_80", "<a href=\"/rewriteme\">test</a>"), ("SERVE_TCP_PORT_81", "foo"),
            ("SERVE_UDP_PORT_81", "bar"),
            ("SERVE_TLS_PORT_443", "tls baz"), ("SERVE_PORT_X", "no"), ("OTHER", "1"),
        ].map { (name: $0.0, value: $0.1) }
        let running = try container.start(["/agnhost", "porter"], environment: environment)
        let page = try await container.send(80, "/any")
        #expect(page.text == "<a href=\"/rewriteme\">test</a>")
        #expect(page.header("content-type") == "text/html; charset=utf-8")
        #expect(try await container.send("DELETE", 81, "/").text == "foo")
        #expect(try await container.send(443, "/").text == "tls baz")
        #expect(try await container.datagram(81, "x") == "bar")
        #expect(await running.end() == ExitStatus(2))
        _ = try container.start(["/agnhost", "porter", "--json-response"], environment: [("SERVE_PORT_80", "foo")])
        let answer = try await container.send("PATCH", 80, "/some/path")
        #expect(
            answer.text == #"{"Method":"PATCH","Body":"foo"}"# && answer.header("content-type") == "application/json")
    }

    @Test func livenessIsWellForTenSeconds() async throws {
        let container = try TestContainer(Self.image)
        _ = try container.start(["/agnhost", "liveness"])
        let well = try await container.send(8080, "/healthz")
        #expect(well.status == 200 && well.text == "ok")
        container.clock.advance(by: .milliseconds(10_500))
        let unwell = try await container.send(8080, "/healthz")
        #expect(unwell.status == 500 && unwell.text == "error: 10.5")
        #expect(try await container.send(8080, "/started").text == "10.5s")
        let moved = try await container.send(8080, "/redirect?loc=http%3A%2F%2F0.0.0.0%2F")
        #expect(moved.status == 302 && moved.header("location") == "http://0.0.0.0/")
        #expect(moved.text == "<a href=\"http://0.0.0.0/\">Found</a>.\n\n")
        #expect(try await container.send(8080, "/").status == 404)
    }

    @Test func healthCanBeAskedFor() async throws {
        let container = try TestContainer(Self.image)
        let running = try container.start([
            "/agnhost", "grpc-health-checking", "--port=2333", "--delay-unhealthy-sec=30", "--service", "svc",
        ])
        try await running.wait(for: "HTTP server starting to listen on :8080")
        func ask(_ service: String, _ port: UInt16 = 2333) async throws -> HealthCheck.Answer {
            await HealthCheck.ask(service, over: try await container.connect(port))
        }
        #expect(try await ask("svc") == .serving)
        #expect(try await ask("") == .serviceNotFound)
        _ = try await container.send(8080, "/make-not-serving")
        #expect(try await ask("svc") == .notServing)
        #expect(try await container.send(8080, "/make-serving").status == 200)
        #expect(try await ask("svc") == .serving)
        container.clock.advance(by: .seconds(31))
        #expect(try await ask("svc") == .notServing)
        #expect(try await ask("svc", 8080) == .unimplemented)
    }

    @Test func nettestCountsWhoWrites() async throws {
        let container = try TestContainer(Self.image)
        let running = try container.start(["/agnhost", "nettest", "--peers=1"])
        #expect(try await container.send(8080, "/status").text == "running")
        for _ in 0..<2 {
            let answer = try await container.send("POST", 8080, "/write", body: #"{"source": "prestop"}"#)
            #expect(answer.status == 200 && answer.text == #"{"Hostname":"web-0"}"#)
        }
        #expect(try await container.send("POST", 8080, "/write", body: "{").status == 500)
        let state = try JSON.parse(try await container.send(8080, "/read").body).value
        #expect(state.at("Received", "prestop")?.int == 2 && state["Hostname"]?.string == "web-0")
        #expect(try await container.send(8080, "/status").text == "pass")
        _ = try await container.send(8080, "/quit")
        #expect(await running.status() == .success)
    }

    @Test func guestbookKeepsAndForwards() async throws {
        let hosts = "10.1.2.3\tagnhost-primary agnhost-replica\n"
        let container = try TestContainer(Self.image, hosts: hosts)
        let primary = try container.start(["/agnhost", "guestbook", "--http-port", "6379"])
        let front = try container.start(["/agnhost", "guestbook", "--backend-port", "6379"])
        func page(_ query: String) async throws -> WebResponse { try await container.send(80, "/guestbook?\(query)") }
        _ = try await container.send(6379, "/get?key=x")
        #expect(try await page("cmd=get&key=messages&value=").text == #"{"data":""}"#)
        #expect(try await page("cmd=set&key=messages&value=TestEntry").text == #"{"message":"Updated"}"#)
        #expect(try await page("cmd=get&key=messages&value=").text == #"{"data":"TestEntry"}"#)
        #expect(try await container.send(6379, "/get").text == #"{"data":{"messages":"TestEntry"}}"#)
        #expect(try await container.send(6379, "/set?key=&value=a").status == 400)
        #expect(try await page("cmd=dance").status == 400)
        let replica = try container.start([
            "/agnhost", "guestbook", "--http-port=6380", "--backend-port=6379", "--replicaof=agnhost-primary",
        ])
        #expect(try await container.send(6380, "/get?key=messages").text == #"{"data":"TestEntry"}"#)
        #expect(replica.text.contains("Registering to primary: agnhost-primary/10.1.2.3"))
        #expect(await primary.end() == ExitStatus(2))
        #expect(try await page("cmd=get&key=messages").status == 417)
        _ = front
    }

    @Test func aReplicaGivesUp() async throws {
        let container = try TestContainer(Self.image, jumps: true)
        let (text, code) = try await container.run(["/agnhost", "guestbook", "--replicaof=10.1.2.3"])
        #expect(code == 1 && text.contains("Timed out while registering to primary 10.1.2.3"))
    }

    @Test(arguments: [
        (["10.1.2.3:8080"], "", 0), (["10.1.2.3:8080", "--protocol=udp"], "REFUSED\n", 1),
        (["10.1.2.3:8081", "--protocol=udp"], "", 0), (["10.1.2.3:81", "--timeout=1s"], "REFUSED\n", 1),
        (["10.1.2.3:8081", "--protocol", "udp", "--udp-data=nothing", "--timeout=3s"], "TIMEOUT\n", 1),
        (["nobody:80"], "DNS: lookup nobody: server misbehaving\n", 1),
        (["10.1.2.3:80", "--protocol=ftp"], "OTHER: unsupported protocol ftp\n", 1),
        (["10.9.9.9:80"], "OTHER: dial tcp 10.9.9.9:80: no route to host\n", 1),
        (["nothing"], "OTHER: address nothing: missing port in address\n", 1),
    ])
    func connectSaysInAWordWhatWentWrong(arguments: [String], expected: String, code: Int32) async throws {
        let container = try TestContainer(Self.image)
        let server = try container.start(["/agnhost", "netexec"])
        try await server.wait(for: "Started HTTP server")
        let (text, status) = try await container.run(["/agnhost", "connect"] + arguments)
        #expect(text == expected && status == code)
    }

    @Test func smallServers() async throws {
        let container = try TestContainer(Self.image)
        _ = try container.start(["/agnhost", "fake-gitserver"])
        #expect(try await container.send(8000, "/").text == "I am a fake git server")
        let reset = try container.start(["/agnhost", "tcp-reset", "--port", "8082"])
        #expect(try await container.raw(8082, "hello") == "")
        try await reset.wait(for: "reset\n")
        let environment = [
            ("BIND_PORT", "8090"), ("EXPECTED_CLIENT_DATA", "abc"), ("CHUNKS", "3"), ("CHUNK_SIZE", "2"),
            ("CHUNK_INTERVAL", "0"),
        ].map { (name: $0.0, value: $0.1) }
        let tester = try container.start(["/agnhost", "port-forward-tester"], environment: environment)
        #expect(try await container.raw(8090, "abc") == "xxxxxx")
        #expect(await tester.status() == .success)
        #expect(
            tester.text == "Accepted client connection\nReceived expected client data\nShutting down connection\nDone\n"
        )
        let strict = try container.start(["/agnhost", "port-forward-tester"], environment: environment)
        _ = try await container.raw(8090, "abd")
        #expect(await strict.status() == ExitStatus(3))
        let short = try container.start(["/agnhost", "port-forward-tester"], environment: environment)
        _ = try await container.raw(8090, "a")
        #expect(await short.status() == ExitStatus(2))
    }
}
