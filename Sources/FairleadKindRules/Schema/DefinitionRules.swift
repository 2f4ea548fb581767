import FairleadExpressions
import FairleadModel
import FairleadSchema

/// Validates the rules (`x-kubernetes-validations`) of one node of a schema.
///
/// Reference: k8s.io/apiextensions-apiserver `validation.go`; `pkg/apis/apiextensions/validation/cel_validation.go`.
enum DefinitionRules {
    /// The node's position in the schema, as far as it matters for its rules.
    struct Place {
        let schema: StructuralSchema
        var isResource = false
        /// How many values of the node an object can have; nil if only the object's size limits them.
        var cardinality: Double? = 1
        /// The outermost list or map above it whose elements cannot be correlated with those of the old object.
        var uncorrelated: FieldPath?
        let total: TotalCost

        func property(_ name: String, _ path: FieldPath) -> Place? {
            schema.properties[name].map { child($0, cardinality, schema.mapType == "atomic" ? path : nil) }
        }

        func items(_ path: FieldPath) -> Place? {
            schema.items.map { child($0, times(schema.bounds.maxItems), schema.listType == "map" ? nil : path) }
        }

        func additional(_ path: FieldPath) -> Place? {
            schema.additionalSchema.map {
                child($0, times(schema.bounds.maxProperties), schema.mapType == "atomic" ? path : nil)
            }
        }

        private func times(_ count: Int64?) -> Double? {
            guard let cardinality, let count else { return nil }
            return cardinality * Double(max(0, count))
        }

        private func child(_ schema: StructuralSchema, _ cardinality: Double?, _ place: FieldPath?) -> Place {
            Place(
                schema: schema, isResource: schema.isEmbeddedResource, cardinality: cardinality,
                uncorrelated: uncorrelated ?? place, total: total)
        }
    }

    /// The estimated cost of all rules of a schema, and the most expensive rules.
    final class TotalCost {
        private(set) var total = 0.0
        private var expensive: [(path: FieldPath, cost: Double)] = []

        func observe(_ path: FieldPath, _ cost: Double) {
            total += cost
            guard cost > DefinitionRules.limit / 100 else { return }
            expensive.append((path, cost))
            if expensive.count > 64 { keepMostExpensive() }
        }

        private func keepMostExpensive() {
            expensive = Array(
                expensive.enumerated()
                    .sorted { ($1.element.cost, $0.offset) < ($0.element.cost, $1.offset) }
                    .prefix(4).map(\.element))
        }

        /// - Parameter path: the path of the schema.
        func errors(_ path: FieldPath) -> [FieldError] {
            guard total > DefinitionRules.totalLimit else { return [] }
            keepMostExpensive()
            let words = "contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema"
            return expensive.map { .forbidden($0.path, words) } + [
                .forbidden(
                    path,
                    DefinitionRules.tooExpensive(
                        "x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema", total,
                        DefinitionRules.totalLimit))
            ]
        }
    }

    private static let limit = 10_000_000.0
    private static let totalLimit = 100_000_000.0

    private static func tooExpensive(_ what: String, _ cost: Double, _ limit: Double) -> String {
        let factor = cost / limit
        let shown: String
        if factor > 100 {
            shown = "more than 100x"
        } else {
            let scale = factor < 1.5 ? 1_000_000.0 : 10
            let rounded = Int64(clamping: Int((factor * scale).rounded()))
            let digits = factor < 1.5 ? 6 : 1
            let fraction = String(rounded % Int64(scale))
            shown =
                "\(rounded / Int64(scale)).\(String(repeating: "0", count: max(0, digits - fraction.count)))\(fraction)x"
        }
        return
            "\(what) exceeds budget by factor of \(shown) (try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)"
    }

    // MARK: Form

    /// Errors in the rules that can be found without parsing their expressions.
    static func formErrors(_ rules: [Value], _ schema: Value, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        for (index, rule) in rules.enumerated() {
            let place = path.index(index)
            let text = rule.text("rule").trimmingSpaces
            let message = rule.text("message")
            let expression = rule.text("messageExpression")
            let field = rule.text("fieldPath")
            if text.isEmpty { errors.append(.required(place.child("rule"), "rule is not specified")) }
            if !message.isEmpty, message.trimmingSpaces.isEmpty {
                errors.append(
                    .invalid(place.child("message"), .string(message), "must be non-empty if specified"))
            } else if message.trimmingSpaces.contains(where: \.isNewline) {
                errors.append(.invalid(place.child("message"), .string(message), "must not contain line breaks"))
            } else if text.contains(where: \.isNewline), message.trimmingSpaces.isEmpty {
                errors.append(
                    .required(place.child("message"), "message must be specified if rule contains line breaks"))
            }
            if !expression.isEmpty, expression.trimmingSpaces.isEmpty {
                errors.append(.required(place.child("messageExpression"), "must be non-empty if specified"))
            }
            let reasons = ["FieldValueRequired", "FieldValueForbidden", "FieldValueInvalid", "FieldValueDuplicate"]
            if let reason = rule["reason"], !reasons.contains(reason.string ?? "") {
                errors.append(.notSupported(place.child("reason"), reason, supported: reasons))
            }
            if !field.isEmpty {
                func refuse(_ words: String) {
                    errors.append(.invalid(place.child("fieldPath"), .string(field), words))
                }
                if field.trimmingSpaces.isEmpty { refuse("must be non-empty if specified") }
                if field.contains(where: \.isNewline) { refuse("must not contain line breaks") }
                if !isField(field, of: schema) { refuse("must be a valid path") }
            }
        }
        return errors
    }

    /// Whether a dotted path leads to a field of the schema.
    private static func isField(_ path: String, of schema: Value) -> Bool {
        guard path.hasPrefix(".") || path.hasPrefix("[") else { return false }
        guard let names = SimplePath(path.hasPrefix("[") ? "." + path : path)?.names, !names.isEmpty else {
            return false
        }
        var node = schema
        for name in names {
            guard let next = node.at("properties", name) ?? node["additionalProperties"], next.object != nil else {
                return false
            }
            node = next
        }
        return true
    }

    // MARK: Expressions

    /// Errors in the expressions of a node whose schema is otherwise valid.
    static func errors(_ rules: [Value], _ place: Place, _ path: FieldPath) -> [FieldError] {
        guard let declaration = place.schema.declaration(isResource: place.isResource) else {
            return [
                .internalError(
                    path,
                    "internal error: failed to construct type information for x-kubernetes-validations rules: unable to convert structural schema to CEL declarations"
                )
            ]
        }
        let times = place.cardinality ?? RuleDeclarationCount.most(of: declaration)
        var errors: [FieldError] = []
        for (index, rule) in rules.enumerated() {
            errors += Self.errors(rule, place, path.index(index), declaration, times)
        }
        return errors
    }

    private static func errors(
        _ rule: Value, _ place: Place, _ path: FieldPath, _ declaration: RuleDeclaration, _ times: Double
    ) -> [FieldError] {
        var errors: [FieldError] = []
        let optional = rule["optionalOldSelf"]
        let compiler = RuleCompiler(declaration, isOldOptional: optional?.bool == true)
        func judge(_ report: RuleCompiler.Report, _ key: String, _ what: String) {
            let field = path.child(key)
            let cost = report.cost * times
            if cost > limit { errors.append(.forbidden(field, tooExpensive("estimated \(what) cost", cost, limit))) }
            place.total.observe(field, cost)
            if let refusal = report.refusal { errors.append(.invalid(field, printed: printed(rule), refusal)) }
        }
        let report = compiler.report(onRule: rule.text("rule"))
        judge(report, "rule", "rule")
        let message = rule.text("messageExpression")
        if !message.isEmpty { judge(compiler.report(onMessage: message), "messageExpression", "messageExpression") }
        if report.usesOld {
            if let list = place.uncorrelated {
                errors.append(
                    .invalid(
                        path.child("rule"), .string(rule.text("rule")),
                        "oldSelf cannot be used on the uncorrelatable portion of the schema within \(list.description)")
                )
            }
        } else if let optional, report.refusal == nil {
            errors.append(
                .invalid(path.child("optionalOldSelf"), optional, "may not be set if oldSelf is not used in rule"))
        }
        return errors
    }

    /// A rule as Kubernetes prints its struct.
    private static func printed(_ rule: Value) -> String {
        let fields = ["Rule", "Message", "MessageExpression", "Reason", "FieldPath", "OptionalOldSelf"].map { field in
            let value = rule[field.prefix(1).lowercased() + field.dropFirst()]
            let isOptional = field == "Reason" || field == "OptionalOldSelf"
            return "\"\(field)\":" + (value ?? (isOptional ? .null : "")).goJSONText
        }
        return "{" + fields.joined(separator: ",") + "}"
    }
}

/// How many values of a type fit into a request.
private enum RuleDeclarationCount {
    static func most(of declaration: RuleDeclaration) -> Double {
        (3.0 * 1024 * 1024 / Double(declaration.minimumSize + 1)).rounded(.down)
    }
}
