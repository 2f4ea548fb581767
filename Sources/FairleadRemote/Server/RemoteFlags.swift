/// The flags by which a command is told which API server to use. They are named like kubectl's.
package struct RemoteFlags: Sendable, Hashable {
    /// `--server URL`.
    package var server: String?
    /// `--kubeconfig FILE`.
    package var kubeconfig: String?
    /// `--context NAME`, of a kubeconfig.
    package var context: String?
    /// `--token TOKEN`.
    package var token: String?
    /// `--token-file FILE`, read again as it rotates.
    package var tokenFile: String?
    /// `--ca FILE`: the certificates, in PEM, that are trusted.
    package var authorities: String?
    /// `--insecure-skip-tls-verify`.
    package var skipsVerification = false
    /// `--tls-server-name NAME`.
    package var tlsServerName: String?
    /// `--client-certificate FILE`.
    package var clientCertificate: String?
    /// `--client-key FILE`.
    package var clientKey: String?

    package init() {}
}

extension RemoteServer {
    /// The server that flags, environment or container name; nil if none of them does, and the caller has to know one.
    ///
    /// In this order: `--server`, `--kubeconfig`, `$KUBECONFIG`, the service account of the pod this runs in. Other flags
    /// override what a kubeconfig says, as kubectl's do; with `--server` alone, no kubeconfig is read, so that its
    /// credentials go nowhere else. `~/.kube/config` is left alone: what it names may be anybody's production.
    package static func find(
        _ flags: RemoteFlags, environment: [String: String]
    ) throws(Refusal) -> RemoteServer? {
        let list = (environment["KUBECONFIG"] ?? "").split(separator: ":").map(String.init)
        var server: RemoteServer
        if let kubeconfig = flags.kubeconfig {
            server = try KubeconfigFiles(reading: kubeconfig).server(context: flags.context)
            if let url = flags.server { server.url = try ServerURL(url) }
        } else if let url = flags.server {
            if flags.context != nil {
                throw Refusal("--context is about a kubeconfig: give --kubeconfig FILE too, or leave it out")
            }
            server = RemoteServer(url: try ServerURL(url))
        } else if !list.isEmpty {
            server = try KubeconfigFiles(merging: list).server(context: flags.context)
        } else if let inside = try inCluster(environment: environment) {
            server = inside
        } else {
            return nil
        }
        try server.override(with: flags)
        return try server.checked()
    }

    private mutating func override(with flags: RemoteFlags) throws(Refusal) {
        if flags.token != nil, flags.tokenFile != nil {
            throw Refusal("--token and --token-file exclude each other: leave out one of them")
        }
        if let token = flags.token { credentials = .token(try SmallFile.token(token, from: "--token")) }
        if let file = flags.tokenFile {
            // Now, while somebody is there to read the complaint.
            _ = try SmallFile.token(file)
            credentials = .tokenFile(file)
        }
        if flags.skipsVerification {
            if flags.authorities == nil { authorities = nil }
            skipsVerification = true
        }
        if let file = flags.authorities {
            authorities = PEM(bytes: try SmallFile.read(file, "the file of --ca"), source: "--ca \(file)")
            if !flags.skipsVerification { skipsVerification = false }
        }
        if let name = flags.tlsServerName { tlsServerName = name }
        switch (flags.clientCertificate, flags.clientKey) {
        case (nil, nil): break
        case (let certificate?, let key?):
            identity = Identity(
                certificates: PEM(
                    bytes: try SmallFile.read(certificate, "the file of --client-certificate"),
                    source: "--client-certificate \(certificate)"),
                key: PEM(bytes: try SmallFile.read(key, "the file of --client-key"), source: "--client-key \(key)"))
        default: throw Refusal("--client-certificate and --client-key belong together: give both")
        }
    }
}
