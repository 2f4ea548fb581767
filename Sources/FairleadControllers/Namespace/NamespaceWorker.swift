import FairleadClient
import FairleadModel

/// One pass over a terminating namespace: deletes its content, reports what remains, finalizes it when nothing does.
struct NamespaceWorker: Sendable {
    /// When to look again if no event about the remaining objects arrives.
    static let patience = Duration.seconds(15)
    private static let parallelDeletions = 16

    let client: any ObjectClient
    /// What can be in a namespace now.
    let resources: @Sendable () -> [GroupVersionResource]
    let now: @Sendable () -> Timestamp

    func reconcile(_ name: String) async throws -> ReconcileResult {
        guard let namespace = try await ignoringNotFound(await client.get(.namespaces, namespace: "", name: name))
        else { return .done }
        let reconciler = NamespaceReconciler(namespace: namespace, now: now())
        guard reconciler.isTerminating, reconciler.isOurs else { return .done }

        // Pods first: what they use (secrets, claims, policies) must not vanish under them.
        var failure: String?
        let resources = resources()
        var remaining = try await empty(resources.filter { $0 == .pods }, of: name, failure: &failure)
        if remaining.allSatisfy({ $0.count == 0 }) {
            remaining += try await empty(resources.filter { $0 != .pods }, of: name, failure: &failure)
        }
        let isEmpty = failure == nil && remaining.allSatisfy { $0.count == 0 }
        let updated = reconciler.updated(remaining: remaining, failure: failure)
        var current = namespace
        // A namespace that is empty at first sight is finalized without conditions.
        if updated != namespace, !isEmpty || !namespace.items("status", "conditions").isEmpty {
            current = try await client.update(.namespaces, updated, subresource: "status")
        }
        guard isEmpty else { return .again(after: Self.patience) }
        let finalized = NamespaceReconciler(namespace: current, now: now()).finalized
        _ = try await client.update(.namespaces, finalized, subresource: "finalize")
        return .done
    }

    /// Deletes the objects of these resources and counts what is left afterwards.
    private func empty(
        _ resources: [GroupVersionResource], of namespace: String, failure: inout String?
    ) async throws(APIStatus) -> [NamespaceReconciler.Remainder] {
        var remaining: [NamespaceReconciler.Remainder] = []
        for resource in resources {
            let objects = try await objects(of: resource, in: namespace)
            if objects.isEmpty { continue }
            let alive = objects.filter { $0.value.deletionTimestamp == nil }
            if let problem = await delete(alive, of: resource) { failure = problem.message }
            let rest = try await self.objects(of: resource, in: namespace).map(\.value)
            if !rest.isEmpty { remaining.append(NamespaceReconciler.Remainder(resource.groupResource, objects: rest)) }
        }
        return remaining
    }

    /// A custom resource may be removed while its objects are being listed; then there are none.
    private func objects(
        of resource: GroupVersionResource, in namespace: String
    ) async throws(APIStatus) -> [StoredObject] {
        try await ignoringNotFound(await client.list(resource, namespace: namespace))?.objects ?? []
    }

    /// Deletes several objects at a time, so that their commits can share a disk write. Returns a failure, if any.
    private func delete(_ objects: [StoredObject], of resource: GroupVersionResource) async -> APIStatus? {
        await withTaskGroup(of: APIStatus?.self) { group in
            var failure: APIStatus?
            for (index, object) in objects.enumerated() {
                if index >= Self.parallelDeletions, let outcome = await group.next() { failure = failure ?? outcome }
                group.addTask { await delete(object, of: resource) }
            }
            for await outcome in group { failure = failure ?? outcome }
            return failure
        }
    }

    private func delete(_ object: StoredObject, of resource: GroupVersionResource) async -> APIStatus? {
        do {
            // Deleted or replaced by somebody else: the next list will show it.
            try await ignoringNotFound(
                orChanged: true,
                await client.delete(
                    resource, namespace: object.key.namespace, name: object.key.name,
                    options: DeleteOptions(uid: object.value.uid, propagationPolicy: "Background")))
            return nil
        } catch {
            return error
        }
    }
}
