import FairleadModel

/// The binary operators.
extension RuleFunctions {
    static func operate(
        _ sign: RuleExpression.Operator, _ left: Value, _ right: Value, _ cost: inout RuleCost
    ) throws(RuleError) -> Value {
        switch sign {
        case .equal: return .bool(try equal(left, right, &cost))
        case .notEqual: return .bool(!(try equal(left, right, &cost)))
        case .less: return .bool(try compare(left, right, &cost) < 0)
        case .atMost: return .bool(try compare(left, right, &cost) <= 0)
        case .greater: return .bool(try compare(left, right, &cost) > 0)
        case .atLeast: return .bool(try compare(left, right, &cost) >= 0)
        case .isIn:
            switch right {
            case .array(let list): return .bool(try includes(list, [left], &cost))
            case .object(let object): return .bool(left.string.map { object[$0] != nil } ?? false)
            default: throw .noOverload
            }
        case .plus, .minus, .times, .divided, .modulo: return try arithmetic(sign, left, right, &cost)
        }
    }

    static func equal(_ left: Value, _ right: Value, _ cost: inout RuleCost) throws(RuleError) -> Bool {
        switch (left, right) {
        case (.int(let left), .int(let right)): return left == right
        case (.bool(let left), .bool(let right)): return left == right
        default:
            var steps = cost.steps
            let isEqual = equal(left, right, &steps)
            try cost.charge(steps)
            return isEqual
        }
    }

    /// Whether all wanted elements are in the list.
    static func includes(_ list: [Value], _ wanted: [Value], _ cost: inout RuleCost) throws(RuleError) -> Bool {
        for element in wanted {
            var steps = cost.steps
            let isIn = list.contains { other in
                steps.take(2)
                return steps.isExhausted || equal(element, other, &steps)
            }
            try cost.charge(steps)
            if !isIn { return false }
        }
        return true
    }

    /// Takes a step for each value examined, and for each byte of a text.
    static func equal(_ left: Value, _ right: Value, _ steps: inout RuleCost.Steps) -> Bool {
        steps.take(1)
        if steps.isExhausted { return false }
        switch (left, right) {
        case (.int(let number), .double(let other)), (.double(let other), .int(let number)):
            return Double(number) == other
        case (.string(let left), .string(let right)):
            guard left.utf8.count == right.utf8.count else { return false }
            steps.take(left.utf8.count)
            return left.utf8.elementsEqual(right.utf8)
        case (.array(let list), .array(let other)):
            guard list.count == other.count else { return false }
            for (left, right) in zip(list, other) where !equal(left, right, &steps) { return false }
            return true
        case (.object(let object), .object(let other)):
            guard object.count == other.count else { return false }
            // Both are sorted by key.
            for (mine, theirs) in zip(object.members, other.members) {
                steps.take(mine.key.utf8.count)
                if !mine.key.isSameBytes(as: theirs.key) || !equal(mine.value, theirs.value, &steps) { return false }
            }
            return true
        default: return left == right
        }
    }

    /// Returns a negative number, zero or a positive number.
    static func compare(_ left: Value, _ right: Value, _ cost: inout RuleCost) throws(RuleError) -> Int {
        switch (left, right) {
        case (.int(let left), .int(let right)): return left < right ? -1 : left == right ? 0 : 1
        case (.string(let left), .string(let right)):
            try cost.charge(bytes: min(left.utf8.count, right.utf8.count))
            // The bytewise order is the order of code points.
            if left.utf8.elementsEqual(right.utf8) { return 0 }
            return left.utf8.lexicographicallyPrecedes(right.utf8) ? -1 : 1
        case (.bool(let left), .bool(let right)): return left == right ? 0 : right ? -1 : 1
        default:
            guard let left = left.double, let right = right.double else { throw .noOverload }
            return left < right ? -1 : left == right ? 0 : 1
        }
    }

    static func arithmetic(
        _ sign: RuleExpression.Operator, _ left: Value, _ right: Value, _ cost: inout RuleCost
    ) throws(RuleError) -> Value {
        switch (sign, left, right) {
        case (.plus, .string(let left), .string(let right)):
            try cost.charge(bytes: left.utf8.count + right.utf8.count)
            return .string(left + right)
        case (.plus, .array(let left), .array(let right)):
            try cost.charge(elements: left.count + right.count)
            return .array(left + right)
        case (_, .int(let left), .int(let right)):
            if right == 0, sign == .divided || sign == .modulo {
                throw RuleError(sign == .divided ? "division by zero" : "modulus by zero")
            }
            let result =
                switch sign {
                case .plus: left.addingReportingOverflow(right)
                case .minus: left.subtractingReportingOverflow(right)
                case .times: left.multipliedReportingOverflow(by: right)
                case .divided: left.dividedReportingOverflow(by: right)
                default: left.remainderReportingOverflow(dividingBy: right)
                }
            if result.overflow { throw RuleError("integer overflow") }
            return .int(result.partialValue)
        case (_, .double(let left), .double(let right)) where sign != .modulo:
            switch sign {
            case .plus: return .double(left + right)
            case .minus: return .double(left - right)
            case .times: return .double(left * right)
            default: return .double(left / right)
            }
        default: throw .noOverload
        }
    }
}
