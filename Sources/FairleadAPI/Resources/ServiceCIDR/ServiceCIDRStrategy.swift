package import FairleadModel

/// networking.k8s.io/v1 ServiceCIDR: ranges that cluster IPs come from (KEP-1880).
///
/// That a range in use does not go away is the work of its finalizer and of the controller that owns it.
package struct ServiceCIDRStrategy: ResourceStrategy {
    package init() {}

    private static let path = FieldPath("spec", "cidrs")

    package func setDefaults(_ object: inout Value) { object.setDefault("status", [:]) }

    package func prepareForCreate(_ object: inout Value, _ context: StrategyContext) { object["status"] = [:] }

    package func validate(_ object: Value, _ context: StrategyContext) -> [FieldError] {
        let cidrs = object["spec"]?.strings("cidrs") ?? []
        if cidrs.isEmpty { return [.required(Self.path, "at least one CIDR required")] }
        if cidrs.count > 2 {
            let printed = "{\"CIDRs\":\(list(cidrs).jsonText)}"
            return [.invalid(Self.path, printed: printed, "may only hold up to 2 values")]
        }
        var errors: [FieldError] = []
        if cidrs.count == 2 {
            for text in cidrs where CIDR(text) == nil {
                return [.invalid(Self.path, list(cidrs), "invalid CIDR address: \(text)")]
            }
            if Set(cidrs.compactMap { CIDR($0)?.isIPv4 }).count < 2 {
                errors.append(
                    .invalid(
                        Self.path, list(cidrs),
                        "may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64"))
                return errors
            }
        }
        for (index, text) in cidrs.enumerated() {
            errors += IPText.canonicalRangeErrors(text, Self.path.index(index))
        }
        return errors
    }

    /// A second family may be added; nothing else changes.
    package func validateUpdate(_ object: Value, old: Value, _ context: StrategyContext) -> [FieldError] {
        let new = object["spec"]?.strings("cidrs") ?? []
        let before = old["spec"]?.strings("cidrs") ?? []
        if new.count < before.count { return [.invalid(Self.path, list(new), FieldChecks.immutable)] }
        var errors: [FieldError] = []
        for (index, text) in before.enumerated() where new[index] != text {
            errors.append(.invalid(Self.path.index(index), .string(new[index]), FieldChecks.immutable))
        }
        return new.count > before.count ? errors + validate(object, context) : errors
    }

    private func list(_ cidrs: [String]) -> Value { .array(cidrs.map(Value.string)) }
}
