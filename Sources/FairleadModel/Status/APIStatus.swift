/// A failure as clients see it: the Kubernetes `Status` object (meta/v1).
///
/// Reference: Kubernetes API reference, "Status"; the constructors follow k8s.io/apimachinery `api/errors`.
package struct APIStatus: Error, Hashable, Sendable {
    package struct Cause: Hashable, Sendable {
        package var reason: String
        package var message: String
        package var field: String

        package init(reason: String, message: String, field: String) {
            self.reason = reason
            self.message = message
            self.field = field
        }
    }

    package struct Details: Hashable, Sendable {
        package var name = ""
        package var group = ""
        package var kind = ""
        package var uid = ""
        package var causes: [Cause] = []
        package var retryAfterSeconds = 0

        package init(
            name: String = "", group: String = "", kind: String = "", uid: String = "", causes: [Cause] = [],
            retryAfterSeconds: Int = 0
        ) {
            self.name = name
            self.group = group
            self.kind = kind
            self.uid = uid
            self.causes = causes
            self.retryAfterSeconds = retryAfterSeconds
        }
    }

    package var code: Int
    /// Empty means that the field is absent.
    package var reason: String
    package var message: String
    package var details: Details?
    /// `metadata.continue`: a token with which an expired list can still be continued.
    package var continueToken = ""

    package init(code: Int, reason: String, message: String, details: Details? = nil) {
        self.code = code
        self.reason = reason
        self.message = message
        self.details = details
    }
}

extension APIStatus {
    /// The Status object, for an answer or an ERROR event of a watch.
    package var value: Value {
        let metadata: Object = continueToken.isEmpty ? [:] : ["continue": .string(continueToken)]
        var status: Object = [
            "kind": "Status", "apiVersion": "v1", "metadata": .object(metadata), "status": "Failure",
            "message": .string(message), "code": .int(Int64(code)),
        ]
        if !reason.isEmpty { status["reason"] = .string(reason) }
        if let details { status["details"] = .object(details.object) }
        return .object(status)
    }
}

extension APIStatus.Details {
    package var object: Object {
        var result = Object()
        if !name.isEmpty { result["name"] = .string(name) }
        if !group.isEmpty { result["group"] = .string(group) }
        if !kind.isEmpty { result["kind"] = .string(kind) }
        if !uid.isEmpty { result["uid"] = .string(uid) }
        if !causes.isEmpty { result["causes"] = .array(causes.map { .object($0.object) }) }
        if retryAfterSeconds != 0 { result["retryAfterSeconds"] = .int(Int64(retryAfterSeconds)) }
        return result
    }
}

extension APIStatus.Cause {
    var object: Object {
        var result = Object()
        if !reason.isEmpty { result["reason"] = .string(reason) }
        if !message.isEmpty { result["message"] = .string(message) }
        if !field.isEmpty { result["field"] = .string(field) }
        return result
    }
}
