package import FairleadModel

/// Checks a value against a schema and says what is wrong in the words of kube-openapi's validator.
///
/// On an update only what changed is held against the schema: an error that was there before may stay.
/// Reference: k8s.io/kube-openapi `pkg/validation/validate`; KEP-4008 (CRD validation ratcheting).
package struct SchemaValidator: Sendable {
    /// The field in which the value lies; empty for a whole object.
    let prefix: String

    package init(prefix: String = "") { self.prefix = prefix }

    /// - Parameter old: what the value was before an update; nil for a new one.
    package func errors(of value: Value, _ schema: StructuralSchema, old: Value? = nil) -> [FieldError] {
        check(value, old, schema, "").errors
    }

    /// Errors, and how much of the schema was there to be matched: of failed alternatives the one that fits best is
    /// reported.
    struct Outcome {
        var errors: [FieldError] = []
        var matches = 0
        var isValid: Bool { errors.isEmpty }

        mutating func merge(_ other: Outcome) {
            errors += other.errors
            matches += other.matches
        }
    }

    func check(_ value: Value, _ old: Value?, _ schema: StructuralSchema, _ path: String) -> Outcome {
        var outcome = Outcome(matches: 1)
        if let old, old == value { return outcome }
        outcome.errors += typeErrors(value, schema, path)
        if value.isNull {
            outcome.errors += enumerationErrors(value, schema, path)
            return outcome
        }
        checkComposition(value, old, schema, path, &outcome)
        switch value {
        case .string(let text):
            outcome.errors += stringErrors(text, schema, path)
            outcome.errors += formatErrors(text, schema, path)
        case .int, .double: outcome.errors += numberErrors(value, schema, path)
        case .array(let list): checkList(list, old, schema, path, &outcome)
        default: break
        }
        outcome.errors += enumerationErrors(value, schema, path)
        if case .object(let object) = value { checkObject(object, old, schema, path, &outcome) }
        return outcome
    }

    // MARK: Words

    /// `spec.a in body …` as an error about that field.
    func error(_ kind: FieldError.Kind, _ path: String, _ value: Value?, _ detail: String) -> FieldError {
        FieldError(
            kind, field: field(path), printedValue: value.map { $0.string.map(\.goQuoted) ?? $0.jsonText },
            detail: detail)
    }

    func field(_ path: String) -> String {
        if path.isEmpty { return prefix }
        if prefix.isEmpty { return path }
        return prefix + "." + path
    }

    func invalid(_ path: String, _ value: Value, _ words: String) -> FieldError {
        error(.invalid, path, value, "\(path) in body \(words)")
    }

    /// An error that belongs to no field.
    func general(_ message: String) -> FieldError {
        FieldError(.invalid, field: prefix, printedValue: "\"\"", detail: message)
    }

    func wrongType(_ path: String, _ expected: String, _ found: String) -> FieldError {
        error(.typeInvalid, path, .string(found), "\(path) in body must be of type \(expected): \(found.goQuoted)")
    }

    static func child(_ path: String, _ name: String) -> String { path.isEmpty ? name : path + "." + name }

    // MARK: Containers

    private func checkList(
        _ list: [Value], _ old: Value?, _ schema: StructuralSchema, _ path: String, _ outcome: inout Outcome
    ) {
        if let items = schema.items {
            for (index, element) in list.enumerated() {
                let before = correlated(element, old, schema)
                outcome.merge(check(element, before, items, "\(path)[\(index)]"))
            }
        }
        let count = Int64(list.count)
        if let least = schema.bounds.minItems, count < least {
            outcome.errors.append(invalid(path, .int(count), "should have at least \(least) items"))
        }
        if let most = schema.bounds.maxItems, count > most { outcome.errors.append(tooMany(path, count, most)) }
    }

    /// The element of the old list that a keyed list's element was before.
    private func correlated(_ element: Value, _ old: Value?, _ schema: StructuralSchema) -> Value? {
        guard schema.listType == "map", let list = old?.array else { return nil }
        return list.first { candidate in
            schema.listMapKeys.allSatisfy { key in
                (candidate[key] ?? schema.items?.properties[key]?.defaultValue)
                    == (element[key] ?? schema.items?.properties[key]?.defaultValue)
            }
        }
    }

    private func checkObject(
        _ object: Object, _ old: Value?, _ schema: StructuralSchema, _ path: String, _ outcome: inout Outcome
    ) {
        let count = Int64(object.count)
        if let least = schema.bounds.minProperties, count < least {
            outcome.errors.append(invalid(path, .int(count), "should have at least \(least) properties"))
            return
        }
        if let most = schema.bounds.maxProperties, count > most {
            outcome.errors.append(tooMany(path, count, most))
            return
        }
        for member in object.members where schema.properties[member.key] == nil {
            let place = Self.child(path, member.key)
            switch schema.additional {
            case .schema(let element): outcome.merge(check(member.value, old?[member.key], element, place))
            case .any(false):
                outcome.errors.append(
                    error(.invalid, place, "", "\(path).\(member.key) in body is a forbidden property"))
            default: break
            }
        }
        for name in schema.propertyNames {
            guard let property = schema.properties[name], let value = object[name] else { continue }
            outcome.merge(check(value, old?[name], property, Self.child(path, name)))
        }
        for name in schema.required where object[name] == nil {
            outcome.errors.append(error(.required, Self.child(path, name), nil, ""))
        }
    }

    private func tooMany(_ path: String, _ actual: Int64, _ maximum: Int64) -> FieldError {
        error(.tooMany, path, .int(actual), "must have at most \(maximum) item\(maximum == 1 ? "" : "s")")
    }
}
