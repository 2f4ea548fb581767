import ArgumentParser
import FairleadHTTP
import FairleadRemote
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
        if let server, Self.address(server) == nil, !Self.isSecure(server) {
            throw ValidationError(
                "--server \(server): http://HOST:PORT is wanted, as in http://127.0.0.1:8080, or https://HOST:PORT")
        }
    }

    /// - Throws: `ExitCode`, after saying what is wrong with the kubeconfig.
    func found() throws -> FoundServer {
        do throws(RemoteServer.Refusal) {
            return try FoundServer(server, environment: ProcessInfo.processInfo.environment, data: data)
        } catch {
            throw failure(error.description)
        }
    }

    /// Asks the server.
    func get(_ path: String) async throws -> RemotePage { try await found().get(path) }

    /// Whether it is the URL of a server that speaks TLS.
    static func isSecure(_ url: String) -> Bool { address(url, scheme: "https://") != nil }

    private static func address(_ url: String, scheme: String = "http://") -> HTTPAddress? {
        guard url.hasPrefix(scheme) else { return nil }
        let rest = url.dropFirst(scheme.count)
        return HTTPAddress(String(rest.hasSuffix("/") ? rest.dropLast() : rest))
    }
}
