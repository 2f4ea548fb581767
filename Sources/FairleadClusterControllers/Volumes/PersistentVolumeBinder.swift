package import FairleadClient
import FairleadModel

/// Binds claims and volumes to each other, and reports the outcome in their statuses.
///
/// A binding consists of two references, written one after the other. If something fails in between, the missing one is
/// derived from the other. No volumes are created here: a claim with a class waits for the provisioner of the class.
package enum PersistentVolumeBinder {
    enum Key: Hashable, Sendable {
        case claim(ObjectName)
        case volume(String)
    }

    private static let byVolume = "byVolume"
    /// Claims without a volume, by class.
    private static let waiting = "waitingByClass"

    package static let descriptor = ControllerDescriptor(
        "persistentvolume-binder-controller", alias: "persistentvolume-binder", workers: 1
    ) { (setup: ControllerSetup<Key>, _: Void) in
        let claims = setup.watch(.persistentVolumeClaims)
        let volumes = setup.watch(.persistentVolumes)
        let classes = setup.watch(.storageClasses)
        let pods = ClaimPods(setup.watch(.pods))
        claims.addIndex(Self.byVolume) { claim in
            let name = claim.value.text("spec", "volumeName")
            return name.isEmpty ? [] : [name]
        }
        claims.addIndex(Self.waiting) { claim in
            claim.value.text("spec", "volumeName").isEmpty ? [VolumeAnnotations.className(of: claim.value)] : []
        }
        let claimLister = claims.lister
        @Sendable func named(_ index: String, _ key: String) -> [Key] {
            claimLister.indexed(index, key).map { .claim($0.objectName) }
        }
        setup.map(claims) { change in
            let volumes = [change.old, change.new].compactMap { $0?.value.text("spec", "volumeName") }
            return [.claim(change.name)] + Set(volumes).filter { !$0.isEmpty }.map { .volume($0) }
        }
        setup.map(volumes) { change in
            guard let volume = change.latest?.value else { return [] }
            var keys: [Key] = [.volume(change.name.name)]
            if let reference = volume.at("spec", "claimRef") {
                keys.append(
                    .claim(ObjectName(namespace: reference.text("namespace"), name: reference.text("name"))))
            }
            return keys + named(Self.byVolume, change.name.name)
                + named(Self.waiting, VolumeAnnotations.className(of: volume))
        }
        setup.map(classes) { named(Self.waiting, $0.name.name) }
        let binding = VolumeBinding(client: setup.client)
        let recorder = setup.recorder(component: "persistentvolume-controller")
        let claimWorker = ClaimWorker(
            claims: claimLister, volumes: volumes.lister, classes: classes.lister, pods: pods, binding: binding,
            recorder: recorder)
        let volumeWorker = VolumeWorker(
            client: setup.client, claims: claimLister, volumes: volumes.lister, binding: binding, recorder: recorder)
        return { key in
            switch key {
            case .claim(let name): try await claimWorker.reconcile(name)
            case .volume(let name): try await volumeWorker.reconcile(name)
            }
            return .done
        }
    }
}
