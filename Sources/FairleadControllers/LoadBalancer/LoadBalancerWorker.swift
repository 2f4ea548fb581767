import FairleadClient
import FairleadModel
import Synchronization

/// Gives one Service its load balancer or removes it. One Service at a time: addresses are given out in order.
final class LoadBalancerWorker: Sendable {
    private struct State {
        var book: AddressBook
        /// Services without an address, numbered in the order in which they began to wait.
        var waiting: [ObjectName: UInt64] = [:]
        var waits: UInt64 = 0

        mutating func wait(_ key: ObjectName) {
            guard waiting[key] == nil else { return }
            waits += 1
            waiting[key] = waits
        }

        /// All waiting Services, the longest wait first; they no longer count as waiting.
        mutating func takeWaiting() -> [ObjectName] {
            defer { waiting = [:] }
            return waiting.sorted { $0.value < $1.value }.map(\.key)
        }
    }

    private let client: any ObjectClient
    private let services: Lister
    private let recorder: EventRecorder
    private let now: @Sendable () -> Timestamp
    private let className: String?
    private let state: Mutex<State>

    init(
        _ client: any ObjectClient, services: Lister, pools: [LoadBalancerPool], className: String?,
        recorder: EventRecorder, now: @escaping @Sendable () -> Timestamp
    ) {
        self.client = client
        self.services = services
        self.recorder = recorder
        self.now = now
        self.className = className
        state = Mutex(State(book: AddressBook(pools)))
    }

    /// Learns from the cache who has which address; returns the Services to reconcile.
    func services(affectedBy change: ObjectChange) -> [ObjectName] {
        let key = change.name
        if let new = change.new {
            let service = ServiceView(new)
            let isOurs = LoadBalancerReconciler.isWanted(service, className: className)
            if isOurs {
                // At start-up all addresses in use are known before the first new one is given out.
                state.withLock { $0.book.adopt(LoadBalancerRequest(service, owner: key)) }
            }
            if let old = change.old {
                for said in LoadBalancerReconciler.changes(from: ServiceView(old), to: service)
                where isOurs || service.loadBalancerClass == nil {
                    record(service, "Normal", said.reason, said.message)
                }
            }
            if isOurs, let old = change.old, Self.sharesOtherwise(old, new) {
                return [key] + state.withLock { $0.takeWaiting() }.filter { $0 != key }
            }
            if isOurs || new.value.finalizers.contains(LoadBalancerReconciler.finalizer) { return [key] }
        }
        return release(key)
    }

    /// Frees what the Service has and returns those that wait for an address.
    private func release(_ key: ObjectName, except kept: Set<IPAddress> = []) -> [ObjectName] {
        state.withLock { state in
            state.waiting[key] = nil
            return state.book.release(key, except: kept) ? state.takeWaiting() : []
        }
    }

    /// Whether other Services may share its address now that could not before.
    private static func sharesOtherwise(_ old: StoredObject, _ new: StoredObject) -> Bool {
        let requests = [old, new].map { LoadBalancerRequest(ServiceView($0), owner: $0.objectName) }
        return requests[0].ports != requests[1].ports || requests[0].sharingKey != requests[1].sharingKey
    }

    func reconcile(_ key: ObjectName, wake: ([ObjectName]) -> Void) async throws -> ReconcileResult {
        guard let object = services.get(key) else {
            wake(release(key))
            return .done
        }
        let service = ServiceView(object)
        let plan = state.withLock { state -> LoadBalancerReconciler.Plan in
            let plan = LoadBalancerReconciler.plan(service, key: key, className: className, book: &state.book)
            if case .fail = plan { state.wait(key) } else { state.waiting[key] = nil }
            return plan
        }
        do throws(APIStatus) {
            switch plan {
            case .nothing: break
            case .cleanUp: wake(try await cleanUp(service, key))
            case .ensure(let addresses, let ingress): wake(try await ensure(service, key, addresses, ingress))
            case .fail(let refusal): wake(try await fail(service, key, refusal))
            }
        } catch {
            guard error.code == 404 else { throw error }
            // Deleted in the meantime; the cache will show it.
            wake(release(key))
        }
        return .done
    }

    private func ensure(
        _ service: ServiceView, _ key: ObjectName, _ addresses: [IPAddress], _ ingress: [Value]
    ) async throws(APIStatus) -> [ObjectName] {
        record(service, "Normal", "EnsuringLoadBalancer", "Ensuring load balancer")
        try await setFinalizer(service, key, present: true)
        try await writeStatus(key, LoadBalancerReconciler.status(service, ingress))
        record(service, "Normal", "EnsuredLoadBalancer", "Ensured load balancer")
        return release(key, except: Set(addresses))
    }

    private func cleanUp(_ service: ServiceView, _ key: ObjectName) async throws(APIStatus) -> [ObjectName] {
        record(service, "Normal", "DeletingLoadBalancer", "Deleting load balancer")
        if let patch = LoadBalancerReconciler.cleared(service) { try await writeStatus(key, patch) }
        let freed = release(key)
        try await setFinalizer(service, key, present: false)
        record(service, "Normal", "DeletedLoadBalancer", "Deleted load balancer")
        return freed
    }

    private func fail(
        _ service: ServiceView, _ key: ObjectName, _ refusal: AddressBook.Refusal
    ) async throws(APIStatus) -> [ObjectName] {
        try await setFinalizer(service, key, present: true)
        if let patch = LoadBalancerReconciler.failure(service, refusal, now: now()) {
            record(
                service, "Warning", "SyncLoadBalancerFailed",
                "Error syncing load balancer: failed to ensure load balancer: \(refusal.message)")
            try await writeStatus(key, patch)
        }
        // Its old addresses no longer fit; it keeps waiting for one that does.
        let freed = release(key)
        state.withLock { $0.wait(key) }
        return freed.filter { $0 != key }
    }

    private func setFinalizer(_ service: ServiceView, _ key: ObjectName, present: Bool) async throws(APIStatus) {
        guard service.value.finalizers.contains(LoadBalancerReconciler.finalizer) != present else { return }
        // An earlier status write is not in our copy: take the newest as the base.
        let current = try await client.get(.services, namespace: key.namespace, name: key.name)
        guard current.uid == service.uid else { return }
        let finalizer = LoadBalancerReconciler.finalizer
        try await client.patch(
            .services, namespace: key.namespace, name: key.name,
            present
                ? FinalizerPatch.adding(finalizer, to: current) : FinalizerPatch.removing(finalizer, from: current))
    }

    private func writeStatus(_ key: ObjectName, _ patch: Value) async throws(APIStatus) {
        try await client.patch(
            .services, namespace: key.namespace, name: key.name, patch, subresource: "status")
    }

    private func record(_ service: ServiceView, _ type: String, _ reason: String, _ message: String) {
        recorder.event(about: service.value, type: type, reason: reason, message: message)
    }
}
