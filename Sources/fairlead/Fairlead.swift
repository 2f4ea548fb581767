import ArgumentParser
import FairleadServer

/// The command line: `fairlead serve` and the commands that look at a server or its data. Called as `etcd` or
/// `kube-apiserver`, it is what test kits start under these names (`Envtest/`).
///
/// Every command says its `commandName`: to make one from the name of a type takes a good part of a millisecond each, of
/// every start.
@main
struct Fairlead: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fairlead",
        abstract: "The Services control plane of a Kubernetes v1.36 cluster, in one process.",
        version: FairleadVersion.text,
        subcommands: [
            Serve.self, StatusCommand.self, KubeconfigCommand.self, DNSCommand.self, ExplainCommand.self,
            CheckCommand.self, SecretsCommand.self, ProxyCommand.self, LabCommand.self, EnvtestCommand.self,
            ResetCommand.self, MigrateCommand.self, Version.self,
        ],
        defaultSubcommand: Serve.self)

    static func main() async {
        switch CommandLine.arguments[0].split(separator: "/").last {
        case "etcd": return await EtcdProgram.main()
        case "kube-apiserver": return await APIServerProgram.main()
        default: break
        }
        if isToServe { BuiltInTypes.prepare() }
        await main(nil)
    }

    /// A guess before the arguments are parsed, which takes milliseconds itself. A wrong one costs a little work.
    private static var isToServe: Bool {
        let first = CommandLine.arguments.dropFirst().first
        return first == nil || first == "serve"
    }
}

/// Says why a command could not do what was asked; without the usage, as the command line was correct.
///
/// - Returns: the error to throw.
func failure(_ why: String) -> ExitCode {
    StandardStream.error.write("error: \(why)\n")
    return .failure
}
