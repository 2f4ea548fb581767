import FairleadModel

extension DeploymentReconciler {
    /// Sets the size of a ReplicaSet and updates its annotations. A change of size is announced in an event.
    func resize(_ set: inout OwnedReplicaSet, to size: Int64) {
        let old = set.size
        let desired = DeploymentAnnotations.number(DeploymentAnnotations.desiredReplicas, of: set.value)
        let maximum = DeploymentAnnotations.number(DeploymentAnnotations.maxReplicas, of: set.value)
        if old == size, desired == replicas, maximum == replicas +| limits.surge { return }
        set.size = size
        DeploymentAnnotations.setSizes(&set.value, desired: replicas, maximum: replicas +| limits.surge)
        if old != size {
            let direction = size > old ? "up" : "down"
            set.announcements.append("Scaled \(direction) replica set \(set.name) from \(old) to \(size)")
        }
    }

    mutating func resizeOld(_ index: Int, to size: Int64) {
        var set = oldSets[index]
        resize(&set, to: size)
        oldSets[index] = set
    }

    /// Brings the sets to the desired number of replicas without advancing a rollout: the existing old and new sets
    /// grow and shrink in proportion.
    mutating func scaleToSize() {
        if let only = activeOrLatest {
            let snapshot = self
            update(only) { set in snapshot.resize(&set, to: snapshot.replicas) }
            return
        }
        if isSaturated {
            for index in oldSets.indices where oldSets[index].isActive { resizeOld(index, to: 0) }
            return
        }
        if isRolling { scaleInProportion() }
    }

    /// The only set that can take the whole change: the one active set, or the newest if none is active.
    private var activeOrLatest: String? {
        let active = allSets.filter(\.isActive)
        switch active.count {
        case 0: return newSet?.name ?? oldSets.last?.name
        case 1: return active[0].name
        default: return nil
        }
    }

    /// The new set has all replicas, and they are available.
    private var isSaturated: Bool {
        guard let newSet,
            let desired = DeploymentAnnotations.number(DeploymentAnnotations.desiredReplicas, of: newSet.value)
        else { return false }
        return newSet.size == replicas && desired == replicas && newSet.available == replicas
    }

    private mutating func scaleInProportion() {
        let active = allSets.filter(\.isActive)
        let allowed = replicas > 0 ? replicas +| limits.surge : 0
        let toAdd = allowed -| active.map(\.size).saturatingSum()
        // The largest set first; among equals, additions favour the newer set and removals the older.
        let ordered = active.sorted { left, right in
            if left.size != right.size { return left.size > right.size }
            return toAdd > 0 ? OwnedReplicaSet.isOlder(right, left) : OwnedReplicaSet.isOlder(left, right)
        }
        var sizes: [(name: String, size: Int64)] = []
        var added: Int64 = 0
        for set in ordered {
            let share = toAdd == 0 ? 0 : share(of: set, toAdd: toAdd, added: added)
            added = added +| share
            sizes.append((set.name, set.size +| share))
        }
        let snapshot = self
        for (index, entry) in sizes.enumerated() {
            let leftover = index == 0 && toAdd != 0 ? toAdd -| added : 0
            update(entry.name) { set in snapshot.resize(&set, to: max(0, entry.size +| leftover)) }
        }
    }

    private func share(of set: OwnedReplicaSet, toAdd: Int64, added: Int64) -> Int64 {
        if set.size == 0 || toAdd == added { return 0 }
        let fraction: Int64
        if replicas == 0 {
            fraction = 0 -| set.size
        } else {
            let annotated = DeploymentAnnotations.number(DeploymentAnnotations.maxReplicas, of: set.value)
            let before = annotated ?? deployment.at("status", "replicas")?.int ?? 0
            if before == 0 { return 0 }
            let exact = Double(set.size) * Double(replicas +| limits.surge) / Double(before)
            fraction = Int64(saturating: exact.rounded(.toNearestOrAwayFromZero)) -| set.size
        }
        return toAdd > 0 ? min(fraction, toAdd -| added) : max(fraction, toAdd -| added)
    }

    private mutating func update(_ name: String, _ change: (inout OwnedReplicaSet) -> Void) {
        if newSet?.name == name {
            if var set = newSet {
                change(&set)
                newSet = set
            }
        } else if let index = oldSets.firstIndex(where: { $0.name == name }) {
            var set = oldSets[index]
            change(&set)
            oldSets[index] = set
        }
    }
}
