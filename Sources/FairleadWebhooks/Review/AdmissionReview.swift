import FairleadAPI
import FairleadKinds
import FairleadModel

/// What a webhook is asked: an AdmissionReview of admission.k8s.io/v1.
///
/// Reference: Kubernetes documentation, "Dynamic Admission Control"; k8s.io/api `admission/v1`.
struct AdmissionReview: Sendable {
    let uid: String
    /// `request` of the review.
    let request: Value
    /// The object in the version that the webhook sees, which its patch is about.
    let object: Value?

    /// - Throws: for objects that cannot be converted to the version that the webhook wants.
    init(
        _ invocation: WebhookInvocation, _ attributes: AdmissionAttributes, uid: String
    ) async throws(APIStatus) {
        self.uid = uid
        let seen = invocation.kind
        let object = try await attributes.converted(attributes.object, to: seen)
        let old = try await attributes.converted(attributes.oldObject, to: seen)
        self.object = object
        let requestKind = Self.kind(attributes.objectKind.apiVersion, attributes.objectKind.kind)
        let kind =
            if case .object = attributes.form { Self.kind(seen.apiVersion, seen.info.kind) } else { requestKind }
        var request: Object = [
            "uid": .string(uid), "kind": kind, "resource": Self.resource(seen.info.gvr), "requestKind": requestKind,
            "requestResource": Self.resource(attributes.kind.info.gvr),
        ]
        if let subresource = attributes.subresource {
            request["subResource"] = .string(subresource)
            request["requestSubResource"] = .string(subresource)
        }
        if !attributes.name.isEmpty { request["name"] = .string(attributes.name) }
        if !attributes.namespace.isEmpty { request["namespace"] = .string(attributes.namespace) }
        request["operation"] = .string(attributes.operation.rawValue)
        request["userInfo"] = attributes.user.value
        request["object"] = object ?? .null
        request["oldObject"] = old ?? .null
        request["dryRun"] = .bool(attributes.isDryRun)
        request["options"] = attributes.options ?? .null
        self.request = .object(request)
    }

    var body: [UInt8] {
        let review: Value = ["kind": "AdmissionReview", "apiVersion": "admission.k8s.io/v1", "request": request]
        return review.jsonBytes
    }

    private static func kind(_ apiVersion: String, _ kind: String) -> Value {
        let parts = apiVersion.split(separator: "/", maxSplits: 1).map(String.init)
        let (group, version) = parts.count == 2 ? (parts[0], parts[1]) : ("", apiVersion)
        return ["group": .string(group), "version": .string(version), "kind": .string(kind)]
    }

    private static func resource(_ resource: GroupVersionResource) -> Value {
        [
            "group": .string(resource.group), "version": .string(resource.version),
            "resource": .string(resource.resource),
        ]
    }
}
