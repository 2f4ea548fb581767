import FairleadClient
import FairleadModel

/// What is to be done about one Service and its load balancer. Pure but for the pool it takes addresses from.
struct LoadBalancerReconciler {
    static let finalizer = "service.kubernetes.io/load-balancer-cleanup"
    /// Our own condition: a real cloud would say it in events only.
    static let condition = "LoadBalancerIPAllocated"

    enum Plan: Equatable {
        case nothing
        /// Take the load balancer away: clear the status, give the addresses back, then drop the finalizer.
        case cleanUp
        /// Write these addresses.
        case ensure([IPAddress])
        /// None can be had; the reason.
        case fail(String)
    }

    /// - Parameter className: the loadBalancerClass that is ours beside none at all.
    static func isWanted(_ service: ServiceView, className: String?) -> Bool {
        guard service.type == "LoadBalancer", !service.isTerminating else { return false }
        guard let wanted = service.loadBalancerClass else { return true }
        return wanted == className
    }

    static func plan(_ service: ServiceView, key: ObjectName, className: String?, pool: inout AddressPool) -> Plan {
        guard isWanted(service, className: className) else {
            return service.value.finalizers.contains(finalizer) ? .cleanUp : .nothing
        }
        do throws(AddressPool.Refusal) {
            let addresses = try addresses(service, key, &pool)
            let isWritten = service.ingressIPs == addresses.map(\.description)
            let isHeld = service.value.finalizers.contains(finalizer)
            return isWritten && isHeld && service.condition(condition) == nil ? .nothing : .ensure(addresses)
        } catch {
            return .fail(error.message)
        }
    }

    private static func addresses(
        _ service: ServiceView, _ key: ObjectName, _ pool: inout AddressPool
    ) throws(AddressPool.Refusal) -> [IPAddress] {
        let families = service.ipFamilies.isEmpty ? ["IPv4"] : service.ipFamilies
        let asked = IPAddress(service.loadBalancerIP)
        var held = pool.addresses(of: key)
        for text in service.ingressIPs {
            // Written before a restart, or by hand: keep it if it can be ours.
            guard let address = IPAddress(text), (try? pool.claim(address, for: key)) != nil else { continue }
            held.insert(address)
        }
        var result: [IPAddress] = []
        for (index, family) in families.enumerated() {
            if let asked, asked.family == family {
                try pool.claim(asked, for: key)
                result.append(asked)
            } else if let address = held.filter({ $0.family == family }).min() {
                result.append(address)
            } else if index == 0 || pool.hasFamily(family) || service.ipFamilyPolicy == "RequireDualStack" {
                result.append(try pool.allocate(family, for: key))
            }
        }
        return result
    }

    /// The merge patch of the status that shows `addresses`.
    static func status(_ service: ServiceView, _ addresses: [IPAddress]) -> Value {
        let ingress = addresses.map { ["ip": .string($0.description), "ipMode": "VIP"] as Value }
        return patch(service, ingress: .array(ingress), condition: nil)
    }

    /// The merge patch that says why there is no address, or nil where it stands there already.
    static func failure(_ service: ServiceView, _ message: String, now: Timestamp) -> Value? {
        if service.ingress.isEmpty, service.condition(condition)?["message"]?.string == message { return nil }
        let since = service.condition(condition)?["lastTransitionTime"] ?? .string(now.rfc3339)
        let new: Value = [
            "type": .string(condition), "status": "False", "reason": "NoAddressAvailable", "message": .string(message),
            "lastTransitionTime": since,
        ]
        return patch(service, ingress: .null, condition: new)
    }

    static func cleared(_ service: ServiceView) -> Value? {
        if service.ingress.isEmpty, service.condition(condition) == nil { return nil }
        return patch(service, ingress: .null, condition: nil)
    }

    private static func patch(_ service: ServiceView, ingress: Value, condition: Value?) -> Value {
        var status: Object = ["loadBalancer": ["ingress": ingress]]
        var conditions = service.value.items("status", "conditions").filter { $0.text("type") != Self.condition }
        let hadOwn = service.condition(Self.condition) != nil
        if let condition { conditions.append(condition) }
        if hadOwn || condition != nil { status["conditions"] = conditions.isEmpty ? .null : .array(conditions) }
        return ["status": .object(status)]
    }

    /// The merge patch that adds or removes the finalizer; it fails (409) if the Service has changed since.
    static func finalizers(_ service: Value, adding: Bool) -> Value {
        var finalizers = service.finalizers.filter { $0 != finalizer }
        if adding { finalizers.append(finalizer) }
        var metadata: Object = ["finalizers": finalizers.isEmpty ? .null : .array(finalizers.map { .string($0) })]
        metadata["resourceVersion"] = service.at("metadata", "resourceVersion")
        return ["metadata": .object(metadata)]
    }
}
