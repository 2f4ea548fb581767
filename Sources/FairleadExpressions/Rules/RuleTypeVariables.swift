/// What the type variables of an expression stand for, as far as it is known.
struct RuleTypeVariables {
    private var meanings: [Int: RuleType] = [:]
    private var next = 1000

    mutating func fresh() -> RuleType {
        next += 1
        return .parameter(next)
    }

    /// A type with all variables replaced; those that nothing is known of stand for anything.
    func resolved(_ type: RuleType) -> RuleType {
        switch type {
        case .parameter(let number): meanings[number].map { resolved($0) } ?? .dyn
        case .list(let element): .list(resolved(element))
        case .map(let key, let value): .map(resolved(key), resolved(value))
        case .optional(let inner): .optional(resolved(inner))
        case .type(let inner): .type(resolved(inner))
        default: type
        }
    }

    /// The parameters and the result of an overload with variables of their own.
    mutating func instantiated(_ overload: RuleOverload) -> (parameters: [RuleType], result: RuleType) {
        let base = next + 1
        next += 2
        func renamed(_ type: RuleType) -> RuleType {
            switch type {
            case .parameter(let number): .parameter(base + number)
            case .list(let element): .list(renamed(element))
            case .map(let key, let value): .map(renamed(key), renamed(value))
            case .optional(let inner): .optional(renamed(inner))
            case .type(let inner): .type(renamed(inner))
            default: type
            }
        }
        return (overload.parameters.map(renamed), renamed(overload.result))
    }

    /// Whether a value of the second type can stand where the first is wanted.
    mutating func unify(_ wanted: RuleType, _ given: RuleType) -> Bool {
        switch (wanted, given) {
        case (.parameter(let number), _):
            if case .parameter(number) = given { return true }
            if let known = meanings[number] {
                if known.isDyn { return true }
                return unify(known, given)
            }
            meanings[number] = given
            return true
        case (_, .parameter(let number)):
            if let known = meanings[number] { return unify(wanted, known) }
            meanings[number] = wanted
            return true
        case (.dyn, _), (_, .dyn), (.error, _), (_, .error): return true
        case (.list(let wanted), .list(let given)), (.optional(let wanted), .optional(let given)):
            return unify(wanted, given)
        case (.map(let key, let value), .map(let otherKey, let otherValue)):
            return unify(key, otherKey) && unify(value, otherValue)
        // Types are compared with types, whichever they are.
        case (.type, .type): return true
        case (.object, .null), (.null, .object), (.opaque, .null), (.null, .opaque), (.timestamp, .null),
            (.duration, .null),
            (.null, .timestamp), (.null, .duration), (.optional, .null), (.null, .optional):
            return true
        default: return wanted == given
        }
    }
}
