import FairleadModel
import FairleadSchema

/// Removes fields from a value.
struct TypedRemoval {
    let types: TypeRegistry

    /// The value without the fields in `set`. A list or map that loses everything becomes null.
    func removing(_ set: FieldSet, from value: Value, _ type: MergeType) -> Value {
        if set.isEmpty { return value }
        switch value {
        case .object(let object): return remove(set, from: object, type)
        case .array(let list): return remove(set, from: list, type)
        default: return value
        }
    }

    private func remove(_ set: FieldSet, from object: Object, _ type: MergeType) -> Value {
        if case .leaf = type.form(types) { return .object(object) }
        if object.isEmpty { return .object(object) }
        var result: [Object.Member] = []
        result.reserveCapacity(object.count)
        for member in object.members {
            guard let entry = set.entry(.field(member.key)) else {
                result.append(member)
                continue
            }
            if entry.isMember { continue }
            let inner = type.child(entry.element, types)
            result.append(
                Object.Member(key: member.key, value: removing(entry.children, from: member.value, inner)))
        }
        return result.isEmpty ? .null : .object(Object(sortedUnique: result))
    }

    private func remove(_ set: FieldSet, from list: [Value], _ type: MergeType) -> Value {
        let form = type.form(types)
        switch form {
        case .keyedList, .set: break
        default: return .array(list)
        }
        if list.isEmpty { return .array(list) }
        var result: [Value] = []
        for item in ListItem.items(list, form, types) {
            guard let entry = set.entry(item.element) else {
                result.append(item.value)
                continue
            }
            if entry.isMember { continue }
            result.append(removing(entry.children, from: item.value, type.child(entry.element, types)))
        }
        return result.isEmpty ? .null : .array(result)
    }
}
