import FairleadRules
import FairleadModel

/// The rules for a Job's `successPolicy`.
struct SuccessPolicyValidation {
    private static let mostRules = 20
    private static let longestIndexes = 64 * 1024

    /// The Job's spec.
    let spec: Value

    func errors(of policy: Value, _ path: FieldPath) -> [FieldError] {
        guard spec.text("completionMode") == "Indexed" else {
            return [
                .invalid(
                    path, printed: InternalForm.text(of: policy, as: "SuccessPolicy"),
                    "requires indexed completion mode")
            ]
        }
        let rules = policy.items("rules")
        let here = path.child("rules")
        var errors: [FieldError] = []
        if rules.isEmpty {
            errors.append(
                .required(here, "at least one rules must be specified when the successPolicy is specified"))
        }
        if rules.count > Self.mostRules {
            errors.append(.tooMany(here, actual: rules.count, maximum: Self.mostRules))
        }
        for (index, rule) in rules.enumerated() { errors += self.errors(ofRule: rule, here.index(index)) }
        return errors
    }

    private func errors(ofRule rule: Value, _ path: FieldPath) -> [FieldError] {
        let completions = spec.number("completions")
        let count = rule["succeededCount"]?.int
        let indexes = rule["succeededIndexes"]?.string
        var errors: [FieldError] = []
        if count == nil, indexes == nil {
            errors.append(
                .required(path, "at least one of succeededCount or succeededIndexes must be specified"))
        }
        var total: Int64 = 0
        if let indexes {
            let here = path.child("succeededIndexes")
            if indexes.utf8.count > Self.longestIndexes {
                errors.append(.tooLong(here, maximum: Self.longestIndexes))
            }
            do {
                total = try IndexIntervals.count(of: indexes, below: completions)
            } catch {
                errors.append(
                    .invalid(here, .string(indexes), "error parsing succeededIndexes: \(error.message)"))
            }
        }
        guard let count else { return errors }
        let here = path.child("succeededCount")
        errors += FieldChecks.nonNegative(.int(count), here)
        func limit(_ limit: Int64, _ what: String) {
            guard count > limit else { return }
            errors.append(.invalid(here, .int(count), "must be less than or equal to \(limit) (\(what))"))
        }
        limit(completions, "the number of specified completions")
        if indexes != nil { limit(total, "the number of indexes in the specified succeededIndexes field") }
        return errors
    }
}
