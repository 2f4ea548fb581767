import FairleadContainers
import FairleadModel
import FairleadPrograms

@testable import FairleadSimulation

/// Images of which some run small programs, by their names: `programs`, whose command says what; all others are idle.
struct TestImages: ContainerImages {
    func pullFailure(of reference: String, hasCredentials: Bool) -> PullFailure? {
        ImagePull.failure(of: reference, hasCredentials: hasCredentials)
    }

    func image(_ reference: String) -> ContainerImage {
        let user = reference.hasPrefix("nonroot") ? "1234" : reference.hasPrefix("programs") ? "" : nil
        return ContainerImage(
            user: user, environment: [("PATH", "/bin"), ("FROM_IMAGE", "yes")], commands: TestCommands()
        ) {
            let time = Timestamp(seconds: 1_700_000_000)
            let tree = FileTree(modified: time)
            let files = ContainerFiles(root: tree) { time }
            for folder in ["/bin", "/dev", "/etc", "/proc/1", "/tmp"] {
                try? files.makeDirectory(folder, makesParents: true, as: .root)
            }
            for (path, text) in [
                ("/etc/passwd", "root:x:0:0:root:/root:/bin/sh\nmade:x:1000:1000::/home/made:/bin/sh\n"),
                ("/etc/group", "root:x:0:\nwheel:x:10:root\nextra:x:50000:made\n"),
            ] { try? files.write(Array(text.utf8), to: path, as: .root) }
            return tree
        }
    }

    func plan(
        image reference: String, container: String, command: [String], arguments: [String], ports: [IdleContainer.Port]
    ) -> ContainerPlan {
        if reference.hasPrefix("programs") || reference.hasPrefix("nonroot") { return .command(command + arguments) }
        return .idle(IdleContainer(image: reference, ports: ports))
    }

    func readyAfter(image reference: String, container: String) -> Duration? {
        reference == "slow" ? .seconds(5) : nil
    }
}

/// Programs by their names: each says in one line what it does.
struct TestCommands: CommandTable {
    func program(named name: String) -> (any Program)? { Self.all[name].map { FunctionProgram($0) } }

    func program(for process: Process) throws(LaunchError) -> any Program {
        guard let name = process.arguments.first, let found = program(named: name) else {
            throw .notFound(process.arguments.first ?? "")
        }
        return found
    }

    private static let all: [String: @Sendable (Process) async -> ExitStatus] = [
        // exit CODE
        "exit": { process in ExitStatus(Int32(process.arguments.dropFirst().first ?? "0") ?? 0) },
        // Prints its arguments and ends.
        "echo": { process in
            await process.print(process.arguments.dropFirst().joined(separator: " "))
            return .success
        },
        "env": { process in
            for (name, value) in process.environment { await process.print("\(name)=\(value)") }
            return .success
        },
        "id": { process in
            let user = process.credentials
            await process.print("\(user.user) \(([user.group] + user.groups).map(String.init).joined(separator: ","))")
            return .success
        },
        // cat FILE...
        "cat": { process in
            for path in process.arguments.dropFirst() {
                guard let bytes = try? process.read(path) else {
                    await process.complain("cat: can't open '\(path)': No such file or directory")
                    return .failure
                }
                try? await process.output.write(bytes)
            }
            return .success
        },
        // Echoes its input until that ends.
        "copy": { process in
            while let bytes = await process.input.read(upTo: 1024) { try? await process.output.write(bytes) }
            return .success
        },
        // write FILE TEXT
        "write": { process in
            guard process.arguments.count > 2 else { return .failure }
            let bytes = Array(process.arguments[2].utf8)
            return (try? process.write(bytes, to: process.arguments[1])) == nil ? .failure : .success
        },
        "remove": { process in
            (try? process.world.files.remove(process.path(process.arguments[1]), as: .root)) == nil
                ? .failure : .success
        },
        // Writes a last word and fails.
        "die": { process in
            await process.complain(process.arguments.dropFirst().joined(separator: " "))
            return ExitStatus(3)
        },
        // sleep SECONDS: TERM does nothing to it.
        "sleep": { process in
            guard await process.sleep(for: .seconds(Double(process.arguments.dropFirst().first ?? "0") ?? 0)) else {
                return .killed
            }
            return .success
        },
        // Ends with 143 when it is told to.
        "serve": { process in
            await process.print("started")
            while let signal = await process.signals.next(), signal != .terminate {}
            await process.print("told to end")
            return Task.isCancelled ? .killed : ExitStatus(143)
        },
        // web PORT: answers /status with the number in /tmp/status, or with 200.
        "web": { process in
            guard let port = UInt16(process.arguments.dropFirst().first ?? ""),
                let listening = try? process.world.network.listen(
                    on: port, address: nil,
                    { connection in
                        await WebServer.serve(connection, now: process.world.now) { request in
                            let text = (try? process.read("/tmp/status")).map { String(decoding: $0, as: UTF8.self) }
                            if request.path == "/away" {
                                return WebResponse(
                                    302, headers: [("Location", "http://0.0.0.0/")], body: Array("gone".utf8))
                            }
                            return WebResponse(Int(text ?? "200") ?? 200, text: "\(request.path)\n")
                        }
                    })
            else { return .failure }
            defer { listening.close() }
            while let signal = await process.signals.next(), signal != .terminate {}
            return Task.isCancelled ? .killed : .success
        },
    ]
}
