import FairleadModel

/// What slices mirror an Endpoints object that somebody else than the endpoints controller keeps. Pure.
///
/// One port set and address family make a group of slices; conditions say only `ready`. Labels and annotations are
/// those of the Endpoints object. Reference: KEP-752; recorded scenarios endpointslices/mirror-*.
struct EndpointSliceMirroringReconciler {
    static let manager = "endpointslicemirroring-controller.k8s.io"
    static let skipLabel = "endpointslice.kubernetes.io/skip-mirror"
    static let leaderAnnotation = "control-plane.alpha.kubernetes.io/leader"
    static let maximumPerSubset = 1000
    private static let lastApplied = "kubectl.kubernetes.io/last-applied-configuration"

    private struct Group: Hashable {
        var family: String
        var ports: [EndpointSliceView.Port]
    }

    /// The event to write when addresses were left out.
    enum Complaint: Hashable {
        case tooManyAddresses
        case invalidAddresses(Int)
    }

    private let endpoints: Value
    private let labels: Value
    private let annotations: Value?
    private var groups: [Group: [Value]] = [:]
    private var order: [Group] = []
    private(set) var complaints: [Complaint] = []

    /// Whether the object wants to be mirrored at all.
    static func mirrors(_ endpoints: Value) -> Bool {
        endpoints.labels[skipLabel] != "true" && endpoints.annotations[leaderAnnotation] == nil
    }

    init(endpoints: Value) {
        self.endpoints = endpoints
        labels = SliceMetadata.labels(
            copied: endpoints.labels, owner: endpoints.name, manager: Self.manager, isHeadless: nil)
        var annotations = endpoints.annotations
        annotations[TriggerTimes.annotation] = nil
        annotations[Self.lastApplied] = nil
        self.annotations = annotations.isEmpty ? nil : Value(annotations)
        var invalid = 0
        for subset in endpoints.items("subsets") { add(subset, &invalid) }
        if invalid > 0 { complaints.append(.invalidAddresses(invalid)) }
    }

    private mutating func add(_ subset: Value, _ invalid: inout Int) {
        let ports = EndpointBuilder.ordered(
            subset.items("ports").map { port in
                EndpointSliceView.Port(
                    name: port.text("name"), protocolName: port["protocol"]?.string ?? "TCP",
                    number: port["port"]?.int, appProtocol: port["appProtocol"]?.string)
            })
        var left = Self.maximumPerSubset
        for (field, isReady) in [("addresses", true), ("notReadyAddresses", false)] {
            for address in subset.items(field) {
                guard let ip = IPAddress(address.text("ip")) else {
                    invalid += 1
                    continue
                }
                guard left > 0 else {
                    if !complaints.contains(.tooManyAddresses) { complaints.append(.tooManyAddresses) }
                    return
                }
                left -= 1
                let group = Group(family: ip.family, ports: ports)
                if groups[group] == nil { order.append(group) }
                groups[group, default: []].append(Self.endpoint(address, isReady: isReady))
            }
        }
    }

    private static func endpoint(_ address: Value, isReady: Bool) -> Value {
        var endpoint: Object = [
            "addresses": .array([.string(address.text("ip"))]), "conditions": ["ready": .bool(isReady)],
        ]
        endpoint["targetRef"] = address["targetRef"]
        for field in ["nodeName", "hostname"] where !address.text(field).isEmpty { endpoint[field] = address[field] }
        return .object(endpoint)
    }

    /// - Parameter slices: those with this manager and this name, by name.
    func plan(slices: [StoredObject]) -> SlicePlan {
        var plan = SlicePlan()
        var existing: [Group: [StoredObject]] = [:]
        for slice in slices {
            let view = EndpointSliceView(slice)
            guard isOwned(slice) else {
                plan.deletes.append(slice)
                continue
            }
            let group = Group(family: view.addressType, ports: EndpointBuilder.ordered(view.ports))
            existing[group, default: []].append(slice)
        }
        let packer = SlicePacker(maximum: EndpointSliceReconciler.maximumEndpoints)
        for group in order {
            let result = packer.pack(
                existing: existing.removeValue(forKey: group) ?? [], desired: groups[group] ?? [],
                needsRewrite: { needsRewrite($0) })
            plan.creates += result.created.map { new(group, $0.endpoints) }
            plan.updates += result.updated.compactMap { draft in
                guard var slice = draft.existing?.value else { return nil }
                slice["endpoints"] = draft.endpoints.isEmpty ? .null : .array(draft.endpoints)
                setMetadata(&slice)
                return slice
            }
            plan.deletes += result.deleted
        }
        plan.deletes += existing.values.flatMap { $0 }.sorted { $0.key.name < $1.key.name }
        plan.reuseDeleted { isOwned($0) }
        if endpoints.deletionTimestamp != nil { plan.creates = [] }
        return plan
    }

    private func isOwned(_ slice: StoredObject) -> Bool {
        slice.value.ownerReferences.contains { $0.uid == endpoints.uid }
    }

    private func needsRewrite(_ slice: StoredObject) -> Bool {
        slice.value.at("metadata", "labels") != labels || slice.value.at("metadata", "annotations") != annotations
    }

    private func setMetadata(_ slice: inout Value) {
        slice.set(labels, at: "metadata", "labels")
        slice.set(annotations, at: "metadata", "annotations")
    }

    private func new(_ group: Group, _ endpoints: [Value]) -> Value {
        let owner: Value = [
            "apiVersion": "v1", "kind": "Endpoints", "name": .string(self.endpoints.name),
            "uid": .string(self.endpoints.uid), "controller": true, "blockOwnerDeletion": true,
        ]
        var slice = SliceMetadata.slice(
            family: group.family, ports: group.ports, endpoints: endpoints, labels: labels, owner: owner,
            name: self.endpoints.name, namespace: self.endpoints.namespace)
        setMetadata(&slice)
        return slice
    }
}
