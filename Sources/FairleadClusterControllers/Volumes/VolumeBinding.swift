import FairleadClient
import FairleadModel

/// Writes the missing parts of a binding.
struct VolumeBinding: Sendable {
    let client: any ObjectClient

    /// Volume reference, volume phase, claim reference, claim phase: in this order, a claim is not Bound before its
    /// binding is complete.
    func bind(_ volume: Value, to claim: Value) async throws(APIStatus) {
        let bound = try await pointVolume(volume, at: claim)
        try await setPhase(of: bound, "Bound")
        let owner = try await pointClaim(claim, at: bound)
        try await setStatus(of: owner, from: bound)
    }

    private func pointVolume(_ volume: Value, at claim: Value) async throws(APIStatus) -> Value {
        var changed = volume
        if !VolumeMatching.isReserved(volume, for: claim) {
            VolumeAnnotations.set(VolumeAnnotations.boundByController, "yes", on: &changed)
        }
        let reference = volume.at("spec", "claimRef")
        if reference?.text("uid") != claim.uid || reference?.text("name") != claim.name
            || reference?.text("namespace") != claim.namespace
        {
            changed.set(
                [
                    "kind": "PersistentVolumeClaim", "apiVersion": "v1", "namespace": .string(claim.namespace),
                    "name": .string(claim.name), "uid": .string(claim.uid),
                    "resourceVersion": .string(claim.text("metadata", "resourceVersion")),
                ], at: "spec", "claimRef")
        }
        return changed == volume ? volume : try await client.update(.persistentVolumes, changed)
    }

    private func pointClaim(_ claim: Value, at volume: Value) async throws(APIStatus) -> Value {
        var changed = claim
        if claim.text("spec", "volumeName") != volume.name {
            changed.set(.string(volume.name), at: "spec", "volumeName")
            VolumeAnnotations.set(VolumeAnnotations.boundByController, "yes", on: &changed)
        }
        if claim.annotations[VolumeAnnotations.bindCompleted] == nil {
            VolumeAnnotations.set(VolumeAnnotations.bindCompleted, "yes", on: &changed)
        }
        return changed == claim ? claim : try await client.update(.persistentVolumeClaims, changed)
    }

    private func setStatus(of claim: Value, from volume: Value) async throws(APIStatus) {
        var status = claim["status"] ?? .object(Object())
        let isNew = status["phase"]?.string != "Bound"
        status["phase"] = "Bound"
        status["accessModes"] = volume.at("spec", "accessModes")
        // Later the capacity is set by whoever resizes the volume.
        if isNew || status.at("capacity", "storage") == nil {
            status.set(volume.at("spec", "capacity", "storage"), at: "capacity", "storage")
        }
        if isNew, let attributes = volume.at("spec", "volumeAttributesClassName") {
            status["currentVolumeAttributesClassName"] = attributes
        }
        try await client.updateStatus(.persistentVolumeClaims, of: claim, to: status)
    }

    /// Sets the phase of a claim that has no volume, or has lost it.
    func setUnbound(_ claim: Value, _ phase: String) async throws(APIStatus) {
        if claim.text("status", "phase") == phase { return }
        var status = claim["status"] ?? .object(Object())
        status["phase"] = .string(phase)
        status["accessModes"] = nil
        status["capacity"] = nil
        try await client.updateStatus(.persistentVolumeClaims, of: claim, to: status)
    }

    func setPhase(of volume: Value, _ phase: String, message: String = "") async throws(APIStatus) {
        var status = volume["status"] ?? .object(Object())
        if status["phase"]?.string == phase { return }
        status["phase"] = .string(phase)
        status["message"] = message.isEmpty ? nil : .string(message)
        // The API server sets the time of the change.
        status["lastPhaseTransitionTime"] = nil
        try await client.updateStatus(.persistentVolumes, of: volume, to: status)
    }

    /// Removes the claim from the volume; a volume reserved by a user stays reserved.
    func unbind(_ volume: Value) async throws(APIStatus) {
        var changed = volume
        if volume.annotations[VolumeAnnotations.boundByController] != nil {
            changed.set(nil, at: "spec", "claimRef")
            VolumeAnnotations.remove(VolumeAnnotations.boundByController, from: &changed)
        } else {
            changed.set(nil, at: "spec", "claimRef", "uid")
        }
        let free = changed == volume ? volume : try await client.update(.persistentVolumes, changed)
        try await setPhase(of: free, "Available")
    }
}
