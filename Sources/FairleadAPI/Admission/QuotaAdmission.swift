import FairleadKinds
import FairleadModel
import FairleadStorage

/// The admission plugin ResourceQuota: nothing is written that takes more than a quota of its namespace leaves, and
/// what is taken is entered in the quota's status by the same transaction.
///
/// Taking less is not entered here: the quota controller counts again when something goes.
/// Reference: Kubernetes documentation, "Resource Quotas"; `plugin/pkg/admission/resourcequota/controller.go`.
enum QuotaAdmission {
    private static let quotas = GroupResource(group: "", resource: "resourcequotas")

    /// - Parameter old: nil for a creation.
    /// - Throws: 403 for an object that a quota does not allow, or whose usage no status tells yet.
    static func admit(
        _ object: Value, old: Value?, kind: Kind, in transaction: inout Transaction, _ snapshot: Snapshot
    ) throws(APIStatus) {
        let resource = kind.groupResource
        guard kind.info.isNamespaced, old == nil || QuotaUsage.isMeasuredOnUpdate(resource) else { return }
        let all = snapshot.objects(quotas, namespace: object.namespace, after: nil).map { $0 }
        if all.isEmpty { return }
        func refused(_ why: String) -> APIStatus { .forbidden(resource, name: object.name, why) }

        var interested: [(stored: StoredObject, quota: Quota)] = []
        for stored in all {
            let quota = Quota(stored.value)
            guard quota.covers(object, resource) else { continue }
            if let omission = quota.omission(in: object, resource) {
                throw refused("failed quota: \(quota.object.name): \(omission)")
            }
            let bounded = QuotaUsage.matching(quota.hard.names, resource)
            let used = quota.used
            if bounded.contains(where: { used[$0] == nil }) {
                let names = bounded.sorted().joined(separator: ",")
                throw refused("status unknown for quota: \(quota.object.name), resources: \(names)")
            }
            interested.append((stored, quota))
        }
        if interested.isEmpty { return }

        let zero = Quantity(0)
        var taken = QuotaUsage.of(object, resource)
        let negative = taken.filter { _, amount in amount < zero }
        if !negative.isEmpty {
            throw refused("quota usage is negative for resource(s): \(negative.names.joined(separator: ","))")
        }
        if let old { taken = taken - QuotaUsage.of(old, resource) }
        taken = taken.filter { _, amount in !amount.isZero }
        for (stored, quota) in interested {
            let hard = quota.hard
            let requested = taken.only(hard.names)
            if requested.isEmpty { continue }
            let exceeded = exceeded(quota, by: requested)
            if !exceeded.isEmpty {
                throw refused(
                    "exceeded quota: \(quota.object.name), requested: \(requested.only(exceeded).text), "
                        + "used: \(quota.used.only(exceeded).text), limited: \(hard.only(exceeded).text)")
            }
            let known = quota.object
            transaction.amendments.append(
                Amendment(key: stored.key) { value in
                    // Another quota than the one that was asked, or no room any more: asked again from the start.
                    guard value.uid == known.uid, value["spec"] == known["spec"] else { return nil }
                    return entering(requested, in: Quota(value))
                })
        }
    }

    /// The names of what would go beyond the quota.
    private static func exceeded(_ quota: Quota, by requested: ResourceAmounts) -> [String] {
        let (hard, used) = (quota.hard, quota.used + requested)
        let zero = Quantity(0)
        return requested.filter { name, _ in (used[name] ?? zero) > (hard[name] ?? zero) }.names
    }

    /// The quota with more used; nil if that is too much.
    private static func entering(_ requested: ResourceAmounts, in quota: Quota) -> Value? {
        guard exceeded(quota, by: requested).isEmpty else { return nil }
        var entered = quota.object
        entered.set((quota.used + requested).value, at: "status", "used")
        return entered
    }
}
