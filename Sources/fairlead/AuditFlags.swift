import ArgumentParser
import FairleadAudit

/// Flags about the audit log, named as kube-apiserver's.
struct AuditFlags: ParsableArguments {
    @Option(
        name: [.customLong("audit-log-path"), .customLong("audit-log")],
        help: ArgumentHelp(
            "Where to write who has done what, a line of JSON for each event; - for standard output.",
            valueName: "file"))
    var auditLogPath: String?

    @Option(
        name: .long,
        help: ArgumentHelp(
            "A Policy of audit.k8s.io/v1 that says what is written. (default: everything, without its objects)",
            valueName: "file"))
    var auditPolicyFile: String?

    @Option(
        name: .long,
        help: ArgumentHelp(
            "What happens while the log cannot be written: batch (requests are answered, events may be lost) or "
                + "blocking-strict (requests are refused).", valueName: "mode"))
    var auditLogMode = "batch"

    @Option(
        name: .customLong("audit-log-maxsize"), help: "How many MB the log may have before it is renamed; 0 for 100.")
    var auditLogMaxsize = 0

    @Option(name: .customLong("audit-log-maxbackup"), help: "How many renamed logs are kept; 0 for all.")
    var auditLogMaxbackup = 0

    @Option(name: .customLong("audit-log-maxage"), help: "How many days renamed logs are kept; 0 for ever.")
    var auditLogMaxage = 0

    /// nil for no log.
    /// - Throws: `ValidationError` that names the flag and the values it accepts.
    func settings() throws -> AuditSettings? {
        guard let auditLogPath else {
            if auditPolicyFile != nil { throw ValidationError("--audit-policy-file is about an --audit-log-path") }
            return nil
        }
        guard !auditLogPath.isEmpty else { throw ValidationError("--audit-log-path: a file is wanted") }
        guard let mode = AuditSettings.Mode(rawValue: auditLogMode) else {
            throw ValidationError("--audit-log-mode \(auditLogMode): batch or blocking-strict is wanted")
        }
        var settings = AuditSettings(path: auditLogPath)
        settings.policyFile = auditPolicyFile
        settings.mode = mode
        settings.largestMegabytes = try number(auditLogMaxsize, 1 << 20, "--audit-log-maxsize")
        settings.mostBackups = try number(auditLogMaxbackup, 1 << 20, "--audit-log-maxbackup")
        settings.oldestDays = try number(auditLogMaxage, 36_500, "--audit-log-maxage")
        return settings
    }

    private func number(_ number: Int, _ most: Int, _ flag: String) throws -> Int {
        guard (0...most).contains(number) else { throw ValidationError("\(flag) \(number): 0 to \(most) is wanted") }
        return number
    }
}
