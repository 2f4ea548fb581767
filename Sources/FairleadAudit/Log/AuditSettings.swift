/// The flags of the audit log, as kube-apiserver has them.
package struct AuditSettings: Sendable {
    /// What happens to requests if their events cannot be written.
    package enum Mode: String, Sendable, CaseIterable {
        /// They are answered, and events get lost; that is counted and logged.
        case batch
        /// They are refused.
        case blockingStrict = "blocking-strict"
    }

    /// The file; `-` for standard output.
    package var path: String
    /// nil to write down the metadata of everything.
    package var policyFile: String?
    package var mode = Mode.batch
    /// How large the file may become, in megabytes; 0 for 100, as in Kubernetes.
    package var largestMegabytes = 0
    /// How many old files are kept; 0 for all.
    package var mostBackups = 0
    /// How many days old files are kept; 0 for ever.
    package var oldestDays = 0

    package init(path: String) { self.path = path }

    var largestBytes: Int { (largestMegabytes == 0 ? 100 : largestMegabytes) << 20 }
}
