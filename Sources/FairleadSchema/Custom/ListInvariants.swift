package import FairleadModel

/// Checks that lists of type `set` contain no value twice, and those of type `map` no key.
///
/// Reference: k8s.io/apiextensions-apiserver `schema/listtype`.
package struct ListInvariants {
    private let work: ValidationWork
    private var errors: [FieldError] = []

    private init(_ work: ValidationWork) { self.work = work }

    /// - Parameters:
    ///   - old: the value before an update: errors that it already had may stay.
    ///   - work: the budget shared by all checks of the same object.
    package static func errors(
        of value: Value, _ schema: StructuralSchema, at path: FieldPath, old: Value?,
        work: ValidationWork = ValidationWork()
    ) -> [FieldError] {
        var check = ListInvariants(work)
        check.visit(value, schema, path, old)
        return work.selected(check.errors)
    }

    private mutating func visit(_ value: Value, _ schema: StructuralSchema, _ path: FieldPath, _ old: Value?) {
        guard schema.hasKeyedLists, work.take(1) else { return }
        if let old, work.isSame(old, value) { return }
        switch value {
        case .object(let object):
            for member in object.members {
                if let property = schema.properties[member.key] {
                    visit(member.value, property, path.child(member.key), old?[member.key])
                } else if let element = schema.additional.schema {
                    visit(member.value, element, path.key(member.key), old?[member.key])
                }
            }
        case .array(let list):
            // Compared by their JSON bytes, which are the same only for equal values.
            var seen: Set<[UInt8]> = []
            for (index, element) in list.enumerated() {
                guard work.take(1) else { return }
                if let key = Self.key(of: element, schema) {
                    let bytes = key.jsonBytes
                    work.take(bytes.count / 8)
                    if !seen.insert(bytes).inserted {
                        errors.append(work.charge(.duplicate(path.index(index), key)))
                    }
                }
                if let items = schema.items { visit(element, items, path.index(index), nil) }
            }
        default: break
        }
    }

    /// The part that must be unique among the elements; nil if the list type does not require that.
    private static func key(of element: Value, _ schema: StructuralSchema) -> Value? {
        switch schema.listType {
        case "set": element
        case "map":
            .object(
                Object(
                    schema.listMapKeys.compactMap { name in
                        (element[name] ?? schema.items?.properties[name]?.defaultValue).map { (name, $0) }
                    }))
        default: nil
        }
    }
}
