import FairleadContainers
import FairleadModel
import FairleadPrograms

extension ContainerRuntime {
    /// What is started: one run of one container.
    struct Start {
        /// With its addresses in the status.
        var pod: Value
        var spec: Value
        var restart: Int64
        /// Whether its status says already that it runs: it did before this process.
        var isResumed = false

        var container: String { spec.text("name") }
        /// What the network calls this run.
        var user: String { "\(container)/\(restart)" }
    }

    /// Starts a run, unless it has been started; says what has become of it.
    ///
    /// Throws why it cannot be started now; what it needs may come later.
    func start(_ start: Start) throws(ContainerFault) -> RunState {
        if isStopped { return .running }
        let sandbox = sandbox(of: start.pod)
        if let present = state(of: start, sandbox) { return present }
        let image = images.image(start.spec.text("image"))
        if let fault = ContainerIdentity.refusal(pod: start.pod, container: start.spec, imageUser: image.user) {
            throw fault
        }
        if case .idle(let idle) = plan(start, start.spec.texts("command"), start.spec.texts("args")) {
            try resolver(for: start, sandbox)?.check(start.spec)
            if sandbox.volumes == nil { try checkVolumes(of: start.pod) }
            startIdle(start, idle, isKnown: image.user != nil, sandbox)
        } else {
            let environment = try environment(of: start, image, sandbox)
            let (command, arguments) = commandLine(of: start.spec, environment)
            let run = try makeRun(start, image, environment, sandbox)
            sandbox.put(
                PodSandbox.Entry(restart: start.restart, isResumed: start.isResumed, run: run), start.container)
            launch(run, plan(start, command, arguments), start, sandbox)
        }
        return state(of: start, sandbox) ?? .running
    }

    private func plan(_ start: Start, _ command: [String], _ arguments: [String]) -> ContainerPlan {
        let image = start.spec.text("image")
        // What the cluster's DNS answers comes from elsewhere.
        if KubeDNS.isPod(start.pod) { return .idle(IdleContainer(image: image, ports: [], logs: false)) }
        return images.plan(
            image: image, container: start.container, command: command, arguments: arguments,
            ports: Self.ports(of: start.spec))
    }

    /// What has become of a run; nil if it has not been started.
    func state(of start: Start, _ sandbox: PodSandbox) -> RunState? {
        guard let entry = sandbox.entry(start.container), entry.restart == start.restart else { return nil }
        return entry.run?.current ?? .running
    }

    /// The same, without knowing the sandbox.
    func state(of start: Start) -> RunState? { sandbox(start.pod.uid).flatMap { state(of: start, $0) } }

    /// Whether a container that has been started runs no program.
    func isIdle(_ container: String, of uid: String) -> Bool { sandbox(uid)?.entry(container)?.idle != nil }

    /// Whether the image of an idle container is one that the simulation knows.
    func isKnown(_ container: String, of uid: String) -> Bool { sandbox(uid)?.entry(container)?.isKnown == true }

    static func ports(of spec: Value) -> [IdleContainer.Port] {
        spec.items("ports").compactMap { port in
            guard let number = port["containerPort"]?.int.flatMap({ UInt16(exactly: $0) }), number > 0 else {
                return nil
            }
            switch port["protocol"]?.string ?? "TCP" {
            case "TCP": return IdleContainer.Port(number)
            case "UDP": return IdleContainer.Port(number, isUDP: true)
            default: return nil
            }
        }
    }

    // MARK: - what it needs

    /// The variables that the spec makes, and those of the image.
    private func environment(
        of start: Start, _ image: ContainerImage, _ sandbox: PodSandbox
    ) throws(ContainerFault) -> EnvironmentResolver.Variables {
        guard let resolver = resolver(for: start, sandbox) else { return image.environment }
        let hosts = HostFiles(pod: start.pod, addresses: [], clusterDomain: settings.clusterDomain)
        return try resolver.resolve(start.spec, image: image.environment + [("HOSTNAME", hosts.hostname)])
    }

    /// nil before the kubelet has been made.
    private func resolver(for start: Start, _ sandbox: PodSandbox) -> EnvironmentResolver? {
        guard let objects = cluster?.objects else { return nil }
        var resolver = EnvironmentResolver(
            objects: objects, pod: start.pod, node: objects.node(PodView(start.pod).nodeName))
        resolver.file = { [now] volume, path in
            guard let found = sandbox.volumes?[volume] else { return nil }
            var files = ContainerFiles(root: found.tree, now: now)
            files.add(Mount(path: "/", tree: found.tree, node: found.node))
            // No such file is an answer.
            return try? files.read(ContainerFiles.normal(path), as: .root)
        }
        return resolver
    }

    private func commandLine(
        of spec: Value, _ environment: EnvironmentResolver.Variables
    ) -> (command: [String], arguments: [String]) {
        let command = spec.texts("command")
        let arguments = spec.texts("args")
        guard (command + arguments).contains(where: { $0.utf8.contains(UInt8(ascii: "$")) }) else {
            return (command, arguments)
        }
        let values = Dictionary(environment.map { ($0.name, $0.value) }) { $1 }
        return (
            command.map { VariableExpansion.expand($0) { values[$0] } },
            arguments.map { VariableExpansion.expand($0) { values[$0] } }
        )
    }

    /// Why the volumes of a pod could not be mounted, as far as that can be said without mounting them.
    func mountFault(of pod: Value) -> ContainerFault? {
        if isStopped || sandbox(pod.uid)?.volumes != nil { return nil }
        do throws(ContainerFault) {
            try checkVolumes(of: pod)
            return nil
        } catch {
            return error
        }
    }

    /// Whether the volumes could be made, for a container that does not look into them.
    private func checkVolumes(of pod: Value) throws(ContainerFault) {
        guard let projection = projection(of: pod, withTokens: false) else { return }
        for volume in pod.items("spec", "volumes") {
            let name = volume.text("name")
            if VolumeProjection.isProjection(volume) {
                _ = try projection.files(of: volume)
            } else if let claim = volume.at("persistentVolumeClaim", "claimName")?.string {
                guard projection.objects.claim(namespace: pod.namespace, name: claim) == nil else { continue }
                throw .mount(name, "persistentvolumeclaim \(claim.goQuoted) not found")
            } else if let reference = volume.at("image", "reference")?.string,
                let failure = images.pullFailure(of: reference, hasCredentials: false)
            {
                throw .mount(name, failure.message)
            } else if volume["hostPath"] != nil {
                let tree = machines.tree(ofNode: PodView(pod).nodeName)
                if let fault = HostPathCheck.fault(volume, ContainerFiles(root: tree, now: now)) { throw fault }
            }
        }
    }

    // MARK: - idle containers

    private func startIdle(_ start: Start, _ idle: IdleContainer, isKnown: Bool, _ sandbox: PodSandbox) {
        var entry = PodSandbox.Entry(
            restart: start.restart, isResumed: start.isResumed, idle: idle, isKnown: isKnown)
        // What the run before had open is closed first.
        sandbox.put(entry, start.container)
        if !idle.ports.isEmpty {
            entry.listeners = idle.open(in: lightWorld(of: start, sandbox))
            sandbox.put(entry, start.container)
        }
        guard start.spec.at("lifecycle", "postStart") != nil, let run = materialize(start, sandbox, isStarting: true)
        else { return }
        runPostStart(run, start, sandbox)
    }

    /// The files of an idle container; nil if they cannot be made.
    func materialize(_ start: Start, _ sandbox: PodSandbox, isStarting: Bool = false) -> ContainerRun? {
        if let present = sandbox.entry(start.container)?.run { return present }
        let image = images.image(start.spec.text("image"))
        do throws(ContainerFault) {
            let environment = try environment(of: start, image, sandbox)
            let run = try makeRun(start, image, environment, sandbox, isStarting: isStarting)
            return sandbox.materialize(start.container, restart: start.restart, run)
        } catch {
            return nil
        }
    }

    /// Enough of a world for open ports: without files.
    private func lightWorld(of start: Start, _ sandbox: PodSandbox) -> ContainerWorld {
        ContainerWorld(
            namespace: start.pod.namespace, pod: start.pod.name, podUID: start.pod.uid, node: sandbox.identity.node,
            container: start.container, image: start.spec.text("image"), hostname: start.pod.name,
            files: ContainerFiles(root: noFiles, now: now),
            network: networks.stack(of: sandbox.identity, user: start.user), clock: clock, now: now,
            commands: NoCommands(), tasks: noTasks)
    }

    func containerName(_ container: String, _ sandbox: PodSandbox) -> ContainerName {
        ContainerName(
            namespace: sandbox.identity.namespace, pod: sandbox.identity.name, podUID: sandbox.identity.uid,
            container: container)
    }
}

/// Nothing can be run.
private struct NoCommands: CommandTable {
    func program(for process: Process) throws(LaunchError) -> any Program {
        throw .notFound(process.arguments.first ?? "")
    }

    func program(named name: String) -> (any Program)? { nil }
}
