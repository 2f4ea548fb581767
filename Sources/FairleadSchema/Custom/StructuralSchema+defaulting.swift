package import FairleadModel

extension StructuralSchema {
    /// Fills in what is missing and has a default; a null that may not be null counts as missing, and goes where there
    /// is no default.
    ///
    /// Reference: k8s.io/apiextensions-apiserver `schema/defaulting`.
    package func applyDefaults(to value: inout Value) {
        switch value {
        case .object(var object):
            value = .null
            for name in propertyNames {
                guard let property = properties[name] else { continue }
                let found = object[name]
                guard found == nil || (found?.isNull == true && !property.isNullable) else { continue }
                object[name] = property.defaultValue
            }
            var dropped: [String] = []
            object.mapValues { name, child in
                guard let schema = properties[name] ?? additional.schema else { return }
                if child.isNull, !schema.isNullable {
                    guard let standard = schema.defaultValue else {
                        dropped.append(name)
                        return
                    }
                    child = standard
                }
                schema.applyDefaults(to: &child)
            }
            for name in dropped { object[name] = nil }
            value = .object(object)
        case .array(var list):
            guard let items else { return }
            value = .null
            for index in list.indices {
                if list[index].isNull, !items.isNullable, let standard = items.defaultValue { list[index] = standard }
                items.applyDefaults(to: &list[index])
            }
            value = .array(list)
        default: break
        }
    }
}
