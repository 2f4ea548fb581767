package import FairleadModel

extension FieldError {
    /// An unsupported value whose alternatives Kubernetes does not sort.
    package static func notSupported(_ path: FieldPath, _ value: Value, inOrder supported: [String]) -> FieldError {
        let list = supported.map { "\"\($0)\"" }.joined(separator: ", ")
        return FieldError(
            .notSupported, path, printedValue: value.string.map(\.goQuoted) ?? value.jsonText,
            detail: "supported values: " + list)
    }

    /// An invalid value that is a pointer in Kubernetes' types: nil is printed as the quoted string "null".
    package static func invalid(_ path: FieldPath, pointer value: Value?, _ detail: String) -> FieldError {
        .invalid(path, value ?? "null", detail)
    }

    /// An invalid value printed in a form of its own, such as that of a Go struct.
    package static func invalid(
        _ path: FieldPath, printed: @autoclosure @escaping @Sendable () -> String, _ detail: String
    ) -> FieldError {
        FieldError(.invalid, path, printedValue: printed(), detail: detail)
    }
}

extension FieldPath {
    /// The path, with an empty name, of an error that is not about any field.
    package static let nowhere = FieldPath.root.key("")
}

/// The small checks that validation of every kind is built from. Each returns the errors it finds, and evaluates the
/// path only once it has found one.
/// Reference: k8s.io/apimachinery `util/validation` and k8s.io/kubernetes `pkg/apis/core/validation`.
package enum FieldChecks {
    package static let mustBeNonNegative = "must be greater than or equal to 0"
    package static let immutable = "field is immutable"

    package static func nonNegative(_ value: Value?, _ path: @autoclosure () -> FieldPath) -> [FieldError] {
        guard let number = value?.int, number < 0 else { return [] }
        return [.invalid(path(), .int(number), mustBeNonNegative)]
    }

    /// A quantity that must not be negative.
    package static func nonNegativeQuantity(_ value: Value?, _ path: @autoclosure () -> FieldPath) -> [FieldError] {
        guard let amount = value?.string.flatMap({ Quantity($0) }), amount.isNegative else { return [] }
        return [.invalid(path(), .string(amount.description), mustBeNonNegative)]
    }

    package static func positiveQuantity(_ value: Value, _ path: @autoclosure () -> FieldPath) -> [FieldError] {
        guard let amount = value.string.flatMap({ Quantity($0) }), amount <= Quantity(0) else { return [] }
        return [.invalid(path(), .string(amount.description), "must be greater than zero")]
    }

    /// A reference to an object of any kind must have a kind and a name.
    package static func kindAndName(of reference: Value, _ path: FieldPath) -> [FieldError] {
        ["kind", "name"].flatMap { field in
            let text = reference.text(field)
            if text.isEmpty { return [FieldError.required(path.child(field))] }
            return messages(NameRules.pathSegment(text), value: text, path.child(field))
        }
    }

    package static func inRange(
        _ value: Value?, _ range: ClosedRange<Int64>, _ path: @autoclosure () -> FieldPath
    ) -> [FieldError] {
        guard let number = value?.int, !range.contains(number) else { return [] }
        return [
            .invalid(path(), .int(number), "must be between \(range.lowerBound) and \(range.upperBound), inclusive")
        ]
    }

    package static func port(_ value: Value?, _ path: @autoclosure () -> FieldPath) -> [FieldError] {
        inRange(value ?? .int(0), 1...65535, path())
    }

    static func userOrGroup(_ value: Value?, _ path: @autoclosure () -> FieldPath) -> [FieldError] {
        inRange(value, 0...2_147_483_647, path())
    }

    /// A port, by number or by name.
    package static func portNumberOrName(_ value: Value?, _ path: @autoclosure () -> FieldPath) -> [FieldError] {
        if let name = value?.string { return messages(NameRules.portName(name), value: name, path()) }
        return port(value, path())
    }

    /// One error for each message about a string.
    package static func messages(_ messages: [String], value: String, _ path: @autoclosure () -> FieldPath)
        -> [FieldError]
    {
        messages.map { .invalid(path(), .string(value), $0) }
    }

    package static func dnsLabel(_ text: String, _ path: @autoclosure () -> FieldPath) -> [FieldError] {
        messages(NameRules.dns1123Label(text), value: text, path())
    }

    package static func dnsSubdomain(_ text: String, _ path: @autoclosure () -> FieldPath) -> [FieldError] {
        messages(NameRules.dns1123Subdomain(text), value: text, path())
    }

    package static func qualifiedName(_ text: String, _ path: @autoclosure () -> FieldPath) -> [FieldError] {
        messages(NameRules.qualifiedName(text), value: text, path())
    }

    package static func oneOf(_ text: String, _ allowed: [String], _ path: @autoclosure () -> FieldPath) -> [FieldError]
    {
        allowed.contains(text) ? [] : [.notSupported(path(), .string(text), inOrder: allowed)]
    }

    package static func unchanged(_ new: Value?, _ old: Value?, _ path: @autoclosure () -> FieldPath) -> [FieldError] {
        new == old ? [] : [.invalid(path(), new ?? .null, immutable)]
    }

    /// Labels: keys are qualified names, values are label values. All errors are reported at the map itself.
    package static func labels(_ value: Value?, _ path: @autoclosure () -> FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        for member in value?.object?.members ?? [] {
            errors += qualifiedName(member.key, path())
            let text = member.value.string ?? ""
            errors += messages(NameRules.labelValue(text), value: text, path())
        }
        return errors
    }

    static let totalAnnotationSize = 256 * 1024

    /// Annotations: keys are case-insensitive qualified names; keys and values together take at most 256 KiB.
    static func annotations(_ value: Value?, _ path: @autoclosure () -> FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        var size = 0
        for member in value?.object?.members ?? [] {
            errors += messages(NameRules.qualifiedName(member.key.lowercased()), value: member.key, path())
            size += member.key.utf8.count + (member.value.string?.utf8.count ?? 0)
        }
        if size > totalAnnotationSize { errors.append(.tooLong(path(), maximum: totalAnnotationSize)) }
        return errors
    }

    /// A meta/v1 LabelSelector; whether it may be empty is up to the caller.
    package static func labelSelector(_ selector: Value?, _ path: @autoclosure () -> FieldPath) -> [FieldError] {
        guard let selector else { return [] }
        var errors = labels(selector["matchLabels"], path().child("matchLabels"))
        for (index, expression) in selector.items("matchExpressions").enumerated() {
            let here = path().child("matchExpressions").index(index)
            let values = expression.strings("values")
            switch expression.text("operator") {
            case "In", "NotIn":
                if values.isEmpty {
                    errors.append(
                        .required(here.child("values"), "must be specified when `operator` is 'In' or 'NotIn'"))
                }
            case "Exists", "DoesNotExist":
                if !values.isEmpty {
                    errors.append(
                        .forbidden(
                            here.child("values"),
                            "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"))
                }
            case let other:
                errors.append(.invalid(here.child("operator"), .string(other), "not a valid selector operator"))
            }
            errors += qualifiedName(expression.text("key"), here.child("key"))
            for (position, value) in values.enumerated() {
                errors += messages(NameRules.labelValue(value), value: value, here.child("values").index(position))
            }
        }
        return errors
    }

    private static let percentMessage =
        "a valid percent string must be a numeric string followed by an ending '%' "
        + "(e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')"

    /// A non-negative count or percentage.
    package static func countOrPercent(_ value: Value?, _ path: @autoclosure () -> FieldPath) -> [FieldError] {
        guard let text = value?.string else { return nonNegative(value, path()) }
        return percent(text) == nil ? [.invalid(path(), .string(text), percentMessage)] : []
    }

    package static func notMoreThan100Percent(_ value: Value?, _ path: @autoclosure () -> FieldPath) -> [FieldError] {
        guard let text = value?.string, let percent = percent(text), percent > 100 else { return [] }
        return [.invalid(path(), .string(text), "must not be greater than 100%")]
    }

    /// The number in a count or a percentage; 0 for anything else.
    package static func countOrPercentValue(_ value: Value?) -> Int64 {
        if let text = value?.string { return percent(text) ?? Int64(text) ?? 0 }
        return value?.int ?? 0
    }

    private static func percent(_ text: String) -> Int64? {
        guard case .percent(let percent)? = IntOrString(.string(text)) else { return nil }
        return percent
    }
}
