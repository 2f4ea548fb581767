import FairleadExpressions
import FairleadModel

extension SchemaValidator {
    func typeErrors(_ value: Value, _ schema: StructuralSchema, _ path: FieldPath) -> [FieldError] {
        let found = Self.typeName(value)
        if value.isNull {
            if schema.types.isEmpty || schema.isNullable { return [] }
            return [wrongType(path, schema.types.joined(separator: ","), found)]
        }
        if schema.types.isEmpty { return [] }
        let isWhole = value.int != nil || value.double.map { $0 == $0.rounded() && abs($0) < 9.007e15 } == true
        let fits =
            schema.types.contains(found) || (found == "number" && isWhole && schema.types.contains("integer"))
            || (found == "integer" && schema.types.contains("number"))
        let format = Self.recognized(schema.format)
        let isText = value.string != nil || value.array != nil
        if !isText, !format.isEmpty, !fits, Self.formatName(value) != format {
            return [wrongType(path, format, Self.formatName(value))]
        }
        let isNumeric = schema.types.contains("number") || schema.types.contains("integer")
        if isText, !isNumeric, !format.isEmpty { return [] }
        return fits ? [] : [wrongType(path, schema.types.joined(separator: ","), found)]
    }

    /// The JSON type, distinguishing integers from other numbers.
    static func typeName(_ value: Value) -> String {
        switch value {
        case .int: "integer"
        case .double: "number"
        case .bool: "boolean"
        default: value.jsonTypeName
        }
    }

    private static func formatName(_ value: Value) -> String {
        switch value {
        case .int: "int64"
        case .double: "double"
        default: ""
        }
    }

    private static func recognized(_ format: String) -> String { StringFormat.isRecognized(format) ? format : "" }

    func stringErrors(_ text: String, _ schema: StructuralSchema, _ path: FieldPath) -> [FieldError] {
        work.take(text.utf8.count / 16)
        let length = Int64(text.unicodeScalars.count)
        if let most = schema.bounds.maxLength, length > most {
            return [error(.tooLong, path, nil, "may not be more than \(most) bytes")]
        }
        if let least = schema.bounds.minLength, length < least {
            return [invalid(path, .string(text), "should be at least \(least) chars long")]
        }
        guard let pattern = schema.pattern else { return [] }
        var allowance = Pattern.Allowance(work.remaining)
        let matches = pattern.matches(text, within: &allowance)
        work.take(matches == nil ? work.remaining : allowance.used)
        return matches == false ? [invalid(path, .string(text), "should match '\(pattern.text)'")] : []
    }

    func formatErrors(_ text: String, _ schema: StructuralSchema, _ path: FieldPath) -> [FieldError] {
        guard let format = StringFormat(rawValue: StringFormat.canonical(schema.format)), !format.accepts(text) else {
            return []
        }
        return [wrongType(path, schema.format, text)]
    }

    func numberErrors(_ value: Value, _ schema: StructuralSchema, _ path: FieldPath) -> [FieldError] {
        guard let number = value.double else { return [] }
        var errors: [FieldError] = []
        let type = schema.types.count == 1 ? schema.types[0] : ""
        if !Self.isInRange(value, type: type, format: schema.format) {
            let format = schema.format.isEmpty ? " (default format)" : " with format \(schema.format)"
            errors.append(general("Checked value must be of type \(type)\(format) in \(path)"))
        }
        let bounds = schema.bounds
        if let factor = bounds.multipleOf, factor > 0 {
            let quotient = number / factor
            if abs(quotient - quotient.rounded()) > 1e-9 * max(1, abs(quotient)) {
                errors.append(invalid(path, value, "should be a multiple of \(factor.goJSON)"))
            }
        }
        if let maximum = bounds.maximum, bounds.excludesMaximum ? number >= maximum : number > maximum {
            let words = bounds.excludesMaximum ? "should be less than" : "should be less than or equal to"
            errors.append(invalid(path, value, "\(words) \(maximum.goJSON)"))
        }
        if let minimum = bounds.minimum, bounds.excludesMinimum ? number <= minimum : number < minimum {
            let words = bounds.excludesMinimum ? "should be greater than" : "should be greater than or equal to"
            errors.append(invalid(path, value, "\(words) \(minimum.goJSON)"))
        }
        return errors
    }

    private static func isInRange(_ value: Value, type: String, format: String) -> Bool {
        switch (type, format) {
        case ("integer", "int32"): value.int.map { Int32(exactly: $0) != nil } ?? false
        case ("integer", "uint32"): value.int.map { UInt32(exactly: $0) != nil } ?? false
        case ("integer", "uint64"): value.int.map { $0 >= 0 } ?? false
        case ("integer", _): value.int != nil
        case (_, "float"), (_, "float32"): value.double.map { Float($0).isFinite } ?? false
        default: true
        }
    }

    func enumerationErrors(_ value: Value, _ schema: StructuralSchema, _ path: FieldPath) -> [FieldError] {
        guard let allowed = schema.enumeration, !allowed.contains(value) else { return [] }
        return [error(.notSupported, path, value, allowed.complaint)]
    }

    // MARK: Composition

    func checkComposition(
        _ value: Value, _ old: Value?, _ schema: StructuralSchema, _ path: FieldPath, _ outcome: inout Outcome
    ) {
        var name: String { path.description.goQuoted }
        if !schema.anyOf.isEmpty {
            var results: [Outcome] = []
            for alternative in schema.anyOf where results.last?.isValid != true {
                results.append(check(value, old, alternative, path))
            }
            if let last = results.last, last.isValid {
                outcome.matches += last.matches
            } else {
                outcome.errors.append(general("\(name) must validate at least one schema (anyOf)"))
                if let best = Self.best(results) { outcome.merge(best) }
            }
        }
        if !schema.oneOf.isEmpty {
            let results = schema.oneOf.map { check(value, old, $0, path) }
            let count = results.count { $0.isValid }
            if count != 1 {
                let found = count == 0 ? "Found none valid" : "Found \(count) valid alternatives"
                outcome.errors.append(general("\(name) must validate one and only one schema (oneOf). \(found)"))
                if count == 0, let best = Self.best(results) { outcome.merge(best) }
            }
        }
        if !schema.allOf.isEmpty {
            let results = schema.allOf.map { check(value, old, $0, path) }
            for result in results { outcome.merge(result) }
            let count = results.count { $0.isValid }
            if count < results.count {
                let none = count == 0 ? ". None validated" : ""
                outcome.errors.append(general("\(name) must validate all the schemas (allOf)\(none)"))
            }
        }
        if let not = schema.not, check(value, nil, not, path).isValid {
            outcome.errors.append(general("\(name) must not validate the schema (not)"))
        }
    }

    private static func best(_ results: [Outcome]) -> Outcome? {
        var best: Outcome?
        for result in results where best.map({ result.matches > $0.matches }) ?? true { best = result }
        return best
    }
}
