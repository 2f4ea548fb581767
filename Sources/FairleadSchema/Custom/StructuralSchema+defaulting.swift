package import FairleadModel

extension StructuralSchema {
    /// How many values defaults may add to an object: a list of many empty objects, each with many defaults, is short
    /// to write but long once filled in.
    package static let maximumDefaults = 250_000

    /// Fills in defaults for missing fields. A null that is not allowed counts as missing, and is removed if there is
    /// no default.
    ///
    /// - Returns: false if more would have to be filled in than the limit allows; some of it has been.
    /// Reference: k8s.io/apiextensions-apiserver `schema/defaulting`.
    @discardableResult
    package func applyDefaults(to value: inout Value, limit: Int = maximumDefaults) -> Bool {
        var room = limit
        fill(&value, &room)
        return room >= 0
    }

    private func fill(_ value: inout Value, _ room: inout Int) {
        guard room >= 0 else { return }
        switch value {
        case .object(var object):
            value = .null
            addMissing(to: &object, &room)
            var hasDropped = false
            object.mapValues { name, child in
                guard let schema = properties[name] ?? additional.schema else { return }
                if child.isNull, !schema.isNullable {
                    guard let standard = schema.defaultValue else {
                        hasDropped = true
                        return
                    }
                    child = take(standard, &room)
                }
                schema.fill(&child, &room)
            }
            if hasDropped {
                object.filter { name, child in
                    guard child.isNull, let schema = properties[name] ?? additional.schema else { return true }
                    return schema.isNullable || schema.defaultValue != nil
                }
            }
            value = .object(object)
        case .array(var list):
            guard let items else { return }
            value = .null
            for index in list.indices {
                if list[index].isNull, !items.isNullable, let standard = items.defaultValue {
                    list[index] = take(standard, &room)
                }
                items.fill(&list[index], &room)
            }
            value = .array(list)
        default: break
        }
    }

    private func addMissing(to object: inout Object, _ room: inout Int) {
        var missing: [(String, Value)] = []
        for (name, schema) in defaulted where object[name] == nil {
            guard room >= 0, let standard = schema.defaultValue else { return }
            missing.append((name, take(standard, &room)))
        }
        if missing.isEmpty { return }
        object = object.merging(Object(missing)) { _, mine, standard in mine ?? standard }
    }

    /// Counts the values that are filled in.
    private func take(_ standard: Value, _ room: inout Int) -> Value {
        room -= standard.extent.count
        return standard
    }
}
