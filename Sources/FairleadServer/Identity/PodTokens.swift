import FairleadAPI
import FairleadIdentity
import FairleadKinds
import FairleadModel
import FairleadPrograms
import FairleadSimulation

/// The tokens in the projected volumes of simulated pods, as the kubelet asks for them.
struct PodTokens: ServiceAccountTokens {
    let api: API
    let tokens: TokenAuthority

    func token(for pod: Value, audience: String?, seconds: Int64) -> String? {
        let account = pod.at("spec", "serviceAccountName")?.string ?? ""
        guard !account.isEmpty, let kind = api.kinds.kind(.serviceAccounts) else { return nil }
        let request: Value = [
            "apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest",
            "spec": [
                "audiences": .array(audience.map { [.string($0)] } ?? []), "expirationSeconds": .int(seconds),
                "boundObjectRef": [
                    "kind": "Pod", "apiVersion": "v1", "name": .string(pod.name), "uid": .string(pod.uid),
                ],
            ],
        ]
        // The account may not be there yet: the volume is made again when it is.
        let answer = try? api.issueToken(
            request, namespace: pod.namespace, account: account, tokens, accounts: kind)
        return answer?.at("status", "token")?.string
    }
}

/// Checks tokens for programs in pods that find the keys by the issuer's documents.
struct IssuedTokenVerifier: TokenVerifying {
    let tokens: TokenAuthority

    func verify(token: String, issuer: String, audience: String) async throws(TokenRefusal) -> String {
        guard tokens.issuers.contains(issuer) else { throw TokenRefusal("nobody issues tokens as \(issuer) here") }
        do throws(TokenFailure) {
            return try tokens.subject(of: token, audience: audience)
        } catch {
            throw TokenRefusal(error.message)
        }
    }
}
