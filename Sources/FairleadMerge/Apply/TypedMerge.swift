import FairleadModel
import FairleadSchema

/// Merges an applied configuration into an object: fields in the configuration win, all others stay.
struct TypedMerge {
    let types: TypeRegistry

    func merge(_ live: Value, _ configuration: Value, _ type: TypeSchema) -> Value {
        merge(live, configuration, MergeType(.object(type))) ?? live
    }

    private func merge(_ left: Value?, _ right: Value?, _ type: MergeType) -> Value? {
        guard let right else { return left }
        guard let left else { return right }
        let form = type.form(types)
        switch form {
        case .leaf: return right
        case .structure(let schema):
            return mergeObjects(left, right) { schema.field($0).map { MergeType($0) } ?? MergeType(.any) }
        case .map(let element): return mergeObjects(left, right) { _ in element }
        case .deduced:
            guard left.object != nil, right.object != nil else { return right }
            return mergeObjects(left, right) { _ in MergeType(.any) }
        case .keyedList(let element, _): return mergeLists(left, right, form, element)
        case .set: return mergeLists(left, right, form, MergeType(.any))
        }
    }

    private func mergeObjects(_ left: Value, _ right: Value, _ type: (String) -> MergeType) -> Value {
        let (mine, theirs) = (left.object ?? Object(), right.object ?? Object())
        if mine.isEmpty, theirs.isEmpty { return right }
        if theirs.isEmpty { return left }
        return .object(mine.merging(theirs) { name, old, new in merge(old, new, type(name)) })
    }

    /// Elements of both lists follow the order of the configuration; those that only the object has keep their place
    /// relative to the shared elements before them.
    private func mergeLists(_ left: Value, _ right: Value, _ form: MergeType.Form, _ type: MergeType) -> Value {
        let (mine, theirs) = (left.array ?? [], right.array ?? [])
        if mine.isEmpty, theirs.isEmpty { return right }
        let live = ListItem.items(mine, form, types)
        let applied = ListItem.items(theirs, form, types)
        var liveValues: [PathElement: Value] = [:]
        for item in live where liveValues[item.element] == nil { liveValues[item.element] = item.value }
        let wanted = Set(applied.map(\.element))
        var shared = applied.map(\.element).filter { liveValues[$0] != nil }[...]
        var done: Set<PathElement> = []
        var result: [Value] = []
        var (first, second) = (0, 0)

        func takeApplied() {
            let item = applied[second]
            done.insert(item.element)
            if let value = merge(liveValues[item.element], item.value, type) { result.append(value) }
            if shared.first == item.element { shared = shared.dropFirst() }
            second += 1
        }
        while first < live.count || second < applied.count {
            if first < live.count {
                let element = live[first].element
                if second < applied.count, element == applied[second].element {
                    takeApplied()
                    first += 1
                    continue
                }
                if !wanted.contains(element) {
                    result.append(live[first].value)
                    first += 1
                    continue
                }
                // A shared element whose turn has not yet come, or has passed: the order of the configuration decides.
                if done.contains(element) || second < applied.count && shared.first != nil && shared.first != element {
                    first += 1
                    continue
                }
            }
            if second < applied.count { takeApplied() } else { first += 1 }
        }
        return .array(result)
    }
}
