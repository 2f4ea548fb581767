/// Operations on many members at once, avoiding quadratic time.
extension Object {
    /// Sorts members by key, as an `Object` keeps them. Of several members with the same key, the last one stays.
    /// - Returns: whether any key occurred more than once.
    static func sort(_ members: inout [Member]) -> Bool {
        let isSorted = members.indices.dropFirst().allSatisfy { members[$0 - 1].key.isBefore(members[$0].key) }
        if isSorted { return false }
        var order = Array(members.indices)
        order.sort { left, right in
            let order = members[left].key.order(members[right].key)
            return order == 0 ? left < right : order < 0
        }
        var sorted: [Member] = []
        sorted.reserveCapacity(members.count)
        for index in order {
            if let last = sorted.last, last.key.isSameBytes(as: members[index].key) {
                sorted[sorted.count - 1].value = members[index].value
            } else {
                sorted.append(members[index])
            }
        }
        let hasRepeated = sorted.count < members.count
        members = sorted
        return hasRepeated
    }

    /// This object with every member of `other` merged in.
    /// - Parameter combine: returns the member for a key, given our value and the other object's; nil leaves the member
    ///   out.
    package func merging<Failure: Error>(
        _ other: Object, _ combine: (_ key: String, _ mine: Value?, _ theirs: Value) throws(Failure) -> Value?
    ) throws(Failure) -> Object {
        var result: [Member] = []
        result.reserveCapacity(members.count + other.members.count)
        var position = 0
        for member in other.members {
            while position < members.count, members[position].key.isBefore(member.key) {
                result.append(members[position])
                position += 1
            }
            var mine: Value?
            if position < members.count, members[position].key.isSameBytes(as: member.key) {
                mine = members[position].value
                position += 1
            }
            if let value = try combine(member.key, mine, member.value) {
                result.append(Member(key: member.key, value: value))
            }
        }
        result.append(contentsOf: members[position...])
        return Object(sortedUnique: result)
    }
}
