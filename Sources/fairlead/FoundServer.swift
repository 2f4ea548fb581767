import FairleadRemote
import FairleadServer

/// The running server that a command asks, and what proves to it who asks.
struct FoundServer: Sendable {
    let server: RemoteServer
    /// The kubeconfig that says so; nil for a URL alone.
    let kubeconfig: String?

    static let usual = "http://127.0.0.1:8080"

    /// The first of these that says where a server is: `--server`, the kubeconfigs of `$KUBECONFIG` with a cluster
    /// `fairlead`, the kubeconfig beside the data. A URL takes along what a kubeconfig has for just that server, so that
    /// no credentials go anywhere else.
    ///
    /// - Parameters:
    ///   - url: `--server`.
    ///   - data: `--data`, in which case `$KUBECONFIG` does not count.
    init(_ url: String?, environment: [String: String], data: String?) throws(RemoteServer.Refusal) {
        let list = data == nil ? (environment["KUBECONFIG"] ?? "").split(separator: ":").map(String.init) : []
        let files = list.map { Kubeconfig(path: $0) } + [Kubeconfig(besides: DataFile.path(data))]
        if let url {
            let wanted = try ServerURL(url)
            for file in files {
                guard let server = file.server, try ServerURL(server) == wanted else { continue }
                self = try FoundServer(kubeconfig: file.path)
                return
            }
            self = FoundServer(wanted)
        } else if let file = files.first(where: { $0.server != nil }) {
            self = try FoundServer(kubeconfig: file.path)
        } else {
            self = FoundServer(try ServerURL(Self.usual))
        }
    }

    /// The server that a kubeconfig of this program leads to.
    init(kubeconfig: String) throws(RemoteServer.Refusal) {
        server = try KubeconfigFiles(reading: kubeconfig).server(context: Kubeconfig.name)
        self.kubeconfig = kubeconfig
    }

    /// A server that is asked without proof of who asks.
    init(_ url: ServerURL) {
        server = RemoteServer(url: url)
        kubeconfig = nil
    }

    var url: String { server.url.description }

    /// - Throws: `ExitCode`, after saying why there is no answer and what to do.
    func get(_ path: String) async throws -> RemotePage {
        do {
            return try await RemotePage.get(server, path)
        } catch {
            throw failure("\(error) (start a server with `fairlead serve`, or say where it is with --server URL)")
        }
    }
}
