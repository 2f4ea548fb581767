import FairleadModel

/// The functions on texts.
extension RuleFunctions {
    static func onText(
        _ name: String, _ text: String, _ rest: [Value], _ cost: inout RuleCost
    ) throws(RuleError) -> Value {
        try cost.charge(bytes: text.utf8.count)
        let bytes = Array(text.utf8)
        switch (name, rest.first?.string.map { Array($0.utf8) }) {
        case ("matches", let pattern?):
            try cost.charge(bytes: pattern.count)
            guard let pattern = try? Pattern(RuleText.text(pattern)) else {
                throw RuleError("invalid regular expression")
            }
            try cost.charge(pattern.size / 10)
            return .bool(try matches(text, pattern, &cost))
        case ("startsWith", let other?): return .bool(bytes.starts(with: other))
        case ("endsWith", let other?): return .bool(bytes.suffix(other.count).elementsEqual(other))
        case ("contains", let other?): return .bool(try place(of: other, in: bytes, &cost) != nil)
        case ("indexOf", let other?):
            let place = try place(of: other, in: bytes, &cost)
            return .int(place.map { Int64(RuleText.starts(Array(bytes[..<$0])).count) } ?? -1)
        case ("lowerAscii", nil): return .string(RuleText.text(bytes.map { (0x41...0x5A).contains($0) ? $0 + 32 : $0 }))
        case ("upperAscii", nil): return .string(RuleText.text(bytes.map { (0x61...0x7A).contains($0) ? $0 - 32 : $0 }))
        case ("trim", nil): return .string(trimmed(text))
        case ("split", let other?): return try split(bytes, by: other, &cost)
        case ("replace", let other?):
            guard rest.count > 1, let with = rest[1].string else { throw .noOverload }
            return try replace(bytes, other, with: Array(with.utf8), limit: rest.count > 2 ? rest[2].int : nil, &cost)
        case ("substring", nil), ("charAt", nil): return try part(bytes, name, rest)
        default: throw .noOverload
        }
    }

    /// Charges what Kubernetes charges for a text and a pattern of these lengths, and then the steps that the machine
    /// really takes.
    static func matches(_ text: String, _ pattern: Pattern, _ cost: inout RuleCost) throws(RuleError) -> Bool {
        let characters = 1 + (1 + text.utf8.count) / 10
        let expressions = 1 + pattern.text.utf8.count / 4
        let (product, overflows) = characters.multipliedReportingOverflow(by: expressions)
        try cost.charge(overflows ? .max : product)
        var allowance = Pattern.Allowance(cost.steps.limit)
        let result = pattern.matches(text, within: &allowance)
        try cost.charge(result == nil ? .max : allowance.used / 10)
        return result ?? false
    }

    private static func trimmed(_ text: String) -> String {
        let scalars = text.unicodeScalars
        guard let start = scalars.firstIndex(where: { !$0.properties.isWhitespace }),
            let end = scalars.lastIndex(where: { !$0.properties.isWhitespace })
        else { return "" }
        return String(scalars[start...end])
    }

    private static func place(
        of part: [UInt8], in whole: [UInt8], _ cost: inout RuleCost
    ) throws(RuleError) -> Int? {
        if part.isEmpty { return 0 }
        try cost.charge(searching: whole.count, for: part.count)
        return RuleText.places(of: part, in: whole, limit: 1).first
    }

    private static func split(
        _ bytes: [UInt8], by separator: [UInt8], _ cost: inout RuleCost
    ) throws(RuleError) -> Value {
        let cuts: [Int]
        if separator.isEmpty {
            cuts = Array(RuleText.starts(bytes).dropFirst())
            if bytes.isEmpty { return .array([]) }
        } else {
            try cost.charge(searching: bytes.count, for: separator.count)
            cuts = RuleText.places(of: separator, in: bytes)
        }
        try cost.charge(elements: cuts.count + 1)
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
            try cost.charge(searching: bytes.count, for: old.count)
            places = RuleText.places(of: old, in: bytes, limit: limit)
        }
        let (added, overflows) = places.count.multipliedReportingOverflow(by: new.count)
        if overflows || added / 10 > cost.remaining { throw .tooExpensive }
        try cost.charge(bytes: bytes.count + added)
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
        guard (from...count).contains(end) else { throw RuleError("index out of range: \(from)") }
        return .string(RuleText.text(bytes[starts[Int(from)]..<starts[Int(end)]]))
    }
}
