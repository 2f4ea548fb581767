import FairleadModel

/// The rules for lists of type `map` and `set`.
enum KeyedListRules {
    private static let keysName = "x-kubernetes-list-map-keys"
    private static let typeName = "x-kubernetes-list-type"

    static func errors(of schema: Value, _ path: FieldPath) -> [FieldError] {
        let keys = schema.strings(keysName)
        let type = schema.text(typeName)
        var errors: [FieldError] = []
        if !keys.isEmpty, type != "map" {
            let words = "must be map if x-kubernetes-list-map-keys is non-empty"
            errors.append(
                type.isEmpty
                    ? .required(path.child(typeName), words) : .invalid(path.child(typeName), .string(type), words))
        }
        let items = schema["items"]
        if type == "map" {
            errors += mapErrors(keys, items, path)
            errors += keyErrors(keys, items, path)
        }
        if type == "set", let items {
            if items.flag("nullable") {
                errors.append(
                    .forbidden(
                        path.child("items", "nullable"),
                        "cannot be nullable when x-kubernetes-list-type is set"))
            }
            let isAtomic =
                items.text("type") == "object"
                ? items.text("x-kubernetes-map-type") == "atomic"
                : items.text("type") != "array" || ["", "atomic"].contains(items.text(typeName))
            if !isAtomic {
                let field = items.text("type") == "object" ? "x-kubernetes-map-type" : typeName
                let words = "must be atomic as item of a list with x-kubernetes-list-type=set"
                errors.append(
                    items[field] == nil
                        ? .required(path.child("items", field), words)
                        : .invalid(path.child("items", field), items[field] ?? .null, words))
            }
        }
        return errors
    }

    private static func mapErrors(_ keys: [String], _ items: Value?, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        if keys.isEmpty {
            errors.append(
                .required(path.child(keysName), "must not be empty if x-kubernetes-list-type is map"))
        }
        guard let items else {
            errors.append(.required(path.child("items"), "must have a schema if x-kubernetes-list-type is map"))
            return errors
        }
        let type = items.text("type")
        guard type == "object" else {
            if !type.isEmpty || items["type"] == nil {
                errors.append(
                    .invalid(
                        path.child("items", "type"), .string(type),
                        "must be object if parent array's x-kubernetes-list-type is map"))
            }
            return errors
        }
        var seen: Set<String> = []
        // Every error prints all keys, so the number of errors is limited.
        for key in keys where errors.count < 100 {
            if let property = items.at("properties", key) {
                let type = property.text("type")
                if ["array", "object"].contains(type) {
                    errors.append(
                        .invalid(
                            path.child("items", "properties").key(key).child("type"), .string(type),
                            "must be a scalar type if parent array's x-kubernetes-list-type is map"))
                }
            } else {
                errors.append(
                    .invalid(
                        path.child(keysName), .array(keys.map { .string($0) }),
                        "entries must all be names of item properties"))
            }
            if !seen.insert(key).inserted {
                errors.append(
                    .invalid(
                        path.child(keysName), .array(keys.map { .string($0) }), "must not contain duplicate entries"))
            }
        }
        return errors
    }

    /// Keys must be required or have a default.
    private static func keyErrors(_ keys: [String], _ items: Value?, _ path: FieldPath) -> [FieldError] {
        let required = Set(items?.strings("required") ?? [])
        var errors: [FieldError] = []
        for key in keys {
            guard let property = items?.at("properties", key) else { continue }
            let place = path.child("items", "properties").key(key)
            if !required.contains(key), property["default"] == nil {
                errors.append(
                    .required(
                        place.child("default"),
                        "this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property"
                    ))
            }
            if property.flag("nullable") {
                errors.append(
                    .forbidden(
                        place.child("nullable"),
                        "this property is in x-kubernetes-list-map-keys, so it cannot be nullable"))
            }
        }
        return errors
    }
}
