import FairleadContainers
import FairleadModel
import Synchronization

/// Slows down scripts that never wait: all copies of a shell share it.
final class Pace: Sendable {
    private static let stride = 2_000
    private let steps = Mutex(0)
    private let pauses = Mutex(0)

    /// Counts work; how long to pause now, if the script should.
    func count(_ work: Int) -> Duration? {
        let isDue = steps.withLock { steps in
            steps += work
            guard steps >= Self.stride else { return false }
            steps = 0
            return true
        }
        guard isDue else { return nil }
        let level = pauses.withLock { pauses in
            pauses = min(pauses + 1, 1_000)
            return pauses
        }
        return .milliseconds(min(20, 1 << min(level / 8, 5)))
    }

    /// The script has waited by itself.
    func rest() {
        steps.withLock { $0 = 0 }
        pauses.withLock { $0 = 0 }
    }
}

/// The commands that an interrupt from the terminal ends.
final class Foreground: Sendable {
    private struct State {
        var ids: Set<Int32> = []
        var isInterrupted = false
        var isBusy = false
    }

    private let state = Mutex(State())

    func add(_ id: Int32) { state.withLock { _ = $0.ids.insert(id) } }
    func remove(_ id: Int32) { state.withLock { _ = $0.ids.remove(id) } }

    /// Whether the shell runs something, or waits for a line.
    func setBusy(_ isBusy: Bool) { state.withLock { $0.isBusy = isBusy } }

    /// Sends INT to all commands, and tells the shell; false if nothing runs.
    func interrupt(_ processes: ProcessTable) -> Bool {
        let (ids, isBusy) = state.withLock { state in
            state.isInterrupted = state.isBusy
            return (state.ids, state.isBusy)
        }
        // One that has ended meanwhile needs no signal.
        for id in ids { try? processes.send(.interrupt, to: id, by: .root) }
        return isBusy
    }

    /// Whether there has been an interrupt since this was last asked.
    func takeInterrupt() -> Bool {
        state.withLock { state in
            defer { state.isInterrupted = false }
            return state.isInterrupted
        }
    }
}
