import FairleadContainers
import FairleadModel
import Synchronization
import Testing

@testable import FairleadPrograms

/// Not the one of tests that end a process.
typealias ExitStatus = FairleadContainers.ExitStatus

/// A clock that stands still until it is moved, or that jumps to whatever is waited for.
final class TestClock: DelayClock {
    private struct State {
        var now = Duration.zero
        var waiting: [Int: (deadline: Duration, continuation: CheckedContinuation<Void, Never>)] = [:]
        var next = 0
    }

    private let jumps: Bool
    private let state = Mutex(State())

    init(jumps: Bool = false) { self.jumps = jumps }

    var now: Duration { state.withLock { $0.now } }

    func sleep(until deadline: Duration) async {
        if jumps {
            state.withLock { $0.now = max($0.now, deadline) }
            await Task.yield()
            return
        }
        let id = state.withLock { state in
            state.next += 1
            return state.next
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let mayGo = state.withLock { state in
                    if Task.isCancelled || state.now >= deadline { return true }
                    state.waiting[id] = (deadline, continuation)
                    return false
                }
                if mayGo { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.waiting.removeValue(forKey: id) }?.continuation.resume()
        }
    }

    func advance(by step: Duration) {
        let due = state.withLock { state in
            state.now += step
            let due = state.waiting.filter { $0.value.deadline <= state.now }
            for id in due.keys { state.waiting[id] = nil }
            return due.values.map(\.continuation)
        }
        for continuation in due { continuation.resume() }
    }
}

/// One container of an image, with a network of its own.
final class TestContainer: Sendable {
    static let start = Timestamp(seconds: 1_796_000_000, nanoseconds: 123_456_789)
    static let address = IPAddress("10.1.2.3")!

    let clock: TestClock
    let network: LoopbackNetwork
    let image: ImageDescription
    let world: ContainerWorld
    let tasks = TaskKeeper()

    init(
        _ image: String, jumps: Bool = false, files: [String: String] = [:], table: ImageTable? = nil,
        hosts: String = "127.0.0.1\tlocalhost\n10.1.2.3\tweb-0\n"
    ) throws {
        let clock = TestClock(jumps: jumps)
        self.clock = clock
        network = LoopbackNetwork(addresses: [Self.address])
        let now: @Sendable () -> Timestamp = { Self.start.adding(seconds: clock.now.inSeconds) }
        let table = table ?? ImageTable(now: { Self.start })
        self.image = table.description(of: image)
        let tree = ContainerFiles(root: self.image.root(), now: now)
        for folder in ["/etc", "/dev"] where !tree.exists(folder) { try tree.makeDirectory(folder, as: .root) }
        try tree.write(Array(hosts.utf8), to: "/etc/hosts", as: .root)
        for (path, text) in files {
            let folder = "/" + path.split(separator: "/").dropLast().joined(separator: "/")
            try tree.makeDirectory(folder, makesParents: true, as: .root)
            try tree.write(Array(text.utf8), to: path, as: .root)
        }
        world = ContainerWorld(
            namespace: "default", pod: "web-0", podUID: "uid-1", node: "node-1", container: "web", image: image,
            hostname: "web-0", files: tree, network: network, clock: clock, now: now, commands: self.image.commands,
            tasks: tasks)
    }

    deinit { tasks.abandon() }

    func process(
        _ arguments: [String], environment: [(name: String, value: String)] = [], credentials: Credentials = .root
    ) -> Process {
        Process(
            world: world, arguments: arguments, environment: image.environment + environment,
            workingDirectory: image.workingDirectory, credentials: credentials)
    }

    /// Starts a command and lets it run.
    func start(
        _ arguments: [String], environment: [(name: String, value: String)] = [], credentials: Credentials = .root,
        program: (any Program)? = nil, isFirst: Bool = false
    ) throws -> RunningCommand {
        var process = process(arguments, environment: environment, credentials: credentials)
        let running = RunningCommand()
        process.output = running.output
        process.errors = running.output
        process.signals = running.signals
        let program = try program ?? image.commands.program(for: process)
        let ready = process
        running.task = tasks.start {
            let status = await ready.run(program, isFirst: isFirst)
            running.end(status)
        }
        running.keeper = tasks
        running.container = self
        return running
    }

    /// Runs a command to its end.
    func run(
        _ arguments: [String], environment: [(name: String, value: String)] = [], credentials: Credentials = .root
    ) async throws -> (text: String, code: Int32) {
        let running = try start(arguments, environment: environment, credentials: credentials)
        let status = await running.status()
        return (running.text, status.code)
    }

    func connect(_ port: UInt16) async throws -> Connection {
        for _ in 0..<5000 {
            do {
                return try await network.connect(to: NetworkAddress(Self.address, port), within: .seconds(1))
            } catch NetworkError.refused {
                try await SuspendingClock().sleep(for: .milliseconds(1))
            }
        }
        throw NetworkError.refused
    }

    func send(
        _ port: UInt16, _ target: String, headers: [(name: String, value: String)] = []
    ) async throws -> WebResponse {
        try await send("GET", port, target, headers: headers)
    }

    func send(
        _ method: String, _ port: UInt16, _ target: String, headers: [(name: String, value: String)] = [],
        body: String = ""
    ) async throws -> WebResponse {
        let connection = try await connect(port)
        defer { connection.close() }
        let request = WebRequest(
            method, target,
            headers: [("Host", "web"), ("User-Agent", "curl/8.5.0"), ("Connection", "close")] + headers,
            body: Array(body.utf8))
        return try await WebClient.send(request, over: connection)
    }

    /// What a port says to some bytes.
    func raw(_ port: UInt16, _ text: String) async throws -> String {
        let connection = try await connect(port)
        defer { connection.close() }
        try await connection.output.write(text)
        connection.output.end()
        return String(decoding: await connection.input.all(limit: 1 << 20) ?? [], as: UTF8.self)
    }

    func datagram(_ port: UInt16, _ text: String) async throws -> String? {
        let socket = try network.bind(port: 0, address: nil)
        defer { socket.close() }
        try await socket.send(Array(text.utf8), to: NetworkAddress(Self.address, port))
        do {
            return String(decoding: try await socket.receive(within: .seconds(1)).bytes, as: UTF8.self)
        } catch NetworkError.timedOut {
            return nil
        }
    }
}

/// A command that runs, and what it has written.
final class RunningCommand: Sendable {
    let output = ByteCollector(limit: 1 << 22)
    let signals = SignalInbox()
    private let ended: AsyncStream<ExitStatus>
    private let continuation: AsyncStream<ExitStatus>.Continuation
    private let owner = Mutex<(task: Int?, keeper: TaskKeeper?)>((nil, nil))
    private let kept = Mutex<TestContainer?>(nil)

    init() { (ended, continuation) = AsyncStream.makeStream() }

    var task: Int? {
        get { owner.withLock { $0.task } }
        set { owner.withLock { $0.task = newValue } }
    }

    /// Kept for as long as the command runs.
    var container: TestContainer? {
        get { kept.withLock { $0 } }
        set { kept.withLock { $0 = newValue } }
    }

    var keeper: TaskKeeper? {
        get { owner.withLock { $0.keeper } }
        set { owner.withLock { $0.keeper = newValue } }
    }

    func end(_ status: ExitStatus) {
        continuation.yield(status)
        continuation.finish()
        container = nil
    }

    var text: String { output.text }
    var lines: [String] { text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init) }

    func status() async -> ExitStatus {
        for await status in ended { return status }
        return ExitStatus(-1)
    }

    func end(by signal: ProcessSignal = .terminate) async -> ExitStatus {
        signals.send(signal)
        return await status()
    }

    func kill() async -> ExitStatus {
        if let task { keeper?.cancel(task) }
        return await status()
    }

    /// Waits until something has been written.
    func wait(for text: String) async throws {
        for _ in 0..<5000 {
            if self.text.contains(text) { return }
            try await SuspendingClock().sleep(for: .milliseconds(1))
        }
        Issue.record("\(text.debugDescription) was not written, but \(self.text.debugDescription)")
    }
}
