import FairleadClient
import FairleadModel
import Synchronization

/// Brings the mirrored slices of one Endpoints object up to date.
final class EndpointSliceMirroringWorker: Sendable {
    private let services: Lister
    private let endpoints: Lister
    private let slices: ServiceSlices
    private let writer: SliceWriter
    private let recorder: EventRecorder
    private let writes = Mutex(WriteTracker())

    init(
        _ client: any ObjectClient, services: Lister, endpoints: Lister, slices: ServiceSlices, recorder: EventRecorder
    ) {
        self.services = services
        self.endpoints = endpoints
        self.slices = slices
        self.recorder = recorder
        writer = SliceWriter(client: client)
    }

    func reconcile(_ key: ObjectName) async throws -> ReconcileResult {
        guard writes.withLock({ $0.begin(key) }) else { return .done }
        let existing = slices.slices(of: key, managedBy: EndpointSliceMirroringReconciler.manager)
        var plan = SlicePlan()
        if let object = wanted(key) {
            let reconciler = EndpointSliceMirroringReconciler(endpoints: object.value)
            plan = reconciler.plan(slices: existing)
            for complaint in reconciler.complaints { record(complaint, object.value) }
        } else {
            plan.deletes = existing
        }
        var wrote: [WriteTracker.Write] = []
        var failure: APIStatus?
        do throws(APIStatus) {
            try await writer.execute(plan, namespace: key.namespace) { wrote.append($0) }
        } catch { failure = error }
        let isForeign = writes.withLock { $0.end(key, wrote: wrote) }
        if let failure, !failure.isNamespaceTerminating {
            if failure.reason != "Conflict", let object = endpoints.get(key) {
                recorder.event(
                    about: object.value, type: "Warning", reason: "FailedToUpdateEndpointSlices",
                    message: "Error updating EndpointSlices for \(key): \(failure.message)")
            }
            throw failure
        }
        return isForeign ? .again(after: .zero) : .done
    }

    /// The Endpoints object, if it must be mirrored: its Service exists and has no selector.
    private func wanted(_ key: ObjectName) -> StoredObject? {
        guard let object = endpoints.get(key), EndpointSliceMirroringReconciler.mirrors(object.value),
            let service = services.get(key), ServiceView(service).selector == nil
        else { return nil }
        return object
    }

    private func record(_ complaint: EndpointSliceMirroringReconciler.Complaint, _ endpoints: Value) {
        switch complaint {
        case .tooManyAddresses(let skipped):
            recorder.event(
                about: endpoints, type: "Warning", reason: "TooManyAddressesToMirror",
                message: "A max of \(EndpointSliceMirroringReconciler.maximumPerSubset) addresses can be mirrored to "
                    + "EndpointSlices per Endpoints subset. \(skipped) addresses were skipped")
        case .invalidAddresses(let count):
            recorder.event(
                about: endpoints, type: "Warning", reason: "InvalidIPAddress",
                message: "Skipped \(count) invalid IP addresses when mirroring to EndpointSlices")
        }
    }

    func owner(affectedBy change: ObjectChange) -> ObjectName? {
        guard let object = change.latest else { return nil }
        let view = EndpointSliceView(object)
        let wasOurs = change.old.map { EndpointSliceView($0).managedBy } == EndpointSliceMirroringReconciler.manager
        guard wasOurs || view.managedBy == EndpointSliceMirroringReconciler.manager, !view.serviceName.isEmpty
        else { return nil }
        let owner = ObjectName(namespace: object.key.namespace, name: view.serviceName)
        return writes.withLock { $0.observe(change, owner: owner) } ? owner : nil
    }
}
