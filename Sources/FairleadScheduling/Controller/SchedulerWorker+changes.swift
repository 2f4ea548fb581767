import FairleadClient
import FairleadModel

/// What changes in the cluster mean for the scheduler. None of this waits.
extension SchedulerWorker {
    struct PodNews {
        /// Whether the pod has to be looked at.
        var isWaiting = false
        /// Whether others that wait may fit now.
        var hasMoved = false
    }

    func note(_ rules: Set<Refusal.Rule>) -> Bool { state.withLock { $0.waiting.note(rules) } }

    func observe(node change: ObjectChange) -> Bool {
        let (old, new) = (change.old?.value, change.new?.value)
        guard let new else {
            state.withLock { $0.cache.removeNode(change.name.name) }
            return note([.spread])
        }
        let isSame =
            old != nil && old?["spec"] == new["spec"] && old?.at("metadata", "labels") == new.at("metadata", "labels")
            && old?.at("status", "allocatable") == new.at("status", "allocatable")
        if isSame { return false }
        return state.withLock { state in
            state.cache.put(node: new)
            return state.waiting.note(Set(Refusal.Rule.allCases))
        }
    }

    func observe(namespace change: ObjectChange) -> Bool {
        let labels = change.new?.labels
        return state.withLock { state in
            guard state.cache.namespaces[change.name.name] != labels else { return false }
            state.cache.put(namespace: change.name.name, labels: labels)
            return state.waiting.note([.podAffinity])
        }
    }

    func observe(pod change: ObjectChange) -> PodNews {
        var news = PodNews()
        if let old = change.old?.value, let new = change.new?.value, old.uid != new.uid {
            news.hasMoved = forget(old)
        }
        guard let new = change.new?.value else {
            if let old = change.old?.value { news.hasMoved = forget(old) || news.hasMoved }
            return news
        }
        let view = PodView(new)
        if view.isFinished {
            news.hasMoved = forget(new) || news.hasMoved
            return news
        }
        if view.nodeName.isEmpty {
            if view.isTerminating {
                news.hasMoved = forget(new) || news.hasMoved
            } else if Self.isWaiting(new) {
                news.isWaiting = isNews(change)
            }
            return news
        }
        if !Self.isSame(change.old?.value, new) || !state.withLock({ $0.cache.place(of: new.uid) == view.nodeName }) {
            let info = PodInfo(new)
            news.hasMoved =
                state.withLock { state in
                    state.holds[info.uid] = nil
                    state.waiting.remove(info.objectName)
                    let isNew = !state.cache.isPlaced(info.uid)
                    state.cache.put(info, on: view.nodeName)
                    // Fewer pods count for the spread once they are being deleted; and smaller ones leave room.
                    let rules: Set<Refusal.Rule> =
                        isNew ? [.podAffinity, .spread] : [.podAffinity, .spread, .resources]
                    return state.waiting.note(rules)
                } || news.hasMoved
        }
        return news
    }

    /// A change of the condition that the scheduler itself wrote does not matter.
    private func isNews(_ change: ObjectChange) -> Bool {
        guard let old = change.old?.value, let new = change.new?.value else { return true }
        return old["spec"] != new["spec"] || old.at("metadata", "labels") != new.at("metadata", "labels")
            || old.uid != new.uid
    }

    /// Whether a pod on a node means to others what it meant before.
    private static func isSame(_ old: Value?, _ new: Value) -> Bool {
        guard let old, old.uid == new.uid else { return false }
        return old["spec"] == new["spec"] && old.at("metadata", "labels") == new.at("metadata", "labels")
            && old.deletionTimestamp == new.deletionTimestamp
            && old.at("status", "startTime") == new.at("status", "startTime")
            && ResourceDemand.resize(of: old) == ResourceDemand.resize(of: new)
            && (ResourceDemand.resize(of: new) == nil || old["status"] == new["status"])
    }

    /// The pod takes no place any more. Returns whether somebody waits for that.
    private func forget(_ pod: Value) -> Bool {
        state.withLock { state in
            state.holds[pod.uid] = nil
            state.waiting.remove(ObjectName(namespace: pod.namespace, name: pod.name))
            let hadRoom = state.cache.nomination(of: pod.uid) != nil
            state.cache.forgetNomination(pod.uid)
            guard state.cache.isPlaced(pod.uid) || hadRoom else { return false }
            state.cache.remove(pod.uid)
            return state.waiting.note([.resources, .ports, .claims, .spread, .podAffinity])
        }
    }
}
