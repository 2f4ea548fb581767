import NIOSSL

extension RemoteServer {
    /// What TLS needs to know: TLS 1.2 or later, as Kubernetes' clients have it.
    /// - Throws: if a certificate or a key cannot be used.
    func tlsConfiguration() throws(Refusal) -> TLSConfiguration {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.minimumTLSVersion = .tlsv12
        if skipsVerification {
            tls.certificateVerification = .none
        } else if let authorities {
            tls.trustRoots = .certificates(try Self.certificates(in: authorities))
        }
        guard let identity else { return tls }
        tls.certificateChain = try Self.certificates(in: identity.certificates).map { .certificate($0) }
        do {
            tls.privateKey = .privateKey(try NIOSSLPrivateKey(bytes: identity.key.bytes, format: .pem))
        } catch {
            throw Refusal(
                "\(identity.key.source) is no private key in PEM without a passphrase: give the key of "
                    + identity.certificates.source)
        }
        do {
            // Finds out whether the two belong together.
            _ = try NIOSSLContext(configuration: tls)
        } catch {
            throw Refusal("\(identity.key.source) is not the key of \(identity.certificates.source): give its key")
        }
        return tls
    }

    private static func certificates(in pem: PEM) throws(Refusal) -> [NIOSSLCertificate] {
        do {
            let found = try NIOSSLCertificate.fromPEMBytes(pem.bytes)
            if !found.isEmpty { return found }
        } catch {
            throw Refusal("\(pem.source) cannot be read as PEM certificates (\(error)): give a PEM file")
        }
        throw Refusal("\(pem.source) has no certificate in it: give a PEM file")
    }
}
