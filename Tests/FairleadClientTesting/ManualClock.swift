import FairleadClient
import FairleadModel
import Synchronization

/// A clock that moves only when a test says so.
package final class ManualClock: DelayClock {
    private struct State {
        var now: Duration = .zero
        var sleepers: [Int: (deadline: Duration, continuation: CheckedContinuation<Void, Never>)] = [:]
        var next = 0
    }

    private let state = Mutex(State())

    package init() {}

    package var now: Duration { state.withLock { $0.now } }

    /// How many wait for the time to pass.
    package var sleeperCount: Int { state.withLock { $0.sleepers.count } }

    package func advance(by step: Duration) {
        let due = state.withLock { state -> [CheckedContinuation<Void, Never>] in
            state.now += step
            let now = state.now
            let due = state.sleepers.filter { $0.value.deadline <= now }
            for id in due.keys { state.sleepers[id] = nil }
            return due.values.map(\.continuation)
        }
        for sleeper in due { sleeper.resume() }
    }

    /// A second forward, as it passes for those who look every second: returns when one of them sleeps the next.
    package func step() async {
        advance(by: .seconds(1))
        _ = await eventually {
            state.withLock { state in state.sleepers.values.contains { $0.deadline == state.now + .seconds(1) } }
        }
    }

    package func sleep(until deadline: Duration) async {
        let id = state.withLock { state -> Int in
            state.next += 1
            return state.next
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state -> Bool in
                    if Task.isCancelled || state.now >= deadline { return true }
                    state.sleepers[id] = (deadline, continuation)
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.sleepers.removeValue(forKey: id) }?.continuation.resume()
        }
    }
}
