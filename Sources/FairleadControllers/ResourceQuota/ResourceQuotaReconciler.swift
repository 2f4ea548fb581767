import FairleadModel

/// What the status of a ResourceQuota has to say.
struct ResourceQuotaReconciler {
    let quota: Quota

    /// What is taken where there is nothing: zero of everything that the quota bounds.
    var nothing: ResourceAmounts {
        ResourceAmounts(Dictionary(uniqueKeysWithValues: quota.wanted.names.map { ($0, Quantity(0)) }))
    }

    /// What one object takes of what the quota bounds.
    func usage(of object: Value, _ resource: GroupResource) -> ResourceAmounts {
        guard quota.allScopesHold(for: object, resource) else { return ResourceAmounts() }
        return QuotaUsage.of(object, resource).only(quota.wanted.names)
    }

    /// The quota with its status as it should be; nil when it is so already.
    func plan(used: ResourceAmounts) -> Value? {
        if quota.hard == quota.wanted, quota.used == used, quota.object.at("status", "used") != nil { return nil }
        var result = quota.object
        result["status"] = ["hard": quota.wanted.value, "used": used.value]
        return result
    }
}
