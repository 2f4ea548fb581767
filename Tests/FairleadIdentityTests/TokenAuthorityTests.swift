import Crypto
import Dispatch
import FairleadModel
import Foundation
import Synchronization
import Testing

@testable import FairleadIdentity

/// Objects that tests add and remove.
final class FakeObjects: IdentityObjects {
    private let objects = Mutex<[String: Value]>([:])

    func add(_ kind: String, _ namespace: String, _ name: String, uid: String, deleted: Timestamp? = nil) {
        var metadata: Object = ["name": .string(name), "namespace": .string(namespace), "uid": .string(uid)]
        if let deleted { metadata["deletionTimestamp"] = .string(deleted.rfc3339) }
        set(kind, namespace, name, ["metadata": .object(metadata)])
    }

    func set(_ kind: String, _ namespace: String, _ name: String, _ object: Value?) {
        objects.withLock { $0["\(kind)/\(namespace)/\(name)"] = object }
    }

    private func object(_ kind: String, _ namespace: String, _ name: String) -> Value? {
        objects.withLock { $0["\(kind)/\(namespace)/\(name)"] }
    }

    func serviceAccount(namespace: String, name: String) -> Value? { object("account", namespace, name) }
    func secret(namespace: String, name: String) -> Value? { object("secret", namespace, name) }
    func pod(namespace: String, name: String) -> Value? { object("pod", namespace, name) }
    func node(name: String) -> Value? { object("node", "", name) }
}

/// An authority, with a clock that tests turn.
final class TokenWorld: Sendable {
    static let start = Timestamp(seconds: 1_780_000_000)
    static let issuer = "https://kubernetes.default.svc.cluster.local"

    let objects = FakeObjects()
    let keys: TokenKeys
    let authority: TokenAuthority
    private let clock: Clock

    final class Clock: Sendable {
        let now = Mutex(TokenWorld.start)
    }

    init(keys: TokenKeys) {
        let clock = Clock()
        self.clock = clock
        self.keys = keys
        authority = TokenAuthority(
            issuers: [Self.issuer], keys: TokenKeySource(keys), now: { clock.now.withLock { $0 } })
        objects.add("account", "ns", "robot", uid: "u1")
    }

    var now: Timestamp {
        get { clock.now.withLock { $0 } }
        set { clock.now.withLock { $0 = newValue } }
    }

    var claims: TokenClaims {
        TokenClaims(
            namespace: "ns", account: ObjectClaim(name: "robot", uid: "u1"), audiences: [Self.issuer],
            issued: now.seconds, expiration: now.seconds + 3600, id: "j1")
    }

    func authenticate(_ token: String, audiences: [String] = [TokenWorld.issuer]) throws -> AuthenticatedToken? {
        try authority.authenticate(token, audiences: audiences, objects)
    }

    func failure(_ token: String, audiences: [String] = [TokenWorld.issuer]) -> String? {
        do throws(TokenFailure) {
            _ = try authority.authenticate(token, audiences: audiences, objects)
            return nil
        } catch {
            return error.message
        }
    }
}

struct TokenAuthorityTests {
    /// Making an RSA key takes a while: one for all.
    static let rsa: TokenKeys? = try? TokenKeys(signing: SigningKey())  // a failure shows in each test

    private func world() throws -> TokenWorld { TokenWorld(keys: try #require(Self.rsa)) }

    @Test func tokensSayWhoseTheyAre() throws {
        let world = try world()
        let token = try world.authority.token(world.claims)
        let found = try #require(try world.authenticate(token))
        #expect(found.user.name == "system:serviceaccount:ns:robot")
        #expect(found.user.uid == "u1")
        #expect(found.user.groups == ["system:serviceaccounts", "system:serviceaccounts:ns"])
        #expect(found.user.extra == ["authentication.kubernetes.io/credential-id": ["JTI=j1"]])
        #expect(found.audiences == [TokenWorld.issuer])
    }

    @Test func claimsAreKubernetes() throws {
        let world = try world()
        var claims = world.claims
        claims.pod = ObjectClaim(name: "p", uid: "u2")
        claims.node = ObjectClaim(name: "n", uid: "u3")
        claims.warnAfter = 5
        let parts = try world.authority.token(claims).split(separator: ".")
        let bytes = try Base64URL.decode(String(parts[1])).get()
        let time = world.now.seconds
        #expect(
            String(decoding: bytes, as: UTF8.self) == """
                {"aud":["https://kubernetes.default.svc.cluster.local"],"exp":\(time + 3600),"iat":\(time),\
                "iss":"https://kubernetes.default.svc.cluster.local","jti":"j1","kubernetes.io":{"namespace":"ns",\
                "node":{"name":"n","uid":"u3"},"pod":{"name":"p","uid":"u2"},\
                "serviceaccount":{"name":"robot","uid":"u1"},"warnafter":5},"nbf":\(time),\
                "sub":"system:serviceaccount:ns:robot"}
                """)
        let header = try JSON.parse(Base64URL.decode(String(parts[0])).get()).value
        #expect(header.text("alg") == "RS256" && header.text("kid") == world.keys.signingID)
    }

    @Test func audiencesHaveToMatch() throws {
        let world = try world()
        var claims = world.claims
        claims.audiences = ["vault", "db"]
        let token = try world.authority.token(claims)
        #expect(
            world.failure(token)
                == #"token audiences ["vault" "db"] is invalid for the target audiences ["\#(TokenWorld.issuer)"]"#)
        // In the order of the question.
        #expect(try world.authenticate(token, audiences: ["db", "x", "vault"])?.audiences == ["db", "vault"])
    }

    @Test func timesCountWithAMinuteOfLeeway() throws {
        let world = try world()
        let token = try world.authority.token(world.claims)
        world.now = TokenWorld.start.adding(seconds: 3600 + 59)
        #expect(world.failure(token) == nil)
        world.now = TokenWorld.start.adding(seconds: 3600 + 61)
        #expect(world.failure(token) == "service account token has expired")
        world.now = TokenWorld.start.adding(seconds: -59)
        #expect(world.failure(token) == nil)
        world.now = TokenWorld.start.adding(seconds: -61)
        #expect(world.failure(token) == "service account token is not valid yet")
    }

    @Test func tokensEndWithTheirAccount() throws {
        let world = try world()
        let token = try world.authority.token(world.claims)
        #expect(world.failure(token) == nil)
        world.objects.add("account", "ns", "robot", uid: "u9")
        #expect(world.failure(token) == "service account UID (u9) does not match claim (u1)")
        world.objects.set("account", "ns", "robot", nil)
        #expect(world.failure(token) == #"serviceaccounts "robot" not found"#)
        world.objects.add("account", "ns", "robot", uid: "u1", deleted: world.now.adding(seconds: -50))
        #expect(world.failure(token) == nil)
        world.objects.add("account", "ns", "robot", uid: "u1", deleted: world.now.adding(seconds: -70))
        #expect(world.failure(token) == "service account token has been invalidated")
    }

    @Test(arguments: ["pod", "secret", "node"])
    func tokensEndWithWhatTheyAreBoundTo(kind: String) throws {
        let world = try world()
        var claims = world.claims
        let claim = ObjectClaim(name: "x", uid: "u2")
        switch kind {
        case "pod": claims.pod = claim
        case "secret": claims.secret = claim
        default: claims.node = claim
        }
        let namespace = kind == "node" ? "" : "ns"
        let token = try world.authority.token(claims)
        #expect(world.failure(token) == "service account token has been invalidated")
        world.objects.add(kind, namespace, "x", uid: "u2")
        let user = try #require(try world.authenticate(token)).user
        #expect(
            user.extra["authentication.kubernetes.io/\(kind)-name"] == (kind == "secret" ? nil : ["x"]))
        #expect(user.extra["authentication.kubernetes.io/\(kind)-uid"] == (kind == "secret" ? nil : ["u2"]))
        world.objects.add(kind, namespace, "x", uid: "u3")
        #expect(
            world.failure(token) == "\(kind) UID (u3) does not match service account \(kind) ref claim (u2)")
        world.objects.add(kind, namespace, "x", uid: "u2", deleted: world.now.adding(seconds: -61))
        #expect(world.failure(token) == "service account token has been invalidated")
    }

    @Test func nodeOfAPodIsOnlyTold() throws {
        let world = try world()
        var claims = world.claims
        claims.pod = ObjectClaim(name: "p", uid: "u2")
        claims.node = ObjectClaim(name: "gone", uid: "")
        world.objects.add("pod", "ns", "p", uid: "u2")
        let user = try #require(try world.authenticate(try world.authority.token(claims))).user
        #expect(user.extra["authentication.kubernetes.io/node-name"] == ["gone"])
        #expect(user.extra["authentication.kubernetes.io/node-uid"] == nil)
    }

    @Test func legacyTokensHoldWhileTheirSecretDoes() throws {
        let world = try world()
        let token = try world.authority.legacyToken(
            namespace: "ns", account: ObjectClaim(name: "robot", uid: "u1"), secret: "s")
        #expect(world.failure(token) == "Token has been invalidated")
        func secret(_ token: String, labels: Object = [:]) -> Value {
            [
                "metadata": ["name": "s", "namespace": "ns", "uid": "u5", "labels": .object(labels)],
                "data": ["token": .string(Base64.encode(Array(token.utf8)[...]))],
            ]
        }
        world.objects.set("secret", "ns", "s", secret(token))
        let found = try #require(try world.authenticate(token))
        #expect(found.user.name == "system:serviceaccount:ns:robot" && found.user.extra.isEmpty)
        #expect(found.secret == ObjectName(namespace: "ns", name: "s"))
        #expect(found.audiences == [TokenWorld.issuer])
        world.objects.set("secret", "ns", "s", secret("other"))
        #expect(world.failure(token) == "Token does not match server's copy")
        world.objects.set(
            "secret", "ns", "s", secret(token, labels: ["kubernetes.io/legacy-token-invalid-since": "2026-01-01"]))
        #expect(world.failure(token)?.contains("has been marked invalid") == true)
    }

    // MARK: - keys

    @Test func oldKeysGoOnVerifying() throws {
        let old = try SigningKey()
        let before = TokenWorld(keys: TokenKeys(signing: old))
        let token = try before.authority.token(before.claims)
        let rotated = TokenWorld(
            keys: TokenKeys(signing: try SigningKey(), others: [old.verificationKey]))
        #expect(rotated.failure(token) == nil)
        #expect(try rotated.authenticate(token) != nil)
        let without = TokenWorld(keys: TokenKeys(signing: try SigningKey()))
        #expect(without.failure(token) == "go-jose/go-jose: error in cryptographic primitive")
    }

    @Test(arguments: ["P-256", "P-384", "P-521"])
    func ellipticKeysSignToo(curve: String) throws {
        let pem: String
        switch curve {
        case "P-256": pem = P256.Signing.PrivateKey().pemRepresentation
        case "P-384": pem = P384.Signing.PrivateKey().pemRepresentation
        default: pem = P521.Signing.PrivateKey().pemRepresentation
        }
        let key = try #require(SigningKey(pem: pem))
        let world = TokenWorld(keys: TokenKeys(signing: key))
        let token = try world.authority.token(world.claims)
        #expect(try world.authenticate(token) != nil)
        let web = try #require(try world.keys.webKeySet()["keys"]?.array?.first)
        #expect(web.text("crv") == curve && web.text("kty") == "EC" && web.text("kid") == key.verificationKey.id)
    }

    @Test func webKeysAreThoseOfTheTokens() throws {
        let world = try world()
        let key = try #require(try world.keys.webKeySet()["keys"]?.array?.first)
        #expect(key.text("kty") == "RSA" && key.text("alg") == "RS256" && key.text("use") == "sig")
        #expect(key.text("e") == "AQAB")
        #expect(try Base64URL.decode(key.text("n")).get().count == 256)
        #expect(world.keys.algorithms == ["RS256"])
    }

    @Test func keysAreKept() throws {
        let folder = KeyFolder(path: NSTemporaryDirectory() + "pki-\(UUID())")
        defer { try? FileManager.default.removeItem(atPath: folder.path) }  // left to the system otherwise
        let first = try TokenKeys.open(in: folder).complete()
        let second = try TokenKeys.open(in: folder).complete()
        #expect(first.signingID == second.signingID)
        // Rotation by hand: the old key gets another name.
        try FileManager.default.moveItem(atPath: folder.path + "/sa.key", toPath: folder.path + "/sa-2025.key")
        let third = try TokenKeys.open(in: folder).complete()
        #expect(third.signingID != first.signingID)
        #expect(third.verifying.map(\.id) == [third.signingID, first.signingID])
    }

    /// A first start does not wait for its key; who needs it does, and hears why there is none.
    @Test func aKeyInTheMaking() throws {
        let key = try SigningKey()
        let old = try SigningKey()
        let gate = DispatchSemaphore(value: 0)
        let source = TokenKeySource(
            TokenKeys(signing: nil, others: [old.verificationKey]),
            making: {
                gate.wait()
                return TokenKeys(signing: key, others: [old.verificationKey])
            }, failure: { _ in })
        #expect(source.present.verifying.map(\.id) == [old.verificationKey.id])
        gate.signal()
        #expect(try source.complete().signingID == key.verificationKey.id)
        #expect(source.present.verifying.count == 2)

        let failures = Mutex<[String]>([])
        let failing = TokenKeySource(
            TokenKeys(signing: nil), making: { () throws(IdentityError) in throw IdentityError("the disk is full") },
            failure: { error in failures.withLock { $0.append(error.description) } })
        #expect(throws: IdentityError.self) { try failing.complete() }
        #expect(failing.present.verifying.isEmpty)
        #expect(failures.withLock { $0 }.count == 1)
    }

    @Test func noMoreTokensAreRememberedThanFit() throws {
        let world = try world()
        let cache = VerifiedTokenCache(capacity: 10)
        let token = try #require(try world.authority.verified(try world.authority.token(world.claims)))
        for index in 0..<1000 { cache.remember(VerifiedTokenCache.Key("\(index)"), token) }
        #expect(cache.count <= 20)
        #expect(cache.token(VerifiedTokenCache.Key("999")) != nil)
        #expect(cache.token(VerifiedTokenCache.Key("0")) == nil)
    }

    /// An event loop may wait for this.
    @Test func firstVerificationTakesLessThanAMillisecond() throws {
        let world = try world()
        let tokens = try (0..<50).map { index in
            var claims = world.claims
            claims.id = "\(index)"
            return try world.authority.token(claims)
        }
        let clock = SuspendingClock()
        let took = try clock.measure { for token in tokens { _ = try world.authority.verified(token) } }
        print("verification of a new RS256 token:", took / 50)
        #expect(took / 50 < .milliseconds(5), "even in a debug build, on a busy machine")
    }
}
