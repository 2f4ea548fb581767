import FairleadModel

/// The functions of lists.
extension RuleFunctions {
    static func onList(
        _ name: String, _ list: RuleValue, _ rest: [RuleValue], _ cost: inout RuleCost
    ) throws(RuleError) -> RuleValue {
        let count = list.count ?? 0
        try cost.work(count)
        switch (name, rest.first) {
        case ("isSorted", nil):
            for index in 0..<max(0, count - 1)
            where try compare(list.element(index), list.element(index + 1), &cost) > 0 {
                return .bool(false)
            }
            return .bool(true)
        case ("sum", _):
            guard count > 0 else { return rest.first ?? .int(0) }
            var total = list.element(0)
            for index in 1..<count { total = try arithmetic(.plus, total, list.element(index), &cost) }
            return total
        case ("min", nil), ("max", nil):
            guard count > 0 else { throw RuleError("\(name) called on empty list") }
            var best = list.element(0)
            for index in 1..<count {
                let order = try compare(list.element(index), best, &cost)
                if name == "min" ? order < 0 : order > 0 { best = list.element(index) }
            }
            return best
        case ("indexOf", let wanted?), ("lastIndexOf", let wanted?):
            var steps = cost.steps
            let places = name == "indexOf" ? Array(0..<count) : Array((0..<count).reversed())
            let index = places.first { steps.isExhausted || equal(list.element($0), wanted, &steps) }
            try cost.work(steps)
            return .int(Int64(index ?? -1))
        case ("sets.contains", let wanted?): return .bool(try includes(list, all: wanted, &cost))
        case ("sets.equivalent", let other?):
            guard try includes(list, all: other, &cost) else { return .bool(false) }
            return .bool(try includes(other, all: list, &cost))
        case ("sets.intersects", let other?):
            for index in 0..<count where try includes(other, list.element(index), &cost) { return .bool(true) }
            return .bool(false)
        case ("join", _): return try join(list, rest.first, &cost)
        case ("validate", _): throw .noOverload
        default: return try rearranged(name, list, rest, &cost)
        }
    }

    private static func join(
        _ list: RuleValue, _ separator: RuleValue?, _ cost: inout RuleCost
    ) throws(RuleError) -> RuleValue {
        var parts: [String] = []
        var between = ""
        if let separator {
            guard case .plain(.string(let text)) = separator else { throw .noOverload }
            between = text
        }
        var bytes = 0
        for index in 0..<(list.count ?? 0) {
            guard case .plain(.string(let part)) = list.element(index) else { throw .noOverload }
            parts.append(part)
            bytes += part.utf8.count + between.utf8.count
            // Before the sum can overflow, and before anything is built.
            if bytes / 10 > cost.remaining { throw .tooExpensive }
        }
        try cost.work(bytes: bytes)
        return .text(parts.joined(separator: between))
    }

    /// What makes another list of a list.
    private static func rearranged(
        _ name: String, _ list: RuleValue, _ rest: [RuleValue], _ cost: inout RuleCost
    ) throws(RuleError) -> RuleValue {
        let count = list.count ?? 0
        let elements = list.elements ?? []
        try cost.work(elements: count)
        switch (name, rest.count) {
        case ("first", 0): return .optional(elements.first)
        case ("last", 0): return .optional(elements.last)
        case ("reverse", 0): return .list(of: elements.reversed())
        case ("distinct", 0):
            var kept: [RuleValue] = []
            for element in elements where try !includes(.list(kept), element, &cost) { kept.append(element) }
            return .list(of: kept)
        case ("sort", 0):
            // Each comparison costs something, so that the order is found in steps that are counted.
            var sorted: [RuleValue] = []
            for element in elements {
                var low = 0
                var high = sorted.count
                while low < high {
                    let middle = (low + high) / 2
                    if try compare(sorted[middle], element, &cost) <= 0 { low = middle + 1 } else { high = middle }
                    try cost.work(1)
                }
                try cost.work((sorted.count - low) / 50)
                sorted.insert(element, at: low)
            }
            return .list(of: sorted)
        case ("slice", 2):
            guard case .plain(.int(let start)) = rest[0], case .plain(.int(let end)) = rest[1] else {
                throw .noOverload
            }
            guard start >= 0, end >= 0 else {
                throw RuleError("cannot slice(\(start), \(end)), negative indexes not supported")
            }
            guard start <= end else {
                throw RuleError("cannot slice(\(start), \(end)), start index must be less than or equal to end index")
            }
            guard end <= Int64(count) else {
                throw RuleError("cannot slice(\(start), \(end)), list is length \(count)")
            }
            return .list(of: Array(elements[Int(start)..<Int(end)]))
        case ("flatten", _): return try flattened(elements, rest.first, &cost)
        case ("optional.unwrap", 0), ("unwrapOpt", 0):
            var values: [RuleValue] = []
            for element in elements {
                guard case .optional(let inner) = element else { throw .noOverload }
                if let inner { values.append(inner) }
            }
            return .list(of: values)
        default: throw .noOverload
        }
    }

    private static func flattened(
        _ elements: [RuleValue], _ depth: RuleValue?, _ cost: inout RuleCost
    ) throws(RuleError) -> RuleValue {
        var levels: Int64 = 1
        if let depth {
            guard case .plain(.int(let number)) = depth else { throw .noOverload }
            guard number >= 0 else { throw RuleError("level must be non-negative") }
            levels = number
        }
        var result = elements
        while levels > 0, result.contains(where: { $0.count != nil }) {
            var next: [RuleValue] = []
            for element in result {
                if let inner = element.elements {
                    try cost.work(elements: inner.count)
                    next += inner
                } else {
                    next.append(element)
                }
            }
            result = next
            try cost.work(elements: result.count)
            levels -= 1
        }
        return .list(of: result)
    }
}
