/// How much of a request is written down (audit.k8s.io/v1 `Level`).
package enum AuditLevel: String, Sendable, Comparable, CaseIterable {
    case none = "None"
    /// Who, what, when and how it ended.
    case metadata = "Metadata"
    /// And the object that was sent.
    case request = "Request"
    /// And the object that was answered.
    case requestResponse = "RequestResponse"

    private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }

    package static func < (left: AuditLevel, right: AuditLevel) -> Bool { left.rank < right.rank }
}

/// When in the life of a request an event is written (audit.k8s.io/v1 `Stage`).
///
/// No event has the stage Panic: a request that cannot go on ends the whole process here. Policies may name it.
package enum AuditStage: String, Sendable, CaseIterable {
    case requestReceived = "RequestReceived"
    case responseStarted = "ResponseStarted"
    case responseComplete = "ResponseComplete"
    case panic = "Panic"
}
