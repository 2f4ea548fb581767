import FairleadModel

/// Distributes endpoints over slices of at most a hundred with as few writes as possible. Pure.
///
/// Endpoints stay in the slice they are in. Slices that must be written anyway are filled first, the fullest first; the
/// rest goes into one untouched slice with enough room, else into new slices. Slices are never merged for tidiness
/// alone: a write costs every node of a cluster, a half-full slice nothing. Reference: KEP-752 "EndpointSlice",
/// "Reconciliation".
struct SlicePacker {
    /// What identifies an endpoint; its conditions may change.
    struct Identity: Hashable {
        var addresses: [String]
        var hostname: String
        var target: [String]

        init(_ endpoint: Value) {
            addresses = endpoint.texts("addresses").sorted()
            hostname = endpoint.text("hostname")
            target = [
                endpoint.text("targetRef", "namespace"), endpoint.text("targetRef", "name"),
                endpoint.text("targetRef", "uid"),
            ]
        }
    }

    /// A slice being planned: an existing one with its new endpoints, or a new one.
    struct Draft {
        var existing: StoredObject?
        var endpoints: [Value]
    }

    struct Result {
        var created: [Draft] = []
        var updated: [Draft] = []
        var deleted: [StoredObject] = []
    }

    let maximum: Int
    /// Whether hints are set elsewhere: endpoints that differ in nothing else are equal.
    var ignoresHints = false

    /// - Parameters:
    ///   - existing: slices of one port set and address type.
    ///   - desired: in the order in which they should fill slices; the first of equal ones counts.
    ///   - needsRewrite: whether a slice must be written for another reason (labels).
    func pack(
        existing: [StoredObject], desired: [Value], needsRewrite: (StoredObject) -> Bool
    ) -> Result {
        var wanted: [Identity: Value] = [:]
        wanted.reserveCapacity(desired.count)
        var order: [Identity] = []
        for endpoint in desired {
            let identity = Identity(endpoint)
            if wanted[identity] == nil {
                wanted[identity] = endpoint
                order.append(identity)
            }
        }
        var result = Result()
        var unchanged: [Draft] = []
        for slice in existing {
            let (kept, isChanged) = keep(slice.value.items("endpoints"), &wanted)
            if isChanged, kept.isEmpty {
                result.deleted.append(slice)
            } else if isChanged || needsRewrite(slice) {
                result.updated.append(Draft(existing: slice, endpoints: kept))
            } else {
                unchanged.append(Draft(existing: slice, endpoints: kept))
            }
        }
        var left = order.compactMap { wanted[$0] }[...]
        fill(&result.updated, &left)
        place(&left, unchanged, &result)
        return result
    }

    /// The endpoints of a slice that are still wanted, in their newest form; takes them out of `wanted`.
    private func keep(_ endpoints: [Value], _ wanted: inout [Identity: Value]) -> (kept: [Value], isChanged: Bool) {
        var kept: [Value] = []
        var isChanged = false
        for endpoint in endpoints {
            guard let desired = wanted.removeValue(forKey: Identity(endpoint)) else {
                isChanged = true
                continue
            }
            if !isEqual(desired, endpoint) { isChanged = true }
            kept.append(desired)
        }
        return (kept, isChanged)
    }

    private func isEqual(_ desired: Value, _ endpoint: Value) -> Bool {
        if desired == endpoint { return true }
        guard ignoresHints, endpoint["hints"] != nil else { return false }
        var bare = endpoint
        bare["hints"] = nil
        return desired == bare
    }

    private func fill(_ drafts: inout [Draft], _ left: inout ArraySlice<Value>) {
        if left.isEmpty { return }
        let fullestFirst = drafts.indices.sorted { drafts[$0].endpoints.count > drafts[$1].endpoints.count }
        for index in fullestFirst {
            let room = min(maximum - drafts[index].endpoints.count, left.count)
            guard room > 0 else { continue }
            drafts[index].endpoints.append(contentsOf: left.prefix(room))
            left.removeFirst(room)
        }
    }

    private func place(_ left: inout ArraySlice<Value>, _ unchanged: [Draft], _ result: inout Result) {
        while !left.isEmpty {
            let count = left.count
            if count < maximum,
                var target = unchanged.filter({ $0.endpoints.count + count <= maximum })
                    .max(by: { $0.endpoints.count < $1.endpoints.count })
            {
                target.endpoints.append(contentsOf: left)
                result.updated.append(target)
                return
            }
            let taken = min(count, maximum)
            result.created.append(Draft(existing: nil, endpoints: Array(left.prefix(taken))))
            left.removeFirst(taken)
        }
    }
}
