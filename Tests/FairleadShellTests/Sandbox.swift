import FairleadContainers
import FairleadModel
import FairleadShell
import Synchronization
import Testing

/// A clock whose time passes when somebody sleeps.
final class LeapingClock: DelayClock {
    private let time = Mutex(Duration.zero)

    var now: Duration { time.withLock { $0 } }

    func sleep(until deadline: Duration) async {
        if Task.isCancelled { return }
        await Task.yield()
        time.withLock { $0 = max($0, deadline) }
    }
}

/// What a command has written, and how it has ended.
struct Outcome: Equatable, CustomStringConvertible {
    var output: String
    var errors: String
    var code: Int32

    var description: String { "output \(output.debugDescription), errors \(errors.debugDescription), code \(code)" }
}

/// A container without a cluster around it.
struct Sandbox {
    static let start = Timestamp(seconds: 1_796_000_000)
    private static let image = BaseImage.tree(now: start)

    var world: ContainerWorld
    var credentials = Credentials.root
    var environment: [(name: String, value: String)] = [
        ("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"), ("HOSTNAME", "web-0"),
        ("HOME", "/root"),
    ]
    var input = ""
    var workingDirectory = "/"

    init(
        isReadOnly: Bool = false, network: any NetworkStack = LoopbackNetwork(), clock: any DelayClock = LeapingClock()
    ) {
        let start = Self.start
        let now: @Sendable () -> Timestamp = { start.adding(seconds: clock.now.inSeconds) }
        world = ContainerWorld(
            namespace: "default", pod: "web-0", podUID: "1", node: "node-1", container: "main", image: "busybox",
            hostname: "web-0", files: ContainerFiles(root: Self.image.copy(), isReadOnly: isReadOnly, now: now),
            network: network, clock: clock, now: now, commands: ImageCommands(programs: ShellPrograms.all),
            tasks: TaskKeeper())
    }

    func write(_ text: String, to path: String, mode: UInt16 = 0o644) throws {
        try world.files.write(Array(text.utf8), to: path, mode: mode, as: .root)
        try world.files.set(path, mode: mode, as: .root)
    }

    /// Runs a command as the first process of the container.
    func run(_ command: [String], signals: SignalInbox = SignalInbox(), isFirst: Bool = true) async -> Outcome {
        let (output, errors) = (CollectingSink(), CollectingSink())
        let process = Process(
            world: world, arguments: command, environment: environment, workingDirectory: workingDirectory,
            credentials: credentials, input: BytesSource(Array(input.utf8)), output: output, errors: errors,
            signals: signals)
        let code: Int32
        do {
            code = await process.run(try world.commands.program(for: process), isFirst: isFirst).code
        } catch {
            return Outcome(output: "", errors: "\(error)", code: -1)
        }
        return Outcome(output: output.text, errors: errors.text, code: code)
    }

    func run(_ script: String) async -> Outcome { await run(["sh", "-c", script]) }
}

/// Images for special purposes.
enum BaseImageTree {
    /// With room for 100 kB.
    static func small() -> FileTree { BaseImage.tree(now: Sandbox.start, capacity: 100_000) }
}
