package enum ProcessSignal: Int32, Hashable, Sendable {
    case hangUp = 1
    case interrupt = 2
    case quit = 3
    case kill = 9
    case user1 = 10
    case user2 = 12
    case terminate = 15

    /// `TERM`.
    package var name: String {
        switch self {
        case .hangUp: "HUP"
        case .interrupt: "INT"
        case .quit: "QUIT"
        case .kill: "KILL"
        case .user1: "USR1"
        case .user2: "USR2"
        case .terminate: "TERM"
        }
    }

    /// By name with or without SIG, or by number.
    package init?(_ text: String) {
        let name = text.uppercased().hasPrefix("SIG") ? String(text.dropFirst(3)).uppercased() : text.uppercased()
        let all: [ProcessSignal] = [.hangUp, .interrupt, .quit, .kill, .user1, .user2, .terminate]
        guard let found = all.first(where: { $0.name == name || String($0.rawValue) == name }) else { return nil }
        self = found
    }
}

/// The signals that a process has been sent. KILL does not come here: it cancels the process's task.
///
/// A process that never asks ignores them, as process 1 of a container does that has no handler.
package final class SignalInbox: Sendable {
    private struct State {
        var pending: [ProcessSignal] = []
        var handled: Set<ProcessSignal> = []
    }

    private let state = Watched(State())

    package init() {}

    /// Says which signals the process has handlers for: those do not end it.
    package func handle(_ signals: Set<ProcessSignal>) { state.withLock { $0.handled = signals } }

    /// Whether the process has a handler, or waits for signals.
    package func isHandled(_ signal: ProcessSignal) -> Bool {
        state.withLock { $0.handled.contains(signal) } || state.isAwaited
    }

    package func send(_ signal: ProcessSignal) {
        state.change { if $0.pending.count < 64 { $0.pending.append(signal) } }
    }

    /// The next signal that has arrived already.
    package func poll() -> ProcessSignal? {
        state.withLock { $0.pending.isEmpty ? nil : $0.pending.removeFirst() }
    }

    /// Waits for the next signal; nil when the task is cancelled.
    package func next() async -> ProcessSignal? {
        while !Task.isCancelled {
            if let signal = poll() { return signal }
            await state.wait { !$0.pending.isEmpty }
        }
        return nil
    }
}
