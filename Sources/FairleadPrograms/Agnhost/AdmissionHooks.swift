import FairleadContainers
import FairleadModel

/// The answers of the webhooks, by path.
struct AdmissionHooks: Sendable {
    let process: Process
    let sidecarImage: String

    enum Verdict {
        case allow
        case allowSaying(String)
        case deny(message: String)
        case denyWithReason(String)
        /// JSON patch operations.
        case patch([Value])
    }

    func respond(to request: WebRequest) async -> WebResponse {
        let type = request.header("content-type") ?? ""
        guard type == "application/json" else {
            return .sniffed(415, "contentType=\(type), expect application/json\n")
        }
        // As the decoder of the real one, which refuses what is no review.
        guard let review = try? JSON.parse(request.body).value else {
            return .sniffed(400, "Request could not be decoded: not JSON\n")
        }
        let version = review["apiVersion"]?.string ?? ""
        guard ["admission.k8s.io/v1", "admission.k8s.io/v1beta1"].contains(version),
            review["kind"]?.string == "AdmissionReview"
        else {
            return .sniffed(400, "Unsupported group version kind: \(version), Kind=\(review["kind"]?.string ?? "")\n")
        }
        guard let verdict = await verdict(request.path, review["request"] ?? .null) else { return .goNotFound }
        var response: Value = ["uid": review.at("request", "uid") ?? ""]
        switch verdict {
        case .allow: response["allowed"] = true
        case .allowSaying(let text):
            response["allowed"] = true
            response["status"] = .object(["metadata": .object([:]), "message": .string(text)])
        case .deny(let message):
            response["allowed"] = false
            response["status"] = .object(["metadata": .object([:]), "message": .string(message)])
        case .denyWithReason(let reason):
            response["allowed"] = false
            response["status"] = .object(["metadata": .object([:]), "reason": .string(reason)])
        case .patch(let operations):
            response["allowed"] = true
            if !operations.isEmpty {
                response["patchType"] = "JSONPatch"
                response["patch"] = .string(Base64.encode(Value.array(operations).jsonBytes[...]))
            }
        }
        let answer = Value.object(["kind": "AdmissionReview", "apiVersion": .string(version), "response": response])
        return .json(200, answer.jsonText)
    }

    private func verdict(_ path: String, _ request: Value) async -> Verdict? {
        let object = request["object"] ?? .null
        let old = request["oldObject"] ?? .null
        switch path {
        case "/always-deny": return .deny(message: "this webhook denies all requests")
        case "/always-allow-delay-5s":
            _ = await process.sleep(for: .seconds(5))
            return .allowSaying("this webhook allows all requests")
        case "/add-label": return addLabel(object)
        case "/pods": return await pods(object)
        case "/pods/attach": return attach(request)
        case "/mutating-pods": return mutatedPod(object)
        case "/mutating-pods-sidecar": return withSidecar(object)
        case "/configmaps", "/custom-resource": return data(path, request, object, old)
        case "/mutating-configmaps", "/mutating-custom-resource": return stages(object)
        case "/crd":
            return object.at("metadata", "labels", "webhook-e2e-test")?.string == "webhook-disallow"
                ? .deny(message: "the crd contains unwanted label") : .allow
        default: return nil
        }
    }

    static func add(_ path: String, _ value: Value, _ operation: String = "add") -> Value {
        .object(["op": .string(operation), "path": .string(path), "value": value])
    }

    private func addLabel(_ object: Value) -> Verdict {
        guard let labels = object.at("metadata", "labels")?.object, !labels.isEmpty else {
            return .patch([Self.add("/metadata/labels", ["added-label": "yes"])])
        }
        guard let present = labels["added-label"] else {
            return .patch([Self.add("/metadata/labels/added-label", "yes")])
        }
        return present.string == "yes"
            ? .allow : .patch([Self.add("/metadata/labels/added-label", "yes", "replace")])
    }

    private func pods(_ pod: Value) async -> Verdict {
        var complaint = ""
        let label = pod.at("metadata", "labels", "webhook-e2e-test")?.string
        if label == "webhook-disallow" { complaint += "the pod contains unwanted label; " }
        // Longer than anybody waits for a webhook.
        if label == "wait-forever" { _ = await process.sleep(for: .seconds(120)) }
        let names = (pod.at("spec", "containers")?.array ?? []).map { $0["name"]?.string ?? "" }
        if names.contains(where: { $0.contains("webhook-disallow") }) {
            complaint += "the pod contains unwanted container name; "
        }
        return complaint.isEmpty ? .allow : .deny(message: complaint.trimmingSpaces)
    }

    private func attach(_ request: Value) -> Verdict {
        let options = request["object"] ?? .null
        guard request["name"]?.string == "to-be-attached-pod", options["stdin"]?.bool == true,
            options["container"]?.string == "container1"
        else { return .allow }
        return .deny(message: "attaching to pod 'to-be-attached-pod' is not allowed")
    }

    private func mutatedPod(_ pod: Value) -> Verdict {
        guard pod.at("metadata", "name")?.string == "webhook-to-be-mutated",
            (pod.at("spec", "initContainers")?.array ?? []).isEmpty
        else { return .allow }
        let container: Value = [
            "name": "webhook-added-init-container", "image": "webhook-added-image", "resources": [:],
        ]
        return .patch([Self.add("/spec/initContainers", .array([container]))])
    }

    private func withSidecar(_ pod: Value) -> Verdict {
        guard !sidecarImage.isEmpty else { return .deny(message: "No image specified by the sidecar-image parameter") }
        let names = (pod.at("spec", "containers")?.array ?? []).map { $0["name"]?.string }
        if names.contains("webhook-added-sidecar") { return .allow }
        let container: Value = ["name": "webhook-added-sidecar", "image": .string(sidecarImage), "resources": [:]]
        return .patch([Self.add("/spec/containers/-", container)])
    }

    private func data(_ path: String, _ request: Value, _ object: Value, _ old: Value) -> Verdict {
        let what = path == "/configmaps" ? "the configmap" : "the custom resource"
        switch request["operation"]?.string {
        case "CREATE", "UPDATE":
            guard object.at("data", "webhook-e2e-test")?.string == "webhook-disallow" else { return .allow }
            return .denyWithReason(
                path == "/configmaps" ? "\(what) contains unwanted key and value" : "\(what) contains unwanted data")
        case "DELETE":
            guard old.at("data", "webhook-e2e-test")?.string == "webhook-nondeletable" else { return .allow }
            return .denyWithReason("\(what) cannot be deleted because it contains unwanted key and value")
        default: return .allow
        }
    }

    private func stages(_ object: Value) -> Verdict {
        if object.at("data", "mutation-stage-1")?.string == "yes" {
            return .patch([Self.add("/data/mutation-stage-2", "yes")])
        }
        return object.at("data", "mutation-start")?.string == "yes"
            ? .patch([Self.add("/data/mutation-stage-1", "yes")]) : .allow
    }
}
