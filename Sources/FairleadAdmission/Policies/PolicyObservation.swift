/// That a policy has decided something about a request, for metrics.
package struct PolicyObservation: Sendable, Equatable {
    /// Why an expression could not decide.
    package enum ErrorType: String, Sendable {
        case none = "no_error"
        case compile = "compile_error"
        case invalid = "invalid_error"
        case budget = "out_of_budget_error"
    }

    package let policy: String
    package let binding: String
    package let error: ErrorType
    /// `allow`, `deny`, `warn` or `audit`; nil for a mutation.
    package let action: String?
    package let time: Duration
}
