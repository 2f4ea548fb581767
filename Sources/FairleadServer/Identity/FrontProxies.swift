import FairleadIdentity
import FairleadModel

/// The proxies that may say in headers whom they speak for, known by their certificates (`--requestheader-client-ca-file`).
struct FrontProxies: Sendable {
    private let trust: ClientTrust
    /// The common names that count; empty for all that the authority has signed.
    private let names: Set<String>

    /// - Parameter authorities: certificates in PEM.
    init(authorities: String, names: [String]) throws(IdentityError) {
        trust = try ClientTrust(authorities: [authorities])
        self.names = Set(names)
    }

    /// Whether a client that showed these certificates is such a proxy.
    func include(_ chain: [[UInt8]]) async -> Bool {
        guard let certificate = await trust.peer(showing: chain).certificate else { return false }
        return names.isEmpty || names.contains(certificate.commonName)
    }
}
