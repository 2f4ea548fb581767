import FairleadClient
import FairleadClientTesting
import FairleadModel
import Testing

@testable import FairleadControllers

@Suite struct ClaimProtectionTests {
    private static let claims = GroupVersionResource(group: "", version: "v1", resource: "persistentvolumeclaims")

    private func claim(_ name: String, _ finalizers: [String], isDeleted: Bool = false, owner: String? = nil) -> Value {
        var claim: Value = [
            "kind": "PersistentVolumeClaim", "metadata": ["name": .string(name), "uid": .string("uid-\(name)")],
        ]
        claim.finalizers = finalizers
        if isDeleted { claim.set("2026-01-01T00:00:00Z", at: "metadata", "deletionTimestamp") }
        if let owner {
            let reference: Value = ["kind": "Pod", "name": "p", "uid": .string(owner), "controller": true]
            claim.set([reference], at: "metadata", "ownerReferences")
        }
        return claim
    }

    private func pod(_ volume: Value, node: String = "n1") -> Value {
        var pod = Fixture.pod("p", node: node)
        pod.set([volume], at: "spec", "volumes")
        return pod
    }

    @Test func theFinalizerComesAndGoesWithTheUse() {
        let held = [ClaimProtection.finalizer, "example.com/other"]
        #expect(ClaimProtection.patch(claim("c", held), isUsed: false) == nil)
        let added = ClaimProtection.patch(claim("c", []), isUsed: false)
        #expect(added?.texts("metadata", "finalizers") == [ClaimProtection.finalizer])
        #expect(ClaimProtection.patch(claim("c", held, isDeleted: true), isUsed: true) == nil)
        let removed = ClaimProtection.patch(claim("c", held, isDeleted: true), isUsed: false)
        #expect(removed?.texts("metadata", "finalizers") == ["example.com/other"])
        #expect(ClaimProtection.patch(claim("c", [], isDeleted: true), isUsed: false) == nil)
    }

    @Test func aPodOnANodeUsesWhatItNamesAndWhatIsMadeForIt() {
        let named: Value = ["name": "v", "persistentVolumeClaim": ["claimName": "c"]]
        #expect(ClaimUse(pod(named)).holds(claim("c", [])))
        #expect(!ClaimUse(pod(named)).holds(claim("d", [])))
        #expect(ClaimUse(pod(named, node: "")).claims.isEmpty)
        let made: Value = ["name": "v", "ephemeral": [:]]
        #expect(ClaimUse(pod(made)).holds(claim("p-v", [], owner: "uid-p")))
        #expect(!ClaimUse(pod(made)).holds(claim("p-v", [], owner: "somebody")))
        // A pod that is only to be removed keeps what it names, and not what was made for it.
        for (volume, isHeld) in [(named, true), (made, false)] {
            var leaving = pod(volume)
            leaving.set("2026-01-01T00:00:00Z", at: "metadata", "deletionTimestamp")
            leaving.set(0, at: "metadata", "deletionGracePeriodSeconds")
            let claim = claim(isHeld ? "c" : "p-v", [], owner: "uid-p")
            #expect(ClaimUse(leaving).holds(claim) == isHeld)
        }
    }

    @Test func aDeletedClaimGoesWhenItsLastPodHasGone() async throws {
        let cluster = MemoryCluster()
        let make: (InformerSet) -> [any Controller] = {
            [ClaimProtectionController.descriptor.make($0, cluster.environment)]
        }
        try await withControllers(cluster, make) {
            _ = try await cluster.create(
                .pods, namespace: "n", pod(["name": "v", "persistentVolumeClaim": ["claimName": "c"]]))
            for name in ["c", "free"] {
                _ = try await cluster.create(Self.claims, namespace: "n", claim(name, [ClaimProtection.finalizer]))
                try await cluster.delete(Self.claims, namespace: "n", name: name)
            }
            #expect(await eventually { cluster.all(Self.claims).map(\.name) == ["c"] })
            try await cluster.delete(.pods, namespace: "n", name: "p")
            #expect(await eventually { cluster.all(Self.claims).isEmpty })
        }
    }
}
