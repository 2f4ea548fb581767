package import FairleadContainers
import FairleadModel
import FairleadShell

/// What a container does, decided from its image, command, args and ports.
package enum ContainerPlan: Sendable {
    /// Nothing has to run for it.
    case idle(IdleContainer)
    /// A program that is known already: a user's.
    case program(any Program, arguments: [String])
    /// A command, to be looked up in the files of the container: `program(for:)`.
    case command([String])

    /// - Parameters:
    ///   - command: replaces the image's entry point, and drops its command.
    ///   - args: replace the image's command. Both after `$(VAR)` has been expanded.
    ///   - ports: that the container declares.
    package static func plan(
        image: String, container: String, command: [String], args: [String], ports: [IdleContainer.Port],
        description: ImageDescription, user: UserPrograms? = nil
    ) -> ContainerPlan {
        let arguments = arguments(command: command, args: args, description)
        if let program = user?.program(image: image, container: container) {
            return .program(program, arguments: arguments.isEmpty ? [image] : arguments)
        }
        if description.isKnown {
            if let end = description.idleEnd, arguments == description.entrypoint + description.command {
                return .idle(IdleContainer(image: image, ports: ports, terminated: end, logs: false))
            }
            return .command(arguments)
        }
        if let first = arguments.first, isApplet(first) { return .command(arguments) }
        return .idle(IdleContainer(image: image, ports: ports))
    }

    /// The rule of containers: `command` replaces the entry point and drops the image's command; `args` replace that.
    package static func arguments(command: [String], args: [String], _ description: ImageDescription) -> [String] {
        if !command.isEmpty { return command + args }
        return description.entrypoint + (args.isEmpty ? description.command : args)
    }

    /// Whether an unknown image may be taken to have it.
    private static func isApplet(_ word: String) -> Bool {
        let folders = ["", "/bin/", "/usr/bin/", "/sbin/", "/usr/sbin/", "/usr/local/bin/"]
        let name = word.split(separator: "/").last.map(String.init) ?? word
        return folders.contains { $0 + name == word } && ShellPrograms.all[name] != nil
    }

    /// The program to run in a process that has the arguments of the plan.
    package func program(for process: Process) throws(LaunchError) -> any Program {
        switch self {
        case .idle(let container): return IdleProgram(container)
        case .program(let program, _): return program
        case .command: return try process.world.commands.program(for: process)
        }
    }

    /// What the process is started with; an idle container has no process.
    package var arguments: [String] {
        switch self {
        case .idle: []
        case .program(_, let arguments), .command(let arguments): arguments
        }
    }
}

extension LaunchError {
    /// What the runtime says when a container's own command cannot be started.
    package var runtimeMessage: String {
        let task =
            "failed to create containerd task: failed to create shim task: OCI runtime create failed: runc "
            + "create failed: "
            + "unable to start container process: error during container init: exec: "
        switch self {
        case .notFound(let name):
            return name.contains("/")
                ? "\(task)\(name.goQuoted): stat \(name): no such file or directory"
                : "\(task)\(name.goQuoted): executable file not found in $PATH"
        case .notExecutable(let name): return "\(task)\(name.goQuoted): permission denied"
        case .notUnderstood(let text): return text
        }
    }
}
