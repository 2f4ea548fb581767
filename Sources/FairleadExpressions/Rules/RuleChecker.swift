import FairleadModel

/// Finds the types of all parts of an expression, and says what does not fit.
///
/// Reference: CEL language definition, "Gradual Type Checking"; cel-go `checker`.
struct RuleChecker {
    /// A part that has been looked at.
    struct Part {
        var type: RuleType
        var expression: RuleExpression
        /// What the schema says of it, if it is data.
        var declaration: RuleDeclaration?
        var estimate: RuleEstimate
    }

    struct Binding {
        var type: RuleType
        var declaration: RuleDeclaration?
        var size: RuleSize?
    }

    private(set) var issues: [RuleIssue] = []
    /// What is only told of an expression whose types are right.
    private var lateIssues: [RuleIssue] = []
    private var names: [String: Binding]
    var types = RuleTypeVariables()
    let scope: Scope

    /// What expressions of admission policies know besides names.
    struct Scope {
        /// What can be read as `variables.x`; nil where there are no variables.
        var variables: [String: RuleType]?
        /// Whether there are the types `Object` and `JSONPatch`, and what belongs to them.
        var hasMutations = false
    }

    init(_ names: [String: Binding], _ scope: Scope = Scope()) {
        self.names = names
        self.scope = scope
    }

    /// - Returns: nil if there are issues.
    mutating func check(_ syntax: RuleSyntax) -> Part? {
        var part = visit(syntax)
        part.type = types.resolved(part.type)
        if issues.isEmpty { issues = lateIssues }
        return issues.isEmpty ? part : nil
    }

    /// An expression whose names may be anything.
    static func lowered(_ syntax: RuleSyntax) throws(RuleIssues) -> RuleExpression {
        let anything = Binding(type: .dyn)
        var checker = RuleChecker(["self": anything, "oldSelf": anything])
        if let part = checker.check(syntax) { return part.expression }
        throw RuleIssues(checker.issues)
    }

    func isBound(_ name: String) -> Bool { names[name] != nil }

    mutating func complain(_ place: Int, _ message: String) {
        // cel-go tells a hundred.
        if issues.count < 100 { issues.append(RuleIssue(place: place, message: message)) }
    }

    private static let typeNames: [String: RuleType] = [
        "bool": .bool, "int": .int, "uint": .uint, "double": .double, "string": .string, "bytes": .bytes,
        "list": .list(.dyn),
        "map": .map(.dyn, .dyn), "null_type": .null, "type": .type(.dyn), "google.protobuf.Timestamp": .timestamp,
        "google.protobuf.Duration": .duration,
    ]

    // MARK: Parts

    mutating func visit(_ syntax: RuleSyntax) -> Part {
        switch syntax {
        case .literal(let value, _):
            return Part(
                type: value.type, expression: .literal(value), estimate: RuleEstimate(cost: 0, size: .of(value)))
        case .name(let name, let place): return visitName(name, place)
        case .select(let target, let name, let isOptional, let place):
            return visitSelect(target, name, isOptional: isOptional, place)
        case .has(let target, let name, let place):
            if let variable = visitVariable(target, name, place) {
                // It is declared: it may fail, but it is there.
                let isThere = RuleExpression.literal(.bool(true))
                return Part(type: .bool, expression: isThere, estimate: variable.estimate)
            }
            let object = visit(target)
            let field = fieldType(of: object, name, place)
            return Part(
                type: .bool, expression: .has(object.expression, field.name),
                estimate: RuleEstimate(cost: object.estimate.cost))
        case .index(let target, let key, let isOptional, _):
            return visitIndex(syntax, visit(target), visit(key), isOptional: isOptional)
        case .call(let name, let arguments, let place):
            return visitCall(name, arguments.map { visit($0) }, arguments, place)
        case .method(let name, let target, let arguments, let place):
            return visitMethod(name, target, arguments, place)
        case .not(let inner, let place):
            return visitOperator("!_", [visit(inner)], place) { .not($0[0]) }
        case .negated(let inner, let place):
            return visitOperator("-_", [visit(inner)], place) { .negated($0[0]) }
        case .binary(let sign, let left, let right, let place):
            return visitOperator(sign.function, [visit(left), visit(right)], place) { .binary(sign, $0[0], $0[1]) }
        case .and(let operands, _): return visitChain(operands) { .and($0) }
        case .or(let operands, _): return visitChain(operands) { .or($0) }
        case .conditional(let test, let yes, let no, let place): return visitConditional(test, yes, no, place)
        default: return visitContainer(syntax)
        }
    }

    /// What is rarer and needs more room: apart, to keep small what nests.
    private mutating func visitContainer(_ syntax: RuleSyntax) -> Part {
        switch syntax {
        case .list(let elements, _): return visitList(elements)
        case .map(let entries, _): return visitMap(entries)
        case .message(let type, let fields, let place): return visitMessage(type, fields, place)
        case .comprehension(let macro, let range, let variables, let bodies, let place):
            return visitComprehension(macro, range, variables, bodies, place)
        default: return Part(type: .error, expression: .literal(.plain(.null)), estimate: RuleEstimate(cost: 0))
        }
    }

    private mutating func visitConditional(
        _ test: RuleSyntax, _ yes: RuleSyntax, _ no: RuleSyntax, _ place: Int
    ) -> Part {
        let parts = [visit(test), visit(yes), visit(no)]
        var part = visitOperator("_?_:_", parts.map { $0 }, place) { .conditional($0[0], $0[1], $0[2]) }
        // What an empty list or map is of, the other branch may tell.
        var attempt = types
        if part.type != .error, attempt.unify(parts[1].type, parts[2].type) {
            types = attempt
            part.type = types.resolved(parts[1].type).isDyn ? part.type : types.resolved(parts[1].type).bounded
        }
        return part
    }

    /// Data takes the form that its schema says.
    private static func data(
        _ expression: RuleExpression, _ type: RuleType, _ declaration: RuleDeclaration?, _ estimate: RuleEstimate
    ) -> Part {
        var shown = expression
        if declaration != nil {
            switch type {
            case .timestamp, .duration, .bytes, .double, .int: shown = .typed(expression, type)
            default: break
            }
        }
        return Part(type: type, expression: shown, declaration: declaration, estimate: estimate)
    }

    private mutating func visitName(_ name: String, _ place: Int) -> Part {
        if let binding = names[name] {
            let size =
                binding.size ?? binding.declaration.map { RuleSize.most(of: $0) }
                ?? .most(of: types.resolved(binding.type))
            return Self.data(.name(name), binding.type, binding.declaration, RuleEstimate(cost: 1, size: size))
        }
        if let type = Self.typeNames[name] {
            return Part(
                type: .type(type), expression: .literal(.type(type.runtimeName)), estimate: RuleEstimate(cost: 1))
        }
        complain(place, "undeclared reference to '\(name)' (in container '')")
        return Part(type: .error, expression: .name(name), estimate: RuleEstimate(cost: 1))
    }

    private mutating func visitSelect(_ target: RuleSyntax, _ name: String, isOptional: Bool, _ place: Int) -> Part {
        // `google.protobuf.Timestamp` is the name of a type.
        if let qualified = Self.qualifiedName(target), names[String(qualified.prefix { $0 != "." })] == nil,
            let type = Self.typeNames[qualified + "." + name]
        {
            return Part(
                type: .type(type), expression: .literal(.type(type.runtimeName)), estimate: RuleEstimate(cost: 1))
        }
        if !isOptional, let variable = visitVariable(target, name, place) { return variable }
        if let qualified = Self.qualifiedName(target), let binding = names[qualified + "." + name] {
            let whole = RuleExpression.name(qualified + "." + name)
            return Part(
                type: binding.type, expression: whole, estimate: RuleEstimate(cost: 1, size: .most(of: binding.type)))
        }
        let object = visit(target)
        let field = fieldType(of: object, name, place)
        var type = field.type
        var isOptional = isOptional
        if case .optional = types.resolved(object.type) { isOptional = true }
        let expression = RuleExpression.field(object.expression, field.name, isOptional: isOptional)
        let estimate = RuleEstimate(
            cost: object.estimate.cost + 1,
            size: field.declaration.map { RuleSize.most(of: $0) } ?? size(ofMemberOf: object, type))
        guard isOptional else { return Self.data(expression, type, field.declaration, estimate) }
        type = RuleType.optional(type).bounded
        return Part(type: type, expression: expression, estimate: estimate)
    }

    private func size(ofMemberOf object: Part, _ type: RuleType) -> RuleSize {
        if case .map = types.resolved(object.type) { return object.estimate.size.element }
        return .most(of: types.resolved(type))
    }

    private static func qualifiedName(_ syntax: RuleSyntax) -> String? {
        switch syntax {
        case .name(let name, _): name
        case .select(let target, let name, false, _): qualifiedName(target).map { $0 + "." + name }
        default: nil
        }
    }

    private mutating func fieldType(
        of object: Part, _ name: String, _ place: Int
    ) -> (name: String, type: RuleType, declaration: RuleDeclaration?) {
        var type = types.resolved(object.type)
        if case .optional(let inner) = type { type = types.resolved(inner) }
        switch type {
        case .object(let declaration):
            let property = RuleNames.property(name)
            guard case .object(let fields) = declaration.shape, let field = fields[property] else {
                complain(place, "undefined field '\(name)'")
                return (property, .error, nil)
            }
            return (property, field.type, field)
        case .map(_, let value): return (name, value, object.declaration?.element)
        case .opaque(let type) where scope.hasMutations && RuleMessage.isObject(type): return (name, .dyn, nil)
        // What is not declared may be an object whose fields have escaped names.
        case .dyn, .error, .parameter: return (RuleNames.property(name), .dyn, nil)
        default:
            complain(place, "type '\(type)' does not support field selection")
            return (name, .error, nil)
        }
    }

    private mutating func visitIndex(_ syntax: RuleSyntax, _ target: Part, _ key: Part, isOptional: Bool) -> Part {
        let function = isOptional ? "_[?_]" : "_[_]"
        let result = call(function, isMethod: false, [target, key], syntax.place)
        let isOptionalTarget = if case .optional = types.resolved(target.type) { true } else { false }
        let expression = RuleExpression.index(
            target.expression, key.expression, isOptional: isOptional || isOptionalTarget)
        let element = target.declaration?.element
        let estimate = RuleEstimate(
            cost: target.estimate.cost + key.estimate.cost + 1,
            size: element.map { RuleSize.most(of: $0) } ?? target.estimate.size.element)
        guard !isOptional, !isOptionalTarget else {
            return Part(type: result, expression: expression, estimate: estimate)
        }
        return Self.data(expression, result, element, estimate)
    }

    private mutating func visitOperator(
        _ function: String, _ operands: [Part], _ place: Int, _ make: ([RuleExpression]) -> RuleExpression
    ) -> Part {
        let result = call(function, isMethod: false, operands, place)
        return Part(
            type: result, expression: make(operands.map(\.expression)),
            estimate: .call(function, known(operands), result))
    }

    /// With the types that are known by now.
    private func known(_ parts: [Part]) -> [Part] {
        parts.map { part in
            var part = part
            part.type = types.resolved(part.type)
            return part
        }
    }

    private mutating func visitChain(
        _ operands: [RuleSyntax], _ make: ([RuleExpression]) -> RuleExpression
    ) -> Part {
        var cost = 0.0
        var expressions: [RuleExpression] = []
        expressions.reserveCapacity(operands.count)
        for operand in operands {
            let part = visit(operand)
            expect(.bool, part, operand.place)
            cost += part.estimate.cost
            expressions.append(part.expression)
        }
        return Part(type: .bool, expression: make(expressions), estimate: RuleEstimate(cost: cost))
    }

    private mutating func expect(_ type: RuleType, _ part: Part, _ place: Int) {
        if types.unify(type, part.type) { return }
        complain(place, "expected type '\(types.resolved(type))' but found '\(types.resolved(part.type))'")
    }

    // MARK: Calls

    /// The type of what a function gives.
    private mutating func call(_ function: String, isMethod: Bool, _ arguments: [Part], _ place: Int) -> RuleType {
        guard let overloads = RuleOverload.all[function] else {
            complain(place, "undeclared reference to '\(function)' (in container '')")
            return .error
        }
        let given = arguments.map { types.resolved($0.type) }
        var result: RuleType?
        for overload in overloads where overload.isMethod == isMethod && overload.parameters.count == given.count {
            var attempt = types
            let (parameters, gives) = attempt.instantiated(overload)
            guard zip(parameters, given).allSatisfy({ attempt.unify($0, $1) }) else { continue }
            if let found = result {
                // Several fit: what the argument is, is only known when it is evaluated.
                if found != attempt.resolved(gives).bounded { return .dyn }
            } else {
                types = attempt
                result = attempt.resolved(gives).bounded
            }
        }
        if let result { return result }
        if given.contains(.error) { return .error }
        let shown =
            isMethod
            ? "\(given[0]).(\(given.dropFirst().map(\.description).joined(separator: ", ")))"
            : "(\(given.map(\.description).joined(separator: ", ")))"
        complain(place, "found no matching overload for '\(function)' applied to '\(shown)'")
        return .error
    }

    private mutating func visitCall(
        _ name: String, _ arguments: [Part], _ written: [RuleSyntax], _ place: Int
    ) -> Part {
        let type = call(name, isMethod: false, arguments, place)
        return Part(
            type: type, expression: callExpression(name, arguments, written),
            estimate: .call(name, known(arguments), type))
    }

    private mutating func visitMethod(
        _ name: String, _ target: RuleSyntax, _ arguments: [RuleSyntax], _ place: Int
    ) -> Part {
        // A function of a library looks like a method of something called so.
        if case .name(let library, _) = target, names[library] == nil, RuleOverload.all[library + "." + name] != nil,
            library != "jsonpatch" || scope.hasMutations
        {
            return visitCall(library + "." + name, arguments.map { visit($0) }, arguments, place)
        }
        let all = [visit(target)] + arguments.map { visit($0) }
        let type = call(name, isMethod: true, all, place)
        var expression = callExpression(name, all, [target] + arguments)
        if name == "sum", let zero = Self.zero(type) {
            // Of an empty list nobody could tell otherwise.
            expression = .call(name, [all[0].expression, .literal(zero)])
        }
        return Part(
            type: type, expression: expression,
            estimate: .call(name, known(all), type))
    }

    private static func zero(_ type: RuleType) -> RuleValue? {
        switch type {
        case .uint: .uint(0)
        case .double: .plain(.double(0))
        case .duration: .duration(0)
        default: nil
        }
    }

    private mutating func callExpression(
        _ name: String, _ arguments: [Part], _ written: [RuleSyntax]
    ) -> RuleExpression {
        let expressions = arguments.map(\.expression)
        if ["matches", "find", "findAll"].contains(name), expressions.count >= 2,
            case .literal(.plain(.string(let text))) = expressions[1]
        {
            if let pattern = try? Pattern(text) {  // another one is an error when it is evaluated
                return .pattern(name, expressions[0], pattern, expressions.count > 2 ? expressions[2] : nil)
            }
            if name == "matches" { complainLater(written[1].place, "invalid matches argument") }
        }
        if expressions.count == 1, case .literal(.plain(.string(let text))) = expressions[0] {
            if name == "duration", RuleTime.duration(text) == nil {
                complainLater(written[0].place, "invalid duration argument")
            }
            if name == "timestamp", Timestamp(rfc3339: text) == nil {
                complainLater(written[0].place, "invalid timestamp argument")
            }
        }
        return .call(name, expressions)
    }

    private mutating func complainLater(_ place: Int, _ message: String) {
        if lateIssues.count < 100 { lateIssues.append(RuleIssue(place: place, message: message)) }
    }

    // MARK: Containers

    /// Elements of one kind: another one is told of at its place.
    private mutating func join(_ type: inout RuleType?, _ part: Part, isOptional: Bool, _ place: Int) {
        var found = part.type
        if isOptional, case .optional(let inner) = types.resolved(found) { found = inner }
        guard let joined = type else {
            type = found
            return
        }
        if types.unify(joined, found) { return }
        complainLater(
            place, "expected type '\(types.resolved(joined))' but found '\(types.resolved(found))'")
        type = .dyn
    }

    private mutating func visitList(_ elements: [RuleSyntax.Element]) -> Part {
        var type: RuleType?
        var cost = 10.0
        var lowered: [(value: RuleExpression, isOptional: Bool)] = []
        var isLiteral = true
        var size: RuleSize?
        for element in elements {
            let part = visit(element.value)
            size = size?.union(part.estimate.size) ?? part.estimate.size
            join(&type, part, isOptional: element.isOptional, element.value.place)
            cost += part.estimate.cost
            lowered.append((part.expression, element.isOptional))
            if case .literal = part.expression, !element.isOptional { continue }
            isLiteral = false
        }
        var expression = RuleExpression.list(lowered)
        if isLiteral {
            // A list of literals is one itself.
            let values = lowered.map { element -> RuleValue in
                if case .literal(let value) = element.value { value } else { .plain(.null) }
            }
            expression = .literal(.list(of: values))
        }
        return Part(
            type: RuleType.list(type ?? types.fresh()).bounded, expression: expression,
            estimate: RuleEstimate(cost: cost, size: RuleSize(elements.count, element: size)))
    }

    private mutating func visitMap(_ entries: [RuleSyntax.Entry]) -> Part {
        var keyType: RuleType?
        var valueType: RuleType?
        var cost = 30.0
        var (keySize, valueSize): (RuleSize?, RuleSize?)
        var lowered: [(key: RuleExpression, value: RuleExpression, isOptional: Bool)] = []
        for entry in entries {
            let key = visit(entry.key)
            let value = visit(entry.value)
            join(&keyType, key, isOptional: false, entry.key.place)
            join(&valueType, value, isOptional: entry.isOptional, entry.value.place)
            cost += key.estimate.cost + value.estimate.cost
            keySize = keySize?.union(key.estimate.size) ?? key.estimate.size
            valueSize = valueSize?.union(value.estimate.size) ?? value.estimate.size
            lowered.append((key.expression, value.expression, entry.isOptional))
        }
        return Part(
            type: RuleType.map(keyType ?? types.fresh(), valueType ?? types.fresh()).bounded,
            expression: .map(lowered),
            estimate: RuleEstimate(
                cost: cost, size: RuleSize(Double(entries.count), element: valueSize, key: keySize)))
    }

    private mutating func visitComprehension(
        _ macro: RuleSyntax.Macro, _ range: RuleSyntax, _ variables: [String], _ bodies: [RuleSyntax], _ place: Int
    ) -> Part {
        let whole = visit(range)
        let outer = names
        let bindings = bindings(macro, whole, variables, range.place)
        for (name, binding) in zip(variables, bindings) { names[name] = binding }
        let first = visit(bodies[0])
        let second = bodies.count > 1 ? visit(bodies[1]) : nil
        names = outer
        if second != nil || [.all, .exists, .existsOne, .filter].contains(macro) {
            expect(.bool, first, bodies[0].place)
        }
        let result = second ?? first
        let type: RuleType =
            switch macro {
            case .all, .exists, .existsOne: .bool
            case .filter: .list(bindings[0].type)
            case .map, .transformList: .list(types.resolved(result.type))
            case .transformMap: .map(bindings[0].type, types.resolved(result.type))
            case .transformMapEntry: types.resolved(result.type)
            case .optMap: .optional(types.resolved(result.type))
            case .optFlatMap: types.resolved(result.type)
            }
        return Part(
            type: type.bounded,
            expression: .comprehension(
                macro, whole.expression, variables: variables, first.expression, second?.expression),
            estimate: .loop(
                macro, whole.estimate, isMap: isMap(whole), [first.estimate] + (second.map { [$0.estimate] } ?? [])))
    }

    private func isMap(_ part: Part) -> Bool { if case .map = types.resolved(part.type) { true } else { false } }

    /// What the variables of a comprehension stand for.
    private mutating func bindings(
        _ macro: RuleSyntax.Macro, _ range: Part, _ variables: [String], _ place: Int
    ) -> [Binding] {
        let element = range.declaration?.element
        let type = types.resolved(range.type)
        if macro == .optMap || macro == .optFlatMap {
            if case .optional(let inner) = type { return [Binding(type: inner, size: range.estimate.size)] }
            if !type.isDyn { complain(place, "expected type 'optional_type(dyn)' but found '\(type)'") }
            return [Binding(type: .dyn)]
        }
        switch type {
        case .list(let inner):
            let value = Binding(
                type: inner, declaration: element, size: element.map { .most(of: $0) } ?? range.estimate.size.element)
            return variables.count == 1 ? [value] : [Binding(type: .int), value]
        case .map(let key, let value):
            let name = Binding(type: key, size: range.estimate.size.key)
            if variables.count == 1 { return [name] }
            let size = element.map { RuleSize.most(of: $0) } ?? range.estimate.size.element
            return [name, Binding(type: value, declaration: element, size: size)]
        case .dyn, .error, .parameter: return variables.map { _ in Binding(type: .dyn) }
        default:
            complain(
                place, "expression of type '\(type)' cannot be range of a comprehension (must be list, map, or dynamic)"
            )
            return variables.map { _ in Binding(type: .error) }
        }
    }
}
