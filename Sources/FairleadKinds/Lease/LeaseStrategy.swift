import FairleadRules
package import FairleadModel

/// coordination.k8s.io/v1 Lease.
package struct LeaseStrategy: ResourceStrategy {
    package init() {}

    package func validate(_ object: Value, _ context: StrategyContext) -> [FieldError] {
        let path = FieldPath("spec")
        guard let spec = object["spec"] else { return [] }
        var errors: [FieldError] = []
        if let seconds = spec["leaseDurationSeconds"]?.int, seconds <= 0 {
            errors.append(.invalid(path.child("leaseDurationSeconds"), .int(seconds), "must be greater than 0"))
        }
        errors += FieldChecks.nonNegative(spec["leaseTransitions"], path.child("leaseTransitions"))
        let strategy = spec.text("strategy")
        if !strategy.isEmpty {
            if !strategy.contains("/"), strategy != "OldestEmulationVersion" {
                errors.append(
                    .notSupported(path.child("strategy"), .string(strategy), supported: ["OldestEmulationVersion"]))
            } else {
                errors += FieldChecks.qualifiedName(strategy, path.child("strategy"))
            }
        } else if !spec.text("preferredHolder").isEmpty {
            errors.append(
                .forbidden(path.child("preferredHolder"), "may only be specified when `strategy` is defined"))
        }
        return errors
    }

    package var allowsCreateOnUpdate: Bool { true }
    package var allowsUnconditionalUpdate: Bool { false }
}
