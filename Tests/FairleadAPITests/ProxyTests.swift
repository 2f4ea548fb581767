import FairleadContainers
import FairleadModel
import Testing

@testable import FairleadAPI

@Suite(.timeLimit(.minutes(1)))
struct ProxyTests {
    private static let proxy = APIFixture.pods + "/p/proxy"

    /// A pod at 10.244.0.5 that declares port 8080; what listens says what it was asked.
    private func fixture(ip: String = "10.244.0.5") async throws -> (APIFixture, FakePods) {
        let pods = FakePods()
        let fixture = try await APIFixture(pods: pods)
        _ = try await fixture.send("POST", "/api/v1/nodes", body: ["metadata": ["name": "n1"]])
        let pod: Value = [
            "metadata": ["name": "p"],
            "spec": [
                "nodeName": "n1",
                "containers": [
                    ["name": "a", "image": "x"], ["name": "c", "image": "x", "ports": [["containerPort": 8080]]],
                ],
            ],
        ]
        _ = try await fixture.send("POST", APIFixture.pods, body: pod)
        let status: Value = ["phase": "Running", "podIP": .string(ip), "podIPs": [["ip": .string(ip)]]]
        _ = try await fixture.send("PATCH", APIFixture.pods + "/p/status", body: ["status": status])
        for port in [80, 443, 8080, 9000] {
            pods.serve("10.244.0.5:\(port)") { request in
                let headers = ["X-Forwarded-Uri", "X-Mine", "Connection", "Authorization", "Impersonate-User"]
                    .compactMap { name in request.header(name).map { "\(name)=\($0)" } }
                let body = String(decoding: request.body, as: UTF8.self)
                return WebResponse(
                    text: "\(port) \(request.method) \(request.target) [\(headers.joined(separator: " "))] \(body)")
            }
        }
        return (fixture, pods)
    }

    @Test(arguments: [
        ("GET", "p/proxy/", "", "8080 GET /"),
        ("GET", "p/proxy/a%20b/c/", "x=1&y=a%20b", "8080 GET /a%20b/c/?x=1&y=a%20b"),
        ("GET", "p:9000/proxy/x", "", "9000 GET /x"), ("GET", "http:p:9000/proxy/x", "", "9000 GET /x"),
        ("GET", "https:p:9000/proxy/x", "", "9000 GET /x"), ("POST", "p/proxy", "", "8080 POST /"),
        ("PUT", "p/proxy/x", "", "8080 PUT /x"), ("PATCH", "p/proxy/x", "", "8080 PATCH /x"),
        ("DELETE", "p/proxy/x", "", "8080 DELETE /x"), ("OPTIONS", "p/proxy/x", "", "8080 OPTIONS /x"),
        ("GET", "p/proxy/a/proxy/b", "", "8080 GET /a/proxy/b"),
    ])
    func everyMethodIsPassedOn(method: String, path: String, query: String, expected: String) async throws {
        let (fixture, _) = try await fixture()
        let answer = try await fixture.send(method, APIFixture.pods + "/" + path, query)
        #expect(answer.status == 200)
        #expect(answer.text.hasPrefix(expected + " ["), "\(answer.text)")
    }

    @Test func headersAndBodiesArePassedOn() async throws {
        let (fixture, _) = try await fixture()
        var request = APIFixture.request("POST", Self.proxy + "/x", body: ["a": 1])
        request.headers += [
            (name: "X-Mine", value: "1"), (name: "Connection", value: "close, X-Other"), (name: "X-Other", value: "2"),
            (name: "Authorization", value: "secret"), (name: "Impersonate-User", value: "system:admin"),
            (name: "Impersonate-Group", value: "system:masters"),
        ]
        let answer = try await fixture.finish(fixture.pipeline.handle(request))
        #expect(answer.text == #"8080 POST /x [X-Forwarded-Uri=\#(Self.proxy)/x X-Mine=1] {"a":1}"#)
    }

    @Test func aPathWithoutSlashIsRedirected() async throws {
        let (fixture, _) = try await fixture()
        for method in ["GET", "HEAD"] {
            let answer = try await fixture.send(method, Self.proxy, "a=b")
            #expect(answer.status == 301)
            #expect(answer.headers.contains { $0.name == "Location" && $0.value == Self.proxy + "/?a=b" })
        }
    }

    @Test func linksLeadThroughTheProxy() async throws {
        let (fixture, pods) = try await fixture()
        pods.serve("10.244.0.5:1080") { request in
            request.path == "/moved"
                ? WebResponse(302, headers: [("Location", "/there")])
                : WebResponse(text: #"<a href="/rewriteme">test</a>"#, type: "text/html; charset=utf-8")
        }
        let prefix = APIFixture.pods + "/p:1080/proxy"
        let page = try await fixture.send("GET", prefix + "/")
        #expect(page.text == #"<a href="\#(prefix)/rewriteme">test</a>"#)
        let moved = try await fixture.send("GET", prefix + "/moved")
        #expect(
            moved.status == 302 && moved.headers.contains { $0.name == "Location" && $0.value == prefix + "/there" })
    }

    @Test(arguments: [
        (#"<a href="/x">"#, #"<a href="P/x">"#), ("<a href='/x'>", "<a href='P/x'>"), ("<A HREF=/x>", "<A HREF=P/x>"),
        (#"<a href="x">"#, #"<a href="x">"#), (#"<a href="//h/x">"#, #"<a href="//h/x">"#),
        (#"<a href="http://h:80/x">"#, #"<a href="P/x">"#),
        (#"<a href="http://other/x">"#, #"<a href="http://other/x">"#),
        (#"<a href="P/x">"#, #"<a href="P/x">"#), (#"<a title="/x" href = "/y">"#, #"<a title="/x" href = "P/y">"#),
        (#"<img src="/i"/><form action="/f" />"#, #"<img src="P/i"/><form action="P/f" />"#),
        (#"<!-- <a href="/x"> --><p href="/x">a < b"#, #"<!-- <a href="/x"> --><p href="/x">a < b"#),
        (
            #"<script src="/s">x='<a href="/y">'</SCRIPT><a href="/z">"#,
            #"<script src="P/s">x='<a href="/y">'</SCRIPT><a href="P/z">"#
        ),
        ("<a href=\"/x", "<a href=\"P/x"), ("<a", "<a"), ("<", "<"), ("", ""), ("<a href=>", "<a href=>"),
    ])
    func pagesAreRewritten(page: String, expected: String) {
        let links = ProxyLinks(prefix: "/p", host: "h:80")
        let expected = expected.replacing("P/", with: "/p/")
        let page = page.replacing("P/", with: "/p/")
        #expect(String(decoding: links.rewritten(html: Array(page.utf8)), as: UTF8.self) == expected)
    }

    @Test func randomPagesKeepTheirOtherBytes() {
        let links = ProxyLinks(prefix: "/p", host: "")
        let parts = ["<a ", "href", "=", "\"", "'", "/x", ">", "<", "</a>", "<script>", "<!--", "-->", " ", "é"]
        for _ in 0..<2000 {
            let page = (0..<Int.random(in: 0...12)).map { _ in parts.randomElement() ?? "" }.joined()
            let result = String(decoding: links.rewritten(html: Array(page.utf8)), as: UTF8.self)
            #expect(result.replacing("/p/x", with: "/x") == page)
        }
    }

    @Test func whatCannotBeReachedIsSaid() async throws {
        let (fixture, _) = try await fixture()
        let refused = try await fixture.send("GET", APIFixture.pods + "/p:81/proxy/")
        #expect(refused.status == 503 && refused.reason == "ServiceUnavailable")
        #expect(
            refused.message == "error trying to reach service: dial tcp 10.244.0.5:81: connect: connection refused")
        #expect(try await fixture.send("GET", APIFixture.pods + "/p:x/proxy/").status == 503)
        #expect(try await fixture.send("GET", APIFixture.pods + "/p:0/proxy/").status == 503)
        let odd = try await fixture.send("GET", APIFixture.pods + "/ftp:p:80/proxy/")
        #expect(odd.status == 400 && odd.message == #"invalid pod request "ftp:p:80""#)
        #expect(try await fixture.send("GET", APIFixture.pods + "/none/proxy/").status == 404)
    }

    @Test(arguments: ["127.0.0.1", "169.254.1.1", "::1", "fe80::1"])
    func thisMachineAndThisLinkAreNotReached(ip: String) async throws {
        let (fixture, _) = try await fixture(ip: ip)
        let answer = try await fixture.send("GET", Self.proxy + "/")
        #expect(answer.status == 400 && answer.message == "address not allowed")
    }

    @Test func aServiceChoosesAnAddressOfAPod() async throws {
        let (fixture, _) = try await fixture()
        let service: Value = [
            "metadata": ["name": "s"],
            "spec": ["ports": [["name": "web", "port": 80], ["name": "b", "port": 81, "targetPort": 9000]]],
        ]
        #expect(try await fixture.send("POST", APIFixture.services, body: service).status == 201)
        func reach(_ port: String) async throws -> String {
            let answer = try await fixture.send("GET", APIFixture.services + "/s\(port)/proxy/x")
            return answer.status == 200 ? String(answer.text.prefix(4)) : "\(answer.status) \(answer.message)"
        }
        #expect(try await reach(":web") == #"404 services "s" not found"#)
        func endpoints(_ address: Value) -> Value {
            [
                "metadata": ["name": "s"],
                "subsets": [
                    ["addresses": [address], "ports": [["name": "web", "port": 8080], ["name": "b", "port": 9000]]]
                ],
            ]
        }
        let path = "/api/v1/namespaces/ns/endpoints"
        let anyone = endpoints(["ip": "10.244.0.5"])
        #expect(try await fixture.send("POST", path, body: anyone).status == 201)
        #expect(try await reach(":web") == #"503 no endpoints available for service "s""#)
        let pods = endpoints(["ip": "10.244.0.5", "targetRef": ["kind": "Pod", "namespace": "ns", "name": "p"]])
        #expect(try await fixture.send("PUT", path + "/s", body: pods).status == 200)
        #expect(try await reach(":web") == "8080")
        #expect(try await reach(":80") == "8080")
        #expect(try await reach(":81") == "9000")
        #expect(try await reach("") == #"503 no endpoints available for service "s""#)
        #expect(try await reach(":99") == #"503 no service port 99 found for service "s""#)
        let other = endpoints(["ip": "10.244.0.6", "targetRef": ["kind": "Pod", "namespace": "ns", "name": "p"]])
        #expect(try await fixture.send("PUT", path + "/s", body: other).status == 200)
        #expect(try await reach(":web") == #"503 no endpoints available for service "s""#)
    }

    @Test func aNodeAnswersAsItsKubelet() async throws {
        let (fixture, _) = try await fixture()
        let path = "/api/v1/nodes/n1/proxy"
        #expect(try await fixture.send("GET", path + "/where").text == "n1")
        #expect(try await fixture.send("GET", "/api/v1/nodes/n1:10250/proxy/healthz").text == "ok")
        let pods = try await fixture.send("GET", path + "/pods")
        #expect(pods.body["kind"] == "PodList" && pods.names == ["p"])
        #expect(try await fixture.send("GET", path + "/nothing").status == 404)
        #expect(try await fixture.send("GET", "/api/v1/nodes/none/proxy/healthz").status == 404)
    }

    @Test func anAnswerThatIsTooLargeIsNotKept() async throws {
        let (fixture, pods) = try await fixture()
        pods.serve("10.244.0.5:70") { _ in WebResponse(body: [UInt8](repeating: 0, count: 9 << 20)) }
        let answer = try await fixture.send("GET", APIFixture.pods + "/p:70/proxy/")
        #expect(answer.status == 503 && answer.message.contains("larger than"))
    }
}
