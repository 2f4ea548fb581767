/// A bounded list of errors: nobody reads more, and a body can have an error in every few bytes, each with a path as
/// long as the body.
package struct BoundedErrors: Sendable {
    private static let maximumCount = 10_000
    private static let maximumText = 8 << 20

    private var list: [FieldError] = []
    private var text = 0
    private var omitted = 0

    package init() {}

    package var isEmpty: Bool { list.isEmpty }
    package var count: Int { list.count + omitted }
    package var isFull: Bool { list.count >= Self.maximumCount || text >= Self.maximumText }

    /// - Parameter error: not evaluated once the list is full.
    package mutating func append(_ error: @autoclosure () -> FieldError) {
        guard !isFull else {
            omitted += 1
            return
        }
        let error = error()
        text += error.size
        list.append(error)
    }

    package static func += (errors: inout BoundedErrors, more: [FieldError]) {
        for error in more { errors.append(error) }
    }

    /// The errors, and if some were left out, an error that says how many.
    /// - Parameter path: the field that this last error refers to.
    package func all(at path: FieldPath = .root) -> [FieldError] {
        if omitted == 0 { return list }
        return list + [
            FieldError(.invalid, field: path.description, printedValue: "\"\"", detail: "\(omitted) more errors")
        ]
    }
}

extension FieldError {
    /// The length of its texts, in bytes.
    package var size: Int { field.utf8.count + detail.utf8.count + (printedValue?.utf8.count ?? 0) }
}
