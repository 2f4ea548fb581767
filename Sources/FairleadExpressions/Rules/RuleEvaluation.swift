import FairleadModel

/// One evaluation of one expression. Its work is bounded by its maximum cost, whatever the rule asks for.
struct RuleEvaluation {
    private var names: [String: Value]
    private(set) var cost: RuleCost

    init(_ names: [String: Value], limit: Int = RuleCost.limit) {
        self.names = names
        cost = RuleCost(limit: limit)
    }

    mutating func evaluate(_ expression: RuleExpression) throws(RuleError) -> Value {
        if case .literal(let value) = expression {
            try cost.countLiteral()
            return value
        }
        try cost.charge(1)
        switch expression {
        case .literal(let value): return value
        case .name(let name):
            guard let value = names[name] ?? RuleFunctions.typeNames[name] else {
                throw RuleError("undeclared reference to '\(name)'")
            }
            return value
        case .field(let object, let name): return try member(try evaluate(object), name)
        case .has(let object, let name):
            guard case .object(let members) = try evaluate(object) else { throw .noOverload }
            return .bool(members[name] != nil)
        case .index(let container, let key): return try element(try evaluate(container), try evaluate(key))
        case .not(let inner): return .bool(!(try truth(inner)))
        case .negated(let inner): return try negated(try evaluate(inner))
        case .binary(let sign, let left, let right):
            let left = try evaluate(left)
            return try RuleFunctions.operate(sign, left, try evaluate(right), &cost)
        case .conditional(let test, let yes, let no): return try evaluate(try truth(test) ? yes : no)
        case .and(let operands): return try combine(operands, decidedBy: false)
        case .or(let operands): return try combine(operands, decidedBy: true)
        default: return try compound(expression)
        }
    }

    /// The rarer expressions, which need more stack: kept apart, so that nested calls of `evaluate` stay small.
    private mutating func compound(_ expression: RuleExpression) throws(RuleError) -> Value {
        switch expression {
        case .list(let elements):
            try cost.charge(10)
            var list: [Value] = []
            list.reserveCapacity(elements.count)
            for element in elements { list.append(try evaluate(element)) }
            return .array(list)
        case .map(let entries):
            try cost.charge(30)
            var members: [(String, Value)] = []
            for (key, value) in entries {
                guard case .string(let name) = try evaluate(key) else { throw .noOverload }
                members.append((name, try evaluate(value)))
            }
            return .object(Object(members))
        case .comprehension(let kind, let range, let variable, let first, let second):
            return try comprehension(kind, try evaluate(range), variable, first, second)
        case .matches(let text, let pattern):
            guard case .string(let text) = try evaluate(text) else { throw .noOverload }
            return .bool(try RuleFunctions.matches(text, pattern, &cost))
        case .call(let name, let target, let arguments):
            var all: [Value] = []
            if let target { all.append(try evaluate(target)) }
            for argument in arguments { all.append(try evaluate(argument)) }
            return try RuleFunctions.call(name, all, &cost)
        default: throw .noOverload
        }
    }

    private mutating func truth(_ expression: RuleExpression) throws(RuleError) -> Bool {
        guard case .bool(let flag) = try evaluate(expression) else { throw .noOverload }
        return flag
    }

    private func negated(_ value: Value) throws(RuleError) -> Value {
        switch value {
        case .int(let number):
            let (result, overflows) = Int64(0).subtractingReportingOverflow(number)
            if overflows { throw RuleError("integer overflow") }
            return .int(result)
        case .double(let number): return .double(-number)
        default: throw .noOverload
        }
    }

    /// An error in one operand does not matter if another operand decides the result.
    private mutating func combine(
        _ operands: [RuleExpression], decidedBy decisive: Bool
    ) throws(RuleError) -> Value {
        var failure: RuleError?
        for operand in operands {
            do throws(RuleError) {
                if try truth(operand) == decisive { return .bool(decisive) }
            } catch {
                if error.kind == .tooExpensive { throw error }
                failure = failure ?? error
            }
        }
        if let failure { throw failure }
        return .bool(!decisive)
    }

    private func member(_ object: Value, _ name: String) throws(RuleError) -> Value {
        guard case .object(let members) = object else { throw .noOverload }
        guard let value = members[name] else { throw RuleError("no such key: \(name)") }
        return value
    }

    private func element(_ container: Value, _ key: Value) throws(RuleError) -> Value {
        switch (container, key) {
        case (.object, .string(let name)): return try member(container, name)
        case (.array(let list), .int(let index)):
            guard list.indices.contains(Int(clamping: index)) else {
                throw RuleError("index out of bounds: \(index)")
            }
            return list[Int(clamping: index)]
        default: throw .noOverload
        }
    }

    private mutating func comprehension(
        _ kind: RuleExpression.Comprehension, _ range: Value, _ variable: String, _ first: RuleExpression,
        _ second: RuleExpression?
    ) throws(RuleError) -> Value {
        let elements: [Value]
        switch range {
        case .array(let list): elements = list
        case .object(let object):
            try cost.charge(elements: object.count)
            elements = object.members.map { .string($0.key) }
        default: throw .noOverload
        }
        let outer = names[variable]
        defer { names[variable] = outer }
        var chosen: [Value] = []
        var count = 0
        var failure: RuleError?
        for element in elements {
            try cost.charge(2)
            names[variable] = element
            if kind == .map {
                if let second {
                    if try truth(first) { chosen.append(try evaluate(second)) }
                } else {
                    chosen.append(try evaluate(first))
                }
                continue
            }
            let holds: Bool
            do throws(RuleError) {
                holds = try truth(first)
            } catch {
                // One element may decide the result even if another one causes an error.
                guard kind == .all || kind == .exists, error.kind != .tooExpensive else { throw error }
                failure = error
                continue
            }
            if kind == .all, !holds { return false }
            if kind == .exists, holds { return true }
            if holds {
                count += 1
                chosen.append(element)
            }
        }
        if let failure { throw failure }
        switch kind {
        case .all: return true
        case .exists: return false
        case .existsOne: return .bool(count == 1)
        case .filter, .map: return .array(chosen)
        }
    }
}
