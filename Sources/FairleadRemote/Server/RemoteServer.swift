/// How to reach an API server: where it is, whom to trust, and who asks. A value; nothing is opened or sent.
///
/// Made from a kubeconfig, from flags, or from what a pod finds in its container. Files named there are read when the
/// value is made, except for the token file, which is read again as it rotates.
package struct RemoteServer: Sendable, Hashable {
    /// What is wrong with what the user gave, and what to do about it.
    package struct Refusal: Error, Hashable, Sendable, CustomStringConvertible {
        package var description: String

        package init(_ description: String) { self.description = description }
    }

    /// A file in PEM, and how to call it in a complaint.
    package struct PEM: Sendable, Hashable {
        package var bytes: [UInt8]
        package var source: String

        package init(bytes: [UInt8], source: String) {
            self.bytes = bytes
            self.source = source
        }
    }

    /// The client's own certificate, with those that lead to its authority, and its key.
    package struct Identity: Sendable, Hashable {
        package var certificates: PEM
        package var key: PEM

        package init(certificates: PEM, key: PEM) {
            self.certificates = certificates
            self.key = key
        }
    }

    /// Who asks, as far as it is said in each request.
    package enum Credentials: Sendable, Hashable {
        case none
        /// A bearer token.
        case token(String)
        /// A file with a bearer token that may be replaced at any time.
        case tokenFile(String)
        /// HTTP Basic authentication.
        case password(user: String, password: String)
    }

    package var url: ServerURL
    /// The authorities that may have signed the server's certificate; nil for those that the machine trusts.
    package var authorities: PEM?
    /// Trusts any certificate. Whoever stands in between can then read and change everything.
    package var skipsVerification = false
    /// The name that the server's certificate must be for, if it is not the one in the URL.
    package var tlsServerName: String?
    package var identity: Identity?
    package var credentials = Credentials.none

    package init(url: ServerURL) { self.url = url }

    /// - Throws: if two of the settings exclude each other.
    func checked() throws(Refusal) -> RemoteServer {
        if skipsVerification, authorities != nil {
            throw Refusal(
                "a certificate authority and insecure-skip-tls-verify exclude each other: leave out one of them")
        }
        if let tlsServerName, ServerURL.isAddress(tlsServerName) || tlsServerName.isEmpty {
            throw Refusal(
                "tls-server-name \"\(tlsServerName)\" is not a host name: give one that is in the certificate")
        }
        return self
    }
}
