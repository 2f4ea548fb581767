import FairleadRules
import FairleadModel

/// The rules of LimitRanges. Reference: ValidateLimitRange of k8s.io/kubernetes `pkg/apis/core/validation`.
struct LimitRangeStrategy: ResourceStrategy {
    /// Of containers, missing defaults follow from what else is given: default ← max, defaultRequest ← default, min.
    func setDefaults(_ object: inout Value) {
        object.change("spec") { spec in
            spec.changeItems("limits") { limit in
                guard limit.text("type") == "Container" else { return }
                Self.fill(&limit, "default", from: "max")
                Self.fill(&limit, "defaultRequest", from: "default")
                Self.fill(&limit, "defaultRequest", from: "min")
            }
        }
    }

    private static func fill(_ limit: inout Value, _ target: String, from source: String) {
        guard let given = limit[source]?.object, !given.isEmpty else { return }
        let filled = (limit[target]?.object ?? Object()).merging(given) { _, mine, theirs in mine ?? theirs }
        limit[target] = .object(filled)
    }

    func prepareForUpdate(_ object: inout Value, old: Value, _ context: StrategyContext) {}

    func validate(_ object: Value, _ context: StrategyContext) -> [FieldError] {
        var errors: [FieldError] = []
        var types: Set<String> = []
        for (index, limit) in (object["spec"]?.items("limits") ?? []).enumerated() {
            let path = FieldPath("spec", "limits").index(index)
            let type = limit.text("type")
            errors += FieldChecks.qualifiedName(type, path.child("type"))
            if !type.contains("/"), !["Pod", "Container", "PersistentVolumeClaim"].contains(type) {
                errors.append(
                    .invalid(
                        path.child("type"), .string(type), "must be a standard limit type or fully qualified"))
            }
            if !types.insert(type).inserted { errors.append(.duplicate(path.child("type"), .string(type))) }
            if type == "Pod" {
                for field in ["default", "defaultRequest"] where !limit.entries(field).isEmpty {
                    errors.append(
                        .forbidden(path.child(field), "may not be specified when `type` is 'Pod'"))
                }
            }
            errors += bounds(limit, path)
        }
        return errors
    }

    private static let kinds = ["max", "min", "default", "defaultRequest", "maxLimitRequestRatio"]

    /// min ≤ defaultRequest ≤ default ≤ max, for each resource.
    private func bounds(_ limit: Value, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        let names = Set(Self.kinds.flatMap { limit.entries($0).map(\.key) }).sorted()
        for name in names {
            func amount(_ kind: String) -> Quantity? { limit.at(kind, name)?.string.flatMap { Quantity($0) } }
            func require(
                _ low: (words: String, amount: Quantity?), notAbove high: (words: String, amount: Quantity?),
                at kind: String, _ value: Quantity?
            ) {
                guard let first = low.amount, let second = high.amount, let value, first > second else { return }
                errors.append(
                    .invalid(
                        path.child(kind).key(name), .string(value.description),
                        "\(low.words) value \(first) is greater than \(high.words) value \(second)"))
            }
            let low = (words: "min", amount: amount("min"))
            let high = (words: "max", amount: amount("max"))
            let limits = (words: "default", amount: amount("default"))
            let requests = (words: "default request", amount: amount("defaultRequest"))
            require(low, notAbove: high, at: "min", low.amount)
            require(low, notAbove: requests, at: "defaultRequest", requests.amount)
            require(requests, notAbove: high, at: "defaultRequest", requests.amount)
            require(requests, notAbove: limits, at: "defaultRequest", requests.amount)
            // The API server shows the minimum here, not the default.
            require(low, notAbove: limits, at: "default", low.amount)
            require(limits, notAbove: high, at: "default", limits.amount)
            if let ratio = amount("maxLimitRequestRatio"), ratio < Quantity(1) {
                errors.append(
                    .invalid(
                        path.child("maxLimitRequestRatio").key(name), .string(ratio.description),
                        "ratio \(ratio) is less than 1"))
            }
        }
        return errors
    }
}
