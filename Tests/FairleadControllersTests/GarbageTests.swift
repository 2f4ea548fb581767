import FairleadClient
import FairleadModel
import Testing

@testable import FairleadControllers

@Suite struct GarbageTests {
    private func object(
        owners: [(String, Bool)] = [], finalizers: [String] = [], deleted: Bool = false, uid: String = "me"
    ) -> Value {
        var value: Value = ["kind": "ConfigMap", "metadata": ["name": "x", "namespace": "n", "uid": .string(uid)]]
        value.ownerReferences = owners.map {
            OwnerReference(apiVersion: "v1", kind: "ConfigMap", name: $0.0, uid: $0.0, blockOwnerDeletion: $0.1)
        }
        value.finalizers = finalizers
        if deleted { value.set("2027-01-01T00:00:00Z", at: "metadata", "deletionTimestamp") }
        return value
    }

    private func plan(
        _ object: Value, owners: [String: GarbageReconciler.Owner] = [:], dependents: [Value] = []
    ) -> GarbageReconciler.Action {
        GarbageReconciler(object: object).plan(owners: owners, dependents: dependents)
    }

    @Test func goesWithTheLastOwner() {
        let two = object(owners: [("a", false), ("b", false)])
        #expect(plan(two, owners: ["a": .present, "b": .present]) == .nothing)
        #expect(plan(two, owners: ["a": .absent, "b": .present]) == .dropOwners(uids: ["a"]))
        #expect(plan(two, owners: ["a": .absent, "b": .absent]) == .delete(policy: "Background", unblock: false))
        #expect(plan(two, owners: ["a": .waiting, "b": .absent]) == .delete(policy: "Background", unblock: false))
    }

    @Test func ownersOfUnknownKindsKeepTheirDependents() {
        #expect(plan(object(owners: [("a", false)])) == .nothing)
    }

    @Test func foregroundWaitsForBlockingDependentsOnly() {
        let owner = object(finalizers: ["foregroundDeletion"], deleted: true)
        let blocking = object(owners: [("me", true)], uid: "child")
        let free = object(owners: [("me", false)], uid: "free")
        #expect(plan(owner) == .finishForeground)
        #expect(plan(owner, dependents: [free]) == .finishForeground)
        #expect(plan(owner, dependents: [blocking]) == .visit(dependents: [blocking]))
    }

    @Test func dependentWithDependentsIsDeletedInTheForegroundToo() {
        let middle = object(owners: [("top", true)])
        let child = object(owners: [("me", true)], uid: "child")
        #expect(
            plan(middle, owners: ["top": .waiting], dependents: [child])
                == .delete(policy: "Foreground", unblock: false))
        let waiting = object(owners: [("me", true)], finalizers: ["foregroundDeletion"], deleted: true, uid: "top")
        #expect(
            plan(middle, owners: ["top": .waiting], dependents: [waiting])
                == .delete(policy: "Foreground", unblock: true))
    }

    @Test func orphaningCutsReferencesFirst() {
        let owner = object(finalizers: ["orphan"], deleted: true)
        let child = object(owners: [("me", true)], uid: "child")
        #expect(plan(owner, dependents: [child]) == .orphan(dependents: [child]))
        #expect(FinalizerPatch.removing("orphan", from: owner).at("metadata", "finalizers") == .null)
    }

    @Test func namespaceConditionsTellWhatRemains() {
        var namespace: Value = [
            "metadata": ["name": "n", "deletionTimestamp": "2027-01-01T00:00:00Z"],
            "spec": ["finalizers": ["kubernetes"]],
        ]
        let reconciler = NamespaceReconciler(namespace: namespace, now: Fixture.now)
        let left = NamespaceReconciler.Remainder(
            GroupVersionResource.configMaps.groupResource, objects: [object(finalizers: ["example.com/f"])])
        namespace = reconciler.updated(remaining: [left], failure: nil)
        let messages = namespace.items("status", "conditions").map { $0.text("message") }
        #expect(messages.contains("Some resources are remaining: configmaps. has 1 resource instances"))
        #expect(
            messages.contains(
                "Some content in the namespace has finalizers remaining: example.com/f in 1 resource instances"))
        let later = NamespaceReconciler(namespace: namespace, now: Fixture.now).updated(remaining: [], failure: nil)
        #expect(later.items("status", "conditions").allSatisfy { $0.text("status") == "False" })
        #expect(NamespaceReconciler(namespace: later, now: Fixture.now).finalized.at("spec", "finalizers") == nil)
    }

    @Test func podsOnLostNodesGoAfterFortySeconds() {
        let pods = [Fixture.pod("lost", node: "gone"), Fixture.pod("fine", node: "here")]
        let first = PodGCReconciler(now: Fixture.now, moment: .zero).plan(
            pods: pods, nodes: ["here"], missingSince: [:])
        #expect(first.lost.isEmpty)
        let later = PodGCReconciler(now: Fixture.now, moment: .seconds(40)).plan(
            pods: pods, nodes: ["here"], missingSince: first.missingSince)
        #expect(later.lost.map(\.name) == ["lost"])
    }
}
