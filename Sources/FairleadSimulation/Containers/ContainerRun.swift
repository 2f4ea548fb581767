import FairleadContainers
import FairleadModel
import Synchronization

/// How a run of a container has ended.
struct RunEnd: Hashable, Sendable {
    var code: Int32
    /// nil for `Completed` or `Error`, by the code.
    var reason: String?
    /// The termination message.
    var message = ""
    var started: Timestamp
    var finished: Timestamp
    /// Whether it has never run: the command could not be started.
    var isStartFailure = false
}

/// What becomes of a run.
enum RunState: Hashable, Sendable {
    /// Its hook after the start is still at work.
    case starting
    case running
    case ended(RunEnd)
}

/// One run of a container that has files, and a process unless the container is idle.
final class ContainerRun: Sendable {
    private struct State {
        var run = RunState.running
        var mainTask: Int?
        /// What ends the run in place of the program's own code.
        var verdict: ExitStatus?
        var wasStopped = false
    }

    let name: ContainerName
    let restart: Int64
    /// The spec that it was started with.
    let spec: Value
    /// What processes of the container start from: environment, working directory, user.
    let template: Process
    let console: Console
    /// The standard input of the process; nil if it has none.
    let input: Pipe?
    let started: Timestamp
    let signals = SignalInbox()
    /// Opens when the run has ended.
    let end = Gate()
    private let messages: FileTree
    private let onEnd: @Sendable () -> Void
    private let tasks: TaskKeeper
    private let state = Mutex(State())

    init(
        name: ContainerName, restart: Int64, spec: Value, template: Process, console: Console, input: Pipe?,
        started: Timestamp, messages: FileTree, isStarting: Bool, onEnd: @escaping @Sendable () -> Void
    ) {
        self.name = name
        self.restart = restart
        self.spec = spec
        self.template = template
        self.console = console
        self.input = input
        self.started = started
        self.messages = messages
        self.onEnd = onEnd
        tasks = template.world.tasks
        state.withLock { $0.run = isStarting ? .starting : .running }
    }

    var world: ContainerWorld { template.world }
    var current: RunState { state.withLock { $0.run } }
    var hasEnded: Bool { end.isOpen }

    /// Runs the program in a task of the container.
    func launch(_ program: any Program, _ process: Process) {
        let id = tasks.start { [self] in
            let status = await process.run(program, isFirst: true)
            finish(Task.isCancelled ? .killed : status)
        }
        state.withLock { $0.mainTask = id }
    }

    /// The hook after the start is done.
    func becomeRunning() {
        state.withLock { if $0.run == .starting { $0.run = .running } }
    }

    /// Whether this is the first who wants to stop it.
    func beginStop() -> Bool {
        state.withLock { state in
            defer { state.wasStopped = true }
            return !state.wasStopped
        }
    }

    /// Ends the process at once, as KILL does.
    ///
    /// - Parameter verdict: the code that is reported.
    func kill(_ verdict: ExitStatus = .killed) {
        let (task, isOver) = state.withLock { state -> (Int?, Bool) in
            if case .ended = state.run { return (nil, true) }
            if state.verdict == nil { state.verdict = verdict }
            return (state.mainTask, false)
        }
        if isOver { return }
        if let task { tasks.cancel(task) }
        // A program that does not notice holds nobody up.
        finish(verdict)
    }

    /// Records the end, once, and closes what the container has open.
    func finish(_ status: ExitStatus) {
        let end = makeEnd(status)
        let isFirst = state.withLock { state -> Bool in
            if case .ended = state.run { return false }
            state.run = .ended(end)
            return true
        }
        guard isFirst else { return }
        console.end()
        input?.close()
        self.end.open()
        tasks.abandon()
        onEnd()
    }

    /// The command could not be started.
    func failStart(_ message: String) {
        let now = world.now()
        state.withLock { state in
            state.run = .ended(
                RunEnd(
                    code: 128, reason: "StartError", message: message, started: Timestamp(seconds: 0), finished: now,
                    isStartFailure: true))
        }
        console.end()
        end.open()
        tasks.abandon()
    }

    private func makeEnd(_ status: ExitStatus) -> RunEnd {
        let status = state.withLock { $0.verdict } ?? status
        var message = SystemFiles.message(in: messages).prefix(Self.longestMessage)
        if message.isEmpty, status.code != 0, spec.text("terminationMessagePolicy") == "FallbackToLogsOnError" {
            message = Self.lastWords(console.log)[...]
        }
        return RunEnd(
            code: status.code, reason: status.reason, message: String(decoding: message, as: UTF8.self),
            started: started, finished: world.now())
    }

    private static let longestMessage = 4096

    /// The last 80 lines of the log, 2048 bytes at most.
    private static func lastWords(_ log: LogBuffer) -> [UInt8] {
        var text: [UInt8] = []
        for line in log.snapshot.lines.suffix(80) {
            text += line.bytes
            if line.isWhole { text.append(UInt8(ascii: "\n")) }
        }
        return Array(text.suffix(2048))
    }
}
