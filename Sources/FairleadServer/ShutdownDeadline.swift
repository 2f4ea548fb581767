import Dispatch
import Foundation
import Logging

/// Ends the process if it has been told to stop but does not finish in time, because of a computation that nobody can
/// interrupt or a disk that does not respond. Nothing is lost: whatever has been acknowledged is on disk.
///
/// It uses a thread of its own, because all others may be busy.
final class ShutdownDeadline {
    private let sources: [any DispatchSourceSignal]

    init(_ limit: DispatchTimeInterval, signals: [Int32] = [SIGTERM, SIGINT], logger: Logger) {
        let queue = DispatchQueue(label: "fairlead.shutdown", qos: .userInteractive)
        sources = signals.map { number in
            // Another handler of the signal has already replaced its default action; this makes sure.
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
