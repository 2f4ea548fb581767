import ArgumentParser

/// The command line: `fairlead serve`, `fairlead check`, `fairlead version`.
@main
struct Fairlead: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fairlead",
        abstract: "The Services control plane of a Kubernetes v1.36 cluster, in one process.",
        subcommands: [Serve.self, CheckCommand.self, DNSCommand.self, Version.self],
        defaultSubcommand: Serve.self)
}
