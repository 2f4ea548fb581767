import FairleadModel
package import Logging
import Synchronization

/// A failed piece of work that will be tried again, as it is reported.
package struct ReconcileFailure: Sendable {
    package var controller: String
    package var key: String
    package var error: any Error
    /// How often it has failed in a row, this time included.
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

/// One structured line per failed reconcile, and one when the key has come right again.
///
/// Bounded, whatever fails: the same error of the same key has one line in ten seconds, all keys together twenty; the
/// next line says how many were left out (`repeated` of the same kind, `leftOut` of others).
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
    /// Keys whose last error is remembered.
    fileprivate static let capacity = 512

    package init(logger: Logger = Logger(label: "controller"), clock: any DelayClock = SystemDelayClock()) {
        self.logger = logger
        self.clock = clock
    }

    package func failed(_ failure: ReconcileFailure) {
        let status = failure.error as? APIStatus
        let why = status?.message ?? "\(failure.error)"
        // Losing a race is an everyday thing: the next try reads the newer object.
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

    /// The key has come right. Says nothing when its failures had no line.
    package func recovered(controller: String, key: String, retries: Int) {
        guard state.withLock({ $0.known.removeValue(forKey: key) }) != nil else { return }
        var metadata: Logger.Metadata = ["controller": .string(controller), "key": .string(key)]
        if retries > 0 { metadata["retries"] = .stringConvertible(retries) }
        logger.info("reconcile recovered", metadata: metadata)
    }

    /// The key has been at work for so long that another worker has taken the place of its own.
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
    /// nil when there is to be no line; else how many failures had none since the last.
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
