import FairleadContainers
import FairleadModel
import FairleadPrograms

extension ContainerRuntime {
    /// Makes the world of a container, in which nothing runs yet.
    func makeRun(
        _ start: Start, _ image: ContainerImage, _ environment: EnvironmentResolver.Variables, _ sandbox: PodSandbox,
        isStarting: Bool? = nil
    ) throws(ContainerFault) -> ContainerRun {
        let pod = start.pod
        let spec = start.spec
        let name = containerName(start.container, sandbox)
        let volumes = try volumes(of: pod, sandbox)
        let tree = image.makeFiles()
        let security = spec["securityContext"]
        let isReadOnly = security?.flag("readOnlyRootFilesystem") == true
        var files = ContainerFiles(root: tree, isReadOnly: isReadOnly, now: now)
        // An image without accounts has none, nor groups.
        let passwd = (try? files.text("/etc/passwd")) ?? ""
        let group = (try? files.text("/etc/group")) ?? ""
        let identity = ContainerIdentity(
            pod: pod, container: spec, imageUser: image.user ?? "", passwd: passwd, group: group)
        let hosts = HostFiles(
            pod: pod, addresses: sandbox.identity.addresses.map(\.description), clusterDomain: settings.clusterDomain)
        let system = SystemFiles(
            pod: pod, container: spec, hosts: hosts,
            resolvConf: settings.resolvConf(pod),
            present: present(start, sandbox), capacity: capacity(of: pod), credentials: identity.credentials, now: now)
        let messages = system.add(to: &files)
        let values = Dictionary(environment.map { ($0.name, $0.value) }) { $1 }
        try VolumeMounts(volumes: volumes, container: spec, now: now).add(to: &files) { values[$0] }
        system.addMountTable(messages, to: &files)
        var world = ContainerWorld(
            namespace: pod.namespace, pod: pod.name, podUID: pod.uid, node: sandbox.identity.node,
            container: start.container, image: spec.text("image"), hostname: hosts.hostname, files: files,
            network: MeteredStack(
                base: networks.stack(of: sandbox.identity, user: start.user),
                meter: sandbox.meter(of: start.container, clock: clock)),
            clock: clock, now: now,
            commands: image.commands,
            // Programs that never rest must not hold up controllers.
            tasks: TaskKeeper(priority: .utility))
        world.isPrivileged = security?.flag("privileged") == true
        let folder = spec.text("workingDir").isEmpty ? image.workingDirectory : spec.text("workingDir")
        let path = ContainerFiles.normal(folder)
        // As the runtime does; what cannot be made is not there.
        if !files.exists(path) { try? files.makeDirectory(path, makesParents: true, as: .root) }
        let console = Console(log: LogBuffer(), now: now)
        let wantsInput = spec.flag("stdin")
        let input = wantsInput ? Pipe() : nil
        let isTerminal = spec.flag("tty")
        var variables = environment
        if !variables.contains(where: { $0.name == "HOME" }) { variables.append(("HOME", identity.home)) }
        if isTerminal, !variables.contains(where: { $0.name == "TERM" }) { variables.append(("TERM", "xterm")) }
        let template = Process(
            world: world, arguments: [], environment: variables, workingDirectory: path,
            credentials: identity.credentials, isTerminal: false)
        return ContainerRun(
            name: name, restart: start.restart, spec: spec, template: template, console: console, input: input,
            started: now(), messages: messages,
            isStarting: isStarting ?? (spec.at("lifecycle", "postStart") != nil),
            onEnd: { [weak self, identity = sandbox.identity, user = start.user] in
                self?.networks.release(pod: identity.uid, user: user)
                self?.notify(identity)
            })
    }

    private func capacity(of pod: Value) -> Int64 {
        cluster?.objects.node(PodView(pod).nodeName)?.at("status", "capacity", "memory")?.string
            .flatMap { Quantity($0) }?.value ?? 0
    }

    /// The pod and the container as they are at the time of a question.
    private func present(_ start: Start, _ sandbox: PodSandbox) -> @Sendable () -> (pod: Value, container: Value) {
        let identity = sandbox.identity
        let container = start.container
        let spec = start.spec
        let first: Value = [
            "metadata": start.pod["metadata"] ?? .null,
            "status": ["qosClass": .string(start.pod.text("status", "qosClass"))],
        ]
        return { [weak self] in
            guard let pod = self?.cluster?.objects.pod(namespace: identity.namespace, name: identity.name),
                pod.uid == identity.uid
            else { return (first, spec) }
            let all = PodView(pod).containers + PodView(pod).initContainers + pod.items("spec", "ephemeralContainers")
            return (pod, all.first { $0.text("name") == container } ?? spec)
        }
    }

    /// Starts the program of a run, and the hook after its start.
    func launch(_ run: ContainerRun, _ plan: ContainerPlan, _ start: Start, _ sandbox: PodSandbox) {
        var process = run.template
        process.arguments = plan.arguments
        process.input = run.input ?? NullStream()
        process.output = run.console.output
        process.errors = run.console.errors
        process.isTerminal = run.spec.flag("tty")
        if process.isTerminal {
            process.output = TerminalSink(run.console.output)
            process.errors = process.output
        }
        process.signals = run.signals
        let program: any Program
        do throws(LaunchError) {
            program = try plan.program(for: process)
        } catch {
            let message = error.runtimeMessage
            run.failStart(message)
            record(start.pod, start.spec, "Failed", "Error: \(message)", type: "Warning")
            return
        }
        run.launch(program, process)
        if run.current == .starting { runPostStart(run, start, sandbox) }
    }
}
