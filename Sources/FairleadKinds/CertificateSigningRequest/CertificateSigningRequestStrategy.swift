import FairleadModel

/// The rules of certificate requests: the spec never changes, and each part of the status has its own subresource.
struct CertificateSigningRequestStrategy: ResourceStrategy {
    func setDefaults(_ object: inout Value) {
        object.change("status") { status in
            status.changeItems("conditions") { $0.setDefaultText("status", "True") }
        }
    }

    func prepareForCreate(_ object: inout Value, _ context: StrategyContext) { object["status"] = [:] }

    func prepareForUpdate(_ object: inout Value, old: Value, _ context: StrategyContext) {
        object["spec"] = old["spec"]
        object["status"] = old["status"]
    }

    /// The decision is made through `approval`, the rest of the status through `status`.
    func prepareForStatusUpdate(_ object: inout Value, old: Value, _ context: StrategyContext) {
        object["spec"] = old["spec"]
        let now = Value.string(context.environment.now().rfc3339)
        if context.subresource == "approval" {
            object.set(old.at("status", "certificate"), at: "status", "certificate")
        } else {
            var conditions = object.items("status", "conditions").filter { !Self.decisions.contains($0.text("type")) }
            conditions =
                old.items("status", "conditions").filter { Self.decisions.contains($0.text("type")) } + conditions
            object.set(conditions.isEmpty ? nil : .array(conditions), at: "status", "conditions")
        }
        object.change("status") { status in
            status.changeItems("conditions") { condition in
                condition.setDefault("lastUpdateTime", now)
                condition.setDefault("lastTransitionTime", now)
            }
        }
    }

    private static let decisions: Set<String> = ["Approved", "Denied"]

    func validate(_ object: Value, _ context: StrategyContext) -> [FieldError] {
        let spec = object["spec"] ?? .null
        let path = FieldPath("spec")
        var errors: [FieldError] = []
        // What is inside of the block is for the signer to read.
        let request = spec.text("request")
        if PEMBlock.all(in: Base64.decode(request)).first?.type != "CERTIFICATE REQUEST" {
            errors.append(
                .invalid(path.child("request"), .string(request), "PEM block type must be CERTIFICATE REQUEST"))
        }
        if spec.isEmptyOrAbsent("usages") { errors.append(.required(path.child("usages"))) }
        if spec.text("signerName").isEmpty { errors.append(.required(path.child("signerName"))) }
        if let seconds = spec["expirationSeconds"]?.int, seconds < 600 {
            errors.append(
                .invalid(
                    path.child("expirationSeconds"), .int(seconds),
                    "may not specify a duration less than 600 seconds (10 minutes)"))
        }
        return errors
    }

    func validateUpdate(_ object: Value, old: Value, _ context: StrategyContext) -> [FieldError] { [] }

    func selectableFields(of object: Value) -> [String: String] {
        ["spec.signerName": object.at("spec", "signerName")?.string ?? ""]
    }
    var selectableFieldNames: [String] { ["spec.signerName"] }

    /// `Approved,Issued` and the like, as shown in tables.
    static func state(of request: Value) -> String {
        let types = request.items("status", "conditions").map { $0.text("type") }
        var states: [String] = []
        if let decision = ["Denied", "Approved"].first(where: types.contains) { states.append(decision) }
        if types.contains("Failed") { states.append("Failed") }
        if states.isEmpty { states.append("Pending") }
        if !(request.at("status", "certificate")?.string ?? "").isEmpty { states.append("Issued") }
        return states.joined(separator: ",")
    }
}
