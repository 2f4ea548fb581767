import FairleadModel

/// Which slices mirror an Endpoints object that is not maintained by the endpoints controller. Pure.
///
/// Each combination of ports and address family makes one slice of up to a thousand endpoints; the only condition set
/// is `ready`. Labels and annotations are those of the Endpoints object. Reference: KEP-752; recorded scenarios
/// endpointslices/mirror-*.
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

    /// The event to record when addresses were left out.
    enum Complaint: Hashable {
        /// How many were left out.
        case tooManyAddresses(Int)
        case invalidAddresses(Int)
    }

    private let endpoints: Value
    private let labels: Value
    private let annotations: Value?
    private var groups: [Group: [Value]] = [:]
    private var order: [Group] = []
    private(set) var complaints: [Complaint] = []

    /// Whether the object may be mirrored at all.
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
        var skipped = 0
        let repacking = SubsetRepacking(endpoints.items("subsets"))
        for subset in repacking.subsets { add(subset, &invalid, &skipped) }
        skipped += repacking.leftOut
        if invalid > 0 { complaints.append(.invalidAddresses(invalid)) }
        if skipped > 0 { complaints.append(.tooManyAddresses(skipped + invalid)) }
    }

    private mutating func add(_ subset: SubsetRepacking.Subset, _ invalid: inout Int, _ skipped: inout Int) {
        var left = Self.maximumPerSubset
        for (addresses, isReady) in [(subset.ready, true), (subset.notReady, false)] {
            for address in addresses {
                if left == 0 {
                    skipped += 1
                    continue
                }
                guard let ip = IPAddress(address.text("ip")) else {
                    invalid += 1
                    continue
                }
                left -= 1
                let group = Group(family: ip.family, ports: subset.ports)
                if groups[group] == nil { order.append(group) }
                groups[group, default: []].append(Self.endpoint(address, isReady: isReady))
            }
        }
    }

    private static func endpoint(_ address: Value, isReady: Bool) -> Value {
        var endpoint: Object = [
            "addresses": .array([.string(IPAddress.canonical(address.text("ip")))]),
            "conditions": ["ready": .bool(isReady)],
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
        for group in order {
            let slices = existing.removeValue(forKey: group) ?? []
            let endpoints = groups[group] ?? []
            // One slice holds all endpoints; any others are left over from something else.
            plan.deletes += slices.dropFirst()
            guard let slice = slices.first else {
                plan.creates.append(new(group, endpoints))
                continue
            }
            if isCurrent(slice.value, endpoints) { continue }
            var changed = slice.value
            changed["endpoints"] = .array(endpoints)
            setMetadata(&changed)
            plan.updates.append(changed)
        }
        plan.deletes += existing.values.flatMap { $0 }.sorted { $0.key.name < $1.key.name }
        plan.reuseDeleted { isOwned($0) }
        if endpoints.deletionTimestamp != nil { plan.creates = [] }
        return plan
    }

    private func isOwned(_ slice: StoredObject) -> Bool {
        slice.value.ownerReferences.contains { $0.uid == endpoints.uid }
    }

    private func isCurrent(_ slice: Value, _ endpoints: [Value]) -> Bool {
        if slice.at("metadata", "labels") != labels || slice.at("metadata", "annotations") != annotations {
            return false
        }
        let held = slice.items("endpoints")
        if held == endpoints { return true }
        // The order does not matter.
        let wanted = Dictionary(endpoints.map { (SlicePacker.Identity($0), $0) }, uniquingKeysWith: { $1 })
        return held.count == endpoints.count && held.allSatisfy { wanted[SlicePacker.Identity($0)] == $0 }
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
