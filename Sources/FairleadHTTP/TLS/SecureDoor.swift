package import FairleadModel

/// Where an `HTTPServer` listens with TLS. Who comes in is identified later, for each request.
package struct SecureDoor: Sendable {
    /// A certificate with its chain, leaf first, and its key; PEM.
    package struct Credentials: Sendable {
        package var certificateChain: String
        package var privateKey: String

        package init(certificateChain: String, privateKey: String) {
            self.certificateChain = certificateChain
            self.privateKey = privateKey
        }
    }

    /// Where to listen; port 0 takes a free one.
    package var addresses: [HTTPAddress]
    /// Whether a free port is taken instead of one that is in use.
    package var takesFreePort = false
    package var credentials: Credentials
    /// What is known of a client that showed these certificates (DER, leaf first; at least one), asked once for each
    /// connection. The client has proved that it has the key of the first one; whether an authority signed it is for
    /// this function to find out.
    package var identify: @Sendable (_ certificates: [[UInt8]]) async -> PeerIdentity

    package init(
        addresses: [HTTPAddress], credentials: Credentials,
        identify: @escaping @Sendable ([[UInt8]]) async -> PeerIdentity
    ) {
        self.addresses = addresses
        self.credentials = credentials
        self.identify = identify
    }
}
