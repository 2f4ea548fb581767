import FairleadRules
package import FairleadModel

/// coordination.k8s.io/v1 Lease.
package struct LeaseStrategy: ResourceStrategy {
    package init() {}

    /// Fields of coordinated leader election, which is disabled.
    private static let gated = ["strategy", "preferredHolder"]

    package func prepareForCreate(_ object: inout Value, _ context: StrategyContext) {
        for field in Self.gated { object.set(nil, at: "spec", field) }
    }

    package func prepareForUpdate(_ object: inout Value, old: Value, _ context: StrategyContext) {
        for field in Self.gated where old.at("spec", field) == nil { object.set(nil, at: "spec", field) }
    }

    package func validate(_ object: Value, _ context: StrategyContext) -> [FieldError] {
        let path = FieldPath("spec")
        guard let spec = object["spec"] else { return [] }
        var errors: [FieldError] = []
        if let seconds = spec["leaseDurationSeconds"]?.int, seconds <= 0 {
            errors.append(.invalid(path.child("leaseDurationSeconds"), .int(seconds), "must be greater than 0"))
        }
        return errors + FieldChecks.nonNegative(spec["leaseTransitions"], path.child("leaseTransitions"))
    }

    package var allowsCreateOnUpdate: Bool { true }
    package var allowsUnconditionalUpdate: Bool { false }
}
