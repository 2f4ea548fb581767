/// One thing wrong with one field, in the categories and words of k8s.io/apimachinery `field.Error`.
package struct FieldError: Hashable, Sendable {
    package enum Kind: String, Sendable {
        case notFound = "FieldValueNotFound"
        case required = "FieldValueRequired"
        case duplicate = "FieldValueDuplicate"
        case invalid = "FieldValueInvalid"
        case notSupported = "FieldValueNotSupported"
        case forbidden = "FieldValueForbidden"
        case tooLong = "FieldValueTooLong"
        case tooMany = "FieldValueTooMany"
        case internalError = "InternalError"
        case typeInvalid = "FieldValueTypeInvalid"

        var words: String {
            switch self {
            case .notFound: "Not found"
            case .required: "Required value"
            case .duplicate: "Duplicate value"
            case .invalid, .typeInvalid: "Invalid value"
            case .notSupported: "Unsupported value"
            case .forbidden: "Forbidden"
            case .tooLong: "Too long"
            case .tooMany: "Too many"
            case .internalError: "Internal error"
            }
        }
    }

    package var kind: Kind
    package var field: String
    /// The offending value as it is printed (already quoted), or nil for kinds that print none.
    package var printedValue: String?
    package var detail: String

    package init(_ kind: Kind, field: String, printedValue: String?, detail: String) {
        self.kind = kind
        self.field = field
        self.printedValue = printedValue
        self.detail = detail
    }

    package static func required(_ path: FieldPath, _ detail: String = "") -> FieldError {
        FieldError(.required, field: path.description, printedValue: nil, detail: detail)
    }
    package static func invalid(_ path: FieldPath, _ value: Value, _ detail: String) -> FieldError {
        FieldError(.invalid, field: path.description, printedValue: printed(value), detail: detail)
    }
    package static func duplicate(_ path: FieldPath, _ value: Value) -> FieldError {
        FieldError(.duplicate, field: path.description, printedValue: printed(value), detail: "")
    }
    package static func forbidden(_ path: FieldPath, _ detail: String) -> FieldError {
        FieldError(.forbidden, field: path.description, printedValue: nil, detail: detail)
    }
    package static func notFound(_ path: FieldPath, _ value: Value) -> FieldError {
        FieldError(.notFound, field: path.description, printedValue: printed(value), detail: "")
    }
    /// `supported` is printed sorted and quoted.
    package static func notSupported(_ path: FieldPath, _ value: Value, supported: [String]) -> FieldError {
        let list = supported.sorted().map { "\"\($0)\"" }.joined(separator: ", ")
        return FieldError(
            .notSupported, field: path.description, printedValue: printed(value),
            detail: supported.isEmpty ? "" : "supported values: " + list)
    }
    package static func tooLong(_ path: FieldPath, maximum: Int) -> FieldError {
        FieldError(
            .tooLong, field: path.description, printedValue: nil, detail: "may not be more than \(maximum) bytes")
    }
    package static func tooMany(_ path: FieldPath, actual: Int, maximum: Int) -> FieldError {
        FieldError(
            .tooMany, field: path.description, printedValue: String(actual),
            detail: "must have at most \(maximum) item\(maximum == 1 ? "" : "s")")
    }
    package static func internalError(_ path: FieldPath, _ detail: String) -> FieldError {
        FieldError(.internalError, field: path.description, printedValue: nil, detail: detail)
    }

    /// The error without its field: `Invalid value: "x": must be …`.
    package var body: String {
        var text = kind.words
        if let printedValue { text += ": " + printedValue }
        if !detail.isEmpty { text += ": " + detail }
        return text
    }

    /// The error with its field, as it stands in a Status message.
    package var description: String { "\(field.isEmpty ? "<nil>" : field): \(body)" }

    /// Strings quoted as Go's %q, null as `null`, other values as JSON.
    private static func printed(_ value: Value) -> String {
        switch value {
        case .string(let text): text.goQuoted
        default: value.jsonText
        }
    }
}
