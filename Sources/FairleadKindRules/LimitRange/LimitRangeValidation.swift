package import FairleadModel
import FairleadRules

/// What is wrong with a LimitRange. Reference: ValidateLimitRange of k8s.io/kubernetes `pkg/apis/core/validation`.
package enum LimitRangeValidation {
    private static let types = ["Pod", "Container", "PersistentVolumeClaim"]

    package static func errors(_ object: Value) -> [FieldError] {
        var errors: [FieldError] = []
        var seen: Set<String> = []
        for (index, limit) in (object["spec"]?.items("limits") ?? []).enumerated() {
            let path = FieldPath("spec", "limits").index(index)
            let type = limit.text("type")
            errors += typeErrors(type, path.child("type"))
            if !seen.insert(type).inserted { errors.append(.duplicate(path.child("type"), .string(type))) }
            errors += fieldErrors(limit, type, path)
            errors += BoundsValidation(limit: limit, path: path).errors()
        }
        return errors
    }

    private static func typeErrors(_ type: String, _ path: FieldPath) -> [FieldError] {
        let malformed = FieldChecks.qualifiedName(type, path)
        if !malformed.isEmpty || type.contains("/") || types.contains(type) { return malformed }
        return [.invalid(path, .string(type), "must be a standard limit type or fully qualified")]
    }

    /// Errors in resource names, and fields that are required or forbidden.
    private static func fieldErrors(_ limit: Value, _ type: String, _ path: FieldPath) -> [FieldError] {
        func nameErrors(_ field: String) -> [FieldError] {
            limit.entries(field).flatMap { member in
                let here = path.child(field).key(member.key)
                return type == "Pod" || type == "Container"
                    ? ResourceNames.errors(ofContainer: member.key, here) : ResourceNames.errors(member.key, here)
            }
        }
        var errors = nameErrors("max") + nameErrors("min")
        for field in ["default", "defaultRequest"] {
            if type != "Pod" {
                errors += nameErrors(field)
            } else if !limit.entries(field).isEmpty {
                errors.append(.forbidden(path.child(field), "may not be specified when `type` is 'Pod'"))
            }
        }
        if type == "PersistentVolumeClaim", limit.at("min", "storage") == nil, limit.at("max", "storage") == nil {
            errors.append(
                .required(
                    path.child("limits"),
                    "either minimum or maximum storage value is required, but neither was provided"))
        }
        return errors + nameErrors("maxLimitRequestRatio")
    }
}

/// How the bounds of a limit relate to each other: min ≤ defaultRequest ≤ default ≤ max, for each resource.
private struct BoundsValidation {
    let limit: Value
    let path: FieldPath

    private struct Bound {
        var words: String
        var amount: Quantity?
    }

    func errors() -> [FieldError] {
        var fields = ["max", "min", "maxLimitRequestRatio"]
        if limit.text("type") != "Pod" { fields += ["default", "defaultRequest"] }
        let names = Set(fields.flatMap { limit.entries($0).map(\.key) }).sorted()
        return names.flatMap { name in
            errors(of: name) { field in
                fields.contains(field) ? limit.at(field, name)?.string.flatMap { Quantity($0) } : nil
            }
        }
    }

    private func errors(of name: String, _ amount: (String) -> Quantity?) -> [FieldError] {
        var errors: [FieldError] = []
        func require(_ low: Bound, notAbove high: Bound, at field: String, _ value: Quantity?) {
            guard let first = low.amount, let second = high.amount, let value, first > second else { return }
            errors.append(
                invalid(field, name, value, "\(low.words) value \(first) is greater than \(high.words) value \(second)")
            )
        }
        let low = Bound(words: "min", amount: amount("min"))
        let high = Bound(words: "max", amount: amount("max"))
        let limits = Bound(words: "default", amount: amount("default"))
        let requests = Bound(words: "default request", amount: amount("defaultRequest"))
        require(low, notAbove: high, at: "min", low.amount)
        require(low, notAbove: requests, at: "defaultRequest", requests.amount)
        require(requests, notAbove: high, at: "defaultRequest", requests.amount)
        require(requests, notAbove: limits, at: "defaultRequest", requests.amount)
        // The API server prints the minimum here, not the default.
        require(low, notAbove: limits, at: "default", low.amount)
        require(limits, notAbove: high, at: "default", limits.amount)
        if let ratio = amount("maxLimitRequestRatio") { errors += ratioErrors(ratio, name, low.amount, high.amount) }
        if !ResourceNames.mayBeOvercommitted(name), let limit = limits.amount, let request = requests.amount,
            limit != request
        {
            errors.append(
                invalid(
                    "defaultRequest", name, request,
                    "default value \(limit) must equal to defaultRequest value \(request) in \(name)"))
        }
        return errors
    }

    private func ratioErrors(_ ratio: Quantity, _ name: String, _ low: Quantity?, _ high: Quantity?) -> [FieldError] {
        var errors: [FieldError] = []
        if ratio < Quantity(1) {
            errors.append(invalid("maxLimitRequestRatio", name, ratio, "ratio \(ratio) is less than 1"))
        }
        guard let low, let high else { return errors }
        let most = Int64.max / 1000
        let isFine = [ratio, low, high].allSatisfy { $0.value < most }
        let (smallest, largest) = isFine ? (low.milliValue, high.milliValue) : (low.value, high.value)
        let widest = Double(largest) / Double(smallest)
        guard (isFine ? Double(ratio.milliValue) / 1000 : Double(ratio.value)) > widest else { return errors }
        errors.append(
            invalid(
                "maxLimitRequestRatio", name, ratio,
                "ratio \(ratio) is greater than max/min = \(LimitConstraint.decimals(largest, over: smallest))"))
        return errors
    }

    private func invalid(_ field: String, _ name: String, _ value: Quantity, _ detail: String) -> FieldError {
        .invalid(path.child(field).key(name), .string(value.description), detail)
    }
}
