import FairleadClient
import FairleadModel

/// Reconciles one claim.
///
/// Reference: k8s.io/kubernetes `pkg/controller/volume/persistentvolume` (syncClaim).
struct ClaimWorker: Sendable {
    let claims: Lister
    let volumes: Lister
    let classes: Lister
    let pods: ClaimPods
    let binding: VolumeBinding
    let recorder: EventRecorder

    func reconcile(_ name: ObjectName) async throws(APIStatus) {
        guard let claim = claims.get(name)?.value else { return }
        try await ignoringNotFound(await sync(claim))
    }

    private func sync(_ claim: Value) async throws(APIStatus) {
        let volumeName = claim.text("spec", "volumeName")
        if claim.annotations[VolumeAnnotations.bindCompleted] != nil {
            return try await keep(claim, volume: volumeName)
        }
        if volumeName.isEmpty { return try await choose(for: claim) }
        guard let volume = volumes.get(namespace: "", name: volumeName)?.value else {
            return try await binding.setUnbound(claim, "Pending")
        }
        try await take(volume, for: claim)
    }

    /// Binds the volume that the claim names, if possible.
    private func take(_ volume: Value, for claim: Value) async throws(APIStatus) {
        if VolumeMatching.isReserved(volume, for: claim) { return try await binding.bind(volume, to: claim) }
        if volume.at("spec", "claimRef") != nil {
            warn(claim, "FailedBinding", "volume \"\(volume.name)\" already bound to a different claim.")
        } else if let mismatch = VolumeMatching.mismatch(volume, claim) {
            warn(claim, "VolumeMismatch", "Cannot bind to requested volume \"\(volume.name)\": \(mismatch)")
        } else {
            return try await binding.bind(volume, to: claim)
        }
        try await binding.setUnbound(claim, "Pending")
    }

    private func choose(for claim: Value) async throws(APIStatus) {
        let className = VolumeAnnotations.className(of: claim)
        let storageClass = className.isEmpty ? nil : classes.get(namespace: "", name: className)?.value
        let isDelayed =
            storageClass?.text("volumeBindingMode") == "WaitForFirstConsumer"
            && claim.annotations[VolumeAnnotations.selectedNode] == nil
        if let volume = VolumeMatching.best(
            for: claim, among: volumes.list().map(\.value), isDelayed: isDelayed)
        {
            return try await binding.bind(volume, to: claim)
        }
        if claim.deletionTimestamp == nil {
            if isDelayed {
                tellOfWaiting(claim)
            } else if className.isEmpty {
                say(
                    claim, "FailedBinding",
                    "no persistent volumes available for this claim and no storage class is set")
            } else {
                return try await waitForProvisioner(claim, storageClass, className)
            }
        }
        try await binding.setUnbound(claim, "Pending")
    }

    private func tellOfWaiting(_ claim: Value) {
        let waiting = pods.pods(using: ObjectName(namespace: claim.namespace, name: claim.name)).filter {
            $0.value.text("spec", "nodeName").isEmpty
                && !["Succeeded", "Failed"].contains($0.value.text("status", "phase"))
        }.map(\.key.name)
        switch waiting.count {
        case 0:
            say(claim, "WaitForFirstConsumer", "waiting for first consumer to be created before binding")
        case 1: say(claim, "WaitForPodScheduled", "waiting for pod \(waiting[0]) to be scheduled")
        default:
            say(claim, "WaitForPodScheduled", "waiting for pods \(waiting.joined(separator: ",")) to be scheduled")
        }
    }

    /// Volumes of a class are created by an external provisioner. The claim's status is left alone.
    private func waitForProvisioner(
        _ claim: Value, _ storageClass: Value?, _ className: String
    ) async throws(APIStatus) {
        guard let storageClass else {
            return warn(
                claim, "ProvisioningFailed", "storageclass.storage.k8s.io \"\(className)\" not found")
        }
        let provisioner = storageClass.text("provisioner")
        if provisioner.hasPrefix("kubernetes.io/") {
            return warn(claim, "ProvisioningFailed", "no volume plugin matched name: \(provisioner)")
        }
        say(
            claim, "ExternalProvisioning",
            "Waiting for a volume to be created either by the external provisioner '\(provisioner)' or manually by the "
                + "system administrator. If volume creation is delayed, please verify that the provisioner is running "
                + "and correctly registered.")
        var changed = claim
        for annotation in [VolumeAnnotations.provisioner, VolumeAnnotations.oldProvisioner]
        where claim.annotations[annotation] != provisioner {
            VolumeAnnotations.set(annotation, provisioner, on: &changed)
        }
        if changed != claim { try await binding.client.update(.persistentVolumeClaims, changed) }
    }

    /// A bound claim stays bound, or is lost.
    private func keep(_ claim: Value, volume name: String) async throws(APIStatus) {
        if name.isEmpty {
            return try await lose(
                claim, "ClaimLost", "Bound claim has lost reference to PersistentVolume. Data on the volume is lost!")
        }
        guard let volume = volumes.get(namespace: "", name: name)?.value else {
            return try await lose(
                claim, "ClaimLost", "Bound claim has lost its PersistentVolume. Data on the volume is lost!")
        }
        let owner = volume.at("spec", "claimRef")
        if owner == nil || owner?.text("uid") == claim.uid { return try await binding.bind(volume, to: claim) }
        try await lose(
            claim, "ClaimMisbound", "Two claims are bound to the same volume, this one is bound incorrectly")
    }

    private func lose(_ claim: Value, _ reason: String, _ message: String) async throws(APIStatus) {
        if claim.text("status", "phase") == "Lost" { return }
        try await binding.setUnbound(claim, "Lost")
        warn(claim, reason, message)
    }

    private func say(_ claim: Value, _ reason: String, _ message: String) {
        recorder.event(about: claim, type: "Normal", reason: reason, message: message)
    }

    private func warn(_ claim: Value, _ reason: String, _ message: String) {
        recorder.event(about: claim, type: "Warning", reason: reason, message: message)
    }
}
