import FairleadModel

/// One evaluation of one expression. What it does is bounded by what it may cost, whatever a rule asks for.
struct RuleEvaluation {
    private var names: [String: RuleValue]
    /// The names outside of all loops.
    private var globals: [String: RuleValue]
    private(set) var cost: RuleCost
    /// What is evaluated when it is first asked for.
    var variables: RuleVariables

    init(
        _ names: [String: RuleValue], limit: Int = RuleCost.limit, variables: RuleVariables = RuleVariables()
    ) {
        self.names = names
        globals = names
        self.variables = variables
        cost = RuleCost(limit: limit)
    }

    /// The next expression about the same names.
    mutating func begin(limit: Int = RuleCost.limit) { cost = RuleCost(limit: limit) }

    /// What a name stands for from now on.
    mutating func bind(_ name: String, _ value: RuleValue) {
        globals[name] = value
        names = globals
    }

    mutating func evaluate(_ expression: RuleExpression) throws(RuleError) -> RuleValue {
        if case .literal(let value) = expression {
            try cost.countLiteral()
            return value
        }
        try cost.work(1)
        switch expression {
        case .literal(let value): return value
        case .name(let name):
            try cost.charge(1)
            if let value = names[name] { return value }
            return try unbound(name)
        case .typed(let inner, let type): return try evaluate(inner).typed(as: type)
        case .field(let object, let name, let isOptional):
            try cost.charge(1)
            return try member(try evaluate(object), .text(name), isOptional: isOptional)
        case .has(let object, let name): return try has(try evaluate(object), name)
        case .index(let container, let key, let isOptional):
            try cost.charge(1)
            return try member(try evaluate(container), try evaluate(key), isOptional: isOptional)
        case .not(let inner):
            try cost.charge(1)
            return .bool(!(try truth(inner)))
        case .negated(let inner):
            try cost.charge(1)
            return try RuleFunctions.negated(try evaluate(inner))
        case .binary(let sign, let left, let right):
            let left = try evaluate(left)
            let right = try evaluate(right)
            try cost.charge(RuleCost.operation(sign, left, right))
            return try RuleFunctions.operate(sign, left, right, &cost)
        case .conditional(let test, let yes, let no): return try evaluate(try truth(test) ? yes : no)
        case .and(let operands): return try combine(operands, decidedBy: false)
        case .or(let operands): return try combine(operands, decidedBy: true)
        default: return try compound(expression)
        }
    }

    private mutating func unbound(_ name: String) throws(RuleError) -> RuleValue {
        guard let variable = variables.all[name] else {
            if let type = RuleFunctions.typeNames[name] { return .type(type) }
            throw RuleError("undeclared reference to '\(name)'")
        }
        if let value = variables.values[name] { return value }
        if let failure = variables.failures[name] { throw failure }
        // A variable does not see the loops that it is asked for in, and pays for itself.
        let outer = (cost, names)
        (cost, names) = (RuleCost(), globals)
        defer { (cost, names) = outer }
        do throws(RuleError) {
            try variables.enter(variable)
            defer { variables.leave(variable) }
            let value = try evaluate(variable.expression)
            try variables.charge(cost.spent)
            variables.values[name] = value
            return value
        } catch {
            if error.kind == .outOfBudget { throw error }
            let failure = RuleError("composited variable \(variable.name.goQuoted) fails to evaluate: \(error.message)")
            variables.failures[name] = failure
            try variables.charge(cost.spent)
            throw failure
        }
    }

    /// What is rarer and needs more room: apart, to keep small what nests.
    private mutating func compound(_ expression: RuleExpression) throws(RuleError) -> RuleValue {
        switch expression {
        case .list(let elements): return try list(elements)
        case .map(let entries): return try map(entries)
        case .message(let type, let fields): return try message(type, fields)
        case .comprehension(let macro, let range, let variables, let first, let second):
            let range = try evaluate(range)
            if macro == .optMap || macro == .optFlatMap { return try optional(macro, range, variables[0], first) }
            return try comprehension(macro, range, variables, first, second)
        case .pattern(let name, let text, let pattern, let limit):
            guard case .plain(.string(let text)) = try evaluate(text) else { throw .noOverload }
            var most: Int64?
            if let limit {
                guard case .plain(.int(let number)) = try evaluate(limit) else { throw .noOverload }
                most = number
            }
            try cost.charge(RuleCost.search(text.utf8.count, pattern.text.utf8.count))
            return try RuleFunctions.search(name, text, pattern, most, &cost)
        case .call(let name, let arguments):
            // Only the first of these two is always asked for.
            if name == "orValue" || name == "or", arguments.count == 2 {
                try cost.charge(1)
                guard case .optional(let inner) = try evaluate(arguments[0]) else { throw .noOverload }
                if let inner { return name == "or" ? .optional(inner) : inner }
                return try evaluate(arguments[1])
            }
            var all: [RuleValue] = []
            all.reserveCapacity(arguments.count)
            for argument in arguments { all.append(try evaluate(argument)) }
            try cost.charge(RuleCost.call(name, all))
            return try RuleFunctions.call(name, all, &cost)
        default: throw .noOverload
        }
    }

    private mutating func truth(_ expression: RuleExpression) throws(RuleError) -> Bool {
        guard case .plain(.bool(let flag)) = try evaluate(expression) else { throw .noOverload }
        return flag
    }

    /// An error of one operand does not matter where another one decides.
    private mutating func combine(
        _ operands: [RuleExpression], decidedBy decisive: Bool
    ) throws(RuleError) -> RuleValue {
        var failure: RuleError?
        for operand in operands {
            do throws(RuleError) {
                if try truth(operand) == decisive { return .bool(decisive) }
            } catch {
                if error.kind != .ordinary { throw error }
                failure = failure ?? error
            }
        }
        if let failure { throw failure }
        return .bool(!decisive)
    }

    // MARK: Members

    private mutating func member(
        _ container: RuleValue, _ key: RuleValue, isOptional: Bool
    ) throws(RuleError) -> RuleValue {
        guard isOptional else {
            guard let found = try find(container, key) else { throw Self.missing(container, key) }
            return found
        }
        if case .optional(let inner) = container {
            guard let inner else { return .optional(nil) }
            return .optional(try find(inner, key))
        }
        return .optional(try find(container, key))
    }

    private static func missing(_ container: RuleValue, _ key: RuleValue) -> RuleError {
        if container.count != nil { return RuleError("index out of bounds: \(RuleFunctions.shown(key))") }
        return RuleError("no such key: \(RuleFunctions.shown(key))")
    }

    /// nil where there is no such member or element.
    private mutating func find(_ container: RuleValue, _ key: RuleValue) throws(RuleError) -> RuleValue? {
        switch (container, key) {
        case (.plain(.object(let members)), .plain(.string(let name))): return members[name].map { .plain($0) }
        case (.plain(.object), _): return nil
        case (.map(let pairs), _):
            var steps = cost.steps
            let found = pairs.first { steps.isExhausted || RuleFunctions.equal($0.key, key, &steps) }
            try cost.work(steps)
            return found?.value
        default:
            // As in cel-go, nothing is in what cannot hold anything: null, above all.
            guard let count = container.count else {
                if case .message(let message) = container, case .plain(.string(let name)) = key {
                    return message.fields.last { $0.name == name }?.value
                }
                return nil
            }
            let index: Int
            switch key {
            case .plain(.int(let number)): index = Int(clamping: number)
            case .uint(let number): index = Int(clamping: number)
            case .plain(.double(let number)):
                guard let whole = Int(exactly: number) else {
                    throw RuleError("unsupported index value: \(number.goJSON)")
                }
                index = whole
            default: throw .noOverload
            }
            return (0..<count).contains(index) ? container.element(index) : nil
        }
    }

    private mutating func has(_ object: RuleValue, _ name: String) throws(RuleError) -> RuleValue {
        switch object {
        case .plain(.object(let members)): return .bool(members[name] != nil)
        case .map: return .bool(try find(object, .text(name)) != nil)
        case .optional(let inner):
            return try inner.map { (inner) throws(RuleError) in try has(inner, name) } ?? .bool(false)
        default: return .bool(object.count == nil ? try find(object, .text(name)) != nil : false)
        }
    }

    // MARK: Containers

    private mutating func list(_ elements: [(value: RuleExpression, isOptional: Bool)]) throws(RuleError) -> RuleValue {
        try cost.charge(10)
        try cost.work(10)
        var list: [RuleValue] = []
        list.reserveCapacity(elements.count)
        for element in elements {
            let value = try evaluate(element.value)
            guard element.isOptional else {
                list.append(value)
                continue
            }
            guard case .optional(let inner) = value else { throw .noOverload }
            if let inner { list.append(inner) }
        }
        return .list(of: list)
    }

    private mutating func map(
        _ entries: [(key: RuleExpression, value: RuleExpression, isOptional: Bool)]
    ) throws(RuleError) -> RuleValue {
        try cost.charge(30)
        try cost.work(30)
        var pairs: [RulePair] = []
        for entry in entries {
            let key = try evaluate(entry.key)
            let value = try evaluate(entry.value)
            guard entry.isOptional else {
                pairs.append(RulePair(key: key, value: value))
                continue
            }
            guard case .optional(let inner) = value else { throw .noOverload }
            if let inner { pairs.append(RulePair(key: key, value: inner)) }
        }
        return .map(of: try distinct(pairs))
    }

    /// Of entries with the same key, the last one counts.
    private mutating func distinct(_ pairs: [RulePair]) throws(RuleError) -> [RulePair] {
        var steps = cost.steps
        let all = pairs.enumerated().filter { index, pair in
            steps.take(1)
            return !pairs[(index + 1)...].contains { later in
                steps.isExhausted || RuleFunctions.isSameKey(pair.key, later.key, &steps)
            }
        }
        try cost.work(steps)
        return all.map(\.element)
    }

    private mutating func message(
        _ type: String, _ fields: [(name: String, value: RuleExpression, isOptional: Bool)]
    ) throws(RuleError) -> RuleValue {
        try cost.charge(40)
        try cost.work(40)
        var made: [RuleMessage.Field] = []
        made.reserveCapacity(fields.count)
        for field in fields {
            let value = try evaluate(field.value)
            guard field.isOptional else {
                made.append(.init(name: field.name, value: value))
                continue
            }
            guard case .optional(let inner) = value else { throw .noOverload }
            if let inner { made.append(.init(name: field.name, value: inner)) }
        }
        return .message(RuleMessage(type: type, fields: made))
    }

    private mutating func optional(
        _ macro: RuleSyntax.Macro, _ value: RuleValue, _ variable: String, _ body: RuleExpression
    ) throws(RuleError) -> RuleValue {
        guard case .optional(let inner) = value else { throw .noOverload }
        guard let inner else { return .optional(nil) }
        try cost.charge(Int(RuleCost.start(of: macro)))
        let outer = names[variable]
        defer { names[variable] = outer }
        names[variable] = inner
        let result = try evaluate(body)
        return macro == .optMap ? .optional(result) : result
    }

    /// The pairs that a comprehension goes through: indexes and elements, or keys and values.
    private struct Range {
        let isMap: Bool
        let count: Int
        private let list: RuleValue
        private let pairs: [RulePair]

        init?(_ value: RuleValue, _ cost: inout RuleCost) throws(RuleError) {
            switch value {
            case .plain(.object(let object)):
                try cost.work(elements: object.count)
                pairs = object.members.map { RulePair(key: .text($0.key), value: .plain($0.value)) }
                (isMap, count, list) = (true, pairs.count, .null)
            case .map(let members):
                (isMap, count, list, pairs) = (true, members.count, .null, members)
            default:
                guard let elements = value.count else { return nil }
                (isMap, count, list, pairs) = (false, elements, value, [])
            }
        }

        func key(_ index: Int) -> RuleValue { isMap ? pairs[index].key : .int(Int64(index)) }
        func value(_ index: Int) -> RuleValue { isMap ? pairs[index].value : list.element(index) }
    }

    private mutating func comprehension(
        _ macro: RuleSyntax.Macro, _ value: RuleValue, _ variables: [String], _ first: RuleExpression,
        _ second: RuleExpression?
    ) throws(RuleError) -> RuleValue {
        guard let range = try Range(value, &cost) else { throw .noOverload }
        try cost.charge(Int(RuleCost.start(of: macro)))
        let step = Int(RuleCost.step(of: macro))
        let outer = variables.map { names[$0] }
        defer { for (name, value) in zip(variables, outer) { names[name] = value } }
        var chosen: [RuleValue] = []
        var pairs: [RulePair] = []
        var count = 0
        var failure: RuleError?
        for index in 0..<range.count {
            try cost.work(2)
            try cost.charge(step)
            if variables.count == 1 {
                names[variables[0]] = range.isMap ? range.key(index) : range.value(index)
            } else {
                names[variables[0]] = range.key(index)
                names[variables[1]] = range.value(index)
            }
            switch macro {
            case .map, .transformList:
                if let second {
                    if try truth(first) { chosen.append(try evaluate(second)) }
                } else {
                    chosen.append(try evaluate(first))
                }
                continue
            case .transformMap, .transformMapEntry:
                if second != nil, !(try truth(first)) { continue }
                let made = try evaluate(second ?? first)
                if macro == .transformMap {
                    pairs.append(RulePair(key: range.key(index), value: made))
                } else {
                    try insert(made, into: &pairs)
                }
                continue
            default: break
            }
            let holds: Bool
            do throws(RuleError) {
                holds = try truth(first)
            } catch {
                // One element may decide although another one cannot be asked.
                guard macro == .all || macro == .exists, error.kind == .ordinary else { throw error }
                failure = error
                continue
            }
            if macro == .all, !holds { return .bool(false) }
            if macro == .exists, holds { return .bool(true) }
            if holds {
                count += 1
                chosen.append(range.isMap ? range.key(index) : range.value(index))
            }
        }
        if let failure { throw failure }
        switch macro {
        case .all: return .bool(true)
        case .exists: return .bool(false)
        case .existsOne: return .bool(count == 1)
        case .transformMap, .transformMapEntry: return .map(of: pairs)
        default: return .list(of: chosen)
        }
    }

    private mutating func insert(_ map: RuleValue, into pairs: inout [RulePair]) throws(RuleError) {
        guard let made = try Range(map, &cost), made.isMap else { throw .noOverload }
        for index in 0..<made.count {
            let key = made.key(index)
            var steps = cost.steps
            let isThere = pairs.contains { steps.isExhausted || RuleFunctions.equal($0.key, key, &steps) }
            try cost.work(steps)
            if isThere { throw RuleError("insert failed: key \(RuleFunctions.shown(key)) already exists") }
            pairs.append(RulePair(key: key, value: made.value(index)))
        }
    }
}
