import Crypto
import FairleadModel
import Foundation
import Testing

@testable import FairleadIdentity

/// Tokens that were made to be let in.
struct HostileTokenTests {
    private func world() throws -> TokenWorld { TokenWorld(keys: try #require(TokenAuthorityTests.rsa)) }

    private func parts(_ token: String) -> [String] { token.split(separator: ".").map(String.init) }

    private func encoded(_ object: Object) -> String {
        var writer = JSONWriter()
        writer.write(.object(object))
        return Base64URL.encode(writer.bytes)
    }

    /// Whether a token is refused, one way or the other.
    private func isRefused(_ token: String, _ world: TokenWorld) throws -> Bool {
        if world.failure(token) != nil { return true }
        return try world.authenticate(token) == nil
    }

    @Test func algorithmNoneProvesNothing() throws {
        let world = try world()
        let claims = parts(try world.authority.token(world.claims))[1]
        for name in ["none", "None", "NONE", "nOnE", ""] {
            let header = encoded(["alg": .string(name), "kid": .string(world.keys.signingID)])
            #expect(try isRefused("\(header).\(claims).", world))
            #expect(try isRefused("\(header).\(claims).AAAA", world))
            #expect(try isRefused("\(header).\(claims)", world))
        }
        #expect(try isRefused("\(encoded([:])).\(claims).AAAA", world))
    }

    /// The public key, which everybody knows, must not work as a secret.
    @Test func publicKeyIsNoSecret() throws {
        let world = try world()
        let claims = parts(try world.authority.token(world.claims))[1]
        let key = try #require(try world.keys.webKeySet()["keys"]?.array?.first)
        let modulus = try Base64URL.decode(key.text("n")).get()
        for name in ["HS256", "HS384", "HS512"] {
            let header = encoded(["alg": .string(name), "kid": .string(world.keys.signingID)])
            let signed = "\(header).\(claims)"
            for secret in [modulus, Array(key.text("n").utf8)] {
                let code = HMAC<Crypto.SHA256>.authenticationCode(
                    for: Data(signed.utf8), using: SymmetricKey(data: secret))
                #expect(try isRefused("\(signed).\(Base64URL.encode(Array(code)))", world))
            }
        }
    }

    /// A key of another type, or another key of the same type, under the name of ours.
    @Test func foreignKeysAreNotOurs() throws {
        let world = try world()
        let claims = parts(try world.authority.token(world.claims))[1]
        let elliptic = P256.Signing.PrivateKey()
        let header = encoded(["alg": "ES256", "kid": .string(world.keys.signingID)])
        let signed = "\(header).\(claims)"
        let signature = try elliptic.signature(for: Data(signed.utf8)).rawRepresentation
        #expect(try isRefused("\(signed).\(Base64URL.encode(Array(signature)))", world))
        // A key that the token brings along does not count.
        let bringing = encoded([
            "alg": "ES256",
            "jwk": [
                "kty": "EC", "crv": "P-256",
                "x": .string(Base64URL.encode(Array(elliptic.publicKey.rawRepresentation))),
            ],
        ])
        let other = try elliptic.signature(for: Data("\(bringing).\(claims)".utf8)).rawRepresentation
        #expect(try isRefused("\(bringing).\(claims).\(Base64URL.encode(Array(other)))", world))
        let stranger = TokenWorld(keys: TokenKeys(signing: try SigningKey()))
        #expect(try isRefused(try stranger.authority.token(stranger.claims), world))
    }

    @Test func everyChangedByteIsNoticed() throws {
        let world = try world()
        let token = Array(try world.authority.token(world.claims).utf8)
        #expect(try world.authenticate(String(decoding: token, as: UTF8.self)) != nil)
        // Not the very last character: some of its bits belong to no byte.
        for index in stride(from: 0, to: token.count - 1, by: 7) {
            var changed = token
            changed[index] = changed[index] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
            #expect(try isRefused(String(decoding: changed, as: UTF8.self), world), "byte \(index)")
        }
    }

    @Test func claimsOfOneTokenDoNotFitAnotherSignature() throws {
        let world = try world()
        let one = parts(try world.authority.token(world.claims))
        var claims = world.claims
        claims.account.name = "admin"
        let other = parts(try world.authority.token(claims))
        #expect(try isRefused([one[0], other[1], one[2]].joined(separator: "."), world))
    }

    @Test func otherIssuersAreNotOurs() throws {
        let keys = try #require(TokenAuthorityTests.rsa)
        let world = try world()
        for issuer in ["https://evil.example", "", "kubernetes/serviceaccount", TokenWorld.issuer + "/"] {
            let other = TokenAuthority(issuers: [issuer], keys: TokenKeySource(keys), now: { TokenWorld.start })
            #expect(try isRefused(try other.token(world.claims), world), "\(issuer)")
        }
    }

    @Test func nonsenseIsNoToken() throws {
        let world = try world()
        let good = parts(try world.authority.token(world.claims))
        var texts = [
            "", ".", "..", "...", "a.b.c", "Bearer", "\0", "....", "é.é.é", String(repeating: ".", count: 10_000),
            good.joined(separator: ".") + ".", "." + good.joined(separator: "."), good.joined(separator: ". "),
            good[0] + "." + good[1] + "." + good[2] + "=", good[0] + "." + good[1] + ".!!!!",
            good[0] + "." + good[1] + ".", "\(good[0]).\(good[1])",
            encoded(["alg": "RS256", "crit": ["exp"]]) + ".\(good[1]).\(good[2])",
            Base64URL.encode(Array("[]".utf8)) + ".\(good[1]).\(good[2])",
            Base64URL.encode(Array("null".utf8)) + ".\(good[1]).\(good[2])",
            Base64URL.encode(Array(String(repeating: "[", count: 30_000).utf8)) + ".\(good[1]).\(good[2])",
        ]
        texts.append(String(repeating: "A", count: 5 << 20))
        texts.append(good.joined(separator: ".") + String(repeating: "A", count: 1 << 20))
        for text in texts { #expect(try isRefused(text, world), "\(text.prefix(40))") }
    }

    @Test func missingClaimsLetNobodyIn() throws {
        let world = try world()
        let key = try #require(world.keys.signing)
        for claims: Object in [
            [:], ["iss": .string(TokenWorld.issuer)],
            ["iss": .string(TokenWorld.issuer), "aud": [.string(TokenWorld.issuer)], "kubernetes.io": []],
            ["iss": "kubernetes/serviceaccount", "sub": "system:serviceaccount:ns:robot"],
            ["iss": .string(TokenWorld.issuer), "sub": "system:admin", "groups": ["system:masters"]],
        ] {
            let token = try JSONWebToken.sign(claims, with: key, id: world.keys.signingID, .rs256)
            #expect(try isRefused(token, world))
        }
    }

    @Test func onlyBearerTokensAreTokens() {
        #expect(BearerToken.token(in: "Bearer x") == "x")
        #expect(BearerToken.token(in: "  bEaReR x  ") == "x")
        #expect(BearerToken.token(in: "Bearer x y") == "x")
        for header in ["", "Bearer", "Bearer ", "Bearer  x", "Basic eDp5", "x", "Bearerx", "Bearer\tx"] {
            #expect(BearerToken.token(in: header) == nil, "\(header)")
        }
    }

    @Test func browsersSendTokensAmongProtocols() {
        let name = "base64url.bearer.authorization.k8s.io."
        #expect(BearerToken.offered(in: ["v5.channel.k8s.io"]) == .none)
        #expect(BearerToken.offered(in: ["\(name)eA, v5.channel.k8s.io"]) == .token("x"))
        #expect(BearerToken.offered(in: ["v5.channel.k8s.io", "\(name)eA"]) == .token("x"))
        for texts in [["\(name)eA"], ["\(name)eA, \(name)eA, v5"], ["\(name)!!, v5"], ["\(name)_w, v5"]] {
            guard case .malformed = BearerToken.offered(in: texts) else {
                Issue.record("\(texts) was let in")
                continue
            }
        }
    }
}
