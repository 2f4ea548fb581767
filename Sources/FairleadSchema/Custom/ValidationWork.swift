import FairleadModel

/// The budget for validating one object: clients send both schemas and objects, and there are several ways to make
/// their product large. Real objects need only a small part of it.
package final class ValidationWork {
    package static let limit = 50_000_000

    private(set) var remaining: Int

    package init(limit: Int = ValidationWork.limit) { remaining = limit }

    var isExhausted: Bool { remaining <= 0 }

    /// - Returns: false if the budget is used up.
    @discardableResult
    func take(_ steps: Int) -> Bool {
        remaining = steps < remaining ? remaining - steps : 0
        return remaining > 0
    }

    /// Writing an error is charged in proportion to its size.
    func charge(_ error: FieldError) -> FieldError {
        take(100 + error.size)
        return error
    }

    /// Whether two trees are equal; if the comparison takes too long, they count as different.
    func isSame(_ left: Value, _ right: Value) -> Bool {
        guard take(1) else { return false }
        switch (left, right) {
        case (.string(let left), .string(let right)):
            take(left.utf8.count / 16)
            return left == right
        case (.array(let left), .array(let right)):
            guard left.count == right.count else { return false }
            if left.withUnsafeBufferPointer(\.baseAddress) == right.withUnsafeBufferPointer(\.baseAddress) {
                return true  // one list, shared
            }
            for (left, right) in zip(left, right) where !isSame(left, right) { return false }
            return true
        case (.object(let left), .object(let right)):
            guard left.count == right.count else { return false }
            for (left, right) in zip(left.members, right.members) {
                if left.key != right.key || !isSame(left.value, right.value) { return false }
            }
            return true
        default: return left == right
        }
    }

    /// A bounded selection of the errors, for the answer.
    func selected(_ errors: [FieldError], prefix: FieldPath = .root) -> [FieldError] {
        var selected = BoundedErrors()
        selected += errors
        if !isExhausted { return selected.all(at: prefix) }
        let words = "validation failed due to running out of cost budget"
        return selected.all(at: prefix) + [
            FieldError(.invalid, field: prefix.description, printedValue: "\"\"", detail: words)
        ]
    }
}
