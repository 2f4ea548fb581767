extension Value {
    /// Whether lists and objects are nested more than `limit` levels deep; a scalar has 0 levels. The walk itself goes
    /// no deeper than that.
    package func nests(deeperThan limit: Int) -> Bool {
        switch self {
        case .array(let elements): limit <= 0 || elements.contains { $0.nests(deeperThan: limit - 1) }
        case .object(let object): limit <= 0 || object.members.contains { $0.value.nests(deeperThan: limit - 1) }
        default: false
        }
    }

    /// How deeply lists and objects are nested, and how many values there are in all.
    ///
    /// Only for trees whose depth is known to be bounded.
    package var extent: (depth: Int, count: Int) {
        var depth = 0
        var count = 1
        func take(_ value: Value) {
            let inner = value.extent
            depth = Swift.max(depth, inner.depth)
            count += inner.count
        }
        switch self {
        case .array(let elements): elements.forEach(take)
        case .object(let object): for member in object.members { take(member.value) }
        default: return (0, 1)
        }
        return (depth + 1, count)
    }
}
