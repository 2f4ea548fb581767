import FairleadModel

/// Which slices a Service should have. Pure: the same inputs give the same plan.
///
/// Only slices with the controller's own managed-by label are considered. Reference: KEP-752, KEP-1672 (serving and
/// terminating), KEP-3015 (trafficDistribution); details as recorded (conformance/scenarios/endpointslices).
struct EndpointSliceReconciler {
    static let manager = "endpointslice-controller.k8s.io"
    static let maximumEndpoints = 100

    struct Inputs {
        var service: ServiceView
        /// Selected by the Service, in the order in which they should fill slices.
        var pods: [PodView]
        /// The Service's slices with this manager, by name.
        var slices: [StoredObject]
        var node: (String) -> NodeView?
        var trigger: Timestamp?
        /// What topology hints are based on.
        var capacity = ZoneCapacity(shares: nil)
    }

    struct Plan {
        var slices = SlicePlan()
        /// The outcome of the topology hints of each address family, for Services that want them.
        var topology: [String: TopologyHints.Outcome] = [:]
    }

    private let inputs: Inputs
    private let labels: Value
    private let builder: EndpointBuilder

    init(_ inputs: Inputs) {
        self.inputs = inputs
        labels = SliceMetadata.labels(
            copied: inputs.service.labels, owner: inputs.service.name, manager: Self.manager,
            isHeadless: inputs.service.isHeadless || inputs.service.clusterIP.isEmpty)
        builder = EndpointBuilder(service: inputs.service, node: inputs.node)
    }

    func plan() -> Plan {
        var plan = Plan()
        let service = inputs.service
        let families = Self.families(of: service)
        var problems: [String] = []
        for slice in inputs.slices where !families.contains(slice.value.text("addressType")) {
            plan.slices.deletes.append(slice)
        }
        for family in families { plan.slices.add(self.plan(family, &problems, &plan.topology)) }
        if service.isTerminating { plan.slices.creates = [] }
        plan.slices.problems = problems
        return plan
    }

    /// `ipFamilies`, or the family of the address for Services that have none.
    private static func families(of service: ServiceView) -> [String] {
        if !service.ipFamilies.isEmpty { return service.ipFamilies }
        guard let address = IPAddress(service.clusterIP) else { return ["IPv4"] }
        return [address.family]
    }

    private func plan(
        _ family: String, _ problems: inout [String], _ topology: inout [String: TopologyHints.Outcome]
    ) -> SlicePlan {
        var plan = SlicePlan()
        var desired: [[EndpointSliceView.Port]: [Value]] = [:]
        var portSets: [[EndpointSliceView.Port]] = []
        for pod in inputs.pods where EndpointBuilder.isEndpoint(pod) {
            let ports = builder.ports(of: pod)
            if desired[ports] == nil {
                desired[ports] = []
                portSets.append(ports)
            }
            switch builder.endpoint(of: pod, family: family) {
            case .endpoint(let endpoint): desired[ports]?.append(endpoint)
            case .none: break
            case .missingNode(let node):
                let problem =
                    "skipping Pod \(pod.name) for Service \(pod.namespace)/\(inputs.service.name): "
                    + "Node \(node) Not Found"
                if !problems.contains(problem) { problems.append(problem) }
            }
        }
        var existing: [[EndpointSliceView.Port]: [StoredObject]] = [:]
        for slice in inputs.slices where slice.value.text("addressType") == family {
            guard isOwned(slice) else {
                plan.deletes.append(slice)
                continue
            }
            existing[EndpointBuilder.ordered(EndpointSliceView(slice).ports), default: []].append(slice)
        }
        let hintsByTopology = TopologyHints.isWanted(inputs.service)
        let packer = SlicePacker(maximum: Self.maximumEndpoints, ignoresHints: hintsByTopology)
        var untouched = existing.values.reduce(0) { $0 + $1.count }
        for ports in portSets {
            let result = packer.pack(
                existing: existing.removeValue(forKey: ports) ?? [], desired: desired[ports] ?? [],
                needsRewrite: { $0.value.at("metadata", "labels") != labels })
            plan.creates += result.created.map { new(family, ports, $0.endpoints) }
            plan.updates += result.updated.compactMap(updated)
            plan.deletes += result.deleted
            untouched -= result.deleted.count
        }
        let obsolete = existing.values.flatMap { $0 }.sorted { $0.key.name < $1.key.name }
        plan.deletes += obsolete
        untouched -= obsolete.count
        if untouched == 0, plan.creates.isEmpty { addPlaceholder(family, &plan) }
        if hintsByTopology { topology[family] = addHints(family, &plan) }
        plan.reuseDeleted { isOwned($0) }
        return plan
    }

    private func addHints(_ family: String, _ plan: inout SlicePlan) -> TopologyHints.Outcome {
        let touched = Set(plan.updates.map(\.name) + plan.deletes.map(\.key.name))
        let unchanged = inputs.slices.filter {
            $0.value.text("addressType") == family && !touched.contains($0.key.name)
        }
        return TopologyHints.apply(
            inputs.capacity, creates: &plan.creates, updates: &plan.updates, unchanged: unchanged.map(\.value))
    }

    /// A Service without endpoints has one empty slice, which tells consumers not to expect any.
    private func addPlaceholder(_ family: String, _ plan: inout SlicePlan) {
        if plan.deletes.count == 1, let slice = plan.deletes.first, isOwned(slice),
            slice.value.items("endpoints").isEmpty, slice.value.items("ports").isEmpty,
            slice.value.at("metadata", "labels") == labels
        {
            plan.deletes = []
        } else {
            plan.creates.append(new(family, [], []))
        }
    }

    private func isOwned(_ slice: StoredObject) -> Bool {
        slice.value.ownerReferences.contains { $0.uid == inputs.service.uid }
    }

    private func new(_ family: String, _ ports: [EndpointSliceView.Port], _ endpoints: [Value]) -> Value {
        let owner: Value = [
            "apiVersion": "v1", "kind": "Service", "name": .string(inputs.service.name),
            "uid": .string(inputs.service.uid), "controller": true, "blockOwnerDeletion": true,
        ]
        var slice = SliceMetadata.slice(
            family: family, ports: ports, endpoints: endpoints, labels: labels, owner: owner,
            name: inputs.service.name, namespace: inputs.service.namespace)
        setTrigger(&slice)
        return slice
    }

    private func updated(_ draft: SlicePacker.Draft) -> Value? {
        guard var slice = draft.existing?.value else { return nil }
        slice["endpoints"] = draft.endpoints.isEmpty ? .null : .array(draft.endpoints)
        slice.set(labels, at: "metadata", "labels")
        setTrigger(&slice)
        return slice
    }

    private func setTrigger(_ slice: inout Value) {
        SliceMetadata.setTrigger(inputs.trigger, on: &slice)
    }
}
