package import FairleadModel

/// That lists of type `set` hold no value twice, and those of type `map` no key.
///
/// Reference: k8s.io/apiextensions-apiserver `schema/listtype`.
package enum ListInvariants {
    /// - Parameter old: what the value was before an update: what was wrong already may stay.
    package static func errors(
        of value: Value, _ schema: StructuralSchema, at path: FieldPath, old: Value?
    ) -> [FieldError] {
        if let old, old == value { return [] }
        var errors: [FieldError] = []
        switch value {
        case .object(let object):
            for member in object.members {
                if let property = schema.properties[member.key] {
                    errors += Self.errors(
                        of: member.value, property, at: path.child(member.key), old: old?[member.key])
                } else if let element = schema.additional.schema {
                    errors += Self.errors(of: member.value, element, at: path.key(member.key), old: old?[member.key])
                }
            }
        case .array(let list):
            var seen: Set<Value> = []
            for (index, element) in list.enumerated() {
                switch schema.listType {
                case "set":
                    if !seen.insert(element).inserted { errors.append(.duplicate(path.index(index), element)) }
                case "map":
                    let key = Value.object(
                        Object(
                            schema.listMapKeys.compactMap { name in
                                (element[name] ?? schema.items?.properties[name]?.defaultValue).map { (name, $0) }
                            }))
                    if !seen.insert(key).inserted { errors.append(.duplicate(path.index(index), key)) }
                default: break
                }
                if let items = schema.items {
                    errors += Self.errors(of: element, items, at: path.index(index), old: nil)
                }
            }
        default: break
        }
        return errors
    }
}
