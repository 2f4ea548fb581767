import FairleadModel

/// The functions of texts.
extension RuleFunctions {
    /// Those that make other values of a text, and those that look at it.
    static func onAnyText(
        _ name: String, _ text: String, _ rest: [RuleValue], _ cost: inout RuleCost
    ) throws(RuleError) -> RuleValue {
        try cost.work(bytes: text.utf8.count)
        switch (name, rest.count) {
        case ("quantity", 1), ("isQuantity", 1), ("semver", 1), ("isSemver", 1): break
        case ("quantity", 0):
            do throws(QuantityError) {
                return .quantity(try Quantity(parsing: text))
            } catch {
                throw RuleError(error.rawValue)
            }
        case ("isQuantity", 0): return .bool(Quantity(text) != nil)
        case ("ip", 0): return .ip(try RuleAddress(text))
        case ("isIP", 0): return .bool((try? RuleAddress(text)) != nil)
        case ("ip.isCanonical", 0): return .bool(try RuleAddress(text).description == text)
        case ("cidr", 0): return .cidr(try RuleRange(text))
        case ("isCIDR", 0): return .bool((try? RuleRange(text)) != nil)
        case ("url", 0): return .url(try RuleURL(text))
        case ("isURL", 0): return .bool((try? RuleURL(text)) != nil)
        case ("semver", 0): return .semver(try RuleVersion(text, isNormalized: false))
        case ("isSemver", 0): return .bool((try? RuleVersion(text, isNormalized: false)) != nil)
        case ("format.named", 0): return .optional(RuleFormat(rawValue: text).map { .format($0) })
        case ("format", 1): return .text(try RuleFormatting.format(text, rest[0], &cost))
        case ("strings.quote", 0): return .text(text.goQuoted)
        case ("matches", 1), ("find", 1), ("findAll", 1), ("findAll", 2):
            guard case .plain(.string(let expression)) = rest[0] else { throw .noOverload }
            try cost.work(bytes: expression.utf8.count)
            let pattern: Pattern
            do throws(Pattern.SyntaxError) {
                pattern = try Pattern(expression)
            } catch {
                throw RuleError(
                    name == "matches" ? error.message : "Illegal regex: \(error.message)")
            }
            try cost.work(pattern.size / 10)
            var limit: Int64?
            if rest.count > 1 {
                guard case .plain(.int(let number)) = rest[1] else { throw .noOverload }
                limit = number
            }
            return try search(name, text, pattern, limit, &cost)
        default: break
        }
        if case .plain(.bool(let isNormalized))? = rest.first, name == "semver" || name == "isSemver" {
            if name == "semver" { return .semver(try RuleVersion(text, isNormalized: isNormalized)) }
            return .bool((try? RuleVersion(text, isNormalized: isNormalized)) != nil)
        }
        var plain: [Value] = []
        for argument in rest {
            guard case .plain(let value) = argument else { throw .noOverload }
            plain.append(value)
        }
        return .plain(try onText(name, text, plain, &cost))
    }

    private static func onText(
        _ name: String, _ text: String, _ rest: [Value], _ cost: inout RuleCost
    ) throws(RuleError) -> Value {
        let bytes = Array(text.utf8)
        switch (name, rest.first?.string.map { Array($0.utf8) }) {
        case ("startsWith", let other?): return .bool(bytes.starts(with: other))
        case ("endsWith", let other?): return .bool(bytes.suffix(other.count).elementsEqual(other))
        case ("contains", let other?): return .bool(try place(of: other, in: bytes, &cost) != nil)
        case ("indexOf", let other?), ("lastIndexOf", let other?):
            return .int(try index(name, of: other, in: bytes, rest.count > 1 ? rest[1].int : nil, &cost))
        case ("lowerAscii", nil): return .string(RuleText.text(bytes.map { (0x41...0x5A).contains($0) ? $0 + 32 : $0 }))
        case ("upperAscii", nil): return .string(RuleText.text(bytes.map { (0x61...0x7A).contains($0) ? $0 - 32 : $0 }))
        case ("trim", nil): return .string(text.withoutOuterSpace)
        case ("split", let other?): return try split(bytes, by: other, rest.count > 1 ? rest[1].int : nil, &cost)
        case ("replace", let other?):
            guard rest.count > 1, let with = rest[1].string else { throw .noOverload }
            return try replace(bytes, other, with: Array(with.utf8), limit: rest.count > 2 ? rest[2].int : nil, &cost)
        case ("substring", nil), ("charAt", nil): return try part(bytes, name, rest)
        default: throw .noOverload
        }
    }

    /// What Kubernetes charges for a text and a pattern of these lengths, and the steps that the machine really takes.
    static func search(
        _ name: String, _ text: String, _ pattern: Pattern, _ limit: Int64?, _ cost: inout RuleCost
    ) throws(RuleError) -> RuleValue {
        let characters = 1 + (1 + text.utf8.count) / 10
        let expressions = 1 + pattern.text.utf8.count / 4
        let (product, overflows) = characters.multipliedReportingOverflow(by: expressions)
        try cost.work(overflows ? .max : product)
        var allowance = Pattern.Allowance(cost.steps.limit)
        if name == "matches" {
            let result = pattern.matches(text, within: &allowance)
            try cost.work(result == nil ? .max : allowance.used / 10)
            return .bool(result ?? false)
        }
        let most = name == "find" ? 1 : limit.map { $0 < 0 ? Int.max : Int(clamping: $0) } ?? .max
        let found = pattern.occurrences(in: text, most: most, within: &allowance)
        guard let found else { throw .tooExpensive }
        try cost.work(allowance.used / 10)
        if name == "find" { return .text(found.first ?? "") }
        return .plain(.array(found.map { .string($0) }))
    }

    private static func place(
        of part: [UInt8], in whole: [UInt8], _ cost: inout RuleCost
    ) throws(RuleError) -> Int? {
        if part.isEmpty { return 0 }
        try cost.work(searching: whole.count, for: part.count)
        return RuleText.places(of: part, in: whole, limit: 1).first
    }

    /// Places are counted in characters.
    private static func index(
        _ name: String, of part: [UInt8], in whole: [UInt8], _ offset: Int64?, _ cost: inout RuleCost
    ) throws(RuleError) -> Int64 {
        let starts = RuleText.starts(whole) + [whole.count]
        let count = Int64(starts.count - 1)
        if let offset, !(0...count).contains(offset) { throw RuleError("index out of range: \(offset)") }
        let isLast = name == "lastIndexOf"
        if part.isEmpty { return isLast ? offset ?? count : offset ?? 0 }
        try cost.work(searching: whole.count, for: part.count)
        // Parts may overlap, which matters for the last one.
        func stands(at start: Int) -> Bool {
            start + part.count <= whole.count && whole[start] == part[0]
                && whole[start..<(start + part.count)].elementsEqual(part)
        }
        let characters =
            isLast
            ? Array((0...Int(offset ?? count)).reversed())
            : Array(Int(offset ?? 0)..<max(Int(offset ?? 0), starts.count))
        for character in characters where starts[character] < whole.count && stands(at: starts[character]) {
            return Int64(character)
        }
        return -1
    }

    private static func split(
        _ bytes: [UInt8], by separator: [UInt8], _ limit: Int64?, _ cost: inout RuleCost
    ) throws(RuleError) -> Value {
        if limit == 0 { return .array([]) }
        let most = limit.map { $0 < 0 ? Int.max : Int(clamping: $0 - 1) } ?? .max
        let cuts: [Int]
        if separator.isEmpty {
            if bytes.isEmpty { return .array([]) }
            cuts = Array(RuleText.starts(bytes).dropFirst().prefix(most))
        } else {
            try cost.work(searching: bytes.count, for: separator.count)
            cuts = RuleText.places(of: separator, in: bytes, limit: most)
        }
        try cost.work(elements: cuts.count + 1)
        var parts: [Value] = []
        parts.reserveCapacity(cuts.count + 1)
        var start = 0
        for cut in cuts {
            parts.append(.string(RuleText.text(bytes[start..<cut])))
            start = cut + separator.count
        }
        parts.append(.string(RuleText.text(bytes[start...])))
        return .array(parts)
    }

    private static func replace(
        _ bytes: [UInt8], _ old: [UInt8], with new: [UInt8], limit: Int64?, _ cost: inout RuleCost
    ) throws(RuleError) -> Value {
        let limit = limit.map { $0 < 0 ? .max : Int(clamping: $0) } ?? .max
        let places: [Int]
        if old.isEmpty {
            places = Array((RuleText.starts(bytes) + [bytes.count]).prefix(limit))
        } else {
            try cost.work(searching: bytes.count, for: old.count)
            places = RuleText.places(of: old, in: bytes, limit: limit)
        }
        let (added, overflows) = places.count.multipliedReportingOverflow(by: new.count)
        if overflows || added / 10 > cost.remaining { throw .tooExpensive }
        try cost.work(bytes: bytes.count + added)
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count + added - places.count * old.count)
        var start = 0
        for place in places {
            result += bytes[start..<place]
            result += new
            start = place + old.count
        }
        result += bytes[start...]
        return .string(RuleText.text(result))
    }

    private static func part(_ bytes: [UInt8], _ name: String, _ rest: [Value]) throws(RuleError) -> Value {
        guard let from = rest.first?.int else { throw .noOverload }
        let starts = RuleText.starts(bytes) + [bytes.count]
        let count = Int64(starts.count - 1)
        guard (0...count).contains(from) else { throw RuleError("index out of range: \(from)") }
        let end = name == "charAt" ? min(from + 1, count) : rest.count > 1 ? rest[1].int ?? -1 : count
        guard (0...count).contains(end) else { throw RuleError("index out of range: \(end)") }
        guard from <= end else { throw RuleError("invalid substring range. start: \(from), end: \(end)") }
        return .string(RuleText.text(bytes[starts[Int(from)]..<starts[Int(end)]]))
    }
}
