import FairleadModel

/// One evaluation of one expression. It takes a bounded number of steps, whatever a rule asks for.
struct RuleEvaluation {
    private var names: [String: Value]
    private var steps = 0

    private static let maximumSteps = 500_000

    init(_ names: [String: Value]) { self.names = names }

    mutating func evaluate(_ expression: RuleExpression) throws(RuleError) -> Value {
        steps += 1
        guard steps < Self.maximumSteps else { throw RuleError("operation cancelled: actual cost limit exceeded") }
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
        case .list(let elements):
            var list: [Value] = []
            for element in elements { list.append(try evaluate(element)) }
            return .array(list)
        case .map(let entries):
            var object = Object()
            for (key, value) in entries {
                guard case .string(let name) = try evaluate(key) else { throw .noOverload }
                object[name] = try evaluate(value)
            }
            return .object(object)
        case .conditional(let test, let yes, let no): return try evaluate(try truth(test) ? yes : no)
        case .and(let left, let right): return try combine(left, right, decidedBy: false)
        case .or(let left, let right): return try combine(left, right, decidedBy: true)
        case .comprehension(let kind, let range, let variable, let first, let second):
            return try comprehension(kind, try evaluate(range), variable, first, second)
        case .call(let name, let target, let arguments): return try call(name, target, arguments)
        }
    }

    private mutating func truth(_ expression: RuleExpression) throws(RuleError) -> Bool {
        guard case .bool(let flag) = try evaluate(expression) else { throw .noOverload }
        return flag
    }

    /// An error on one side does not matter where the other side decides.
    private mutating func combine(
        _ left: RuleExpression, _ right: RuleExpression, decidedBy decisive: Bool
    ) throws(RuleError) -> Value {
        var failure: RuleError?
        do throws(RuleError) {
            if try truth(left) == decisive { return .bool(decisive) }
        } catch {
            failure = error
        }
        if try truth(right) == decisive { return .bool(decisive) }
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
        case .object(let object): elements = object.members.map { .string($0.key) }
        default: throw .noOverload
        }
        let outer = names[variable]
        defer { names[variable] = outer }
        var chosen: [Value] = []
        var count = 0
        var failure: RuleError?
        for element in elements {
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
                // One element may decide although another one cannot be asked.
                guard kind == .all || kind == .exists, steps < Self.maximumSteps else { throw error }
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

    private mutating func call(
        _ name: String, _ target: RuleExpression?, _ arguments: [RuleExpression]
    ) throws(RuleError) -> Value {
        var all: [Value] = []
        if let target { all.append(try evaluate(target)) }
        for argument in arguments { all.append(try evaluate(argument)) }
        switch (name, all.count) {
        case ("!_", 1):
            guard case .bool(let flag) = all[0] else { throw .noOverload }
            return .bool(!flag)
        case ("-_", 1): return try RuleFunctions.arithmetic("-", all[0].int != nil ? 0 : .double(0), all[0])
        case ("_==_", 2): return .bool(RuleFunctions.equal(all[0], all[1]))
        case ("_!=_", 2): return .bool(!RuleFunctions.equal(all[0], all[1]))
        case ("_<_", 2): return .bool(try RuleFunctions.compare(all[0], all[1]) < 0)
        case ("_<=_", 2): return .bool(try RuleFunctions.compare(all[0], all[1]) <= 0)
        case ("_>_", 2): return .bool(try RuleFunctions.compare(all[0], all[1]) > 0)
        case ("_>=_", 2): return .bool(try RuleFunctions.compare(all[0], all[1]) >= 0)
        case ("_in_", 2):
            switch all[1] {
            case .array(let list):
                steps += list.count
                return .bool(list.contains { RuleFunctions.equal($0, all[0]) })
            case .object(let object): return .bool(all[0].string.map { object[$0] != nil } ?? false)
            default: throw .noOverload
            }
        case ("_+_", 2), ("_-_", 2), ("_*_", 2), ("_/_", 2), ("_%_", 2):
            let result = try RuleFunctions.arithmetic(String(name.dropFirst().dropLast()), all[0], all[1])
            if case .string(let text) = result { steps += text.utf8.count / 10 }
            if case .array(let list) = result { steps += list.count }
            return result
        default:
            for case .string(let text) in all { steps += text.utf8.count / 10 }
            return try RuleFunctions.call(name, all)
        }
    }
}
