import FairleadModel
import FairleadRemote
import NIOSSL
import Testing

/// Whom a client trusts, and how it says that it does not.
struct RemoteTLSTests {
    private func tls(_ certificate: String, _ key: String, asksClients: Bool = false) throws -> TLSConfiguration {
        var tls = TLSConfiguration.makeServerConfiguration(
            certificateChain: try NIOSSLCertificate.fromPEMBytes(Array(certificate.utf8)).map { .certificate($0) },
            privateKey: .privateKey(try NIOSSLPrivateKey(bytes: Array(key.utf8), format: .pem)))
        if asksClients {
            tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(Array(Certificates.authority.utf8)))
            tls.certificateVerification = .noHostnameVerification
        }
        return tls
    }

    private func pem(_ text: String) -> RemoteServer.PEM { .init(bytes: Array(text.utf8), source: "a test") }

    /// What a client with these settings gets from a server with that certificate: nil for an answer.
    private func complaint(
        _ tls: TLSConfiguration?, scheme: String = "https", _ change: (inout RemoteServer) -> Void
    ) async throws -> String? {
        let server = try await TestAPIServer.start(tls: tls) { request, answer in
            answer.send(#"{"host":"\#(request.headers.first(name: "Host") ?? "")"}"#)
        }
        var remote = RemoteServer(url: try ServerURL("\(scheme)://127.0.0.1:\(server.port)"))
        change(&remote)
        let result = try await withClient(remote) { client -> String? in
            do {
                let answer = try await client.get(.nodes, namespace: "", name: "n")
                #expect(answer["host"]?.string == "127.0.0.1:\(server.port)")
                return nil
            } catch let error as APIStatus {
                #expect(error.code == 503 && error.reason == "ServiceUnavailable")
                return error.message
            }
        }
        await server.stop()
        return result
    }

    @Test func theGivenAuthorityIsTrusted() async throws {
        let tls = try tls(Certificates.server, Certificates.serverKey)
        #expect(try await complaint(tls) { $0.authorities = pem(Certificates.authority) } == nil)
        // One of several is enough.
        let both = Certificates.stranger + Certificates.authority
        #expect(try await complaint(tls) { $0.authorities = pem(both) } == nil)
        #expect(try await complaint(tls) { $0.skipsVerification = true } == nil)
    }

    @Test(arguments: [Certificates.stranger, nil])
    func nobodyElseIs(authority: String?) async throws {
        let tls = try tls(Certificates.server, Certificates.serverKey)
        let message = try await complaint(tls) { $0.authorities = authority.map(pem) }
        #expect(message?.contains("its TLS certificate is not trusted") == true, "\(message ?? "")")
        #expect(message?.contains("--ca") == true)
    }

    @Test func theNameMustBeInTheCertificate() async throws {
        let tls = try tls(Certificates.named, Certificates.namedKey)
        let message = try await complaint(tls) { $0.authorities = pem(Certificates.authority) }
        #expect(message?.contains("--tls-server-name") == true, "\(message ?? "")")
        let right = try await complaint(tls) {
            $0.authorities = pem(Certificates.authority)
            $0.tlsServerName = "api.fairlead.test"
        }
        #expect(right == nil)
        let wrong = try await complaint(tls) {
            $0.authorities = pem(Certificates.authority)
            $0.tlsServerName = "other.fairlead.test"
        }
        #expect(wrong?.contains("--tls-server-name") == true, "\(wrong ?? "")")
    }

    @Test func clientsMayHaveToShowACertificate() async throws {
        let tls = try tls(Certificates.server, Certificates.serverKey, asksClients: true)
        let message = try await complaint(tls) { $0.authorities = pem(Certificates.authority) }
        #expect(message?.contains("client certificate") == true, "\(message ?? "")")
        let shown = try await complaint(tls) {
            $0.authorities = pem(Certificates.authority)
            $0.identity = .init(certificates: pem(Certificates.client), key: pem(Certificates.clientKey))
        }
        #expect(shown == nil)
    }

    @Test func theWrongSchemeIsNoticed() async throws {
        let plain = try await complaint(nil) { _ in }
        #expect(plain?.contains("may begin with http://") == true, "\(plain ?? "")")
        let tls = try tls(Certificates.server, Certificates.serverKey)
        let secure = try await complaint(tls, scheme: "http") { _ in }
        #expect(secure?.contains("begins with https://") == true, "\(secure ?? "")")
    }
}
