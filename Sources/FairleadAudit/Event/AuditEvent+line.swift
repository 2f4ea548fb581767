import FairleadAuthorization
import FairleadModel
import FairleadSchema

extension AuditEvent {
    /// A larger event loses its objects, the answered one first, and says so (kube-apiserver's default of
    /// `--audit-log-truncate-max-event-size`).
    static let largest = 10 << 20

    /// The line, with its end: JSON with the members in Kubernetes' order.
    func line(_ types: TypeRegistry) -> [UInt8] {
        let sent = request?.value(types)
        var line = EventLine()
        line.add("kind", "Event")
        line.add("apiVersion", "audit.k8s.io/v1")
        line.add("level", .string(verdict.level.rawValue))
        line.add("auditID", .string(auditID))
        line.add("stage", .string(stage.rawValue))
        line.add("requestURI", .string(uri))
        line.add("verb", .string(verb))
        line.add("user", user?.value ?? .object(Object()))
        if let impersonated { line.add("impersonatedUser", impersonated.value) }
        if !sources.isEmpty { line.add("sourceIPs", .array(sources.map { .string($0) })) }
        if !userAgent.isEmpty { line.add("userAgent", .string(userAgent)) }
        if let resource { line.add("objectRef", Self.reference(to: resource, sent)) }
        let answered = response?.value(types)
        if let status { line.add("responseStatus", .object(Self.object(status, answered))) }
        var annotations = annotations
        if verdict.level < .request {
            // Patches show what is in objects.
            annotations = annotations.filter { !$0.key.hasPrefix("patch.webhook.admission.k8s.io/") }
        }
        addObjects(sent, answered, to: &line, &annotations)
        line.add("requestReceivedTimestamp", .string(received.rfc3339Micro))
        line.add("stageTimestamp", .string(at.rfc3339Micro))
        if !annotations.isEmpty {
            line.add("annotations", .object(Object(annotations.map { ($0.key, .string($0.value)) })))
        }
        return line.end()
    }

    private func addObjects(
        _ sent: Value?, _ answered: Value?, to line: inout EventLine, _ annotations: inout [String: String]
    ) {
        // Objects only, as in Kubernetes: not what other paths are sent or answer.
        guard resource != nil, verdict.level >= .request else { return }
        var objects: [(name: String, bytes: [UInt8])] = []
        if let sent { objects.append(("requestObject", shown(sent))) }
        if verdict.level >= .requestResponse, stage == .responseComplete, let answered {
            objects.append(("responseObject", shown(answered)))
        }
        while objects.reduce(0, { $0 + $1.bytes.count }) > Self.largest {
            objects.removeLast()
            annotations[Self.truncated] = "true"
        }
        for object in objects { line.add(object.name, json: object.bytes) }
    }

    private func shown(_ object: Value) -> [UInt8] {
        var object = verdict.omitsManagedFields ? object.withoutManagedFields : object
        if Self.hasTokens(resource) { object = object.withoutTokens }
        return object.jsonBytes
    }

    private static func hasTokens(_ resource: AccessAttributes.Resource?) -> Bool {
        resource?.resource == "tokenreviews" || resource?.combined == "serviceaccounts/token"
    }

    /// What the path does not say is in the object.
    private static func reference(to resource: AccessAttributes.Resource, _ sent: Value?) -> Value {
        var reference = Object()
        func set(_ key: String, _ text: String) { if !text.isEmpty { reference[key] = .string(text) } }
        let metadata = sent?["metadata"]
        set("resource", resource.resource)
        set("namespace", resource.namespace.isEmpty ? metadata?.text("namespace") ?? "" : resource.namespace)
        set("name", resource.name.isEmpty ? metadata?.text("name") ?? "" : resource.name)
        set("uid", metadata?.text("uid") ?? "")
        set("apiGroup", resource.group)
        set("apiVersion", resource.version == "*" ? "" : resource.version)
        set("resourceVersion", metadata?.text("resourceVersion") ?? "")
        set("subresource", resource.subresource)
        return .object(reference)
    }

    /// - Parameter answered: the answer, which may be a Status.
    private static func object(_ status: Status, _ answered: Value?) -> Object {
        var object = Object()
        object["metadata"] = .object(Object())
        let given = status.value ?? (answered?["kind"] == "Status" ? answered : nil)
        if let given, given["kind"] == "Status" {
            for key in ["status", "message", "reason", "details"] { object[key] = given[key] }
        }
        if let message = status.message { object["message"] = .string(message) }
        object["code"] = .int(Int64(status.code))
        return object
    }
}

/// Writes the members of an object in the order in which they are added.
private struct EventLine {
    private var bytes: [UInt8] = [UInt8(ascii: "{")]

    mutating func add(_ key: String, _ value: Value) { add(key, json: value.jsonBytes) }

    mutating func add(_ key: String, json: [UInt8]) {
        if bytes.count > 1 { bytes.append(UInt8(ascii: ",")) }
        bytes.append(UInt8(ascii: "\""))
        bytes += key.utf8
        bytes += "\":".utf8
        bytes += json
    }

    mutating func end() -> [UInt8] {
        bytes += "}\n".utf8
        return bytes
    }
}
