import FairleadAuthorization
import FairleadModel

/// One line of the audit log before it is written: an Event of audit.k8s.io/v1.
struct AuditEvent: Sendable {
    var verdict: AuditPolicy.Verdict
    var stage = AuditStage.requestReceived
    var auditID: String
    /// As the client has sent it.
    var uri: String
    var verb: String
    /// nil if nobody has been identified.
    var user: UserInfo?
    var impersonated: UserInfo?
    var sources: [String] = []
    var userAgent = ""
    /// What the request is about; nil for other paths.
    var resource: AccessAttributes.Resource?
    var status: Status?
    /// What was sent. Its metadata completes what the event says about the object, at any level.
    var request: AuditBody?
    var response: AuditBody?
    var received: Timestamp
    var at: Timestamp
    var annotations: [String: String] = [:]

    /// How it ended.
    struct Status: Sendable {
        var code: Int
        /// What the answer does not say.
        var message: String?
        /// The Status object, where there is no answer that has it.
        var value: Value?

        init(_ code: Int, message: String? = nil, value: Value? = nil) {
            self.code = code
            self.message = message
            self.value = value
        }
    }

    /// The same event, which says that its objects are missing.
    var withoutObjects: AuditEvent {
        var event = self
        (event.request, event.response) = (nil, nil)
        event.annotations[Self.truncated] = "true"
        return event
    }

    /// The same event without anything that may be long.
    var shortened: AuditEvent {
        var event = withoutObjects
        if uri.utf8.count > Self.shortText {
            event.uri = String(decoding: uri.utf8.prefix(Self.shortText), as: UTF8.self) + "...TRUNCATED"
        }
        for (key, text) in annotations where text.utf8.count > Self.shortText { event.annotations[key] = nil }
        return event
    }

    private static let shortText = 1024

    static let truncated = "audit.k8s.io/truncated"

    /// About how much memory it takes while it waits.
    var size: Int {
        1024 + uri.utf8.count + userAgent.utf8.count + (user?.size ?? 0) + (impersonated?.size ?? 0)
            + annotations.reduce(0) { $0 + $1.key.utf8.count + $1.value.utf8.count } + (request?.size ?? 0)
            + (response?.size ?? 0)
    }
}

extension UserInfo {
    fileprivate var size: Int {
        name.utf8.count + groups.reduce(0) { $0 + $1.utf8.count }
            + extra.reduce(0) { $0 + $1.key.utf8.count + $1.value.reduce(0) { $0 + $1.utf8.count } }
    }
}
