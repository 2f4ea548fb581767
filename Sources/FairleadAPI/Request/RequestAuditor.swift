package import FairleadAuthorization
package import FairleadModel

/// Writes down what requests do: the audit log. A stage of the pipeline; it does not block.
package protocol RequestAuditor: Sendable {
    /// A request whose user is known, and nothing else.
    ///
    /// - Returns: nil for one that is not written down.
    /// - Throws: 500 for one that is refused because it cannot be written down.
    func begin(_ context: RequestContext) throws(APIStatus) -> (any AuditTrail)?

    /// A request whose credentials are not valid.
    func refused(_ context: RequestContext) -> (any AuditTrail)?

    /// A request of a part of this program, without HTTP.
    ///
    /// - Parameter object: what is sent; nil for a read or a deletion.
    func component(
        _ wanted: AccessAttributes, agent: String, _ object: Value?, notes: AdmissionNotes
    ) -> (any AuditTrail)?
}

/// What is gathered about one request until it has been answered.
package protocol AuditTrail: Sendable {
    /// The request is made as another user than the one who sent it.
    func isImpersonated(as user: UserInfo)
    func isDecided(_ decision: AccessDecision)
    /// Follows the outcome to its end.
    func follow(_ outcome: APIOutcome) -> APIOutcome
    /// The end of a request without HTTP.
    ///
    /// - Parameter object: the answer; nil for a deletion.
    func end(_ code: Int, _ object: Value?)
    func end(_ refusal: APIStatus)
}
