import FairleadModel
import Testing

@testable import FairleadAPI
@testable import FairleadKinds
@testable import FairleadStorage

struct ListTests {
    // MARK: - continue tokens

    @Test(arguments: [("ns", "a"), ("", "node-1"), ("ns", "ä/b"), ("x", "")])
    func continueTokensComeBackAsTheyWent(_ namespace: String, _ name: String) throws {
        for revision in [Int64?.none, 1, 42, .max] {
            let key = ObjectKey(GroupResource(group: "", resource: "things"), namespace: namespace, name: name)
            let isAcross = !namespace.isEmpty
            let made = ContinueToken(revision: revision, after: key, isAcrossNamespaces: isAcross)
            let token = try ContinueToken(made.text)
            #expect(token.revision == revision)
            #expect(token.start(in: isAcross ? nil : "") == (namespace, name))
        }
    }

    @Test func tokensOfOneNamespaceHoldNamesOnly() throws {
        let text = Base64URL.encode(Array(#"{"v":"meta.k8s.io/v1","rv":3,"start":"a\u0000"}"#.utf8))
        #expect(try ContinueToken(text).start(in: "ns") == ("ns", "a"))
    }

    @Test(arguments: [
        "%%%", "e30", "bm8gSlNPTg", Base64URL.encode(Array(#"{"v":"v9","rv":3,"start":"a/b"}"#.utf8)),
        Base64URL.encode(Array(#"{"v":"meta.k8s.io/v1","rv":0,"start":"a/b"}"#.utf8)),
        Base64URL.encode(Array(#"{"v":"meta.k8s.io/v1","rv":3,"start":""}"#.utf8)),
        Base64URL.encode(Array(#"{"v":"meta.k8s.io/v1","rv":3,"start":"../a"}"#.utf8)),
        Base64URL.encode(Array(#"{"v":"meta.k8s.io/v1","rv":"3","start":"a"}"#.utf8)), "a", "e30=",
    ])
    func tokensThatNobodyGaveOutAreRefused(_ token: String) async throws {
        let fixture = try await APIFixture()
        let answer = try await fixture.send("GET", APIFixture.configMaps, "limit=1&continue=\(token)")
        #expect(answer.status == 400)
        #expect(answer.message.hasPrefix("invalid continue token"))
    }

    @Test(arguments: 0..<10)
    func base64IsThatOfRFC4648(_ length: Int) throws {
        let bytes = (0..<length).map { UInt8(truncatingIfNeeded: $0 * 97 + 250) }
        #expect(try Base64URL.decode(Base64URL.encode(bytes)).get() == bytes)
        #expect(Base64URL.encode(Array("foobar".utf8)) == "Zm9vYmFy")
        #expect(Base64URL.encode([0xFB, 0xFF]) == "-_8")
    }

    // MARK: - pages

    @Test func pagesShowOneRevisionWhileObjectsComeAndGo() async throws {
        let fixture = try await APIFixture()
        for name in ["a", "b", "c", "d", "e", "f", "g"] { try await fixture.createConfigMap(name) }
        let first = try await fixture.send("GET", APIFixture.configMaps, "limit=3")
        #expect(first.names == ["a", "b", "c"])
        #expect(first.body.at("metadata", "remainingItemCount") == 4)

        try await fixture.send("DELETE", APIFixture.configMaps + "/d")
        try await fixture.send("PATCH", APIFixture.configMaps + "/e", body: ["data": ["new": "1"]])
        for name in ["aa", "ca", "h"] { try await fixture.createConfigMap(name) }

        let second = try await fixture.send("GET", APIFixture.configMaps, "limit=3&continue=\(first.continueToken)")
        #expect(second.names == ["d", "e", "f"])
        #expect(second.body.at("metadata", "remainingItemCount") == 1)
        #expect(second.body["items"]?.array?[1]["data"] == nil)
        let third = try await fixture.send("GET", APIFixture.configMaps, "limit=3&continue=\(second.continueToken)")
        #expect(third.names == ["g"])
        #expect(third.continueToken.isEmpty)
        #expect(first.revision == second.revision && second.revision == third.revision)
        #expect(
            try await fixture.send("GET", APIFixture.configMaps).names == [
                "a", "aa", "b", "c", "ca", "e", "f", "g", "h",
            ])
    }

    @Test func aPageOfAForgottenRevisionIsExpiredAndGivesATokenToGoOnWith() async throws {
        let fixture = try await APIFixture()
        for name in ["a", "b", "c", "d"] { try await fixture.createConfigMap(name) }
        let first = try await fixture.send("GET", APIFixture.configMaps, "limit=2")
        try await fixture.createConfigMap("e")
        _ = fixture.store.forget(through: fixture.store.current.revision, limit: .max)
        let late = try await fixture.send("GET", APIFixture.configMaps, "limit=2&continue=\(first.continueToken)")
        #expect(late.status == 410)
        #expect(late.reason == "Expired")
        let rest = try await fixture.send("GET", APIFixture.configMaps, "limit=9&continue=\(late.continueToken)")
        #expect(rest.names == ["c", "d", "e"])
        #expect(rest.revision == fixture.store.current.revision)
    }

    @Test func remainingItemsAreCountedOnlyWithoutASelector() async throws {
        let fixture = try await APIFixture()
        for name in ["a", "b", "c"] { try await fixture.createConfigMap(name, labels: ["x": "y"]) }
        let page = try await fixture.send("GET", APIFixture.configMaps, "limit=1&labelSelector=x%3Dy")
        #expect(!page.continueToken.isEmpty)
        #expect(page.body.at("metadata", "remainingItemCount") == nil)
    }

    @Test func aLongListIsOneValidDocument() async throws {
        let fixture = try await APIFixture()
        let filler = Value.string(String(repeating: "x", count: 1000))
        let operations = (0..<1500).map { number -> Transaction.Operation in
            let name = "m\(10000 + number)"
            let object: Value = [
                "kind": "ConfigMap", "apiVersion": "v1",
                "metadata": ["name": .string(name), "namespace": "ns", "labels": ["odd": number % 2 == 1 ? "1" : "0"]],
                "data": ["k": filler],
            ]
            return .put(fixture.key(name), Document(object))
        }
        _ = try await fixture.store.commit(Transaction(conditions: [], operations: operations))
        let all = try await fixture.send("GET", APIFixture.configMaps)
        #expect(all.names == (0..<1500).map { "m\(10000 + $0)" })
        #expect(all.body["items"]?.array?[7]["kind"] == nil)
        let odd = try await fixture.send("GET", APIFixture.configMaps, "labelSelector=odd%3D1")
        #expect(odd.names.count == 750)
    }

    @Test func whatWouldHoldUpAnEventLoopIsAnsweredElsewhere() async throws {
        let fixture = try await APIFixture()
        let operations = (0..<1100).map { number -> Transaction.Operation in
            let name = "m\(10000 + number)"
            let object: Value = [
                "kind": "ConfigMap", "apiVersion": "v1", "metadata": ["name": .string(name), "namespace": "ns"],
            ]
            return .put(fixture.key(name), Document(object))
        }
        _ = try await fixture.store.commit(Transaction(conditions: [], operations: operations))
        func isComputed(
            _ method: String = "GET", _ path: String = APIFixture.configMaps, _ query: String = "",
            body: Value? = nil, accept: String? = nil
        ) -> Bool {
            let request = APIFixture.request(method, path, query, body: body, accept: accept)
            if case .computed = fixture.pipeline.handle(request) { return true }
            return false
        }
        let maps = APIFixture.configMaps
        let table = "application/json;as=Table;v=v1;g=meta.k8s.io"
        for (query, accept, expected) in [
            ("", nil, true), ("limit=500", nil, false), ("limit=500", table, true), ("limit=9", table, false),
            ("labelSelector=a", nil, true), ("fieldSelector=metadata.name%3Dm10001", nil, false),
            ("limit=9&resourceVersion=1", nil, true), ("resourceVersion=0&limit=9", nil, true),
        ] {
            #expect(isComputed("GET", maps, query, accept: accept) == expected, "\(query) \(accept ?? "")")
        }
        #expect(isComputed("DELETE", maps))
        #expect(!isComputed("DELETE", maps + "/m10001"))
        let empty: Value = .object(Object())
        let containers: Value = ["spec": ["containers": .array(Array(repeating: empty, count: 1000))]]
        #expect(isComputed("POST", APIFixture.pods, body: containers))
        let wide: Value = ["data": ["k": .string(String(repeating: "x", count: 20_000))]]
        #expect(isComputed("POST", maps, body: wide))
        #expect(!isComputed("POST", maps, body: ["metadata": ["name": "x"], "data": ["k": "v"]]))
        // Few objects, but large ones.
        let large: [Transaction.Operation] = (0..<3).map { number in
            let object: Value = [
                "kind": "ConfigMap", "apiVersion": "v1",
                "metadata": ["name": .string("a\(number)"), "namespace": "ns"],
                "data": ["k": .string(String(repeating: "x", count: 600_000))],
            ]
            return .put(fixture.key("a\(number)"), Document(object))
        }
        _ = try await fixture.store.commit(Transaction(conditions: [], operations: large))
        #expect(isComputed("GET", maps, "limit=3") && isComputed("GET", maps, "limit=1", accept: table))
        #expect(!isComputed("GET", maps, "limit=1"))
        #expect(isComputed("GET", maps, "labelSelector=a&fieldSelector=metadata.name%3Da1"))
        #expect(isComputed("GET", maps + "/m10001", accept: String(repeating: "a/b,", count: 5000)))
        #expect(isComputed("GET", maps, "labelSelector=" + String(repeating: "x,", count: 5000)))
        for path in ["/livez", "/readyz", "/metrics", maps + "/m10001"] { #expect(!isComputed("GET", path), "\(path)") }
        for path in ["/openapi/v2", "/apis", "/debug/x"] { #expect(isComputed("GET", path), "\(path)") }
    }

    // MARK: - revisions

    @Test func everyFormOfResourceVersionGivesWhatItPromises() async throws {
        let fixture = try await APIFixture()
        let old = try await fixture.createConfigMap("a").revision
        try await fixture.createConfigMap("b")
        let now = fixture.store.current.revision
        let cases: [(query: String, names: [String], revision: Int64)] = [
            ("", ["a", "b"], now), ("resourceVersion=0", ["a", "b"], now),
            ("resourceVersion=\(old)", ["a", "b"], now),
            ("resourceVersion=\(old)&resourceVersionMatch=NotOlderThan", ["a", "b"], now),
            ("resourceVersion=\(old)&resourceVersionMatch=Exact", ["a"], old),
            ("resourceVersion=\(old)&limit=9", ["a"], old),
            ("resourceVersion=\(now)&resourceVersionMatch=Exact", ["a", "b"], now),
        ]
        for item in cases {
            let answer = try await fixture.send("GET", APIFixture.configMaps, item.query)
            #expect(answer.names == item.names, "\(item.query)")
            #expect(answer.revision == item.revision, "\(item.query)")
        }
        #expect(try await fixture.send("GET", APIFixture.configMaps, "resourceVersion=x").status == 400)
        #expect(try await fixture.send("GET", APIFixture.configMaps, "resourceVersion=-1").status == 400)
        let exact = "resourceVersion=1&resourceVersionMatch=Exact"
        #expect(try await fixture.send("GET", APIFixture.configMaps, exact).status == 410)
    }

    @Test(arguments: ["", "/a"])
    func aReadOfTheNextRevisionIsAnsweredWhenItComes(_ name: String) async throws {
        let fixture = try await APIFixture()
        try await fixture.createConfigMap("a")
        let next = fixture.store.current.revision + 1
        let outcome = fixture.pipeline.handle(
            APIFixture.request("GET", APIFixture.configMaps + name, "resourceVersion=\(next)"))
        async let late = fixture.finish(outcome)
        try await fixture.createConfigMap("b")
        let answer = try await late
        #expect(answer.status == 200)
        #expect(name.isEmpty ? answer.names == ["a", "b"] : answer.body.name == "a")
    }

    @Test func selectorsChooseByLabelAndField() async throws {
        let fixture = try await APIFixture()
        try await fixture.createConfigMap("a", labels: ["tier": "web"])
        try await fixture.createConfigMap("b", labels: ["tier": "db"])
        try await fixture.createConfigMap("c")
        let cases: [(query: String, names: [String])] = [
            ("labelSelector=tier", ["a", "b"]), ("labelSelector=!tier", ["c"]),
            ("labelSelector=tier!%3Ddb", ["a", "c"]),
            ("labelSelector=tier in (web,x)", ["a"]), ("fieldSelector=metadata.name%3Db", ["b"]),
            ("fieldSelector=metadata.name!%3Db", ["a", "c"]), ("fieldSelector=metadata.namespace%3Dother", []),
        ]
        for item in cases {
            #expect(
                try await fixture.send("GET", APIFixture.configMaps, item.query).names == item.names, "\(item.query)")
        }
        #expect(try await fixture.send("GET", APIFixture.configMaps, "fieldSelector=data.x%3D1").status == 400)
    }

    @Test func resourceVersionZeroKnowsNoPages() async throws {
        let fixture = try await APIFixture()
        for name in ["a", "b", "c"] {
            try await fixture.send("POST", APIFixture.configMaps, body: ["metadata": ["name": .string(name)]])
        }
        let cached = try await fixture.send("GET", APIFixture.configMaps, "limit=1&resourceVersion=0")
        #expect(cached.names == ["a", "b", "c"] && cached.continueToken.isEmpty)
        let recent = try await fixture.send(
            "GET", APIFixture.configMaps, "limit=1&resourceVersion=1&resourceVersionMatch=NotOlderThan")
        #expect(recent.names == ["a"] && !recent.continueToken.isEmpty)
    }
}
