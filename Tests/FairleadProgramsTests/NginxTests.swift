import FairleadContainers
import FairleadModel
import Testing

@testable import FairleadPrograms

struct NginxTests {
    private static let command = ["/docker-entrypoint.sh", "nginx", "-g", "daemon off;"]
    private static let path = "/etc/nginx/conf.d/default.conf"

    @Test func servesItsPage() async throws {
        let container = try TestContainer("nginx:1.27.3")
        let running = try container.start(Self.command)
        try await running.wait(for: "start worker process 29\n")
        let date = GoText.logDate(TestContainer.start)
        let lines = running.lines
        #expect(
            lines[0]
                == "/docker-entrypoint.sh: /docker-entrypoint.d/ is not empty, will attempt to perform configuration")
        #expect(lines.contains("/docker-entrypoint.sh: Configuration complete; ready for start up"))
        #expect(lines.contains("\(date) [notice] 1#1: nginx/1.27.3"))
        #expect(lines.contains("\(date) [notice] 1#1: start worker processes"))
        let page = try await container.send(80, "/")
        #expect(page.status == 200 && page.body.count == 615 && page.text.contains("<title>Welcome to nginx!</title>"))
        #expect(page.header("server") == "nginx/1.27.3" && page.header("content-type") == "text/html")
        try await running.wait(for: "\"GET / HTTP/1.1\" 200 615 \"-\" \"curl/8.5.0\" \"-\"\n")
        #expect(running.lines.last?.hasPrefix("10.1.2.3 - - [") == true)
        let missing = try await container.send(80, "/no")
        #expect(missing.status == 404 && missing.text.contains("<hr><center>nginx/1.27.3</center>"))
        #expect(try await container.send("POST", 80, "/", body: "x").status == 405)
        try container.world.files.write(Array("web-0\n".utf8), to: "/usr/share/nginx/html/index.html", as: .root)
        #expect(try await container.send(80, "/").text == "web-0\n")
        try container.world.files.remove("/usr/share/nginx/html/index.html", as: .root)
        #expect(try await container.send(80, "/").status == 403)
        #expect(try await container.send(80, "/../../../etc/passwd").status == 404)
        #expect(await running.end() == .success)
        #expect(running.lines.last == "\(date) [notice] 1#1: signal 15 (SIGTERM) received, exiting")
    }

    @Test func followsItsConfiguration() async throws {
        let configuration = """
            # replaced by a ConfigMap
            upstream backend { server 10.1.2.3:8081; }
            server {
                listen 8080; listen [::]:8080;
                server_name _;
                root /srv/site; index home.html;
                add_header X-Site "one";
                location = /ping { default_type text/plain; return 200 "pong $hostname\\n"; }
                location /old { return 301 /new; }
                location /gone { return 410; }
                location /api/ { proxy_pass http://10.1.2.3:8081/v1/; }
                location /same { proxy_pass http://10.1.2.3:8081; }
                location /dead { proxy_pass http://10.1.2.3:1; }
                location /files/ { alias /data/; autoindex on; }
                location ~ \\.(css|js)$ { root /assets; }
                location /spa { try_files $uri $uri/ /home.html; }
            }
            server { listen 8081; location / { return 200 "$request_method $request_uri"; } }
            """
        let container = try TestContainer(
            "nginx",
            files: [
                Self.path: configuration, "/srv/site/home.html": "home", "/srv/site/spa/a.html": "a",
                "/srv/site/sub/a": "", "/data/x.txt": "x",
                "/assets/all.css": "css",
            ])
        _ = try container.start(Self.command)
        let cases: [(target: String, status: Int, body: String?)] = [
            ("/", 200, "home"), ("/ping", 200, "pong web-0\n"), ("/gone", 410, nil),
            ("/api/users?x=1", 200, "GET /v1/users?x=1"),
            ("/same/a", 200, "GET /same/a"), ("/dead", 502, nil), ("/files/x.txt", 200, "x"), ("/all.css", 200, "css"),
            ("/spa/a.html", 200, "a"), ("/spa/b", 200, "home"), ("/none.js", 404, nil),
        ]
        for (target, status, body) in cases {
            let answer = try await container.send(8080, target)
            #expect(
                answer.status == status && (body == nil || answer.text == body),
                "\(target): \(answer.status) \(answer.text)")
            #expect(answer.header("x-site") == "one", "\(target)")
        }
        let moved = try await container.send(8080, "/old")
        #expect(moved.status == 301 && moved.header("location") == "/new")
        #expect(try await container.send(8080, "/ping").header("content-type") == "text/plain")
        #expect(try await container.send(8080, "/files/").text.contains("<a href=\"x.txt\">x.txt</a>"))
        // A folder that is tried and has no index is refused, a folder that is not is asked for with its slash.
        #expect(try await container.send(8080, "/spa").status == 403)
        #expect(try await container.send(8080, "/sub").header("location") == "http://web/sub/")
    }

    @Test(arguments: [
        ("server { listen 80", "unexpected end of file, expecting \";\" or \"}\" in \(path):1"),
        ("server { listen 80; ", "unexpected end of file, expecting \"}\" in \(path):1"),
        ("server {\n}\n}", "unexpected \"}\" in \(path):3"),
        ("server { listen x; }", "invalid parameter in \"listen\" directive \"x\" in \(path):1"),
        (String(repeating: "a {", count: 100), "too deeply nested blocks in \(path):1"),
    ])
    func saysWhatIsWrongWithItsConfiguration(text: String, message: String) async throws {
        let container = try TestContainer("nginx", files: [Self.path: text])
        let (output, code) = try await container.run(Self.command)
        #expect(code == 1 && output.hasSuffix("nginx: [emerg] \(message)\n"), "\(output)")
        let test = try await container.run(["nginx", "-t"])
        #expect(test.code == 1 && test.text.hasSuffix("nginx.conf test failed\n"))
    }

    @Test func checksAndSignals() async throws {
        let container = try TestContainer("nginx")
        #expect(try await container.run(["nginx", "-t"]).text.hasSuffix("nginx.conf test is successful\n"))
        #expect(try await container.run(["nginx", "-v"]).text == "nginx version: nginx/1.29.1\n")
        let alone = try await container.run(["nginx", "-s", "quit"])
        #expect(
            alone.code == 1 && alone.text.hasSuffix("open() \"/run/nginx.pid\" failed (2: No such file or directory)\n")
        )
        #expect(try await container.run(["nginx", "-s", "dance"]).code == 1)
        #expect(try await container.run(["/docker-entrypoint.sh", "echo", "hi"]).text == "hi\n")
        #expect(try await container.run(["/docker-entrypoint.sh", "dance"]).code == 127)
        let many = Array(repeating: "/docker-entrypoint.sh", count: 10_000)
        #expect(try await container.run(many + ["echo", "hi"]).text == "hi\n")
    }

    @Test func readsItsConfigurationAgain() async throws {
        let container = try TestContainer("nginx")
        let running = try container.start(Self.command, isFirst: true)
        try await running.wait(for: "start worker process 29\n")
        func write(_ text: String) throws {
            try container.world.files.write(Array(text.utf8), to: Self.path, as: .root)
        }
        try write("server { listen 80; location / { return 200 one; } } server { listen 8081; return 200 two; }")
        #expect(try await container.run(["nginx", "-s", "reload"]).code == 0)
        #expect(try await container.send(8081, "/").text == "two")
        #expect(try await container.send(80, "/").text == "one")
        try write("server { listen 8081; return 200 three")
        _ = try await container.run(["nginx", "-s", "reload"])
        try await running.wait(for: "[emerg] 1#1: unexpected end of file")
        #expect(try await container.send(8081, "/").text == "two")
        try write("server { listen 8081; return 200 three; }")
        _ = try await container.run(["nginx", "-s", "reload"])
        try await running.wait(for: "received, reconfiguring\n")
        for _ in 0..<1000 where try await container.send(8081, "/").text != "three" {
            try await SuspendingClock().sleep(for: .milliseconds(1))
        }
        #expect(try await container.send(8081, "/").text == "three")
        await #expect(throws: NetworkError.refused) {
            try await container.network.connect(to: NetworkAddress(TestContainer.address, 80), within: .seconds(1))
        }
        #expect(try await container.run(["nginx", "-s", "quit"]).code == 0)
        #expect(await running.status() == .success)
        #expect(running.text.hasSuffix("signal 3 (SIGQUIT) received, shutting down\n"))
    }

    @Test func aSiteThatLeadsToItselfEnds() async throws {
        let loop = "server { listen 80; location / { proxy_pass http://10.1.2.3:80/a; } }"
        let container = try TestContainer("nginx", files: [Self.path: loop])
        _ = try container.start(Self.command)
        #expect(try await container.send(80, "/").status == 500)
    }

    @Test(arguments: [
        ("nginxinc/nginx-unprivileged", UInt16(8080), "101"), ("bitnami/nginx:1.27", 8080, "101"),
        ("registry.k8s.io/nginx-slim:0.24", 80, ""),
    ])
    func variants(image: String, port: UInt16, user: String) async throws {
        let container = try TestContainer(image)
        #expect(container.image.user == user && container.image.ports == [port])
        let running = try container.start(Self.command)
        #expect(try await container.send(port, "/").body.count == 615)
        if image.contains("slim") { #expect(running.lines.count == 1) }
    }

    @Test(arguments: [
        (#"\.(css|js)$"#, "/a.css", true), (#"\.(css|js)$"#, "/a.cssx", false), ("^/api/", "/api/x", true),
        ("^/api/", "/x/api/", false), ("^/a.*z$", "/abcz", true), ("^/a.+z$", "/az", false), ("^/a.c$", "/abc", true),
        ("b", "abc", true), ("", "x", true),
    ])
    func patterns(pattern: String, text: String, fits: Bool) throws {
        #expect(try #require(SimplePattern(pattern, ignoresCase: false)).matches(text) == fits)
    }

    @Test func patternsThatCostTooMuchAreRefused() throws {
        for pattern in ["(a+)+$", "[a-z]", "a{3}", "(a|(b))", "a*", "(a", "\\"] {
            #expect(SimplePattern(pattern, ignoresCase: false) == nil, "\(pattern)")
        }
        let many = try #require(SimplePattern(String(repeating: ".*a", count: 60), ignoresCase: true))
        #expect(!many.matches(String(repeating: "a", count: 50) + String(repeating: "b", count: 1900)))
    }
}
