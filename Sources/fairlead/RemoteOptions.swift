import ArgumentParser
import FairleadRemote
import FairleadServer
import Foundation

/// Which API server a command works with, whoever's it is. The flags are named like kubectl's.
struct RemoteOptions: ParsableArguments {
    @Option(
        name: [.long, .customLong("master")],
        help:
            "The API server's URL. (default: what --kubeconfig, $KUBECONFIG, the pod's service account or the kubeconfig beside the server's data says, else http://127.0.0.1:8080)"
    )
    var server: String?

    @Option(name: .long, help: "The kubeconfig to use.")
    var kubeconfig: String?

    @Option(name: .long, help: "The context of the kubeconfig. (default: its current one)")
    var context: String?

    @Option(name: .long, help: "The bearer token. Other users can see it in the list of processes: see --token-file.")
    var token: String?

    @Option(name: .long, help: "A file with the bearer token; read again when it changes.")
    var tokenFile: String?

    @Option(name: [.customLong("ca"), .customLong("certificate-authority")], help: "The certificates (PEM) to trust.")
    var authorities: String?

    @Flag(name: .long, help: "Trust any certificate. Whoever is in between can read and change everything.")
    var insecureSkipTlsVerify = false

    @Option(name: .long, help: "The name that the server's certificate must be for. (default: the host of the URL)")
    var tlsServerName: String?

    @Option(name: .long, help: "The client's certificate (PEM).")
    var clientCertificate: String?

    @Option(name: .long, help: "The client's key (PEM).")
    var clientKey: String?

    /// - Throws: `ExitCode`, after saying what is wrong.
    func remoteServer() throws -> RemoteServer {
        do throws(RemoteServer.Refusal) {
            let environment = ProcessInfo.processInfo.environment
            if let server = try RemoteServer.find(flags, environment: environment) { return server }
            return try FoundServer(nil, environment: [:], data: nil).server
        } catch {
            throw failure(error.description)
        }
    }

    private var flags: RemoteFlags {
        var flags = RemoteFlags()
        flags.server = server
        flags.kubeconfig = kubeconfig
        flags.context = context
        flags.token = token
        flags.tokenFile = tokenFile
        flags.authorities = authorities
        flags.skipsVerification = insecureSkipTlsVerify
        flags.tlsServerName = tlsServerName
        flags.clientCertificate = clientCertificate
        flags.clientKey = clientKey
        return flags
    }
}
