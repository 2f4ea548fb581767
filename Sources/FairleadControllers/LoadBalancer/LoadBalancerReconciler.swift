import FairleadClient
import FairleadModel

/// What must happen to one Service and its load balancer. Pure except for the book it takes addresses from.
struct LoadBalancerReconciler {
    static let finalizer = "service.kubernetes.io/load-balancer-cleanup"
    private static let condition = LoadBalancerTerms.condition

    enum Plan: Equatable {
        case nothing
        /// Remove the load balancer: clear the status, give the addresses back, then remove the finalizer.
        case cleanUp
        /// Write these addresses, as these ingress entries.
        case ensure([IPAddress], ingress: [Value])
        /// No address is available.
        case fail(AddressBook.Refusal)
    }

    /// - Parameter className: the loadBalancerClass that is ours, besides having none.
    static func isWanted(_ service: ServiceView, className: String?) -> Bool {
        guard service.type == "LoadBalancer", !service.isTerminating else { return false }
        guard let wanted = service.loadBalancerClass else { return true }
        return wanted == className
    }

    static func plan(_ service: ServiceView, key: ObjectName, className: String?, book: inout AddressBook) -> Plan {
        guard isWanted(service, className: className) else {
            return service.value.finalizers.contains(finalizer) ? .cleanUp : .nothing
        }
        do throws(AddressBook.Refusal) {
            let addresses = try book.assign(LoadBalancerRequest(service, owner: key))
            let ingress = addresses.map { LoadBalancerIngress.entry($0, pool: book.pool(of: $0)) }
            let isHeld = service.value.finalizers.contains(finalizer)
            return service.ingress == ingress && isHeld && service.condition(condition) == nil
                ? .nothing : .ensure(addresses, ingress: ingress)
        } catch {
            return .fail(error)
        }
    }

    /// The merge patch of the status that shows `ingress`.
    static func status(_ service: ServiceView, _ ingress: [Value]) -> Value {
        status(service, ingress: .array(ingress))
    }

    /// The merge patch that says why there is no address, or nil if the status already says so.
    static func failure(_ service: ServiceView, _ refusal: AddressBook.Refusal, now: Timestamp) -> Value? {
        let message = refusal.message
        if service.ingress.isEmpty, service.condition(condition)?["message"]?.string == message { return nil }
        var conditions = Conditions(of: service.value)
        conditions.set(
            condition, false, reason: refusal.isExhaustion ? LoadBalancerTerms.exhausted : LoadBalancerTerms.refused,
            message: message, now: now, movesLast: true)
        return patch(ingress: .null, conditions: conditions)
    }

    static func cleared(_ service: ServiceView) -> Value? {
        if service.ingress.isEmpty, service.condition(condition) == nil { return nil }
        return status(service, ingress: .null)
    }

    /// Without our condition.
    private static func status(_ service: ServiceView, ingress: Value) -> Value {
        var conditions = Conditions(of: service.value)
        if conditions[condition] == nil { return patch(ingress: ingress, conditions: nil) }
        conditions.remove(condition)
        return patch(ingress: ingress, conditions: conditions)
    }

    /// - Parameter conditions: nil leaves them as they are.
    private static func patch(ingress: Value, conditions: Conditions?) -> Value {
        var status: Object = ["loadBalancer": ["ingress": ingress]]
        if let conditions { status["conditions"] = conditions.value ?? .null }
        return ["status": .object(status)]
    }

    /// The service controller's events about a change of the spec, as reason and message.
    static func changes(from old: ServiceView, to new: ServiceView) -> [(reason: String, message: String)] {
        var changes: [(String, String)] = []
        if (old.type == "LoadBalancer") != (new.type == "LoadBalancer") {
            changes.append(("Type", "\(old.type) -> \(new.type)"))
        }
        guard new.type == "LoadBalancer" else { return changes }
        let sources = [old, new].map {
            "[" + $0.value.texts("spec", "loadBalancerSourceRanges").joined(separator: " ") + "]"
        }
        if sources[0] != sources[1] { changes.append(("LoadBalancerSourceRanges", "\(sources[0]) -> \(sources[1])")) }
        if old.loadBalancerIP != new.loadBalancerIP {
            changes.append(("LoadbalancerIP", "\(old.loadBalancerIP) -> \(new.loadBalancerIP)"))
        }
        return changes
    }
}
