import FairleadContainers
import FairleadModel

/// One of the subcommands of agnhost.
protocol AgnhostCommand: Sendable {
    static var name: String { get }
    static var options: CommandFlags.Known { get }
    func run(_ process: Process, _ flags: CommandFlags) async -> ExitStatus
}

extension AgnhostCommand {
    static var options: CommandFlags.Known { CommandFlags.Known() }
}

/// The program that the conformance tests of Kubernetes use for nearly everything.
struct Agnhost: Program {
    private static let commands: [any AgnhostCommand] = [
        ConnectCommand(), ConversionWebhookCommand(), DNSServerListCommand(), DNSSuffixCommand(),
        EntrypointTesterCommand(), EtcHostsCommand(), FakeGitServerCommand(), GuestbookCommand(),
        HealthCheckingCommand(), InClusterClientCommand(), LivenessCommand(), LogsGeneratorCommand(),
        MountTestCommand(), NetexecCommand(), NettestCommand(), NoNewPrivilegesCommand(), PauseCommand(),
        PorterCommand(), PortForwardTesterCommand(), ResetCommand(), ServeHostnameCommand(), TestWebServerCommand(),
        WebhookCommand(),
    ]

    private let commands: [String: any AgnhostCommand]

    /// - Parameter tokens: who checks tokens for `test-service-account-issuer-discovery`; without, it fails.
    init(tokens: (any TokenVerifying)? = nil) {
        let all = Self.commands + [IssuerDiscoveryCommand(tokens: tokens)]
        commands = Dictionary(uniqueKeysWithValues: all.map { (type(of: $0).name, $0) })
    }

    /// The names of the subcommands, sorted.
    var subcommands: [String] { commands.keys.sorted() }

    func run(_ process: Process) async -> ExitStatus {
        guard process.arguments.count > 1 else { return .success }
        let name = process.arguments[1]
        if ["help", "--help", "-h"].contains(name) {
            await process.print(usage)
            return .success
        }
        guard let command = commands[name] else {
            let what = name.hasPrefix("-") ? "unknown flag: \(name)" : "unknown command \(name.goQuoted) for \"app\""
            await process.complain("Error: \(what)\n\(usage)")
            return .failure
        }
        let flags: CommandFlags
        do throws(CommandFlags.UsageError) {
            flags = try CommandFlags(process.arguments.dropFirst(2), Self.logging(type(of: command).options))
        } catch {
            await process.complain("Error: \(error.message)\nUsage:\n  app \(name) [flags]")
            return .failure
        }
        return await command.run(process, flags)
    }

    /// The options of klog, which every subcommand has.
    private static func logging(_ options: CommandFlags.Known) -> CommandFlags.Known {
        var options = options
        options.values["v"] = options.values["v"] ?? "0"
        options.shorthands["v"] = "v"
        options.booleans["logtostderr"] = true
        options.booleans["alsologtostderr"] = false
        return options
    }

    private var usage: String {
        "Usage:\n  app [command]\n\nAvailable Commands:\n" + subcommands.map { "  \($0)" }.joined(separator: "\n")
    }
}
