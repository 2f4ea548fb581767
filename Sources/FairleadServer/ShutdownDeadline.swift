import Dispatch
import Foundation
import Logging
import Synchronization

/// Ends the process if it has been told to stop but does not finish in time, because of a computation that nobody can
/// interrupt or a disk that does not respond. Whatever has been acknowledged is on disk; only events of the audit log may be
/// lost, if its disk does not take them.
///
/// It uses a thread of its own, because all others may be busy.
final class ShutdownDeadline {
    private let sources: [any DispatchSourceSignal]

    /// - Parameters:
    ///   - limit: the time from the first of the signals; later ones do not extend it.
    ///   - unwritten: how many events have not been written.
    ///   - end: what happens then.
    init(
        _ limit: DispatchTimeInterval, signals: [Int32] = [SIGTERM, SIGINT], logger: Logger,
        unwritten: @escaping @Sendable () -> Int = { 0 },
        end: @escaping @Sendable () -> Void = { _exit(0) }
    ) {
        let queue = DispatchQueue(label: "fairlead.shutdown", qos: .userInteractive)
        let isRunning = SharedFlag()
        sources = signals.map { number in
            // Another handler of the signal has already replaced its default action; this makes sure.
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
            source.setEventHandler {
                guard isRunning.set() else { return }
                // A timer as `asyncAfter` sets it may be late by a tenth of its time.
                let timer = DispatchSource.makeTimerSource(flags: .strict, queue: queue)
                timer.setEventHandler {
                    withExtendedLifetime(timer) {
                        let events = unwritten()
                        let lost = events == 0 ? "nothing is lost" : "\(events) audit events are lost"
                        logger.warning("still busy after the time for a shutdown: ending at once, \(lost)")
                        end()
                    }
                }
                timer.schedule(deadline: .now() + limit, leeway: .nanoseconds(0))
                timer.resume()
            }
            source.resume()
            return source
        }
    }

    deinit { for source in sources { source.cancel() } }
}

/// Set once.
private final class SharedFlag: Sendable {
    private let flag = Atomic(false)

    /// Returns whether it was not set before.
    func set() -> Bool { !flag.exchange(true, ordering: .relaxed) }
}
