import FairleadContainers

/// nnp of the image nonewprivs: set-uid root, unless the container may not gain rights.
///
/// The kubelet tells by /proc/self/status, with `NoNewPrivs: 1` when `allowPrivilegeEscalation` is false; or by taking
/// the set-uid bit of the file away.
struct NoNewPrivileges: Program {
    func run(_ process: Process) async -> ExitStatus {
        let mode: UInt16
        do throws(FileError) {
            mode = try process.world.files.status("/nnp", as: .root).mode
        } catch {
            mode = 0
        }
        // Without the file, nothing is forbidden.
        let text = (try? process.world.files.text("/proc/self/status")) ?? ""
        let isForbidden = text.split(separator: "\n").contains { line in
            line.hasPrefix("NoNewPrivs:") && line.drop { !$0.isNumber }.first == "1"
        }
        await process.print("Effective uid: \(mode & 0o4000 != 0 && !isForbidden ? 0 : process.credentials.user)")
        return .success
    }
}

/// pause: sleeps until a signal ends it.
struct PauseProgram: Program {
    func run(_ process: Process) async -> ExitStatus {
        if process.arguments.contains("-v") {
            await process.print("pause.c 3.10.2")
            return .success
        }
        while let signal = await process.signals.next() {
            if signal == .terminate || signal == .interrupt { return .success }
        }
        return .killed
    }
}

/// The greeting of the image hello-world.
struct HelloWorld: Program {
    func run(_ process: Process) async -> ExitStatus {
        let text = """

            Hello from Docker!
            This container is simulated, and it has been started as a real one would be: the image
            was asked for, a container was made of it, and its only program has written this text.

            What a container does here is decided by the name of its image and by its command.

            """
        await process.print(text)
        return .success
    }
}

/// What scripts of languages that are not simulated come to: a note in the log, and success.
struct UnreadScript: Program {
    let language: String

    func run(_ process: Process) async -> ExitStatus {
        let options = process.arguments1
        if options.isEmpty {
            // A prompt, which ends with its input.
            while await process.input.read(upTo: 4096) != nil {}
            return .success
        }
        if options.first == "--version" || options.first == "-V" {
            await process.print(language)
            return .success
        }
        await process.complain("\(language): this container is simulated and does not run scripts of this language")
        return .success
    }
}

/// kubectl without a cluster of its own: its version, and help.
struct KubectlTool: Program {
    func run(_ process: Process) async -> ExitStatus {
        switch process.arguments1.first {
        case nil, "help", "--help", "-h":
            await process.print(
                "kubectl controls the Kubernetes cluster manager.\n\n"
                    + " Find more information at: https://kubernetes.io/docs/reference/kubectl/\n\n"
                    + "Usage:\n  kubectl [flags] [options]\n\n"
                    + "Use \"kubectl <command> --help\" for more information about a given command.")
            return .success
        case "version":
            await process.print("Client Version: v1.36.0\nKustomize Version: v5.7.1")
            return .success
        case let command?:
            await process.complain(
                "error: kubectl \(command): this container is simulated; kubectl understands only version and help here"
            )
            return ExitStatus(126)
        }
    }
}
