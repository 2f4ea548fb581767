import FairleadClient
import FairleadModel

/// Reconciles one volume.
///
/// Reference: k8s.io/kubernetes `pkg/controller/volume/persistentvolume` (syncVolume).
struct VolumeWorker: Sendable {
    let client: any ObjectClient
    let claims: Lister
    let volumes: Lister
    let binding: VolumeBinding
    let recorder: EventRecorder

    func reconcile(_ name: String) async throws(APIStatus) {
        guard let volume = volumes.get(namespace: "", name: name)?.value else { return }
        try await ignoringNotFound(await sync(volume))
    }

    private func sync(_ volume: Value) async throws(APIStatus) {
        guard let reference = volume.at("spec", "claimRef"), !reference.text("uid").isEmpty else {
            return try await binding.setPhase(of: volume, "Available")
        }
        guard let claim = try await owner(reference) else {
            if !["Released", "Failed"].contains(volume.text("status", "phase")) {
                return try await binding.setPhase(of: volume, "Released")
            }
            return try await reclaim(volume)
        }
        let chosen = claim.text("spec", "volumeName")
        if chosen.isEmpty {
            if VolumeMatching.mode(of: volume) != VolumeMatching.mode(of: claim) { tellOfMode(volume, claim) }
        } else if chosen == volume.name {
            try await binding.setPhase(of: volume, "Bound")
        } else if volume.annotations[VolumeAnnotations.provisionedBy] != nil, policy(of: volume) == "Delete" {
            // Provisioned for this claim, which is bound to another volume.
            if !["Released", "Failed"].contains(volume.text("status", "phase")) {
                try await binding.setPhase(of: volume, "Released")
            }
        } else {
            try await binding.unbind(volume)
        }
    }

    /// The claim that the volume names, if its uid is still the same.
    private func owner(_ reference: Value) async throws(APIStatus) -> Value? {
        let (namespace, name) = (reference.text("namespace"), reference.text("name"))
        let cached = claims.get(namespace: namespace, name: name)?.value
        if cached?.uid == reference.text("uid") { return cached }
        // The cache may be stale: the volume is released only if the server does not have the claim either.
        let current = try await ignoringNotFound(
            await client.get(.persistentVolumeClaims, namespace: namespace, name: name))
        return current?.uid == reference.text("uid") ? current : nil
    }

    private func policy(of volume: Value) -> String { volume.text("spec", "persistentVolumeReclaimPolicy") }

    /// Retained volumes are left to users, and volumes of external provisioners to those. Of the rest, only hostPath
    /// volumes below `/tmp`, which are for tests, can be deleted.
    private func reclaim(_ volume: Value) async throws(APIStatus) {
        guard policy(of: volume) == "Delete", volume.deletionTimestamp == nil,
            volume.text("status", "phase") == "Released"
        else { return }
        if let provisioner = volume.annotations[VolumeAnnotations.provisionedBy],
            !provisioner.hasPrefix("kubernetes.io/")
        {
            return
        }
        guard let path = volume.at("spec", "hostPath")?.text("path") else {
            return try await fail(
                volume,
                "error getting deleter volume plugin for volume \"\(volume.name)\": no deletable volume plugin matched")
        }
        guard path.hasPrefix("/tmp/"), path.utf8.count > 5 else {
            return try await fail(volume, "host_path deleter only supports /tmp/.+ but received provided \(path)")
        }
        try await client.delete(.persistentVolumes, namespace: "", name: volume.name)
    }

    private func fail(_ volume: Value, _ message: String) async throws(APIStatus) {
        try await binding.setPhase(of: volume, "Failed", message: message)
        recorder.event(about: volume, type: "Warning", reason: "VolumeFailedDelete", message: message)
    }

    private func tellOfMode(_ volume: Value, _ claim: Value) {
        recorder.event(
            about: volume, type: "Warning", reason: "VolumeMismatch",
            message: "Cannot bind PersistentVolume to requested PersistentVolumeClaim \"\(claim.name)\" due to "
                + "incompatible volumeMode.")
        recorder.event(
            about: claim, type: "Warning", reason: "VolumeMismatch",
            message: "Cannot bind PersistentVolume \"\(volume.name)\" to requested PersistentVolumeClaim due to "
                + "incompatible volumeMode.")
    }
}
