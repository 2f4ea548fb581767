extension RemoteServer {
    /// Where a pod finds its service account.
    package static let serviceAccountFolder = "/var/run/secrets/kubernetes.io/serviceaccount"

    /// The API server of the cluster in which this process runs as a pod; nil if it does not.
    ///
    /// - Parameter folder: where the token and the authority's certificate are.
    package static func inCluster(
        environment: [String: String], folder: String = serviceAccountFolder
    ) throws(Refusal) -> RemoteServer? {
        guard let host = environment["KUBERNETES_SERVICE_HOST"], !host.isEmpty,
            let port = environment["KUBERNETES_SERVICE_PORT"], !port.isEmpty
        else { return nil }
        var server: RemoteServer
        do {
            server = RemoteServer(url: try ServerURL("https://\(host.contains(":") ? "[\(host)]" : host):\(port)"))
        } catch {
            throw Refusal(
                "KUBERNETES_SERVICE_HOST=\(host) and KUBERNETES_SERVICE_PORT=\(port) are no address: correct them, or "
                    + "name the server with --server")
        }
        let hint = "mount the pod's service account (automountServiceAccountToken), or name the server with --server"
        do {
            let file = folder + "/ca.crt"
            server.authorities = PEM(bytes: try SmallFile.read(file, "the authority's certificate"), source: file)
            _ = try SmallFile.token(folder + "/token")
            server.credentials = .tokenFile(folder + "/token")
        } catch {
            throw Refusal("\(error.description): \(hint)")
        }
        return server
    }
}
