package import FairleadModel

extension APIStatus {
    /// The namespace is terminating: creating in it cannot succeed and need not be retried.
    package var isNamespaceTerminating: Bool {
        code == 403 && (details?.causes.contains { $0.reason == "NamespaceTerminating" } ?? false)
    }
}
