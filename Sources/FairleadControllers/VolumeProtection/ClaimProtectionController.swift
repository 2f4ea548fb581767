package import FairleadClient
import FairleadModel

/// Keeps PersistentVolumeClaims with a finalizer for as long as a pod uses them.
///
/// Reference: "Storage Object in Use Protection" (kubernetes.io/docs/concepts/storage/persistent-volumes).
package enum ClaimProtectionController {
    private static let claims = GroupVersionResource(group: "", version: "v1", resource: "persistentvolumeclaims")
    private static let byClaim = "byClaim"

    package static let descriptor = ControllerDescriptor(
        "persistentvolumeclaim-protection-controller", alias: "pvc-protection", workers: 1
    ) { (setup: ControllerSetup<ObjectName>, _: ControllerSettings) in
        let pods = setup.watch(.pods)
        pods.addIndex(Self.byClaim) { pod in
            ClaimUse(pod.value).claims.map { "\(pod.key.namespace)/\($0)" }
        }
        setup.map(pods) { change in
            // Only the end of a use can release a claim.
            guard let old = change.old else { return [] }
            let used = ClaimUse(old.value).claims
            let uses = change.new.map { ClaimUse($0.value).claims } ?? []
            return used.subtracting(uses).map { ObjectName(namespace: old.key.namespace, name: $0) }
        }
        let claims = setup.watch(Self.claims) { $0.isDeletion ? [] : [$0.name] }.lister
        let (client, users) = (setup.client, pods.lister)
        return { key in
            guard let claim = claims.get(key)?.value else { return .done }
            let isUsed = users.indexed(Self.byClaim, key.description).contains { ClaimUse($0.value).holds(claim) }
            guard let patch = ClaimProtection.patch(claim, isUsed: isUsed) else { return .done }
            try await ignoringNotFound(
                await client.patch(Self.claims, namespace: key.namespace, name: key.name, patch))
            return .done
        }
    }
}

/// Computes the change of a claim's finalizer.
enum ClaimProtection {
    static let finalizer = "kubernetes.io/pvc-protection"

    /// nil if nothing has to change.
    static func patch(_ claim: Value, isUsed: Bool) -> Value? {
        let isHeld = claim.finalizers.contains(finalizer)
        if claim.deletionTimestamp == nil { return isHeld ? nil : FinalizerPatch.adding(finalizer, to: claim) }
        return isHeld && !isUsed ? FinalizerPatch.removing(finalizer, from: claim) : nil
    }
}

/// Which claims a pod uses: none before it is on a node, as no kubelet starts a pod whose claim is being deleted.
struct ClaimUse {
    /// The claims that the pod names, and those created for it.
    let claims: Set<String>
    private let named: Set<String>
    private let made: Set<String>
    private let uid: String

    init(_ pod: Value) {
        let view = PodView(pod)
        let volumes = view.nodeName.isEmpty ? [] : pod.items("spec", "volumes")
        named = Set(volumes.compactMap { $0.at("persistentVolumeClaim", "claimName")?.string })
        // A terminating pod that has already been shut down may itself wait for its claim.
        let isShutDown = view.isTerminating && view.deletionGracePeriodSeconds == 0
        let ephemeral = isShutDown ? [] : volumes.filter { $0["ephemeral"] != nil }
        made = Set(ephemeral.map { "\(view.name)-\($0.text("name"))" })
        claims = named.union(made)
        uid = view.uid
    }

    /// Whether the pod still needs the claim; a claim with the right name that was created for another owner does not
    /// count.
    func holds(_ claim: Value) -> Bool {
        named.contains(claim.name) || made.contains(claim.name) && claim.controllerRef?.uid == uid
    }
}
