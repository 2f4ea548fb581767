import FairleadKinds
import FairleadModel
import FairleadStorage

/// The admission plugin ResourceQuota: no write may use more than a quota of its namespace has left, and the usage is
/// recorded in the quota's status by the same transaction.
///
/// Reduced usage is not recorded here: the quota controller recounts when something is removed.
/// Reference: Kubernetes documentation, "Resource Quotas"; `plugin/pkg/admission/resourcequota/controller.go`.
enum QuotaAdmission {
    private static let quotas = GroupResource(group: "", resource: "resourcequotas")

    /// - Parameter old: nil for a creation.
    /// - Throws: 403 for an object that a quota does not allow, or when a quota's status does not report the usage yet.
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
                    // The quota is not the one that was checked, or has no room any more: the check starts over.
                    guard value.uid == known.uid, value["spec"] == known["spec"] else { return nil }
                    return entering(requested, in: Quota(value))
                })
        }
    }

    /// The names of the resources that would exceed the quota.
    private static func exceeded(_ quota: Quota, by requested: ResourceAmounts) -> [String] {
        let (hard, used) = (quota.hard, quota.used + requested)
        let zero = Quantity(0)
        return requested.filter { name, _ in (used[name] ?? zero) > (hard[name] ?? zero) }.names
    }

    /// The quota with the request added to its usage; nil if that exceeds the quota.
    private static func entering(_ requested: ResourceAmounts, in quota: Quota) -> Value? {
        guard exceeded(quota, by: requested).isEmpty else { return nil }
        var entered = quota.object
        entered.set((quota.used + requested).value, at: "status", "used")
        return entered
    }
}
