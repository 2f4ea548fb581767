package import FairleadIdentity
package import FairleadKinds
package import FairleadModel
import FairleadStorage

/// The subresource `serviceaccounts/token`.
///
/// Reference: k8s.io/kubernetes `pkg/registry/core/serviceaccount/storage/token.go`.
extension Pipeline {
    static let tokenRequestType = "io.k8s.api.authentication.v1.TokenRequest"

    /// Issues a token. A dry run gives a real one, too: nothing is stored in any case.
    func requestToken(_ context: RequestContext, _ target: Target) throws(APIStatus) -> APIOutcome {
        guard context.method == .post, let tokens else { throw .methodNotAllowed() }
        let encoder = try encoder(for: context, target.kind, hasTables: false)
        var options = try WriteOptions(context.request, kind: "CreateOptions")
        options.requester = context.requester
        let decoded = try api.decoder.decode(
            context.request, as: "TokenRequest", apiVersion: "authentication.k8s.io/v1",
            typeName: Self.tokenRequestType, validation: options.fieldValidation)
        return deferred(context) { [options] () async throws(APIStatus) in
            var request = decoded.object
            var warnings = decoded.warnings
            let round = api.admissionRound(
                .create, target.kind, subresource: "token", form: Self.tokenRequestForm, namespace: target.namespace,
                name: target.name, options, api.store.current)
            if let round { request = try await round.mutate(request, old: nil, warnings: &warnings) ?? request }
            let plan = try api.planToken(
                request, namespace: target.namespace, account: target.name, tokens, accounts: target.kind)
            try await round?.validate(plan.answer, old: nil, warnings: &warnings)
            let answer = try api.issueToken(plan, tokens)
            return try response(201, encoder, [encoder.encode(answer)], warnings: warnings)
        }
    }

    private static let tokenRequestForm = AdmissionAttributes.Form.part(
        kind: "TokenRequest", apiVersion: "authentication.k8s.io/v1", typeName: tokenRequestType)
}

/// A TokenRequest that has been found valid.
struct TokenPlan: Sendable {
    /// The request with what was missing filled in.
    var answer: Value
    fileprivate var claims: TokenClaims
    fileprivate let seconds: Int64
    fileprivate let snapshot: Snapshot
}

extension API {
    /// Issues a token for a ServiceAccount.
    ///
    /// - Returns: the TokenRequest with its status.
    /// - Throws: 404 for a missing account or bound object, 400 for a pod of another account or what cannot be bound,
    ///   409 for another uid, 422.
    package func issueToken(
        _ request: Value, namespace: String, account name: String, _ tokens: TokenAuthority, accounts kind: Kind
    ) throws(APIStatus) -> Value {
        let plan = try planToken(request, namespace: namespace, account: name, tokens, accounts: kind)
        return try issueToken(plan, tokens)
    }

    /// Checks a TokenRequest by itself, and fills in what is missing.
    func planToken(
        _ request: Value, namespace: String, account name: String, _ tokens: TokenAuthority, accounts kind: Kind
    ) throws(APIStatus) -> TokenPlan {
        func invalid(_ name: String, _ errors: [FieldError]) -> APIStatus {
            .invalid(group: "authentication.k8s.io", kind: "TokenRequest", name: name, errors: errors)
        }
        let metadata = FieldPath("metadata")
        if !request.name.isEmpty, request.name != name {
            let why = "must match the service account name if specified"
            throw invalid(name, [.invalid(metadata.child("name"), .string(request.name), why)])
        }
        if !request.namespace.isEmpty, request.namespace != namespace {
            let why = "must match the service account namespace if specified"
            throw invalid(name, [.invalid(metadata.child("namespace"), .string(request.namespace), why)])
        }
        let snapshot = store.current
        let account = try snapshot.existing(kind, namespace: namespace, name: name).value
        let now = environment.now()
        var answer = request
        answer.set(.string(name), at: "metadata", "name")
        answer.set(.string(namespace), at: "metadata", "namespace")
        answer.set(.string(account.uid), at: "metadata", "uid")
        answer.set(.string(now.rfc3339), at: "metadata", "creationTimestamp")
        var audiences = request.items("spec", "audiences").map { $0.string ?? "" }
        if audiences.isEmpty { audiences = tokens.audiences }
        answer.set(.array(audiences.map { .string($0) }), at: "spec", "audiences")
        let seconds = request.at("spec", "expirationSeconds")?.int ?? 3600
        answer.set(.int(seconds), at: "spec", "expirationSeconds")
        // The field is not optional in Kubernetes' type.
        if request.at("spec", "boundObjectRef") == nil { answer.set(.null, at: "spec", "boundObjectRef") }
        if let why = Self.fault(inLifetime: seconds) {
            throw invalid("", [.invalid(FieldPath("spec").child("expirationSeconds"), .int(seconds), why)])
        }
        let claims = TokenClaims(
            namespace: namespace, account: ObjectClaim(account), audiences: audiences, issued: now.seconds,
            expiration: now.seconds +| seconds, id: environment.newUID())
        return TokenPlan(answer: answer, claims: claims, seconds: seconds, snapshot: snapshot)
    }

    /// Looks up what the token is bound to, and signs it.
    func issueToken(_ plan: TokenPlan, _ tokens: TokenAuthority) throws(APIStatus) -> Value {
        var claims = plan.claims
        let seconds = plan.seconds
        if let reference = plan.answer.at("spec", "boundObjectRef"), reference.object != nil {
            try bind(&claims, to: reference, plan.snapshot)
        }
        // The kubelet asks for this time if the pod does not: programs that never read the file again go on for a year,
        // and are counted.
        if claims.pod != nil, seconds == Self.watchedLifetime, claims.audiences.allSatisfy(tokens.audiences.contains) {
            claims.warnAfter = claims.expiration
            claims.expiration = claims.issued +| Self.extendedLifetime
        }
        let token: String
        do throws(IdentityError) {
            token = try tokens.token(claims)
        } catch {
            throw .internalError("failed to generate token: \(error)")
        }
        var answer = plan.answer
        answer["status"] = [
            "token": .string(token),
            "expirationTimestamp": .string(Timestamp(seconds: claims.issued +| seconds).rfc3339),
        ]
        return answer
    }

    /// What the kubelet asks for where a volume does not say; k8s.io/kubernetes WarnOnlyBoundTokenExpirationPeriod.
    private static let watchedLifetime: Int64 = 3607
    private static let extendedLifetime: Int64 = 365 * 86_400

    private static func fault(inLifetime seconds: Int64) -> String? {
        if seconds < 600 { return "may not specify a duration less than 10 minutes" }
        if seconds > 1 << 32 { return "may not specify a duration larger than 2^32 seconds" }
        return nil
    }

    /// Adds the object that a token is bound to.
    private func bind(
        _ claims: inout TokenClaims, to reference: Value, _ snapshot: Snapshot
    ) throws(APIStatus) {
        let version = reference.text("apiVersion")
        let name = reference.text("name")
        // Only the group counts, and that of `v1` is empty.
        let isCore = !version.contains("/")
        let claim: ObjectClaim
        switch reference.text("kind") {
        case "Pod" where isCore:
            let pod = try bound("pods", claims.namespace, name, snapshot)
            guard pod.at("spec", "serviceAccountName")?.string ?? "" == claims.account.name else {
                throw .badRequest(
                    "cannot bind token for serviceaccount \(claims.account.name.goQuoted) to pod running with "
                        + "different serviceaccount name.")
            }
            claim = ObjectClaim(pod)
            claims.pod = claim
            if let node = pod.at("spec", "nodeName")?.string, !node.isEmpty {
                let key = ObjectKey(GroupResource(group: "", resource: "nodes"), namespace: "", name: node)
                claims.node = snapshot.object(key).map { ObjectClaim($0.value) } ?? ObjectClaim(name: node, uid: "")
            }
        case "Node" where isCore:
            claim = ObjectClaim(try bound("nodes", "", name, snapshot))
            claims.node = claim
        case "Secret" where isCore:
            claim = ObjectClaim(try bound("secrets", claims.namespace, name, snapshot))
            claims.secret = claim
        case let kind:
            let group = version.contains("/") ? version : "/\(version)"
            throw .badRequest("cannot bind token to object of type \(group), Kind=\(kind)")
        }
        let uid = reference.text("uid")
        if !uid.isEmpty, uid != claim.uid {
            throw .conflict(
                GroupResource(group: "", resource: reference.text("kind")), name: name,
                "the UID in the bound object reference (\(uid)) does not match the UID in record. The object might "
                    + "have been deleted and then recreated")
        }
    }

    private func bound(
        _ resource: String, _ namespace: String, _ name: String, _ snapshot: Snapshot
    ) throws(APIStatus) -> Value {
        if name.isEmpty { throw .badRequest("Name parameter required.") }
        guard let kind = kinds.kind(GroupVersionResource(group: "", version: "v1", resource: resource)) else {
            throw .unknownResource
        }
        return try snapshot.existing(kind, namespace: namespace, name: name).value
    }
}
