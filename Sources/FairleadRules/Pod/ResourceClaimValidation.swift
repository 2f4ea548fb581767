import FairleadModel

/// The rules for a pod's resource claims and for the names by which containers use them.
enum ResourceClaimValidation {
    /// The names that containers can refer to, valid or not.
    static func names(_ claims: [Value]) -> Set<String> {
        Set(claims.map { $0.text("name") }.filter { !$0.isEmpty })
    }

    /// - Parameter pod: the pod that the claims belong to; nil for a template.
    package static func errors(_ claims: [Value], pod: Value?, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        var seen: Set<String> = []
        let isStatic = pod?.annotations["kubernetes.io/config.mirror"] != nil
        for (index, claim) in claims.enumerated() {
            if isStatic {
                errors.append(.forbidden(.nowhere, "static pods do not support resource claims"))
                continue
            }
            let here = path.index(index)
            let name = claim.text("name")
            if name.isEmpty {
                errors.append(.required(here.child("name")))
            } else if !seen.insert(name).inserted {
                errors.append(.duplicate(here.child("name"), .string(name)))
            } else {
                errors += FieldChecks.dnsLabel(name, here.child("name"))
            }
            errors += source(claim, here)
        }
        return errors
    }

    private static func source(_ claim: Value, _ path: FieldPath) -> [FieldError] {
        let fields = ["resourceClaimName", "resourceClaimTemplateName"]
        var errors: [FieldError] = []
        let given = fields.filter { claim[$0]?.string != nil }
        let printed = InternalForm.text(of: claim, as: "PodResourceClaim")
        if given.count > 1 {
            errors.append(
                .invalid(
                    path, printed: printed,
                    "at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified"))
        }
        if given.isEmpty {
            errors.append(
                .invalid(
                    path, printed: printed,
                    "must specify one of: `resourceClaimName`, `resourceClaimTemplateName`"))
        }
        for field in given { errors += FieldChecks.dnsSubdomain(claim.text(field), path.child(field)) }
        return errors
    }

    /// The claims that a container uses: each one either as a whole or request by request.
    static func uses(_ uses: [Value], of claims: Set<String>, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        var whole: Set<String> = []
        var parts: [String: Set<String>] = [:]
        for (index, use) in uses.enumerated() {
            let here = path.index(index)
            let name = use.text("name")
            if name.isEmpty {
                errors.append(.required(here))
                continue
            }
            let request = use.text("request")
            if whole.contains(name) {
                errors.append(.duplicate(here, .string(name)))
            } else if request.isEmpty {
                for _ in parts[name] ?? [] { errors.append(.duplicate(here, .string(name))) }
                whole.insert(name)
            } else {
                errors += FieldChecks.dnsLabel(request, here.child("request"))
                if !parts[name, default: []].insert(request).inserted {
                    errors.append(.duplicate(here, .string("\(name)/\(request)")))
                }
            }
            if !claims.contains(name) { errors.append(unknown(name, claims, here)) }
        }
        return errors
    }

    private static func unknown(_ name: String, _ claims: Set<String>, _ path: FieldPath) -> FieldError {
        let known = claims.isEmpty ? " which is empty" : ": " + claims.sorted().joined(separator: ", ")
        return FieldError(
            .notFound, path, printedValue: name.goQuoted,
            detail: "must be one of the names in pod.spec.resourceClaims" + known)
    }
}
