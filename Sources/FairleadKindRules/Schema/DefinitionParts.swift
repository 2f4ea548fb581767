package import FairleadModel
package import FairleadSchema

/// The rules for a version's subresources, printer columns and selectable fields.
package enum DefinitionParts {
    package static func subresourceErrors(_ value: Value, _ path: FieldPath) -> [FieldError] {
        guard let scale = value["scale"] else { return [] }
        let place = path.child("scale")
        return pathErrors(scale.text("specReplicasPath"), under: ".spec.", "spec", place.child("specReplicasPath"))
            + pathErrors(
                scale.text("statusReplicasPath"), under: ".status.", "status", place.child("statusReplicasPath"))
            + selectorErrors(scale, place.child("labelSelectorPath"))
    }

    private static func selectorErrors(_ scale: Value, _ path: FieldPath) -> [FieldError] {
        let text = scale.text("labelSelectorPath")
        guard !text.isEmpty else { return [] }
        if !text.hasPrefix(".spec.") && !text.hasPrefix(".status.") {
            return [.invalid(path, .string(text), "should be a json path under either .spec or .status")]
        }
        return simplePathErrors(text, path)
    }

    private static func pathErrors(
        _ text: String, under prefix: String, _ name: String, _ path: FieldPath
    ) -> [FieldError] {
        if text.isEmpty { return [.required(path)] }
        let errors = simplePathErrors(text, path)
        if !errors.isEmpty { return errors }
        return text.hasPrefix(prefix) ? [] : [.invalid(path, .string(text), "should be a json path under .\(name)")]
    }

    /// The field paths that subresources accept: names that each follow a dot.
    private static func simplePathErrors(_ text: String, _ path: FieldPath) -> [FieldError] {
        guard text.hasPrefix(".") else {
            return [.invalid(path, .string(text), "must be a simple json path starting with .")]
        }
        if text.contains("[") {
            return [.invalid(path, .string(text), "can only contain . and [] with a field name")]
        }
        return []
    }

    private static let columnTypes: [String] = ["boolean", "date", "integer", "number", "string"]
    private static let columnFormats: [String] = [
        "byte", "date", "date-time", "double", "float", "int32", "int64", "password",
    ]

    package static func columnErrors(_ column: Value, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        if column.text("name").isEmpty { errors.append(.required(path.child("name"))) }
        let type = column.text("type")
        let types = "must be one of " + columnTypes.joined(separator: ",")
        if type.isEmpty {
            errors.append(.required(path.child("type"), types))
        } else if !columnTypes.contains(type) {
            errors.append(.invalid(path.child("type"), .string(type), types))
        }
        let format = column.text("format")
        if !format.isEmpty, !columnFormats.contains(format) {
            errors.append(
                .invalid(
                    path.child("format"), .string(format), "must be one of " + columnFormats.joined(separator: ",")))
        }
        let jsonPath = column.text("jsonPath")
        let place = path.child("JSONPath")
        if jsonPath.isEmpty {
            errors.append(.required(place))
        } else if !jsonPath.hasPrefix(".") {
            errors.append(.invalid(place, .string(jsonPath), "must be a simple json path starting with ."))
        }
        return errors
    }

    private static let maximumFields = 8

    package static func selectableFieldErrors(
        _ fields: [Value], _ schema: StructuralSchema, _ path: FieldPath
    ) -> [FieldError] {
        var errors: [FieldError] = []
        if fields.count > maximumFields {
            errors.append(.tooMany(path, actual: fields.count, maximum: maximumFields))
        }
        var seen: Set<String> = []
        for (index, field) in fields.enumerated() {
            let place = path.index(index).child("jsonPath")
            let text = field.text("jsonPath")
            if text.isEmpty {
                errors.append(.required(place))
                continue
            }
            func refuse(_ words: String) { errors.append(.invalid(place, .string(text), words)) }
            if !text.hasPrefix("."), !text.hasPrefix("[") {
                let head = text.prefix { $0 != "." && $0 != "[" }
                refuse("is an invalid path: expected [ or . but got: \(head)")
            } else if let names = SimplePath(text)?.names {
                if names.first == "metadata" || names.isEmpty {
                    refuse("is an invalid path: does not refer to a valid field")
                } else if let node = schema.node(at: names) {
                    if !["string", "boolean", "integer"].contains(node.valueType) {
                        refuse(
                            "must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed."
                        )
                    } else if !seen.insert(text).inserted {
                        errors.append(.duplicate(place, .string(text)))
                    }
                } else {
                    refuse("is an invalid path: does not refer to a valid field")
                }
            } else {
                refuse("is an invalid path: does not refer to a valid field")
            }
        }
        return errors
    }
}
