import FairleadModel

extension DeploymentReconciler {
    /// One step of a rolling update: grows the new set if the surge allows, else shrinks old ones if availability
    /// allows.
    mutating func rollOut() {
        syncRevision(creating: true)
        // A set that has just been created already has its initial size.
        if newSet?.original != nil {
            if growNewSet() { return }
            if shrinkOldSets() { return }
        }
        if isComplete(deployment["status"]) { cleanUp() }
    }

    private mutating func growNewSet() -> Bool {
        guard var set = newSet, set.size != replicas else { return false }
        let size = set.size > replicas ? replicas : sizeOfNewSet()
        if size == set.size { return false }
        resize(&set, to: size)
        newSet = set
        return true
    }

    private mutating func shrinkOldSets() -> Bool {
        guard let newSet, oldSets.contains(where: \.isActive) else { return false }
        let minimumAvailable = replicas -| limits.unavailable
        let total = allSets.map(\.size).saturatingSum()
        let unavailableNew = newSet.size -| newSet.available
        let allowance = total -| minimumAvailable -| unavailableNew
        if allowance <= 0 { return false }
        let cleaned = shrinkUnhealthy(atMost: allowance)
        let shrunk = shrinkAvailable(keeping: minimumAvailable)
        return cleaned > 0 || shrunk > 0
    }

    /// Pods that are not available serve no traffic, so they are removed first, whichever set they belong to.
    private mutating func shrinkUnhealthy(atMost allowance: Int64) -> Int64 {
        var total: Int64 = 0
        for index in oldSets.indices where total < allowance && oldSets[index].size > 0 {
            let unhealthy = oldSets[index].size -| oldSets[index].available
            if unhealthy <= 0 { continue }
            let count = min(allowance -| total, unhealthy)
            resizeOld(index, to: oldSets[index].size -| count)
            total = total +| count
        }
        return total
    }

    private mutating func shrinkAvailable(keeping minimum: Int64) -> Int64 {
        let allowance = allSets.map(\.available).saturatingSum() -| minimum
        var total: Int64 = 0
        for index in oldSets.indices where total < allowance && oldSets[index].size > 0 {
            let count = min(oldSets[index].size, allowance -| total)
            resizeOld(index, to: oldSets[index].size -| count)
            total = total +| count
        }
        return total
    }

    /// One step of the Recreate strategy: all old pods are removed before a new one is created.
    mutating func recreate() {
        syncRevision(creating: false)
        let active = oldSets.indices.filter { oldSets[$0].isActive }
        if !active.isEmpty {
            for index in active { resizeOld(index, to: 0) }
            return
        }
        if hasOldPods { return }
        if newSet == nil { syncRevision(creating: true) }
        if var set = newSet, set.original != nil, set.size != replicas {
            resize(&set, to: replicas)
            newSet = set
        }
        if isComplete(deployment["status"]) { cleanUp() }
    }

    private var hasOldPods: Bool {
        if oldSets.contains(where: { $0.status("replicas") > 0 }) { return true }
        return pods.contains { owner, pods in
            owner != newSet?.uid && pods.contains { !PodView($0).isFinished }
        }
    }

    /// Deletes the oldest sets that are beyond `revisionHistoryLimit` and empty.
    mutating func cleanUp() {
        guard let limit = deployment.at("spec", "revisionHistoryLimit")?.int, limit < Int64(Int32.max) else { return }
        let alive = oldSets.filter { $0.value.deletionTimestamp == nil }
        let surplus = alive.count -| Int(limit)
        if surplus <= 0 { return }
        let oldest = alive.sorted {
            DeploymentAnnotations.revision(of: $0.value) < DeploymentAnnotations.revision(of: $1.value)
        }
        for set in oldest.prefix(surplus) {
            let isObserved = set.status("observedGeneration") >= set.value.at("metadata", "generation")?.int ?? 0
            if set.status("replicas") == 0, set.size == 0, isObserved, !set.isChanged { deletions.append(set.value) }
        }
    }
}
