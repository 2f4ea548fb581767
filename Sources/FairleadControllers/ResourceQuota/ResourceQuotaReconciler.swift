import FairleadModel

/// What the status of a ResourceQuota should say.
struct ResourceQuotaReconciler {
    let quota: Quota

    /// The usage of an empty namespace: zero of everything that the quota limits.
    var nothing: ResourceAmounts {
        ResourceAmounts(Dictionary(uniqueKeysWithValues: quota.wanted.names.map { ($0, Quantity(0)) }))
    }

    /// What one object uses of the resources that the quota limits.
    func usage(of object: Value, _ resource: GroupResource) -> ResourceAmounts {
        guard quota.allScopesHold(for: object, resource) else { return ResourceAmounts() }
        return QuotaUsage.of(object, resource).only(quota.wanted.names)
    }

    /// The quota with the status it should have; nil if it already has it.
    func plan(used: ResourceAmounts) -> Value? {
        if quota.hard == quota.wanted, quota.used == used, quota.object.at("status", "used") != nil { return nil }
        var result = quota.object
        result["status"] = ["hard": quota.wanted.value, "used": used.value]
        return result
    }
}
