extension [FieldError] {
    /// More are not kept while they are collected: lists are put together at each level of an object, and a hostile one
    /// has a million errors. What is reported ends much earlier (`BoundedErrors`).
    private static let most = 100_000

    package static func += (errors: inout [FieldError], more: [FieldError]) {
        if errors.isEmpty {
            errors = more
        } else if errors.count < most {
            errors.append(contentsOf: more.prefix(most - errors.count))
        }
    }
}

/// An error in one field, with the types and messages of k8s.io/apimachinery `field.Error`.
package struct FieldError: Sendable {
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
    package var detail: String
    private let place: Place
    private let offender: Offender

    /// Texts are only built for errors that are reported, not for all that are found: a hostile object may have a
    /// million.
    private enum Place: Sendable {
        case path(FieldPath)
        case text(String)
    }

    private enum Offender: Sendable {
        case none
        case value(Value)
        case text(String)
        case printed(@Sendable () -> String)
    }

    package init(_ kind: Kind, field: String, printedValue: String?, detail: String) {
        self.kind = kind
        self.detail = detail
        place = .text(field)
        offender = printedValue.map { .text($0) } ?? .none
    }

    /// - Parameter printedValue: evaluated only if the error is reported.
    package init(
        _ kind: Kind, _ path: FieldPath, printedValue: @autoclosure @escaping @Sendable () -> String, detail: String
    ) {
        self.kind = kind
        self.detail = detail
        place = .path(path)
        offender = .printed(printedValue)
    }

    private init(_ kind: Kind, _ path: FieldPath, _ value: Value?, _ detail: String = "") {
        self.kind = kind
        self.detail = detail
        place = .path(path)
        offender = value.map { .value($0) } ?? .none
    }

    package static func required(_ path: FieldPath, _ detail: String = "") -> FieldError {
        FieldError(.required, path, nil, detail)
    }
    package static func invalid(_ path: FieldPath, _ value: Value, _ detail: String) -> FieldError {
        FieldError(.invalid, path, value, detail)
    }
    package static func duplicate(_ path: FieldPath, _ value: Value) -> FieldError {
        FieldError(.duplicate, path, value)
    }
    package static func forbidden(_ path: FieldPath, _ detail: String) -> FieldError {
        FieldError(.forbidden, path, nil, detail)
    }
    package static func notFound(_ path: FieldPath, _ value: Value) -> FieldError {
        FieldError(.notFound, path, value)
    }
    /// `supported` is printed sorted and in quotes.
    package static func notSupported(_ path: FieldPath, _ value: Value, supported: [String]) -> FieldError {
        let list = supported.sorted().map { "\"\($0)\"" }.joined(separator: ", ")
        return FieldError(.notSupported, path, value, supported.isEmpty ? "" : "supported values: " + list)
    }
    package static func tooLong(_ path: FieldPath, maximum: Int) -> FieldError {
        FieldError(.tooLong, path, nil, "may not be more than \(maximum) bytes")
    }
    package static func tooMany(_ path: FieldPath, actual: Int, maximum: Int) -> FieldError {
        FieldError(
            .tooMany, path, printedValue: String(actual),
            detail: "must have at most \(maximum) item\(maximum == 1 ? "" : "s")")
    }
    package static func internalError(_ path: FieldPath, _ detail: String) -> FieldError {
        FieldError(.internalError, path, nil, detail)
    }

    /// The path of the field, as clients see it; empty for the object itself.
    package var field: String {
        switch place {
        case .path(let path): path.description
        case .text(let text): text
        }
    }

    /// The offending value as it is printed (in quotes), or nil for kinds that print none.
    package var printedValue: String? {
        switch offender {
        case .none: nil
        case .value(let value): Self.printed(value)
        case .text(let text): text
        case .printed(let print): print()
        }
    }

    /// The error without its field: `Invalid value: "x": must be …`.
    package var body: String {
        var text = kind.words
        if let printedValue { text += ": " + printedValue }
        if !detail.isEmpty { text += ": " + detail }
        return text
    }

    /// The error with its field, as it appears in a Status message.
    package var description: String { "\(field.isEmpty ? "<nil>" : field): \(body)" }

    /// Strings are quoted like Go's %q, null is `null`, other values are JSON.
    private static func printed(_ value: Value) -> String {
        switch value {
        case .string(let text): text.goQuoted
        default: value.goJSONText
        }
    }
}

extension FieldError: Hashable {
    package static func == (left: FieldError, right: FieldError) -> Bool {
        left.kind == right.kind && left.detail == right.detail && left.field == right.field
            && left.printedValue == right.printedValue
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(kind)
        hasher.combine(field)
        hasher.combine(printedValue)
        hasher.combine(detail)
    }
}
