package import FairleadModel

extension APIStatus {
    /// The answer to every JSON patch that cannot be applied.
    static let patchRejected = APIStatus(
        code: 422, reason: "Invalid", message: "the server rejected our request due to an error in our request",
        details: Details())

    /// A decoder's complaint about a document that is nested too deeply.
    package static let tooDeep = badRequest(JSON.tooDeep)

    package static func undecodablePatch(_ why: String) -> APIStatus { badRequest("error decoding patch: " + why) }

    /// Kubernetes' answer where its code returns a plain error: 500 without a reason.
    package static func unexplained(_ message: String) -> APIStatus {
        APIStatus(code: 500, reason: "", message: message)
    }
}
