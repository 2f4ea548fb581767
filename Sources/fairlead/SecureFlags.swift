import ArgumentParser
import FairleadHTTP
import FairleadServer

/// Flags about the door with TLS; those about files are named as kube-apiserver's.
struct SecureFlags: ParsableArguments {
    private static let usual = "127.0.0.1:6443"

    @Option(
        name: .long, parsing: .singleValue,
        help: ArgumentHelp(
            "Address and port to listen on with TLS; port 0 takes a free port, none turns it off; may be repeated. "
                + "Without the flag \(usual), or a free port if that is taken.", valueName: "address"))
    var tlsListen: [String] = []

    @Option(
        name: [.customLong("tls-cert-file"), .customLong("tls-cert")],
        help: ArgumentHelp(
            "The server's certificate with its chain (PEM). (default: one of the cluster's own authority)",
            valueName: "file"))
    var tlsCertFile: String?

    @Option(
        name: [.customLong("tls-private-key-file"), .customLong("tls-key")],
        help: ArgumentHelp("The key of --tls-cert-file (PEM).", valueName: "file"))
    var tlsPrivateKeyFile: String?

    @Option(
        name: [.customLong("client-ca-file"), .customLong("client-ca")],
        help: ArgumentHelp(
            "Authorities (PEM) whose certificates identify clients, besides the cluster's own.", valueName: "file"))
    var clientCaFile: String?

    @Option(
        name: [.customLong("requestheader-client-ca-file"), .customLong("requestheader-client-ca")],
        help: ArgumentHelp(
            "Authorities (PEM) whose certificates identify proxies that say in X-Remote-User, X-Remote-Group and "
                + "X-Remote-Extra-… whom they speak for.", valueName: "file"))
    var requestheaderClientCaFile: String?

    @Option(
        name: .customLong("requestheader-allowed-names"),
        help: ArgumentHelp(
            "The common names of such proxies, separated by commas. (default: all that the authorities have signed)",
            valueName: "list"))
    var requestheaderAllowedNames: String?

    /// nil for no such door.
    /// - Throws: `ValidationError` that names the flag and the values it accepts.
    func options() throws -> SecureOptions? {
        guard (tlsCertFile == nil) == (tlsPrivateKeyFile == nil) else {
            throw ValidationError("--tls-cert-file and --tls-private-key-file belong together")
        }
        if tlsListen == ["none"] { return nil }
        var options = SecureOptions(
            listen: try (tlsListen.isEmpty ? [Self.usual] : tlsListen).map { text in
                guard let address = HTTPAddress(text) else {
                    throw ValidationError(
                        "--tls-listen \(text): an address and a port are wanted, as in \(Self.usual), or none")
                }
                return address
            })
        options.isRequired = !tlsListen.isEmpty
        options.certificateFile = tlsCertFile
        options.keyFile = tlsPrivateKeyFile
        options.clientAuthorityFile = clientCaFile
        options.proxyAuthorityFile = requestheaderClientCaFile
        options.proxyNames = requestheaderAllowedNames?.split(separator: ",").map(String.init) ?? []
        return options
    }
}
