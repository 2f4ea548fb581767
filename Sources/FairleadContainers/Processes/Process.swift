package import FairleadModel

/// How a process has ended: its exit code, 128 and the signal's number after a signal.
package struct ExitStatus: Hashable, Sendable {
    package var code: Int32
    /// What the runtime reports as the reason; nil for `Completed` or `Error`, as the code says.
    package var reason: String?

    package static let success = ExitStatus(0)
    package static let failure = ExitStatus(1)
    package static let killed = ExitStatus(137)

    package init(_ code: Int32, reason: String? = nil) {
        self.code = code
        self.reason = reason
    }
}

/// The size of a terminal; changes arrive through `Terminal.sizes`.
package struct TerminalSize: Hashable, Sendable {
    package var columns: UInt16
    package var rows: UInt16

    package init(columns: UInt16, rows: UInt16) {
        self.columns = columns
        self.rows = rows
    }
}

/// What every process of a container shares.
package struct ContainerWorld: Sendable {
    package var namespace: String
    package var pod: String
    package var podUID: String
    package var node: String
    package var container: String
    package var image: String
    package var hostname: String
    package var files: ContainerFiles
    package var network: any NetworkStack
    package var clock: any DelayClock
    package var now: @Sendable () -> Timestamp
    /// The programs that can be started, by the names in the file tree.
    package var commands: any CommandTable
    /// Connection tasks and background jobs of the container; stopped with it.
    package var tasks: TaskKeeper
    /// The processes that run now.
    package var processes: ProcessTable
    /// Whether the container may do what only an administrator of the node may.
    package var isPrivileged = false

    package init(
        namespace: String, pod: String, podUID: String, node: String, container: String, image: String,
        hostname: String, files: ContainerFiles, network: any NetworkStack, clock: any DelayClock,
        now: @escaping @Sendable () -> Timestamp, commands: any CommandTable, tasks: TaskKeeper,
        processes: ProcessTable = ProcessTable()
    ) {
        self.namespace = namespace
        self.pod = pod
        self.podUID = podUID
        self.node = node
        self.container = container
        self.image = image
        self.hostname = hostname
        self.files = files
        self.network = network
        self.clock = clock
        self.now = now
        self.commands = commands
        self.tasks = tasks
        self.processes = processes
    }
}

/// One process: its arguments, environment, streams and rights, in the world of its container.
package struct Process: Sendable {
    package var world: ContainerWorld
    /// The first one is the name that it was called by.
    package var arguments: [String]
    /// In the order in which `env` prints it; names may be anything that a pod may have.
    package var environment: [(name: String, value: String)]
    package var workingDirectory: String
    package var credentials: Credentials
    package var umask: UInt16
    package var input: any ByteSource
    package var output: any ByteSink
    package var errors: any ByteSink
    package var signals: SignalInbox
    /// Whether input and output are a terminal.
    package var isTerminal: Bool
    /// Its number; 1 for the container's own command, which signals do not end unless it handles them.
    package var id: Int32 = 1
    /// How often one program has taken the place of another in this process: bounded, as each still holds its memory.
    package var replacements = 0

    package init(
        world: ContainerWorld, arguments: [String], environment: [(name: String, value: String)] = [],
        workingDirectory: String = "/", credentials: Credentials = .root, umask: UInt16 = 0o022,
        input: any ByteSource = NullStream(), output: any ByteSink = NullStream(),
        errors: any ByteSink = NullStream(), signals: SignalInbox = SignalInbox(), isTerminal: Bool = false
    ) {
        self.world = world
        self.arguments = arguments
        self.environment = environment
        self.workingDirectory = workingDirectory
        self.credentials = credentials
        self.umask = umask
        self.input = input
        self.output = output
        self.errors = errors
        self.signals = signals
        self.isTerminal = isTerminal
    }

    /// The value of an environment variable.
    package func variable(_ name: String) -> String? { environment.last { $0.name == name }?.value }

    /// A path from the process's point of view, made absolute.
    package func path(_ path: String) -> String {
        path.hasPrefix("/") ? path : workingDirectory == "/" ? "/" + path : "\(workingDirectory)/\(path)"
    }

    package func read(_ path: String) throws(FileError) -> [UInt8] {
        try world.files.read(self.path(path), as: credentials)
    }

    package func write(_ bytes: [UInt8], to path: String, appending: Bool = false) throws(FileError) {
        try world.files.write(
            bytes, to: self.path(path), appending: appending, mode: 0o666 & ~umask, as: credentials)
    }

    /// Waits; false if the task was cancelled meanwhile.
    package func sleep(for delay: Duration) async -> Bool {
        await world.clock.sleep(for: delay)
        return !Task.isCancelled
    }

    /// Writes a line to the standard output. A reader that is gone is noticed by the next `write`.
    package func print(_ line: String) async {
        // As a C program that does not look at the result of its writes.
        try? await output.write(line + "\n")
    }

    /// Writes a line to the standard error.
    package func complain(_ line: String) async {
        // As a C program that does not look at the result of its writes.
        try? await errors.write(line + "\n")
    }
}

/// Something that a simulated container can run.
///
/// KILL, and the end of the container, cancel the task that `run` is called in: everything that waits returns then, and
/// so shall the program. Signals come in through `process.signals`.
package protocol Program: Sendable {
    func run(_ process: Process) async -> ExitStatus
}

/// A program made of a function.
package struct FunctionProgram: Program {
    private let body: @Sendable (Process) async -> ExitStatus

    package init(_ body: @escaping @Sendable (Process) async -> ExitStatus) { self.body = body }

    package func run(_ process: Process) async -> ExitStatus { await body(process) }
}

/// Why a command cannot be started.
package enum LaunchError: Error, Hashable, Sendable {
    /// Neither a path to a file, nor found in `$PATH`.
    case notFound(String)
    /// There, but nobody may execute it, or it is a directory.
    case notExecutable(String)
    /// Executable, but nothing that the simulation knows how to run; the text says what it does understand.
    case notUnderstood(String)
}

/// The programs of an image, by what the command says.
package protocol CommandTable: Sendable {
    /// The program that a command starts: found by its path, or in `$PATH`; scripts are given to their interpreter.
    func program(for process: Process) throws(LaunchError) -> any Program
    /// By the name that a `FileNode.Content.program` has.
    func program(named name: String) -> (any Program)?
}

extension HostResolver {
    /// As the processes of a container resolve names.
    package init(_ world: ContainerWorld) { self.init(files: world.files, network: world.network) }
}
