import FairleadModel

/// What makes a schema structural: types everywhere, and nothing structural within `allOf`, `anyOf`, `oneOf` and `not`.
///
/// Reference: "Specifying a structural schema"; k8s.io/apiextensions-apiserver `schema/validation.go`.
struct StructuralRules {
    private enum Level { case root, item, field }

    private var errors = BoundedErrors()

    static func errors(of root: Value, _ path: FieldPath) -> [FieldError] {
        var rules = StructuralRules()
        rules.check(root, .root, path)
        rules.checkCompleteness(root, path)
        return rules.errors.all(at: path)
    }

    private mutating func check(_ schema: Value, _ level: Level, _ path: FieldPath) {
        let type = schema.text("type")
        let items = schema["items"].flatMap { $0.object == nil ? nil : $0 }
        if type == "array", items == nil { errors.append(.required(path.child("items"), "must be specified")) }
        if let items { check(items, .item, path.child("items")) }
        for property in schema.entries("properties") where property.value.object != nil {
            check(property.value, .field, path.child("properties").key(property.key))
        }
        if let additional = schema["additionalProperties"] {
            if additional.object != nil { check(additional, .field, path.child("additionalProperties")) }
            if level == .root {
                errors.append(.forbidden(path.child("additionalProperties"), "must not be used at the root"))
            }
        }
        let isIntOrString = schema.flag("x-kubernetes-int-or-string")
        let isEmbedded = schema.flag("x-kubernetes-embedded-resource")
        let preserves = schema.flag("x-kubernetes-preserve-unknown-fields")
        if isIntOrString {
            let words = "must be false if x-kubernetes-int-or-string is true"
            if preserves {
                errors.append(.invalid(path.child("x-kubernetes-preserve-unknown-fields"), true, words))
            }
            if isEmbedded { errors.append(.invalid(path.child("x-kubernetes-embedded-resource"), true, words)) }
        }
        checkValidations(schema, path, mayReasonAboutTypes: isIntOrString)
        if isEmbedded, type != "object" {
            let words = "must be object if x-kubernetes-embedded-resource is true"
            errors.append(
                type.isEmpty
                    ? .required(path.child("type"), words) : .invalid(path.child("type"), .string(type), words))
        } else if type.isEmpty, !isIntOrString, !preserves {
            let words =
                switch level {
                case .root: "must not be empty at the root"
                case .item: "must not be empty for specified array items"
                case .field: "must not be empty for specified object fields"
                }
            errors.append(.required(path.child("type"), words))
        }
        if isEmbedded, schema["additionalProperties"] != nil {
            errors.append(
                .forbidden(
                    path.child("additionalProperties"),
                    "must not be used if x-kubernetes-embedded-resource is set"))
        }
        if level == .root, !type.isEmpty, type != "object" {
            errors.append(.invalid(path.child("type"), .string(type), "must be object at the root"))
        }
        checkMetadata(schema, level, isResource: level == .root || isEmbedded, path)
        if isEmbedded, !preserves, schema.entries("properties").isEmpty {
            errors.append(
                .required(
                    path.child("properties"),
                    "must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields"
                ))
        }
    }

    private mutating func checkMetadata(_ schema: Value, _ level: Level, isResource: Bool, _ path: FieldPath) {
        guard isResource else { return }
        let properties = path.child("properties")
        for name in ["kind", "apiVersion"] {
            guard let property = schema.at("properties", name), property.text("type") != "string" else { continue }
            errors.append(
                .invalid(
                    properties.key(name).child("type"), .string(property.text("type")), "must be string"))
        }
        guard let metadata = schema.at("properties", "metadata") else { return }
        let place = properties.key("metadata")
        if metadata.text("type") != "object" {
            errors.append(.invalid(place.child("type"), .string(metadata.text("type")), "must be object"))
        }
        guard level == .root else { return }
        var rest = metadata.object ?? Object()
        rest["type"] = nil
        rest["default"] = nil
        let names = Set(metadata.entries("properties").map(\.key))
        if !names.isEmpty, names.isSubset(of: ["name", "generateName"]) { rest["properties"] = nil }
        if !rest.isEmpty {
            errors.append(
                .forbidden(
                    place,
                    "must not specify anything other than name and generateName, but metadata is implicitly specified"
                ))
        }
    }

    // MARK: Within allOf, anyOf, oneOf, not

    /// - Parameter mayReasonAboutTypes: whether an `anyOf` of integer and string may come first.
    private mutating func checkValidations(_ schema: Value, _ path: FieldPath, mayReasonAboutTypes: Bool) {
        let anyOf = schema.items("anyOf")
        if !(mayReasonAboutTypes && Self.isIntOrString(anyOf)) {
            for (index, child) in anyOf.enumerated() { checkNested(child, path.child("anyOf").index(index)) }
        }
        for (index, child) in schema.items("allOf").enumerated() {
            let isException = index == 0 && mayReasonAboutTypes && Self.isIntOrString(child.items("anyOf"))
            checkNested(child, path.child("allOf").index(index), mayReasonAboutTypes: isException)
        }
        for (index, child) in schema.items("oneOf").enumerated() {
            checkNested(child, path.child("oneOf").index(index))
        }
        if let not = schema["not"], not.object != nil { checkNested(not, path.child("not")) }
    }

    private static func isIntOrString(_ list: [Value]) -> Bool {
        list.count == 2 && list[0] == ["type": "integer"] && list[1] == ["type": "string"]
    }

    private mutating func checkNested(_ schema: Value, _ path: FieldPath, mayReasonAboutTypes: Bool = false) {
        checkValidations(schema, path, mayReasonAboutTypes: mayReasonAboutTypes)
        if let items = schema["items"], items.object != nil { checkNested(items, path.child("items")) }
        for property in schema.entries("properties") where property.value.object != nil {
            checkNested(property.value, path.child("properties").key(property.key))
        }
        func forbid(_ key: String, _ words: String) { errors.append(.forbidden(path.child(key), words)) }
        if !schema.text("type").isEmpty { forbid("type", "must be empty to be structural") }
        for key in ["additionalProperties", "default"] where schema[key] != nil {
            forbid(key, "must be undefined to be structural")
        }
        for key in ["title", "description"] where !schema.text(key).isEmpty {
            forbid(key, "must be empty to be structural")
        }
        let flags = [
            "nullable", "x-kubernetes-preserve-unknown-fields", "x-kubernetes-embedded-resource",
            "x-kubernetes-int-or-string",
        ]
        for key in flags where schema.flag(key) { forbid(key, "must be false to be structural") }
        if !schema.items("x-kubernetes-validations").isEmpty {
            forbid("x-kubernetes-validations", "must be empty to be structural")
        }
        if !schema.strings("x-kubernetes-list-map-keys").isEmpty {
            forbid("x-kubernetes-list-map-keys", "must be empty to be structural")
        }
        for key in ["x-kubernetes-list-type", "x-kubernetes-map-type"] where schema[key] != nil {
            forbid(key, "must be undefined to be structural")
        }
        if schema.at("properties", "metadata") != nil {
            errors.append(
                .forbidden(
                    path.child("properties").key("metadata"), "must not be specified in a nested context"))
        }
    }

    // MARK: Completeness

    /// Whatever `allOf`, `anyOf`, `oneOf` and `not` mention must also be specified outside them.
    private mutating func checkCompleteness(_ schema: Value, _ path: FieldPath) {
        for (key, list) in Self.alternatives(schema) {
            for (index, child) in list.enumerated() {
                let place = key == "not" ? path.child(key) : path.child(key).index(index)
                compare(child, place, with: schema, path)
            }
        }
        if let items = schema["items"], items.object != nil { checkCompleteness(items, path.child("items")) }
        for property in schema.entries("properties") {
            checkCompleteness(property.value, path.child("properties").key(property.key))
        }
        if let additional = schema["additionalProperties"], additional.object != nil {
            checkCompleteness(additional, path.child("additionalProperties"))
        }
    }

    private static func alternatives(_ schema: Value) -> [(String, [Value])] {
        ["anyOf", "allOf", "oneOf"].map { ($0, schema.items($0)) } + [("not", schema["not"].map { [$0] } ?? [])]
    }

    private mutating func compare(_ nested: Value, _ source: FieldPath, with schema: Value, _ path: FieldPath) {
        for property in nested.entries("properties") {
            let place = path.child("properties").key(property.key)
            let origin = source.child("properties").key(property.key)
            if let own = schema.at("properties", property.key) {
                compare(property.value, origin, with: own, place)
            } else {
                errors.append(.required(place, "because it is defined in \(origin.description)"))
            }
        }
        if let items = nested["items"], items.object != nil {
            let origin = source.child("items")
            if let own = schema["items"], own.object != nil {
                compare(items, origin, with: own, path.child("items"))
            } else {
                errors.append(.required(path.child("items"), "because it is defined in \(origin.description)"))
            }
        }
        for (key, list) in Self.alternatives(nested) {
            for (index, child) in list.enumerated() {
                compare(child, key == "not" ? source.child(key) : source.child(key).index(index), with: schema, path)
            }
        }
    }
}
