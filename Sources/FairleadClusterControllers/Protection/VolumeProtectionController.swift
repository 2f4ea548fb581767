package import FairleadClient
import FairleadModel

/// Keeps deleted volumes for as long as they are bound.
package enum VolumeProtectionController {
    package static let descriptor = ControllerDescriptor(
        "persistentvolume-protection-controller", alias: "pv-protection", workers: 1
    ) { (setup: ControllerSetup<ObjectName>, _: Void) in
        let volumes = setup.watch(.persistentVolumes) { $0.isDeletion ? [] : [$0.name] }
        let protection = Protection(
            resource: .persistentVolumes, finalizer: "kubernetes.io/pv-protection", client: setup.client,
            lister: volumes.lister
        ) { $0.value.text("status", "phase") == "Bound" }
        return { name in
            try await protection.reconcile(name)
            return .done
        }
    }
}
