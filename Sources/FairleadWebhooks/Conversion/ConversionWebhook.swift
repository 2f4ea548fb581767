import FairleadAPI
package import FairleadModel
package import FairleadSchema
package import FairleadStorage

/// Converts custom objects by the webhooks of their definitions (ConversionReview of apiextensions.k8s.io/v1).
///
/// Reference: k8s.io/apiextensions-apiserver `pkg/apiserver/conversion/webhook_converter.go`.
package struct ConversionWebhook: CustomConverter {
    private let caller: WebhookCaller
    private let environment: Environment

    package init(caller: WebhookCaller, environment: Environment) {
        self.caller = caller
        self.environment = environment
    }

    private static let timeoutSeconds = 30

    package func convert(
        _ objects: [Value], of definition: CustomDefinition, to apiVersion: String, _ snapshot: Snapshot
    ) async throws(APIStatus) -> [Value] {
        guard let webhook = definition.conversionWebhook, let first = objects.first else { return objects }
        let subject = "conversion webhook for \(first.apiVersion), Kind=\(first.kind)"
        func failed(_ why: String) -> APIStatus { APIStatus(code: 500, reason: "", message: "\(subject) \(why)") }
        guard webhook["conversionReviewVersions"]?.array?.contains("v1") ?? false else {
            throw failed("failed: no supported conversion review versions")
        }
        let uid = environment.newUID()
        let answers: [Value]
        do throws(WebhookFailure) {
            let bytes = try await caller.post(
                Self.review(objects, to: apiVersion, uid: uid),
                to: WebhookTarget(clientConfig: webhook["clientConfig"] ?? .null),
                agent: "kube-apiserver", timeoutSeconds: Self.timeoutSeconds, snapshot)
            answers = try ConversionAnswer.objects(bytes, uid: uid)
        } catch {
            throw failed("failed: \(error.reason)")
        }
        guard answers.count == objects.count else {
            throw failed("returned \(answers.count) objects, expected \(objects.count)")
        }
        var converted: [Value] = []
        for (object, answer) in zip(objects, answers) {
            do throws(ConvertedObject.Fault) {
                converted.append(try ConvertedObject.checked(answer, from: object, apiVersion: apiVersion))
            } catch {
                throw failed("returned invalid \(error.what): \(error.why)")
            }
        }
        return converted
    }

    private static func review(_ objects: [Value], to apiVersion: String, uid: String) -> [UInt8] {
        let review: Value = [
            "kind": "ConversionReview", "apiVersion": "apiextensions.k8s.io/v1",
            "request": [
                "uid": .string(uid), "desiredAPIVersion": .string(apiVersion), "objects": .array(objects),
            ],
            // Not a pointer in Kubernetes' type, so never left out.
            "response": ["uid": "", "convertedObjects": .null, "result": ["metadata": .object(Object())]],
        ]
        return review.jsonBytes
    }
}

/// Reads what a conversion webhook has answered.
private enum ConversionAnswer {
    static func objects(_ bytes: [UInt8], uid: String) throws(WebhookFailure) -> [Value] {
        let review: Value
        do throws(WebhookFailure) {
            review = try ReviewDecoder.object(bytes, group: "apiextensions.k8s.io", kind: "ConversionReview")
            try check(review)
        } catch {
            // As it is said of admission, where a prefix says that it was the call.
            throw WebhookFailure(error.reason.replacing("failed to call webhook: ", with: "", maxReplacements: 1))
        }
        let given = (apiVersion: review["apiVersion"]?.string ?? "", kind: review["kind"]?.string ?? "")
        guard given == ("apiextensions.k8s.io/v1", "ConversionReview") else {
            let shown =
                given.apiVersion.isEmpty && given.kind.isEmpty ? "/, Kind=" : "\(given.apiVersion), Kind=\(given.kind)"
            throw WebhookFailure(
                "expected webhook response of apiextensions.k8s.io/v1, Kind=ConversionReview, got \(shown)")
        }
        guard let response = review["response"], !response.isNull else { throw WebhookFailure("no response provided") }
        let answered = response["uid"]?.string ?? ""
        guard answered == uid else {
            throw WebhookFailure("expected response.uid=\(uid.goQuoted), got \(answered.goQuoted)")
        }
        let status = response.at("result", "status")?.string ?? ""
        guard status == "Success" else {
            let message = response.at("result", "message")?.string ?? ""
            throw WebhookFailure(
                message.isEmpty ? "response.result.status was \(status.goQuoted), not \"Success\"" : message)
        }
        return response["convertedObjects"]?.array ?? []
    }

    private static func check(_ review: Value) throws(WebhookFailure) {
        guard let response = review["response"], !response.isNull else { return }
        guard response.object != nil else {
            throw WebhookFailure(
                "json: cannot unmarshal \(response.jsonTypeName) into Go struct field ConversionReview.response of type v1.ConversionResponse"
            )
        }
        let decoder = ReviewDecoder(structure: "ConversionResponse", path: "response")
        try decoder.expect(.string, response, "uid", "types.UID")
        try decoder.expect(.object, response, "result", "v1.Status")
        if let objects = response["convertedObjects"], !objects.isNull, objects.array == nil {
            throw WebhookFailure(
                "json: cannot unmarshal \(objects.jsonTypeName) into Go struct field ConversionResponse.response.convertedObjects of type []runtime.RawExtension"
            )
        }
        guard let result = response["result"] else { return }
        let inner = ReviewDecoder(structure: "Status", path: "response.result")
        for field in ["status", "message"] { try inner.expect(.string, result, field, "string") }
    }
}

/// What a webhook may change of an object: its fields, labels and annotations, but not what it is.
enum ConvertedObject {
    struct Fault: Error {
        var what: String
        var why: String
    }

    static func checked(_ answer: Value, from object: Value, apiVersion: String) throws(Fault) -> Value {
        guard answer.object != nil else {
            throw Fault(what: "object", why: "converted object of type \(answer.jsonTypeName) is no object")
        }
        guard answer.apiVersion == apiVersion else {
            throw Fault(
                what: "object", why: "invalid groupVersion (expected \(apiVersion), received \(answer.apiVersion))")
        }
        guard answer.kind == object.kind else {
            throw Fault(what: "object", why: "invalid kind (expected \(object.kind), received \(answer.kind))")
        }
        for (what, field) in [("name", "name"), ("namespace", "namespace"), ("UID", "uid")] {
            let (before, after) = (text(object, field), text(answer, field))
            guard before == after else {
                throw Fault(what: "object", why: "must have the same \(what): \(before) != \(after)")
            }
        }
        do throws(Fault) {
            return try restoringMetadata(of: object, in: answer)
        } catch {
            throw Fault(what: "metadata", why: error.why)
        }
    }

    private static func text(_ object: Value, _ field: String) -> String {
        object.at("metadata", field)?.string ?? ""
    }

    private static func restoringMetadata(of object: Value, in answer: Value) throws(Fault) -> Value {
        func fault(_ why: String) -> Fault { Fault(what: "metadata", why: why) }
        guard let given = answer["metadata"] else { throw fault("missing metadata in converted object") }
        guard given.object != nil else { throw fault("invalid metadata of type \(goType(given)) in converted object") }
        var metadata = object["metadata"]?.object ?? Object()
        for field in ["labels", "annotations"] {
            guard let map = given[field], !map.isNull else {
                metadata[field] = nil
                continue
            }
            guard let members = map.object else {
                throw fault("invalid metadata.\(field) of type \(goType(map)) in converted object")
            }
            for (key, value) in members where value.string == nil {
                throw fault("metadata.\(field)[\(key)] must be a string, but is \(goType(value)) in converted object")
            }
            if map != object.at("metadata", field), let why = problem(map, field) { throw fault(why) }
            metadata[field] = map
        }
        var result = answer
        result["metadata"] = .object(metadata)
        return result
    }

    /// The maps that were there before are valid.
    private static func problem(_ map: Value, _ field: String) -> String? {
        let texts = map.stringMap
        let path = "metadata.\(field)"
        if field == "labels" {
            for (key, value) in texts.sorted(by: { $0.key < $1.key }) {
                do throws(SelectorError) {
                    // A selector's requirements are checked as labels are.
                    _ = try LabelSelector(labelSelector: ["matchLabels": .object([key: .string(value)])])
                } catch {
                    return "\(path): Invalid value: \(key.goQuoted): \(error.message)"
                }
            }
            return nil
        }
        let size = texts.reduce(0) { $0 + $1.key.utf8.count + $1.value.utf8.count }
        return size > 256 << 10 ? "\(path): Too long: may not be more than 262144 bytes" : nil
    }

    private static func goType(_ value: Value) -> String {
        switch value {
        case .null: "<nil>"
        case .bool: "bool"
        case .string: "string"
        case .array: "[]interface {}"
        case .object: "map[string]interface {}"
        case .double: "float64"
        default: "int64"
        }
    }
}
