package import FairleadModel

extension APIStatus {
    /// The one answer to every JSON patch that does not apply.
    static let patchRejected = APIStatus(
        code: 422, reason: "Invalid", message: "the server rejected our request due to an error in our request",
        details: Details())

    /// What a decoder says about a document that nests too deeply.
    package static let tooDeep = badRequest(JSON.tooDeep)

    package static func undecodablePatch(_ why: String) -> APIStatus { badRequest("error decoding patch: " + why) }

    /// What Kubernetes answers where its code returns a plain error: 500 without a reason.
    package static func unexplained(_ message: String) -> APIStatus {
        APIStatus(code: 500, reason: "", message: message)
    }
}
