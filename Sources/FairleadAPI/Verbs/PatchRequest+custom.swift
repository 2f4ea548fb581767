import FairleadKinds
import FairleadModel

extension PatchRequest {
    /// Custom kinds have no schema to guide a strategic merge.
    ///
    /// - Throws: 415 for a form of patch that custom kinds do not support.
    static func checkCustom(_ request: APIRequest) throws(APIStatus) {
        let type = request.header("Content-Type")?.split(separator: ";").first.map { $0.trimmingSpaces } ?? ""
        guard !["application/json-patch+json", "application/merge-patch+json"].contains(type) else { return }
        throw APIStatus(
            code: 415, reason: "UnsupportedMediaType",
            message:
                "the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml"
        )
    }
}

extension API {
    /// Checks the result of a patch as an object of a custom kind.
    func structure(
        _ patched: Value, _ patch: PatchRequest, _ custom: Kind.Custom, _ options: WriteOptions
    ) throws(APIStatus) -> BodyDecoder.Decoded {
        do {
            return try decoder.structure(
                patched, complaints: patch.complaints, custom, validation: options.fieldValidation)
        } catch {
            throw patch.refusal(error, of: patched, nil, types)
        }
    }
}
