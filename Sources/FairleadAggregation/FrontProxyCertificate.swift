package import FairleadIdentity
package import FairleadModel
import NIOSSL
import Synchronization

/// The certificate by which servers behind APIServices know this one: what it says about its clients in headers, they
/// believe (`extension-apiserver-authentication` in kube-system tells them so).
package final class FrontProxyCertificate: Sendable {
    /// The name that the ConfigMap allows.
    static let commonName = "front-proxy-client"

    struct Credentials: Sendable {
        let chain: [NIOSSLCertificate]
        let key: NIOSSLPrivateKey
        let renewal: Timestamp
        /// Changes with each certificate.
        let number: Int
    }

    private let authority: CertificateAuthority
    private let now: @Sendable () -> Timestamp
    private let current = Mutex<Credentials?>(nil)

    /// - Parameter now: the machine's clock, which certificates are compared with.
    package init(authority: CertificateAuthority, now: @escaping @Sendable () -> Timestamp) {
        self.authority = authority
        self.now = now
    }

    /// Issues a certificate at the first call, and a new one when it is time to.
    func credentials() throws -> Credentials {
        try current.withLock { current in
            let time = now()
            if let current, time < current.renewal { return current }
            let issued = try authority.issueClient(user: Self.commonName, groups: [], at: time)
            let made = Credentials(
                chain: try NIOSSLCertificate.fromPEMBytes(Array(issued.chainPEM.utf8)),
                key: try NIOSSLPrivateKey(bytes: Array(issued.keyPEM.utf8), format: .pem), renewal: issued.renewal,
                number: (current?.number ?? 0) + 1)
            current = made
            return made
        }
    }
}
