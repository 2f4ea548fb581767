package import CoreMetrics
import Dispatch
package import FairleadMetrics
package import FairleadModel
package import FairleadSchema
import Foundation
package import Logging
import Synchronization

/// Where events wait until a thread of its own has written them: whoever adds one never waits for the disk.
///
/// So many events may wait (`capacity`), with all that they have as long as there is `room`, then shortened. Requests that
/// are faster than the thread have to wait for it a little (`isBehind`). If the disk takes nothing, what comes beyond
/// the capacity is lost in the mode `batch`, and its requests are refused in the mode `blocking-strict`. An event that
/// has been accepted is written before `close` returns, unless the file takes nothing even then, or the process is killed.
package final class AuditLog: Sendable {
    /// As kube-apiserver's buffer of batches.
    private static let capacity = 10_000
    private static let room = 64 << 20
    /// From here on, requests wait.
    private static let crowd = 5_000
    private static let patience = DispatchTimeInterval.seconds(1)
    /// How long `close` writes events with all that they have: reading large bodies takes seconds.
    private static let thoroughness = Duration.milliseconds(250)

    private struct Queue {
        var events: [AuditEvent] = []
        /// How many events are waiting, those in the hands of the writer included, and how much memory they take.
        var count = 0
        var size = 0
        var isWriting = false
        var lost = 0
        var isFailing = false
        /// When the log was closed.
        var closed: SuspendingClock.Instant?
    }

    /// What only the thread that writes uses.
    private struct Writer {
        var file: AuditFile
        var lines: [[UInt8]] = []
        /// What the lines are in the queue's count.
        var count = 0
        var size = 0
        var isFailing = false
    }

    let mode: AuditSettings.Mode
    private let queue = Mutex(Queue())
    private let writer: Mutex<Writer>
    private let thread = DispatchQueue(label: "fairlead.audit", qos: .utility)
    private let types: TypeRegistry
    private let logger: Logger
    private let written: Counter
    private let errors: Counter

    package static let families = [
        MetricFamily("apiserver_audit_event_total", .counter, "Events written to the audit log."),
        MetricFamily("apiserver_audit_error_total", .counter, "Events that were lost, and writes that failed."),
    ]

    /// - Throws: if the file cannot be opened.
    package init(
        _ settings: AuditSettings, types: TypeRegistry, now: @escaping @Sendable () -> Timestamp, logger: Logger,
        metrics: any MetricsFactory
    ) throws(AuditProblem) {
        mode = settings.mode
        writer = Mutex(Writer(file: try AuditFile(settings, now: now)))
        self.types = types
        self.logger = logger
        written = Counter(label: "apiserver_audit_event_total", factory: metrics)
        errors = Counter(label: "apiserver_audit_error_total", dimensions: [("plugin", "log")], factory: metrics)
    }

    /// How many events wait.
    package var waiting: Int { queue.withLock { $0.count } }

    /// - Returns: whether it is accepted.
    @discardableResult
    func add(_ event: AuditEvent) -> Bool {
        let (isAccepted, mustStart) = queue.withLock { queue in
            var event = event
            if queue.size + event.size > Self.room { event = event.shortened }
            guard queue.closed == nil, queue.count < Self.capacity,
                queue.size + event.size <= 2 * Self.room
            else {
                queue.lost += 1
                return (false, false)
            }
            queue.events.append(event)
            queue.count += 1
            queue.size += event.size
            defer { queue.isWriting = true }
            return (true, !queue.isWriting)
        }
        if !isAccepted { errors.increment() }
        if mustStart { thread.async { self.write() } }
        return isAccepted
    }

    /// How much memory they take, about.
    var waitingBytes: Int { queue.withLock { $0.size } }

    /// Whether another event would be accepted.
    var hasRoom: Bool { queue.withLock { $0.count < Self.capacity } }

    /// Whether requests are faster than the writer, which is then to be waited for: otherwise a flood of cheap requests
    /// would push the events of others out. A file that takes nothing is not waited for.
    var isBehind: Bool {
        queue.withLock { queue in
            (queue.count > Self.crowd || queue.size > Self.room) && !queue.isFailing && queue.closed == nil
        }
    }

    /// Returns when the writer has caught up, but after a second in any case.
    func whenNoLongerBehind<Outcome: Sendable>(_ outcome: Outcome) async -> Outcome {
        for _ in 0..<40 where isBehind {
            // Cancelled: nobody waits for the answer any more.
            guard (try? await Task.sleep(for: .milliseconds(25), clock: .suspending)) != nil else { break }
        }
        return outcome
    }

    /// Writes what has been accepted, and accepts nothing more.
    package func close() async {
        queue.withLock { $0.closed = SuspendingClock.now }
        await withCheckedContinuation { continuation in
            thread.async {
                self.finish()
                continuation.resume()
            }
        }
    }

    // MARK: - The thread

    /// Writes until nothing waits. After a failure it is called again some time later.
    private func write() {
        while true {
            guard let (count, size) = writer.withLock({ take(&$0) }) else {
                return thread.asyncAfter(deadline: .now() + Self.patience) { self.write() }
            }
            let (isAtEnd, lost) = queue.withLock { queue in
                queue.count -= count
                queue.size -= size
                defer { queue.lost = 0 }
                if queue.events.isEmpty { queue.isWriting = false }
                return (queue.events.isEmpty, queue.lost)
            }
            if lost > 0 { logger.error("audit events were lost, as too many waited", metadata: ["events": "\(lost)"]) }
            if isAtEnd { return }
        }
    }

    /// Takes what waits, and writes it.
    ///
    /// - Returns: how much has been written; nil if the file takes nothing.
    private func take(_ writer: inout Writer) -> (count: Int, size: Int)? {
        let events = queue.withLock { queue in
            defer { queue.events = [] }
            return queue.events
        }
        writer.count += events.count
        writer.size += events.reduce(0) { $0 + $1.size }
        for event in events { writer.lines.append(inTime(event).line(types)) }
        guard flush(&writer) else { return nil }
        defer { (writer.count, writer.size) = (0, 0) }
        return (writer.count, writer.size)
    }

    /// The event as there is time for: at the end, what was sent and answered is left out rather than the event.
    private func inTime(_ event: AuditEvent) -> AuditEvent {
        guard let closed = queue.withLock({ $0.closed }) else { return event }
        let isLarge = event.size > 64 << 10
        return isLarge || SuspendingClock.now - closed > Self.thoroughness ? event.withoutObjects : event
    }

    /// - Returns: whether everything is in the file.
    private func flush(_ writer: inout Writer) -> Bool {
        let count = writer.lines.count
        defer { written.increment(by: count - writer.lines.count) }
        do {
            try writer.file.append(&writer.lines)
        } catch {
            errors.increment()
            if !writer.isFailing {
                logger.error(
                    "the audit log cannot be written; it is tried again every second",
                    metadata: ["error": .string(AuditFile.words(error))])
            }
            writer.isFailing = true
            queue.withLock { $0.isFailing = true }
            return false
        }
        if writer.isFailing { logger.notice("the audit log can be written again") }
        if writer.isFailing { queue.withLock { $0.isFailing = false } }
        writer.isFailing = false
        return true
    }

    private func finish() {
        writer.withLock { writer in
            do {
                guard take(&writer) != nil else {
                    logger.error("audit events were lost at the end", metadata: ["events": "\(writer.lines.count)"])
                    return
                }
                try writer.file.synchronize()
            } catch {
                logger.error("the audit log may not be on disk", metadata: ["error": .string(AuditFile.words(error))])
            }
        }
    }
}
