import FairleadClient
import FairleadModel

/// How many pods the controllers of a budget's pods should have.
struct BudgetScale: Hashable, Sendable {
    var replicas: Int64 = 0
    /// Whether the budget covers pods without a controller.
    var hasUnmanaged = false
    /// Why the number is unknown.
    var failure: String?
}

/// Determines the scale of a budget.
struct BudgetScaleReader: Sendable {
    let client: any ObjectClient
    let resources: ManagedResources
    let sets: Lister
    let deployments: Lister
    let statefulSets: Lister
    let controllers: Lister

    func scale(of pods: [Value]) async -> BudgetScale {
        var scale = BudgetScale()
        var owners: [String: Int64] = [:]
        for pod in pods {
            guard let owner = pod.controllerRef else {
                scale.hasUnmanaged = true
                continue
            }
            if owners[owner.uid] != nil { continue }
            do throws(ScaleTarget.Failure) {
                let (uid, replicas) = try await replicas(of: owner, pod: pod)
                owners[owner.uid] = 0
                owners[uid] = replicas
            } catch {
                scale.failure = error.message
                return scale
            }
        }
        scale.replicas = owners.values.saturatingSum()
        return scale
    }

    /// The pods of a Deployment's ReplicaSets count as the Deployment's.
    private func replicas(
        of owner: OwnerReference, pod: Value
    ) async throws(ScaleTarget.Failure) -> (uid: String, replicas: Int64) {
        let known = [
            "ReplicaSet": sets, "StatefulSet": statefulSets, "ReplicationController": controllers,
        ][owner.kind]
        if let found = known?.get(namespace: pod.namespace, name: owner.name)?.value, found.uid == owner.uid {
            if let above = found.controllerRef, above.kind == "Deployment",
                let deployment = deployments.get(namespace: pod.namespace, name: above.name)?.value,
                deployment.uid == above.uid
            {
                return (above.uid, deployment.at("spec", "replicas")?.int ?? 1)
            }
            return (owner.uid, found.at("spec", "replicas")?.int ?? 1)
        }
        do throws(ScaleTarget.Failure) {
            let target = try await ScaleTarget(
                owner.value, namespace: pod.namespace, client: client, resources: resources)
            return (owner.uid, target.replicas)
        } catch {
            throw .unknown(await reason(error, owner, pod))
        }
    }

    private func reason(_ failure: ScaleTarget.Failure, _ owner: OwnerReference, _ pod: Value) async -> String {
        let group = owner.apiVersion.contains("/") ? String(owner.apiVersion.prefix { $0 != "/" }) : ""
        guard case .refused(let status) = failure, status.code == 404,
            let managed = resources.resource(group: group, kind: owner.kind)
        else { return failure.message }
        // Whether it exists but cannot be scaled, or does not exist at all.
        let isThere = resources.lister(managed)?.get(namespace: pod.namespace, name: owner.name) != nil
        let name = group.isEmpty ? managed.resource.resource : "\(managed.resource.resource).\(group)"
        return isThere
            ? "\(name) does not implement the scale subresource" : "found no controllers for pod \(pod.name.goQuoted)"
    }
}
