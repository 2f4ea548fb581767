import FairleadRules
import FairleadModel

/// The rules of Events; objects are in their core form (see `EventConversion`), whichever API they came in through.
///
/// Reference: k8s.io/kubernetes `pkg/apis/core/validation/events.go`.
struct EventStrategy: ResourceStrategy {
    /// Whether the request came in through events.k8s.io/v1, which is stricter.
    let isStrict: Bool

    func prepareForUpdate(_ object: inout Value, old: Value, _ context: StrategyContext) {}

    func validate(_ object: Value, _ context: StrategyContext) -> [FieldError] {
        var errors = legacy(object)
        if !isStrict { return errors }
        if object["eventTime"]?.string == nil { errors.append(.required(FieldPath("eventTime"))) }
        let type = object.text("type")
        if !["Normal", "Warning"].contains(type) {
            errors.append(.invalid(FieldPath("type"), "", "has invalid value: \(type)"))
        }
        for field in ["firstTimestamp", "lastTimestamp"] where object[field]?.string != nil {
            errors.append(.invalid(FieldPath(field), "", "needs to be unset"))
        }
        if object.number("count") != 0 { errors.append(.invalid(FieldPath("count"), "", "needs to be unset")) }
        let source = object["source"] ?? .null
        if !source.text("component").isEmpty || !source.text("host").isEmpty {
            errors.append(.invalid(FieldPath("source"), "", "needs to be unset"))
        }
        return errors
    }

    /// The rules of both APIs: namespaces match, and events with an eventTime name their reporter and what they report.
    private func legacy(_ object: Value) -> [FieldError] {
        var errors: [FieldError] = []
        let namespace = object.namespace
        let involved = object.at("involvedObject", "namespace")?.string ?? ""
        let agrees = involved.isEmpty ? ["", "default"].contains(namespace) : involved == namespace
        if !agrees {
            errors.append(
                .invalid(
                    FieldPath("involvedObject", "namespace"), .string(involved), "does not match event.namespace"))
        }
        guard object["eventTime"]?.string != nil else { return errors }
        let controller = FieldPath(isStrict ? "reportingController" : "reportingComponent")
        let name = object.text("reportingComponent")
        if name.isEmpty {
            errors.append(.required(controller))
        } else {
            errors += FieldChecks.qualifiedName(name, controller)
        }
        for field in ["reportingInstance", "action", "reason"] {
            let text = object.text(field)
            if text.isEmpty {
                errors.append(.required(FieldPath(field)))
            } else if text.utf8.count > 128 {
                errors.append(.invalid(FieldPath(field), "", "can have at most 128 characters"))
            }
        }
        if object.text("message").utf8.count > 1024 {
            errors.append(.invalid(FieldPath("message"), "", "can have at most 1024 characters"))
        }
        return errors
    }

    func validateUpdate(_ object: Value, old: Value, _ context: StrategyContext) -> [FieldError] {
        var errors = legacy(object)
        if !isStrict { return errors }
        let fixed = [
            "involvedObject", "reason", "message", "source", "firstTimestamp", "lastTimestamp", "count", "type",
            "eventTime", "action", "related", "reportingComponent", "reportingInstance",
        ]
        for field in fixed where object[field] != old[field] {
            errors += FieldChecks.unchanged(object[field], old[field], FieldPath(field))
        }
        return errors
    }

    func nameErrors(_ name: String, isPrefix: Bool) -> [String] {
        isStrict
            ? NameRules.dns1123Subdomain(isPrefix ? name.maskingTrailingDash : name) : NameRules.pathSegment(name)
    }

    private static let objectFields = [
        "kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath",
    ]

    var selectableFieldNames: [String] {
        let object = isStrict ? "regarding" : "involvedObject"
        return Self.objectFields.map { "\(object).\($0)" }
            + ["reason", isStrict ? "reportingController" : "reportingComponent", "source", "type"]
    }

    func selectableFields(of object: Value) -> [String: String] {
        let involved = object["involvedObject"] ?? object["regarding"] ?? .null
        let prefix = isStrict ? "regarding" : "involvedObject"
        var fields: [String: String] = [:]
        for name in Self.objectFields { fields["\(prefix).\(name)"] = involved.text(name) }
        let reporter = object["reportingComponent"]?.string ?? object.text("reportingController")
        fields["reason"] = object.text("reason")
        fields[isStrict ? "reportingController" : "reportingComponent"] = reporter
        let source = (object["source"] ?? object["deprecatedSource"])?.text("component") ?? ""
        fields["source"] = source.isEmpty ? reporter : source
        fields["type"] = object.text("type")
        return fields
    }

    let allowsCreateOnUpdate = true
}
