package import FairleadModel
import Synchronization

/// Keeps a controller from looking at large keys again and again while changes of them keep coming.
///
/// The first change is served at once. After that look the key has to wait for the next one: the more there is to look at,
/// the longer, and longer still if all looks together take too much of the time. Changes that come meanwhile are served
/// together. So a thousand changes of a thousand things cost a few looks instead of a million steps, and a single change
/// waits for nothing.
package final class ChangePacer<Key: Hashable & Sendable>: Sendable {
    private struct Entry {
        /// How long the next look has to wait.
        var spacing: Duration
        var notBefore: Duration
    }

    private struct State {
        var entries: [Key: Entry] = [:]
        /// When all looks together will have taken no more than their share.
        var rested: Duration = .zero
    }

    /// A look at so few things costs too little to wait for.
    private static var free: Int { 10 }
    /// For each thing looked at, between these two.
    private let least: Duration
    private static var most: Duration { .milliseconds(5) }
    /// Between them, all looks together take at most a third of one processor's time.
    private static var share: Int { 3 }
    /// A look that took extremely long, because the machine was suspended, is forgotten soon.
    private static var longestRest: Duration { .seconds(30) }

    private let clock: any DelayClock
    private let state = Mutex(State())

    /// - Parameter least: the shortest wait between two looks for each thing that there is to look at.
    package init(clock: any DelayClock, least: Duration = .microseconds(200)) {
        self.clock = clock
        self.least = least
    }

    /// How long a change of the key has to wait for its look from now on.
    package func delay(of key: Key) -> Duration {
        state.withLock { state in
            guard let entry = state.entries[key] else { return .zero }
            return max(.zero, entry.notBefore - clock.now)
        }
    }

    /// Looks at the key.
    /// - Parameter items: how many things there are to look at, asked for afterwards.
    package func pace<Result: Sendable>(
        _ key: Key, items: () -> Int, _ look: () async throws -> Result
    ) async rethrows -> Result {
        let began = begin(key)
        defer { end(key, began: began, items: items()) }
        return try await look()
    }

    /// Changes that come during a look wait as long as those that come after it.
    private func begin(_ key: Key) -> Duration {
        let now = clock.now
        state.withLock { state in
            if let spacing = state.entries[key]?.spacing { state.entries[key]?.notBefore = now + spacing }
        }
        return now
    }

    private func end(_ key: Key, began: Duration, items: Int) {
        let now = clock.now
        state.withLock { state in
            let paced = items - Self.free
            guard paced > 0 else { return state.entries[key] = nil }
            state.rested = min(max(state.rested, began) + (now - began) * Self.share, now + Self.longestRest)
            let spacing = min(max(state.rested - now, least * paced), Self.most * paced)
            state.entries[key] = Entry(spacing: spacing, notBefore: now + spacing)
        }
    }
}
