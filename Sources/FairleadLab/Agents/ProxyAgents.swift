import FairleadModel
import Logging

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// `fairlead proxy`, once in each node's namespace: started, and started again if it ends, after a pause that doubles
/// from half a second to half a minute. A new set of arguments replaces the process.
actor ProxyAgents {
    private struct Agent {
        var arguments: [String]
        var process: pid_t?
        var startedAt: Duration = .zero
        var restarts = 0
        var pause: Duration = ProxyAgents.shortestPause
        /// When it may be started again.
        var due: Duration = .zero
    }

    private static let shortestPause = Duration.milliseconds(500)
    private static let longestPause = Duration.seconds(30)
    /// Whoever has run for so long is well: the next pause is short again.
    private static let healthyAfter = Duration.seconds(60)
    private static let largestLog = 8 << 20

    private let folder: LabFolder
    private let program: String
    private let thread: NamespaceThread
    private let clock: SuspendingClock
    private let began: SuspendingClock.Instant
    private let logger: Logger
    private var agents: [String: Agent] = [:]

    init(folder: LabFolder, program: String, thread: NamespaceThread, logger: Logger) {
        self.folder = folder
        self.program = program
        self.thread = thread
        self.logger = logger
        clock = SuspendingClock()
        began = clock.now
    }

    private var now: Duration { began.duration(to: clock.now) }

    /// The process and the number of restarts of a node's agent.
    func state(of node: String) -> (process: Int?, restarts: Int) {
        let agent = agents[node]
        return (agent?.process.map { Int($0) }, agent?.restarts ?? 0)
    }

    /// Ends the agents of nodes that are not wanted any more. Before their namespaces are removed.
    func stop(allBut nodes: Set<String>) async {
        let unwanted = agents.filter { !nodes.contains($0.key) }
        for node in unwanted.keys { agents[node] = nil }
        await end(unwanted.values.compactMap(\.process))
    }

    /// - Parameter wanted: the arguments of each node's agent. The namespaces must exist.
    func run(_ wanted: [String: [String]]) async {
        let changed = wanted.filter { node, arguments in
            agents[node].map { $0.arguments != arguments } ?? false
        }
        await end(changed.keys.compactMap { agents[$0]?.process })
        for (node, arguments) in wanted {
            if agents[node] == nil { agents[node] = Agent(arguments: arguments) }
            if changed[node] != nil {
                agents[node]?.arguments = arguments
                agents[node]?.process = nil
            }
        }
        await look()
    }

    /// Starts what is due, and notices what has ended. To be called now and then.
    func look() async {
        for (node, agent) in agents.sorted(by: { $0.key < $1.key }) {
            guard let process = agent.process else {
                if agent.due <= now { await start(node, agent) }
                continue
            }
            guard let status = Programs.exitStatusIfEnded(process) else { continue }
            var next = agent
            next.process = nil
            next.restarts = next.restarts +| 1
            let pause = now - agent.startedAt >= Self.healthyAfter ? Self.shortestPause : agent.pause
            next.due = now + pause
            next.pause = min(pause * 2, Self.longestPause)
            agents[node] = next
            logger.error(
                "the proxy of a node has ended and is started again",
                metadata: [
                    "node": .string(node), "status": .stringConvertible(status),
                    "log": .string(folder.log(ofNode: node)),
                    "after": .string("\(pause)"),
                ])
        }
    }

    private func start(_ node: String, _ agent: Agent) async {
        let (folder, program) = (folder, program)
        do {
            let process = try await thread.run { () throws -> pid_t in
                let log = open(folder.log(ofNode: node), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
                guard log >= 0 else { throw SystemFailure("opening \(folder.log(ofNode: node))", code: errno) }
                defer { close(log) }
                // What an agent says that ends and ends again shall not fill the disk.
                if lseek(log, 0, SEEK_END) > Self.largestLog { ftruncate(log, 0) }
                let nothing = open("/dev/null", O_RDONLY | O_CLOEXEC)
                guard nothing >= 0 else { throw SystemFailure("opening /dev/null", code: errno) }
                defer { close(nothing) }
                return try Namespaces.inside(folder.namespace(folder.names.node(node))) {
                    try Programs.start(program, agent.arguments, input: nothing, output: log, leadsSession: false)
                }
            }
            agents[node]?.process = process
            agents[node]?.startedAt = now
        } catch {
            logger.error(
                "the proxy of a node cannot be started",
                metadata: ["node": .string(node), "error": .string("\(error)")])
            agents[node]?.due = now + Self.longestPause
        }
    }

    func stopAll() async { await stop(allBut: []) }

    /// Tells processes to end; three seconds later makes them.
    private func end(_ processes: [pid_t]) async {
        if processes.isEmpty { return }
        do {
            try await thread.run {
                var rest = processes
                for process in rest { kill(process, SIGTERM) }
                for attempt in 0..<80 {
                    rest.removeAll { Programs.exitStatusIfEnded($0) != nil }
                    if rest.isEmpty { return }
                    if attempt == 60 { for process in rest { kill(process, SIGKILL) } }
                    usleep(50_000)
                }
            }
        } catch {
            logger.error("proxies cannot be ended", metadata: ["error": .string("\(error)")])
        }
    }
}
