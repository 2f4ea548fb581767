package import FairleadModel
package import FairleadSchema

extension FieldSet {
    /// The fields of a value: every leaf, every element of a list of type map or set, every key of a map, and what is
    /// there but empty. Objects with something in them are not named themselves.
    package static func of(_ value: Value, _ type: TypeSchema, _ types: TypeRegistry) -> FieldSet {
        FieldSetBuilder(types: types).fields(of: value, MergeType(.object(type))).children
    }

    /// The set with every field of a schema's objects above its paths; keys of maps and elements of lists are not
    /// added.
    func withNamedFields(_ type: MergeType, _ types: TypeRegistry) -> FieldSet {
        let form = type.form(types)
        return FieldSet(
            sorted: entries.map { entry in
                guard !entry.children.isEmpty else { return entry }
                var isMember = entry.isMember
                if case .structure(let schema) = form, case .field(let name) = entry.element, schema.field(name) != nil
                {
                    isMember = true
                }
                return Entry(
                    entry.element, isMember: isMember,
                    children: entry.children.withNamedFields(type.child(entry.element, types), types))
            })
    }
}

private struct FieldSetBuilder {
    let types: TypeRegistry

    func fields(of value: Value, _ type: MergeType) -> (isLeaf: Bool, children: FieldSet) {
        let form = type.form(types)
        switch form {
        case .leaf: return (true, FieldSet())
        case .structure(let schema):
            guard case .object(let object) = value else { return (false, FieldSet()) }
            var entries: [FieldSet.Entry] = []
            for member in object.members {
                let inner = schema.field(member.key).map { MergeType($0) } ?? MergeType(.any)
                let found = fields(of: member.value, inner)
                let isMember = found.isLeaf || Self.isNothing(member.value)
                if isMember || !found.children.isEmpty {
                    entries.append(FieldSet.Entry(.field(member.key), isMember: isMember, children: found.children))
                }
            }
            return (false, FieldSet(sorted: entries))
        case .map(let element): return (false, members(of: value, element))
        case .deduced:
            guard case .object = value else { return (!value.isNull, FieldSet()) }
            return (false, members(of: value, MergeType(.any)))
        case .keyedList(let element, _): return (false, items(of: value, form, element))
        case .set: return (false, items(of: value, form, MergeType(.any)))
        }
    }

    private static func isNothing(_ value: Value) -> Bool {
        switch value {
        case .null: true
        case .object(let object): object.isEmpty
        default: false
        }
    }

    private func members(of value: Value, _ element: MergeType) -> FieldSet {
        guard case .object(let object) = value else { return FieldSet() }
        return FieldSet(
            sorted: object.members.map { member in
                FieldSet.Entry(
                    .field(member.key), isMember: true, children: fields(of: member.value, element).children)
            })
    }

    /// Of elements that occur several times only the element itself is named.
    private func items(of value: Value, _ form: MergeType.Form, _ type: MergeType) -> FieldSet {
        guard case .array(let list) = value else { return FieldSet() }
        var seen: [PathElement: Int] = [:]
        let items = ListItem.items(list, form, types)
        for item in items { seen[item.element, default: 0] += 1 }
        var entries: [FieldSet.Entry] = []
        for item in items {
            guard let count = seen.removeValue(forKey: item.element) else { continue }
            let children = count > 1 ? FieldSet() : fields(of: item.value, type).children
            entries.append(FieldSet.Entry(item.element, isMember: true, children: children))
        }
        entries.sort { $0.element < $1.element }
        return FieldSet(sorted: entries)
    }
}
