import ArgumentParser
import FairleadServer

/// `fairlead kubeconfig`: how kubectl finds a server.
struct KubeconfigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kubeconfig", abstract: "Print a kubeconfig that leads kubectl to a server.",
        discussion: """
            As in: export KUBECONFIG=$(fairlead kubeconfig --path)
            or:    fairlead kubeconfig --server http://127.0.0.1:8080 > FILE
            """)

    @OptionGroup var options: ServerOptions

    @Flag(name: .long, help: "Print where the file is that the server has written, instead of what is in it.")
    var path = false

    func validate() throws {
        if path, options.server != nil {
            throw ValidationError(
                "--path is about the file beside the data, --server about none: leave out one of them")
        }
    }

    func run() throws {
        if options.server != nil {
            return StandardStream.output.write(Kubeconfig.text(server: try options.address()))
        }
        let data = DataFile.path(options.data)
        let file = Kubeconfig(besides: data)
        guard file.server != nil, let text = file.text else {
            throw failure(
                "there is no kubeconfig beside \(data): `fairlead serve` writes it at its start; or say where the "
                    + "server is with --server URL")
        }
        StandardStream.output.write(path ? file.path + "\n" : text)
    }
}
