import FairleadIdentity
package import FairleadModel

/// A kubeconfig for a user whom the cluster's own certificate authority vouches for: `fairlead kubeconfig --user`.
package enum ClientKubeconfig {
    /// - Parameters:
    ///   - data: the database, beside which the authority is kept.
    ///   - server: its URL; only a server that speaks TLS looks at certificates.
    ///   - days: how long the certificate is valid.
    package static func text(
        data: String, server: String, user: String, groups: [String], days: Int, now: Timestamp
    ) throws(StartupError) -> String {
        guard server.hasPrefix("https://") else {
            throw StartupError(
                "\(server) is a plain port, where everyone is the administrator: say where the server speaks TLS with "
                    + "--server https://HOST:PORT")
        }
        do throws(IdentityError) {
            let folder = KeyFolder(besides: data)
            guard folder.exists else {
                throw IdentityError(
                    "there is no certificate authority in \(folder.path): `fairlead serve` makes it at its start")
            }
            let authority = try CertificateAuthority.open(in: folder, at: now)
            let client = try authority.issueClient(
                user: user, groups: groups, lifetime: Double(days) * 86_400, at: now)
            return Kubeconfig.text(
                Kubeconfig.Access(server: server, authority: authority.rootPEM, client: client))
        } catch {
            throw StartupError(error.description)
        }
    }
}
