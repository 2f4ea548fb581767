import FairleadModel

extension DeploymentReconciler {
    /// Gives the set of the current template the highest revision; creates the set if it is missing and `creating` is
    /// true.
    mutating func syncRevision(creating: Bool) {
        let revision = (oldSets.map { DeploymentAnnotations.revision(of: $0.value) }.max() ?? 0) +| 1
        if newSet != nil {
            adoptRevision(revision)
        } else if creating {
            makeNewSet(revision: revision)
        }
    }

    private mutating func adoptRevision(_ revision: Int64) {
        guard var set = newSet else { return }
        DeploymentAnnotations.update(&set.value, from: deployment, revision: revision)
        set.value.set(deployment.at("spec", "minReadySeconds"), at: "spec", "minReadySeconds")
        newSet = set
        DeploymentAnnotations.setRevision(&deployment, to: String(DeploymentAnnotations.revision(of: set.value)))
        if progressDeadline != nil, conditions["Progressing"] == nil {
            conditions.change(
                "Progressing", "True", reason: "FoundNewReplicaSet",
                message: "Found new replica set \(set.name.goQuoted)", now: now)
        }
    }

    private mutating func makeNewSet(revision: Int64) {
        var template = deployment.at("spec", "template") ?? .object(Object())
        let hash = TemplateHash.compute(
            template, collisionCount: deployment.at("status", "collisionCount")?.int, wasEncoded: wasResumed)
        template.set(.string(hash), at: "metadata", "labels", Self.hashLabel)
        var selector = deployment.at("spec", "selector") ?? .object(Object())
        selector.set(.string(hash), at: "matchLabels", Self.hashLabel)
        let owner = OwnershipPatch.reference(to: deployment, kind: "Deployment", apiVersion: "apps/v1")
        let metadata: Object = [
            "name": .string(Self.setName(of: deployment.name, hash: hash)), "namespace": .string(deployment.namespace),
            "labels": template.at("metadata", "labels") ?? .object(Object()),
            "ownerReferences": .array([owner.value]),
        ]
        var spec: Object = ["replicas": 0, "selector": selector, "template": template]
        spec["minReadySeconds"] = deployment.at("spec", "minReadySeconds")
        var set = OwnedReplicaSet(new: [
            "apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": .object(metadata), "spec": .object(spec),
        ])
        newSet = set
        set.size = sizeOfNewSet()
        DeploymentAnnotations.update(&set.value, from: deployment, revision: revision)
        DeploymentAnnotations.setSizes(&set.value, desired: replicas, maximum: replicas +| limits.surge)
        if set.size > 0 { set.announcements.append("Scaled up replica set \(set.name) from 0 to \(set.size)") }
        newSet = set
        DeploymentAnnotations.setRevision(&deployment, to: String(revision))
        if progressDeadline != nil {
            conditions.change(
                "Progressing", "True", reason: "NewReplicaSetCreated",
                message: "Created new replica set \(set.name.goQuoted)", now: now)
        }
    }

    /// Names are limited to 253 bytes.
    private static func setName(of deployment: String, hash: String) -> String {
        let room = deployment.utf8.prefix(max(0, 252 - hash.utf8.count))
        return "\(String(decoding: room, as: UTF8.self))-\(hash)"
    }

    /// How many pods the new set may have now, as far as the surge allows.
    func sizeOfNewSet() -> Int64 {
        guard isRolling else { return replicas }
        let size = newSet?.size ?? 0
        let room = replicas +| limits.surge -| allSets.map(\.size).saturatingSum()
        return room <= 0 ? size : size +| min(room, replicas -| size)
    }
}
