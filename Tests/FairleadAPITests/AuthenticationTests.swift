import FairleadIdentity
import FairleadModel
import Testing

@testable import FairleadAPI
@testable import FairleadAccess
@testable import FairleadDiscovery

/// The API with users: a token file, tokens of ServiceAccounts, certificates.
struct IdentityFixture {
    let base: APIFixture
    let pipeline: Pipeline

    static let issuer = "https://kubernetes.default.svc.cluster.local"
    /// Making an RSA key takes a while: one for all.
    private static let keys = Result { try TokenKeys.open(in: nil) }

    init() async throws {
        base = try await APIFixture()
        let tokens = TokenAuthority(
            issuers: [Self.issuer], keys: try Self.keys.get(), now: base.api.environment.now)
        let file = try TokenFile("t1,alice,u1,\"devs,ops\"\nroot,admin,u2,\"system:masters\"", source: "f")
        pipeline = Pipeline(
            api: base.api, documents: DiscoveryEndpoint(kinds: base.api.kinds, registry: base.api.types),
            operations: OperationsEndpoint(live: [], ready: [], metrics: { "" }),
            issuer: IssuerEndpoint(tokens: tokens, types: base.api.types),
            authenticator: ClusterAuthenticator(tokens: tokens, file: file, store: base.store), tokens: tokens)
    }

    func send(
        _ method: String, _ path: String, body: Value? = nil, headers: [(name: String, value: String)] = [],
        peer: PeerIdentity? = nil, type: String = "application/json"
    ) async throws -> APIFixture.Answer {
        var request = APIFixture.request(method, path, body: body, type: type)
        request.headers += headers
        request.peer = peer
        return try await base.finish(pipeline.handle(request))
    }

    /// Who the server takes the client for; nil for 401.
    func user(
        _ headers: [(name: String, value: String)] = [], peer: PeerIdentity? = nil
    ) async throws -> Value? {
        let answer = try await send(
            "POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", body: [:], headers: headers, peer: peer)
        if answer.status == 401 {
            #expect(answer.message == "Unauthorized" && answer.reason == "Unauthorized")
            #expect(answer.body["details"] == nil && answer.body["code"] == 401)
            return nil
        }
        #expect(answer.status == 201, "\(answer.message)")
        return answer.body.at("status", "userInfo")
    }

    func token(_ spec: Value = [:], account: String = "default") async throws -> APIFixture.Answer {
        try await send(
            "POST", "/api/v1/namespaces/ns/serviceaccounts/\(account)/token", body: ["spec": spec])
    }

    func review(_ token: String, audiences: [String] = []) async throws -> Value {
        let answer = try await send(
            "POST", "/apis/authentication.k8s.io/v1/tokenreviews",
            body: ["spec": ["token": .string(token), "audiences": .array(audiences.map { .string($0) })]])
        #expect(answer.status == 201)
        return answer.body["status"] ?? .null
    }

    static func bearer(_ token: String) -> [(name: String, value: String)] {
        [(name: "Authorization", value: "Bearer \(token)")]
    }
}

struct AuthenticationTests {
    private let stranger = PeerIdentity(isOverTLS: true)

    @Test func plainPortBelongsToTheAdministrator() async throws {
        let server = try await IdentityFixture()
        #expect(try await server.user()?.text("username") == "system:unsecured")
        #expect(
            try await server.user()?.texts("groups") == ["system:masters", "system:authenticated"])
    }

    @Test func withoutCredentialsStrangersAreAnonymous() async throws {
        let server = try await IdentityFixture()
        let nobody: Value = ["username": "system:anonymous", "groups": ["system:unauthenticated"]]
        #expect(try await server.user(peer: stranger) == nobody)
        for header in ["Basic eDp5", "Bearer", "Bearer ", "", "Negotiate x"] {
            #expect(try await server.user([("Authorization", header)], peer: stranger) == nobody)
            // On the plain port, too: who names a scheme wants to be somebody.
            #expect(try await server.user([("Authorization", header)]) == nobody)
        }
    }

    @Test func tokensOfTheFileAreUsers() async throws {
        let server = try await IdentityFixture()
        let alice: Value = [
            "username": "alice", "uid": "u1", "groups": ["devs", "ops", "system:authenticated"],
        ]
        #expect(try await server.user(IdentityFixture.bearer("t1")) == alice)
        #expect(try await server.user(IdentityFixture.bearer("t1"), peer: stranger) == alice)
        #expect(try await server.user([("aUTHORIZATION", "bearer t1")]) == alice)
    }

    @Test func wrongTokensAreRefusedEverywhere() async throws {
        let server = try await IdentityFixture()
        for peer in [nil, stranger] {
            for token in ["wrong", "T1", "a.b.c", "t1,alice", String(repeating: "x", count: 100_000)] {
                #expect(try await server.user(IdentityFixture.bearer(token), peer: peer) == nil)
            }
            for path in ["/healthz", "/api", "/nowhere", "/api/v1/pods", "/openid/v1/jwks", "/debug"] {
                let answer = try await server.send("GET", path, headers: IdentityFixture.bearer("wrong"), peer: peer)
                #expect(answer.status == 401, "\(path)")
            }
        }
        let yaml = try await server.send(
            "GET", "/api", headers: IdentityFixture.bearer("wrong") + [("Accept", "application/yaml")])
        #expect(yaml.status == 401 && yaml.text.contains("message: Unauthorized"))
    }

    @Test func twoAuthorizationsAreNone() async throws {
        let server = try await IdentityFixture()
        let good = IdentityFixture.bearer("t1")
        #expect(try await server.user(good + IdentityFixture.bearer("t1")) == nil)
        #expect(try await server.user(good + IdentityFixture.bearer("wrong")) == nil)
        #expect(try await server.user([("Authorization", "Basic x"), ("authorization", "Bearer t1")]) == nil)
    }

    @Test func certificatesAreUsersBeforeTokens() async throws {
        let server = try await IdentityFixture()
        let certificate = PeerIdentity.Certificate(
            commonName: "bob", organizations: ["ops", "devs"], fingerprint: "0a")
        let peer = PeerIdentity(isOverTLS: true, certificate: certificate)
        let bob: Value = [
            "username": "bob", "groups": ["ops", "devs", "system:authenticated"],
            "extra": ["authentication.kubernetes.io/credential-id": ["X509SHA256=0a"]],
        ]
        #expect(try await server.user(peer: peer) == bob)
        #expect(try await server.user(IdentityFixture.bearer("wrong"), peer: peer) == bob)
        // A certificate without a name is nobody's.
        var nameless = peer
        nameless.certificate?.commonName = ""
        #expect(try await server.user(peer: nameless)?.text("username") == "system:anonymous")
        #expect(try await server.user(IdentityFixture.bearer("wrong"), peer: nameless) == nil)
    }

    /// Headers that name somebody else are for proxies alone.
    @Test func onlyProxiesSpeakForOthers() async throws {
        let server = try await IdentityFixture()
        let headers: [(name: String, value: String)] = [
            ("X-Remote-User", "carol"), ("X-Remote-Group", "system:masters"), ("x-remote-group", "b"),
            ("X-Remote-Extra-Scopes", "s1"), ("X-Remote-Extra-Acme.com%2Fproject", "p"), ("X-Remote-Uid", "u9"),
        ]
        var proxy = stranger
        proxy.isFrontProxy = true
        let carol: Value = [
            "username": "carol", "uid": "u9", "groups": ["system:masters", "b", "system:authenticated"],
            "extra": ["acme.com/project": ["p"], "scopes": ["s1"]],
        ]
        #expect(try await server.user(headers, peer: proxy) == carol)
        #expect(try await server.user(headers, peer: stranger)?.text("username") == "system:anonymous")
        #expect(try await server.user(headers + IdentityFixture.bearer("t1"))?.text("username") == "alice")
        #expect(try await server.user(headers)?.text("username") == "system:unsecured")
        // A proxy that names nobody is what its certificate says.
        let itself = [(name: "X-Remote-Group", value: "system:masters"), (name: "X-Remote-User", value: "")]
        #expect(try await server.user(itself, peer: proxy)?.text("username") == "system:anonymous")
        var bad = proxy
        bad.hasBadCertificate = true
        #expect(try await server.user(headers, peer: bad) == carol)
        #expect(try await server.user(peer: bad) == nil)
    }

    @Test func webSocketsBringTokensAmongTheirProtocols() async throws {
        let server = try await IdentityFixture()
        let name = "base64url.bearer.authorization.k8s.io."
        func user(_ protocols: String, upgrade: String = "websocket") async throws -> String? {
            try await server.user([("Upgrade", upgrade), ("Sec-WebSocket-Protocol", protocols)], peer: stranger)?
                .text("username")
        }
        #expect(try await user("v5.channel.k8s.io, \(name)dDE") == "alice")
        #expect(try await user("v5, \(name)eA") == nil)
        #expect(try await user("v5, \(name)!") == nil)
        #expect(try await user("v5, \(name)dDE", upgrade: "h2c") == "system:anonymous")
    }

    // MARK: - tokens of ServiceAccounts

    @Test func requestedTokensWork() async throws {
        let server = try await IdentityFixture()
        let answer = try await server.token()
        #expect(answer.status == 201)
        #expect(answer.body.at("spec", "audiences") == [.string(IdentityFixture.issuer)])
        #expect(answer.body.at("spec", "expirationSeconds") == 3600)
        #expect(answer.body.at("spec", "boundObjectRef") == .null)
        #expect(answer.body.at("status", "expirationTimestamp") == "2023-11-14T23:13:20Z")
        let token = try #require(answer.body.at("status", "token")?.string)
        let user = try #require(try await server.user(IdentityFixture.bearer(token), peer: stranger))
        #expect(user.text("username") == "system:serviceaccount:ns:default")
        let status = try await server.review(token)
        #expect(status["authenticated"] == true && status["user"] == user)
        #expect(status["audiences"] == [.string(IdentityFixture.issuer)])
        // With the account gone, so is the token.
        _ = try await server.send("DELETE", "/api/v1/namespaces/ns/serviceaccounts/default")
        #expect(try await server.user(IdentityFixture.bearer(token)) == nil)
        #expect(
            try await server.review(token) == [
                "error": #"[invalid bearer token, serviceaccounts "default" not found]"#, "user": [:],
            ])
    }

    @Test func tokensForOthersAreNotForUs() async throws {
        let server = try await IdentityFixture()
        let answer = try await server.token(["audiences": ["vault"]])
        let token = try #require(answer.body.at("status", "token")?.string)
        #expect(try await server.user(IdentityFixture.bearer(token)) == nil)
        #expect(try await server.review(token, audiences: ["x", "vault"])["audiences"] == ["vault"])
        #expect(try await server.review(token)["authenticated"] == nil)
    }

    @Test func reviewsOfTheFilesTokens() async throws {
        let server = try await IdentityFixture()
        let status = try await server.review("root")
        #expect(status.at("user", "groups") == ["system:masters", "system:authenticated"])
        #expect(try await server.review("root", audiences: ["vault"])["error"] == "invalid bearer token")
        #expect(try await server.review("nobody") == ["error": "invalid bearer token", "user": [:]])
    }

    @Test func whatATokenIsBoundToHasToBeThere() async throws {
        let server = try await IdentityFixture()
        try await server.base.createPod("p", node: "n1")
        func reference(_ kind: String, _ name: String, uid: String? = nil, version: String? = "v1") -> Value {
            var reference: Value = ["kind": .string(kind), "name": .string(name)]
            reference["apiVersion"] = version.map { .string($0) }
            reference["uid"] = uid.map { .string($0) }
            return ["boundObjectRef": reference]
        }
        #expect(try await server.token(reference("Pod", "q")).message == #"pods "q" not found"#)
        #expect(try await server.token(reference("Pod", "")).message == "Name parameter required.")
        let odd = try await server.token(reference("Pod", "p", version: "apps/v1"))
        #expect(odd.message == "cannot bind token to object of type apps/v1, Kind=Pod" && odd.status == 400)
        #expect(
            try await server.token(reference("ConfigMap", "p")).message
                == "cannot bind token to object of type /v1, Kind=ConfigMap")
        #expect(try await server.token(reference("Pod", "p", uid: "x")).status == 409)
        let token = try #require(
            try await server.token(reference("Pod", "p", version: nil)).body.at("status", "token")?.string)
        let extra = try await server.review(token).at("user", "extra")
        #expect(extra?["authentication.kubernetes.io/pod-name"] == ["p"])
        // The node need not exist for a pod's token.
        #expect(extra?["authentication.kubernetes.io/node-name"] == ["n1"])
    }

    @Test func lifetimesHaveBounds() async throws {
        let server = try await IdentityFixture()
        for (seconds, why) in [
            (Int64(599), "may not specify a duration less than 10 minutes"), (-1, "may not specify a duration less"),
            ((1 << 32) + 1, "may not specify a duration larger than 2^32 seconds"), (Int64.max, "larger than 2^32"),
        ] {
            let answer = try await server.token(["expirationSeconds": .int(seconds)])
            #expect(answer.status == 422 && answer.message.contains(why), "\(answer.message)")
        }
        #expect(try await server.token(["expirationSeconds": .int(1 << 32)]).status == 201)
    }

    @Test func issuersKeysCanBeFound() async throws {
        let server = try await IdentityFixture()
        let document = try await server.send("GET", "/.well-known/openid-configuration")
        #expect(document.body["issuer"] == .string(IdentityFixture.issuer))
        #expect(document.body["id_token_signing_alg_values_supported"] == ["RS256"])
        let keys = try await server.send("GET", "/openid/v1/jwks", headers: [("Accept", "*/*")])
        #expect(keys.status == 200 && keys.body["keys"]?.array?.first?["kty"] == "RSA")
        #expect(keys.headers.contains { $0.name == "Cache-Control" && $0.value == "public, max-age=3600" })
        let refused = try await server.send("GET", "/openid/v1/jwks", headers: [("Accept", "application/json")])
        #expect(refused.status == 406)
    }

    // MARK: - certificate requests

    private static let requests = "/apis/certificates.k8s.io/v1/certificatesigningrequests"
    private static let request = Value.string(SampleExceptions.certificateRequest)

    private func body(
        signer: String = "kubernetes.io/kube-apiserver-client", usages: [String] = ["client auth"]
    ) -> Value {
        [
            "metadata": ["name": "c"],
            "spec": [
                "request": Self.request, "signerName": .string(signer),
                "usages": .array(usages.map { .string($0) }), "username": "root", "groups": ["x"],
            ],
        ]
    }

    @Test func requestsSayWhoHasAsked() async throws {
        let server = try await IdentityFixture()
        let answer = try await server.send(
            "POST", Self.requests, body: body(), headers: IdentityFixture.bearer("t1"))
        #expect(answer.status == 201, "\(answer.message)")
        #expect(answer.body.at("spec", "username") == "alice" && answer.body.at("spec", "uid") == "u1")
        #expect(answer.body.at("spec", "groups") == ["devs", "ops", "system:authenticated"])
        #expect(answer.body["status"] == [:])
    }

    @Test func requestsAreChecked() async throws {
        let server = try await IdentityFixture()
        for (signer, usages, why) in [
            ("x", ["client auth"], "must be a fully qualified domain and path of the form 'example.com/signer-name'"),
            ("x/y", ["client auth"], "should be a domain with at least two segments separated by dots"),
            ("kubernetes.io/legacy-unknown", ["client auth"], "the legacy signerName is not allowed"),
            ("a.b/c", ["flying"], #"spec.usages[0]: Unsupported value: "flying""#),
            ("a.b/c", ["any", "any"], #"spec.usages[1]: Duplicate value: "any""#),
            ("a.b/c", [], "spec.usages: Required value"),
        ] {
            let answer = try await server.send("POST", Self.requests, body: body(signer: signer, usages: usages))
            #expect(answer.status == 422 && answer.message.contains(why), "\(answer.message)")
        }
        var broken = body()
        broken.set("AAAA", at: "spec", "request")
        let answer = try await server.send("POST", Self.requests, body: broken)
        #expect(answer.message.contains("PEM block type must be CERTIFICATE REQUEST"))
    }

    @Test func decisionsAreMadeOnce() async throws {
        let server = try await IdentityFixture()
        _ = try await server.send("POST", Self.requests, body: body(signer: "a.b/c"))
        func patch(_ part: String, _ status: Value) async throws -> APIFixture.Answer {
            try await server.send(
                "PATCH", "\(Self.requests)/c/\(part)", body: ["status": status],
                type: "application/merge-patch+json")
        }
        func condition(_ type: String, _ status: String = "True") -> Value {
            ["type": .string(type), "status": .string(status)]
        }
        #expect(
            try await patch("status", ["conditions": [condition("Approved")]]).message.hasSuffix(
                #"status.conditions: Forbidden: updates may not add a condition of type "Approved""#))
        #expect(try await patch("approval", ["conditions": [condition("Approved", "False")]]).status == 422)
        #expect(
            try await patch("approval", ["conditions": [condition("Approved"), condition("Denied")]]).message.contains(
                "Approved and Denied conditions are mutually exclusive"))
        let approved = try await patch("approval", ["conditions": [condition("Approved")], "certificate": "AAAA"])
        #expect(approved.status == 200 && approved.body.at("status", "certificate") == nil)
        let times = approved.body["status"]?.items("conditions").first
        #expect(times?["lastUpdateTime"] == "2023-11-14T22:13:20Z" && times?["lastTransitionTime"]?.string != nil)
        #expect(
            try await patch("approval", ["conditions": [condition("Denied")]]).message.contains(
                #"updates may not remove a condition of type "Approved""#))
        #expect(
            try await patch("status", ["conditions": []]).message.contains(
                #"updates may not remove a condition of type "Approved""#))
        #expect(
            try await patch("status", ["certificate": "AAAA"]).message.contains(
                #"Invalid value: "<certificate data>": must contain at least one CERTIFICATE PEM block"#))
    }
}
