package import FairleadModel
package import Logging
import Synchronization

/// A failed reconcile that will be retried, in the form in which it is logged.
package struct ReconcileFailure: Sendable {
    package var controller: String
    package var key: String
    package var error: any Error
    /// The number of failures in a row, including this one.
    package var retries: Int
    package var retryAfter: Duration

    package init(controller: String, key: String, error: any Error, retries: Int, retryAfter: Duration) {
        self.controller = controller
        self.key = key
        self.error = error
        self.retries = retries
        self.retryAfter = retryAfter
    }
}

/// Logs one structured line per failed reconcile, and one when the key has recovered.
///
/// Bounded, whatever fails: the same error for the same key is logged once in ten seconds, and all keys together get
/// twenty lines in that time; the next line says how many were left out (`repeated` of the same kind, `leftOut` of
/// others).
package final class FailureLog: Sendable {
    fileprivate struct Known {
        var error: String
        var written: Duration
        var repeated = 0
    }

    fileprivate struct State {
        var known: [String: Known] = [:]
        var windowEnd: Duration = .zero
        var linesInWindow = 0
        var leftOut = 0
    }

    private let logger: Logger
    private let clock: any DelayClock
    private let state = Mutex(State())

    fileprivate static let window = Duration.seconds(10)
    fileprivate static let linesPerWindow = 20
    /// How many keys' last errors are remembered.
    fileprivate static let capacity = 512

    package init(logger: Logger = Logger(label: "controller"), clock: any DelayClock = SystemDelayClock()) {
        self.logger = logger
        self.clock = clock
    }

    package func failed(_ failure: ReconcileFailure) {
        let status = failure.error as? APIStatus
        let why = status?.message ?? "\(failure.error)"
        // Conflicts are normal: the next attempt reads the newer object.
        if status?.code == 409, status?.reason == "Conflict" {
            logger.debug("reconcile lost a race", metadata: Self.metadata(failure, why))
            return
        }
        guard logger.logLevel <= .error else { return }
        let now = clock.now
        guard let (repeated, leftOut) = state.withLock({ $0.admit(failure.key, why, at: now) }) else { return }
        var metadata = Self.metadata(failure, why)
        if repeated > 0 { metadata["repeated"] = .stringConvertible(repeated) }
        if leftOut > 0 { metadata["leftOut"] = .stringConvertible(leftOut) }
        logger.error("reconcile failed", metadata: metadata)
    }

    /// The key has recovered. Logs nothing if none of its failures was logged.
    package func recovered(controller: String, key: String, retries: Int) {
        guard state.withLock({ $0.known.removeValue(forKey: key) }) != nil else { return }
        var metadata: Logger.Metadata = ["controller": .string(controller), "key": .string(key)]
        if retries > 0 { metadata["retries"] = .stringConvertible(retries) }
        logger.info("reconcile recovered", metadata: metadata)
    }

    /// The key has been in work for so long that another worker has been started in place of its own.
    package func stuck(controller: String, key: String, for time: Duration) {
        logger.error(
            "reconcile is stuck; other keys go on",
            metadata: [
                "controller": .string(controller), "key": .string(key),
                "seconds": .stringConvertible(time.components.seconds),
            ])
    }

    private static func metadata(_ failure: ReconcileFailure, _ why: String) -> Logger.Metadata {
        [
            "controller": .string(failure.controller), "key": .string(failure.key), "error": .string(why),
            "retries": .stringConvertible(failure.retries), "retryAfter": .string("\(failure.retryAfter.inSeconds)s"),
        ]
    }
}

extension FailureLog.State {
    /// nil if the failure must not be logged; otherwise how many were left out since the last line.
    fileprivate mutating func admit(
        _ key: String, _ error: String, at now: Duration
    ) -> (repeated: Int, leftOut: Int)? {
        if let last = known[key], last.error == error, now - last.written < FailureLog.window {
            known[key]?.repeated += 1
            return nil
        }
        if now >= windowEnd {
            windowEnd = now + FailureLog.window
            linesInWindow = 0
        }
        linesInWindow += 1
        guard linesInWindow <= FailureLog.linesPerWindow else {
            leftOut += 1
            return nil
        }
        if known.count >= FailureLog.capacity { known.removeAll() }
        let repeated = known[key].map { $0.error == error ? $0.repeated : 0 } ?? 0
        known[key] = FailureLog.Known(error: error, written: now)
        defer { leftOut = 0 }
        return (repeated, leftOut)
    }
}
