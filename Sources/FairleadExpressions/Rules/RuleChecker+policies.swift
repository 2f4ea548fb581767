/// What only expressions of admission policies have.
extension RuleChecker {
    /// `variables.x`; nil for a selection from anything else.
    mutating func visitVariable(_ target: RuleSyntax, _ name: String, _ place: Int) -> Part? {
        guard case .name("variables", _) = target, let variables = scope.variables, !isBound("variables") else {
            return nil
        }
        let expression = RuleExpression.name(RuleVariables.name(name))
        guard let type = variables[name] else {
            complain(place, "undefined field '\(name)'")
            return Part(type: .error, expression: expression, estimate: RuleEstimate(cost: 1))
        }
        return Part(type: type, expression: expression, estimate: RuleEstimate(cost: 1, size: .most(of: type)))
    }

    /// An object that a mutation makes.
    mutating func visitMessage(_ type: String, _ fields: [RuleSyntax.Field], _ place: Int) -> Part {
        var cost = 40.0
        let isPatch = type == RuleMessage.patch
        let isKnown = scope.hasMutations && (isPatch || RuleMessage.isObject(type))
        if !isKnown { complain(place, "undeclared reference to '\(type)' (in container '')") }
        var lowered: [(name: String, value: RuleExpression, isOptional: Bool)] = []
        for field in fields {
            let value = visit(field.value)
            cost += value.estimate.cost
            lowered.append((field.name, value.expression, field.isOptional))
            guard isPatch, isKnown else { continue }
            guard let wanted = RuleMessage.patchFields[field.name] else {
                complain(field.place, "undefined field '\(field.name)'")
                continue
            }
            let given = types.resolved(value.type)
            if !types.unify(field.isOptional ? .optional(wanted) : wanted, given) {
                complain(
                    field.place, "expected type of field '\(field.name)' is '\(wanted)' but provided type is '\(given)'"
                )
            }
        }
        return Part(
            type: isKnown ? .opaque(type) : .error, expression: .message(type, lowered),
            estimate: RuleEstimate(cost: cost))
    }
}
