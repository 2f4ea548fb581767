import FairleadRules
package import FairleadModel

/// networking.k8s.io/v1 ServiceCIDR: ranges that cluster IPs come from (KEP-1880).
///
/// Its finalizer, and the controller that owns it, ensure that a range in use is not removed.
package struct ServiceCIDRStrategy: ResourceStrategy {
    package init() {}

    private static let path = FieldPath("spec", "cidrs")

    package func setDefaults(_ object: inout Value) { object.setDefault("status", [:]) }

    package func prepareForCreate(_ object: inout Value, _ context: StrategyContext) { object["status"] = [:] }

    /// Only the status may change.
    package func prepareForStatusUpdate(_ object: inout Value, old: Value, _ context: StrategyContext) {
        object["spec"] = old["spec"]
        for field in ["labels", "annotations", "finalizers", "ownerReferences"] {
            object.set(old.at("metadata", field), at: "metadata", field)
        }
    }

    package func validate(_ object: Value, _ context: StrategyContext) -> [FieldError] {
        let cidrs = object["spec"]?.strings("cidrs") ?? []
        if cidrs.isEmpty { return [.required(Self.path, "at least one CIDR required")] }
        if cidrs.count > 2 {
            let printed = "{\"CIDRs\":\(list(cidrs).jsonText)}"
            return [.invalid(Self.path, printed: printed, "may only hold up to 2 values")]
        }
        var errors: [FieldError] = []
        for (index, text) in cidrs.enumerated() {
            errors += IPText.canonicalRangeErrors(text, Self.path.index(index))
        }
        let ranges = cidrs.compactMap { CIDR($0) }
        if ranges.count == 2, ranges[0].isIPv4 == ranges[1].isIPv4 {
            errors.append(
                .invalid(
                    Self.path, list(cidrs),
                    "may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64"))
        }
        return errors
    }

    /// A second family may be added; nothing else may change.
    package func validateUpdate(_ object: Value, old: Value, _ context: StrategyContext) -> [FieldError] {
        let new = object["spec"]?.strings("cidrs") ?? []
        let before = old["spec"]?.strings("cidrs") ?? []
        guard new.count == before.count || (before.count == 1 && new.count == 2) else {
            return [.invalid(Self.path, list(new), FieldChecks.immutable)]
        }
        var errors: [FieldError] = []
        for (index, text) in before.enumerated() where new[index] != text {
            errors.append(.invalid(Self.path.index(index), .string(new[index]), FieldChecks.immutable))
        }
        return new.count > before.count ? errors + validate(object, context) : errors
    }

    private func list(_ cidrs: [String]) -> Value { .array(cidrs.map(Value.string)) }
}
