package import FairleadClient
package import FairleadModel
import Synchronization

/// Turns changes of pods into the keys of the workloads that own them, and ticks off the changes that they expect.
package final class PodTracker: Sendable {
    let ownerKind: String
    private let owners: Lister
    private let expectations = Mutex(Expectations<ObjectName>())
    private let clock: any DelayClock

    package init(ownerKind: String, owners: Lister, clock: any DelayClock) {
        self.ownerKind = ownerKind
        self.owners = owners
        self.clock = clock
    }

    /// Whether the cache shows everything that the last reconcile did.
    package func isUpToDate(_ key: ObjectName) -> Bool {
        let now = clock.now
        return expectations.withLock { $0.areMet(key, now: now) }
    }

    func expectCreations(_ count: Int, of key: ObjectName) {
        let now = clock.now
        expectations.withLock { $0.expectCreations(count, of: key, now: now) }
    }

    package func expectDeletions(of pods: [Value], by key: ObjectName) {
        let now = clock.now
        expectations.withLock { $0.expectDeletions(Set(pods.map(\.uid)), of: key, now: now) }
    }

    /// Creations that will not happen after all.
    func giveUpCreations(_ count: Int, of key: ObjectName) {
        if count > 0 { expectations.withLock { $0.creationObserved(key, count: count) } }
    }

    package func giveUpDeletion(of pod: Value, by key: ObjectName) {
        expectations.withLock { $0.deletionObserved(key, name: pod.uid) }
    }

    package func forget(_ key: ObjectName) { expectations.withLock { $0.forget(key) } }

    /// Records a change of an owner; returns the key to reconcile.
    package func observe(owner change: ObjectChange) -> [ObjectName] {
        // An owner with the name of a deleted one must not inherit its expectations.
        if change.isDeletion || (change.old != nil && change.old?.value.uid != change.new?.value.uid) {
            forget(change.name)
        }
        return [change.name]
    }

    /// Records a change of a pod; returns the owners to reconcile.
    package func observe(_ change: ObjectChange) -> [ObjectName] {
        var keys: [ObjectName] = []
        let before = change.old.flatMap { owner(of: $0) }
        let after = change.new.flatMap { owner(of: $0) }
        if let new = change.new {
            let isLeaving = new.value.deletionTimestamp != nil
            if let after {
                expectations.withLock { expectations in
                    if change.isAddition { expectations.creationObserved(after) }
                    if isLeaving { expectations.deletionObserved(after, name: new.value.uid) }
                }
                keys.append(after)
            } else if !isLeaving, new.value.controller == nil {
                keys += OwnershipIndex.adopters(of: new, in: owners)
            }
        } else if let before, let old = change.old {
            expectations.withLock { $0.deletionObserved(before, name: old.value.uid) }
        }
        if let before, before != after { keys.append(before) }
        return keys
    }

    private func owner(of pod: StoredObject) -> ObjectName? {
        OwnershipIndex.owner(of: pod.value, kind: ownerKind, in: owners)
    }
}
