import FairleadAPI
import FairleadAudit
import FairleadMetrics
import FairleadModel
import Logging
import Synchronization

extension AuditLog {
    /// The metrics of the log, and of its queue.
    static let allFamilies =
        families + [MetricFamily("fairlead_audit_waiting_events", .gauge, "Events that are not yet in the audit log.")]

    /// The audit log of a server, for all that is asked of the API from now on; nil if none is wanted. It must be closed
    /// after everything that might still ask.
    static func open(
        _ configuration: ServerConfiguration, _ api: inout API, _ environment: Environment, _ metrics: MetricsRegistry
    ) throws(StartupError) -> AuditLog? {
        guard let settings = configuration.audit else { return nil }
        do throws(AuditProblem) {
            let policy = try settings.policyFile.map { path throws(AuditProblem) in try AuditPolicy.read(path) }
            let log = try AuditLog(
                settings, types: api.types, now: environment.now, logger: Logger(label: "audit"), metrics: metrics)
            api.auditor = Auditor(policy: policy ?? .standard, log: log, environment: environment)
            metrics.add { samples in samples.add("fairlead_audit_waiting_events", log.waiting) }
            return log
        } catch {
            throw StartupError(error.description)
        }
    }
}

/// How many events wait in the log of a server, for whoever ends the process.
final class UnwrittenEvents: Sendable {
    private let log = Mutex<AuditLog?>(nil)

    /// - Parameter log: nil if there is none.
    func follow(_ log: AuditLog?) { self.log.withLock { $0 = log } }

    var count: Int { log.withLock { $0 }?.waiting ?? 0 }
}
