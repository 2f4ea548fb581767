import ArgumentParser
import FairleadHTTP
import FairleadServer
import Foundation

/// The running server that a command asks.
struct ServerOptions: ParsableArguments {
    @Option(
        name: .long,
        help:
            "The server's URL. (default: what $KUBECONFIG or the kubeconfig beside the data says, else http://127.0.0.1:8080)"
    )
    var server: String?

    @Option(
        name: .long, help: "The data file of the server, instead of its URL. (default: in the user's data directory)")
    var data: String?

    func validate() throws {
        if let server, Self.address(server) == nil {
            throw ValidationError("--server \(server): http://HOST:PORT is wanted, as in http://127.0.0.1:8080")
        }
    }

    /// The address from the first source that has one.
    func address() throws -> HTTPAddress {
        let url = server ?? fromKubeconfigs ?? "http://127.0.0.1:8080"
        guard let address = Self.address(url) else { throw failure("\(url) is no server's URL") }
        return address
    }

    /// Asks the server.
    func get(_ path: String) async throws -> HTTPFetch.Answer {
        let address = try address()
        do {
            return try await HTTPFetch.get(address, path: path)
        } catch {
            throw failure(
                "nobody answers at \(address.url): start a server with `fairlead serve`, or say where it is with "
                    + "--server URL")
        }
    }

    private var fromKubeconfigs: String? {
        if data == nil, let list = ProcessInfo.processInfo.environment["KUBECONFIG"] {
            let files = list.split(separator: ":").map { Kubeconfig(path: String($0)) }
            if let server = files.lazy.compactMap(\.server).first { return server }
        }
        return Kubeconfig(besides: DataFile.path(data)).server
    }

    static func address(_ url: String) -> HTTPAddress? {
        guard url.hasPrefix("http://") else { return nil }
        let rest = url.dropFirst("http://".count)
        return HTTPAddress(String(rest.hasSuffix("/") ? rest.dropLast() : rest))
    }
}
