import NIOSSL
import Synchronization

/// The settings for new connections, which change when a certificate is renewed.
final class TLSContext: Sendable {
    private let context: Mutex<NIOSSLContext>

    init(_ context: NIOSSLContext) { self.context = Mutex(context) }

    var current: NIOSSLContext { context.withLock { $0 } }

    func replace(by new: NIOSSLContext) { context.withLock { $0 = new } }
}

/// The settings of TLS: 1.2 or newer, HTTP/2 or HTTP/1.1, a client certificate if the client has one.
enum TLSSettings {
    /// - Throws: for a certificate or key that cannot be read, or that do not belong together.
    static func context(_ credentials: SecureDoor.Credentials) throws -> NIOSSLContext {
        let chain = try NIOSSLCertificate.fromPEMBytes(Array(credentials.certificateChain.utf8))
        let key = try NIOSSLPrivateKey(bytes: Array(credentials.privateKey.utf8), format: .pem)
        var settings = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
        settings.minimumTLSVersion = .tlsv12
        settings.applicationProtocols = ["h2", "http/1.1"]
        // Every certificate passes here, as with kube-apiserver: one that nobody signed is answered with 401, which says
        // more than a broken handshake.
        settings.certificateVerification = .optionalVerification
        // Not the system's authorities, which take long to read and are never asked.
        settings.trustRoots = .certificates(chain)
        return try NIOSSLContext(configuration: settings)
    }

    static func handler(_ context: NIOSSLContext) -> NIOSSLServerHandler {
        NIOSSLServerHandler(
            context: context, configuration: .init(),
            customVerificationCallbackWithMetadata: { certificates, promise in
                promise.succeed(.certificateVerified(VerificationMetadata(ValidatedCertificateChain(certificates))))
            })
    }
}
