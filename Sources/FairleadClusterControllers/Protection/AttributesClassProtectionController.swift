package import FairleadClient
import FairleadModel

/// Keeps deleted VolumeAttributesClasses for as long as a claim or a volume names them.
package enum AttributesClassProtectionController {
    package static let descriptor = ControllerDescriptor(
        "volumeattributesclass-protection-controller", workers: 1
    ) { (setup: ControllerSetup<ObjectName>, _: Void) in
        let classes = setup.watch(.volumeAttributesClasses) { $0.isDeletion ? [] : [$0.name] }
        let lister = classes.lister
        let claims = setup.watch(.persistentVolumeClaims)
        let volumes = setup.watch(.persistentVolumes)
        for informer in [claims, volumes] {
            setup.map(informer) { change in
                // Only a class that the old object named can have become unused.
                names(in: change.old?.value).map { ObjectName(namespace: "", name: $0) }
                    .filter { lister.get($0)?.value.deletionTimestamp != nil }
            }
        }
        let (claimLister, volumeLister) = (claims.lister, volumes.lister)
        let protection = Protection(
            resource: .volumeAttributesClasses, finalizer: "kubernetes.io/vac-protection", client: setup.client,
            lister: lister
        ) { attributesClass in
            let name = attributesClass.key.name
            return claimLister.list().contains { names(in: $0.value).contains(name) }
                || volumeLister.list().contains { names(in: $0.value).contains(name) }
        }
        return { name in
            try await protection.reconcile(name)
            return .done
        }
    }

    /// The classes that a claim or volume asks for, has, or is being changed to.
    private static func names(in object: Value?) -> Set<String> {
        guard let object else { return [] }
        let names = [
            object.text("spec", "volumeAttributesClassName"),
            object.text("status", "currentVolumeAttributesClassName"),
            object.text("status", "modifyVolumeStatus", "targetVolumeAttributesClassName"),
        ]
        return Set(names.filter { !$0.isEmpty })
    }
}
