import FairleadRules
package import FairleadModel

/// What may not change in an existing Service.
package enum ServiceUpdateValidation {
    package static func errors(for service: Value, old: Value) -> [FieldError] {
        let new = ServiceSpec(of: service)
        let old = ServiceSpec(of: old)
        var errors: [FieldError] = []
        if !new.isExternalName, !old.isExternalName {
            errors += addressErrors(new, old)
            errors += familyErrors(new, old)
        }
        errors += ServiceValidation.loadBalancerClassErrors(new, old: old)
        if old.needsHealthCheck, new.needsHealthCheck, old.healthCheckNodePort != new.healthCheckNodePort {
            errors.append(.forbidden(FieldPath("spec", "healthCheckNodePort"), FieldChecks.immutable))
        }
        return errors
    }

    private static let fixed = "may not change once set"

    private static func addressErrors(_ new: ServiceSpec, _ old: ServiceSpec) -> [FieldError] {
        if new.isHeadless, old.isHeadless { return [] }
        let path = FieldPath("spec", "clusterIPs")
        let now = new.clusterIPs
        let before = old.clusterIPs
        let shown: Value = now.isEmpty ? .null : .array(now.map(Value.string))
        if now.count == before.count {
            return zip(now, before).enumerated().compactMap { index, pair in
                pair.0 == pair.1 ? nil : .invalid(path.index(index), shown, fixed)
            }
        }
        var errors: [FieldError] = []
        if now.isEmpty { errors.append(.invalid(path.index(0), shown, "primary clusterIP can not be unset")) }
        if let first = before.first, let current = now.first, first != current {
            errors.append(.invalid(path.index(0), shown, fixed))
        }
        if now.count == 1, before.count > 1 { errors += releaseErrors(new, "clusterIP") }
        return errors
    }

    private static func familyErrors(_ new: ServiceSpec, _ old: ServiceSpec) -> [FieldError] {
        // Headless Services may change their families freely.
        if new.isHeadless || old.isHeadless { return [] }
        let path = FieldPath("spec", "ipFamilies").index(0)
        let now = new.ipFamilies
        let before = old.ipFamilies
        let shown = Value.array(now.map(Value.string))
        if now.count == before.count {
            return zip(now, before).filter { $0 != $1 }.map { _ in .invalid(path, shown, fixed) }
        }
        var errors: [FieldError] = []
        if now.isEmpty { errors.append(.invalid(path, .null, "primary ipFamily can not be unset")) }
        if let first = before.first, let current = now.first, first != current {
            errors.append(.invalid(path, .array(new.clusterIPs.map(Value.string)), fixed))
        }
        if now.count == 1, before.count > 1 { errors += releaseErrors(new, "ipFamily") }
        return errors
    }

    private static func releaseErrors(_ new: ServiceSpec, _ what: String) -> [FieldError] {
        if new.ipFamilyPolicy == IPFamilyPolicy.singleStack { return [] }
        let shown = new.ipFamilyPolicy.map(Value.string) ?? .null
        return [
            .invalid(
                FieldPath("spec", "ipFamilyPolicy"), shown,
                "must be set to 'SingleStack' when releasing the secondary \(what)")
        ]
    }
}
