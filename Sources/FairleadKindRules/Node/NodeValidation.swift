import FairleadRules
package import FairleadModel

/// The field errors of nodes (ValidateNode, ValidateNodeUpdate).
package enum NodeValidation {
    /// Errors in taints are reported below `metadata`, as in Kubernetes.
    package static func taints(_ taints: [Value]) -> [FieldError] {
        var errors: [FieldError] = []
        var seen: Set<String> = []
        for (index, taint) in taints.enumerated() {
            let path = FieldPath("metadata", "taints").index(index)
            let key = taint.text("key")
            errors += FieldChecks.qualifiedName(key, path.child("key"))
            let messages = NameRules.labelValue(taint.text("value"))
            if !messages.isEmpty {
                errors.append(.invalid(path.child("value"), taint["value"] ?? "", messages.joined(separator: ";")))
            }
            let effect = taint.text("effect")
            errors +=
                effect.isEmpty
                ? [.required(path.child("effect"))]
                : FieldChecks.oneOf(effect, TolerationValidation.effects, path.child("effect"))
            if !seen.insert("\(effect) \(key)").inserted {
                errors.append(
                    FieldError(
                        .duplicate, path,
                        printedValue: InternalForm.text(of: taint, as: "Taint"),
                        detail: "taints must be unique by key and effect pair"))
            }
        }
        return errors
    }

    package static func quantities(_ node: Value) -> [FieldError] {
        var errors: [FieldError] = []
        for field in ["capacity", "allocatable"] {
            for member in node["status"]?.entries(field) ?? [] {
                guard let text = member.value.string, let quantity = Quantity(text), quantity < Quantity(0) else {
                    continue
                }
                errors.append(
                    .invalid(
                        FieldPath("status", field, member.key), .string(quantity.description),
                        FieldChecks.mustBeNonNegative))
            }
        }
        return errors
    }

    package static func podCIDRs(_ ranges: [String]) -> [FieldError] {
        let path = FieldPath("spec", "podCIDRs")
        var errors: [FieldError] = []
        for (index, range) in ranges.enumerated() {
            errors += FieldChecks.messages(NameRules.cidr(range), value: range, path.index(index))
        }
        if ranges.count < 2 { return errors }
        let families = Set(ranges.compactMap { CIDR($0)?.isIPv4 })
        if families.count < 2 || ranges.count > 2 {
            errors.append(
                .invalid(
                    path, .array(ranges.map { .string($0) }),
                    "may specify no more than one CIDR for each IP family"))
        }
        return errors
    }

    package static func change(_ node: Value, old: Value) -> [FieldError] {
        var errors = quantities(node)
        var seen: Set<Value> = []
        for (index, address) in (node["status"]?.items("addresses") ?? []).enumerated()
        where !seen.insert(address).inserted {
            errors.append(
                FieldError(
                    .duplicate, field: FieldPath("status", "addresses").index(index).description,
                    printedValue:
                        "{\"Type\":\(address.text("type").goQuoted),\"Address\":\(address.text("address").goQuoted)}",
                    detail: ""))
        }
        errors += fixedRanges(node["spec"]?.strings("podCIDRs") ?? [], old: old["spec"]?.strings("podCIDRs") ?? [])
        let provider = old.at("spec", "providerID")?.string ?? ""
        if !provider.isEmpty, provider != node.at("spec", "providerID")?.string ?? "" {
            errors.append(
                .forbidden(
                    FieldPath("spec", "providerID"),
                    "node updates may not change providerID except from \"\" to valid"))
        }
        return errors + taints(node["spec"]?.items("taints") ?? [])
    }

    private static func fixedRanges(_ new: [String], old: [String]) -> [FieldError] {
        if old.isEmpty || old == new { return [] }
        let error = FieldError.forbidden(
            FieldPath("spec", "podCIDRs"), "node updates may not change podCIDR except from \"\" to valid")
        let differences = old.count == new.count ? zip(old, new).count { $0 != $1 } : 1
        return Array(repeating: error, count: differences)
    }
}
