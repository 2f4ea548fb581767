import FairleadModel

/// A cluster, user or context of a kubeconfig. Fields are those of client-go's `api/v1.Cluster` and `AuthInfo`.
struct KubeconfigEntry {
    let file: KubeconfigFiles.File
    /// `user "admin"`.
    let title: String
    let value: Value

    /// How to call a field in a complaint.
    private func place(_ field: String) -> String { "\(field) of \(title) in \(file.name)" }

    /// Empty if it is missing, or is no text.
    func text(_ field: String) -> String { value[field]?.string ?? "" }

    private func has(_ field: String) -> Bool {
        switch value[field] {
        case nil, .null?, .string("")?, .bool(false)?: false
        case .array(let items)?: !items.isEmpty
        case .object(let object)?: !object.isEmpty
        default: true
        }
    }

    private func path(_ field: String) -> String? {
        let path = text(field)
        if path.isEmpty { return nil }
        return path.hasPrefix("/") || file.folder.isEmpty ? path : "\(file.folder)/\(path)"
    }

    /// The contents of `FIELD-data`, in base64, or else of the file that `FIELD` names.
    private func pem(_ field: String) throws(RemoteServer.Refusal) -> RemoteServer.PEM? {
        let data = text("\(field)-data")
        if !data.isEmpty {
            let source = place("\(field)-data")
            guard let canonical = try? Base64.canonical(data) else {  // where it goes wrong does not help
                throw RemoteServer.Refusal("\(source) is not base64: copy the kubeconfig again")
            }
            return RemoteServer.PEM(bytes: Base64.decode(canonical), source: source)
        }
        guard let path = path(field) else { return nil }
        return RemoteServer.PEM(
            bytes: try SmallFile.read(path, "the file of \(place(field)),"), source: "\(path) (\(place(field)))")
    }

    /// The server of a cluster, without credentials.
    func clusterServer() throws(RemoteServer.Refusal) -> RemoteServer {
        if has("proxy-url") {
            throw RemoteServer.Refusal(
                "\(place("proxy-url")): connections through a proxy are not supported: name a server that can be "
                    + "reached directly")
        }
        let url: ServerURL
        do {
            url = try ServerURL(text("server"))
        } catch {
            throw RemoteServer.Refusal("\(place("server")): \(error.description)")
        }
        var server = RemoteServer(url: url)
        server.authorities = try pem("certificate-authority")
        server.skipsVerification = value["insecure-skip-tls-verify"]?.bool ?? false
        if has("tls-server-name") { server.tlsServerName = text("tls-server-name") }
        return server
    }

    /// What cannot be honoured is refused: a request in another's name, or without one, would be worse than none.
    private static let unsupported: [(field: String, why: String)] = [
        ("exec", "gets its credentials from a program, which is not run here"),
        ("auth-provider", "gets its credentials from an auth-provider, which is not supported"),
        ("as", "impersonates somebody, which is not supported"),
        ("as-uid", "impersonates somebody, which is not supported"),
        ("as-groups", "impersonates groups, which is not supported"),
        ("as-user-extra", "impersonates somebody, which is not supported"),
    ]

    /// Adds a user's credentials: a certificate, and one of token file, token, and password, as client-go prefers them.
    func addCredentials(to server: inout RemoteServer) throws(RemoteServer.Refusal) {
        for (field, why) in Self.unsupported where has(field) {
            throw RemoteServer.Refusal(
                "\(title) in \(file.name) \(why) (\(field)): use a context whose user has a token or a certificate, "
                    + "or give --server, --ca and --token-file (`kubectl create token SERVICEACCOUNT` makes a token)")
        }
        switch (try pem("client-certificate"), try pem("client-key")) {
        case (nil, nil): break
        case (let certificates?, let key?):
            server.identity = RemoteServer.Identity(certificates: certificates, key: key)
        case (_?, nil): throw RemoteServer.Refusal("\(place("client-key")) is missing: add it")
        case (nil, _?): throw RemoteServer.Refusal("\(place("client-certificate")) is missing: add it")
        }
        if let path = path("tokenFile") {
            _ = try SmallFile.token(path)
            server.credentials = .tokenFile(path)
        } else if has("token") {
            server.credentials = .token(try SmallFile.token(text("token"), from: place("token")))
        } else if has("username") || has("password") {
            let user = text("username")
            if user.contains(":") {
                throw RemoteServer.Refusal("\(place("username")) has a colon in it, which HTTP cannot express")
            }
            server.credentials = .password(user: user, password: text("password"))
        }
    }
}
