import FairleadHTTP
import FairleadServer
import Logging

/// What this program is when it is called `etcd`: it keeps nothing itself, but says that it is well, and tells the
/// `kube-apiserver` beside it, which is this program too, in which folder to keep its data.
enum EtcdProgram {
    static func main() async {
        let arguments = ComponentArguments(CommandLine.arguments.dropFirst(), switches: switches)
        if arguments.values["help"] != nil || arguments.values["h"] != nil { return StandardStream.output.write(help) }
        if arguments.values["version"] != nil {
            return StandardStream.output.write("etcd Version: 3.6.6\n(\(FairleadVersion.text))\n")
        }
        do {
            try await run(arguments)
        } catch {
            StandardStream.error.write("error: \(error)\n")
            ProgramEnd.now(status: 1)
        }
    }

    private static func run(_ arguments: ComponentArguments) async throws {
        let folder = arguments["data-dir"] ?? "default.etcd"
        let signals = EndSignals()
        let stand = EtcdStandIn(folder: folder, logger: Logger(label: "etcd"))
        try await stand.start(on: try addresses(arguments["listen-client-urls"] ?? "http://localhost:2379"))
        let parent = ParentWatch()
        for await _ in signals.stream { break }
        withExtendedLifetime(parent) {}
        await stand.shutdown()
    }

    private static func addresses(_ urls: String) throws -> [HTTPAddress] {
        try urls.split(separator: ",").map { url in
            guard let address = ComponentURL.address(String(url)) else {
                throw ComponentProblem("--listen-client-urls \(url): http://HOST:PORT is wanted")
            }
            return address
        }
    }

    private static let switches: Set<String> = [
        "help", "h", "version", "unsafe-no-fsync", "force-new-cluster", "pre-vote", "enable-pprof",
    ]

    private static let help = """
        Usage: etcd [flags]

        This is fairlead, which test kits start under this name; it stands in for etcd beside a kube-apiserver that is
        fairlead as well. Other flags of etcd are accepted and have no effect.

          --data-dir DIRECTORY             where the kube-apiserver keeps its data
          --listen-client-urls URL[,URL]   where GET /health is answered, on this machine only

        """
}

/// Why a component did not start, in words.
struct ComponentProblem: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

/// URLs of the etcd in the flags of both components.
enum ComponentURL {
    /// Its port, on a loopback address: what it says is only for the kube-apiserver beside it.
    ///
    /// - Returns: nil for what is not `http://HOST:PORT`.
    static func address(_ url: String) -> HTTPAddress? {
        let scheme = "http://"
        guard url.hasPrefix(scheme),
            var address = HTTPAddress(String(url.dropFirst(scheme.count).prefix { $0 != "/" }))
        else { return nil }
        if address.host == "::" { address.host = "::1" }
        if address.host != "::1" { address.host = "127.0.0.1" }
        return address
    }
}
