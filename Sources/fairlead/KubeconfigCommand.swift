import ArgumentParser
import FairleadModel
import FairleadServer

/// `fairlead kubeconfig`: how kubectl finds a server.
struct KubeconfigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kubeconfig", abstract: "Print a kubeconfig that leads kubectl to a server.",
        discussion: """
            As in: eval "$(fairlead kubeconfig --env)"
            or:    fairlead kubeconfig --server http://127.0.0.1:8080 > FILE
            or:    fairlead kubeconfig --user alice --group devs > FILE, with a new certificate for that user
            """)

    @OptionGroup var options: ServerOptions

    @Flag(name: .long, help: "Print where the file is that the server has written, instead of what is in it.")
    var path = false

    @Flag(name: .long, help: "Print the command by which a shell uses that file.")
    var env = false

    @Option(
        name: .long,
        help: ArgumentHelp("Print one for this user, with a client certificate issued now.", valueName: "name"))
    var user: String?

    @Option(
        name: .long, parsing: .singleValue,
        help: ArgumentHelp("A group that the user is in; may be repeated.", valueName: "name"))
    var group: [String] = []

    @Option(name: .long, help: ArgumentHelp("How long that certificate is valid.", valueName: "days"))
    var days = 365

    func validate() throws {
        if user == nil, !group.isEmpty { throw ValidationError("--group is about a --user") }
        if user?.isEmpty == true { throw ValidationError("--user: a name is wanted") }
        guard (1...3650).contains(days) else { throw ValidationError("--days \(days): 1 to 3650 is wanted") }
        if path || env, options.server != nil || user != nil || path == env {
            throw ValidationError(
                "--path and --env are about the file beside the data, --server and --user about none: leave out one of "
                    + "them")
        }
    }

    func run() throws {
        if let user { return try printClient(user) }
        if let server = options.server {
            if ServerOptions.isSecure(server) {
                throw failure(
                    "\(server) speaks TLS: say who asks with --user NAME, or leave --server out for the administrator's"
                )
            }
            return StandardStream.output.write(Kubeconfig.text(Kubeconfig.Access(server: server)))
        }
        let data = DataFile.path(options.data)
        let file = Kubeconfig(besides: data)
        guard file.server != nil, let text = file.text else {
            throw failure(
                "there is no kubeconfig beside \(data): `fairlead serve` writes it at its start; or say where the "
                    + "server is with --server URL")
        }
        if env { return StandardStream.output.write("export KUBECONFIG=\(Welcome.shellWord(file.path))\n") }
        StandardStream.output.write(path ? file.path + "\n" : text)
    }

    private func printClient(_ user: String) throws {
        let data = DataFile.path(options.data)
        guard let server = options.server ?? Kubeconfig(besides: data).server else {
            throw failure("say where the server is with --server https://HOST:PORT")
        }
        do throws(StartupError) {
            StandardStream.output.write(
                try ClientKubeconfig.text(
                    data: data, server: server, user: user, groups: group, days: days, now: Environment.live.now()))
        } catch {
            throw failure(error.description)
        }
    }
}
