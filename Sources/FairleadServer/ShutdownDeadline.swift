import Dispatch
import Foundation
import Logging

/// Ends the process when it has been told to stop and does not manage to in time: because of a computation that nobody
/// can interrupt, or a disk that does not answer. Nothing is lost: what has been acknowledged is on disk.
///
/// It has a thread of its own, as every other one may be busy.
final class ShutdownDeadline {
    private let sources: [any DispatchSourceSignal]

    init(_ limit: DispatchTimeInterval, signals: [Int32] = [SIGTERM, SIGINT], logger: Logger) {
        let queue = DispatchQueue(label: "fairlead.shutdown", qos: .userInteractive)
        sources = signals.map { number in
            // Whoever handles the signal otherwise has taken its default action away already; here it makes sure.
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
            source.setEventHandler {
                queue.asyncAfter(deadline: .now() + limit) {
                    logger.warning("still busy after the time for a shutdown: ending at once, nothing is lost")
                    _exit(0)
                }
            }
            source.resume()
            return source
        }
    }

    deinit { for source in sources { source.cancel() } }
}
