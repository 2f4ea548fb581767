import FairleadContainers
import FairleadModel
import Testing

@testable import FairleadPrograms

/// Web servers of tutorials and demonstrations.
struct EverydayServerTests {
    /// A container that runs its image's own command.
    private static func start(
        _ image: String, _ args: [String]? = nil, environment: [(name: String, value: String)] = []
    ) throws -> (TestContainer, RunningCommand) {
        let container = try TestContainer(image)
        let arguments = container.image.entrypoint + (args ?? container.image.command)
        return (container, try container.start(arguments, environment: environment))
    }

    private static func json(_ response: WebResponse) throws -> Value { try JSON.parse(response.body).value }

    @Test(arguments: [
        (
            "gcr.io/google-samples/kubernetes-bootcamp:v1", UInt16(8080),
            "Hello Kubernetes bootcamp! | Running on: web-0 | v=1\n"
        ),
        ("jocatalin/kubernetes-bootcamp:v2", 8080, "Hello Kubernetes bootcamp! | Running on: web-0 | v=2\n"),
        ("gcr.io/google-samples/hello-app:1.0", 8080, "Hello, world!\nVersion: 1.0.0\nHostname: web-0\n"),
        (
            "us-docker.pkg.dev/google-samples/containers/gke/hello-app:2.0", 8080,
            "Hello, world!\nVersion: 2.0.0\nHostname: web-0\n"
        ),
        ("httpd:2.4", 80, "<html><body><h1>It works!</h1></body></html>\n"), ("registry.k8s.io/hpa-example", 80, "OK!"),
        ("registry:2", 5000, ""),
        ("nats", 8222, "<!DOCTYPE html>\n<html><head><title>NATS</title></head><body><h1>NATS</h1></body></html>\n"),
        ("mongo:8", 27017, "It looks like you are trying to access MongoDB over HTTP on the native driver port.\r\n"),
    ])
    func answers(image: String, port: UInt16, text: String) async throws {
        let (container, _) = try Self.start(image)
        let answer = try await container.send(port, "/")
        #expect(answer.status == 200 && answer.text == text)
    }

    @Test(arguments: [
        (
            "gcr.io/google-samples/kubernetes-bootcamp:v1", UInt16(8080), "Kubernetes Bootcamp App Started At: 2026-1",
            " | Running On:  web-0 \n"
        ),
        ("gcr.io/google-samples/hello-app:1.0", 8080, "Server listening on port 8080\n", "Serving request: /\n"),
        ("paulbouwer/hello-kubernetes:1.10", 8080, "listening on port 8080\n", "\"GET / HTTP/1.1\" 200 "),
        ("httpd", 80, "AH00094: Command line: 'httpd -D FOREGROUND'\n", "\"GET / HTTP/1.1\" 200 45\n"),
        ("jmalloc/echo-server", 8080, "Echo server listening on port 8080.\n", " | GET /\n"),
        ("traefik/whoami", 80, "Starting up on port 80\n", ""),
        ("ealen/echo-server", 80, "Listening on port 80.\n", ""),
        ("kennethreitz/httpbin", 80, "Listening at: http://0.0.0.0:80 (1)\n", ""),
        ("mccutchen/go-httpbin", 8080, "go-httpbin listening on http://0.0.0.0:8080", ""),
        ("stefanprodan/podinfo:6.9.2", 9898, "\"msg\":\"Starting podinfo\"", ""),
    ])
    func logs(image: String, port: UInt16, start: String, access: String) async throws {
        let (container, running) = try Self.start(image)
        try await running.wait(for: start)
        _ = try await container.send(port, "/")
        if !access.isEmpty { try await running.wait(for: access) }
    }

    @Test func httpdServesItsFolder() async throws {
        let (container, running) = try Self.start("httpd:2.4.63")
        try await running.wait(for: "AH00094")
        #expect(
            running.lines[0].hasPrefix(
                "AH00558: httpd: Could not reliably determine the server's fully qualified domain name, using 10.1.2.3."
            ))
        #expect(running.text.contains("AH00489: Apache/2.4.63 (Unix) configured -- resuming normal operations"))
        try container.world.files.write(Array("x".utf8), to: "/usr/local/apache2/htdocs/a.txt", as: .root)
        let file = try await container.send(80, "/a.txt")
        #expect(
            file.text == "x" && file.header("server") == "Apache/2.4.63 (Unix)"
                && file.header("content-type") == "text/plain")
        #expect(try await container.send(80, "/no").text.contains("<title>404 Not Found</title>"))
        #expect(await running.end() == .success)
        #expect(running.text.hasSuffix("AH00491: caught SIGTERM, shutting down\n"))
    }

    @Test func whoami() async throws {
        let (container, _) = try Self.start("traefik/whoami", ["-port", "8000", "-name=me"])
        let text = try await container.send(8000, "/path?x=1").text
        #expect(
            text.hasPrefix("Name: me\nHostname: web-0\nIP: 127.0.0.1\nIP: ::1\nIP: 10.1.2.3\nRemoteAddr: 10.1.2.3:"))
        #expect(
            text.contains("\nGET /path?x=1 HTTP/1.1\r\nHost: web\r\n")
                && text.hasSuffix("User-Agent: curl/8.5.0\r\n\r\n"))
        let api = try Self.json(try await container.send(8000, "/api"))
        #expect(api["hostname"]?.string == "web-0" && api["method"]?.string == "GET" && api["name"]?.string == "me")
        #expect(try await container.send(8000, "/bench").text == "1")
        #expect(try await container.send(8000, "/health").status == 200)
        #expect(try await container.send("POST", 8000, "/health", body: "503").status == 200)
        #expect(try await container.send(8000, "/health").status == 503)
        #expect(try await container.send("POST", 8000, "/health", body: "x").status == 400)
        #expect(try await container.send(8000, "/data?size=3&unit=kb").body.count == 3072)
        #expect(try await container.send(8000, "/data?size=99999999999&unit=gb").body.count == 1 << 20)
        #expect(try await container.send(8000, "/data?size=-5").body.isEmpty)
    }

    @Test func httpEcho() async throws {
        let (container, running) = try Self.start("hashicorp/http-echo:1.0", ["-text=hello", "-listen", ":8080"])
        try await running.wait(for: "[INFO] server is listening on :8080\n")
        let answer = try await container.send(8080, "/x")
        #expect(answer.text == "hello\n" && answer.header("x-app-name") == "http-echo")
        #expect(try await container.send(8080, "/health").text == #"{"status":"ok"}"#)
        try await running.wait(for: "\"GET /x HTTP/1.1\" 200 6 \"curl/8.5.0\"")
        #expect(await running.end(by: .interrupt) == ExitStatus(2))
        let (_, missing) = try Self.start("hashicorp/http-echo")
        #expect(await missing.status() == ExitStatus(127))
        #expect(missing.text.hasPrefix("Missing -text option"))
        let (other, _) = try Self.start("hashicorp/http-echo", environment: [("ECHO_TEXT", "env")])
        #expect(try await other.send(5678, "/").text == "env\n")
    }

    @Test func echoServers() async throws {
        let (old, _) = try Self.start("registry.k8s.io/echoserver:1.4")
        let text = try await old.send("POST", 8080, "/a?b=1", body: "hello").text
        for line in [
            "CLIENT VALUES:", "client_address=10.1.2.3", "command=POST", "real path=/a?b=1", "query=b=1",
            "SERVER VALUES:", "HEADERS RECEIVED:", "user-agent=curl/8.5.0", "BODY:\nhello",
        ] {
            #expect(text.contains(line), "\(line)")
        }
        #expect(try await old.send(8080, "/").text.hasSuffix("BODY:\n-no body in request-"))
        let (blocks, _) = try Self.start("registry.k8s.io/echoserver:1.10", environment: [("POD_NAME", "web-0")])
        let page = try await blocks.send(8080, "/").text
        for line in [
            "Hostname: web-0", "Pod Information:\n\tpod name:\tweb-0", "Request Information:", "\tmethod=GET",
            "Request Body:\n\t-no body in request-",
        ] {
            #expect(page.contains(line), "\(line)")
        }
        let (bare, _) = try Self.start("registry.k8s.io/echoserver:1.10")
        #expect(try await bare.send(8080, "/").text.contains("-no pod information available-"))
        let (served, _) = try Self.start("kicbase/echo-server:1.0")
        #expect(
            try await served.send(8080, "/x").text.hasPrefix(
                "Request served by web-0\n\nHTTP/1.1 GET /x\n\nHost: web\n"))
        let (json, _) = try Self.start("ealen/echo-server", environment: [("PORT", "3000")])
        let answer = try await json.send(3000, "/a?q=1&echo_code=404", headers: [("X-A", "b")])
        let value = try Self.json(answer)
        #expect(answer.status == 404 && value.at("request", "query", "q")?.string == "1")
        #expect(value.at("http", "method")?.string == "GET" && value.at("request", "headers", "x-a")?.string == "b")
        #expect(value.at("environment", "PORT")?.string == "3000")
        #expect(try await json.send(3000, "/", headers: [("X-ECHO-CODE", "201-404")]).status == 201)
        #expect(try await json.send(3000, "/?echo_body=amazing").text == "\"amazing\"")
    }

    @Test func podinfo() async throws {
        let (container, running) = try Self.start(
            "stefanprodan/podinfo:6.9.2", ["./podinfo", "--port=9898"], environment: [("PODINFO_UI_COLOR", "red")])
        let information = try Self.json(try await container.send(9898, "/"))
        #expect(
            information["hostname"]?.string == "web-0"
                && information["message"]?.string == "greetings from podinfo v6.9.2")
        #expect(information["color"]?.string == "red")
        #expect(try Self.json(try await container.send(9898, "/healthz"))["status"]?.string == "OK")
        #expect(try await container.send("POST", 9898, "/readyz/disable").status == 202)
        #expect(try await container.send(9898, "/readyz").status == 503)
        #expect(try await container.send("POST", 9898, "/readyz/enable").status == 202)
        #expect(try await container.send(9898, "/readyz").status == 200)
        #expect(try await container.send(9898, "/status/418").status == 418)
        #expect(try await container.send(9898, "/status/9").status == 400)
        #expect(try await container.send(9898, "/env").text.contains("PODINFO_UI_COLOR=red"))
        #expect(await HealthCheck.ask("podinfo", over: try await container.connect(9999)) == .serving)
        _ = try? await container.send(9898, "/panic")
        #expect(await running.status() == ExitStatus(255))
    }

    @Test func httpbin() async throws {
        let (container, _) = try Self.start("kennethreitz/httpbin")
        let got = try Self.json(try await container.send(80, "/get?a=b"))
        #expect(
            got.at("args", "a")?.string == "b" && got["origin"]?.string == "10.1.2.3"
                && got["url"]?.string == "http://web/get?a=b")
        #expect(try await container.send(80, "/status/503").status == 503)
        #expect(
            try Self.json(try await container.send(80, "/headers")).at("headers", "User-Agent")?.string == "curl/8.5.0")
        let posted = try Self.json(try await container.send("POST", 80, "/post", body: #"{"x":1}"#))
        #expect(posted.at("json", "x")?.int == 1 && posted["data"]?.string == #"{"x":1}"#)
        #expect(try await container.send(80, "/no").status == 404)
    }

    @Test func nginxHello() async throws {
        let (container, running) = try Self.start("nginxdemos/hello:plain-text")
        let lines = try await container.send(80, "/a").text.split(separator: "\n").map(String.init)
        #expect(lines.count == 5 && lines[0] == "Server address: 10.1.2.3:80" && lines[1] == "Server name: web-0")
        #expect(lines[3] == "URI: /a" && lines[4].count == "Request ID: ".count + 32)
        #expect(await running.end() == .success)
    }

    @Test func guestbookFrontendAsksItsRedis() async throws {
        let hosts = "10.1.2.3\tredis-leader redis-follower\n"
        let container = try TestContainer("gcr.io/google-samples/gb-frontend:v5", hosts: hosts)
        _ = try container.start(container.image.entrypoint)
        #expect(try await container.send(80, "/").text.contains("<h2>Guestbook</h2>"))
        #expect(try await container.send(80, "/guestbook.php?cmd=get&key=messages").status == 500)
        let redis = try container.start(["redis-server"], program: RedisServer())
        try await redis.wait(for: "Ready to accept connections tcp\n")
        #expect(
            try await container.send(80, "/guestbook.php?cmd=set&key=messages&value=hi").text
                == #"{"message":"Updated"}"#)
        #expect(try await container.send(80, "/guestbook.php?cmd=get&key=messages").text == #"{"data":"hi"}"#)
    }

    @Test(
        arguments: [
            ("grafana/grafana", UInt16(3000), "/", 302, "/login"), ("prom/prometheus", 9090, "/", 302, "/graph"),
            ("wordpress", 80, "/", 302, "/wp-admin/install.php"), ("jenkins/jenkins:lts", 8080, "/", 403, nil),
            ("prom/prometheus", 9090, "/-/ready", 200, nil), ("registry:2", 5000, "/v2/", 200, nil),
            ("registry.k8s.io/etcd:3.6.8-0", 2379, "/health", 200, nil), ("elasticsearch:8", 9200, "/", 200, nil),
            ("registry.k8s.io/ingress-nginx/controller:v1", 80, "/", 404, nil),
            ("minio/minio", 9000, "/minio/health/live", 200, nil),
            ("docker.io/istio/examples-bookinfo-productpage-v1:1.20", 9080, "/productpage", 200, nil),
        ] as [(String, UInt16, String, Int, String?)])
    func fixedAnswers(image: String, port: UInt16, target: String, status: Int, location: String?) async throws {
        let (container, running) = try Self.start(image)
        let answer = try await container.send(port, target)
        #expect(answer.status == status && answer.header("location") == location)
        #expect(await running.end() == .success)
    }
}
