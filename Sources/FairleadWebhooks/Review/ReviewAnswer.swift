import FairleadModel

/// What a webhook has answered: the `response` of an AdmissionReview.
struct ReviewAnswer: Sendable {
    let isAllowed: Bool
    /// As the webhook gave it; nil if it gave none.
    let status: Value?
    let patch: [UInt8]
    let patchType: String?
    let warnings: [String]
    let annotations: [(key: String, value: String)]

    /// Reads an answer as Kubernetes' decoder does, and checks that it is about the question.
    ///
    /// Reference: `VerifyAdmissionResponse` of k8s.io/apiserver `pkg/admission/plugin/webhook/request`.
    init(_ bytes: [UInt8], uid: String, isMutating: Bool) throws(WebhookFailure) {
        let review = try ReviewDecoder.object(bytes, group: "admission.k8s.io", kind: "AdmissionReview")
        let response = review["response"]?.isNull == false ? review["response"] : nil
        if let response { try Self.check(response) }
        guard let response else { throw .invalid("webhook response was absent") }
        let answered = response["uid"]?.string ?? ""
        guard answered == uid else {
            throw .invalid("expected response.uid=\(uid.goQuoted), got \(answered.goQuoted)")
        }
        let given = (apiVersion: review["apiVersion"]?.string ?? "", kind: review["kind"]?.string ?? "")
        guard given == ("admission.k8s.io/v1", "AdmissionReview") else {
            let shown =
                given.apiVersion.isEmpty && given.kind.isEmpty ? "/, Kind=" : "\(given.apiVersion), Kind=\(given.kind)"
            throw .invalid(
                "expected webhook response of admission.k8s.io/v1, Kind=AdmissionReview, got \(shown)")
        }
        isAllowed = response["allowed"]?.bool ?? false
        status = response["status"].flatMap { $0.isNull ? nil : $0 }
        patch = response["patch"]?.string.map { Base64.decode($0) } ?? []
        patchType = response["patchType"]?.string
        warnings = response["warnings"]?.array?.map { $0.string ?? "" } ?? []
        annotations = (response["auditAnnotations"]?.stringMap ?? [:]).sorted { $0.key < $1.key }.map {
            ($0.key, $0.value)
        }
        guard isMutating else { return }
        if !patch.isEmpty, patchType == nil {
            throw .invalid("webhook returned response.patch but not response.patchType")
        }
        if patch.isEmpty, patchType != nil {
            throw .invalid("webhook returned response.patchType but not response.patch")
        }
        if patchType == "" { throw .invalid("webhook returned invalid response.patchType of \"\"") }
    }

    /// The types of the fields.
    private static func check(_ response: Value) throws(WebhookFailure) {
        let decoder = ReviewDecoder(structure: "AdmissionResponse", path: "response")
        guard response.object != nil else {
            throw .unreadable(
                "json: cannot unmarshal \(response.jsonTypeName) into Go struct field AdmissionReview.response of type v1.AdmissionResponse"
            )
        }
        try decoder.expect(.string, response, "uid", "types.UID")
        try decoder.expect(.bool, response, "allowed", "bool")
        try decoder.expect(.string, response, "patch", "[]uint8")
        try decoder.expect(.string, response, "patchType", "v1.PatchType")
        try decoder.expect(.map, response, "auditAnnotations", "map[string]string")
        try decoder.expect(.list, response, "warnings", "[]string")
        if let patch = response["patch"]?.string {
            do throws(Base64.Malformed) {
                _ = try Base64.canonical(patch)
            } catch {
                throw .unreadable("illegal base64 data at input byte \(error.offset)")
            }
        }
        guard let status = response["status"], !status.isNull else { return }
        try decoder.expect(.object, response, "status", "v1.Status")
        let inner = ReviewDecoder(structure: "Status", path: "response.status")
        for field in ["status", "message"] { try inner.expect(.string, status, field, "string") }
        try inner.expect(.string, status, "reason", "v1.StatusReason")
        try inner.expect(.int32, status, "code", "int32")
        try inner.expect(.object, status, "details", "v1.StatusDetails")
    }

    /// The answer to the client whose request the webhook refuses.
    ///
    /// Reference: `ToStatusErr` of k8s.io/apiserver `pkg/admission/plugin/webhook/errors`.
    func denial(by name: String) -> APIStatus {
        let denied = "admission webhook \(name.goQuoted) denied the request"
        let reason = status?["reason"]?.string ?? ""
        let message = status?["message"]?.string ?? ""
        let code = Int(clamping: status?["code"]?.int ?? 0)
        let explanation = message.isEmpty ? reason : message
        return APIStatus(
            // A denial never looks like a success. Codes beyond those of HTTP cannot be sent.
            code: (400...999).contains(code) ? code : 400, reason: reason,
            message: explanation.isEmpty ? denied + " without explanation" : "\(denied): \(explanation)",
            details: status?["details"].flatMap(Self.details))
    }

    private static func details(_ value: Value) -> APIStatus.Details? {
        guard value.object != nil else { return nil }
        func text(_ value: Value, _ field: String) -> String { value[field]?.string ?? "" }
        return APIStatus.Details(
            name: text(value, "name"), group: text(value, "group"), kind: text(value, "kind"), uid: text(value, "uid"),
            causes: (value["causes"]?.array ?? []).prefix(1000).map {
                .init(reason: text($0, "reason"), message: text($0, "message"), field: text($0, "field"))
            }, retryAfterSeconds: Int(clamping: value["retryAfterSeconds"]?.int ?? 0))
    }
}
