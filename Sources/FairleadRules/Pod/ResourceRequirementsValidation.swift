import FairleadModel

/// The rules of requests and limits.
enum ResourceRequirementsValidation {
    /// - Parameter limitsAt: where the limits stand, if not in the member `limits` of `path`.
    static func errors(_ resources: Value?, _ path: FieldPath, limitsAt: FieldPath? = nil) -> [FieldError] {
        guard let resources else { return [] }
        var errors: [FieldError] = []
        let limitsPath = limitsAt ?? path.child("limits")
        let requestsPath = path.child("requests")
        for member in resources.entries("limits") {
            errors += self.errors(member.key, member.value, limitsPath.key(member.key))
        }
        for member in resources.entries("requests") {
            errors += self.errors(member.key, member.value, requestsPath.key(member.key))
            errors += comparison(
                member, limit: resources.at("limits", member.key), requests: requestsPath, limits: limitsPath)
        }
        errors += claims(resources.items("claims"), path.child("claims"))
        return errors
    }

    private static func errors(_ name: String, _ quantity: Value, _ path: FieldPath) -> [FieldError] {
        var errors = resourceName(name, path)
        guard let text = quantity.string, let amount = Quantity(text) else { return errors }
        if amount.isNegative {
            errors.append(.invalid(path, .string(amount.description), FieldChecks.mustBeNonNegative))
        }
        let isCounted = name == "pods" || name.contains("/")
        if isCounted, !amount.isWhole {
            errors.append(.invalid(path, .string(amount.description), "must be an integer"))
        }
        return errors
    }

    private static func resourceName(_ name: String, _ path: FieldPath) -> [FieldError] {
        let errors = FieldChecks.qualifiedName(name, path)
        if !errors.isEmpty { return errors }
        let isOfContainers = ["cpu", "memory", "ephemeral-storage"].contains(name) || name.hasPrefix("hugepages-")
        if name.contains("/") {
            let isReserved = name.hasPrefix("requests.")
            return isReserved
                ? [.invalid(path, .string(name), "doesn't follow extended resource name standard")] : []
        }
        if isOfContainers { return [] }
        var result: [FieldError] = []
        if !standardNames.contains(name) {
            result.append(
                .invalid(path, .string(name), "must be a standard resource type or fully qualified"))
        }
        result.append(.invalid(path, .string(name), "must be a standard resource for containers"))
        return result
    }

    private static let standardNames: Set<String> = [
        "cpu", "memory", "ephemeral-storage", "pods", "requests.cpu", "requests.memory",
        "requests.ephemeral-storage", "limits.cpu", "limits.memory", "limits.ephemeral-storage", "resourcequotas",
        "services", "replicationcontrollers", "secrets", "configmaps", "persistentvolumeclaims", "storage",
        "requests.storage", "services.nodeports", "services.loadbalancers",
    ]

    /// Only cpu, memory and other native resources may be promised more than once.
    private static func comparison(
        _ request: Object.Member, limit: Value?, requests: FieldPath, limits: FieldPath
    ) -> [FieldError] {
        let isNative = !request.key.contains("/") || request.key.contains("kubernetes.io/")
        let mayOvercommit = isNative && !request.key.hasPrefix("hugepages-")
        guard let amount = request.value.string.flatMap({ Quantity($0) }) else { return [] }
        guard let bound = limit?.string.flatMap({ Quantity($0) }) else {
            return mayOvercommit
                ? [] : [.required(limits, "Limit must be set for non overcommitable resources")]
        }
        if !mayOvercommit, amount != bound {
            return [
                .invalid(
                    requests, .string(amount.description),
                    "must be equal to \(request.key) limit of \(bound.description)")
            ]
        }
        if amount > bound {
            return [
                .invalid(
                    requests, .string(amount.description),
                    "must be less than or equal to \(request.key) limit of \(bound.description)")
            ]
        }
        return []
    }

    private static func claims(_ claims: [Value], _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        var seen: Set<String> = []
        for (index, claim) in claims.enumerated() {
            let name = claim.text("name")
            if name.isEmpty {
                errors.append(.required(path.index(index)))
            } else if !seen.insert(name).inserted {
                errors.append(.duplicate(path.index(index), .string(name)))
            }
        }
        return errors
    }
}
