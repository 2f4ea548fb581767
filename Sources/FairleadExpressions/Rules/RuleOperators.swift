import FairleadModel

/// The operators.
extension RuleFunctions {
    static func operate(
        _ sign: RuleExpression.Operator, _ left: RuleValue, _ right: RuleValue, _ cost: inout RuleCost
    ) throws(RuleError) -> RuleValue {
        switch sign {
        case .equal: return .bool(try equal(left, right, &cost))
        case .notEqual: return .bool(!(try equal(left, right, &cost)))
        case .less: return .bool(try compare(left, right, &cost) < 0)
        case .atMost: return .bool(try compare(left, right, &cost) <= 0)
        case .greater: return .bool(try compare(left, right, &cost) > 0)
        case .atLeast: return .bool(try compare(left, right, &cost) >= 0)
        case .isIn:
            switch right {
            case .plain(.object(let object)):
                guard case .plain(.string(let name)) = left else { return .bool(false) }
                return .bool(object[name] != nil)
            case .map(let pairs):
                var steps = cost.steps
                let isIn = pairs.contains { steps.isExhausted || equal($0.key, left, &steps) }
                try cost.work(steps)
                return .bool(isIn)
            default:
                guard right.count != nil else { throw .noOverload }
                return .bool(try includes(right, left, &cost))
            }
        case .plus, .minus, .times, .divided, .modulo: return try arithmetic(sign, left, right, &cost)
        }
    }

    static func negated(_ value: RuleValue) throws(RuleError) -> RuleValue {
        switch value {
        case .plain(.int(let number)):
            let (result, overflows) = Int64(0).subtractingReportingOverflow(number)
            if overflows { throw RuleError("integer overflow") }
            return .int(result)
        case .plain(.double(let number)): return .plain(.double(-number))
        default: throw .noOverload
        }
    }

    // MARK: Equality

    static func equal(_ left: RuleValue, _ right: RuleValue, _ cost: inout RuleCost) throws(RuleError) -> Bool {
        switch (left, right) {
        case (.plain(.int(let left)), .plain(.int(let right))): return left == right
        case (.plain(.bool(let left)), .plain(.bool(let right))): return left == right
        default:
            var steps = cost.steps
            let isEqual = equal(left, right, &steps)
            try cost.work(steps)
            return isEqual
        }
    }

    /// Whether a list has an element.
    static func includes(_ list: RuleValue, _ wanted: RuleValue, _ cost: inout RuleCost) throws(RuleError) -> Bool {
        var steps = cost.steps
        let isIn = (0..<(list.count ?? 0)).contains { index in
            steps.take(2)
            return steps.isExhausted || equal(wanted, list.element(index), &steps)
        }
        try cost.work(steps)
        return isIn
    }

    /// Whether every wanted element is in the list.
    static func includes(_ list: RuleValue, all wanted: RuleValue, _ cost: inout RuleCost) throws(RuleError) -> Bool {
        guard let count = wanted.count, list.count != nil else { throw .noOverload }
        for index in 0..<count where try !includes(list, wanted.element(index), &cost) { return false }
        return true
    }

    /// A step for each value that is looked at, and for each byte of a text.
    static func equal(_ left: RuleValue, _ right: RuleValue, _ steps: inout RuleCost.Steps) -> Bool {
        if case .plain(let left) = left, case .plain(let right) = right { return equal(left, right, &steps) }
        steps.take(1)
        if steps.isExhausted { return false }
        switch (left, right) {
        case (.bytes(let left), .bytes(let right)):
            steps.take(min(left.count, right.count))
            return left == right
        case (.timestamp(let left), .timestamp(let right)): return left == right
        case (.duration(let left), .duration(let right)): return left == right
        case (.type(let left), .type(let right)): return left == right
        case (.quantity(let left), .quantity(let right)): return left == right
        case (.ip(let left), .ip(let right)): return left == right
        case (.cidr(let left), .cidr(let right)): return left == right
        case (.url(let left), .url(let right)): return left.text == right.text
        case (.format(let left), .format(let right)): return left == right
        case (.semver(let left), .semver(let right)): return left.order(right) == 0
        case (.optional(let left), .optional(let right)):
            guard let left, let right else { return left == nil && right == nil }
            return equal(left, right, &steps)
        case (.map(let left), _): return equal(left, right, &steps)
        case (_, .map(let right)): return equal(right, left, &steps)
        default:
            if let count = left.count, count == right.count {
                return (0..<count).allSatisfy { equal(left.element($0), right.element($0), &steps) }
            }
            switch (left, right) {
            case (.uint(let left), .uint(let right)): return left == right
            case (.uint(let left), .plain(.int(let right))), (.plain(.int(let right)), .uint(let left)):
                return UInt64(exactly: right) == left
            default: return number(left).map { left in number(right).map { left == $0 } ?? false } ?? false
            }
        }
    }

    /// Whether two keys of a literal are the same: numbers of different types are not.
    static func isSameKey(_ left: RuleValue, _ right: RuleValue, _ steps: inout RuleCost.Steps) -> Bool {
        left.typeName == right.typeName && equal(left, right, &steps)
    }

    private static func equal(_ pairs: [RulePair], _ other: RuleValue, _ steps: inout RuleCost.Steps) -> Bool {
        let others: [RulePair]
        switch other {
        case .map(let pairs): others = pairs
        case .plain(.object(let object)):
            others = object.members.map { RulePair(key: .text($0.key), value: .plain($0.value)) }
        default: return false
        }
        guard pairs.count == others.count else { return false }
        return pairs.allSatisfy { pair in
            others.contains { other in
                !steps.isExhausted && equal(pair.key, other.key, &steps) && equal(pair.value, other.value, &steps)
            }
        }
    }

    private static func number(_ value: RuleValue) -> Double? {
        switch value {
        case .uint(let number): Double(number)
        case .plain(.int(let number)): Double(number)
        case .plain(.double(let number)): number
        default: nil
        }
    }

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

    // MARK: Order

    /// Negative, zero or positive.
    static func compare(_ left: RuleValue, _ right: RuleValue, _ cost: inout RuleCost) throws(RuleError) -> Int {
        func order<Number: Comparable>(_ left: Number, _ right: Number) -> Int {
            left < right ? -1 : left == right ? 0 : 1
        }
        switch (left, right) {
        case (.plain(.int(let left)), .plain(.int(let right))): return order(left, right)
        case (.plain(.string(let left)), .plain(.string(let right))):
            try cost.work(bytes: min(left.utf8.count, right.utf8.count))
            // The order of bytes is the order of code points.
            if left.utf8.elementsEqual(right.utf8) { return 0 }
            return left.utf8.lexicographicallyPrecedes(right.utf8) ? -1 : 1
        case (.plain(.bool(let left)), .plain(.bool(let right))): return left == right ? 0 : right ? -1 : 1
        case (.uint(let left), .uint(let right)): return order(left, right)
        case (.uint(let left), .plain(.int(let right))): return right < 0 ? 1 : order(left, UInt64(right))
        case (.plain(.int(let left)), .uint(let right)): return left < 0 ? -1 : order(UInt64(left), right)
        case (.timestamp(let left), .timestamp(let right)): return order(left, right)
        case (.duration(let left), .duration(let right)): return order(left, right)
        case (.bytes(let left), .bytes(let right)):
            try cost.work(bytes: min(left.count, right.count))
            return left == right ? 0 : left.lexicographicallyPrecedes(right) ? -1 : 1
        default:
            guard let left = number(left), let right = number(right) else { throw .noOverload }
            if left.isNaN || right.isNaN { throw RuleError("NaN values cannot be ordered") }
            return order(left, right)
        }
    }

    // MARK: Arithmetic

    static func arithmetic(
        _ sign: RuleExpression.Operator, _ left: RuleValue, _ right: RuleValue, _ cost: inout RuleCost
    ) throws(RuleError) -> RuleValue {
        switch (sign, left, right) {
        case (.plus, .plain(.string(let left)), .plain(.string(let right))):
            try cost.work(bytes: left.utf8.count + right.utf8.count)
            return .text(left + right)
        case (.plus, .plain(.array(let left)), .plain(.array(let right))):
            try cost.work(elements: left.count + right.count)
            return .plain(.array(left + right))
        case (.plus, .bytes(let left), .bytes(let right)):
            try cost.work(bytes: left.count + right.count)
            return .bytes(left + right)
        case (_, .plain(.int(let left)), .plain(.int(let right))): return .int(try whole(sign, left, right, "integer"))
        case (_, .uint(let left), .uint(let right)): return .uint(try whole(sign, left, right, "unsigned integer"))
        case (_, .plain(.double(let left)), .plain(.double(let right))) where sign != .modulo:
            switch sign {
            case .plus: return .plain(.double(left + right))
            case .minus: return .plain(.double(left - right))
            case .times: return .plain(.double(left * right))
            default: return .plain(.double(left / right))
            }
        default: return try timeArithmetic(sign, left, right, &cost)
        }
    }

    private static func whole<Number: FixedWidthInteger>(
        _ sign: RuleExpression.Operator, _ left: Number, _ right: Number, _ name: String
    ) throws(RuleError) -> Number {
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
        if result.overflow { throw RuleError("\(name) overflow") }
        return result.partialValue
    }

    private static func timeArithmetic(
        _ sign: RuleExpression.Operator, _ left: RuleValue, _ right: RuleValue, _ cost: inout RuleCost
    ) throws(RuleError) -> RuleValue {
        switch (sign, left, right) {
        case (.plus, .duration(let left), .duration(let right)), (.minus, .duration(let left), .duration(let right)):
            let (sum, overflows) =
                sign == .plus ? left.addingReportingOverflow(right) : left.subtractingReportingOverflow(right)
            if overflows { throw RuleError("duration overflow") }
            return .duration(sum)
        case (.plus, .timestamp(let time), .duration(let duration)),
            (.plus, .duration(let duration), .timestamp(let time)):
            return .timestamp(try RuleTime.adding(duration, to: time))
        case (.minus, .timestamp(let time), .duration(let duration)):
            let (negative, overflows) = Int64(0).subtractingReportingOverflow(duration)
            if overflows { throw RuleError("duration overflow") }
            return .timestamp(try RuleTime.adding(negative, to: time))
        case (.minus, .timestamp(let left), .timestamp(let right)):
            return .duration(try RuleTime.difference(left, right))
        case (.plus, _, _):
            guard let first = left.elements, let second = right.elements else { throw .noOverload }
            try cost.work(elements: first.count + second.count)
            return .list(of: first + second)
        default: throw .noOverload
        }
    }
}
