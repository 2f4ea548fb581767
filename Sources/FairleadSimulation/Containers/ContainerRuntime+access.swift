package import FairleadContainers
import FairleadModel
import FairleadPrograms

extension ContainerRuntime {
    /// Only program containers have a task; an idle one gets its files when somebody first asks for them.
    private func run(of name: ContainerName) throws(PodAccessError) -> ContainerRun {
        guard let sandbox = sandbox(name.podUID), let entry = sandbox.entry(name.container),
            sandbox.ending != .stopped
        else { throw .notRunning("container not found (\(name.container.goQuoted))") }
        if let run = entry.run {
            if run.hasEnded { throw .notRunning("container is in CONTAINER_EXITED state") }
            return run
        }
        guard let pod = cluster?.objects.pod(namespace: name.namespace, name: name.pod), pod.uid == name.podUID,
            let spec = Self.spec(of: name.container, in: pod),
            let run = materialize(
                Start(pod: pod, spec: spec, restart: entry.restart), sandbox)
        else { throw .notRunning("container not found (\(name.container.goQuoted))") }
        return run
    }

    static func spec(of container: String, in pod: Value) -> Value? {
        let view = PodView(pod)
        return (view.containers + view.initContainers + pod.items("spec", "ephemeralContainers")).first {
            $0.text("name") == container
        }
    }

    package func exec(
        _ command: [String], in container: ContainerName, streams: ClientStreams
    ) async throws(PodAccessError) -> ExitStatus {
        let run = try run(of: container)
        var process = run.template
        process.arguments = command
        process.signals = SignalInbox()
        process.input = streams.input ?? NullStream()
        process.output = streams.output ?? NullStream()
        process.errors = streams.errors ?? NullStream()
        if streams.isTerminal {
            process.output = TerminalSink(process.output)
            process.errors = process.output
        }
        process.isTerminal = streams.isTerminal
        if streams.isTerminal, process.variable("TERM") == nil { process.environment.append(("TERM", "xterm")) }
        let program: any Program
        do throws(LaunchError) {
            program = try run.world.commands.program(for: process)
        } catch {
            throw .launch(error)
        }
        let ready = process
        // Whatever runs in a container ends with it.
        return await withTaskGroup(of: ExitStatus.self) { group in
            group.addTask { await ready.run(program) }
            group.addTask {
                await run.end.wait()
                return .killed
            }
            let first = await group.next() ?? .killed
            group.cancelAll()
            return first
        }
    }

    package func attach(to container: ContainerName, streams: ClientStreams) async throws(PodAccessError) {
        let run = try run(of: container)
        let (pieces, clock) = (run.console.listen(), clock)
        await withTaskGroup(of: Attached.self) { group in
            if let input = streams.input, let target = run.input {
                let endsOnce = run.spec.flag("stdinOnce")
                group.addTask {
                    while let bytes = await input.read(upTo: 32_768) {
                        // Nobody reads any more: the process has ended.
                        guard (try? await target.write(bytes)) != nil else { return .input }
                    }
                    if endsOnce { target.end() }
                    return .input
                }
            }
            group.addTask {
                for await piece in pieces {
                    let sink = piece.isError ? streams.errors ?? streams.output : streams.output
                    // The client has gone.
                    guard let sink, (try? await sink.write(piece.bytes)) != nil else { return .output }
                }
                return .output
            }
            group.addTask {
                await run.end.wait()
                return .end
            }
            // The input may end long before the container does, and the container before its last words are read.
            while let part = await group.next(), part != .output, part != .patience {
                guard part == .end else { continue }
                group.addTask {
                    await clock.sleep(for: Self.readingTime)
                    return .patience
                }
            }
            group.cancelAll()
        }
    }

    private enum Attached { case input, output, end, patience }

    /// How long somebody who is attached may take to read what a container wrote before it ended.
    private static let readingTime = Duration.seconds(5)

    package func log(of container: ContainerName, previous: Bool) -> LogBuffer? {
        if let entry = sandbox(container.podUID)?.entry(container.container), entry.idle == nil {
            if let log = previous ? entry.previous : entry.run?.console.log { return log }
        }
        guard let pod = cluster?.objects.pod(namespace: container.namespace, name: container.pod),
            pod.uid == container.podUID, !KubeDNS.isPod(pod)
        else { return nil }
        return idleLog(of: container.container, pod, previous: previous)
    }

    /// What an idle container would have written, made when somebody asks. What a program wrote before this server was
    /// started is lost: there is nothing then.
    private func idleLog(of container: String, _ pod: Value, previous: Bool) -> LogBuffer {
        let buffer = LogBuffer()
        let status = ["containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses"].lazy
            .flatMap { pod.items("status", $0) }.first { $0.text("name") == container }
        let state = previous || status?.at("state", "waiting") != nil ? status?["lastState"] : status?["state"]
        let started = state?.at("running", "startedAt") ?? state?.at("terminated", "startedAt")
        if let spec = Self.spec(of: container, in: pod), let idle = images.idle(spec),
            let time = started?.string.flatMap({ Timestamp(rfc3339: $0) })
        {
            for line in idle.log(container: container, at: time) { buffer.append(Array((line + "\n").utf8), at: time) }
        }
        if state?["running"] == nil { buffer.end() }
        return buffer
    }

    package func connect(toPod uid: String, port: UInt16) async throws(NetworkError) -> Connection {
        guard sandbox(uid) != nil else { throw .noRoute }
        return try await networks.connect(insidePod: uid, port: port)
    }

    package func connect(
        fromNode node: String?, to destination: NetworkAddress, within limit: Duration
    ) async throws(NetworkError) -> Connection {
        try await networks.connect(fromNode: node, to: destination, within: limit)
    }
}

extension ContainerImages {
    /// What a container of this spec answers on, if it runs no program.
    fileprivate func idle(_ spec: Value) -> IdleContainer? {
        let plan = plan(
            image: spec.text("image"), container: spec.text("name"), command: spec.texts("command"),
            arguments: spec.texts("args"), ports: ContainerRuntime.ports(of: spec))
        if case .idle(let idle) = plan { return idle }
        return nil
    }
}
