package import FairleadAPI
package import FairleadIdentity
import FairleadModel
package import FairleadSchema

/// The documents by which others find the keys of ServiceAccount tokens (OpenID Connect Discovery).
///
/// Reference: k8s.io/kubernetes `pkg/routes/openidmetadata.go`; "ServiceAccount token issuer discovery".
package struct IssuerEndpoint: PageSource {
    static let configurationPath = "/.well-known/openid-configuration"
    static let keysPath = "/openid/v1/jwks"

    private let tokens: TokenAuthority
    private let types: TypeRegistry

    package init(tokens: TokenAuthority, types: TypeRegistry) {
        self.tokens = tokens
        self.types = types
    }

    /// nil if the path is not one of these.
    package func respond(to request: APIRequest) -> APIResponse? {
        guard request.path == Self.configurationPath || request.path == Self.keysPath else { return nil }
        do throws(APIStatus) {
            guard request.method == .get else { throw .methodNotAllowed() }
            if request.path == Self.keysPath {
                return try answer(try keys(), "application/jwk-set+json", request)
            }
            return try answer(try configuration(request), "application/json", request)
        } catch {
            return failure(error, request)
        }
    }

    private func keys() throws(APIStatus) -> Value {
        let keys = try complete()
        do throws(IdentityError) {
            return try keys.webKeySet()
        } catch {
            throw .internalError(error.description)
        }
    }

    private func complete() throws(APIStatus) -> TokenKeys {
        do throws(IdentityError) {
            return try tokens.keys.complete()
        } catch {
            throw .internalError(error.description)
        }
    }

    private func configuration(_ request: APIRequest) throws(APIStatus) -> Value {
        let scheme = request.peer?.isOverTLS == true ? "https" : "http"
        return [
            "issuer": .string(tokens.issuer),
            "jwks_uri": .string("\(scheme)://\(request.header("Host") ?? "localhost")\(Self.keysPath)"),
            "response_types_supported": ["id_token"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": .array(try complete().algorithms.map { .string($0) }),
        ]
    }

    private func answer(_ value: Value, _ type: String, _ request: APIRequest) throws(APIStatus) -> APIResponse {
        let accept = request.header("Accept") ?? ""
        let isAccepted =
            accept.isEmpty
            || MediaRange.parse(accept).contains { [type, "*/*", "application/*"].contains($0.type) }
        guard isAccepted else {
            throw APIStatus(
                code: 406, reason: "NotAcceptable",
                message: "406: Not Acceptable\n\nAvailable representations: \(type)", details: .init())
        }
        return APIResponse(
            status: 200, contentType: type, headers: [(name: "Cache-Control", value: "public, max-age=3600")],
            body: [value.jsonBytes])
    }

    private func failure(_ status: APIStatus, _ request: APIRequest) -> APIResponse {
        let format = ResponseFormat.forErrors(accept: request.header("Accept"))
        return APIResponse(
            status: status.code, contentType: format.contentType,
            body: [ObjectEncoder.bytes(status.value, format, types)])
    }
}
