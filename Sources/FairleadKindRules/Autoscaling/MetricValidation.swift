import FairleadRules
import FairleadModel

/// One entry of an autoscaler's `metrics`: a type and the source that matches it.
enum MetricValidation {
    /// The source field of each type, in the order in which Kubernetes checks them.
    private static let sources: [(type: String, field: String)] = [
        ("Object", "object"), ("External", "external"), ("Pods", "pods"), ("Resource", "resource"),
        ("ContainerResource", "containerResource"),
    ]
    private static let types = ["ContainerResource", "External", "Object", "Pods", "Resource"]

    static func errors(of metric: Value, _ path: FieldPath) -> [FieldError] {
        let type = metric.text("type")
        let here = path.child("type")
        var errors: [FieldError] = []
        if type.isEmpty { errors.append(.required(here, "must specify a metric source type")) }
        errors += FieldChecks.oneOf(type, types, here)
        let present = sources.map(\.field).filter { metric[$0] != nil }
        if let first = present.first, let source = metric[first] {
            errors += self.errors(ofSource: source, first, path.child(first))
        }
        let expected = sources.first { $0.type == type }?.field
        if let expected {
            if metric[expected] == nil {
                errors.append(
                    .required(path.child(expected), "must populate information for the given metric source"))
            }
        } else {
            errors += FieldChecks.oneOf(type, types, here)
        }
        if present.count > 1 {
            for field in present where field != expected {
                errors.append(.forbidden(path.child(field), "must populate the given metric source only"))
            }
        }
        return errors
    }

    private static func errors(ofSource source: Value, _ kind: String, _ path: FieldPath) -> [FieldError] {
        switch kind {
        case "resource", "containerResource": resource(source, isOfContainer: kind == "containerResource", path)
        default: metric(source, kind, path)
        }
    }

    private static func resource(_ source: Value, isOfContainer: Bool, _ path: FieldPath) -> [FieldError] {
        let name = source.text("name")
        var errors: [FieldError] = []
        if name.isEmpty {
            errors.append(.required(path.child("name"), "must specify a resource name"))
        } else if isOfContainer {
            errors += ResourceNames.errors(ofContainer: name, path.child("name"))
        }
        if isOfContainer {
            let container = source.text("container")
            errors +=
                container.isEmpty
                ? [.required(path.child("container"), "must specify a container")]
                : FieldChecks.dnsLabel(container, path.child("container"))
        }
        let target = source["target"] ?? .null
        let here = path.child("target")
        errors += self.errors(ofTarget: target, here)
        switch (target["averageUtilization"] != nil, target["averageValue"] != nil) {
        case (false, false):
            errors.append(
                .required(
                    here.child("averageUtilization"),
                    "must set either a target raw value or a target utilization"))
        case (true, true):
            errors.append(
                .forbidden(
                    here.child("averageValue"), "may not set both a target raw value and a target utilization"))
        default: break
        }
        return errors
    }

    private static func metric(_ source: Value, _ kind: String, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        if kind == "object" {
            errors += ObjectReferenceValidation().errors(
                of: source["describedObject"] ?? .null, path.child("describedObject"))
        }
        let name = source["metric"]?.text("name") ?? ""
        let namePath = path.child("metric", "name")
        errors +=
            name.isEmpty
            ? [.required(namePath, "must specify a metric name")]
            : FieldChecks.messages(NameRules.pathSegment(name), value: name, namePath)
        let target = source["target"] ?? .null
        let here = path.child("target")
        errors += self.errors(ofTarget: target, here)
        let hasValue = target["value"] != nil
        let hasAverage = target["averageValue"] != nil
        let average = here.child("averageValue")
        switch kind {
        case "pods" where !hasAverage:
            errors.append(.required(average, "must specify a positive target averageValue"))
        case "object" where !hasValue && !hasAverage:
            errors.append(.required(average, "must set either a target value or averageValue"))
        case "external" where !hasValue && !hasAverage:
            errors.append(.required(average, "must set either a target value for metric or a per-pod target"))
        case "external" where hasValue && hasAverage:
            errors.append(
                .forbidden(
                    here.child("value"), "may not set both a target value for metric and a per-pod target"))
        default: break
        }
        return errors
    }

    private static func errors(ofTarget target: Value, _ path: FieldPath) -> [FieldError] {
        let type = target.text("type")
        var errors: [FieldError] = []
        if type.isEmpty { errors.append(.required(path.child("type"), "must specify a metric target type")) }
        if !["Utilization", "Value", "AverageValue"].contains(type) {
            errors.append(
                .invalid(
                    path.child("type"), .string(type), "must be either Utilization, Value, or AverageValue"))
        }
        for field in ["value", "averageValue"] {
            guard let text = target[field]?.string, let amount = Quantity(text) else { continue }
            if amount.isZero || amount.isNegative {
                errors.append(.invalid(path.child(field), .string(text), "must be positive"))
            }
        }
        if let utilization = target["averageUtilization"]?.int, utilization < 1 {
            errors.append(.invalid(path.child("averageUtilization"), .int(utilization), "must be greater than 0"))
        }
        return errors
    }
}
