import FairleadClient
import FairleadModel
import Synchronization

/// Brings one Service's Endpoints object up to date.
final class EndpointsWorker: Sendable {
    private let client: any ObjectClient
    private let services: Lister
    private let endpoints: Lister
    private let servicePods: ServicePods
    private let recorder: EventRecorder
    private let triggers = Mutex(TriggerTimes())
    private let writes = Mutex(LastWrites())

    init(
        _ client: any ObjectClient, services: Lister, endpoints: Lister, servicePods: ServicePods,
        recorder: EventRecorder
    ) {
        self.client = client
        self.services = services
        self.endpoints = endpoints
        self.servicePods = servicePods
        self.recorder = recorder
    }

    func reconcile(_ key: ObjectName) async throws -> ReconcileResult {
        guard let object = services.get(key) else {
            triggers.withLock { $0.forget(key) }
            try await delete(key)
            return .done
        }
        let service = ServiceView(object)
        if service.type == "ExternalName" || service.selector == nil { return .done }
        let current = endpoints.get(key)
        if writes.withLock({ $0.isStale(key, cached: current?.revision) }) { return .done }
        let pods = servicePods.pods(of: service)
        let trigger = triggers.withLock { $0.take(key, service: object.value, pods: pods) }
        let plan = EndpointsReconciler.plan(
            service: service, pods: pods.map { PodView($0) }, current: current?.value, trigger: trigger)
        switch plan {
        case .nothing: break
        case .create(let new):
            if !service.isTerminating { try await create(new, service, key) }
        case .update(let new):
            do throws(APIStatus) {
                note(try await client.update(.endpoints, new), key)
            } catch {
                if error.reason != "Conflict" {
                    recorder.event(
                        about: new, type: "Warning", reason: "FailedToUpdateEndpoint",
                        message: "Failed to update endpoint \(key): \(error.message)")
                }
                throw error
            }
        }
        return .done
    }

    private func create(_ new: Value, _ service: ServiceView, _ key: ObjectName) async throws(APIStatus) {
        do throws(APIStatus) {
            note(try await client.create(.endpoints, namespace: key.namespace, new), key)
        } catch {
            if error.isNamespaceTerminating { return }
            // The object exists but the cache does not show it yet: it will, and the next attempt updates it.
            if error.reason != "AlreadyExists" {
                recorder.event(
                    about: service.value, type: "Warning", reason: "FailedToCreateEndpoint",
                    message: "Failed to create endpoint for service \(key): \(error.message)")
            }
            throw error
        }
    }

    private func note(_ written: Value, _ key: ObjectName) {
        if let revision = written.resourceVersion { writes.withLock { $0.wrote(key, revision: revision) } }
    }

    /// Records a change in the cache; returns whether the Service must be reconciled.
    func isAwaited(_ change: ObjectChange) -> Bool {
        guard let object = change.latest else { return false }
        return writes.withLock { $0.observe(change.name, revision: object.revision) }
    }

    /// Endpoints are deleted with their Service, whoever wrote them.
    private func delete(_ key: ObjectName) async throws(APIStatus) {
        guard endpoints.get(key) != nil else { return }
        try await ignoringNotFound(
            await client.delete(.endpoints, namespace: key.namespace, name: key.name, options: DeleteOptions()))
    }
}
