package import FairleadModel
package import FairleadSchema

extension FieldSet {
    /// The fields of a value: every leaf, every element of a list of type map or set, every key of a map, and
    /// everything present but empty. Objects with contents are not fields themselves.
    package static func of(_ value: Value, _ type: TypeSchema, _ types: TypeRegistry) -> FieldSet {
        FieldSetBuilder(types: types).fields(of: value, MergeType(.object(type))).children
    }

    /// The keys of an object, each as a member, with what `children` returns below it.
    static func ofMembers(_ value: Value, _ children: (String, Value) -> FieldSet) -> FieldSet {
        guard case .object(let object) = value else { return FieldSet() }
        return FieldSet(
            sorted: object.members.map {
                Entry(.field($0.key), isMember: true, children: children($0.key, $0.value))
            })
    }

    /// The elements of a keyed list or of a set. For an element that occurs several times, only the element itself is
    /// included: its occurrences cannot be told apart.
    static func ofItems(
        _ value: Value, _ form: MergeType.Form, _ types: TypeRegistry, _ children: (Value) -> FieldSet
    ) -> FieldSet {
        guard case .array(let list) = value else { return FieldSet() }
        var entries: [Entry] = []
        entries.reserveCapacity(list.count)
        for item in ListItem.items(list, form, types).sorted(by: { $0.element < $1.element }) {
            if entries.last?.element == item.element {
                entries[entries.count - 1].children = FieldSet()
            } else {
                entries.append(Entry(item.element, isMember: true, children: children(item.value)))
            }
        }
        return FieldSet(sorted: entries)
    }

    /// The set extended by every field of a schema's objects above its paths; keys of maps and elements of lists are
    /// not added.
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
                let found = fields(of: member.value, MergeType(of: member.key, in: schema))
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
        FieldSet.ofMembers(value) { fields(of: $1, element).children }
    }

    private func items(of value: Value, _ form: MergeType.Form, _ type: MergeType) -> FieldSet {
        FieldSet.ofItems(value, form, types) { fields(of: $0, type).children }
    }
}
