import FairleadModel

/// The values of expressions.
extension AwkMachine {
    mutating func key(_ nodes: [AwkNode]) throws(Flow) -> String {
        var parts: [String] = []
        for node in nodes { parts.append(try value(node).text) }
        return parts.joined(separator: "\u{1C}")
    }

    mutating func expression(_ text: String) throws(Flow) -> RegularExpression {
        if let known = expressions[text] { return known }
        do throws(RegularExpression.Malformed) {
            let new = try RegularExpression(text, isExtended: true)
            if expressions.count < 200 { expressions[text] = new }
            return new
        } catch {
            throw .failure("bad regex '\(text)'")
        }
    }

    mutating func expression(_ node: AwkNode) throws(Flow) -> RegularExpression {
        if case .regex(let expression) = node { return expression }
        return try expression(try value(node).text)
    }

    mutating func assign(_ target: AwkNode, _ value: AwkValue) throws(Flow) {
        if value.text.utf8.count > 4 << 20 { throw .failure("string too long") }
        switch target {
        case .variable(let name):
            variables[name] = value
            if name == "NF" {
                let count = min(10_000, max(0, Int(saturating: value.number)))
                fields = Array(fields.prefix(count)) + [String](repeating: "", count: max(0, count - fields.count))
                record = fields.joined(separator: variables["OFS"]?.text ?? " ")
            }
        case .field(let number): try setField(Int(saturating: try self.value(number).number), value.text)
        case .element(let name, let nodes):
            let key = try key(nodes)
            if arrays[name]?[key] == nil {
                elements += 1
                if elements > 100_000 { throw .failure("too many elements") }
            }
            arrays[name, default: [:]][key] = value
        default: throw .failure("cannot assign")
        }
    }

    mutating func value(_ node: AwkNode) throws(Flow) -> AwkValue {
        try step()
        switch node {
        case .number(let value): return .number(value)
        case .string(let text): return .string(text)
        case .regex(let expression): return .number(expression.matches(record) ? 1 : 0)
        case .variable(let name): return variables[name] ?? .nothing
        case .field(let node):
            let number = Int(saturating: try value(node).number)
            if number == 0 { return .input(record) }
            return number > 0 && number <= fields.count ? .input(fields[number - 1]) : .nothing
        case .element(let name, let nodes):
            let key = try key(nodes)
            return arrays[name]?[key] ?? .nothing
        case .assign(let target, let operation, let node):
            var result = try value(node)
            if !operation.isEmpty {
                result = .number(try calculate(operation, try value(target).number, result.number))
            }
            try assign(target, result)
            return result
        case .binary("", let left, let right):
            let (first, second) = (try value(left).text, try value(right).text)
            let length = first.utf8.count + second.utf8.count
            if length > 4 << 20 { throw .failure("string too long") }
            try step(copying: length)
            return .string(first + second)
        case .binary(let operation, let left, let right):
            let (first, second) = (try value(left), try value(right))
            if ["<", "<=", ">", ">=", "==", "!="].contains(operation) {
                return .number(compare(operation, first, second) ? 1 : 0)
            }
            return .number(try calculate(operation, first.number, second.number))
        case .unary("!", let node): return .number(try value(node).isTrue ? 0 : 1)
        case .unary(let sign, let node):
            let number = try value(node).number
            return .number(sign == "-" ? -number : number)
        case .step(let target, let step, let isPrefix):
            let before = try value(target).number
            try assign(target, .number(before + step))
            return .number(isPrefix ? before + step : before)
        case .match(let left, let right, let isNegated):
            let text = try value(left).text
            let expression = try expression(right)
            return .number(expression.matches(text) != isNegated ? 1 : 0)
        case .and(let left, let right):
            guard try value(left).isTrue else { return .number(0) }
            return .number(try value(right).isTrue ? 1 : 0)
        case .or(let left, let right):
            if try value(left).isTrue { return .number(1) }
            return .number(try value(right).isTrue ? 1 : 0)
        case .choice(let condition, let first, let second):
            return try value(condition).isTrue ? try value(first) : try value(second)
        case .contains(let nodes, let array):
            let key = try key(nodes)
            return .number(arrays[array]?[key] != nil ? 1 : 0)
        case .call(let name, let arguments): return try call(name, arguments)
        }
    }

    func compare(_ operation: String, _ left: AwkValue, _ right: AwkValue) -> Bool {
        let isNumeric = left.looksNumeric && right.looksNumeric
        let order: Int
        if isNumeric {
            order = left.number < right.number ? -1 : left.number > right.number ? 1 : 0
        } else {
            order = left.text < right.text ? -1 : left.text > right.text ? 1 : 0
        }
        switch operation {
        case "<": return order < 0
        case "<=": return order <= 0
        case ">": return order > 0
        case ">=": return order >= 0
        case "==": return order == 0
        default: return order != 0
        }
    }

    func calculate(_ operation: String, _ left: Double, _ right: Double) throws(Flow) -> Double {
        switch operation {
        case "+": return left + right
        case "-": return left - right
        case "*": return left * right
        case "/":
            if right == 0 { throw .failure("division by zero") }
            return left / right
        case "%":
            if right == 0 { throw .failure("division by zero") }
            return left.truncatingRemainder(dividingBy: right)
        default: return AwkNumbers.power(left, right)
        }
    }

    // MARK: - functions

    mutating func call(_ name: String, _ nodes: [AwkNode]) throws(Flow) -> AwkValue {
        switch name {
        case "length":
            guard let node = nodes.first else { return .number(Double(record.unicodeScalars.count)) }
            if case .variable(let name) = node, let array = arrays[name] { return .number(Double(array.count)) }
            return .number(Double(try value(node).text.unicodeScalars.count))
        case "split":
            guard nodes.count >= 2, case .variable(let array) = nodes[1] else { throw .failure("split: bad arguments") }
            let text = try value(nodes[0]).text
            var separator = variables["FS"]?.text ?? " "
            if nodes.count > 2 {
                if case .regex = nodes[2] { return try split(text, by: try expression(nodes[2]), into: array) }
                separator = try value(nodes[2]).text
            }
            return try store(try split(text, separator: separator), in: array)
        case "sub", "gsub":
            guard nodes.count >= 2 else { throw .failure("\(name): bad arguments") }
            let target = nodes.count > 2 ? nodes[2] : .field(.number(0))
            let (text, replacement) = (try value(target).text, try value(nodes[1]).text)
            let (changed, count) = try expression(nodes[0]).replacing(text, with: replacement, all: name == "gsub")
            if count > 0 { try assign(target, .string(changed)) }
            return .number(Double(count))
        case "match":
            guard nodes.count >= 2 else { throw .failure("match: bad arguments") }
            let text = Array(try value(nodes[0]).text.unicodeScalars)
            let range = try expression(nodes[1]).match(text, from: 0)?.range
            variables["RSTART"] = .number(range.map { Double($0.lowerBound + 1) } ?? 0)
            variables["RLENGTH"] = .number(range.map { Double($0.count) } ?? -1)
            return variables["RSTART"] ?? .nothing
        case "sprintf": return .string(try formatted(nodes))
        case "systime": return .number(Double(now))
        default: break
        }
        var values: [AwkValue] = []
        for node in nodes { values.append(try value(node)) }
        return try AwkNumbers.call(name, values, now: now)
    }

    mutating func split(_ text: String, by expression: RegularExpression, into array: String) throws(Flow)
        -> AwkValue
    {
        let scalars = Array(text.unicodeScalars)
        if scalars.isEmpty { return try store([], in: array) }
        var (parts, start, index): ([String], Int, Int) = ([], 0, 0)
        while index <= scalars.count, let range = expression.match(scalars, from: index)?.range {
            if range.isEmpty {
                index = range.lowerBound + 1
                continue
            }
            parts.append(String(Array(scalars[start..<range.lowerBound])))
            start = range.upperBound
            index = start
        }
        return try store(parts + [String(Array(scalars[start...]))], in: array)
    }

    mutating func store(_ parts: [String], in array: String) throws(Flow) -> AwkValue {
        elements += parts.count - (arrays[array]?.count ?? 0)
        if elements > 100_000 { throw .failure("too many elements") }
        var new: [String: AwkValue] = [:]
        for (index, part) in parts.enumerated() { new[String(index + 1)] = .input(part) }
        arrays[array] = new
        return .number(Double(parts.count))
    }
}
