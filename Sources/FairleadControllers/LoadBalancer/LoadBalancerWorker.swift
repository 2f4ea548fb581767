import FairleadClient
import FairleadModel
import Synchronization

/// Gives one Service its load balancer or takes it away. One at a time: addresses are given out in order.
final class LoadBalancerWorker: Sendable {
    private struct State {
        var pool: AddressPool
        /// Services without an address, which look again when one becomes free.
        var waiting: Set<ObjectName> = []
    }

    private let client: any ObjectClient
    private let services: Lister
    private let recorder: EventRecorder
    private let environment: Environment
    private let className: String?
    private let state: Mutex<State>

    init(
        informers: InformerSet, pool: AddressPool, className: String?, recorder: EventRecorder,
        environment: Environment
    ) {
        client = informers.client
        services = informers.lister(.services)
        self.recorder = recorder
        self.environment = environment
        self.className = className
        state = Mutex(State(pool: pool))
    }

    /// Learns from the cache who has which address; returns the Services to reconcile.
    func services(affectedBy change: ObjectChange) -> [ObjectName] {
        let key = change.name
        if let new = change.new {
            let service = ServiceView(new)
            let isOurs = LoadBalancerReconciler.isWanted(service, className: className)
            if isOurs {
                // At start-up all addresses in use are known before the first is given out.
                state.withLock { state in
                    for address in service.ingressIPs.compactMap({ IPAddress($0) }) {
                        try? state.pool.claim(address, for: key)
                    }
                }
            }
            return isOurs || new.value.finalizers.contains(LoadBalancerReconciler.finalizer) ? [key] : []
        }
        return release(key)
    }

    /// Frees what the Service has and returns those who wait for an address.
    private func release(_ key: ObjectName, except kept: Set<IPAddress> = []) -> [ObjectName] {
        state.withLock { state in
            state.waiting.remove(key)
            guard state.pool.release(key, except: kept) else { return [] }
            defer { state.waiting = [] }
            return state.waiting.sorted()
        }
    }

    func reconcile(_ key: ObjectName, wake: ([ObjectName]) -> Void) async throws -> ReconcileResult {
        guard let object = services.get(key) else {
            wake(release(key))
            return .done
        }
        let service = ServiceView(object)
        let plan = state.withLock { state -> LoadBalancerReconciler.Plan in
            let plan = LoadBalancerReconciler.plan(service, key: key, className: className, pool: &state.pool)
            if case .fail = plan { state.waiting.insert(key) } else { state.waiting.remove(key) }
            return plan
        }
        switch plan {
        case .nothing: break
        case .cleanUp: wake(try await cleanUp(service, key))
        case .ensure(let addresses): wake(try await ensure(service, key, addresses))
        case .fail(let reason): try await fail(service, key, reason)
        }
        return .done
    }

    private func ensure(
        _ service: ServiceView, _ key: ObjectName, _ addresses: [IPAddress]
    ) async throws(APIStatus) -> [ObjectName] {
        tell(service, "Normal", "EnsuringLoadBalancer", "Ensuring load balancer")
        try await setFinalizer(service, key, present: true)
        try await writeStatus(key, LoadBalancerReconciler.status(service, addresses))
        tell(service, "Normal", "EnsuredLoadBalancer", "Ensured load balancer")
        return release(key, except: Set(addresses))
    }

    private func cleanUp(_ service: ServiceView, _ key: ObjectName) async throws(APIStatus) -> [ObjectName] {
        tell(service, "Normal", "DeletingLoadBalancer", "Deleting load balancer")
        if let patch = LoadBalancerReconciler.cleared(service) { try await writeStatus(key, patch) }
        let freed = release(key)
        try await setFinalizer(service, key, present: false)
        tell(service, "Normal", "DeletedLoadBalancer", "Deleted load balancer")
        return freed
    }

    private func fail(_ service: ServiceView, _ key: ObjectName, _ reason: String) async throws(APIStatus) {
        try await setFinalizer(service, key, present: true)
        guard let patch = LoadBalancerReconciler.failure(service, reason, now: environment.now()) else { return }
        tell(
            service, "Warning", "SyncLoadBalancerFailed",
            "Error syncing load balancer: failed to ensure load balancer: \(reason)")
        try await writeStatus(key, patch)
    }

    private func setFinalizer(_ service: ServiceView, _ key: ObjectName, present: Bool) async throws(APIStatus) {
        guard service.value.finalizers.contains(LoadBalancerReconciler.finalizer) != present else { return }
        // What the status write before it changed is not in our copy: take the newest as the base.
        let current = try await client.get(.services, namespace: key.namespace, name: key.name)
        guard current.uid == service.uid else { return }
        try await client.patch(
            .services, namespace: key.namespace, name: key.name,
            LoadBalancerReconciler.finalizers(current, adding: present))
    }

    private func writeStatus(_ key: ObjectName, _ patch: Value) async throws(APIStatus) {
        try await client.patch(
            .services, namespace: key.namespace, name: key.name, patch, subresource: "status")
    }

    private func tell(_ service: ServiceView, _ type: String, _ reason: String, _ message: String) {
        recorder.event(about: service.value, type: type, reason: reason, message: message)
    }
}
