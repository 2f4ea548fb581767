import FairleadModel

/// The rules for requests and limits of containers and of whole pods.
struct ResourceRequirementsValidation {
    /// The names of the pod's resource claims.
    var claims: Set<String> = []
    var isOfPod = false

    package func errors(_ resources: Value?, _ path: FieldPath) -> [FieldError] {
        guard let resources else { return [] }
        var errors: [FieldError] = []
        let limits = path.child("limits")
        let requests = path.child("requests")
        for member in resources.entries("limits") {
            errors += self.errors(member.key, member.value, limits.key(member.key))
        }
        for member in resources.entries("requests") {
            let (own, pages) = self.split(member.key, member.value, requests.key(member.key))
            errors += own
            errors += comparison(
                member, limit: resources.at("limits", member.key), requests: requests, limits: limits)
            errors += pages
        }
        let names = Set((resources.entries("limits") + resources.entries("requests")).map(\.key))
        if names.contains(where: ResourceNames.isHugePages), names.isDisjoint(with: ["cpu", "memory"]) {
            errors.append(.forbidden(path, "HugePages require cpu or memory"))
        }
        return errors + ResourceClaimValidation.uses(resources.items("claims"), of: claims, path.child("claims"))
    }

    private func errors(_ name: String, _ quantity: Value, _ path: FieldPath) -> [FieldError] {
        let (own, pages) = split(name, quantity, path)
        return own + pages
    }

    /// The errors of one amount. For requests, those about huge pages come after the comparison with the limit.
    private func split(
        _ name: String, _ quantity: Value, _ path: FieldPath
    ) -> (own: [FieldError], pages: [FieldError]) {
        var own = isOfPod ? ResourceNames.errors(ofPod: name, path) : ResourceNames.errors(ofContainer: name, path)
        guard let amount = quantity.string.flatMap({ Quantity($0) }) else { return (own, []) }
        own += ResourceNames.amountErrors(name, amount, path)
        guard ResourceNames.isHugePages(name), !ResourceNames.isWholePages(name, amount) else { return (own, []) }
        let text = amount.description
        return (own, [.invalid(path, .string(text), "\(text) is not positive integer multiple of \(name)")])
    }

    /// Only cpu, memory and other native resources may be overcommitted.
    private func comparison(
        _ request: Object.Member, limit: Value?, requests: FieldPath, limits: FieldPath
    ) -> [FieldError] {
        let mayOvercommit = ResourceNames.mayBeOvercommitted(request.key)
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
}
