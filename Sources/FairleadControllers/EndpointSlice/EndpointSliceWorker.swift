import FairleadClient
import FairleadModel
import Synchronization

/// Brings one Service's slices up to date: reads the caches, asks the reconciler, writes.
final class EndpointSliceWorker: Sendable {
    private struct State {
        var triggers = TriggerTimes()
        var writes = WriteTracker()
        var capacity: ZoneCapacity?
        /// Endpoints by zone and family of the Services that have topology hints.
        var hinted: [ObjectName: [String: [String: Int]]] = [:]
    }

    private let services: Lister
    private let slices: ServiceSlices
    private let nodes: Lister
    private let servicePods: ServicePods
    private let writer: SliceWriter
    private let recorder: EventRecorder
    private let state = Mutex(State())

    init(
        _ client: any ObjectClient, services: Lister, nodes: Lister, servicePods: ServicePods, slices: ServiceSlices,
        recorder: EventRecorder
    ) {
        self.services = services
        self.nodes = nodes
        self.slices = slices
        self.servicePods = servicePods
        self.recorder = recorder
        writer = SliceWriter(client: client)
    }

    func reconcile(_ key: ObjectName) async throws -> ReconcileResult {
        guard let object = services.get(key) else {
            // The garbage collector deletes the slices: they are owned by the Service.
            state.withLock {
                $0.triggers.forget(key)
                $0.writes.forget(key)
                $0.hinted[key] = nil
            }
            return .done
        }
        let service = ServiceView(object)
        // Without a selector, somebody else provides the endpoints; existing slices stay.
        if service.type == "ExternalName" || service.selector == nil { return .done }
        guard state.withLock({ $0.writes.begin(key) }) else { return .done }
        let pods = servicePods.pods(of: service)
        let trigger = state.withLock { $0.triggers.take(key, service: object.value, pods: pods) }
        let plan = EndpointSliceReconciler(
            EndpointSliceReconciler.Inputs(
                service: service, pods: pods.map { PodView($0) },
                slices: slices.slices(of: key, managedBy: EndpointSliceReconciler.manager),
                node: { [nodes] in $0.isEmpty ? nil : nodes.get(namespace: "", name: $0).map { NodeView($0) } },
                trigger: trigger,
                capacity: TopologyHints.isWanted(service) ? capacity() : ZoneCapacity(shares: nil))
        ).plan()
        return try await execute(plan, key, object)
    }

    private func execute(
        _ plan: EndpointSliceReconciler.Plan, _ key: ObjectName, _ service: StoredObject
    ) async throws -> ReconcileResult {
        var wrote: [WriteTracker.Write] = []
        var failure: APIStatus?
        do throws(APIStatus) {
            try await writer.execute(plan.slices, namespace: key.namespace) { wrote.append($0) }
        } catch { failure = error }
        let isForeign = state.withLock { $0.writes.end(key, wrote: wrote) }
        recordTopology(plan.topology, key, service)
        if let failure, failure.isNamespaceTerminating { return .done }
        var problems = plan.slices.problems
        if let failure, failure.reason != "Conflict" { problems.append(failure.message) }
        if !problems.isEmpty {
            let text = problems.count == 1 ? problems[0] : "[" + problems.joined(separator: ", ") + "]"
            recorder.event(
                about: service.value, type: "Warning", reason: "FailedToUpdateEndpointSlices",
                message: "Error updating Endpoint Slices for Service \(key.namespace)/\(key.name): \(text)")
        }
        if let failure { throw failure }
        if !plan.slices.problems.isEmpty {
            throw SliceProblems(description: plan.slices.problems.joined(separator: ", "))
        }
        // Somebody else has written one of the slices in the meantime.
        return isForeign ? .again(after: .zero) : .done
    }

    /// The nodes' capacity as of the last node change.
    private func capacity() -> ZoneCapacity {
        if let known = state.withLock({ $0.capacity }) { return known }
        let found = ZoneCapacity(nodes: nodes.list().map { NodeView($0) })
        state.withLock { $0.capacity = found }
        return found
    }

    /// Records a change of a node; returns the Services whose topology hints now overload a zone.
    func services(overloadedBy change: ObjectChange) -> [ObjectName] {
        if let old = change.old.map({ NodeView($0) }), let new = change.new.map({ NodeView($0) }), old.zone == new.zone,
            old.isReady == new.isReady, old.allocatable["cpu"] == new.allocatable["cpu"]
        {
            return []
        }
        state.withLock { $0.capacity = nil }
        let hinted = state.withLock { $0.hinted }
        if hinted.isEmpty { return [] }
        let capacity = capacity()
        return hinted.filter { $0.value.values.contains { capacity.isOverloaded($0) } }.map(\.key)
    }

    private func recordTopology(_ outcomes: [String: TopologyHints.Outcome], _ key: ObjectName, _ service: StoredObject)
    {
        let had = state.withLock { state -> [String: [String: Int]]? in
            let had = state.hinted[key]
            var now: [String: [String: Int]] = [:]
            for (family, outcome) in outcomes {
                if case .allocated(let zones) = outcome { now[family] = zones }
            }
            state.hinted[key] = now.isEmpty ? nil : now
            return had
        }
        for (family, outcome) in outcomes.sorted(by: { $0.key < $1.key }) {
            switch outcome {
            case .refused(let why): record(service, "Warning", "TopologyAwareHintsDisabled", why, family)
            case .allocated:
                guard had == nil else { continue }
                record(service, "Normal", "TopologyAwareHintsEnabled", "Topology Aware Hints has been enabled", family)
            }
        }
        if outcomes.isEmpty, let had {
            for family in had.keys.sorted() {
                record(
                    service, "Warning", "TopologyAwareHintsDisabled", "Topology Aware Hints has been disabled", family)
            }
        }
    }

    private func record(_ service: StoredObject, _ type: String, _ reason: String, _ message: String, _ family: String)
    {
        recorder.event(
            about: service.value, type: type, reason: reason, message: "\(message), addressType: \(family)")
    }

    /// Records a change of a slice; returns the Services that must be reconciled.
    func services(affectedBy change: ObjectChange) -> [ObjectName] {
        var owners: [ObjectName] = []
        for object in [change.old, change.new] {
            guard let object else { continue }
            let view = EndpointSliceView(object)
            let owner = ObjectName(namespace: object.key.namespace, name: view.serviceName)
            if view.managedBy == EndpointSliceReconciler.manager, !view.serviceName.isEmpty, !owners.contains(owner) {
                owners.append(owner)
            }
        }
        return owners.filter { owner in state.withLock { $0.writes.observe(change, owner: owner) } }
    }
}
