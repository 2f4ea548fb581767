import FairleadKindRules
import FairleadModel

/// The rules of LimitRanges.
struct LimitRangeStrategy: ResourceStrategy {
    /// For containers, missing defaults are derived from other values: default ← max, defaultRequest ← default, min.
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
        LimitRangeValidation.errors(object)
    }
}
