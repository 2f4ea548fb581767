package import FairleadHTTP

/// The door with TLS.
package struct SecureOptions: Sendable {
    package var listen: [HTTPAddress]
    /// Whether the address was given explicitly; otherwise a free port is taken if that one is in use.
    package var isRequired = true
    /// A certificate with its chain and its key (PEM), instead of one that the cluster's authority issues.
    package var certificateFile: String?
    package var keyFile: String?
    /// More authorities whose certificates identify clients (PEM).
    package var clientAuthorityFile: String?
    /// Authorities whose certificates identify proxies that speak for others (PEM).
    package var proxyAuthorityFile: String?
    /// The common names of such proxies; empty for all that these authorities have signed.
    package var proxyNames: [String] = []

    package init(listen: [HTTPAddress]) { self.listen = listen }
}
