import FairleadModel
import Synchronization
import Testing

@testable import FairleadAPI
@testable import FairleadKinds
@testable import FairleadDiscovery

struct ResponseTests {
    @Test(arguments: [
        ("plain", [#"299 - "plain""#]), (#"say "hi" \ bye"#, [#"299 - "say \"hi\" \\ bye""#]),
        ("häß", [#"299 - "häß""#]),
        ("a\"\u{301}b", ["299 - \"a\\\"\u{301}b\""]),
        ("", []), ("evil\r\nSet-Cookie: x", []), ("bell\u{7}", []),
    ])
    func warningsAreQuotedAndNeverBreakTheirLine(_ text: String, _ expected: [String]) {
        let headers = Pipeline.warningHeaders([text, text])
        #expect(headers.map(\.value) == expected)
        #expect(headers.allSatisfy { $0.name == "Warning" })
    }

    @Test func warningsBeyondFourKilobytesAreCut() {
        let texts = (0..<100).map { "\($0) " + String(repeating: "w", count: 400) }
        let headers = Pipeline.warningHeaders(texts)
        #expect(headers.count == 16)
        #expect(headers.allSatisfy { $0.value.count == 256 + 8 })
    }

    @Test func unknownFieldsAreWarnedOfAndRefusedWhenStrict() async throws {
        let fixture = try await APIFixture()
        let body: Value = ["metadata": ["name": "a"], "bogus": 1]
        let lenient = try await fixture.send("POST", APIFixture.configMaps, body: body)
        #expect(lenient.headers.filter { $0.name == "Warning" }.map(\.value) == [#"299 - "unknown field \"bogus\"""#])
        #expect(lenient.body["bogus"] == nil)
        let strict = try await fixture.send("POST", APIFixture.configMaps, "fieldValidation=Strict", body: body)
        #expect(strict.status == 400)
    }

    @Test(arguments: [
        ("GET", "/api/v1/bogus", 404), ("GET", "/apis/bogus.io/v1/things", 404), ("GET", "/nothing", 404),
        ("GET", "/api/v1/configmaps/a", 404), ("GET", "/api/v1/namespaces/ns/nodes", 404),
        ("GET", "/api/v1/namespaces/ns/configmaps/a/status", 404), ("POST", "/api/v1/configmaps", 405),
        ("DELETE", "/api/v1/configmaps", 405), ("DELETE", "/api/v1/namespaces", 405),
        ("PUT", "/api/v1/namespaces/ns/configmaps", 405), ("BREW", "/api/v1/namespaces/ns/configmaps", 405),
        ("GET", "/api/v1/namespaces/ns/configmaps/a%2Fb", 404), ("GET", "/api/v1/namespaces/ns/configmaps/a%20b", 404),
        ("GET", "/api/v1/namespaces/ns/configmaps/..", 400), ("DELETE", "/api/v1/namespaces/ns/configmaps/a%25", 400),
    ])
    func pathsAndMethodsThatAreNotServedAreRefused(_ method: String, _ path: String, _ status: Int) async throws {
        let fixture = try await APIFixture()
        #expect(try await fixture.send(method, path).status == status)
    }

    // MARK: - health

    private final class Health: Sendable {
        private let failure = Mutex<String?>("starting")
        var now: String? { failure.withLock { $0 } }
        func recover() { failure.withLock { $0 = nil } }
    }

    @Test func readinessFollowsItsChecksAndLivenessDoesNot() async throws {
        let health = Health()
        let fixture = try await APIFixture(
            operations: OperationsEndpoint(live: [], ready: [.init("bootstrap") { health.now }], metrics: { "m 1\n" }))
        func ask(_ path: String, _ query: String = "") async throws -> String {
            let answer = try await fixture.send("GET", path, query)
            return "\(answer.status) \(answer.text)"
        }
        #expect(try await ask("/livez") == "200 ok")
        #expect(try await ask("/healthz/ping") == "200 ok")
        #expect(
            try await ask("/readyz") == "500 [+]ping ok\n[-]bootstrap failed: starting\nreadyz check failed\n")
        #expect(try await ask("/readyz", "exclude=bootstrap") == "200 ok")
        #expect(try await ask("/readyz/bootstrap") == "500 internal server error: starting\n")
        health.recover()
        #expect(try await ask("/readyz") == "200 ok")
        #expect(
            try await ask("/readyz", "verbose") == "200 [+]ping ok\n[+]bootstrap ok\nreadyz check passed\n")
        #expect(try await ask("/readyz/nothing").hasPrefix("404"))
        #expect(try await ask("/healthzz").hasPrefix("404"))
        #expect(try await ask("/metrics") == "200 m 1\n")
    }
}
