package import FairleadModel

/// Checks a value against a schema and reports errors with the messages of kube-openapi's validator.
///
/// On an update, only changed values are checked: errors that were there before may stay.
/// Reference: k8s.io/kube-openapi `pkg/validation/validate`; KEP-4008 (CRD validation ratcheting).
package struct SchemaValidator {
    /// The path of the field that contains the value; empty for a whole object.
    let prefix: FieldPath
    let work: ValidationWork

    /// - Parameter work: the budget shared by all checks of the same object.
    package init(prefix: FieldPath = .root, work: ValidationWork = ValidationWork()) {
        self.prefix = prefix
        self.work = work
    }

    /// - Parameter old: the value before an update; nil for a new one.
    package func errors(of value: Value, _ schema: StructuralSchema, old: Value? = nil) -> [FieldError] {
        work.selected(check(value, old, schema, .root).errors, prefix: prefix)
    }

    /// The errors, and how much of the schema matched: if all alternatives fail, the one that matches best is reported.
    struct Outcome {
        var errors: [FieldError] = []
        var matches = 0
        var isValid: Bool { errors.isEmpty }

        mutating func merge(_ other: Outcome) {
            errors += other.errors
            matches += other.matches
        }
    }

    func check(_ value: Value, _ old: Value?, _ schema: StructuralSchema, _ path: FieldPath) -> Outcome {
        var outcome = Outcome(matches: 1)
        guard work.take(1) else { return outcome }
        if let old, work.isSame(old, value) { return outcome }
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

    /// An error about a field, with messages of the form `spec.a in body …`.
    func error(_ kind: FieldError.Kind, _ path: FieldPath, _ value: Value?, _ detail: String) -> FieldError {
        work.charge(
            FieldError(
                kind, field: field(path), printedValue: value.map { $0.string.map(\.goQuoted) ?? $0.jsonText },
                detail: detail))
    }

    private func field(_ path: FieldPath) -> String {
        let path = path.description
        let prefix = prefix.description
        if path.isEmpty { return prefix }
        if prefix.isEmpty { return path }
        return prefix + "." + path
    }

    func invalid(_ path: FieldPath, _ value: Value, _ words: String) -> FieldError {
        error(.invalid, path, value, "\(path) in body \(words)")
    }

    /// An error that belongs to no particular field.
    func general(_ message: String) -> FieldError {
        work.charge(FieldError(.invalid, field: prefix.description, printedValue: "\"\"", detail: message))
    }

    func wrongType(_ path: FieldPath, _ expected: String, _ found: String) -> FieldError {
        error(.typeInvalid, path, .string(found), "\(path) in body must be of type \(expected): \(found.goQuoted)")
    }

    // MARK: Containers

    private func checkList(
        _ list: [Value], _ old: Value?, _ schema: StructuralSchema, _ path: FieldPath, _ outcome: inout Outcome
    ) {
        if let items = schema.items {
            let before = KeyedElements(old, schema)
            for (index, element) in list.enumerated() {
                if work.isExhausted { return }
                outcome.merge(check(element, before[element], items, path.index(index)))
            }
        }
        let count = Int64(list.count)
        if let least = schema.bounds.minItems, count < least {
            outcome.errors.append(invalid(path, .int(count), "should have at least \(least) items"))
        }
        if let most = schema.bounds.maxItems, count > most { outcome.errors.append(tooMany(path, count, most)) }
    }

    private func checkObject(
        _ object: Object, _ old: Value?, _ schema: StructuralSchema, _ path: FieldPath, _ outcome: inout Outcome
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
            if work.isExhausted { return }
            let place = path.child(member.key)
            switch schema.additional {
            case .schema(let element): outcome.merge(check(member.value, old?[member.key], element, place))
            case .any(false):
                outcome.errors.append(
                    error(.invalid, place, "", "\(path).\(member.key) in body is a forbidden property"))
            default: break
            }
        }
        for member in object.members {
            guard !work.isExhausted, let property = schema.properties[member.key] else { continue }
            outcome.merge(check(member.value, old?[member.key], property, path.child(member.key)))
        }
        for name in schema.required where object[name] == nil {
            if work.isExhausted { return }
            outcome.errors.append(error(.required, path.child(name), nil, ""))
        }
    }

    private func tooMany(_ path: FieldPath, _ actual: Int64, _ maximum: Int64) -> FieldError {
        error(.tooMany, path, .int(actual), "must have at most \(maximum) item\(maximum == 1 ? "" : "s")")
    }
}

/// The elements of a keyed list before an update, by their keys; of two with the same keys, the first.
private struct KeyedElements {
    private let schema: StructuralSchema
    private var elements: [[Value?]: Value] = [:]

    init(_ old: Value?, _ schema: StructuralSchema) {
        self.schema = schema
        guard schema.listType == "map", let list = old?.array else { return }
        elements = Dictionary(list.map { (Self.keys(of: $0, schema), $0) }) { first, _ in first }
    }

    /// The element with the same keys before the update.
    subscript(element: Value) -> Value? {
        elements.isEmpty ? nil : elements[Self.keys(of: element, schema)]
    }

    private static func keys(of element: Value, _ schema: StructuralSchema) -> [Value?] {
        schema.listMapKeys.map { element[$0] ?? schema.items?.properties[$0]?.defaultValue }
    }
}
