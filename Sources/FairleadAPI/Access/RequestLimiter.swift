/// Decides when a request is worked on. A stage of the pipeline, once the user is known; it does not block.
package protocol RequestLimiter: Sendable {
    /// Whether the request is worked on at once, whatever else goes on; asked first, as that takes next to nothing.
    ///
    /// - Parameter context: gets the headers that the answer has, if so.
    func isExempt(_ context: inout RequestContext) -> Bool

    /// - Parameter answer: answers the request, or finishes the refusal that it is given. Called once, now or later.
    func limit(
        _ context: RequestContext, _ answer: @escaping @Sendable (RequestContext, APIResponse?) -> APIOutcome
    ) -> APIOutcome
}

/// Every request at once.
package struct NoLimits: RequestLimiter {
    package init() {}

    package func isExempt(_ context: inout RequestContext) -> Bool { true }

    package func limit(
        _ context: RequestContext, _ answer: @escaping @Sendable (RequestContext, APIResponse?) -> APIOutcome
    ) -> APIOutcome { answer(context, nil) }
}
